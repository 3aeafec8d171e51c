"""Schedules as systemd's timers say them: exactly, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.model.sla import spoken
from pytest_synthetic.scheduler.export import cron, timing
from pytest_synthetic.scheduler.export.batches import words

if TYPE_CHECKING:
    from pytest_synthetic.model.journey import Schedule
    from pytest_synthetic.scheduler.export.cron import Cron

_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_ODD = (
    "an interval that divides no minute, hour or day is counted from the start of the run before, and drifts a little"
)


def lines(schedule: Schedule, seed: str) -> tuple[tuple[str, ...], float, str | None]:
    """The lines of the timer, the shortest time between two ticks in seconds, and what is to be known of it.

    Raises CannotKeep.
    """
    if schedule.every is not None:
        return _interval(schedule.every, seed if schedule.spread else None)
    read = cron.parse(schedule.cron or "")
    if read.both and read.special:
        raise timing.CannotKeep(
            f"{words(schedule)}: L and # beside days that begin with a star cannot be said: use two"
        )
    zone = schedule.timezone or "UTC"
    told = [f"OnCalendar={line} {zone}" for part in read.parts() for line in _calendar(part)]
    return tuple(dict.fromkeys(told)), cron.gap([schedule.cron or ""]), None


def _interval(every: float, seed: str | None) -> tuple[tuple[str, ...], float, str | None]:
    if every < 1 or every != int(every):
        raise timing.CannotKeep(f"every {spoken(every)}: a timer of systemd counts whole seconds here")
    seconds = int(every)
    if seconds < 60 and 60 % seconds == 0:
        return (f"OnCalendar=*-*-* *:*:00/{seconds:02} UTC",), every, None
    if seconds % 60 == 0 and seconds // 60 in timing.EVEN:
        read = cron.parse(timing.spread(every, seed))
        return tuple(f"OnCalendar={line} UTC" for line in _calendar(read)), every, None
    return (f"OnActiveSec={seconds}s", f"OnUnitActiveSec={seconds}s"), every, _ODD


def _calendar(part: Cron) -> list[str]:
    """The expressions, without zone, that together are the ticks of a part."""
    months = _values(part.months)
    clock = f"{_values(part.hours, 24)}:{_values(part.minutes, 60)}:00"
    week = f"{_week(part.weekdays)} " if part.weekdays is not None else ""
    found = []
    if part.days is not None or not (part.by_month or part.nth) or (part.weekdays is not None and not part.by_month):
        found.append(f"{week}*-{months}-{_values(part.days)} {clock}")
    if part.last:
        found.append(f"{week}*-{months}~01 {clock}")
    if part.last_weekday:
        found += [f"{days} *-{months}~{back:02} {clock}" for days, back in (("Mon..Fri", 1), ("Fri", 2), ("Fri", 3))]
    return found + [f"{_DAYS[day]} *-{months}{_nth(number)} {clock}" for day, number in part.nth]


def _nth(number: int) -> str:
    """The days of a month among which the weekday of that number is: -1 is the last."""
    return "~07/1" if number < 0 else f"-{7 * number - 6:02}..{min(7 * number, 31):02}"


def _values(values: tuple[int, ...] | None, every: int = 0) -> str:
    if values is None or len(values) == every:
        return "*"
    return ",".join(_runs(values))


def _runs(values: tuple[int, ...]) -> list[str]:
    parts = [part.partition("-") for part in cron.ranges(values, 0, 99).split(",")]
    return [f"{int(first):02}" + (f"..{int(last):02}" if last else "") for first, _, last in parts]


def _week(values: tuple[int, ...]) -> str:
    """Weekdays from Monday on: a range of systemd's does not begin with Sunday."""
    ordered = tuple(sorted(day or 7 for day in values))
    parts = [part.partition("-") for part in cron.ranges(ordered, 0, 99).split(",")]
    return ",".join(_DAYS[int(a) % 7] + (f"..{_DAYS[int(b) % 7]}" if b else "") for a, _, b in parts)
