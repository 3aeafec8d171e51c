"""Histograms: percentiles within 1 %, nothing lost when they are added or written, no damage read as data."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.analysis.histogram import TINY, Histogram
from pytest_synthetic.analysis.percentiles import percentile, summary_of
from pytest_synthetic.errors import UsageError

DURATIONS = st.one_of(st.floats(0, 1e9), st.floats(0, 100), st.floats(0, 2e-6), st.sampled_from([0.0, 1.02, 1.0404]))
SETS = st.lists(DURATIONS, max_size=60)


def written(histogram: Histogram) -> Any:
    return json.loads(json.dumps(histogram.to_json()))


@given(SETS.filter(bool), st.one_of(st.floats(0, 100), st.sampled_from([0, 1, 50, 75, 95, 99, 99.9, 100])))
def test_percentiles_are_within_one_percent(values: list[float], percent: float) -> None:
    exact, told = percentile(values, percent), Histogram(values).percentile(percent)

    assert exact is not None
    assert told is not None
    assert abs(told - exact) <= max(0.01 * exact, TINY)
    assert min(values) <= told <= max(values)


@given(st.integers(-690, 1046), st.floats(-1e-12, 1e-12))
def test_the_border_of_a_bucket_is_no_trap(power: int, off: float) -> None:
    value = 1.02**power * (1 + off)
    told = Histogram([TINY, value, 1e9]).percentile(50)

    assert told == pytest.approx(value, rel=0.01)


@given(SETS, SETS)
def test_added_they_are_as_all_together(some: list[float], others: list[float]) -> None:
    one, other = Histogram(some), Histogram(others)
    added, together = written(one + other), written(Histogram(some + others))

    assert added.pop("sum") == pytest.approx(together.pop("sum"))
    assert added == together
    assert (one.count, other.count) == (len(some), len(others))


@given(SETS)
def test_what_was_written_is_read(values: list[float]) -> None:
    histogram = Histogram(values)
    read = Histogram.from_json(written(histogram))

    assert written(read) == written(histogram)
    assert (read.count, read.min, read.max) == (len(values), min(values, default=None), max(values, default=None))
    assert read.sum == pytest.approx(math.fsum(values))


def test_an_empty_one_knows_nothing() -> None:
    empty = Histogram()

    assert (empty.count, empty.sum, empty.min, empty.max, empty.percentile(50)) == (0, 0.0, None, None, None)
    assert summary_of(empty) is None
    assert summary_of(empty + Histogram()) is None


def test_a_month_of_runs_is_small() -> None:
    month = Histogram(0.2 + 0.0007 * (number % 4000) for number in range(9000))

    assert len(json.dumps(month.to_json())) < 1500


@pytest.mark.parametrize("value", [-0.001, -1, math.nan, math.inf, -math.inf, 2e9, True])
def test_what_is_no_duration_is_refused(value: float) -> None:
    histogram = Histogram([1.0])
    with pytest.raises(UsageError, match="is not a measured duration; expected seconds"):
        histogram.add(value)

    assert histogram.count == 1


@pytest.mark.parametrize("percent", [-1, 101, math.nan])
def test_what_is_no_percentile_is_refused(percent: float) -> None:
    with pytest.raises(UsageError, match="is no percentile"):
        Histogram([1.0]).percentile(percent)


def test_a_newer_form_says_what_to_do() -> None:
    with pytest.raises(UsageError, match=r"has schema 2, this version .* reads up to 1: upgrade pytest-synthetic"):
        Histogram.from_json({**written(Histogram([1.0])), "schema": 2})


@pytest.mark.parametrize(
    "damage",
    [
        {"schema": "1"}, {"schema": None}, {"tiny": -1}, {"tiny": 0.5}, {"tiny": 1}, {"buckets": [0]}, {"buckets": []},
        {"buckets": None}, {"buckets": "ab"}, {"buckets": [0, 2, -1, 1]}, {"buckets": [0, "2"]}, {"buckets": [9, 3]},
        {"sum": None}, {"sum": 1e6}, {"sum": math.nan}, {"sum": "3"}, {"min": None}, {"min": 5.0}, {"max": 1e300},
        {"max": 0.5}, {"min": math.nan}, {"max": "1"},
    ],
)  # fmt: skip
def test_a_damaged_one_is_refused(damage: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="not a whole histogram"):
        Histogram.from_json({**written(Histogram([1.0, 1.01, 2.0])), **damage})


@pytest.mark.parametrize("data", [{}, [], None, "text", {"schema": 1}, {**Histogram().to_json(), "sum": 1.0}])
def test_what_is_no_histogram_is_refused(data: Any) -> None:
    with pytest.raises(UsageError, match="not a whole histogram"):
        Histogram.from_json(data)
