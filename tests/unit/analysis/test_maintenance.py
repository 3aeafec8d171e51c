"""Which times are maintenance: whom it concerns, what overlaps, and nights in which clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.analysis.maintenance import Away, applying, covers, cut_days, spans
from pytest_synthetic.analysis.slo import State, elapsed, report
from pytest_synthetic.model.history import Counts, Span
from pytest_synthetic.model.maintenance import Maintenance
from pytest_synthetic.model.sla import slo

HOUR = 3600.0
MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def once(start: str, end: str, **more: Any) -> Maintenance:
    return Maintenance(name="once", start=at(start), end=at(end), **more)


def nightly(cron: str = "30 2 * * *", *, duration: float = 2 * HOUR, timezone: str = "Europe/Paris") -> Maintenance:
    return Maintenance(name="nightly", cron=cron, duration=duration, timezone=timezone)


def told(window: Maintenance, start: str, end: str) -> list[tuple[str, float]]:
    """When each begins, in UTC, and its hours."""
    found = spans([window], Span(start=at(start), end=at(end)))
    return [(f"{span.start:%d %H:%M}", span.seconds / HOUR) for span in found]


# -- when ----------------------------------------------------------------------------------------------------------


def test_what_lies_across_the_edges_is_cut_there() -> None:
    window = nightly("0 23 * * *", duration=2 * HOUR, timezone="UTC")
    assert told(window, "2026-03-02", "2026-03-03T23:30") == [("02 00:00", 1), ("02 23:00", 2), ("03 23:00", 0.5)]


def test_what_overlaps_or_touches_is_one() -> None:
    within = Span(start=MARCH, end=MARCH + timedelta(days=30))
    windows = [
        once("2026-03-02T10:00", "2026-03-02T12:00"),
        once("2026-03-02T09:00", "2026-03-02T10:00"),
        once("2026-03-02T11:00", "2026-03-02T11:30"),
        once("2026-04-02T10:00", "2026-04-02T12:00"),
    ]
    assert spans(windows, within) == (Span(start=at("2026-03-02T09:00"), end=at("2026-03-02T12:00")),)


def test_clocks_that_go_forward() -> None:
    """On the 29th there is no 02:30 in Paris: it begins when the hour that is left out is over, at 03:00."""
    assert told(nightly(), "2026-03-28", "2026-03-31") == [("28 01:30", 2), ("29 01:00", 2), ("30 00:30", 2)]


def test_clocks_that_go_back() -> None:
    """On the 25th there are two times 02:30 in Paris: it begins at the first, once, and is no longer than else."""
    assert told(nightly(), "2026-10-24", "2026-10-27") == [("24 00:30", 2), ("25 00:30", 2), ("26 01:30", 2)]


def test_a_window_that_began_long_before_still_counts() -> None:
    yearly = nightly("0 0 1 1 *", duration=100 * 24 * HOUR, timezone="UTC")
    assert told(yearly, "2026-03-01", "2026-03-02") == [("01 00:00", 24)]


def test_the_first_day_of_the_calendar_is_no_mistake() -> None:
    ever = Span(start=datetime.min.replace(tzinfo=UTC), end=at("1970-01-08"))
    assert len(spans([nightly("0 12 * * *", timezone="Asia/Tokyo")], ever)) in range(3, 8)


MOMENTS = st.integers(min_value=0, max_value=200)


@given(given=st.lists(st.tuples(MOMENTS, MOMENTS).filter(lambda pair: pair[0] < pair[1]), max_size=8), asked=MOMENTS)
def test_merged_spans_hold_what_any_window_holds(given: list[tuple[int, int]], asked: int) -> None:
    def moment(number: int) -> datetime:
        return MARCH + timedelta(hours=number)

    windows = [Maintenance(name="w", start=moment(start), end=moment(end)) for start, end in given]
    within = Span(start=moment(20), end=moment(150))
    found = spans(windows, within)
    assert covers(found, moment(asked)) == (20 <= asked < 150 and any(start <= asked < end for start, end in given))
    assert all(one.end < next_one.start for one, next_one in pairwise(found))


def test_days_that_lie_in_it_in_part() -> None:
    day = (MARCH - datetime(1970, 1, 1, tzinfo=UTC)).days
    assert cut_days([Span(start=MARCH, end=MARCH + timedelta(days=2))]) == set()
    assert cut_days([Span(start=at("2026-03-01T22:00"), end=at("2026-03-03T04:00"))]) == {day, day + 2}
    assert cut_days([Span(start=at("2026-03-02T02:00"), end=at("2026-03-02T04:00"))]) == {day + 1}


# -- whom ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ({}, True),
        ({"journeys": ("checkout", "browse")}, True),
        ({"journeys": ("browse",)}, False),
        ({"stages": ("purchase",), "owners": ("payments",), "regions": ("eu-west",)}, True),
        ({"stages": ("purchase",), "regions": ("us-east",)}, False),
        ({"owners": ("search",)}, False),
    ],
)
def test_of_each_list_one_must_fit(asked: dict[str, tuple[str, ...]], *, fits: bool) -> None:
    window = once("2026-03-02T10:00", "2026-03-02T12:00", **asked)
    found = applying([window], journey="checkout", stage="purchase", owner="payments", region="eu-west")
    assert found == ((window,) if fits else ())


def test_a_journey_of_nobody_is_in_no_list_of_owners() -> None:
    window = once("2026-03-02T10:00", "2026-03-02T12:00", owners=("payments",))
    assert applying([window], journey="checkout", stage=None, owner=None, region="local") == ()


# -- what it does to a target ----------------------------------------------------------------------------------------


def test_the_budget_in_minutes_is_of_the_time_without_maintenance() -> None:
    target, now = slo(0.99, "10d"), MARCH
    plain = report(target, Counts(passed=100), span=elapsed(target, now))
    less = report(target, Counts(passed=100), span=elapsed(target, now), away=Away(seconds=24 * HOUR))
    assert plain.availability.budget
    assert less.availability.budget
    assert less.availability.budget.minutes == pytest.approx(plain.availability.budget.minutes * 0.9)
    assert less.availability.budget.allowed == plain.availability.budget.allowed


def test_no_run_is_to_come_in_maintenance() -> None:
    """Half of a month of 30 days is over; of the other half 5 days are maintenance, and of the first half none."""
    target, now = slo(0.99, "month"), at("2026-04-16")
    found = report(target, Counts(passed=1500), span=elapsed(target, now), away=Away(to_come=5 * 24 * HOUR))
    assert found.availability.budget
    assert found.availability.budget.allowed == pytest.approx(0.01 * 2500)


def test_nothing_but_maintenance_is_not_100_percent() -> None:
    target = slo(0.99, "10d")
    span = elapsed(target, MARCH)
    found = report(target, Counts(), span=span, excluded=Counts(passed=900), away=Away(seconds=span.seconds))
    assert (found.state, found.availability.share, found.coverage) == (State.UNKNOWN, None, None)
