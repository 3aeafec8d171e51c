"""The ticks of what is exported are the ticks of the schedule, or it is said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pytest_synthetic.core import cron as core
from pytest_synthetic.core.schedule import Timetable
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.journey import Schedule
from pytest_synthetic.scheduler.export import cron, crontab, github, gitlab, jenkins, kubernetes, timing
from pytest_synthetic.scheduler.export.timing import CannotKeep, Host

BEGIN = datetime(2027, 3, 20, tzinfo=UTC)
HOSTS = (github.HOST, gitlab.HOST, jenkins.HOST, kubernetes.HOST, crontab.HOST)
named = pytest.mark.parametrize("host", HOSTS, ids=lambda host: host.name)


def ours(schedule: Schedule, begin: datetime, days: int) -> list[datetime]:
    table = Timetable(schedule, "checkout", "eu-west")
    return list(table.between(begin - timedelta(microseconds=1), begin + timedelta(days=days, microseconds=-1)))


def kept(host: Host, crons: tuple[str, ...], begin: datetime, days: int) -> list[datetime]:
    """The ticks of expressions as the host reads them, by a reader that shares nothing with ours."""
    return sorted(
        {tick for line in crons for tick in read_by(host, line.replace("H/", "*/").replace("H", "0"), begin, days)}
    )


def read_by(host: Host, line: str, begin: datetime, days: int) -> Iterator[datetime]:
    told = line.split()
    bounds = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
    minute, hour, day, month, week = (values(field, *ends) for field, ends in zip(told, bounds, strict=True))
    for today in (begin + timedelta(days=number) for number in range(days)):
        fits = (today.day in day, today.isoweekday() % 7 in week)
        if today.month in month and (all(fits) if both_must_fit(host, told) else any(fits)):
            yield from (today + timedelta(hours=h, minutes=m) for h in hour for m in minute)


def both_must_fit(host: Host, told: list[str]) -> bool:
    """Jenkins: always. Kubernetes, GitLab: unless neither is a lone star. Debian's cron: where one begins with one."""
    if host is jenkins.HOST:
        return True
    return any(field.startswith("*") if host is crontab.HOST else field == "*" for field in (told[2], told[4]))


def values(field: str, least: int, most: int) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = (f"{least}-{most}" if span == "*" else span).partition("-")
        found |= set(range(int(first), int(last or first) + 1, int(step or 1)))
    return found


def field(least: int, most: int) -> st.SearchStrategy[str]:
    number = st.integers(least, most)
    span = st.tuples(number, number).map(lambda two: f"{min(two)}-{max(two)}")
    step = st.tuples(span, st.integers(2, 7)).map(lambda two: f"{two[0]}/{two[1]}")
    one = st.one_of(number.map(str), span, step)
    return st.one_of(
        st.just("*"), st.integers(2, 15).map(lambda n: f"*/{n}"), st.lists(one, min_size=1, max_size=3).map(",".join)
    )


FEW = st.lists(st.integers(0, 59), min_size=1, max_size=3).map(lambda found: ",".join(map(str, found)))
CRONS = st.tuples(
    st.one_of(FEW, st.integers(5, 40).map(lambda n: f"*/{n}")), field(0, 23), field(1, 28), field(1, 12), field(0, 7)
).map(" ".join)


@named
@settings(max_examples=30, deadline=None)
@given(expression=CRONS, begin=st.dates(date(2026, 1, 1), date(2029, 1, 1)))
def test_an_expression_is_kept_exactly_or_refused(host: Host, expression: str, begin: date) -> None:
    try:
        core.read(expression)
    except UsageError:
        assume(False)
    schedule = Schedule(cron=expression, spread=False)
    try:
        found = timing.timing(schedule, host, "seed")
    except CannotKeep:
        return
    midnight = datetime(begin.year, begin.month, begin.day, tzinfo=UTC)
    assert (found.moved, found.zone) == (None, "UTC")
    assert kept(host, found.crons, midnight, 8) == ours(schedule, midnight, 8)


@named
@pytest.mark.parametrize("minutes", timing.EVEN)
def test_an_interval_that_can_be_counted_is_kept_at_its_multiples(host: Host, minutes: int) -> None:
    every = max(minutes * 60.0, host.floor)
    schedule = Schedule(every=every, spread=False)
    found = timing.timing(schedule, host, "seed")
    days = 2 if every < 3600 else 15
    assert found.moved is None
    assert kept(host, found.crons, BEGIN, days) == ours(schedule, BEGIN, days)


@named
@pytest.mark.parametrize("minutes", timing.EVEN)
def test_an_interval_that_is_spread_is_kept_at_an_offset(host: Host, minutes: int) -> None:
    every = max(minutes * 60.0, host.floor)
    found = timing.timing(Schedule(every=every), host, "seed")
    ticks = kept(host, found.crons, BEGIN, 2 if every < 3600 else 15)
    assert {b - a for a, b in pairwise(ticks)} == {timedelta(seconds=every)}


