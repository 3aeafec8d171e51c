"""Where jobs go: to processes of this machine, or to the queues of many. What becomes of them comes back as events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from queue import SimpleQueue

    from pytest_synthetic.model.plan import Job, Outcome, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Somebody began to run a job."""

    job: Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A job has its records."""

    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A job was not begun, and will not be."""

    job: Job
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Whoever began a job is gone."""

    job: Job
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replanned:
    """The journeys were collected again."""

    plans: Mapping[tuple[str, str], Plan]


Event = Begun | Finished | Refused | Lost | Replanned


class Dispatcher(Protocol):
    """Takes jobs whose ticks are claimed. All but `events` are called by one thread."""

    begins_at_once: bool
    """Whether a job that is taken is begun with it; otherwise `Begun` tells when."""

    events: SimpleQueue[Event]
    """What becomes of the jobs."""

    def full(self, plan: Plan) -> str | None:
        """Why a run of `plan` must wait, in words that end a sentence; None when it can be taken now."""

    def refusal(self, plan: Plan) -> str | None:
        """Why no run of `plan` can be taken before its next tick; None when one can."""

    def take(self, job: Job, until: datetime) -> None:
        """Run a job that begins before `until`. Raises nothing: what goes wrong is an event."""

    def drain(self) -> None:
        """Take no more; what runs may end in its time. Returns at once."""

    def stop(self) -> None:
        """End what runs, in order, and wait for it; the events of all of it are there then."""
