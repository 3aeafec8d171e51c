"""How the ticks of a schedule follow each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import groupby, pairwise, takewhile
from typing import TYPE_CHECKING

from pytest_synthetic.core import cron, quiet
from pytest_synthetic.core.schedule import Timetable
from pytest_synthetic.model.rhythm import Rhythm, Stretch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_synthetic.model.journey import Schedule

FIRST = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday like others, for what must not depend on the day on which it is asked."""
A_DAY, A_WEEK, FOUR_YEARS = timedelta(days=1), timedelta(weeks=1), timedelta(days=4 * 365 + 1)

_MINUTE = timedelta(minutes=1)


@lru_cache(maxsize=1024)
def rhythm(schedule: Schedule) -> Rhythm | None:
    """That of a schedule, by clocks that are never changed; None where no two ticks come in eight years.

    Raises UsageError for a schedule that nobody can keep.
    """
    timetable = Timetable(replace(schedule, timezone=None, spread=False), "", "")
    if not schedule.every:
        found = tuple(_merged(_of_cron(cron.read(schedule.cron or ""), schedule.quiet)))
    elif schedule.quiet:
        found = tuple(_around_quiet(timetable, timedelta(seconds=schedule.every)))
    else:
        found = (Stretch(schedule.every, 1),)
    return Rhythm(stretches=found) if found else None


def _of_cron(expression: str, hours: tuple[str, ...]) -> Iterator[Stretch]:
    """The gaps from its first day to the day from which on all comes again; of most days they are the same."""
    minute, hour, *date = expression.split()
    span = _cycle(date, hours)
    times = _times_of_week([tick - FIRST for tick in _from_first(f"{minute} {hour} * * *", A_DAY)], hours)
    within = {weekday: tuple(_merged(_gaps(told))) for weekday, told in times.items()}
    first = last = None
    for day in _from_first(f"0 0 {' '.join(date)}", 2 * span):
        if not (told := times[day.weekday()]):
            continue
        if last:
            yield _gap(day + told[0] - last)
        first = first or day
        if day >= first + span:
            return
        yield from within[day.weekday()]
        last = day + told[-1]


def _cycle(date: Sequence[str], hours: tuple[str, ...]) -> timedelta:
    """After how long days come again; "1#2" and "5L" are days of a month."""
    day, month, weekday = date
    if (day, month) != ("*", "*") or "#" in weekday or "l" in weekday.lower():
        return FOUR_YEARS
    return A_WEEK if weekday != "*" or hours else A_DAY


def _from_first(expression: str, span: timedelta) -> Iterator[datetime]:
    """When an expression comes from the FIRST moment on, that included, for so long."""
    return takewhile(lambda tick: tick < FIRST + span, cron.ticks(expression, None, FIRST - _MINUTE))


def _times_of_week(times: Iterable[timedelta], hours: tuple[str, ...]) -> Mapping[int, Sequence[timedelta]]:
    """Of times of the day those that are in no quiet hours, for each day of the week."""
    silent, told = quiet.read(hours), tuple(times)
    days = {weekday: FIRST + weekday * A_DAY for weekday in range(7)}
    return {
        weekday: [time for time in told if not quiet.around(silent, None, day + time)] for weekday, day in days.items()
    }


def _gaps(times: Sequence[timedelta]) -> Iterator[Stretch]:
    return (_gap(later - earlier) for earlier, later in pairwise(times))


def _gap(length: timedelta) -> Stretch:
    return Stretch(length.total_seconds(), 1)


def _merged(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    for gap, alike in groupby(stretches, key=lambda stretch: stretch.gap):
        yield Stretch(gap, sum(stretch.times for stretch in alike))


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
            yield _gap(following - last)
        tick = following
