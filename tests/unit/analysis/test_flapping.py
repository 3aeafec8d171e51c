"""Icinga's flapping value over moments instead of checks."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.analysis.flapping import flapping_value, flaps
from tests.nights import NIGHT, at

SIX = [at(minutes) for minutes in (-25, -20, -15, -10, -5, 0)]


@pytest.mark.parametrize(
    ("flips", "minutes", "value"),
    [
        ([], 0, 0),
        ([at(0)], 0, 1.18 / 20),
        ([at(0)], 99, 0.8 / 20),
        ([at(0)], 100, 0),
        ([at(0), at(1)], 2, 1.18 / 20),
        (SIX[1:], 0, 0.285),
        (SIX, 0, 0.339),
        (SIX, 55, 0.273),
        (SIX, 74, 0.255),
        (SIX, 75, 0.21),
        ([at(5)], 0, 1.18 / 20),
    ],
)
def test_newer_flips_weigh_more_and_old_ones_are_forgotten(flips: list[datetime], minutes: float, value: float) -> None:
    assert flapping_value(flips, at(minutes)) == pytest.approx(value)


def test_between_the_thresholds_all_stays_as_it_was() -> None:
    assert not flaps(SIX[1:], at(0), flapping=False)
    assert flaps(SIX, at(0), flapping=False)
    assert flaps(SIX, at(55), flapping=True)
    assert not flaps(SIX, at(55), flapping=False)
    assert not flaps(SIX, at(75), flapping=True)


@given(st.lists(st.floats(-500, 500)))
def test_the_value_is_a_share(minutes: list[float]) -> None:
    assert 0 <= flapping_value([at(minute) for minute in minutes], NIGHT) <= 0.99 + 1e-9


@given(st.lists(st.floats(-500, 0)), st.integers(0, 30))
def test_time_without_flips_never_raises_it(minutes: list[float], slots: int) -> None:
    flips = [at(minute) for minute in minutes]

    assert flapping_value(flips, NIGHT + slots * timedelta(minutes=5)) <= flapping_value(flips, NIGHT) + 1e-9


def test_what_comes_and_goes_slowly_flaps_too_until_it_was_still_for_an_hour() -> None:
    flips = [NIGHT - timedelta(minutes=20 * number) for number in range(6)]

    assert not flaps(flips[:5], NIGHT, flapping=False)
    assert flaps(flips, NIGHT, flapping=False)
    assert flaps(flips, NIGHT + timedelta(minutes=59), flapping=True)
    assert not flaps(flips, NIGHT + timedelta(minutes=60), flapping=True)
