"""Reads schedules: those of marks, and [schedule], which says what a mark leaves open."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_synthetic.config.settings import ScheduleSettings
from pytest_synthetic.config.times import cron, timezone
from pytest_synthetic.core import quiet
from pytest_synthetic.core.schedule import check
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.journey import Schedule
from pytest_synthetic.model.sla import seconds

if TYPE_CHECKING:
    from collections.abc import Container

    from pytest_synthetic.config.tables import Source

_CRON_FIELDS = 5


def settings(source: Source, value: object, keys: tuple[str, ...]) -> ScheduleSettings:
    """Read the table. Raises ConfigError."""
    readers = {"max_lateness": lateness, "quiet": hours, "timezone": timezone, "spread": _switch}
    return ScheduleSettings(**source.read(value, keys, readers))


def schedule(every_or_cron: object, **more: object) -> Schedule:
    """Read a schedule as marks give it, with `timezone`, `quiet` and `max_lateness` if they do. Raises UsageError."""
    readers: dict[str, Any] = {"timezone": timezone, "quiet": _quiet, "max_lateness": lateness}
    read: dict[str, Any] = {name: readers[name](value) for name, value in more.items() if value is not None}
    if isinstance(every_or_cron, str) and (every_or_cron.startswith("@") or len(every_or_cron.split()) >= _CRON_FIELDS):
        return check(Schedule(cron=cron(every_or_cron), **read))
    try:
        every = seconds(every_or_cron)
    except UsageError:
        raise UsageError(
            f'{every_or_cron!r} is neither an interval such as "5m" nor a cron expression such as "0 7 * * 1-5"'
        ) from None
    return check(Schedule(every=every, **read))


def settled(told: Schedule, given: Container[str], settings: ScheduleSettings) -> Schedule:
    """A schedule with what the settings add to what was `given` with it. Raises UsageError where nothing is left."""
    own = {"timezone": settings.timezone, "quiet": settings.quiet, "max_lateness": settings.max_lateness}
    added: dict[str, Any] = {name: value for name, value in own.items() if name not in given}
    return check(replace(told, **added, spread=settings.spread))


def hours(value: object) -> tuple[str, ...]:
    """Read quiet hours: a text, or several; none at all when there are none. Raises UsageError."""
    texts = (value,) if isinstance(value, str) else value
    if not isinstance(texts, tuple | list) or not all(isinstance(text, str) for text in texts):
        raise UsageError(f"{value!r}: expected {quiet.EXPECTED}, or several of them")
    quiet.read(tuple(texts))
    return tuple(texts)


def _quiet(value: object) -> tuple[str, ...]:
    """`hours` as an argument of the mark, which is named: no key of a file says it."""
    try:
        return hours(value)
    except UsageError as error:
        raise UsageError(f"quiet={error}") from None


def lateness(value: object) -> float:
    """Read how late a run may begin. Raises UsageError."""
    read = seconds(value)
    if read < 1:
        raise UsageError(f"max_lateness={value!r}: every run would be too late; expected 1s or more")
    return read


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"expected true or false, got {value!r}")
    return value
