"""Cron expressions taken apart: which minutes, hours and days, and how hosts that know less can be told the same."""

from __future__ import annotations

import calendar
import math
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from pytest_synthetic.core import cron as core

if TYPE_CHECKING:
    from collections.abc import Iterable

_BEGIN = date(2027, 1, 1)
_LOOKED_AT = 800
"""The shortest gap is looked for among so many days, from that day on: there is a leap year among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """A cron expression as the values that its fields allow.

    None for days, months and weekdays: all. Sunday is 0. `last` is the last day of the month, `last_weekday` the last
    from Monday to Friday, `nth` are pairs of weekday and number: (5, -1) is the last Friday. Where both days of the
    month and weekdays are limited, either counts, as in cron; `both` says that both must fit, as Debian's cron has it
    when one of the two begins with a star.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...] | None = None
    months: tuple[int, ...] | None = None
    weekdays: tuple[int, ...] | None = None
    last: bool = False
    last_weekday: bool = False
    nth: tuple[tuple[int, int], ...] = ()
    both: bool = False

    @property
    def by_month(self) -> bool:
        """Whether days of the month are limited."""
        return self.days is not None or self.last or self.last_weekday

    @property
    def by_week(self) -> bool:
        """Whether weekdays are limited."""
        return self.weekdays is not None or bool(self.nth)

    @property
    def special(self) -> bool:
        """Whether it says what plain cron cannot: `L`, `LW`, `5L`, `2#1`."""
        return self.last or self.last_weekday or bool(self.nth)

    def parts(self) -> tuple[Cron, ...]:
        """The same ticks as expressions of which none has "either of both"."""
        if self.both or not (self.by_month and self.by_week):
            return (self,)
        return (
            replace(self, weekdays=None, nth=()),
            replace(self, days=None, last=False, last_weekday=False),
        )

    def __str__(self) -> str:
        """The five fields, with numbers alone. It must not be `special`."""
        fields = (
            ranges(self.minutes, 0, 59),
            ranges(self.hours, 0, 23),
            "*" if self.days is None else self._days(self.days, 1, 31),
            "*" if self.months is None else ranges(self.months, 1, 12),
            "*" if self.weekdays is None else self._days(self.weekdays, 0, 6),
        )
        return " ".join(fields)

    def _days(self, values: tuple[int, ...], least: int, most: int) -> str:
        """A star at the beginning would say that day and weekday must both fit."""
        told = ranges(values, least, most)
        return told if self.both or not told.startswith("*/") else f"{least}-{most}{told[1:]}"


def parse(expression: str) -> Cron:
    """Take an expression of five fields apart. Raises UsageError, saying what is wrong."""
    from cronsim import CronSim

    read = CronSim(core.read(expression), datetime(2027, 1, 1, tzinfo=UTC))
    days = {day for day in read.days if day > 0}
    weekdays = {day % 7 for day in read.weekdays if isinstance(day, int)}
    nth = {(day[0] % 7, -1 if day[1] < 0 else day[1]) for day in read.weekdays if isinstance(day, tuple)}
    made = Cron(
        minutes=tuple(sorted(read.minutes)),
        hours=tuple(sorted(read.hours)),
        days=tuple(sorted(days)) if len(days) < 31 else None,
        months=tuple(sorted(read.months)) if len(read.months) < 12 else None,
        weekdays=tuple(sorted(weekdays)) if len(weekdays) < 7 else None,
        last=read.LAST in read.days and len(days) < 31,
        last_weekday=read.LAST_WEEKDAY in read.days and len(days) < 31,
        nth=tuple(sorted(nth)) if len(weekdays) < 7 else (),
    )
    made = _without_empty(made)
    if read.day_and:
        return replace(made, both=made.by_month and made.by_week)
    if not (made.by_month and made.by_week):  # either of both, and one of them is any day
        return replace(made, days=None, last=False, last_weekday=False, weekdays=None, nth=())
    return made


def _without_empty(cron: Cron) -> Cron:
    """`L` alone leaves no numbered days: they are not all days then, nor none."""
    return replace(cron, days=cron.days or None, weekdays=cron.weekdays or None)


def gap(expressions: Iterable[str]) -> float:
    """The shortest time in seconds between two ticks of these expressions; endless where there is one or none.

    Clocks that are changed are left aside.
    """
    read = [parse(expression) for expression in expressions]
    shortest, before = math.inf, -math.inf
    for day in range(_LOOKED_AT):
        on = [one for one in read if comes_on(one, _BEGIN + timedelta(days=day))]
        for minute in sorted({60 * hour + minute for one in on for hour in one.hours for minute in one.minutes}):
            now = 1440 * day + minute
            shortest, before = min(shortest, now - before), now
        if shortest == 1:
            break
    return 60.0 * shortest


def comes_on(cron: Cron, day: date) -> bool:
    """Whether an expression comes on a day."""
    if cron.months is not None and day.month not in cron.months:
        return False
    month, week = _of_month(cron, day), _of_week(cron, day)
    if cron.by_month and cron.by_week:
        return month and week if cron.both else month or week
    return month if cron.by_month else week if cron.by_week else True


def _of_month(cron: Cron, day: date) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    working = last - max(0, day.replace(day=last).isoweekday() - 5)
    return day.day in (cron.days or ()) or (cron.last and day.day == last) or (cron.last_weekday and day.day == working)


def _of_week(cron: Cron, day: date) -> bool:
    weekday = day.isoweekday() % 7
    number, last = (day.day + 6) // 7, day.day + 7 > calendar.monthrange(day.year, day.month)[1]
    return weekday in (cron.weekdays or ()) or (weekday, number) in cron.nth or (last and (weekday, -1) in cron.nth)


def ranges(values: tuple[int, ...], least: int, most: int) -> str:
    """Values as a field: `*`, `*/15`, `3-59/5`, `1-5`, `1,8-10`."""
    if len(values) == most - least + 1:
        return "*"
    step = values[1] - values[0] if len(values) > 1 else 0
    if len(values) > 2 and step > 1 and values == tuple(range(values[0], most + 1, step)):
        return f"*/{step}" if values[0] == least else f"{values[0]}-{most}/{step}"
    runs: list[list[int]] = []
    for value in values:
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    return ",".join(_run(run) for run in runs)


def _run(run: list[int]) -> str:
    if len(run) < 3:
        return ",".join(map(str, run))
    return f"{run[0]}-{run[-1]}"
