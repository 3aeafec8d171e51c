"""Journeys that only a pipeline runs, on both databases: what keeps its schedule and stops is an alert."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_synthetic.config.settings import HistorySettings, Settings
from pytest_synthetic.history.alert_book import AlertBook
from pytest_synthetic.history.hearing import Hearing
from pytest_synthetic.history.store import SqlHistory
from pytest_synthetic.history.ticks import Ticks
from pytest_synthetic.history.windows import Windows
from pytest_synthetic.incidents.asking import Asking
from pytest_synthetic.incidents.backtest import past, tried
from pytest_synthetic.incidents.journeys import known_journeys
from pytest_synthetic.incidents.once import decide_once
from pytest_synthetic.incidents.pipelines import Pipelines
from pytest_synthetic.incidents.recalled import Recalled
from pytest_synthetic.incidents.replay import Replay
from pytest_synthetic.model.alerting import Incident, Policy
from pytest_synthetic.model.history import Span
from pytest_synthetic.model.journey import Schedule
from pytest_synthetic.model.maintenance import Maintenance
from pytest_synthetic.model.run import RunResult
from pytest_synthetic.testing import FakeClock
from tests import rooms
from tests.runs import NOON, a_run
from tests.watching import a_plan

CHECKOUT = "test_shop.test_checkout"
HOURLY = Schedule(every=3600.0, spread=False)
DAILY = Schedule(cron="0 7 * * *", spread=False)
WEEKLY = Schedule(cron="0 7 * * 1", spread=False)
HOUR, DAY = 60.0, 24 * 60.0


def runs(*minutes: float, schedule: Schedule | None = HOURLY, **changed: Any) -> list[RunResult]:
    return [a_run(minutes=minute, schedule=schedule, **changed) for minute in minutes]


def hourly(hours: int = 30, *, late: float = 12.0, until: int = 0) -> list[RunResult]:
    """One in each hour up to so many hours after NOON, as late as GitHub's are."""
    return runs(*(HOUR * number + late + number % 3 for number in range(until - hours, until + 1)))


def ticked(hour: int) -> RunResult:
    """The run of a scheduler at that hour after NOON."""
    return a_run(
        minutes=HOUR * hour,
        schedule=HOURLY,
        scheduled_at=f"2026-03-{1 + (12 + hour) // 24:02}T{(12 + hour) % 24:02}:00:00.000Z",
    )


def failed(at: float) -> RunResult:
    """One that began so many minutes after the 46th hour."""
    return a_run("failed", minutes=46 * HOUR + at - 0.1, schedule=HOURLY)


class Room(rooms.Room):
    """An alerter that is not patient."""

    patience = timedelta(0)

    def at(self, number: float, *recorded: RunResult) -> list[str]:
        """The turns of incidents of which it tells when so many minutes after NOON these were recorded."""
        return [told.split()[2].rstrip(":") for told in super().at(number, *recorded)]

    def incidents(self) -> list[Incident]:
        return self.book.incidents(NOON - timedelta(days=60))


class Slow(FakeClock):
    """Whatever is done takes a second."""

    def monotonic(self) -> float:
        self.advance(1.0)
        return super().monotonic()


@pytest.fixture
def enter(history: SqlHistory, tmp_path: Path) -> Iterator[Callable[..., Room]]:
    """A room in which these runs are known already, the last of them a moment ago."""
    made: list[Room] = []

    def enter(known: list[RunResult], **settings: Any) -> Room:
        history.record(known)
        made.append(Room(history, tmp_path, Settings(**settings)))
        made[-1].at(20)
        return made[-1]

    yield enter
    for room in made:
        room.alerter.close(0)


def test_a_pipeline_that_kept_its_schedule_and_stops_is_an_alert(enter: Callable[..., Room]) -> None:
    room = enter(hourly())

    assert room.at(2 * HOUR + 41) == []  # two hours after 12:12, and half of one
    assert room.at(2 * HOUR + 43) == ["opened"]
    (incident,) = room.incidents()
    assert incident.cases[0].problem.kind == "missed"
    assert incident.entries[0].why == (
        "Checkout: eu-west: nothing was heard from the pipeline that runs it since 2026-03-01 12:12 UTC"
    )
    assert room.at(5 * HOUR, *runs(3 * HOUR, 4 * HOUR)) == ["resolved"]


@pytest.mark.parametrize(
    ("known", "schedule"),
    [
        pytest.param([-9, -6, -4, -1, 0], Schedule(every=300.0), id="half an hour of work on a laptop"),
        pytest.param([-HOUR * hour for hour in (52, 50, 49, 30, 27, 26, 4, 3, 1, 0)], HOURLY, id="pull requests"),
        pytest.param([-HOUR * hour for hour in range(30)], None, id="no schedule"),
        pytest.param([-HOUR * hour for hour in range(30)], Schedule(every=10.0), id="no pipeline is so quick"),
        pytest.param([-DAY, 0], DAILY, id="a pipeline of two days"),
    ],
)
def test_who_promised_nothing_may_be_silent(
    enter: Callable[..., Room], known: list[float], schedule: Schedule | None
) -> None:
    room = enter(runs(*known, schedule=schedule))

    assert [room.at(DAY * day) for day in (1, 2, 3, 9)] == [[]] * 4


