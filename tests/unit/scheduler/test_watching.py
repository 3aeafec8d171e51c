from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from pytest_synthetic.config.settings import ConfirmSettings
from pytest_synthetic.history import store
from pytest_synthetic.model.verdict import Fault, Verdict
from pytest_synthetic.scheduler.dispatch import Finished, Lost, Refused, Replanned
from tests.watching import NOON, Room, a_plan, outcome

if TYPE_CHECKING:
    from pathlib import Path


def test_a_tick_is_handed_on_once_when_it_comes(url: str) -> None:
    room = Room(url, a_plan())
    assert room.desk.taken == []

    room.after(60)
    room.after(1)

    (job,) = room.desk.taken
    assert (job.plan.key, job.at) == (("checkout", "eu"), NOON + timedelta(seconds=60))


def test_what_came_of_it_is_in_the_history_and_the_runner_may_forget_it(url: str) -> None:
    room = Room(url, a_plan())
    room.after(60)
    (job,) = room.desk.taken
    room.begin(job)
    room.finish(job)
    room.after(0.1)

    assert room.verdicts() == {"12:01:00": "passed"}
    assert room.desk.delivered_jobs == [job]
    assert room.ticks.going_on() == []


def test_a_tick_that_finds_its_journey_still_running_is_missed_and_says_so(url: str) -> None:
    room = Room(url, a_plan())
    room.after(60)
    (job,) = room.desk.taken
    room.begin(job)
    room.after(60)

    assert room.desk.taken == [job]
    assert room.verdicts() == {"12:02:00": "missed"}
    assert room.runs[0].reason == "the run of 12:01:00 UTC still went on"

    room.finish(job)
    room.after(60)
    assert len(room.desk.taken) == 2


def test_a_run_that_waits_for_room_too_long_is_missed_and_says_for_what(url: str) -> None:
    room = Room(url, a_plan())
    room.desk.no_room = "2 others ran already"
    room.after(60)
    room.after(29)
    assert room.runs == []
    room.after(2)

    assert room.desk.taken == []
    assert [(run.verdict, run.reason) for run in room.runs] == [("missed", "it waited too long: 2 others ran already")]


def test_after_a_night_asleep_the_newest_tick_runs_and_all_others_are_missed(url: str) -> None:
    room = Room(url, a_plan())
    room.after(60)
    room.finish(room.desk.taken[0])
    room.after(3600)
    for _ in range(3):
        room.after(0.1)

    assert [job.at for job in room.desk.taken] == [NOON + timedelta(minutes=1), NOON + timedelta(minutes=61)]
    assert sum(verdict == "missed" for verdict in room.verdicts().values()) == 59
    (note,) = room.board.notes
    assert note.startswith("59 ticks of Checkout were missed, 2026-03-01 12:02:00 to 2026-03-01 13:00:00 UTC: ")
    assert "the machine slept" in note


def test_ticks_of_a_watcher_that_died_are_accounted_for_by_the_next(url: str) -> None:
    first = Room(url, a_plan(), a_plan("search"))
    first.after(60)
    running, waiting = first.desk.taken
    first.begin(running)

    second = Room(url, a_plan(), a_plan("search"))
    second.clock.advance(90)
    with store.opened(url).engine.begin() as connection:
        connection.execute(text("UPDATE tick SET until_ms = until_ms - 60000"))  # the database has a clock of its own
    for _ in range(10):
        second.after(8)

    told = {(run.journey, run.scheduled_at): (run.verdict, run.reason) for run in second.runs}
    at = "2026-03-01T12:01:00.000Z"
    assert told[running.plan.spec.id, at][0] == "broken"
    assert "ended while it ran" in str(told[running.plan.spec.id, at][1])
    assert told[waiting.plan.spec.id, at][0] == "missed"
    assert all(job.at and job.at > NOON + timedelta(minutes=1) for job in second.desk.taken)


