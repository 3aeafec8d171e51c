"""How the ticks of schedules follow each other, and the longest that so many of them take."""

from __future__ import annotations

import pytest

from pytest_synthetic.core.rhythm import rhythm
from pytest_synthetic.model.journey import Schedule
from pytest_synthetic.model.rhythm import Rhythm, Stretch

MINUTE, HOUR = 60.0, 3600.0
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
        (Schedule(cron="0 7 1 * *"), 28 * 24 * HOUR, 31 * 24 * HOUR, 92 * 24 * HOUR),
        (Schedule(cron="0 7 * * 1"), 168 * HOUR, 168 * HOUR, 504 * HOUR),
    ],
)
def test_gaps(schedule: Schedule, shortest: float, longest: float, three: float) -> None:
    found = rhythm(schedule)
    assert found
    assert (found.shortest, found.longest, found.most(3)) == (shortest, longest, three)
    assert found.even is (shortest == longest)


@pytest.mark.parametrize("cron", ["0 0 29 2 *", "* * 1-28 * *"])
def test_what_would_take_years_or_too_many_ticks_is_not_known(cron: str) -> None:
    assert rhythm(Schedule(cron=cron)) is None


def test_what_is_asked_for_may_be_more_than_there_are() -> None:
    found = Rhythm(stretches=(Stretch(10.0, 2), Stretch(50.0, 1)))
    assert [found.most(ticks) for ticks in (1, 2, 3, 4, 7)] == [50.0, 60.0, 70.0, 120.0, 190.0]
