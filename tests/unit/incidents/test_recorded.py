"""What is told of a run is of the run that is named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic.history import store
from pytest_synthetic.history.alert_book import AlertBook
from pytest_synthetic.incidents.cases import case_of, in_a_line, up_to_date
from pytest_synthetic.incidents.recorded import recorded
from pytest_synthetic.model.alerting import Kind, Notice, Turn
from pytest_synthetic.model.evidence import Artifact
from pytest_synthetic.model.run import Measurement
from tests.incidents import a_case, a_problem, an_incident
from tests.runs import NOON, a_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.model.alerting import Case
    from pytest_synthetic.model.run import RunResult


@pytest.fixture
def history(tmp_path: Any) -> Iterator[SqlHistory]:
    opened = store.opened(f"sqlite:///{tmp_path}/history.db")
    yield opened
    opened.close()


def bad(number: int, verdict: str = "failed") -> RunResult:
    shot = Artifact(name="screenshot", media_type="image/png", path=f"evidence/r{number}/a.png", size=1, sha256="0")
    sms = Measurement(name="otp", value=1.0, unit="s", labels={"carrier": f"carrier {number}"})
    return a_run(verdict, minutes=number, run_id=f"r{number}", artifacts=(shot,), measurements=(sms,))


def known(history: SqlHistory, *runs: RunResult, kind: Kind = Kind.OUTAGE) -> Case:
    """What is told of a case that opened at the first of the runs, and whose newest bad run is the last of them."""
    history.record(runs)
    first, newest = a_problem(kind=kind, run_id=runs[0].run_id), a_problem(kind=kind, run_id=runs[-1].run_id)
    incident = an_incident("abcd1234", case_of(first, None, runs[0]))
    return recorded(up_to_date(incident, {("checkout", kind): newest}), AlertBook(history.engine)).cases[0]


def test_evidence_is_of_the_run_that_is_named(history: SqlHistory) -> None:
    case = known(history, bad(1), bad(2))

    assert (case.problem.run_id, case.evidence) == ("r2", "evidence/r2")
    assert case.carriers == ("carrier 1", "carrier 2")


def test_that_of_an_earlier_run_is_not_told_of_one_that_has_none(history: SqlHistory) -> None:
    assert known(history, bad(1), replace(bad(2), artifacts=())).evidence is None


def test_a_history_that_cannot_be_read_holds_up_no_letter(history: SqlHistory) -> None:
    incident = an_incident("abcd1234", a_case())
    book = AlertBook(history.engine)
    with history.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE record RENAME TO gone")

    assert recorded(incident, book) is incident


def test_what_a_good_run_left_is_no_evidence_of_silence(history: SqlHistory) -> None:
    assert known(history, bad(1, "passed"), kind=Kind.MISSED).evidence is None


def test_beside_the_watcher_what_was_not_seen_to_be_well_is_not_called_resolved() -> None:
    told = in_a_line(Notice(Turn.RESOLVED, an_incident("abcd1234", a_case(gone=True, resolved=NOON)), NOON))

    assert told.startswith("page abcd1234 closed: Checkout (eu), outage, not seen to be well again")
