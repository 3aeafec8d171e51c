"""Cron expressions taken apart: which minutes, hours and days, and how hosts that know less can be told the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from pytest_synthetic.core import cron as core

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cronsim import CronSim

_BEGIN = datetime(2027, 1, 1, tzinfo=UTC)
_LOOKED_AT = 1500
_HORIZON = timedelta(days=800)
"""The shortest gap is looked for among so many ticks of so many days, from that day on."""


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
            "*" if self.days is None else ranges(self.days, 1, 31),
            "*" if self.months is None else ranges(self.months, 1, 12),
            "*" if self.weekdays is None else ranges(self.weekdays, 0, 6),
        )
        return " ".join(fields)


def parse(expression: str) -> Cron:
    """Take an expression of five fields apart. Raises UsageError, saying what is wrong."""
    read = simulated(expression)
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


def simulated(expression: str, begin: datetime = _BEGIN) -> CronSim:
    """The expression as cronsim reads it, from `begin` on. Raises UsageError."""
    from cronsim import CronSim

    return CronSim(core.read(expression), begin)


def gap(expressions: Iterable[str]) -> float:
    """The shortest time in seconds between two ticks of these expressions; endless where there is one or none."""
    ticks: set[datetime] = set()
    for expression in expressions:
        for count, tick in enumerate(simulated(expression)):
            if count == _LOOKED_AT or tick - _BEGIN > _HORIZON:
                break
            ticks.add(tick)
    return min(((b - a).total_seconds() for a, b in pairwise(sorted(ticks))), default=float("inf"))


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