def test_two_watchers_never_run_one_tick_twice(url: str) -> None:
    one, two = Room(url, a_plan()), Room(url, a_plan())
    for _ in range(5):
        one.after(60)
        two.after(60)
        for room in (one, two):
            for job in room.desk.taken:
                room.finish(job)

    assert len({job.at for job in one.desk.taken + two.desk.taken}) == len(one.desk.taken + two.desk.taken) == 5
    assert set(one.verdicts().values()) == {"passed"}


def test_whoever_does_not_lead_hands_out_nothing_and_takes_over_without_a_gap(url: str) -> None:
    room = Room(url, a_plan())
    room.watching.lead(leads=False)
    room.after(60)
    assert room.desk.taken == []

    room.watching.lead(leads=True)
    room.after(60)
    room.after(0.1)
    assert [job.at for job in room.desk.taken] == [NOON + timedelta(minutes=2)]
    assert room.verdicts() == {"12:01:00": "missed"}


def test_who_takes_over_knows_what_other_machines_run(url: str) -> None:
    first, second = Room(url, a_plan()), Room(url, a_plan())
    for room in (first, second):
        room.desk.outlives = True
    second.watching.lead(leads=False)
    first.after(60)
    (job,) = first.desk.taken
    first.begin(job)
    first.watching.lead(leads=False)  # what was given away is the next one's from now on
    first.after(0.1)
    second.watching.lead(leads=True)
    second.after(60)
    second.after(60)

    assert second.desk.taken == [], "the journey goes on, on another machine"
    assert set(second.verdicts().values()) == {"missed"}
    second.finish(job)
    second.after(60)
    assert second.verdicts()["12:01:00"] == "passed"
    assert len(second.desk.taken) == 1


def test_a_job_that_begins_after_its_scheduler_is_gone_is_known_to_the_next(url: str) -> None:
    first, second = Room(url, a_plan()), Room(url, a_plan())
    second.desk.outlives = True
    second.watching.lead(leads=False)
    first.after(60)
    (job,) = first.desk.taken
    second.watching.lead(leads=True)
    second.after(60)
    second.begin(job)
    second.after(61)

    assert job not in second.desk.taken
    second.finish(job)
    assert second.verdicts()["12:01:00"] == "passed"


def test_what_nobody_begins_is_missed(url: str) -> None:
    room = Room(url, a_plan())
    room.after(60)
    room.after(36)

    assert [(run.verdict, run.reason) for run in room.runs] == [("missed", "nobody began it in time")]


def test_what_is_refused_is_missed_with_the_reason(url: str) -> None:
    room = Room(url, a_plan())
    room.after(60)
    room.desk.events.put(Refused(job=room.desk.taken[0], reason="the agent has version 9"))
    room.after(0.1)

    assert [(run.verdict, run.reason) for run in room.runs] == [("missed", "the agent has version 9")]


def test_no_agent_at_all_is_a_reason_at_once(url: str) -> None:
    room = Room(url, a_plan())
    room.desk.nobody = "no agent of eu is alive"
    room.after(60)

    assert room.desk.taken == []
    assert [(run.verdict, run.reason) for run in room.runs] == [("missed", "no agent of eu is alive")]


def test_a_run_whose_runner_is_gone_is_broken_and_not_repeated(url: str) -> None:
    room = Room(url, a_plan(mutates=True))
    room.after(60)
    (job,) = room.desk.taken
    room.begin(job)
    room.desk.events.put(Lost(job=job, reason="its agent died"))
    room.after(0.1)

    (run,) = room.runs
    assert (run.verdict, run.fault, run.reason) == (Verdict.BROKEN, Fault.RUNNER, "its agent died")
    assert room.desk.taken == [job]


def test_a_run_that_says_nothing_after_its_limit_is_broken(url: str) -> None:
    room = Room(url, a_plan(every=3600))
    room.after(3600)
    room.begin(room.desk.taken[0])
    room.after(359)
    assert room.runs == []
    room.after(2)

    assert [run.verdict for run in room.runs] == ["broken"]


