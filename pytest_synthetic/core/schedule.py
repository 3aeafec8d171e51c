"""Which moments a schedule asks for: its ticks.

A tick is a time of the clock, not of a process: whoever asks, whenever, gets the same ones. So a machine that takes
over goes on where another ended, and two that look at once find the same tick, of which the history gives away one.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pytest_synthetic.core import cron, quiet
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.sla import spoken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_synthetic.model.history import Span
    from pytest_synthetic.model.journey import Schedule

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SHORTEST = timedelta(seconds=1)
LONGEST = timedelta(days=31)
SPREAD = timedelta(minutes=5)
"""Ticks of an interval come this much after its multiples, at most: 1,000 journeys of "1h" are then three a second for
five minutes, not 1,000 at once, and whoever waits for "every hour" still knows when to look."""
SPREAD_OF_CRON = timedelta(seconds=30)
"""Ticks of cron come this much after the minute, at most: who writes `0 7 * * *` expects 07:00."""
LEAST_LATENESS = timedelta(seconds=10)
MOST_LATENESS = timedelta(minutes=5)
A_MONTH = timedelta(days=30)

_STEP = timedelta(milliseconds=1)
_NONE = timedelta(0)
_QUIET_IN_A_ROW = 400
"""After so many ticks that all fell into quiet hours no other is looked for: they are a year of days."""
_A_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
"""A day like others, for what must not depend on the day on which it is asked."""
_LOOKED_BACK = (timedelta(hours=1), timedelta(days=1), timedelta(days=40))


class Timetable:
    """The ticks of one journey in one region: moments in UTC, whole milliseconds.

    Raises UsageError for a schedule that nobody can keep: too often, too seldom, never.
    """

    __slots__ = ("_every", "_hours", "_start", "offset", "schedule")

    def __init__(self, schedule: Schedule, journey: str, region: str) -> None:
        """`schedule` with what settings add to it; the ids of the journey and the region choose the offset."""
        self.schedule = schedule
        self._every = _interval(schedule)
        _check_zone(schedule.timezone)
        self._hours = quiet.read(schedule.quiet)
        self.offset = _offset(schedule, min(self._every, SPREAD) if self._every else SPREAD_OF_CRON, journey, region)
        self._start = EPOCH + self.offset

    def next_after(self, moment: datetime) -> datetime | None:
        """The first tick after `moment`; None when there is none any more."""
        found = self._raw_after(moment)
        for _ in range(_QUIET_IN_A_ROW):
            span = found and self._quiet_around(found)
            if not span:
                return found
            found = self._raw_after(span.end - _STEP)
        return None

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """The ticks after `after` and not after `until`, in order, made one by one."""
        return takewhile(lambda tick: tick <= until, self._from(after))

    def latest(self, after: datetime, until: datetime) -> datetime | None:
        """The last tick after `after` and not after `until`."""
        if self._every:
            return self._latest_multiple(self._every, after, until)
        for back in _LOOKED_BACK:
            if until - back > after and (found := _last(self.between(until - back, until))):
                return found
        return _last(self.between(after, until))

    def count(self, after: datetime, until: datetime) -> int:
        """How many ticks come after `after` and not after `until`; quick for intervals."""
        if not self._every:
            return sum(1 for _ in self.between(after, until))
        found = 0
        while (first := self.next_after(after)) and first <= until:
            after = until
            if self._hours:
                after = min(until, quiet.next_start(self._hours, self.schedule.timezone, first) - _STEP)
            found += (after - first) // self._every + 1
        return found

    def lateness(self, tick: datetime) -> timedelta:
        """How long after `tick` its run may begin: what the schedule says, else half the way to the next.

        That is at least 10 s: a busy machine is that late without harm. And at most 5 min: later, a run says nothing
        of its tick.
        """
        if self.schedule.max_lateness is not None:
            return timedelta(seconds=self.schedule.max_lateness)
        after = self._raw_after(tick)
        half = (after - tick) / 2 if after else MOST_LATENESS
        return max(LEAST_LATENESS, min(MOST_LATENESS, half))

    def _from(self, after: datetime) -> Iterator[datetime]:
        if self._every or self._hours:
            while tick := self.next_after(after):
                yield tick
                after = tick
        else:
            yield from self._cron_after(after)

    def _raw_after(self, moment: datetime) -> datetime | None:
        """The first tick after `moment`, in quiet hours or not."""
        if self._every:
            return self._start + ((moment - self._start) // self._every + 1) * self._every
        return next(self._cron_after(moment), None)

    def _cron_after(self, moment: datetime) -> Iterator[datetime]:
        found = cron.ticks(self.schedule.cron or "", self.schedule.timezone, moment - self.offset)
        return (tick + self.offset for tick in found)

    def _latest_multiple(self, every: timedelta, after: datetime, until: datetime) -> datetime | None:
        while (found := self._start + (until - self._start) // every * every) > after:
            span = self._quiet_around(found)
            if not span:
                return found
            until = span.start - _STEP
        return None

    def _quiet_around(self, moment: datetime) -> Span | None:
        return quiet.around(self._hours, self.schedule.timezone, moment)


def _interval(schedule: Schedule) -> timedelta | None:
    """The interval; None for cron. Raises UsageError."""
    if schedule.every is None:
        if schedule.cron is None:
            raise UsageError('a schedule needs an interval such as "5m" or a cron expression such as "0 7 * * 1-5"')
        cron.read(schedule.cron)
        return None
    if schedule.every < SHORTEST.total_seconds():
        raise UsageError(f"{spoken(schedule.every)} is too often: the shortest interval is 1s")
    if schedule.every > LONGEST.total_seconds():
        raise UsageError(
            f"{spoken(schedule.every)} is too seldom: the longest interval is 31d; for what comes more seldom give a "
            'cron expression such as "0 7 1 1 *"'
        )
    every = timedelta(milliseconds=round(schedule.every * 1000))
    if abs(every.total_seconds() - schedule.every) > 1e-9:
        raise UsageError(f"an interval of {schedule.every} s: expected whole milliseconds")
    return every


def _check_zone(name: str | None) -> None:
    try:
        _ = name and ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"{name!r} is no time zone that this machine knows: is the package tzdata missing?") from None


def _offset(schedule: Schedule, most: timedelta, journey: str, region: str) -> timedelta:
    """Whole milliseconds, less than `most`; always the same for a journey in a region."""
    if not schedule.spread:
        return _NONE
    digest = hashlib.blake2b(f"{journey}\n{region}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % (most // _STEP) * _STEP


def _last(ticks: Iterator[datetime]) -> datetime | None:
    last = None
    for tick in ticks:
        last = tick
    return last


def check(schedule: Schedule) -> Schedule:
    """`schedule`, which can be kept. Raises UsageError for one that cannot, or whose quiet hours leave no tick."""
    if not Timetable(schedule, "", "").next_after(_A_FIRST):
        raise UsageError("never comes outside its quiet hours")
    return schedule


@lru_cache(maxsize=1024)
def per_month(schedule: Schedule, moment: datetime) -> int:
    """How often a journey with this schedule runs in one region in the 30 days after `moment`."""
    return Timetable(schedule, "", "").count(moment, moment + A_MONTH)