def test_one_of_two_regions_is_silent(enter: Callable[..., Room]) -> None:
    room = enter([*hourly(), *(replace(run, run_id=f"us{run.run_id}", region="us") for run in hourly())])

    assert room.at(3 * HOUR, *runs(HOUR, 2 * HOUR, 3 * HOUR, region="us")) == ["opened"]
    (incident,) = room.incidents()
    assert incident.cases[0].problem.regions == ("eu-west",)


def test_whoever_decides_after_a_restart_finds_the_same_and_says_it_once(enter: Callable[..., Room]) -> None:
    room = enter(hourly())
    room.begin()
    assert room.at(3 * HOUR) == ["opened"]
    room.begin()
    assert room.at(3 * HOUR + 1) == []


def test_in_maintenance_silence_is_held_and_told_when_it_ends(enter: Callable[..., Room]) -> None:
    away = Maintenance(
        name="move", start=NOON + timedelta(hours=1), end=NOON + timedelta(hours=6), journeys=("Checkout",)
    )
    room = enter(hourly(), maintenance={"move": away})

    assert room.at(5 * HOUR) == []
    assert room.at(6 * HOUR + 1) == ["opened"]


def test_hours_in_maintenance_are_no_holes(enter: Callable[..., Room]) -> None:
    away = Maintenance(name="move", start=NOON - timedelta(hours=18), end=NOON - timedelta(hours=8))
    kept = [run for run in hourly() if not away.start <= datetime.fromisoformat(run.started_at) < away.end]  # type: ignore[operator]
    room = enter(kept, maintenance={"move": away})

    assert room.at(3 * HOUR) == ["opened"]


def test_a_schedule_that_changed_counts_from_its_first_run(enter: Callable[..., Room]) -> None:
    room = enter(hourly())
    assert room.at(30, *runs(29, schedule=DAILY)) == []

    assert room.at(4 * HOUR) == []
    assert room.at(2 * DAY) == []


def test_the_newest_run_counts_also_when_it_is_not_read_yet(enter: Callable[..., Room], history: SqlHistory) -> None:
    room = enter(hourly())
    memory = room.alerter._memory
    assert memory
    history.record(runs(HOUR * 2))
    newest = AlertBook(history.engine).unread(memory.upto)[-1].number
    memory.upto = replace(memory.upto, above=memory.upto.above | {newest})  # as when 5,000 others come first

    assert room.at(3 * HOUR) == []
    assert room.at(5 * HOUR) == ["opened"]


def test_what_is_imported_each_night_is_not_called_silent_each_night(enter: Callable[..., Room]) -> None:
    room = enter(runs(-60 * DAY, schedule=None))
    for day in (1, 2, 3):
        night = [DAY * day - HOUR * hour for hour in range(3, 27)]
        assert room.at(DAY * day - 1) == []
        assert room.at(DAY * day, *runs(*night)) == []
        assert room.at(DAY * day + HOUR) == []


def test_an_alerter_that_was_away_tells_what_fell_silent_meanwhile(enter: Callable[..., Room]) -> None:
    room = enter(hourly())
    room.history.record(runs(HOUR))
    room.begin()

    assert room.at(5 * HOUR) == ["opened"]


def test_pipelines_that_stop_together_do_not_hold_up_a_page(enter: Callable[..., Room], history: SqlHistory) -> None:
    names = [f"test_shop.test_{number}" for number in range(5)]
    room = enter([replace(run, run_id=f"{run.run_id}{name}", journey=name) for name in names for run in hourly()])
    room.alerter._asking = Asking(Slow(now=NOON))
    room.clock.set(NOON + timedelta(hours=3))
    history.record(runs(179.0, 179.1, 179.2, 179.3, verdict="failed"))

    assert room.alerter.turn()
    known = {case.problem.journey: case.problem.kind for each in room.incidents() for case in each.cases}
    assert known == {CHECKOUT: "outage", names[0]: "missed"}
    room.at(3 * HOUR)
    assert {case.problem.journey for each in room.incidents() for case in each.cases} == {CHECKOUT, *names}


def test_a_weekly_pipeline_is_known_by_three_runs_and_not_forgotten_in_between(enter: Callable[..., Room]) -> None:
    monday = -5.5 * DAY + 7 * HOUR  # NOON is a Sunday
    room = enter(runs(*(monday - 7 * DAY * week for week in (2, 1, 0)), schedule=WEEKLY))
    room.at(21)
    assert room.at(7 * DAY + monday + 1, *runs(7 * DAY + monday, schedule=WEEKLY)) == []

    assert room.at(21 * DAY + monday) == []
    assert room.at(21 * DAY + monday + 4 * HOUR) == ["opened"]


