"""What is to run: plans, the ticks that come of them, the jobs that ticks become, and what becomes of a job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  wire.build resolves the annotations
from typing import Any, NamedTuple

from pytest_synthetic.model import wire
from pytest_synthetic.model.journey import JourneySpec  # noqa: TC001  likewise
from pytest_synthetic.model.run import RunResult  # noqa: TC001  likewise


class Tick(NamedTuple):
    """A moment (UTC, whole milliseconds) at which a journey is to run in a region."""

    journey: str
    region: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One journey in one region: what is watched there.

    `nodeid` is the test as pytest is asked for it, without parameters, so that it stands for all its variants;
    `browser` says that it drives one. `unreadable` is why its file cannot be read at present, None when it can: its
    runs are `broken` then.
    """

    spec: JourneySpec
    region: str
    nodeid: str
    browser: bool = False
    unreadable: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """The id of the journey, and the region."""
        return self.spec.id, self.region


class Missed(NamedTuple):
    """A tick that is not run, and why, in words for people. `overlap`: its journey's earlier run was not over."""

    plan: Plan
    at: datetime
    reason: str
    overlap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of a plan that was asked for: by the tick `at`, or by a person when that is None.

    `id` names its folder. `attempt` is 2 or more for a repeat, which `confirms` the run of that id. `time_limit` in
    seconds of the wall clock. `isolated`: in a process of its own that shares nothing, not even a browser.
    """

    id: str
    plan: Plan
    at: datetime | None = None
    attempt: int = 1
    confirms: str | None = None
    time_limit: float = 300.0
    isolated: bool = False

    @property
    def tick(self) -> Tick | None:
        """The tick that asked for it."""
        return Tick(self.plan.spec.id, self.plan.region, self.at) if self.at else None

    def to_json(self) -> dict[str, Any]:
        """The job as plain JSON values."""
        told: dict[str, Any] = wire.plain(self)
        return told

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Job:
        """Read a job. Raises UsageError."""
        return wire.build(cls, told, called="job")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a job: a record for each variant that ran, or the one that was written in its place.

    There is at least one. `log` is the end of what pytest said, redacted; None when it said nothing.
    """

    job: Job
    runs: tuple[RunResult, ...]
    log: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A journey as a collection found it: its test without parameters, and whether it drives a browser."""

    spec: JourneySpec
    nodeid: str
    browser: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A file or folder that cannot be collected, relative to where pytest was started, and why."""

    file: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All journeys of a folder, and the files that could not be read; `skipped` are those that skip themselves."""

    journeys: tuple[Listed, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    skipped: tuple[Unreadable, ...] = ()
