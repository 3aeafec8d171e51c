"""What is wrong with a cron expression or a time zone, for a host that is to keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pytest_synthetic.core.cron import NAMES
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.sla import spoken
from pytest_synthetic.scheduler.export import cron

if TYPE_CHECKING:
    from collections.abc import Iterator


def cron_of(expression: object, *, least: float, host: str, names: bool = False, either: bool = False) -> Iterator[str]:
    """What is wrong: not an expression, too often (`least` in seconds), or more than `host` understands.

    `names`: `@hourly` is known; `either`: it reads days that begin with a star as Debian's cron does.
    """
    if not isinstance(expression, str):
        yield f"{expression!r} is no cron expression: expected a text"
        return
    if expression.startswith("@") and not names:
        yield f"{expression!r}: {host} knows five fields alone, such as {NAMES['@hourly']!r}"
        return
    try:
        read = cron.parse(expression)
        shortest = cron.gap([expression])
    except UsageError as error:
        yield str(error)
        return
    if read.special:
        yield f"{expression!r}: {host} knows no L and no #"
    if read.both and not either:
        yield f"{expression!r}: days that begin with a star and weekdays are read by {host} as either, by cron as both"
    if shortest < least:
        yield f"{expression!r} comes every {spoken(shortest)}, and {host} runs nothing more often than {spoken(least)}"
    yield from _uneven(expression)


def _uneven(expression: str) -> Iterator[str]:
    """`*/7` comes after 7 minutes, and after 4 at the hour."""
    minutes, hours = expression.split()[:2] if " " in expression else ("", "")
    for field, size, unit in ((minutes, 60, "minutes"), (hours, 24, "hours")):
        step = field.partition("/")[2]
        if field.startswith("*/") and step.isdigit() and size % int(step):
            yield f"{expression!r} is uneven: {size} {unit} cannot be divided by {step}, and the last gap is shorter"


def zone(name: object) -> Iterator[str]:
    """What is wrong with a time zone."""
    try:
        ZoneInfo(str(name))
    except (LookupError, OSError, ValueError):
        yield f"{name!r} is no time zone: expected such as Europe/Paris"


def cron_line(line: str) -> tuple[str, str]:
    """An entry of a crontab as expression and command; the latter is empty when there is none."""
    if line.lstrip().startswith("@"):
        name, _, command = line.strip().partition(" ")
        return NAMES.get(name, name), command.strip()
    fields = line.split(maxsplit=5)
    return " ".join(fields[:5]), fields[5] if len(fields) > 5 else ""
