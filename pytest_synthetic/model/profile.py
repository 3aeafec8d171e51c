"""What a run did and saw, in few words: enough to say later in what another run of the same journey was different."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  wire.read resolves the annotations
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003  likewise
from typing import Any

from pytest_synthetic.model import wire

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTime:
    """A step that ended: its path, which of that path it was (from 1), and its seconds."""

    path: str
    occurrence: int
    duration: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request to the product. `url` is its route (see core.difference), `status` None where no answer came.

    `kind` is the browser's word for what is asked for (document, fetch, script, ...), or `api`.
    """

    method: str
    url: str
    status: int | None
    step: str | None
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A page as a screen reader has it, at the end of `step`; `url` is its route.

    `volatile` are lines that were different in two good runs (an order's number), with what changed masked.
    """

    step: str | None
    url: str
    lines: tuple[str, ...]
    volatile: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One run. It ended `at`, and its pages were looked at `shown_at`, both aware of their zone.

    `failed` says whether it did not come to its end, `failed_step` where it stopped.
    """

    schema: int = SCHEMA
    run_id: str
    at: datetime
    failed: bool = False
    failed_step: str | None = None
    steps: tuple[StepTime, ...] = ()
    requests: tuple[Asked, ...] = ()
    pages: tuple[Shown, ...] = ()
    shown_at: datetime | None = None
    versions: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The profile as plain JSON values."""
        plain: dict[str, Any] = wire.plain(self)
        return plain

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Profile:
        """Read a profile. Raises UsageError for what is none, or of a newer schema."""
        return wire.read(cls, record, newest=SCHEMA)
