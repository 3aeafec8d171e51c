"""The jobs that a watcher has in hand: from the claim of a tick until what became of it is in the history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pytest_synthetic.core import unrun
from pytest_synthetic.history.book import State
from pytest_synthetic.model.plan import Job

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from pytest_synthetic.history.book import Claim
    from pytest_synthetic.model.plan import Plan, Tick

SLACK = timedelta(seconds=5)
"""What a word from far away may take."""
ENDING = 60.0
"""Seconds that ending a run may take after its time limit, until whoever runs it is taken for dead."""


@dataclass(slots=True, kw_only=True)
class Hand:
    """One job. It may begin until `until`; `why` is why it waits. `given` away, `begun` there.

    `since` is when it began by this process's monotonic clock, which nobody sets.
    """

    job: Job
    until: datetime
    why: str | None = None
    given: bool = False
    begun: datetime | None = None
    since: float = 0.0

    def overdue(self, now: datetime, moment: float) -> bool:
        """Whether nothing will be heard of it any more."""
        if self.begun:
            return moment > self.since + self.job.time_limit + ENDING
        return now > (self.until + SLACK if self.given else self.until)

    @property
    def busy(self) -> str:
        """Why its journey cannot begin once more there."""
        at = f"{self.job.at:%H:%M:%S}" if self.job.at else "before"
        if self.job.attempt > 1:
            return f"the repeat of the run of {at} UTC still went on"
        if self.given:
            return f"the run of {at} UTC still went on"
        return f"the run of {at} UTC still waited: {self.why or 'it was to be begun'}"


class Hands:
    """All of them, by the ids of the jobs."""

    def __init__(self) -> None:
        self._hands: dict[str, Hand] = {}
        self._at: dict[tuple[str, str], list[Hand]] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._hands)

    def __iter__(self) -> Iterator[Hand]:
        """The hands, in the order they came; they may be dropped meanwhile."""
        return iter(list(self._hands.values()))

    def add(self, hand: Hand) -> None:
        """Take one more."""
        self._hands[hand.job.id] = hand
        self._at.setdefault(hand.job.plan.key, []).append(hand)

    def of(self, job: Job) -> Hand | None:
        """That of a job; None when it is not in hand any more, or was never."""
        return self._hands.get(job.id)

    def drop(self, job: Job) -> None:
        """Have a job no longer."""
        if hand := self._hands.pop(job.id, None):
            there = self._at[job.plan.key]
            there.remove(hand)
            if not there:
                del self._at[job.plan.key]

    def drop_given(self) -> None:
        """Have no longer what was given away."""
        for hand in self:
            if hand.given:
                self.drop(hand.job)

    def before(self, hand: Hand) -> str | None:
        """Why a journey cannot begin yet: another run of it goes on there. That is so for a repeat, when it comes."""
        there = self._at[hand.job.plan.key]
        return next((each.busy for each in there if each is not hand and each.given), None)

    def busy(self, key: tuple[str, str]) -> str | None:
        """Why a journey cannot begin once more in a region."""
        there = self._at.get(key)
        return there[0].busy if there else None

    @property
    def ticks(self) -> list[Tick]:
        """Their ticks; a repeat has none of its own."""
        return [hand.job.tick for hand in self if hand.job.tick and hand.job.attempt == 1]

    @property
    def begun(self) -> list[Tick]:
        """The ticks of those that run."""
        return [hand.job.tick for hand in self if hand.begun and hand.job.tick and hand.job.attempt == 1]

    @property
    def waiting(self) -> int:
        """How many are not given away."""
        return sum(not hand.given for hand in self)


def job_of(plan: Plan, at: datetime, time_limit: float) -> Job:
    """The job of a tick: it has the same id, whoever asks for it."""
    return Job(id=unrun.run_id_of(*plan.key, at), plan=plan, at=at, time_limit=time_limit)


def running(claims: Iterable[Claim], time_limit: float) -> Iterator[Hand]:
    """Those that run, for whoever takes them over; each as if it had begun with its tick."""
    for claim in claims:
        if claim.state is State.RUNNING:
            yield Hand(job=job_of(claim.plan, claim.at, time_limit), until=claim.at, given=True)
