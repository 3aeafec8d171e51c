"""Ticks: where they lie, that they are always the same, how late they may be run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.core import schedule
from pytest_synthetic.core.schedule import SPREAD, SPREAD_OF_CRON, Timetable
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.journey import Schedule

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NIGHTS = ("22:00-06:00",)
MS = timedelta(milliseconds=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def sharp(**how: object) -> Timetable:
    """A timetable whose ticks have no offset."""
    return Timetable(Schedule(spread=False, **how), "buy", "eu-west")  # type: ignore[arg-type]


intervals = st.integers(1000, 31 * 86_400_000).map(lambda ms: ms / 1000)
quiets = st.sampled_from([(), NIGHTS, ("sat-sun 00:00-24:00",), ("mon 08:00-09:30", "09:00-12:00")])
zones = st.sampled_from([None, "Europe/Paris", "Australia/Lord_Howe"])
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
schedules = st.builds(
    Schedule,
    every=st.sampled_from([1.0, 7.3, 60.0, 299.999, 300.0, 3600.0, 86_400.0]),
    quiet=quiets,
    timezone=zones,
) | st.builds(
    Schedule,
    cron=st.sampled_from(["*/5 * * * *", "0 7 * * 1-5", "30 2 * * *", "0 12 1,15 * *"]),
    quiet=quiets,
    timezone=zones,
)
names = st.text(min_size=1, max_size=9)


# -- where ticks lie -------------------------------------------------------------------------------------------------


@given(intervals, names, names, moments)
def test_intervals_are_multiples_since_the_epoch_with_an_offset(
    every: float, journey: str, region: str, after: datetime
) -> None:
    timetable = Timetable(Schedule(every=every), journey, region)
    tick = timetable.next_after(after)
    assert tick is not None
    assert timedelta(0) < tick - after <= timedelta(seconds=every)
    assert (tick - timetable.offset - EPOCH) % timedelta(seconds=every) == timedelta(0)
    assert timedelta(0) <= timetable.offset < min(timedelta(seconds=every), SPREAD)
    assert tick.microsecond % 1000 == 0


@given(names, names)
def test_cron_comes_within_its_minute(journey: str, region: str) -> None:
    timetable = Timetable(Schedule(cron="0 7 * * *", timezone="Europe/Paris"), journey, region)
    tick = timetable.next_after(at("2026-07-01T00:00"))
    assert tick is not None
    assert at("2026-07-01T05:00") <= tick < at("2026-07-01T05:00") + SPREAD_OF_CRON
    assert tick == at("2026-07-01T05:00") + timetable.offset


def test_offsets_are_spread_and_stay() -> None:
    """The figures are those of the first release: with others, an upgrade would move every tick."""
    made = [Timetable(Schedule(every=3600.0), f"journey-{n}", "eu-west").offset for n in range(1000)]
    thirds = [sum(1 for offset in made if offset // (SPREAD / 3) == third) for third in range(3)]
    assert min(thirds) > 290
    assert max(made) < SPREAD
    assert Timetable(Schedule(every=3600.0), "buy", "eu-west").offset == 2323 * MS
    assert Timetable(Schedule(every=3600.0), "buy", "us-east").offset == 281159 * MS
    assert Timetable(Schedule(cron="0 7 * * *"), "buy", "eu-west").offset == 2323 * MS
    assert sharp(every=3600.0).offset == sharp(cron="0 7 * * *").offset == timedelta(0)


@given(schedules, moments)
def test_whoever_asks_gets_the_same_ticks(told: Schedule, after: datetime) -> None:
    timetable = Timetable(told, "buy", "eu-west")
    ticks = list(islice(timetable.between(after, after + timedelta(days=60)), 5))
    for earlier, tick in pairwise(ticks):
        assert timetable.next_after(earlier) == timetable.next_after(tick - MS) == tick
        assert timetable.latest(after, tick) == timetable.latest(earlier, tick + MS / 2) == tick
        assert timetable.latest(after, tick - MS) == earlier
    if ticks:
        assert list(timetable.between(after, ticks[-1])) == ticks
        assert list(timetable.between(ticks[0], ticks[-1])) == ticks[1:]
        assert timetable.latest(ticks[-1], ticks[-1]) is None


@given(schedules, moments, st.floats(0, 4))
def test_counted_without_making_them(told: Schedule, after: datetime, days: float) -> None:
    timetable = Timetable(told, "buy", "eu-west")
    until = after + min(timedelta(days=days), 2000 * timedelta(seconds=told.every or 86_400))
    assert timetable.count(after, until) == sum(1 for _ in timetable.between(after, until))
    assert timetable.count(until, after) == 0


def test_millions_of_ticks_are_not_made_to_be_counted_or_to_find_the_last() -> None:
    often = Timetable(Schedule(every=1.0, quiet=("sun 02:00-03:00",)), "buy", "eu-west")
    start = at("2000-01-03T00:00")
    assert often.count(start, start + timedelta(days=7000)) == 7000 * 86_400 - 1000 * 3600
    assert often.latest(start, at("2026-11-22T02:30")) == at("2026-11-22T02:00") - timedelta(seconds=1) + often.offset
    daily = sharp(cron="0 7 * * *")
    assert daily.latest(at("2026-01-01"), at("2026-11-22T06:59")) == at("2026-11-21T07:00")
    yearly = sharp(cron="0 7 1 1 *")
    assert yearly.latest(at("1990-01-01"), at("2026-11-22")) == at("2026-01-01T07:00")
    assert yearly.latest(at("2026-01-02"), at("2026-11-22")) is None


# -- quiet hours -----------------------------------------------------------------------------------------------------


def test_nothing_is_scheduled_in_quiet_hours() -> None:
    hourly = sharp(every=3600.0, quiet=NIGHTS, timezone="Europe/Paris")
    found = list(hourly.between(at("2026-11-20T19:30"), at("2026-11-21T06:30")))
    assert found == [at("2026-11-20T20:00"), at("2026-11-21T05:00"), at("2026-11-21T06:00")]


def test_the_first_moment_after_quiet_hours_counts() -> None:
    weekday = sharp(cron="0 7 * * *", quiet=("22:00-07:00", "sat-sun 00:00-24:00"))
    assert list(weekday.between(at("2026-11-20T00:00"), at("2026-11-24T00:00"))) == [
        at("2026-11-20T07:00"),
        at("2026-11-23T07:00"),
    ]


def test_quiet_hours_that_touch() -> None:
    hourly = sharp(every=3600.0, quiet=("10:00-11:00", "11:00-12:00", "11:30-13:00"))
    assert hourly.next_after(at("2026-11-20T09:00")) == at("2026-11-20T13:00")
    assert hourly.count(at("2026-11-20T08:30"), at("2026-11-20T13:30")) == 2


def test_quiet_hours_that_leave_nothing_of_a_schedule() -> None:
    never = Schedule(cron="0 3 * * *", quiet=NIGHTS)
    assert Timetable(never, "buy", "eu-west").next_after(at("2026-11-20")) is None
    with pytest.raises(UsageError, match="never comes outside its quiet hours"):
        schedule.check(never)
    assert schedule.check(Schedule(cron="0 3 29 2 *", quiet=("mon-fri 00:00-24:00",)))


# -- lateness --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (Schedule(every=60.0), 30),
        (Schedule(every=1.0), 10),
        (Schedule(every=7200.0), 300),
        (Schedule(every=60.0, max_lateness=7.0), 7),
        (Schedule(every=60.0, max_lateness=3600.0), 3600),
        (Schedule(cron="* * * * *"), 30),
        (Schedule(cron="0 7 * * *"), 300),
        (Schedule(cron="0,4 7 * * *"), 120),
    ],
)
def test_how_late_a_run_may_begin(told: Schedule, seconds: float) -> None:
    timetable = Timetable(told, "buy", "eu-west")
    tick = timetable.next_after(at("2026-11-20T06:59:59"))
    assert tick is not None
    assert timetable.lateness(tick) == timedelta(seconds=seconds)


# -- how often, and what is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "often"),
    [
        (Schedule(every=300.0), 8640),
        (Schedule(every=3600.0, quiet=NIGHTS), 30 * 16),
        (Schedule(cron="0 7 * * 1-5"), 21),
        (Schedule(every=1.0, quiet=("00:00-12:00",)), 30 * 43_200),
        (Schedule(cron="*/5 8-20 * * *", timezone="Europe/Paris"), 30 * 13 * 12),
        (Schedule(cron="*/5 8-20 * * 1-5", quiet=("mon 00:00-12:00",)), 13 * 12 * 21 - 5 * 4 * 12),
        (Schedule(cron="0 7 1 * *"), 1),
        (Schedule(cron="0 7 * 6 *"), 0),
    ],
)
def test_how_often_a_month(told: Schedule, often: int) -> None:
    assert schedule.per_month(told, at("2026-11-01")) == often


@pytest.mark.parametrize("day", ["2026-03-28", "2026-10-24"])
@pytest.mark.parametrize(
    ("cron", "often"), [("*/20 * * * *", 2160), ("*/20 8-20 * * *", 1170), ("30 2 * * *", 30), ("0 7 * * 1-5", 20)]
)
def test_clocks_that_are_changed_make_no_month_longer(cron: str, often: int, day: str) -> None:
    assert schedule.per_month(Schedule(cron=cron, timezone="Europe/Paris"), at(day)) == often


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        (Schedule(every=0.5), "500 ms is too often: the shortest interval is 1s"),
        (Schedule(every=-5.0), "is too often"),
        (Schedule(every=32 * 86_400.0), "the longest interval is 31d"),
        (Schedule(every=1.00005), "expected whole milliseconds"),
        (Schedule(), "a schedule needs an interval"),
        (Schedule(cron="0 0 30 2 *"), "is no cron expression"),
        (Schedule(every=60.0, quiet=("night",)), "expected times such as"),
        (Schedule(every=60.0, timezone="Europe/Pari"), "'Europe/Pari' is no time zone that this machine knows"),
    ],
)
def test_what_nobody_can_keep(told: Schedule, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        Timetable(told, "buy", "eu-west")