def test_what_is_silent_for_a_week_more_counts_as_gone(enter: Callable[..., Room]) -> None:
    room = enter(hourly(), policies={"quiet": Policy(name="quiet", remind=False)})
    assert room.at(3 * HOUR) == ["opened"]

    assert room.at(6 * DAY) == []
    assert room.at(8 * DAY) == ["closed"]
    (incident,) = room.incidents()
    assert "does not run in eu-west any more" in incident.entries[-1].why
    assert incident.cases[0].gone
    assert room.book.states() == {}


def test_a_journey_that_is_retired_is_over_and_comes_back_when_it_runs(
    enter: Callable[..., Room], history: SqlHistory
) -> None:
    room = enter(hourly(200))
    assert room.at(3 * HOUR) == ["opened"]

    Hearing(history.engine).retire(CHECKOUT, ["eu-west"], room.clock.now())
    assert room.at(3 * HOUR + 11) == ["closed"]
    assert room.at(20 * HOUR) == []
    assert room.at(22 * HOUR, *runs(*(HOUR * hour for hour in range(21, 23)))) == []
    assert room.at(25 * HOUR) == ["opened"]


def test_a_scheduler_takes_over_from_a_pipeline_and_gives_back(enter: Callable[..., Room], url: str) -> None:
    room, ticks = enter(hourly()), Ticks(url)
    plan = a_plan(CHECKOUT, "eu-west", every=3600)
    ticks.watch([plan], NOON + timedelta(minutes=2 * HOUR + 20), regions=["eu-west"])
    told = [*room.at(2 * HOUR + 21), *room.at(2 * HOUR + 43), *room.at(3 * HOUR + 1, ticked(3))]  # the pipeline: 2:42
    told += [turn for hour in (4, 5) for turn in room.at(hour * HOUR + 1, ticked(hour))]
    ticks.watch([], NOON + timedelta(minutes=5 * HOUR + 30), regions=["eu-west"])
    told += [turn for hour in range(6, 40) for turn in room.at(hour * HOUR + 20, *runs(hour * HOUR + 12))]
    assert told == []
    assert room.at(41 * HOUR + 41) == []
    assert room.at(41 * HOUR + 43) == ["opened"]

    ticks.watch([plan], room.clock.now(), regions=["eu-west"])
    assert [*room.at(42 * HOUR, ticked(42)), *room.at(43 * HOUR, ticked(43))] == ["resolved"]
    assert room.at(45 * HOUR + 2) == ["opened"]  # it is killed, and a pipeline again, which fails
    assert room.at(46 * HOUR, *runs(45.5 * HOUR, 45.6 * HOUR, 45.7 * HOUR, verdict="failed")) == []
    Hearing(room.history.engine).retire(CHECKOUT, ["eu-west"], room.clock.now())
    ticks.close()
    after = [*room.at(46 * HOUR + 11), *(turn for at in (12, 13, 14) for turn in room.at(46 * HOUR + at, failed(at)))]
    assert after == ["closed", "opened"]


def test_alerts_run_finds_it_at_its_first_look(history: SqlHistory, url: str, tmp_path: Path) -> None:
    quarter = Schedule(every=900.0, spread=False)
    ago = (datetime.now(UTC) - NOON).total_seconds() / 60
    history.record(runs(*(ago - 50 - 15 * number for number in range(100)), schedule=quarter))
    settings = Settings(history=HistorySettings(url=url))
    said: list[str] = []

    decide_once(settings, tmp_path, history, patience=0.0, say=said.append)
    decide_once(settings, tmp_path, history, patience=0.0, say=said.append)
    assert [told.split()[2:5] for told in said] == [["opened:", "Checkout", "(eu-west),"]]


def test_a_replay_says_what_the_alerter_said(enter: Callable[..., Room], history: SqlHistory) -> None:
    policies = {"quiet": Policy(name="quiet", remind=False)}
    room = enter(hourly(200), policies=policies)
    told = [room.at(HOUR * hour + 5, *runs(HOUR * hour)) for hour in (1, 2)]
    told += [room.at(HOUR * hour + 5) for hour in (3, 4, 5)]
    told += [room.at(HOUR * hour + 5, *runs(HOUR * hour)) for hour in (9, 10, 11)]
    told += [room.at(HOUR * hour) for hour in (12, 13, 14, 20)]
    live = room.incidents()
    assert [turn for each in told for turn in each] == ["opened", "resolved", "opened"]

    book, facts, hearing = AlertBook(history.engine), history.journeys(), Hearing(history.engine)
    heard = list(book.replayed(NOON, room.clock.now()))
    known = known_journeys(room.settings, history, book, {}, room.clock.now())
    recalled = Recalled(heard, facts, NOON, hearing)
    known.pipelines = Pipelines(recalled, 35)
    replay = Replay(known, Windows((), facts))
    replay.run(heard, room.clock.now())
    assert [incident.cases[0].problem.kind for incident in replay.incidents.values()] == ["missed"] * len(live)
    assert [(spell.first_bad, spell.over is None) for spell in replay.spells] == [
        (incident.cases[0].problem.first_bad, incident.resolved is None) for incident in live
    ]

    span = Span(start=NOON, end=room.clock.now())
    found = tried(past(heard, {}, facts, (), span=span, away=Windows((), facts), recall=hearing), room.settings)
    assert found.overall.tickets == 2
