"""How the ticks of schedules follow each other, and the longest that so many of them take."""

from __future__ import annotations

from datetime import timedelta
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.core.rhythm import FIRST, rhythm
from pytest_synthetic.core.schedule import Timetable
from pytest_synthetic.model.journey import Schedule
from pytest_synthetic.model.rhythm import Rhythm, Stretch

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
PARIS = "Europe/Paris"


@pytest.mark.parametrize(
    ("schedule", "shortest", "longest", "three"),
    [
        (Schedule(every=300.0), 5 * MINUTE, 5 * MINUTE, 15 * MINUTE),
        (Schedule(every=300.0, quiet=("22:00-06:00",), timezone=PARIS), 5 * MINUTE, 485 * MINUTE, 495 * MINUTE),
        (Schedule(every=1.0, quiet=("sat-sun 00:00-24:00",)), 1.0, 48 * HOUR + 1, 48 * HOUR + 3),
        (Schedule(every=8 * HOUR, quiet=("sat-sun 00:00-24:00",)), 8 * HOUR, 56 * HOUR, 72 * HOUR),
        (Schedule(cron="0 7 * * *", timezone=PARIS), 24 * HOUR, 24 * HOUR, 72 * HOUR),
        (Schedule(cron="0 7 * * 1-5", timezone=PARIS), 24 * HOUR, 72 * HOUR, 120 * HOUR),
        (Schedule(cron="0 7 * * *", quiet=("sat-sun 00:00-24:00",)), 24 * HOUR, 72 * HOUR, 120 * HOUR),
        (Schedule(cron="*/30 8-17 * * 1-5"), HOUR / 2, 62.5 * HOUR, 63.5 * HOUR),
        (Schedule(cron="0 7 1 * *"), 28 * DAY, 31 * DAY, 92 * DAY),
        (Schedule(cron="0 7 * * 1"), 168 * HOUR, 168 * HOUR, 504 * HOUR),
        (Schedule(cron="*/5 8-20 * * *", timezone=PARIS), 5 * MINUTE, 665 * MINUTE, 675 * MINUTE),
        (Schedule(cron="* * 1-28 * *"), MINUTE, 3 * DAY + MINUTE, 3 * DAY + 3 * MINUTE),
        (Schedule(cron="0 7 * 6 *"), DAY, 337 * DAY, 339 * DAY),
        (Schedule(cron="0 7 * * 1#1"), 28 * DAY, 35 * DAY, 98 * DAY),
        (Schedule(cron="0 0 29 2 *"), 1461 * DAY, 1461 * DAY, 4383 * DAY),
        (Schedule(cron="@daily", timezone="Australia/Lord_Howe"), DAY, DAY, 3 * DAY),
    ],
)
def test_gaps(schedule: Schedule, shortest: float, longest: float, three: float) -> None:
    found = rhythm(schedule)
    assert found
    assert (found.shortest, found.longest, found.most(3)) == (shortest, longest, three)
    assert found.even is (shortest == longest)


def test_what_comes_once_in_eight_years_has_none() -> None:
    assert rhythm(Schedule(cron="0 0 29 2 *", quiet=("sun 00:00-24:00",))) is None  # 2028 and, after 2032, 2036


@pytest.mark.parametrize(
    "told",
    [
        Schedule(cron="*/5 8-20 * * *"),
        Schedule(cron="*/7 22-23,0-5 * * 1-5"),
        Schedule(cron="0,4 7 * * *"),
        Schedule(cron="*/20 * * * *", quiet=("22:00-06:30", "sat-sun 08:00-12:00")),
        Schedule(cron="30 2 1-7 * 1"),
        Schedule(cron="0 9 * * 5L", quiet=("mon 00:00-12:00",)),
    ],
)
def test_the_gaps_are_those_of_its_ticks(told: Schedule) -> None:
    found = rhythm(told)
    assert found
    gaps = [gap for gap, times in found.stretches for _ in range(times)]
    ticks = list(Timetable(Schedule(cron=told.cron, quiet=told.quiet, spread=False), "", "").between(
        FIRST - timedelta(seconds=1), FIRST + timedelta(seconds=sum(gaps) + 31 * DAY)
    ))  # fmt: skip
    assert [(later - earlier).total_seconds() for earlier, later in pairwise(ticks)][: len(gaps)] == gaps


@pytest.mark.parametrize(
    ("cron", "usual"),
    [
        ("*/5 8-20 * * *", 5 * MINUTE),
        ("*/7 * * * *", 7 * MINUTE),
        ("0,4 7 * * *", DAY - 4 * MINUTE),
        ("0 7 * * *", DAY),
    ],
)
def test_the_usual_gap_is_that_of_most(cron: str, usual: float) -> None:
    found = rhythm(Schedule(cron=cron))
    assert found
    assert found.usual == usual


@given(
    st.lists(st.builds(Stretch, st.sampled_from([1.0, 2.0, 7.0, 50.0]), st.integers(1, 4)), min_size=1, max_size=6),
    st.integers(0, 40),
    st.integers(0, 300),
)
def test_no_ticks_take_longer_and_none_are_quicker(stretches: list[Stretch], ticks: int, seconds: int) -> None:
    found = Rhythm(stretches=tuple(stretches))
    gaps = [gap for gap, times in stretches for _ in range(times)]
    moments = list(accumulate(gaps * (301 // len(gaps) + 3), initial=0.0))
    taken = [moments[number + ticks] - moments[number] for number in range(len(gaps))]
    assert (found.least(ticks), found.most(ticks)) == (min(taken), max(taken))
    come = [sum(start < moment <= start + seconds for moment in moments) for start in moments[: len(gaps)]]
    assert found.within(seconds) == max(come)


def test_what_is_asked_for_may_be_more_than_there_are() -> None:
    found = Rhythm(stretches=(Stretch(10.0, 2), Stretch(50.0, 1)))
    assert [found.most(ticks) for ticks in (1, 2, 3, 4, 7)] == [50.0, 60.0, 70.0, 120.0, 190.0]
