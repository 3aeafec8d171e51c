"""What was really wrong, told afterwards: synthetic nights of which we know it."""

from __future__ import annotations

import math
import random
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.analysis.hindsight import Ended, Episode, episodes, evidence
from tests.runs import NOON

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

REGIONS = ("a", "b", "c")
ROUND = 5
PER_DAY = 864.0
USUAL = 0.005


def runs(
    rounds: int, fails: Callable[[int, str], bool] = lambda _number, _region: False, regions: Collection[str] = REGIONS
) -> list[Ended]:
    """A run in each region every 5 minutes."""
    return [
        Ended(NOON + timedelta(minutes=ROUND * number, seconds=second), region, fails(number, region))
        for number in range(rounds)
        for second, region in enumerate(regions)
    ]


def real(found: list[Ended], p0: float = USUAL) -> list[Episode]:
    return episodes("shop.test_checkout", found, p0, PER_DAY)


def noise(seed: int, share: float = USUAL) -> Callable[[int, str], bool]:
    drawn = random.Random(seed)
    return lambda _number, _region: drawn.random() < share


def also(
    usual: Callable[[int, str], bool], share: float, first: int, last: int, seed: int
) -> Callable[[int, str], bool]:
    """Besides `usual`, in some rounds a share of the runs fails."""
    drawn = random.Random(seed)
    return lambda number, region: usual(number, region) or (first <= number < last and drawn.random() < share)


def test_nothing_is_real_where_nothing_failed() -> None:
    assert real([]) == []
    assert real(runs(288)) == []


def test_one_round_in_which_all_failed_is_real_and_has_its_times() -> None:
    (found,) = real(runs(288, lambda number, _: number == 100))
    assert (found.start, found.end) == (NOON + timedelta(minutes=500), NOON + timedelta(minutes=500, seconds=2))
    assert (found.failed, found.said, found.regions, found.alone) == (3, 3, REGIONS, False)


def test_an_outage_is_one_episode_from_its_first_to_its_last_failed_run() -> None:
    (found,) = real(runs(288, lambda number, _: 100 <= number < 112))
    assert (found.failed, found.said) == (36, 36)
    assert found.end - found.start == timedelta(minutes=55, seconds=2)


@pytest.mark.parametrize(("apart", "number"), [(1, 1), (24, 2)])
def test_two_outages_are_one_when_little_lies_between(apart: int, number: int) -> None:
    bad = {*range(100, 106), *range(106 + apart, 112 + apart)}
    assert len(real(runs(288, lambda number, _: number in bad))) == number


@pytest.mark.parametrize(("in_a_row", "number"), [(2, 0), (3, 0), (4, 1)])
def test_one_region_is_real_after_four_runs_in_a_row(in_a_row: int, number: int) -> None:
    found = real(runs(288, lambda number, region: region == "b" and 100 <= number < 100 + in_a_row))
    assert len(found) == number
    assert all(each.alone and each.regions == ("b",) for each in found)
    assert all(each.failed == each.said == in_a_row for each in found)


def test_a_journey_of_one_region_is_not_seen_from_one_alone() -> None:
    (found,) = real(runs(288, lambda number, _: 100 <= number < 103, ["only"]))
    assert (found.alone, found.regions, found.failed) == (False, ("only",), 3)


@pytest.mark.parametrize(("share", "hours", "late"), [(0.3, 6, 60), (0.1, 24, 240), (0.03, 72, 900)])
def test_a_part_that_fails_is_one_episode(share: float, hours: int, late: int) -> None:
    """Also where good runs lie between for half an hour and more."""
    first, rounds = 1000, hours * 12
    for seed in range(3):
        found = real(runs(3000, also(noise(seed), share, first, first + rounds, seed + 100)))
        (about,) = [each for each in found if each.end >= NOON + timedelta(minutes=first * ROUND)]
        assert not about.alone
        assert about.failed / about.said == pytest.approx(share, rel=0.5)
        assert abs((about.start - NOON).total_seconds() / 60 - first * ROUND) < late


def test_chance_makes_at_most_one_a_year() -> None:
    """Two years of months in which nothing but the usual fails."""
    months = [real(runs(30 * 288, noise(seed))) for seed in range(24)]
    assert sum(map(len, months)) <= 2


def test_what_is_usual_is_not_wrong() -> None:
    """One run of twenty fails, and always did."""
    assert real(runs(30 * 288, noise(1, 0.05)), 0.05) == []


def test_the_order_in_which_runs_come_does_not_matter() -> None:
    told = runs(600, also(noise(3), 0.5, 300, 330, 4))
    mixed = told.copy()
    random.Random(5).shuffle(mixed)
    assert real(mixed) == real(told) != []


def test_evidence_is_a_bayes_factor() -> None:
    """3 of 3: the mean of p^3 over all p is 1/4."""
    assert evidence(3, 3, 0.01) == pytest.approx(math.log(0.25 / 0.01**3))
    assert evidence(0, 1, 0.01) == pytest.approx(math.log(0.5 / 0.99))


@given(said=st.integers(1, 60), p0=st.floats(0.001, 0.5))
def test_evidence_has_the_mean_one_where_nothing_is_wrong(said: int, p0: float) -> None:
    """What makes Ville's inequality hold."""
    chances = (
        math.comb(said, k) * p0**k * (1 - p0) ** (said - k) * math.exp(evidence(k, said, p0)) for k in range(said + 1)
    )
    assert sum(chances) == pytest.approx(1.0)


@given(st.lists(st.tuples(st.integers(0, 500), st.sampled_from(REGIONS), st.booleans()), max_size=80))
def test_episodes_are_apart_and_begin_and_end_with_failures(drawn: list[tuple[int, str, bool]]) -> None:
    told = [Ended(NOON + timedelta(minutes=minute), region, failed) for minute, region, failed in drawn]
    found = real(told)
    bad = {run.at for run in told if run.failed}
    assert all(each.start in bad and each.end in bad for each in found)
    assert all(one.end <= two.start for one, two in pairwise(found))
