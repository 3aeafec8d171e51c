"""Whether more runs fail than before, told by arithmetic and not by eye.

The interval of the difference of two shares is Newcombe's hybrid of two Wilson intervals: it stays sensible where none
or all of a side failed. (Newcombe, "Interval estimation for the difference between independent proportions: comparison
of eleven methods", Statistics in Medicine 17, 1998: method 10.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from pytest_synthetic.errors import UsageError

FEWEST = 8
"""Runs needed on either side.

Where nothing changed, `worse` is told in at most 3.9 % of comparisons with 8 runs on both sides, 2.9 % with 50 on both,
4.9 % with 20 and 200, 6.7 % with 8 and 100: counted over all outcomes, at the share of failures where it is worst.
"""

SAME_WITHIN = 0.005
"""An interval that has zero in it and ends within half a percent on both sides is told as `same`."""

_Z = 1.959964
"""For 95 %."""


class FailureChange(StrEnum):
    """What became of the share of runs that failed."""

    WORSE = "worse"
    BETTER = "better"
    SAME = "same"
    UNKNOWN = "unknown"


class Failures(NamedTuple):
    """How many runs `failed` of those that could say something (`said`)."""

    failed: int
    said: int

    @property
    def share(self) -> float | None:
        """From 0 to 1; None when no run could say anything."""
        return self.failed / self.said if self.said else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailuresCompared:
    """What became of the failures. `difference` is the share after less that before, truly between `low` and `high`.

    All three are None when one side has too few runs.
    """

    change: FailureChange
    reason: str
    before: Failures
    after: Failures
    difference: float | None = None
    low: float | None = None
    high: float | None = None


def compare_failures(before: Failures, after: Failures) -> FailuresCompared:
    """Compare the failures of two sides. Raises UsageError for counts that cannot be.

    There is no floor: each failed run is a customer who did not get it. Of many comparisons some are told as `worse` by
    chance (see `FEWEST`): unlike `compare_steps`, this looks at one alone.
    """
    for side in (before, after):
        if not 0 <= side.failed <= side.said:
            raise UsageError(
                f"{side.failed} failed of {side.said} runs: expected counts, the first not above the second"
            )
    if min(before.said, after.said) < FEWEST:
        reason = f"too few: {before.said} runs before and {after.said} after; at least {FEWEST} each are needed"
        return FailuresCompared(change=FailureChange.UNKNOWN, reason=reason, before=before, after=after)
    low, high = _interval(before, after)
    change = _change(low, high)
    said = f"failed {_side(before)} before, {_side(after)} after; the difference is {_points(low)} to {_points(high)}"
    return FailuresCompared(
        change=change,
        reason=f"{said} percentage points",
        before=before,
        after=after,
        difference=after.failed / after.said - before.failed / before.said,
        low=low,
        high=high,
    )


def _change(low: float, high: float) -> FailureChange:
    if low > 0:
        return FailureChange.WORSE
    if high < 0:
        return FailureChange.BETTER
    return FailureChange.SAME if max(-low, high) <= SAME_WITHIN else FailureChange.UNKNOWN


def _interval(before: Failures, after: Failures) -> tuple[float, float]:
    (was, was_low, was_high), (now, now_low, now_high) = _wilson(before), _wilson(after)
    middle = now - was
    return middle - math.hypot(now - now_low, was_high - was), middle + math.hypot(now_high - now, was - was_low)


def _wilson(side: Failures) -> tuple[float, float, float]:
    """The share, and the ends of its interval (Wilson, 1927)."""
    share, runs = side.failed / side.said, side.said
    middle = share + _Z**2 / (2 * runs)
    half = _Z * math.sqrt(share * (1 - share) / runs + _Z**2 / (4 * runs**2))
    return share, max(0.0, (middle - half) / (1 + _Z**2 / runs)), min(1.0, (middle + half) / (1 + _Z**2 / runs))


def _side(side: Failures) -> str:
    return f"{side.failed} of {side.said}"


def _points(share: float) -> str:
    return f"{100 * share:+.2f}"
