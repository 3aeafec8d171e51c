"""What schedulers and agents tell each other: plain JSON, of bounded size, read with care."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  wire.build resolves the annotations
from enum import StrEnum
from typing import Any, TypeVar

from pytest_synthetic.errors import UsageError
from pytest_synthetic.model import wire
from pytest_synthetic.model.plan import Job, Outcome

LARGEST = 8_000_000
"""Bytes of the largest message: RabbitMQ 4 takes 16 MB."""
Message = TypeVar("Message")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A job for the agents of a region: it is begun before `until`, or not at all.

    `job` is as Job.to_json made it: an agent of another version may not be able to read it, and sends it back.
    `version` and `revision` are the scheduler's: that of the tool, and the commit of its journeys when that is known.
    """

    job: Mapping[str, object]
    until: datetime
    sent_at: datetime
    version: str
    revision: str | None = None
    again: int = 0

    @property
    def id(self) -> str:
        """The id of its job. Raises UsageError."""
        found = self.job.get("id")
        if not isinstance(found, str) or not found.isalnum() or len(found) > 64:
            raise UsageError(f"not a whole job: its id is {str(found)[:80]!r}")
        return found


class Kind(StrEnum):
    """What an agent has to tell of a job."""

    BEGUN = "begun"
    """It begins to run it."""
    FINISHED = "finished"
    """It has run it: here is the outcome."""
    REFUSED = "refused"
    """It does not run it, and no other agent should."""
    DECLINED = "declined"
    """It does not run it, as it is about to end; another agent may."""
    REDELIVERED = "redelivered"
    """The broker gave it a job that another agent had before, and lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an agent tells of a job. `agent` is its name; `outcome` is there when the job is finished."""

    kind: Kind
    agent: str
    order: Order
    reason: str | None = None
    outcome: Outcome | None = None

    @property
    def job(self) -> Job:
        """The job. Raises UsageError."""
        return Job.from_json(dict(self.order.job))


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How an agent is. `at` is by its own clock; `memory` in bytes, None where it cannot be told.

    `boot` tells one life of an agent from the next; `every` is how many seconds lie between two of these messages.
    """

    agent: str
    region: str
    boot: str
    at: datetime
    every: float
    version: str
    slots: int
    busy: int = 0
    draining: bool = False
    revision: str | None = None
    browser: str | None = None
    memory: int | None = None
    last_run: datetime | None = None
    spooled: int = 0
    refuses: str | None = None


def written(message: Order | Told | Health) -> bytes:
    """A message as it travels. Raises UsageError for one that is too large."""
    data = json.dumps(wire.plain(message), separators=(",", ":")).encode()
    if len(data) > LARGEST:
        raise UsageError(f"a message of {len(data)} bytes is too large: {LARGEST} are the most")
    return data


def read(kind: type[Message], data: object) -> Message:
    """Read a message: bytes, or what JSON made of them. Raises UsageError."""
    told = _values(data)
    if not isinstance(told, Mapping):
        raise UsageError(f"not a whole message: expected an object, got {str(told)[:80]!r}")
    return wire.build(kind, told, called="message")


def _values(data: object) -> Any:
    if not isinstance(data, bytes | str | memoryview):
        return data
    try:
        return json.loads(bytes(data) if isinstance(data, memoryview) else data)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"not a whole message: {error}") from None
