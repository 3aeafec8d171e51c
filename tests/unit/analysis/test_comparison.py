"""Which steps became slower: changes are found, chance is not told as one, and what cannot be known is `unknown`."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.analysis.comparison import FEWEST, Change, Comparison, Floor, adjusted, compare, compare_steps
from pytest_synthetic.errors import UsageError


def durations(dice: random.Random, count: int, around: float = 1.0, sigma: float = 0.1) -> list[float]:
    return [around * dice.lognormvariate(0, sigma) for _ in range(count)]


def compared(before: float, after: float, *, count: int = 200, sigma: float = 0.1) -> Comparison:
    dice = random.Random(7)
    return compare(durations(dice, count, before, sigma), durations(dice, count, after, sigma))


@pytest.mark.parametrize(
    ("after", "change"),
    [(1.2, Change.SLOWER), (1.08, Change.SLOWER), (0.8, Change.FASTER), (1.0, Change.SAME), (1.02, Change.SAME)],
)
def test_what_became_of_a_step(after: float, change: Change) -> None:
    assert compared(1.0, after).change is change


def test_the_words_of_each() -> None:
    assert compared(1.0, 1.2).reason == "181 ms to 223 ms slower"
    assert compared(1.0, 0.8).reason == "174 ms to 210 ms faster"
    assert compared(1.0, 1.0).reason == "between 15 ms faster and 24 ms slower; less than 49 ms counts as the same"


def test_a_tiny_shift_that_is_no_chance_is_the_same() -> None:
    told = compared(10.0, 10.2, count=1000)

    assert told.chance is not None
    assert told.chance < 0.001
    assert told.change is Change.SAME


def test_a_few_milliseconds_are_the_same_however_large_their_share() -> None:
    assert compared(0.010, 0.020).change is Change.SAME
    assert compared(0.010, 0.050).change is Change.SLOWER


def test_the_floor_can_be_set() -> None:
    dice = random.Random(7)
    before, after = durations(dice, 200, 0.010), durations(dice, 200, 0.020)

    assert compare(before, after, floor=Floor(seconds=0.001)).change is Change.SLOWER
    assert compare(before, after, floor=Floor(share=2.0)).change is Change.SAME


@pytest.mark.parametrize(("before", "after"), [(0, 0), (0, 100), (7, 100), (100, 7)])
def test_too_few_say_how_few(before: int, after: int) -> None:
    told = compare([1.0] * before, [9.0] * after)

    assert told.change is Change.UNKNOWN
    assert told.reason == f"too few: {before} runs before and {after} after; at least 8 each are needed"
    assert (told.before is None, told.after is None) == (before == 0, after == 0)
    assert (told.shift, told.chance) == (None, None)


def test_an_interval_wider_than_the_floor_is_unknown_and_says_what_would_tell() -> None:
    told = compared(1.0, 1.0, count=30)

    assert told.change is Change.UNKNOWN
    assert told.reason == "between 80 ms faster and 12 ms slower; about 72 runs on each side would tell 49 ms"


def test_as_many_runs_as_it_says_mostly_tell() -> None:
    dice = random.Random(3)
    told = [compare(durations(dice, 72), durations(dice, 72)).change for _ in range(50)]

    assert told.count(Change.SAME) >= 35


def test_a_shift_as_large_as_the_floor_is_told_by_no_number_of_runs() -> None:
    told = compared(1.0, 1.045, count=800)

    assert told.change is Change.UNKNOWN
    assert told.reason == "36 ms to 56 ms slower; that is about as much as counts, 50 ms"


def test_durations_that_no_number_of_runs_can_tell() -> None:
    told = compared(1.0, 1.0, count=50, sigma=2.0)

    assert told.change is Change.UNKNOWN
    assert told.reason.endswith("; its durations differ too much among themselves to tell 20 ms")


def test_a_difference_that_stands_out_alone_may_be_chance_among_many() -> None:
    dice = random.Random(8)
    before, after = durations(dice, 10), durations(dice, 10, 1.06)
    others = {f"step {number}": durations(dice, 10) for number in range(99)}

    assert compare(before, after).change is Change.SLOWER
    told = compare_steps({"pay": before, **others}, {"pay": after, **others}).steps["pay"]
    assert told.change is Change.UNKNOWN
    assert told.reason.endswith(" slower; among so many steps that may be chance")


def test_two_sets_apart_stand_out_among_100_steps_with_the_fewest() -> None:
    dice = random.Random(9)
    others = {f"step {number}": durations(dice, FEWEST) for number in range(99)}
    told = compare_steps({"pay": [1.0, 1.1] * 4, **others}, {"pay": [2.0, 2.1] * 4, **others}).steps["pay"]

    assert told.change is Change.SLOWER


def test_of_100_steps_without_a_change_rarely_one_is_told_as_changed() -> None:
    dice = random.Random(5)
    rounds = 0
    for _ in range(40):
        sides = [{step: durations(dice, 10, sigma=0.3) for step in range(100)} for _ in "ab"]
        told = compare_steps(*sides).steps.values()
        rounds += any(one.change in (Change.SLOWER, Change.FASTER) for one in told)

    assert rounds <= 5


def test_five_steps_that_changed_are_found_among_100() -> None:
    dice = random.Random(6)
    before = {step: durations(dice, 30, sigma=0.2) for step in range(100)}
    after = {step: durations(dice, 30, 1.4 if step < 5 else 1.0, 0.2) for step in range(100)}
    changed = {step for step, told in compare_steps(before, after).steps.items() if told.change is Change.SLOWER}

    assert changed >= {0, 1, 2, 3, 4}
    assert len(changed) <= 6


def test_steps_of_one_side_are_listed() -> None:
    told = compare_steps({"open": [1.0], "pay": [1.0]}, {"vote": [1.0], "pay": [1.0]})

    assert list(told.steps) == ["pay"]
    assert (told.new, told.gone) == (("vote",), ("open",))


def test_nothing_at_all() -> None:
    nothing: dict[str, list[float]] = {}
    told = compare_steps(nothing, nothing)

    assert (dict(told.steps), told.new, told.gone) == ({}, (), ())


def test_chances_are_raised_as_benjamini_and_hochberg_say() -> None:
    assert adjusted([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert adjusted([]) == []


@given(st.lists(st.floats(0, 1), max_size=30))
def test_raised_chances_keep_their_order_and_are_no_smaller(chances: list[float]) -> None:
    raised = adjusted(chances)
    pairs = sorted(zip(chances, raised, strict=True))

    assert all(was <= now * (1 + 1e-12) and now <= 1 for was, now in pairs)
    assert [now for _, now in pairs] == sorted(now for _, now in pairs)


@pytest.mark.parametrize("wrong", [-1.0, math.nan, math.inf])
def test_what_is_no_duration_is_refused(wrong: float) -> None:
    with pytest.raises(UsageError, match="is not a measured duration"):
        compare([1.0] * 10, [1.0] * 9 + [wrong])
