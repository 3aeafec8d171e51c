"""What is kept of the parameters of runs and of their journeys, on both databases, and what is counted by it."""

from __future__ import annotations

from datetime import timedelta

from pytest_synthetic.history import answers_flakes, answers_owners
from pytest_synthetic.history.store import SqlHistory
from pytest_synthetic.model.history import Selection
from pytest_synthetic.model.journey import Schedule
from pytest_synthetic.model.run import RunResult
from tests.runs import NOON, a_run, a_step

ALL = Selection(first_attempts=False)


def with_card(card: str, verdict: str, minutes: float) -> RunResult:
    return a_run(
        verdict,
        minutes=minutes,
        nodeid=f"tests/test_shop.py::test_checkout[{card}]",
        parameters={"card": card},
        git_commit="c1",
        steps=(a_step(sla=3.0),),
    )


def test_a_card_that_always_fails_is_no_flake(history: SqlHistory) -> None:
    rounds = range(0, 50, 5)
    history.record(with_card("visa", "passed", minutes) for minutes in rounds)
    history.record(with_card("amex", "failed", minutes + 0.1) for minutes in rounds)

    (row,) = answers_flakes.rows(history, ALL)
    assert (row.changes, row.pairs) == (0, 18)
    assert {run.parameters for run in history.runs(ALL)} == {"visa", "amex"}


def test_a_run_stands_for_the_time_to_the_next_with_its_card(history: SqlHistory) -> None:
    for minutes in (0, 60, 120):
        history.record([with_card("visa", "passed", minutes), with_card("amex", "degraded", minutes + 0.1)])

    _, (part,) = answers_owners.rows(history, ALL, NOON + timedelta(minutes=180))
    assert part.silos == 3
    assert part.silo_minutes is not None
    assert round(part.silo_minutes) == 180


def test_an_older_run_in_between_hides_no_newer_one(history: SqlHistory) -> None:
    hourly, daily = Schedule(every=3600.0), Schedule(every=86400.0)
    history.record([a_run(minutes=10, schedule=hourly)])
    other = SqlHistory(history.engine)

    other.record([a_run(minutes=5, schedule=daily)])
    assert history.journeys()["test_shop.test_checkout"].schedule == hourly
    other.record([a_run(minutes=15, schedule=daily)])
    assert history.journeys()["test_shop.test_checkout"].schedule == daily
