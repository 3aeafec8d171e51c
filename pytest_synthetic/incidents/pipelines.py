"""When a journey is silent that no scheduler of ours watches: only a pipeline runs it, or people do.

Each of its runs has a moment until which another should come by the schedule of the journey. Whether that was promised
is asked of the history only when the moment passes and nothing came: see `analysis.promises`. So runs cost nothing
more, and silence costs one look at a day or a week of runs in one region.
"""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pytest_synthetic.analysis.promises import LEAST, LOOKS, NONE, Habit, grace, habit, hopeless
from pytest_synthetic.core.schedule import Timetable
from pytest_synthetic.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from pytest_synthetic.incidents.journeys import Known
    from pytest_synthetic.model.journey import Schedule

    Held = Callable[[str, datetime], bool]

QUICKEST = timedelta(minutes=1)
"""No pipeline starts more often, and a day of such ticks would be many."""
FARTHEST = timedelta(days=400)
"""No tick is looked for that lies farther back."""
_STEP = timedelta(milliseconds=1)
_HOUR = timedelta(hours=1)


class Recall(Protocol):
    """What is known of runs that no scheduler asked for: `history.hearing.Hearing`, or runs that are replayed."""

    def schedule(self, journey: str) -> Schedule | None:
        """The schedule of a journey, as its newest run says."""

    def began(self, journey: str, region: str, since: datetime, until: datetime) -> Sequence[datetime]:
        """When first attempts began there then, oldest first."""


class Promise(NamedTuple):
    """Until when another run should come after the newest one, and how the schedule was kept before it.

    `why` says why silence is not noticed, where no number of ticks does.
    """

    due: datetime | None
    habit: Habit = NONE
    why: str | None = None

    @property
    def holds(self) -> bool:
        """Whether silence after that means something."""
        return self.due is not None and self.habit.promises


class Pipelines:
    """Says what the runs of a pipeline promise."""

    def __init__(self, recall: Recall, keep_days: float) -> None:
        """`keep_days` are those that the history keeps runs: what is gone when they fall silent says nothing now."""
        self._recall = recall
        self._keep = timedelta(days=keep_days)

    def promise(
        self,
        known: Known,
        region: str,
        newest: datetime,
        held: Held = lambda _region, _at: False,
        *,
        now: datetime | None = None,
    ) -> Promise:
        """What the newest run of a region promises, by all that ran before it; with `now`, by what ran since, too."""
        schedule = self._recall.schedule(known.id)
        timetable, why = _timetable(schedule, known.id, region)
        due = should_come(timetable, newest) if timetable else None
        if timetable is None or due is None:
            return Promise(None, why=why or "its schedule does not come again")
        floor = (due - self._keep).replace(hour=0, minute=0, second=0, microsecond=0)
        found: list[Habit] = []
        for back, enough in _looks(timetable, newest, floor):
            began = self._recall.began(known.id, region, back, now or newest)
            if began and began[-1] > newest:
                return self.promise(known, region, began[-1], held, now=now)
            kept = _kept(timetable, back, newest, began, partial(held, region))
            if kept.promises and kept.ticks >= enough:
                return Promise(due, kept)
            found.append(kept)
        if not found:
            return Promise(due, why=f"runs are kept for {self._keep.days} days, and it comes too seldom for that")
        return Promise(due, found[0])


def should_come(timetable: Timetable, started: datetime) -> datetime | None:
    """Until when another run should begin after one that `started` then: two intervals and some grace.

    A pipeline has times of its own, so that two intervals count from the beginning of the run, not from a tick.
    """
    first = timetable.next_after(started)
    second = first and timetable.next_after(first)
    if not first or not second:
        return None
    before = timetable.latest(started - FARTHEST, started) or started
    gap = min(first - before, second - first)
    return second + min(started - before, gap) + grace(gap)


def _timetable(schedule: Schedule | None, journey: str, region: str) -> tuple[Timetable | None, str | None]:
    """The ticks of a schedule; or why no pipeline can be held to it."""
    if schedule is None:
        return None, "it has no schedule"
    if schedule.every is not None and schedule.every < QUICKEST.total_seconds():
        return None, "no pipeline starts more often than every minute"
    try:
        return Timetable(schedule, journey, region), None
    except UsageError as error:
        return None, f"its schedule cannot be read: {error}"


def timetable_of(schedule: Schedule | None, journey: str, region: str) -> Timetable | None:
    """The ticks that a pipeline can be held to; None where it cannot."""
    return _timetable(schedule, journey, region)[0]


def _looks(timetable: Timetable, newest: datetime, floor: datetime) -> Iterator[tuple[datetime, int]]:
    """From when on it is looked whether a schedule is kept, and at how many ticks at least."""
    none = True
    for back, enough in LOOKS:
        since = max(newest - back, floor)
        if timetable.count(since, newest) >= enough:
            none = False
            yield since, enough
    if none:
        last = deque(timetable.between(max(newest - FARTHEST, floor), newest), LEAST)
        if len(last) == LEAST:
            yield last[0] - _STEP, LEAST


def _kept(
    timetable: Timetable, since: datetime, newest: datetime, began: Sequence[datetime], held: Callable[[datetime], bool]
) -> Habit:
    """How the ticks since then were kept, but for those in maintenance."""
    count = timetable.count(since, newest)
    hours = (since + number * _HOUR for number in range((newest - since) // _HOUR + 1))
    if hopeless(count, len(began)) and not any(map(held, hours)):  # the usual case, and a week of ticks may be many
        return Habit(count, len({timetable.latest(since, at) for at in began} - {None}))
    ticks = timetable.between(since, newest)
    windows = pairwise((*ticks, timetable.next_after(newest) or newest))
    return habit((each for each in windows if not held(each[0])), began)
