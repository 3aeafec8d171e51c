"""Whether more runs fail than before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.analysis.shares import FailureChange, Failures, compare_failures
from pytest_synthetic.errors import UsageError

SIDES = st.integers(8, 2000).flatmap(lambda said: st.builds(Failures, st.integers(0, said), st.just(said)))


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090), ((10, 10), (0, 20), 0.6791, 1.0),
     ((5, 56), (0, 29), -0.0381, 0.1926), ((0, 10), (0, 10), -0.2775, 0.2775)],
)  # fmt: skip
def test_the_interval_is_newcombes(one: tuple[int, int], other: tuple[int, int], low: float, high: float) -> None:
    """His table II, method 10."""
    told = compare_failures(Failures(*other), Failures(*one))

    assert (told.low, told.high) == pytest.approx((low, high), abs=6e-5)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [((0, 100), (10, 100), FailureChange.WORSE), ((30, 300), (0, 300), FailureChange.BETTER),
     ((0, 8), (8, 8), FailureChange.WORSE), ((0, 1000), (0, 1000), FailureChange.SAME),
     ((0, 100), (0, 100), FailureChange.UNKNOWN), ((1, 100), (3, 100), FailureChange.UNKNOWN),
     ((100, 100_000), (500, 100_000), FailureChange.WORSE)],
)  # fmt: skip
def test_what_became_of_the_failures(before: tuple[int, int], after: tuple[int, int], change: FailureChange) -> None:
    assert compare_failures(Failures(*before), Failures(*after)).change is change


@given(SIDES, SIDES)
def test_the_difference_is_inside_its_interval(before: Failures, after: Failures) -> None:
    told = compare_failures(before, after)

    assert told.low is not None
    assert told.difference is not None
    assert told.high is not None
    assert -1 - 1e-9 <= told.low - 1e-12 <= told.difference <= told.high + 1e-12 <= 1 + 1e-9


@given(SIDES, SIDES)
def test_the_other_way_round_it_is_the_opposite(before: Failures, after: Failures) -> None:
    there, back = compare_failures(before, after), compare_failures(after, before)

    assert (there.low, there.high) == pytest.approx((-(back.high or 0), -(back.low or 0)), abs=1e-12)
    assert (there.change is FailureChange.WORSE) == (back.change is FailureChange.BETTER)


def test_the_words() -> None:
    told = compare_failures(Failures(0, 100), Failures(10, 100))

    assert told.reason == (
        "failed 0 of 100 before, 10 of 100 after; the difference is +4.19 to +17.44 percentage points"
    )


@pytest.mark.parametrize(("before", "after"), [((0, 0), (5, 100)), ((0, 7), (7, 7)), ((1, 100), (0, 0))])
def test_too_few_say_how_few(before: tuple[int, int], after: tuple[int, int]) -> None:
    told = compare_failures(Failures(*before), Failures(*after))

    assert told.change is FailureChange.UNKNOWN
    assert told.reason == f"too few: {before[1]} runs before and {after[1]} after; at least 8 each are needed"
    assert (told.difference, told.low, told.high) == (None, None, None)


def test_no_runs_have_no_share() -> None:
    assert Failures(0, 0).share is None
    assert Failures(1, 4).share == 0.25


@pytest.mark.parametrize("counts", [(-1, 10), (11, 10), (0, -1)])
def test_counts_that_cannot_be_are_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match="expected counts"):
        compare_failures(Failures(0, 10), Failures(*counts))
