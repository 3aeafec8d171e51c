"""What production does to a watcher: clocks, disks, locks, deaths. Each tick has one record all the same."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.config.settings import ConfirmSettings
from pytest_synthetic.core import unrun
from pytest_synthetic.model.verdict import Verdict
from pytest_synthetic.scheduler.dispatch import Finished, Replanned
from pytest_synthetic.scheduler.pulse import OVERLAP
from tests.accounts import accounted, runs_of
from tests.watching import NOON, Room, a_plan, outcome

if TYPE_CHECKING:
    from collections.abc import Callable

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PLANS = (a_plan(), a_plan("search", "us", every=120), a_plan("pay", cron="*/5 * * * *"))
QUICK = (a_plan(every=10), a_plan("search", "us"))


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///").partition("?")[0])


def parts_of(url: str) -> list[Path]:
    file = file_of(url)
    return sorted(file.parent.glob(f"{file.name}*"))


def troubles(room: Room) -> list[str]:
    return [f"{each.what}: {each.why}" for each in room.pulse.report(room.clock.now()).troubles]


# -- clocks ----------------------------------------------------------------------------------------------------------


def slept(room: Room) -> None:
    room.clock.advance(6 * 3600)


def ahead(room: Room) -> None:
    room.clock.set(room.clock.now() + HOUR)


def back(room: Room) -> None:
    room.clock.set(room.clock.now() - HOUR)


def ahead_and_back(room: Room) -> None:
    ahead(room)
    room.live(300, step=30)
    back(room)


@pytest.mark.parametrize("trouble", [slept, ahead, back, ahead_and_back])
def test_whatever_the_clock_does_each_tick_has_one_record(url: str, trouble: Callable[[Room], None]) -> None:
    room = Room(url, *PLANS)
    room.live(120, step=30)
    trouble(room)
    before = len(room.desk.taken)
    room.after(1)
    assert len(room.desk.taken) <= before + len(PLANS)  # no storm
    room.finish_all()
    room.live(4200, step=30)
    room.after(1)

    assert accounted(runs_of(url), PLANS, NOON, room.clock.now()).keys() <= {"passed", "missed"}
    assert len(room.desk.taken) > before + 5


@pytest.mark.parametrize("again", [False, True])
def test_a_clock_that_was_a_day_ahead_silences_nothing(url: str, again: bool) -> None:
    """A machine starts, its clock is set right: what was missed in a future that has not come was not missed."""
    room = Room(url, *PLANS)
    room.live(60, step=30)
    room.clock.set(NOON + timedelta(days=1))
    room.live(120, step=30)
    assert any(run.scheduled_at == unrun.stamp(NOON + HOUR) for run in runs_of(url))
    if again:
        room = Room(url, *PLANS, now=NOON + 5 * MINUTE)
    else:
        room.clock.set(NOON + 5 * MINUTE)
        room.after(1)
    before = len(room.desk.taken)
    room.live(1200, step=30)
    room.after(1)

    assert len(room.desk.taken) >= before + 30
    at = NOON + 6 * MINUTE
    assert accounted(runs_of(url), PLANS, at, room.clock.now()).keys() == {"passed"}
    future = [run for run in runs_of(url) if str(run.scheduled_at) > unrun.stamp(room.clock.now())]
    assert {run.verdict.value for run in future} == {"passed"}  # these ran, whatever the clock showed


@pytest.mark.parametrize("day", [datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 10, 24, 21, tzinfo=UTC)])
def test_when_clocks_change_in_europe_each_tick_runs_once(url: str, day: datetime) -> None:
    plans = (a_plan(cron="30 2 * * *"), a_plan("hourly", cron="15 * * * *"), a_plan("often", every=1800))
    room = Room(url, *plans, now=day)
    room.live(8 * 3600, step=300)
    room.after(1)

    assert accounted(runs_of(url), plans, day, room.clock.now()) == {"passed": 1 + 8 + 16}


# -- the history -----------------------------------------------------------------------------------------------------


def removed(url: str) -> None:
    for part in parts_of(url):
        part.unlink()


def damaged(url: str) -> None:
    removed(url)
    file_of(url).write_bytes(b"no database" * 1000)


@pytest.mark.parametrize("harm", [removed, damaged])
@pytest.mark.parametrize("idle", [False, True])
def test_a_history_that_is_gone_is_begun_anew_and_watching_goes_on(
    url: str, harm: Callable[[str], None], idle: bool
) -> None:
    room = Room(url, *QUICK)
    room.live(50)
    if not idle:
        room.after(10)
    since = room.clock.now()
    harm(url)
    room.finish_all()
    room.live(130)
    room.after(1)

    assert len([told for told in room.said if "A new history" in told or "a new history begun" in told]) == 1
    assert troubles(room) == []
    assert accounted(runs_of(url), QUICK, since, room.clock.now())["passed"] >= 12
    again = Room(url, *QUICK, now=room.clock.now() + MINUTE)
    again.live(30)
    accounted(runs_of(url), QUICK, since, room.clock.now() + MINUTE)


def test_a_history_that_is_put_back_from_a_copy_takes_up_from_there(url: str, tmp_path: Path) -> None:
    room = Room(url, *QUICK)
    room.live(70)
    room.ticks.close()
    with closing(sqlite3.connect(file_of(url))) as connection:
        connection.execute("VACUUM INTO ?", (str(tmp_path / "copy.db"),))
    room.live(50)
    removed(url)
    shutil.move(tmp_path / "copy.db", file_of(url))
    at = room.clock.now()
    room.live(100)
    room.after(1)

    assert accounted(runs_of(url), QUICK, at, room.clock.now())["passed"] >= 10
    assert troubles(room) == []


def test_a_lock_of_half_a_minute_loses_nothing_and_is_said(url: str) -> None:
    room = Room(f"{url}?timeout=0.05", *QUICK)
    room.live(60)
    room.after(10)
    with closing(sqlite3.connect(file_of(url))) as other:
        other.execute("BEGIN EXCLUSIVE")
        room.finish_all()
        room.live(30, step=2)
        assert any("database is locked" in told for told in troubles(room))
        assert any("database is locked" in told for told in room.said)
    room.live(60)
    room.after(1)

    assert troubles(room) == []
    verdicts = accounted(runs_of(url), QUICK, NOON, room.clock.now())
    missed = [run for run in runs_of(url) if run.verdict == "missed"]
    assert {str(run.reason).partition(": ")[2][:33] for run in missed} == {"the history could not be reached "}
    assert verdicts["missed"] == len(missed) == 2
    assert not list(file_of(url).parent.glob("*.waiting.jsonl"))


def test_what_waits_beside_the_history_goes_in_though_nothing_else_ends(url: str) -> None:
    room = Room(f"{url}?timeout=0.05", a_plan(every=3600))
    room.after(3600)
    with closing(sqlite3.connect(file_of(url))) as other:
        other.execute("BEGIN EXCLUSIVE")
        room.finish_all()
    assert runs_of(url) == []
    for _ in range(10):
        room.after(2)

    assert [run.verdict.value for run in runs_of(url)] == ["passed"]


# -- deaths ----------------------------------------------------------------------------------------------------------


def test_a_watcher_that_starts_soon_after_tells_nothing_as_missed_that_ran(url: str) -> None:
    Room(url, *QUICK).live(55)
    again = Room(url, *QUICK, now=NOON + timedelta(seconds=56))
    again.live(20)

    assert {run.verdict.value for run in again.runs} == {"passed"}
    assert again.pulse.report(again.clock.now()).missed == ()
    assert accounted(runs_of(url), QUICK).keys() == {"passed"}


def test_a_run_that_nobody_saw_start_was_not_late(url: str) -> None:
    """A record that stands in for it says nothing of when it began."""
    room = Room(url, a_plan())
    room.after(60)
    job = room.desk.taken[0]
    room.desk.events.put(Finished(outcome=outcome(job, Verdict.PASSED, room.clock.now() + MINUTE)))
    room.after(1)
    assert sum(room.pulse.report(room.clock.now()).late) == 1

    stand_in = unrun.broken(job.plan, NOON + 2 * MINUTE, NOON + HOUR, "interrupted: a process ended while it ran")
    room.watching._deliveries.ran([stand_in])
    assert sum(room.pulse.report(room.clock.now()).late) == 1


def test_an_overlap_is_known_as_one_whatever_its_words_are(url: str) -> None:
    room = Room(url, a_plan(every=10))
    room.after(10)
    room.after(10)

    assert room.pulse.report(room.clock.now()).regions["eu"].missed == {OVERLAP: 1}


# -- who leads, and repeats ------------------------------------------------------------------------------------------


def test_of_two_watchers_each_may_lead_in_a_region(url: str) -> None:
    """If they waited for each other, nothing would run anywhere."""
    plans = (a_plan(every=10), a_plan(region="us", every=10))
    one, other = Room(url, *plans), Room(url, *plans)
    one.watching.lead(leads=True, regions=["eu"])
    other.watching.lead(leads=True, regions=["us"])
    for _ in range(30):
        one.live(5)
        other.live(5)
    assert {job.plan.region for job in one.desk.taken} == {"eu"}
    assert {job.plan.region for job in other.desk.taken} == {"us"}

    one.watching.lead(leads=True, regions=["eu", "us"])
    other.watching.lead(leads=False)
    for _ in range(30):
        one.live(5)
        other.live(5)
    one.after(1)
    assert accounted(runs_of(url), plans, NOON, NOON + 4 * MINUTE).keys() == {"passed"}


def test_a_region_that_comes_with_an_edit_is_watched_when_it_is_led(url: str) -> None:
    room = Room(url, a_plan())
    room.desk.events.put(Replanned(plans=(a_plan(), a_plan(region="ap"))))
    room.after(1)
    assert "ap" in room.watching.regions
    room.watching.lead(leads=True, regions=room.watching.regions)
    room.live(180)

    assert {job.plan.region for job in room.desk.taken} == {"eu", "ap"}


def test_a_repeat_waits_for_the_run_of_its_journey_there(url: str) -> None:
    room = Room(url, a_plan(), a_plan(region="us"), confirm=ConfirmSettings(other_region=True))
    room.after(60)
    here, there = sorted(room.desk.taken, key=lambda job: job.plan.region)
    room.begin(there)
    room.finish(here, Verdict.FAILED)
    room.after(1)
    assert len(room.desk.taken) == 2

    room.finish(there)
    room.after(1)
    assert [(job.plan.region, job.attempt) for job in room.desk.taken[2:]] == [("us", 2)]


# -- many, and none --------------------------------------------------------------------------------------------------


def test_very_many_journeys_of_which_some_find_no_room(url: str) -> None:
    plans = [a_plan(f"journey-{number}", every=3600) for number in range(2_000)]
    room = Room(url, *plans)
    room.desk.no_room = "2 others ran already"
    room.after(3600)
    assert len(room.watching._hands) == 2_000
    room.desk.no_room = None
    room.watching.wait()
    room.after(1)
    assert len(room.desk.taken) == 2_000
    room.after(306)

    assert len(runs_of(url)) == 2_000
    (note,) = room.board.notes
    assert note.endswith("were missed, 2026-03-01 13:00:00 to 2026-03-01 13:00:00 UTC: nobody began it in time")
    assert troubles(room) == []


def test_a_schedule_that_changes_between_two_ticks(url: str) -> None:
    room = Room(url, a_plan(every=60))
    room.live(100)
    room.desk.events.put(Replanned(plans=(a_plan(every=10),)))
    changed = room.clock.now()
    room.live(100)
    room.after(1)

    runs = runs_of(url)
    assert accounted(runs, [a_plan(every=60)], NOON, changed) == {"passed": 1}
    assert accounted(runs, [a_plan(every=10)], changed + timedelta(seconds=5), room.clock.now()).keys() == {"passed"}


def test_when_no_journey_is_left_that_is_not_well(url: str) -> None:
    room = Room(url, a_plan())
    room.desk.events.put(Replanned(plans=()))
    room.after(60)

    assert room.pulse.report(room.clock.now()).wrong == ("there is no journey to watch",)
