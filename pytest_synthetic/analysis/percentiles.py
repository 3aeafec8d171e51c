"""Percentiles of durations, and the few numbers that tell how long something takes.

A percentile is the nearest rank: the smallest duration that at least so many percent of all are not above. It is always
one that was measured, never a value between two. (Hyndman and Fan, "Sample quantiles in statistical packages", The
American Statistician 50, 1996: definition 1.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_synthetic.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_synthetic.analysis.histogram import Histogram

LONGEST = 1e9
"""Seconds, about 31 years: what is longer is a mistake, not a duration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long something took, `count` times, in seconds.

    With fewer than 100 durations, `p99` is the longest of them; with fewer than 20, `p95` is as well.
    """

    count: int
    p50: float
    p75: float
    p95: float
    p99: float
    mean: float
    min: float
    max: float


def nearest_rank(percent: float, count: int) -> int:
    """Which of `count` sorted values is the percentile, from 1. Raises UsageError unless 0 <= percent <= 100."""
    if not 0 <= percent <= 100:
        raise UsageError(f"{percent!r} is no percentile; expected a number from 0 to 100, such as 95")
    # 99.9 % of 1000 is 999, and must not become 999.0000000000001 and so the rank 1000.
    return max(1, math.ceil(round(percent * count / 100, 6)))


def durations(values: Iterable[float]) -> list[float]:
    """The values, sorted. Raises UsageError when one of them is no duration: negative, endless, not a number."""
    ordered = sorted(values)
    # A value that is not a number may stand anywhere after sorting, but the sum shows it.
    if ordered and not (ordered[0] >= 0 and ordered[-1] <= LONGEST and math.isfinite(sum(ordered))):
        wrong = next(value for value in ordered if not 0 <= value <= LONGEST)
        raise UsageError(f"{wrong!r} is not a measured duration; expected seconds, from 0 to {LONGEST:.0f}")
    return ordered


def percentile(values: Iterable[float], percent: float) -> float | None:
    """The duration at the nearest rank; None when there are no values. Raises UsageError."""
    ordered = durations(values)
    return ordered[nearest_rank(percent, len(ordered)) - 1] if ordered else None


def summary(values: Iterable[float]) -> Timing | None:
    """The exact summary of durations in seconds, in any order; None when there are none. Raises UsageError."""
    ordered = durations(values)
    if not ordered:
        return None
    count = len(ordered)
    p50, p75, p95, p99 = (ordered[nearest_rank(percent, count) - 1] for percent in (50, 75, 95, 99))
    low, high = ordered[0], ordered[-1]
    mean = min(max(math.fsum(ordered) / count, low), high)
    return Timing(count=count, p50=p50, p75=p75, p95=p95, p99=p99, mean=mean, min=low, max=high)


def summary_of(histogram: Histogram) -> Timing | None:
    """The summary of a histogram: percentiles within 1 %, all else exact; None when it is empty."""
    p50, p75, p95, p99 = (histogram.percentile(percent) for percent in (50, 75, 95, 99))
    low, high, count = histogram.min, histogram.max, histogram.count
    if p50 is None or p75 is None or p95 is None or p99 is None or low is None or high is None:
        return None
    mean = min(max(histogram.sum / count, low), high)
    return Timing(count=count, p50=p50, p75=p75, p95=p95, p99=p99, mean=mean, min=low, max=high)
