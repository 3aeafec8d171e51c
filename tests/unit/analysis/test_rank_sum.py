"""The shift between two sets of durations: against counting by hand, published figures, and simulation."""

from __future__ import annotations

import random
from itertools import combinations, pairwise
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.analysis import rank_sum
from pytest_synthetic.analysis.rank_sum import MOST, evenly, shift

SETS = st.lists(st.floats(0, 100), min_size=4, max_size=30)
WOLFE = (
    [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29],
    [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30],
)
"""Hollander, Wolfe and Chicken, "Nonparametric Statistical Methods", example of depression factors."""


def test_published_figures() -> None:
    """SAS (NPAR1WAY, HL) gives 0.5600 with Moses' limits -0.3700 and 1.1830."""
    found = shift(*WOLFE)

    assert (found.seconds, found.low, found.high) == pytest.approx((0.56, -0.37, 1.183))


@given(SETS, SETS)
def test_it_is_the_median_of_all_differences(before: list[float], after: list[float]) -> None:
    differences = sorted(later - earlier for later in after for earlier in before)
    found = shift(before, after)

    assert found.seconds == pytest.approx(median(differences))
    assert found.low in differences
    assert found.high in differences
    assert found.low <= found.seconds <= found.high
    assert 0 < found.chance <= 1


@pytest.mark.parametrize("digits", [0, 1, 9])
def test_many_differences_are_counted_off_without_sorting_them_all(digits: int) -> None:
    dice = random.Random(4)
    before, after = (sorted(round(dice.lognormvariate(0, 1), digits) for _ in range(size)) for size in (150, 90))
    differences = sorted(later - earlier for later in after for earlier in before)

    for rank in (0, 1, 77, 5000, 6749, 6750, 13_498, 13_499):
        assert rank_sum._difference(before, after, rank) == pytest.approx(differences[rank])


@pytest.mark.parametrize(("few", "many"), [(1, 1), (2, 3), (3, 3), (4, 4), (4, 6)])
def test_the_distribution_is_that_of_all_orders(few: int, many: int) -> None:
    orders = [sum(places) - few * (few - 1) // 2 for places in combinations(range(few + many), few)]
    told = rank_sum._distribution(few, many)

    assert told == pytest.approx([sum(u <= most for u in orders) / len(orders) for most in range(few * many + 1)])


@pytest.mark.parametrize(("few", "many"), [(8, 60), (20, 21), (40, 40)])
def test_above_the_counted_the_normal_one_is_close_and_hardly_bolder(few: int, many: int) -> None:
    for larger, exact in enumerate(rank_sum._distribution(few, many)):
        normal = rank_sum._at_most(larger, few, many)

        assert normal == pytest.approx(exact, abs=0.004)
        assert exact > 0.05 or normal > 0.97 * exact


@given(SETS, SETS)
def test_the_other_way_round_it_is_the_opposite(before: list[float], after: list[float]) -> None:
    there, back = shift(before, after), shift(after, before)

    assert (there.seconds, there.low, there.high) == pytest.approx((-back.seconds, -back.high, -back.low))
    assert there.chance == back.chance


@given(SETS, st.integers(1, 100))
def test_all_later_by_the_same_is_that_shift(before: list[float], more: int) -> None:
    assert shift(before, [value + more for value in before]).seconds == pytest.approx(more)


def test_equal_sets_show_nothing() -> None:
    found = shift([1.0] * 50, [1.0] * 60)

    assert (found.seconds, found.low, found.high, found.chance) == (0, 0, 0, 1)


def test_sets_that_do_not_overlap() -> None:
    assert shift([1, 2, 3, 4], [5, 6, 7, 8]).chance == pytest.approx(2 / 70)


def test_of_many_durations_some_are_taken_evenly() -> None:
    taken = evenly([float(number) for number in range(10 * MOST + 7)])

    assert len(taken) == len(set(taken)) == MOST
    assert {later - earlier for earlier, later in pairwise(taken)} == {10, 11}


@pytest.mark.parametrize(("before", "after"), [(9, 12), (40, 25)])
def test_the_interval_holds_the_true_shift_in_95_of_100(before: int, after: int) -> None:
    dice = random.Random(11)
    held = 0
    for _ in range(400):
        found = shift(
            [dice.lognormvariate(0, 0.5) for _ in range(before)],
            [0.3 + dice.lognormvariate(0, 0.5) for _ in range(after)],
        )
        held += found.low <= 0.3 <= found.high

    assert 0.93 * 400 <= held <= 0.99 * 400
