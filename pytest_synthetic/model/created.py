"""What a journey created in the product, and how it is removed: data, so that another process can do it."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  wire.build resolves the annotations
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003  likewise


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that removes an object, as `api.request_for` makes it.

    `url` is absolute. `headers` are written to the ledger, `${NAME}` in them not yet replaced. `credentials` are known
    to the run that created the object, and to nobody else: `withheld` has their names.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    withheld: tuple[str, ...] = ()
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """An object that a run created, such as the order KS-0001. It has a `request` or a `remover`.

    `identity` is any JSON value; `remover` a name under the entry points `pytest_synthetic_remove`. `redacted` says
    that a secret was cut out of what is needed to remove it.
    """

    kind: str
    identity: object
    run_id: str
    journey: str
    region: str
    created_at: datetime
    request: Request | None = None
    remover: str | None = None
    redacted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRemoval:
    """One try at a removal, and why the object still exists."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An object in a ledger, with the tries at its removal that failed.

    `key` is what its ledger calls it; `where` tells people the place, such as the path of a file.
    """

    key: str
    where: str
    created: Created
    failed: tuple[FailedRemoval, ...] = ()
