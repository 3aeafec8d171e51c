"""How the ticks of a schedule follow each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import groupby, islice, pairwise
from typing import TYPE_CHECKING

from pytest_synthetic.core import quiet
from pytest_synthetic.core.schedule import Timetable
from pytest_synthetic.model.rhythm import Rhythm, Stretch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_synthetic.model.journey import Schedule

FIRST = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday like others, for what must not depend on the day on which it is asked."""
A_DAY, A_WEEK, TWO_YEARS = timedelta(days=1), timedelta(weeks=1), timedelta(days=2 * 365)
MOST = 7 * 24 * 60
"""Ticks that are looked at: those of a week of minutes."""


@lru_cache(maxsize=1024)
def rhythm(schedule: Schedule) -> Rhythm | None:
    """That of a schedule, by clocks that are never changed; None where that would take too many ticks, or years.

    Raises UsageError for a schedule that nobody can keep.
    """
    timetable = Timetable(replace(schedule, timezone=None, spread=False), "", "")
    if not schedule.every:
        found = tuple(_of_cron(timetable, schedule))
    elif schedule.quiet:
        found = tuple(_around_quiet(timetable, timedelta(seconds=schedule.every)))
    else:
        found = (Stretch(schedule.every, 1),)
    return Rhythm(stretches=found) if found else None


def _of_cron(timetable: Timetable, schedule: Schedule) -> Iterator[Stretch]:
    _, _, day, month, weekday = (schedule.cron or "").split()
    yearly = (day, month) != ("*", "*")
    span = TWO_YEARS if yearly else A_WEEK if weekday != "*" or schedule.quiet else A_DAY
    first = timetable.next_after(FIRST)
    ticks = [first, *islice(timetable.between(first, first + span), MOST)] if first else []
    if len(ticks) > MOST and ticks[-1] + A_DAY < FIRST + span:
        return
    gaps = ((later - earlier).total_seconds() for earlier, later in pairwise(ticks))
    yield from (Stretch(gap, sum(1 for _ in alike)) for gap, alike in groupby(gaps))


def _around_quiet(timetable: Timetable, every: timedelta) -> Iterator[Stretch]:
    """The gaps of an interval with quiet hours, from one of these to the next: there may be many ticks between."""
    hours = quiet.read(timetable.schedule.quiet)
    tick = timetable.next_after(FIRST)
    while tick and tick < FIRST + 2 * A_WEEK:
        start = quiet.next_start(hours, None, tick)
        last = tick + (start - tick - timedelta(milliseconds=1)) // every * every
        following = timetable.next_after(last)
        if last > tick:
            yield Stretch(every.total_seconds(), (last - tick) // every)
        if following:
            yield Stretch((following - last).total_seconds(), 1)
        tick = following
