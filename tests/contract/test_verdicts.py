"""Verdicts that a newer version wrote, on both databases: they count as broken, and that is said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from pytest_synthetic.config.settings import HistorySettings, Settings
from pytest_synthetic.history import answers_gate, answers_owners, database, tables, writing
from pytest_synthetic.history.alert_book import AlertBook
from pytest_synthetic.history.excluding import exclusion
from pytest_synthetic.incidents.alerter import Alerter
from pytest_synthetic.model.alerting import Kind, Policy
from pytest_synthetic.model.history import Counts, Selection, Span
from pytest_synthetic.model.verdict import Verdict
from pytest_synthetic.testing.clock import FakeClock
from tests.incidents import minutes
from tests.runs import NOON, a_run, a_step

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.history.store import SqlHistory

PASSED, NEWER = a_run(minutes=1), a_run("failed", minutes=2, steps=(a_step(owner="psp", sla=2.0),), reason="why not")
ALL = Selection(since=NOON, until=minutes(60))
SAID = (
    "the history has a verdict that this version does not know: 'flaky'. Such runs count as broken. A newer version wrote "
    "them: update pytest-synthetic here"
)


def written(history: SqlHistory) -> None:
    """Two runs, one of them and its step as a version writes them that knows one verdict more."""
    history.record([PASSED, NEWER])
    run, step, record = tables.run, tables.step, tables.record
    told = NEWER.to_json()
    told["verdict"] = told["steps"][0]["verdict"] = "flaky"
    with database.writing(history.engine) as connection:
        number = connection.scalar(select(run.c.id).where(run.c.run_id == NEWER.run_id))
        connection.execute(update(run).where(run.c.id == number).values(verdict="flaky"))
        connection.execute(update(step).where(step.c.run == number).values(verdict="flaky"))
        connection.execute(update(record).where(record.c.id == number).values(zlib=writing.packed(told)))


def test_all_that_is_asked_takes_it_for_broken(history: SqlHistory, tmp_path: Path) -> None:
    written(history)
    assert history.verdicts.complaint is None
    both = Counts(passed=1, broken=1)
    away = exclusion(Settings(), tmp_path, history)

    assert history.counts(ALL) == {(): both}
    assert history.verdicts.complaint == SAID
    assert [run.verdict for run in history.runs(ALL)] == [Verdict.BROKEN, Verdict.PASSED]
    run = history.run(NEWER.run_id)
    assert run == replace(NEWER, verdict=Verdict.BROKEN, steps=(replace(NEWER.steps[0], verdict=Verdict.BROKEN),))
    (psp,) = [row for row in answers_owners.rows(history, ALL, minutes(60))[0] if row.owner == "psp"]
    assert (psp.kept, psp.late, psp.failed, psp.share) == (0, 0, 0, None)
    session = answers_gate.of_session(history, NEWER.session_id, NOON, away)
    assert session.part(NEWER.journey, Span(start=NOON, end=minutes(60))) == both
    assert [told["verdict"] for told in history.records(ALL)] == ["passed", "flaky"]


def test_days_that_are_left_take_it_for_broken(history: SqlHistory) -> None:
    written(history)
    history.prune(HistorySettings(keep_days=1, keep_daily_days=30), minutes(3 * 24 * 60))
    days = Selection(since=minutes(-12 * 60), until=minutes(12 * 60))
    assert history.day_counts(days) == {(): Counts(passed=1, broken=1)}
    assert history.verdicts.complaint == SAID


def test_alerts_go_on_and_tell_of_it_as_of_a_broken_monitor(history: SqlHistory, tmp_path: Path) -> None:
    settings, clock = Settings(policies={"once": Policy(name="once", failures=1)}), FakeClock(now=NOON)
    said: list[str] = []
    alerter = Alerter(history, settings, root=tmp_path, clock=clock, redact=str, say=said.append, wake=lambda: None)
    alerter.turn()
    written(history)
    for minute in (3, 5):
        clock.set(minutes(minute))
        while alerter.turn():
            pass
        history.record([a_run("failed", minutes=minute + 1)])

    assert [told.partition(": ")[2] for told in said] == [
        "Checkout (eu-west), broken: why not",
        "Checkout (eu-west), outage",
    ]
    assert history.verdicts.complaint == SAID
    assert {case.problem.kind for each in AlertBook(history.engine).incidents() for case in each.cases} == {
        Kind.BROKEN,
        Kind.OUTAGE,
    }
    alerter.close(0)
