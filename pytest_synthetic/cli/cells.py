"""Values as cells of a table: times, durations, shares, verdicts, and a line of what was."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from pytest_synthetic.analysis.figures import between, percent
from pytest_synthetic.cli.showing import Column
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.model.sla import spoken
from pytest_synthetic.model.verdict import UNSAID, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from pytest_synthetic.history.answers_runs import Point
    from pytest_synthetic.model.journey import Schedule

UNKNOWN = "-"
"""What a cell shows of a thing that is not known."""

COLOURS = {Verdict.PASSED: "green", Verdict.DEGRADED: "yellow", Verdict.FAILED: "red", Verdict.BROKEN: "magenta"}
BARS = "▁▂▃▄▅▆▇█"
FAILED = "\N{MULTIPLICATION SIGN}"
UNSAID_SIGN = "·"
PLAIN_BARS = "_.,-=+*#"
TREND = "trend: the last runs, oldest first; a bar is as high as the run was long, {} failed, {} could not say"


def duration(seconds: float | None) -> str:
    """`4.31 s`."""
    return UNKNOWN if seconds is None else spoken(seconds)


def long(seconds: float) -> str:
    """A time in the two greatest units of it: `2 d 3 h`, `1 h 5 min`, `40 s`."""
    left, parts = round(seconds), []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        number, left = divmod(left, size)
        parts.append((number, unit))
    first = next((place for place, (number, _) in enumerate(parts) if number), len(parts) - 1)
    shown = [f"{number} {unit}" for number, unit in parts[first : first + 2] if number]
    return " ".join(shown) or "0 s"


def share(part: float | None, beside: float | None = None) -> str:
    """`99.71 %`; never rounded up."""
    return UNKNOWN if part is None else percent(part, beside=beside)


def sure(part: float | None, low: float | None, high: float | None, beside: float | None = None) -> str:
    """A share, and below it between which ones it may be."""
    if part is None or low is None or high is None:
        return UNKNOWN
    return f"{percent(part, beside=beside)}\n{between((low, high), beside=beside)}"


def number(told: float | None, decimals: int = 1) -> str:
    """`12`, `-0.4`."""
    if told is None:
        return UNKNOWN
    text = f"{told:,.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def colour(verdict: Verdict) -> str:
    """The style of a verdict."""
    return COLOURS.get(verdict, "")


def moment(at: datetime) -> str:
    """A time in the zone of this machine, with its offset: `2026-03-01 13:00:05 UTC+01:00`."""
    return f"{_clock(at)} {_offset(at)}"


def when(rows: Iterable[Any], get: Callable[[Any], datetime], title: str = "time") -> Column:
    """The column of a time in the zone of this machine. The offset stands in the title when all rows share it."""
    offsets = {_offset(get(row)) for row in rows}
    if len(offsets) > 1:
        return Column(title=title, cell=lambda row: f"{_clock(get(row))}\n{_offset(get(row))}")
    return Column(title=f"{title} {''.join(offsets)}".strip(), cell=lambda row: _clock(get(row)))


def _clock(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}"


def _offset(at: datetime) -> str:
    offset = f"{at.astimezone():%z}"
    return "UTC" if offset == "+0000" else f"UTC{offset[:3]}:{offset[3:5]}"


def schedule(told: Schedule) -> str:
    """`every 5 min`; `0 7 * * 1-5, Europe/Paris`, and below it the hours in which nothing runs."""
    often = f"every {spoken(told.every)}" if told.every else told.cron or UNKNOWN
    zone = f", {told.timezone or 'UTC'}" if told.cron else ""
    quiet_zone = f" {told.timezone or 'UTC'}" if told.every else ""
    return "\n".join((f"{often}{zone}", *(f"not {hours}{quiet_zone}" for hours in told.quiet)))


def named(name: str, *more: str | None) -> str:
    """`Checkout, eu-west`; what is None is left out."""
    return one_line(", ".join(part for part in (name, *more) if part))


def few(names: Sequence[str], most: int = 3) -> str:
    """`Checkout, Search, Log in and 998 more`."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def trend(points: Sequence[Point]) -> str:
    """Runs as a line of bars: see TREND."""
    bars, failed, unsaid = _signs()
    longest = max((point.duration or 0.0 for point in points), default=0.0)
    return "".join(_bar(point, longest, bars, failed, unsaid) for point in points)


def trend_explained() -> str:
    """What the signs of a trend mean."""
    _, failed, unsaid = _signs()
    return TREND.format(failed, unsaid)


def _bar(point: Point, longest: float, bars: str, failed: str, unsaid: str) -> str:
    if point.verdict is Verdict.FAILED:
        return failed
    if point.verdict in UNSAID or point.duration is None:
        return unsaid
    return bars[min(len(bars) - 1, int(point.duration / longest * len(bars)))] if longest else bars[0]


def _signs() -> tuple[str, str, str]:
    """Those that the terminal can show."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        f"{BARS}{FAILED}{UNSAID_SIGN}".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return PLAIN_BARS, "x", "o"
    return BARS, FAILED, UNSAID_SIGN
