"""Whether runs that nobody announced kept a schedule lately: only then does it mean something when they stop.

A scheduler of ours says what it watches. A pipeline says nothing: there are only its runs, among those that people and
pull requests start. So a region promises runs when it kept the schedule of its journey. A tick is kept when a first
attempt began from then on until the next tick, or at most `late` after that; each keeps one tick. Of the ticks that
were looked at, at least LEAST, nearly all must be kept: MOST_OPEN of them may be open (GitHub drops starts).

Which ticks. People sleep at night and rest on two days of seven; what goes on meanwhile is a machine. So the last day
is looked at where it has MANY ticks: of a night of nine hours, 4 of 12 ticks of "2h" stay open, and that is too many.
And the last week: of the 42 ticks of "4h", a weekend from Friday evening to Monday morning leaves 14 open. One of the
two is enough, so that a pipeline that was away for some hours is still known by its week. What comes more seldom is
known by its last LEAST ticks. Four of the last five ticks would be quicker, and would take 25 minutes of work on a
journey of "5m" for a promise.

What cannot be told apart: people who run a journey as often as its schedule says, such as each working day where the
schedule has working days alone.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

LEAST = 3
MANY = 12
LOOKS = ((timedelta(days=1), MANY), (timedelta(days=7), LEAST))
"""How far back it is looked, where so many ticks lie there; the last LEAST ticks where that holds for neither."""
MOST_OPEN = 0.2
"""The share of ticks without a run up to which a schedule is kept: 1 of 5."""
MOST_LATE = timedelta(minutes=15)
"""GitHub starts 10 to 15 minutes late as a rule."""
LEAST_GRACE, MOST_GRACE = timedelta(minutes=1), timedelta(hours=3)
"""How much longer than two intervals is waited for a pipeline, which may be hours late at times."""


class Habit(NamedTuple):
    """How many of the `ticks` that were looked at were `kept`."""

    ticks: int
    kept: int

    @property
    def promises(self) -> bool:
        """Whether more runs can be counted on."""
        return self.ticks >= LEAST and self.ticks - self.kept <= MOST_OPEN * self.ticks


NONE = Habit(0, 0)


def late(gap: timedelta) -> timedelta:
    """How late a run of a pipeline may begin, where the next tick comes after `gap`."""
    return min(gap / 2, MOST_LATE)


def grace(gap: timedelta) -> timedelta:
    """How much longer than two intervals of `gap` is waited: half of one, from a minute to three hours."""
    return max(LEAST_GRACE, min(gap / 2, MOST_GRACE))


def hopeless(ticks: int, runs: int) -> bool:
    """Whether so few runs cannot have kept so many ticks."""
    return runs < (1 - MOST_OPEN) * ticks


def habit(windows: Iterable[tuple[datetime, datetime]], began: Sequence[datetime]) -> Habit:
    """How ticks, each with the one that follows it, were kept by runs that `began` then, oldest first.

    A run keeps one tick: the first that it can.
    """
    ticks = kept = free = 0
    for tick, following in windows:
        ticks += 1
        free = bisect_left(began, tick, free)
        if free < len(began) and began[free] < following + late(following - tick):
            kept += 1
            free += 1
    return Habit(ticks, kept)
