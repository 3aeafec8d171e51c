"""Promises: durations, limits on one run (SLA), targets over many (SLO), and the breaches of a limit."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pytest_synthetic.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)", re.ASCII)
_DURATION = re.compile(rf"(?:{_PART.pattern}\s*)+", re.ASCII)
EXPECTED = 'a duration above zero such as "250ms", "3s", "2m", "1h30m", "30d", or a number of seconds'


def seconds(value: object) -> float:
    """Read a duration and return it in seconds.

    `value` is text (`"3s"`, `"250ms"`, `"1h30m"`) or a number of seconds.
    Raises UsageError for anything else, for zero, for negative and for endless durations.
    """
    if isinstance(value, str) and _DURATION.fullmatch(value.strip()):
        total = sum(float(number) * UNITS[unit] for number, unit in _PART.findall(value))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        total = float(value)
    elif isinstance(value, str) and value.strip().isdecimal():
        raise UsageError(
            f'{value!r} is not a duration: its unit is missing; expected a duration above zero such as "30s"'
        )
    else:
        raise UsageError(f"{value!r} is not a duration; expected {EXPECTED}")
    if not (0 < total < math.inf):
        raise UsageError(f"{value!r} is not a usable duration; expected {EXPECTED}")
    return total


def spoken(duration: float, decimals: int = 2) -> str:
    """A duration in seconds as people read it: `250 ms`, `4.31 s`, `2 min 5 s`."""
    if 0 <= duration < 0.9995:
        return f"{_trimmed(duration * 1000, max(0, decimals - 2))} ms"
    if duration < 120:
        return f"{_trimmed(duration, decimals)} s"
    minutes, rest = divmod(round(duration), 60)
    if minutes < 120:
        return f"{minutes} min" + (f" {rest} s" if rest else "")
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h" + (f" {minutes} min" if minutes else "")


def _trimmed(number: float, decimals: int) -> str:
    text = f"{number:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The most a measurement may be. `timed`: it was written as a duration, `most` is in seconds."""

    name: str
    most: float
    timed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sla:
    """The limits on one run: the journey's body in seconds, and named measurements."""

    total: float | None = None
    measurements: tuple[Limit, ...] = ()


class Calendar(StrEnum):
    """A period of the calendar, in UTC."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


NOMINAL = {Calendar.WEEK: 7 * 86_400.0, Calendar.MONTH: 30 * 86_400.0, Calendar.QUARTER: 91 * 86_400.0}
"""Seconds that a period of the calendar is taken for where a length is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """Targets over many runs, as shares between 0 and 1, over a `window`.

    `availability` is of the runs that could say something, `latency` of those that worked and kept their SLA. The
    window rolls, and is in seconds; with `calendar` it is the calendar period that goes on.
    """

    availability: float
    window: float
    calendar: Calendar | None = None
    latency: float | None = None


def slo(availability: object, window: object, latency: object = None) -> Slo:
    """Read a target: shares between 0 and 1, and a window such as `"30d"` or `"month"`. Raises UsageError."""
    calendar = next((period for period in Calendar if period == window), None)
    if calendar is None and isinstance(window, str) and window.isalpha():
        raise UsageError(f'{window!r} is no window. {did_you_mean(window, Calendar)} Or a duration such as "30d"')
    return Slo(
        availability=_share("availability", availability),
        window=NOMINAL[calendar] if calendar else seconds(window),
        calendar=calendar,
        latency=None if latency is None else _share("latency", latency),
    )


def _share(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise UsageError(f"{name}={value!r}: expected a share between 0 and 1, such as 0.995")
    return float(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A limit that was not kept. `measured` and `promised` are in `unit` (`"s"`, or `""` for a bare number)."""

    kind: str
    name: str
    measured: float
    promised: float
    unit: str
    message: str


def limit(name: str, value: object) -> Limit:
    """Read one named limit: a duration as text, or a bare number in the measurement's own unit."""
    if isinstance(value, str):
        return Limit(name=name, most=seconds(value), timed=True)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf:
        return Limit(name=name, most=float(value), timed=False)
    raise UsageError(f'{name}={value!r} is not a limit; expected a duration ("2.5s") or a number (0.1)')


def limits(measurements: Mapping[str, object]) -> tuple[Limit, ...]:
    """Read the named limits of an SLA."""
    return tuple(limit(name, value) for name, value in measurements.items())


def breach(*, kind: str, name: str, measured: float, promised: float, timed: bool) -> Breach:
    """Word a breach: `step "pay" took 4.31 s, promised 3 s`. Digits are added until the two numbers differ."""
    for decimals in range(2, 10):
        said = [spoken(n, decimals) if timed else _trimmed(n, decimals) for n in (measured, promised)]
        if said[0] != said[1]:
            break
    subject = {"step": f'step "{name}"', "total": "the journey"}.get(kind, name)
    verb = "took" if timed else "was"
    unit = "s" if timed else ""
    text = f"{subject} {verb} {said[0]}, promised {said[1]}"
    return Breach(kind=kind, name=name, measured=measured, promised=promised, unit=unit, message=text)
