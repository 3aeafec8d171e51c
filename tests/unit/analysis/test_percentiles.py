"""Percentiles by nearest rank, and the summary."""

from __future__ import annotations

import math
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.analysis.histogram import Histogram
from pytest_synthetic.analysis.percentiles import Timing, nearest_rank, percentile, summary, summary_of
from pytest_synthetic.errors import UsageError

SETS = st.lists(st.floats(0, 1e6), min_size=1, max_size=80)


@given(SETS, st.integers(1, 100))
def test_a_percentile_is_the_smallest_that_enough_are_not_above(values: list[float], percent: int) -> None:
    told = percentile(values, percent)

    assert told in values
    assert sum(value <= told for value in values) * 100 >= percent * len(values)
    assert sum(value < told for value in values) * 100 < percent * len(values)


@pytest.mark.parametrize(
    ("percent", "count", "rank"),
    [(0, 5, 1), (50, 4, 2), (50, 5, 3), (95, 20, 19), (95, 21, 20), (7, 100, 7), (99.9, 1000, 999), (100, 3, 3)],
)
def test_ranks(percent: float, count: int, rank: int) -> None:
    assert nearest_rank(percent, count) == rank


def test_a_summary() -> None:
    assert summary([4.0, 1.0, 3.0, 2.0]) == Timing(
        count=4, p50=2.0, p75=3.0, p95=4.0, p99=4.0, mean=2.5, min=1.0, max=4.0
    )


def test_without_durations_nothing_is_known() -> None:
    assert summary([]) is None
    assert percentile([], 50) is None


@given(SETS)
def test_a_histogram_has_nearly_the_same_summary(values: list[float]) -> None:
    exact, told = summary(values), summary_of(Histogram(values))

    assert exact
    assert told
    assert (told.count, told.min, told.max) == (exact.count, exact.min, exact.max)
    assert told.mean == pytest.approx(exact.mean)
    for name in ("p50", "p75", "p95", "p99"):
        assert getattr(told, name) == pytest.approx(getattr(exact, name), rel=0.01, abs=1e-6)


@given(SETS, st.randoms(use_true_random=False))
def test_the_order_says_nothing(values: list[float], dice: random.Random) -> None:
    mixed = values.copy()
    dice.shuffle(mixed)

    assert summary(mixed) == summary(values)


@pytest.mark.parametrize("wrong", [-1.0, math.nan, math.inf, -math.inf, 1e300])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_is_no_duration_is_refused(wrong: float, place: int) -> None:
    values = [1.0, 2.0, 0.5]
    values[place] = wrong
    with pytest.raises(UsageError, match=re.escape(f"{wrong!r} is not a measured duration")):
        summary(values)
