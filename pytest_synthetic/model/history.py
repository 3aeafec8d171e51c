"""What is asked of a history, and what it counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which runs: all of those that fit every part that is given.

    `journeys`, `regions`, `devices` and `owners` are names, of which one must fit. `since` is the first moment, `until`
    the first one after. `release` is that of the product; `commit` the beginning of the tests' commit. `first_attempts`
    leaves out runs that repeat a failed one: promises are counted by what customers met, not by the second try.
    """

    journeys: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    release: str | None = None
    commit: str | None = None
    first_attempts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many runs ended with which verdict."""

    passed: int = 0
    degraded: int = 0
    failed: int = 0
    broken: int = 0
    blocked: int = 0
    skipped: int = 0
    missed: int = 0

    @property
    def good(self) -> int:
        """Runs in which the customer got it, late or not."""
        return self.passed + self.degraded

    @property
    def said(self) -> int:
        """Runs that could say something of the product."""
        return self.good + self.failed

    @property
    def all(self) -> int:
        """All that were to run; `said` of `all` is the coverage."""
        return self.said + self.broken + self.blocked + self.skipped + self.missed

    def __add__(self, other: Counts) -> Counts:
        """Both together."""
        return Counts(
            passed=self.passed + other.passed,
            degraded=self.degraded + other.degraded,
            failed=self.failed + other.failed,
            broken=self.broken + other.broken,
            blocked=self.blocked + other.blocked,
            skipped=self.skipped + other.skipped,
            missed=self.missed + other.missed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time from `start` to `end`, both in UTC; `end` is not part of it."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.end - self.start).total_seconds()
