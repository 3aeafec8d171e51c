"""Where jobs go: to processes of this machine, or to the queues of many. What becomes of them comes back as events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime
    from queue import SimpleQueue

    from pytest_synthetic.model.plan import Job, Outcome, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Somebody began to run a job, `at` that moment."""

    job: Job
    at: datetime


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
    """Whoever had a job is gone."""

    job: Job
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replanned:
    """The journeys were collected again."""

    plans: tuple[Plan, ...]


Event = Begun | Finished | Refused | Lost | Replanned


class Dispatcher(Protocol):
    """Takes jobs whose ticks are claimed. All but `events` is for one thread."""

    events: SimpleQueue[Event]
    """What becomes of the jobs."""

    outlives: bool
    """Whether what was begun goes on when this process ends, or leads no more: others run it, others hear of it."""

    def full(self, plan: Plan) -> str | None:
        """Why a run of `plan` must wait, as a sentence in the past tense; None when it can be taken now."""

    def refusal(self, plan: Plan) -> str | None:
        """Why no run of `plan` will be taken in time, likewise; None when one can."""

    def take(self, job: Job, until: datetime) -> None:
        """Run a job, which begins before `until` or not at all. Raises nothing: what goes wrong is an event."""

    def delivered(self, job: Job) -> None:
        """What became of a job is where it belongs: forget it."""

    def stop(self) -> None:
        """Take no more, end what runs here, in order, and wait for it: its events are there then."""
