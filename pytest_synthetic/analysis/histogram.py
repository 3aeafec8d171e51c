"""Durations counted in buckets: small enough to keep for years, and percentiles stay within 1 %.

The buckets are those of DDSketch: each ends at a power of `GAMMA`, and stands for the value that is as far, relatively,
from both of its ends. Two histograms are added by adding their buckets, and nothing is lost.
(Masson, Rim and Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees", VLDB 2019.)
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from pytest_synthetic.analysis.percentiles import LONGEST, nearest_rank
from pytest_synthetic.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

SCHEMA = 1
"""Version of the JSON form; it stands for `GAMMA` and `TINY` as well."""

GAMMA = 1.02
"""The end of a bucket divided by its beginning. A value is told with an error of (GAMMA - 1) / (GAMMA + 1): 0.99 %."""

TINY = 1e-6
"""Seconds below which no logarithm is taken: all shorter durations, zero too, share one bucket, told as 0."""

_LOG_GAMMA = math.log(GAMMA)


class Histogram:
    """Durations in seconds: their number, sum, shortest and longest exactly, their percentiles within 1 %.

    A percentile below a millionth of a second is told as 0 or the shortest duration, whichever is longer.
    """

    __slots__ = ("buckets", "max", "min", "sum", "tiny")

    def __init__(self, values: Iterable[float] = ()) -> None:
        self.buckets: Counter[int] = Counter()
        """How many durations lie in which bucket."""
        self.tiny = 0
        """How many are shorter than `TINY`."""
        self.sum = 0.0
        """All durations together, in seconds."""
        self.min: float | None = None
        """The shortest duration; None when there is none."""
        self.max: float | None = None
        """The longest duration; None when there is none."""
        for value in values:
            self.add(value)

    @property
    def count(self) -> int:
        """How many durations are in it."""
        return self.tiny + self.buckets.total()

    def add(self, value: float) -> None:
        """Count one duration. Raises UsageError when it is negative, endless or not a number."""
        if isinstance(value, bool) or not 0 <= value <= LONGEST:
            raise UsageError(f"{value!r} is not a measured duration; expected seconds, from 0 to {LONGEST:.0f}")
        if value < TINY:
            self.tiny += 1
        else:
            self.buckets[_bucket(value)] += 1
        self.sum += value
        self.min = value if self.min is None or value < self.min else self.min
        self.max = value if self.max is None or value > self.max else self.max

    def __add__(self, other: Histogram) -> Histogram:
        """Both together; neither is changed."""
        both = Histogram()
        both.buckets = self.buckets + other.buckets
        both.tiny = self.tiny + other.tiny
        both.sum = self.sum + other.sum
        both.min = min((value for value in (self.min, other.min) if value is not None), default=None)
        both.max = max((value for value in (self.max, other.max) if value is not None), default=None)
        return both

    def percentile(self, percent: float) -> float | None:
        """The duration at the nearest rank, within 1 %; None when the histogram is empty.

        `percent` is from 0 to 100; raises UsageError otherwise.
        """
        rank = nearest_rank(percent, self.count)
        if self.min is None or self.max is None:
            return None
        below = self.tiny
        told = 0.0
        for bucket, count in sorted(self.buckets.items()):
            if below >= rank:
                break
            below += count
            told = 2 * GAMMA**bucket / (GAMMA + 1)
        return min(max(told, self.min), self.max)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values. `buckets` is one flat list: how far from the bucket before, how many in it, and so on."""
        return {
            "schema": SCHEMA,
            "tiny": self.tiny,
            "sum": self.sum,
            "min": self.min,
            "max": self.max,
            "buckets": list(_with_gaps(self.buckets)),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Histogram:
        """Read what `to_json` made. Raises UsageError when it is damaged or of a newer version."""
        try:
            return _checked(_read(data))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise UsageError(f"not a whole histogram: {type(error).__name__}: {error}") from error


def _bucket(value: float) -> int:
    return math.ceil(math.log(value) / _LOG_GAMMA)


def _with_gaps(buckets: Mapping[int, int]) -> Iterator[int]:
    before = 0
    for bucket, count in sorted(buckets.items()):
        yield from (bucket - before, count)
        before = bucket


def _read(data: Mapping[str, Any]) -> Histogram:
    if _whole(data["schema"]) > SCHEMA:
        raise UsageError(
            f"this histogram has schema {data['schema']}, this version of pytest-synthetic reads up to {SCHEMA}: "
            "upgrade pytest-synthetic"
        )
    read = Histogram()
    read.tiny = _whole(data["tiny"])
    gaps, counts = data["buckets"][::2], data["buckets"][1::2]
    bucket = 0
    for gap, count in zip(gaps, counts, strict=True):
        bucket += _whole(gap, negative=not read.buckets)
        read.buckets[bucket] += _whole(count)
    read.sum, read.min, read.max = data["sum"], data["min"], data["max"]
    return read


def _whole(number: object, *, negative: bool = False) -> int:
    if type(number) is not int or (number < 0 and not negative):
        raise ValueError(f"expected a whole number, got {str(number)[:40]!r}")
    return number


def _checked(read: Histogram) -> Histogram:
    """The histogram, when its numbers fit each other: a damaged one would tell percentiles that never were."""
    if not read.count:
        if (read.sum, read.min, read.max) != (0, None, None):
            raise ValueError("it is empty, and has a sum, a shortest or a longest duration")
        return read
    low, high = read.min, read.max
    if low is None or high is None or not 0 <= low <= high <= LONGEST:
        raise ValueError(f"the shortest duration is {low!r}, the longest {high!r}")
    if not (_lies_in(low, read, min) and _lies_in(high, read, max)):
        raise ValueError(f"durations from {low!r} to {high!r} do not lie in these buckets")
    if not 0.999 * low * read.count <= read.sum <= 1.001 * high * read.count:
        raise ValueError(f"the sum {read.sum!r} is not that of {read.count} durations from {low!r} to {high!r}")
    return read


def _lies_in(value: float, read: Histogram, outermost: Callable[[Iterable[int]], int]) -> bool:
    """Whether a value is in the first or last bucket. Next to it will do: logarithms differ from machine to machine."""
    if value < TINY or not read.buckets:
        return value < TINY and read.tiny > 0
    return (outermost is max or not read.tiny) and abs(_bucket(value) - outermost(read.buckets)) <= 1
