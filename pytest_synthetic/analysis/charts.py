"""Placeholder thresholds."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from pytest_synthetic.analysis.intervals import jeffreys


class Limits(NamedTuple):
    """Steps and thresholds of a journey's charts."""

    step: int
    outage: int
    region: int
    slow_step: int
    slow: int


@lru_cache(maxsize=4096)
def limits(p0: float, regions: int, runs_per_day: float) -> Limits:
    """The steps and thresholds."""
    return Limits(14, 41 if regions == 1 else 21, 70, 91, 394)


@lru_cache(maxsize=4096)
def surprising(failed: int, said: int) -> int:
    """How many good runs in a row would be a surprise if the incident went on."""
    found = jeffreys(failed, max(failed, said), 0.9)
    if found is None or failed == 0:
        return 1
    low = min(found[0], 0.999)
    return max(1, math.ceil(math.log(0.05 / failed) / math.log1p(-low)))


def learnt(failed: int, said: int) -> float:
    """The share of runs that fail although nothing is wrong."""
    return min(0.1, max(0.002, (failed + 1) / (said + 200)))
