"""Quiet hours: times of the week in which nothing is scheduled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pytest_synthetic.core.cron import first_moment
from pytest_synthetic.errors import UsageError, did_you_mean
from pytest_synthetic.model.history import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EXPECTED = 'times such as "22:00-06:00", "mon-fri 22:00-06:00" or "sat-sun 00:00-24:00"'
_FORM = re.compile(r"(?:(?P<days>[a-z,\-]+)\s+)?(?P<begin>\d\d?:\d\d)\s*-\s*(?P<end>\d\d?:\d\d)", re.ASCII)
_A_DAY = timedelta(days=1)
_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """From `begin` until before `end`, in minutes after midnight, on each of `days` (0 is Monday).

    `end` is above 24 hours when it lies on the next day.
    """

    days: frozenset[int]
    begin: int
    end: int


@lru_cache(maxsize=256)
def read(texts: tuple[str, ...]) -> tuple[Hours, ...]:
    """Read quiet hours. Raises UsageError, also when they leave no time of the week."""
    hours = tuple(map(_read, texts))
    if len(set().union(*map(_minutes, hours))) == 7 * _MINUTES:
        raise UsageError(f"{_shown(texts)}: these hours are all there are, no time is left")
    return hours


def _minutes(hours: Hours) -> set[int]:
    """The minutes of the week that are quiet."""
    week = 7 * _MINUTES
    return {(day * _MINUTES + minute) % week for day in hours.days for minute in range(hours.begin, hours.end)}


def _read(text: str) -> Hours:
    found = _FORM.fullmatch(text.strip().lower())
    if not found:
        raise UsageError(f"{text!r}: expected {EXPECTED}")
    begin, end = _minute(text, found["begin"]), _minute(text, found["end"])
    if begin in {end, _MINUTES}:
        raise UsageError(f'{text!r}: begins where it ends; a whole day is "00:00-24:00"')
    return Hours(days=_days(text, found["days"]), begin=begin, end=end if end > begin else end + _MINUTES)


def _minute(text: str, told: str) -> int:
    hour, minute = map(int, told.split(":"))
    if minute > 59 or hour * 60 + minute > _MINUTES:
        raise UsageError(f"{text!r}: {told} is no time of the day; expected {EXPECTED}")
    return hour * 60 + minute


def _days(text: str, told: str | None) -> frozenset[int]:
    found: set[int] = set()
    for part in told.split(",") if told else ["mon-sun"]:
        first, dash, last = part.partition("-")
        for name in (first, last) if dash else (first,):
            if name not in DAYS:
                raise UsageError(f"{text!r}: {name!r} is no day. {did_you_mean(name, DAYS)}")
        begin = DAYS.index(first)
        length = (DAYS.index(last) - begin) % 7 if dash else 0
        found |= {(begin + number) % 7 for number in range(length + 1)}
    return frozenset(found)


def _shown(texts: Iterable[str]) -> str:
    return ", ".join(map(repr, texts))


def around(hours: tuple[Hours, ...], zone: str | None, moment: datetime) -> Span | None:
    """The quiet hours around a moment; None when it is in none. Others may touch or overlap them."""
    if not hours:
        return None
    today = _day(zone, moment)
    for day in (today - _A_DAY, today):
        for span in spans(hours, zone, day):
            if span.start <= moment < span.end:
                return span
    return None


def next_start(hours: tuple[Hours, ...], zone: str | None, moment: datetime) -> datetime:
    """When quiet hours, of which there are some, begin next after a moment."""
    today = _day(zone, moment)
    starts = (span.start for number in range(9) for span in spans(hours, zone, today + number * _A_DAY))
    return min(start for start in starts if start > moment)


def _day(zone: str | None, moment: datetime) -> date:
    return (moment.astimezone(ZoneInfo(zone)) if zone else moment).date()


@lru_cache(maxsize=4096)
def spans(hours: tuple[Hours, ...], zone: str | None, day: date) -> tuple[Span, ...]:
    """The quiet hours that begin on a day, as UTC: each from when clocks show its begin to when they show its end."""
    midnight = datetime.combine(day, time())
    return tuple(
        Span(start=_moment(midnight, each.begin, zone), end=_moment(midnight, each.end, zone))
        for each in hours
        if day.weekday() in each.days
    )


def _moment(midnight: datetime, minutes: int, zone: str | None) -> datetime:
    wall = midnight + timedelta(minutes=minutes)
    return first_moment(wall, ZoneInfo(zone)) if zone else wall.replace(tzinfo=UTC)
