"""Revenue at risk: an interval, and never more than is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.analysis.impact import Amount, Risk, at_risk
from pytest_synthetic.analysis.intervals import jeffreys
from pytest_synthetic.model.alerting import Case, Kind
from tests.nights import at, case, problem

HOUR_LATER = 55
"""Minutes: the first bad run was five before."""


def priced(revenue: float | None = 1_200, currency: str = "EUR", **more: Any) -> Case:
    return case(problem(**more), revenue_per_hour=revenue, currency=currency)


def only(*cases: Case, minutes: float = HOUR_LATER) -> Risk:
    (risk,) = at_risk(cases, at(minutes))
    return risk


def test_all_of_a_few_runs_is_no_proof_that_all_customers_fail() -> None:
    risk = only(priced(failed=3, said=3))
    low, high = jeffreys(3, 3) or (0, 0)

    assert risk.so_far == pytest.approx((1_200 * low, 1_200 * 0.875, 1_200 * high))
    assert risk.per_hour == risk.so_far
    assert (risk.journeys, risk.regions) == (1, 2)


def test_regions_that_are_well_are_not_at_risk() -> None:
    whole, third = only(priced()), only(priced(regions=("eu-west",), well=("us-east", "ap-south")))

    assert third.so_far.likely == pytest.approx(whole.so_far.likely / 3)
    assert third.regions == 3


def test_the_time_counts_from_the_first_bad_run_to_the_end() -> None:
    over = replace(priced(), resolved=at(25))
    risk = only(over, minutes=600)

    assert risk.per_hour is None
    assert risk.so_far.likely == pytest.approx(1_200 * 0.9 / 2)


def test_regions_that_are_well_again_at_the_end_were_bad() -> None:
    over = replace(priced(regions=(), well=("eu-west", "us-east")), resolved=at(25), ever=("eu-west",))

    assert only(over).so_far.likely == pytest.approx(1_200 * 0.9 / 2 / 2)


def test_what_was_at_risk_is_not_less_because_one_region_was_well_again_before_the_other() -> None:
    standing = replace(priced(), ever=("eu-west", "us-east"))
    left = replace(priced(regions=("eu-west",), well=("us-east",)), ever=("eu-west", "us-east"))

    assert only(left).so_far == pytest.approx(only(standing).so_far)
    assert only(left).per_hour == pytest.approx(tuple(each / 2 for each in only(standing).per_hour or ()))
    assert only(replace(left, resolved=at(HOUR_LATER))).so_far == pytest.approx(only(standing).so_far)


def test_journeys_add_up_and_what_is_over_has_no_hours_to_come() -> None:
    risk = only(priced(), replace(priced(journey="b", regions=("eu-west",)), resolved=at(25)))

    assert risk.so_far.likely == pytest.approx(1_200 * 0.9 * 1.5)
    assert risk.per_hour is not None
    assert risk.per_hour.likely == pytest.approx(1_200 * 0.9)
    assert (risk.journeys, risk.regions) == (2, None)


def test_a_journey_with_an_outage_and_a_leak_counts_once() -> None:
    outage, leak = priced(), priced(kind=Kind.LEAK, failed=1, said=100, minutes=-600)

    risk = only(outage, leak)

    assert risk.journeys == 1
    assert risk.per_hour == only(outage).per_hour


def test_currencies_are_not_mixed() -> None:
    risks = at_risk([priced(), priced(journey="b", currency="CHF"), priced(journey="c", revenue=None)], at(5))

    assert [(risk.currency, risk.journeys) for risk in risks] == [("CHF", 1), ("EUR", 1)]


@pytest.mark.parametrize(
    "told",
    [
        priced(revenue=None),
        priced(revenue=0.0),
        priced(kind=Kind.DEGRADED),
        priced(kind=Kind.BROKEN),
        priced(kind=Kind.MISSED),
    ],
)
def test_what_is_not_known_is_not_counted(told: Case) -> None:
    assert at_risk([told], at(55)) == ()


def test_a_clock_that_jumped_back_puts_nothing_at_risk() -> None:
    assert only(priced(), minutes=-60).so_far == (0, 0, 0)


def test_without_any_run_that_said_something_all_may_be_at_risk_or_nothing() -> None:
    assert only(priced(failed=0, said=0)).so_far == pytest.approx((0, 600, 1_200))


@given(st.integers(0, 50), st.integers(0, 50), st.floats(0.01, 1e6), st.floats(0, 5_000))
def test_low_likely_and_high_are_in_order(failed: int, good: int, revenue: float, minutes: float) -> None:
    risk = only(priced(revenue, failed=failed, said=failed + good), minutes=minutes)

    assert 0 <= risk.so_far.low <= risk.so_far.likely <= risk.so_far.high
    assert risk.so_far.high <= revenue * (minutes + 5) / 60 * (1 + 1e-9)
    assert isinstance(risk.per_hour, Amount)
