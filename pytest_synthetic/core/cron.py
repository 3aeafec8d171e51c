"""When a cron expression comes in a time zone, as UTC: also in the nights in which clocks are changed.

cronsim is asked in the time that clocks on the wall show, without a zone, and its answers are put on the line of real
time here. Asked with a zone, it drops ticks where clocks are changed by half an hour (Lord Howe Island), and answers
with the past when it is asked in the second of two equal hours (cronsim 2.8).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pytest_synthetic.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
"""Short names of expressions, as Debian's cron has them."""

_FIELDS = 5
_STEPPED = re.compile(r"(?<!\w)(\w+)-(\w+)/\d+")
_MINUTE = timedelta(minutes=1)
_WEEK = timedelta(days=7)
"""No zone changes its clocks twice in less."""


def read(expression: str) -> str:
    """An expression of five fields that comes at all; `@daily` and the like are written out. Raises UsageError."""
    from cronsim import CronSim, CronSimError

    if expression.startswith("@"):
        return _named(expression)
    if (fields := len(expression.split())) != _FIELDS:
        raise UsageError(
            f"{expression!r} is no cron expression: it has {fields} fields, expected {_FIELDS}: minute, hour, "
            'day of the month, month, day of the week, such as "0 7 * * 1-5"'
        )
    if (alone := _STEPPED.search(expression)) and (alone[1] == alone[2]):
        raise UsageError(
            f"{expression!r}: {alone[0]} is a range of one value, of which cron's readers make different things: write "
            f"{alone[1]}"
        )
    try:
        next(CronSim(expression, datetime(2026, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        raise UsageError(f"{expression!r} is no cron expression: {error}") from None
    except (StopIteration, OverflowError):
        raise UsageError(f"{expression!r} never comes: no such day") from None
    return expression


def _named(expression: str) -> str:
    if expression.lower() not in NAMES:
        near = did_you_mean(expression, NAMES)
        raise UsageError(f'{expression!r} is no cron expression. {near} Or five fields, such as "0 7 * * 1-5"')
    return NAMES[expression.lower()]


def ticks(expression: str, zone: str | None, after: datetime) -> Iterator[datetime]:
    """The moments (UTC) after `after` at which an expression comes; clocks show them in `zone`, UTC without one.

    As Debian's cron: what names its hour and minute comes once a day, right after the gap when clocks leave its time
    out, and at the first of two equal times. What has a `*` for either goes on with the real time.
    """
    minute, hour = expression.split()[:2]
    if zone is None:
        return (wall.replace(tzinfo=UTC) for wall in _walls(expression, after.replace(tzinfo=None)))
    if minute.startswith("*") or hour.startswith("*"):
        return _at_every(expression, ZoneInfo(zone), after)
    return _at_named(expression, ZoneInfo(zone), after)


def _walls(expression: str, after: datetime) -> Iterator[datetime]:
    """The times of a clock after `after`, none with a zone, until the calendar ends."""
    from cronsim import CronSim

    found = CronSim(expression, after)
    while True:
        try:
            yield next(found)
        except (StopIteration, OverflowError):
            return


def _at_named(expression: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    last = after
    for wall in _walls(expression, after.astimezone(zone).replace(tzinfo=None)):
        moment = first_moment(wall, zone)
        if moment > last:
            last = moment
            yield moment


def first_moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """When clocks first show `wall` (no zone), as UTC; when they leave it out, the end of what they leave out."""
    while True:
        moment = wall.replace(tzinfo=zone).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == wall:
            return moment
        wall += _MINUTE


def _at_every(expression: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """From change to change of the clocks: between them they are some hours from UTC, and no more."""
    start = after
    while True:
        away = _away(zone, start)
        change = None
        for wall in _walls(expression, (start + away).replace(tzinfo=None)):
            moment = wall.replace(tzinfo=UTC) - away
            if change := _change(zone, start, moment):
                break
            start = moment
            yield moment
        if change is None:
            return
        if _comes(expression, change + _away(zone, change)):
            yield change
        start = change


def _comes(expression: str, wall: datetime) -> bool:
    moment = wall.replace(tzinfo=None)
    return next(_walls(expression, moment - _MINUTE), None) == moment


def _away(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def _change(zone: ZoneInfo, after: datetime, until: datetime) -> datetime | None:
    """The first moment after `after`, and not after `until`, from which on clocks are set another way."""
    away = _away(zone, after)
    low = after
    while low < until:
        high = min(low + _WEEK, until)
        if _away(zone, high) != away:
            return _bisected(zone, low, high)
        low = high
    return None


def _bisected(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The change between two moments less than a week apart, to the second."""
    away = _away(zone, low)
    low = low.replace(microsecond=0)
    while (between := (high - low) // timedelta(seconds=2)) > 0:
        middle = low + timedelta(seconds=between)
        low, high = (middle, high) if _away(zone, middle) == away else (low, middle)
    return high.replace(microsecond=0)
