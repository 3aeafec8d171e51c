"""When cron expressions come: against every minute of nights in which clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.core import cron
from pytest_synthetic.errors import UsageError

MINUTE = timedelta(minutes=1)
CHANGES = {
    "Europe/Paris": ("2026-03-28", "2026-10-24"),
    "America/New_York": ("2026-03-07", "2026-10-31"),
    "Australia/Lord_Howe": ("2026-04-04", "2026-10-03"),
    "Africa/Cairo": ("2026-04-23", "2026-10-29"),
    "Antarctica/Troll": ("2026-03-28", "2026-10-24"),
}
"""The day before clocks are changed: by an hour, by half an hour, at midnight, by two hours."""
NIGHTS = [(zone, day) for zone, days in CHANGES.items() for day in days]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def coming(expression: str, zone: str | None, after: datetime, days: float = 3) -> list[datetime]:
    found = []
    for tick in cron.ticks(expression, zone, after):
        if tick > after + timedelta(days=days):
            break
        found.append(tick)
    return found


def every_fitting_minute(expression: str, zone: str, after: datetime) -> list[datetime]:
    """Each minute of real time in which clocks show what the expression asks for."""
    asked = CronSim(expression, datetime(2026, 1, 1))  # noqa: DTZ001  only its fields are read
    found, moment = [], after + MINUTE
    while moment <= after + timedelta(days=3):
        shown = moment.astimezone(ZoneInfo(zone))
        if shown.minute in asked.minutes and shown.hour in asked.hours and asked.match_day(shown.date()):
            found.append(moment)
        moment += MINUTE
    return found


@pytest.mark.parametrize(("zone", "day"), NIGHTS)
@pytest.mark.parametrize(
    "expression",
    ["*/30 * * * *", "0 */2 * * *", "0 */3 * * *", "30 * * * *", "*/20 2 * * *", "* 1-3 * * *", "15 * * * SUN"],
)
def test_what_has_a_star_goes_on_with_the_real_time(expression: str, zone: str, day: str) -> None:
    assert coming(expression, zone, at(day)) == every_fitting_minute(expression, zone, at(day))


@pytest.mark.parametrize(
    ("zone", "expression", "night", "found"),
    [
        # clocks go forward: right after the gap, once
        ("Europe/Paris", "30 2 * * *", "2026-03-28", ["2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"]),
        ("America/New_York", "30 2 * * *", "2026-03-07", ["2026-03-07T07:30", "2026-03-08T07:00", "2026-03-09T06:30"]),
        ("Australia/Lord_Howe", "15 2 * * *", "2026-10-02T12:00", ["2026-10-02T15:45", "2026-10-03T15:30"]),
        ("Europe/Paris", "15,45 2,3 * * *", "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-29T01:15"]),
        # clocks go back: once, at the first
        ("Europe/Paris", "30 2 * * *", "2026-10-24", ["2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"]),
        ("America/New_York", "30 1 * * *", "2026-10-31", ["2026-10-31T05:30", "2026-11-01T05:30", "2026-11-02T06:30"]),
        ("Australia/Lord_Howe", "45 1 * * *", "2026-04-04", ["2026-04-04T14:45", "2026-04-05T15:15"]),
    ],
)
def test_what_names_its_time_comes_once_a_day(zone: str, expression: str, night: str, found: list[str]) -> None:
    assert list(islice(cron.ticks(expression, zone, at(night)), len(found))) == list(map(at, found))


@pytest.mark.parametrize("asked", ["2026-10-25T00:30", "2026-10-25T00:45", "2026-10-25T01:00", "2026-10-25T01:29:59.5"])
def test_in_the_hour_that_comes_twice_the_past_is_past(asked: str) -> None:
    """cronsim answers 00:30 to who asks it at 01:00."""
    assert next(cron.ticks("30 2 * * *", "Europe/Paris", at(asked))) == at("2026-10-26T01:30")


def test_a_tick_at_the_very_change() -> None:
    assert coming("0 3 * * *", "Europe/Paris", at("2026-03-28T12:00"), 1) == [at("2026-03-29T01:00")]
    assert coming("0 * * * *", "Europe/Paris", at("2026-03-29T00:30"), 0.1)[0] == at("2026-03-29T01:00")
    assert coming("30 * * * *", "Australia/Lord_Howe", at("2026-10-03T15:29"), 0.1)[0] == at("2026-10-03T15:30")


def test_day_of_the_month_or_day_of_the_week() -> None:
    found = coming("0 0 13 * FRI", None, at("2026-11-01"), 20)
    assert [tick.day for tick in found] == [6, 13, 20]
    assert [tick.day for tick in coming("0 0 * * FRI", None, at("2026-11-01"), 20)] == [6, 13, 20]
    assert [tick.day for tick in coming("0 0 12 * FRI", None, at("2026-11-01"), 20)] == [6, 12, 13, 20]


def test_days_that_are_rare() -> None:
    assert list(islice(cron.ticks("0 0 29 2 *", "Europe/Paris", at("2026-01-01")), 2)) == [
        at("2028-02-28T23:00"),
        at("2032-02-28T23:00"),
    ]
    assert list(islice(cron.ticks("* 0 1 1 *", "Europe/Paris", at("2026-06-01")), 2)) == [
        at("2026-12-31T23:00"),
        at("2026-12-31T23:01"),
    ]


@pytest.mark.parametrize("zone", [None, *CHANGES])
def test_the_calendar_ends(zone: str | None) -> None:
    assert len(list(cron.ticks("0 0 1 1 *", zone, at("9998-06-01")))) == 1


zones = st.sampled_from([None, *CHANGES])
expressions = st.sampled_from(
    ["30 2 * * *", "0,30 1-3 * * *", "15 2 * * SUN", "*/7 * * * *", "5 */2 * * *", "45 0 1,15 * *", "59 23 * * 1-5"]
)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(expressions, zones, moments)
def test_whenever_one_asks_the_next_is_the_same(expression: str, zone: str | None, after: datetime) -> None:
    ticks = list(islice(cron.ticks(expression, zone, after), 4))
    assert ticks == sorted(set(ticks))
    assert all(tick > after for tick in ticks)
    for earlier, tick in pairwise(ticks):
        assert next(cron.ticks(expression, zone, earlier)) == tick
        assert next(cron.ticks(expression, zone, tick - timedelta(microseconds=1))) == tick


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("0 0 30 2 *", "day-of-month"),
        ("0 0 * 2 MON#6", "day-of-week"),
        ("61 * * * *", "Bad minute"),
        ("30 0 7 * * 1-5", "it has 6 fields, expected 5"),
        ("0 7 * *", "it has 4 fields"),
        ("@reboot", "Valid: @annually, @daily, @hourly"),
    ],
)
def test_what_never_comes(expression: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        cron.read(expression)


def test_short_names() -> None:
    assert {name: cron.read(cron.read(name.upper())) for name in cron.NAMES} == cron.NAMES
