"""By how much one set of durations is longer than another, with an interval that supposes no shape of either.

The shift is the median of all differences between a duration after and one before (Hodges and Lehmann, "Estimates of
location based on rank tests", Annals of Mathematical Statistics 34, 1963). Its interval are two of these differences,
counted off by the distribution of the rank sum (Lehmann, "Nonparametric confidence intervals for a shift parameter", in
the same volume). The chance is that of the test of Wilcoxon, Mann and Whitney, two-sided.
Nothing is drawn at random: the same durations give the same answer.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

RISK = 0.05
"""What an interval of 95 % leaves outside."""

MOST = 1000
"""Durations that are looked at on one side; of more, as many as these, evenly spread over the order they came in."""

_EXACT = 400
"""Up to so many pairs the distribution is counted; above, the normal one is within 0.004 of it, mostly to caution."""

_AT_ONCE = 5_000
"""So many differences are sorted; of more, those that are too small or too large are left out first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How much longer it takes after, in seconds; negative is shorter.

    The true shift is between `low` and `high` in 95 of 100 comparisons. `chance` is how often a difference as large as
    this is seen where nothing changed.
    """

    seconds: float
    low: float
    high: float
    chance: float


def shift(before: Sequence[float], after: Sequence[float]) -> Shift:
    """The shift between two sets of durations in seconds, of which each holds four at least."""
    earlier, later = sorted(evenly(before)), sorted(evenly(after))
    pairs = len(earlier) * len(later)
    outside = _outside(len(earlier), len(later))
    middle = (_difference(earlier, later, (pairs - 1) // 2) + _difference(earlier, later, pairs // 2)) / 2
    return Shift(
        seconds=middle,
        low=_difference(earlier, later, outside),
        high=_difference(earlier, later, pairs - 1 - outside),
        chance=_chance(earlier, later),
    )


def evenly(values: Sequence[float]) -> Sequence[float]:
    """At most `MOST` of the values, evenly spread."""
    if len(values) <= MOST:
        return values
    return [values[number * len(values) // MOST] for number in range(MOST)]


def _difference(before: Sequence[float], after: Sequence[float], rank: int) -> float:
    """The difference of that rank, from 0, among all between one of `after` and one of `before`; both are sorted.

    Halves the range until few are left, such that a million differences are never sorted.
    """
    low, high = after[0] - before[-1] - 1, after[-1] - before[0] + 1
    below, inside = 0, len(before) * len(after)
    while inside > _AT_ONCE and low < (middle := (low + high) / 2) < high:
        upto = sum(bisect_right(after, value + middle) for value in before)
        if upto > rank:
            high, inside = middle, upto - below
        else:
            low, inside, below = middle, below + inside - upto, upto
    left: list[float] = []
    for value in before:
        between = after[bisect_right(after, value + low) : bisect_right(after, value + high)]
        left += [later - value for later in between]
    return sorted(left)[rank - below]


def _chance(before: Sequence[float], after: Sequence[float]) -> float:
    """How often the ranks differ as much or more where nothing changed; equal durations count half, to caution."""
    few, many = len(before), len(after)
    larger = sum(bisect_left(before, value) + bisect_right(before, value) for value in after) / 2
    rarer = math.ceil(min(larger, few * many - larger))
    return min(1.0, 2 * _at_most(rarer, few, many))


def _outside(few: int, many: int) -> int:
    """How many differences lie outside the interval on either side."""
    low, high = 0, few * many // 2
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if 2 * _at_most(middle - 1, few, many) <= RISK else (low, middle - 1)
    return low - 1


def _at_most(larger: int, few: int, many: int) -> float:
    """The chance that of all pairs so many or fewer are in this order, where nothing changed."""
    if few * many <= _EXACT:
        return _distribution(*sorted((few, many)))[larger]
    spread = math.sqrt(few * many * (few + many + 1) / 12)
    return NormalDist().cdf((larger + 0.5 - few * many / 2) / spread)


@lru_cache(maxsize=256)
def _distribution(few: int, many: int) -> tuple[float, ...]:
    """How likely so many pairs or fewer are in one order, for 0, 1, 2, ...

    Counts the orders as coefficients of a Gaussian binomial: multiplied and divided one factor after the other.
    """
    ways = [1] + [0] * (few * many)
    for size in range(1, few + 1):
        for place in range(len(ways) - 1, many + size - 1, -1):
            ways[place] -= ways[place - many - size]
        for place in range(size, len(ways)):
            ways[place] += ways[place - size]
    return tuple(sums / math.comb(few + many, few) for sums in accumulate(ways))