def test_a_clock_set_ahead_does_not_make_a_run_look_dead(url: str) -> None:
    room = Room(url, a_plan(every=7200))
    room.after(7200)
    room.begin(room.desk.taken[0])
    room.clock.set(room.clock.now() + timedelta(hours=1))
    room.after(0.1)

    assert room.runs == []


def test_the_real_record_replaces_what_was_written_in_its_place(url: str) -> None:
    room = Room(url, a_plan())
    room.after(60)
    (job,) = room.desk.taken
    room.after(36)
    assert room.verdicts() == {"12:01:00": "missed"}

    room.finish(job)
    assert room.verdicts() == {"12:01:00": "passed"}


def test_a_failed_run_is_repeated_where_confirm_says_and_counts_once(url: str) -> None:
    confirm = ConfirmSettings(same_region=True, other_region=True)
    room = Room(url, a_plan(region="eu"), a_plan(region="us", every=7200), confirm=confirm)
    room.after(60)
    (job,) = room.desk.taken
    room.finish(job, Verdict.FAILED)
    room.after(0.1)

    repeats = room.desk.taken[1:]
    assert [(each.plan.region, each.attempt, each.isolated) for each in repeats] == [("eu", 2, True), ("us", 2, True)]
    assert {each.confirms for each in repeats} == {job.id[::-1]}
    for each in repeats:
        room.finish(each, Verdict.FAILED)
    room.after(0.1)
    assert len(room.desk.taken) == 3  # a repeat is not repeated


@pytest.mark.parametrize(("allowed", "runs"), [(False, 1), (True, 2)])
def test_what_changes_production_is_repeated_only_where_that_is_allowed(url: str, allowed: bool, runs: int) -> None:
    room = Room(url, a_plan(mutates=True), confirm=ConfirmSettings(same_region=True, mutates=allowed))
    room.after(60)
    room.finish(room.desk.taken[0], Verdict.FAILED)
    room.after(0.1)

    assert len(room.desk.taken) == runs


def test_journeys_come_and_go(url: str) -> None:
    room = Room(url, a_plan())
    room.desk.events.put(Replanned(plans=(a_plan("search"),)))
    room.after(60)
    room.after(60)

    assert {job.plan.spec.id for job in room.desk.taken} <= {"search"}
    assert [line.plan.spec.id for line in room.board.lines()] == ["search"]


def test_while_the_history_is_away_nothing_runs_and_afterwards_it_is_said(url: str, tmp_path: Path) -> None:
    room = Room(url, a_plan())
    room.after(60)
    room.finish(room.desk.taken[0])
    room.ticks.close()
    (tmp_path / "history.db").rename(tmp_path / "away.db")
    (tmp_path / "history.db").mkdir()
    for _ in range(4):
        room.after(60)
    assert len(room.desk.taken) == 1
    assert any("history" in trouble.what for trouble in room.pulse.report(room.clock.now()).troubles)

    (tmp_path / "history.db").rmdir()
    (tmp_path / "away.db").rename(tmp_path / "history.db")
    for _ in range(3):
        room.after(3)
    assert [job.at for job in room.desk.taken[1:]] == [NOON + timedelta(minutes=5)]
    assert [run.reason for run in room.runs if "history could not be reached" in str(run.reason)]


def test_the_end_is_in_order(url: str) -> None:
    room = Room(url, a_plan(), a_plan("search"))
    room.after(60)
    running, other = room.desk.taken
    room.begin(running)
    room.begin(other)
    room.desk.no_room = "full"
    room.watching.plan((a_plan(), a_plan("search"), a_plan("third")))
    room.after(1)
    room.after(59)
    room.desk.left = [Finished(outcome=outcome(job, Verdict.BROKEN, room.clock.now())) for job in (running, other)]
    room.watching.stop()

    at = {(run.journey, str(run.scheduled_at)[14:16]): run.verdict for run in room.runs}
    assert (at["checkout", "01"], at["search", "01"]) == ("broken", "broken")
    assert (at["checkout", "02"], at["search", "02"], at["third", "02"]) == ("missed", "missed", "missed")
    assert room.ticks.going_on() == []
