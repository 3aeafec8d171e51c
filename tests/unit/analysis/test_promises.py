"""Which runs keep a schedule so that more of them can be counted on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.analysis.promises import NONE, Habit, grace, habit, hopeless, late

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOURS = [NOON + timedelta(hours=number) for number in range(6)]


def at(*hours: float) -> list[datetime]:
    return [NOON + timedelta(hours=hour) for hour in hours]


@pytest.mark.parametrize(
    ("began", "kept"),
    [
        pytest.param(at(0, 1, 2, 3, 4), 5, id="on time"),
        pytest.param(at(0.9, 1.9, 2.9, 3.9, 4.9), 5, id="always late"),
        pytest.param(at(0.1, 1.1, 2.1, 3.1, 5.2), 5, id="a quarter of an hour after the next tick"),
        pytest.param(at(0.1, 1.1, 2.1, 3.1, 5.3), 4, id="later than that"),
        pytest.param(at(0.1, 1.1, 3.1, 4.1), 4, id="one was dropped"),
        pytest.param(at(2.0, 2.1, 2.2, 2.3, 2.4, 2.5), 2, id="all at once, one of them late for the tick before"),
        pytest.param(at(2.3, 2.4, 2.5), 1, id="all at once"),
        pytest.param(at(-1, 5.5), 0, id="before and after"),
        pytest.param([], 0, id="none"),
    ],
)
def test_a_tick_is_kept_by_a_run_until_the_next_one_and_a_little_after(began: list[datetime], kept: int) -> None:
    assert habit(pairwise(HOURS), began) == Habit(5, kept)


@pytest.mark.parametrize(
    ("ticks", "kept", "promises"),
    [(3, 3, True), (3, 2, False), (5, 4, True), (5, 3, False), (2, 2, False), (24, 20, True), (24, 19, False)],
)
def test_nearly_all_of_enough_ticks_are_a_promise(ticks: int, kept: int, promises: bool) -> None:
    assert Habit(ticks, kept).promises is promises
    assert not NONE.promises


@pytest.mark.parametrize(
    ("gap", "waits", "lateness"),
    [
        (timedelta(minutes=1), timedelta(minutes=1), timedelta(seconds=30)),
        (timedelta(minutes=5), timedelta(minutes=2.5), timedelta(minutes=2.5)),
        (timedelta(hours=1), timedelta(minutes=30), timedelta(minutes=15)),
        (timedelta(days=1), timedelta(hours=3), timedelta(minutes=15)),
    ],
)
def test_pipelines_may_be_late(gap: timedelta, waits: timedelta, lateness: timedelta) -> None:
    assert (grace(gap), late(gap)) == (waits, lateness)


@given(st.lists(st.floats(min_value=-1, max_value=6), max_size=12).map(sorted))
def test_what_is_hopeless_is_no_promise(hours: list[float]) -> None:
    found = habit(pairwise(HOURS), at(*hours))
    assert not (hopeless(5, len(hours)) and found.promises)