def test_the_time_zone_is_passed_on() -> None:
    assert timing.timing(Schedule(cron="0 7 * * *", timezone="Europe/Paris"), github.HOST, "").zone == "Europe/Paris"
    assert timing.timing(Schedule(cron="0 7 * * *"), github.HOST, "").zone == "UTC"
    assert timing.timing(Schedule(every=300, timezone="Europe/Paris"), github.HOST, "").zone == "UTC"


@given(seed=st.text(max_size=8), minutes=st.sampled_from([each for each in timing.EVEN if each > 1]))
def test_what_is_spread_is_never_at_the_full_hour_of_all_others(seed: str, minutes: int) -> None:
    (first,) = islice(core.ticks(timing.spread(minutes * 60.0, seed), None, BEGIN), 1)
    assert first.minute % min(minutes, 60)


@named
@given(every=st.floats(1, 31 * 86400))
def test_an_interval_is_kept_or_moved_or_refused(host: Host, every: float) -> None:
    try:
        found = timing.timing(Schedule(every=every), host, "seed")
    except CannotKeep:
        assert every >= host.floor
        return
    assert (found.gap == every) == (found.moved is None)
    assert found.gap >= host.floor


MOVED = [
    (github.HOST, 30, "runs every 5 min, and not every 30 s as marked: GitHub Actions runs nothing more often than every 5 min"),
    (crontab.HOST, 30, "runs every 60 s, and not every 30 s as marked: cron runs nothing more often than every 60 s"),
    (crontab.HOST, 420, "runs every 6 min, and not every 7 min as marked: cron counts evenly only what divides an hour or a day"),
    (kubernetes.HOST, 90, "runs every 2 min, and not every 90 s as marked: cron counts evenly only what divides an hour or a day"),
]  # fmt: skip


@pytest.mark.parametrize(("host", "every", "told"), MOVED)
def test_what_is_moved_is_said(host: Host, every: float, told: str) -> None:
    assert timing.timing(Schedule(every=every), host, "seed").moved == told


REFUSED = [
    (
        github.HOST,
        Schedule(cron="*/2 * * * *"),
        "comes every 2 min at times, and GitHub Actions runs nothing more often",
    ),
    (github.HOST, Schedule(cron="0,58 * * * *"), "comes every 2 min at times"),
    (crontab.HOST, Schedule(cron="0 0 L * *"), "cron knows no L and no #"),
    (jenkins.HOST, Schedule(cron="0 0 * * 2#1"), "Jenkins knows no L and no #"),
    (kubernetes.HOST, Schedule(cron="0 9 */2 * 1"), "must both fit here, because one of them begins with a star"),
    (github.HOST, Schedule(every=3 * 86400), "cannot run every 72 h, nor nearly so"),
]


@pytest.mark.parametrize(("host", "schedule", "told"), REFUSED)
def test_what_cannot_be_kept_is_refused(host: Host, schedule: Schedule, told: str) -> None:
    with pytest.raises(CannotKeep) as caught:
        timing.timing(schedule, host, "seed")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("expressions", "seconds"),
    [
        (["*/5 * * * *"], 300),
        (["*/7 * * * *"], 240),
        (["0,59 * * * *"], 60),
        (["59 23 * * *", "0 0 * * *"], 60),
        (["0 7 * * 1-5"], 86400),
        (["0 7 * * 1"], 7 * 86400),
        (["0 0 13 * 5"], 86400),
        (["0 0 L * *"], 28 * 86400),
        (["0 0 * * 5L"], 28 * 86400),
        (["0 0 29 2 *"], float("inf")),
    ],
)
def test_the_shortest_gap(expressions: list[str], seconds: float) -> None:
    assert cron.gap(expressions) == seconds


def test_either_day_becomes_two_lines_where_both_must_fit() -> None:
    assert timing.timing(Schedule(cron="0 0 13 * 5"), jenkins.HOST, "").crons == ("0 0 13 * *", "0 0 * * 5")
    assert timing.timing(Schedule(cron="0 0 13 * 5"), crontab.HOST, "").crons == ("0 0 13 * 5",)
    assert timing.timing(Schedule(cron="0 9 */2 * 1"), crontab.HOST, "").crons == ("0 9 */2 * 1",)


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("0 7 * * mon-fri", "0 7 * * 1-5"),
        ("5/15 * * * *", "5-59/15 * * * *"),
        ("0 0 * jan,dec 7", "0 0 * 1,12 0"),
        ("0 0 1-31 * 1", "0 0 * * *"),
        ("*/7 0-23 * * 5-7", "*/7 * * * 0,5,6"),
    ],
)
def test_expressions_are_told_in_numbers_alone(expression: str, shown: str) -> None:
    assert str(cron.parse(expression)) == shown


@pytest.mark.parametrize(
    ("gap", "given", "beside", "seconds"),
    [(300, None, 0, 270), (300, None, 90, 180), (60, None, 90, 120), (86400, None, 0, 1800), (300, 42.5, 0, 43)],
)
def test_a_run_may_take_less_than_the_time_to_the_next(
    gap: float, given: float | None, beside: float, seconds: int
) -> None:
    assert timing.limit(gap, given, beside=beside) == seconds
