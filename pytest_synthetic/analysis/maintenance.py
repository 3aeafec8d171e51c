"""Which times are maintenance, for whom."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pytest_synthetic.model.history import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_synthetic.model.maintenance import Maintenance

A_DAY = timedelta(days=1)
FIRST = datetime(1970, 1, 1, tzinfo=UTC)
"""Nothing ran before."""
LAST = datetime(9000, 1, 1, tzinfo=UTC)
"""Whatever says a later time has a clock that is wrong, and times after it cannot be calculated with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """Seconds in maintenance: `seconds` in the time that was counted, `to_come` in what is left of its window."""

    seconds: float = 0.0
    to_come: float = 0.0


def applying(
    windows: Iterable[Maintenance], *, journey: str, stage: str | None, owner: str | None, region: str
) -> tuple[Maintenance, ...]:
    """Those that concern a journey in a region. `journey` is its id, and what `windows` say must be ids as well."""
    return tuple(
        window
        for window in windows
        if _fits(window.journeys, journey)
        and _fits(window.stages, stage)
        and _fits(window.owners, owner)
        and _fits(window.regions, region)
    )


def _fits(asked: Sequence[str], told: str | None) -> bool:
    return not asked or told in asked


def spans(windows: Iterable[Maintenance], within: Span) -> tuple[Span, ...]:
    """The times of `windows` in a span, in UTC and in order; those that touch or overlap are one."""
    clipped = (_clipped(found, within) for window in windows for found in _times(window, within))
    merged: list[Span] = []
    for span in sorted((span for span in clipped if span.start < span.end), key=lambda span: span.start):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(start=merged[-1].start, end=max(span.end, merged[-1].end))
        else:
            merged.append(span)
    return tuple(merged)


def _clipped(span: Span, within: Span) -> Span:
    return Span(start=max(span.start, within.start), end=min(span.end, within.end))


def _times(window: Maintenance, within: Span) -> Iterator[Span]:
    """Those that may touch `within`."""
    if window.start and window.end:
        yield Span(start=window.start, end=window.end)
    elif window.cron and window.duration and window.timezone:
        yield from _again(window.cron, timedelta(seconds=window.duration), window.timezone, within)


def _again(cron: str, duration: timedelta, zone: str, within: Span) -> Iterator[Span]:
    """As Debian's cron: what would begin in an hour that is left out begins after it, in one that comes twice once."""
    from zoneinfo import ZoneInfo

    from cronsim import CronSim

    before = max(within.start, FIRST + A_DAY * 3 + duration) - duration - A_DAY
    for local in CronSim(cron, before.astimezone(ZoneInfo(zone))):
        start = local.astimezone(UTC)
        if start >= within.end:
            return
        yield Span(start=start, end=start + duration)


def covers(found: Sequence[Span], moment: datetime) -> bool:
    """Whether one of the spans, which are in order and apart, holds a moment."""
    number = bisect_right(found, moment, key=lambda span: span.start)
    return number > 0 and moment < found[number - 1].end


def cut_days(found: Iterable[Span]) -> set[int]:
    """Days (UTC, counted since 1970) of which only a part lies in the spans, which are apart."""
    cut = set()
    for span in found:
        first, last = span.start - FIRST, span.end - FIRST
        cut |= {first // A_DAY} if first % A_DAY else set()
        cut |= {last // A_DAY} if last % A_DAY else set()
    return cut
