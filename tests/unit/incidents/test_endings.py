"""What the history says of an incident that is over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic.history import store
from pytest_synthetic.history.alert_book import AlertBook
from pytest_synthetic.incidents.endings import ended
from pytest_synthetic.model.alerting import Ending, Entry, Kind, Turn
from tests.incidents import a_case, a_problem, an_incident, minutes
from tests.runs import a_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.model.alerting import Incident

JOURNEY = "test_shop.test_checkout"


@pytest.fixture
def history(tmp_path: Any) -> Iterator[SqlHistory]:
    opened = store.opened(f"sqlite:///{tmp_path}/history.db")
    yield opened
    opened.close()


def told(history: SqlHistory, incident: Incident) -> Ending | None:
    return ended(incident, AlertBook(history.engine)).cases[0].ending


def over(kind: Kind = Kind.OUTAGE, **changed: Any) -> Incident:
    """From minute 0 to 10."""
    problem = a_problem(JOURNEY, kind, first_bad=minutes(0), regions=("eu",))
    case = a_case(JOURNEY, kind, problem=problem, ever=("eu", "us"), resolved=minutes(10))
    return an_incident("abcd1234", case, **{"began": minutes(0), "resolved": minutes(10), **changed})


def record(history: SqlHistory, verdicts: str, region: str = "eu", **more: Any) -> None:
    """A run a minute, from the minute before it began."""
    names = {"p": "passed", "f": "failed", "d": "degraded", "b": "broken"}
    history.record(
        [a_run(names[each], minutes=minute, region=region, **more) for minute, each in enumerate(verdicts, -1)]
    )


def test_bad_runs_are_counted_in_all_regions_that_were_bad_and_good_ones_from_the_last_bad_one_on(
    history: SqlHistory,
) -> None:
    record(history, "pffbpfdp", region="eu")
    record(history, "pppfpppp", region="us")
    record(history, "pppffffff", region="elsewhere")
    record(history, "fffffffff", journey="other")

    assert told(history, over()) == Ending(failed=4, said=13, good_since=minutes(5))


@pytest.mark.parametrize(
    ("kind", "verdicts", "ending"),
    [
        (Kind.DEGRADED, "pddpp", Ending(failed=2, said=4, good_since=minutes(2))),
        (Kind.BROKEN, "pbbfp", Ending(failed=2, said=4, good_since=minutes(2))),
        (Kind.OUTAGE, "pffb", Ending(failed=2, said=2, good_since=None)),
        (Kind.OUTAGE, "ppp", None),
        (Kind.UNDELIVERED, "pff", None),
    ],
)
def test_good_and_bad_are_as_the_kind_has_them_and_what_is_not_known_is_not_said(
    history: SqlHistory, kind: Kind, verdicts: str, ending: Ending | None
) -> None:
    record(history, verdicts)

    assert told(history, over(kind)) == ending


def test_of_what_came_back_runs_are_counted_since_then(history: SqlHistory) -> None:
    record(history, "pfffppfpp")
    back = Entry(at=minutes(5), what=Turn.REOPENED.value, why="")
    again = over(entries=(back,), began=minutes(0))
    case = replace(again.cases[0], problem=replace(again.cases[0].problem, first_bad=minutes(5)))

    assert told(history, replace(again, cases=(case,))) == Ending(failed=1, said=3, good_since=minutes(6))


def test_of_what_stands_nothing_is_read(history: SqlHistory) -> None:
    incident = over(resolved=None)

    assert ended(incident, AlertBook(history.engine)) is incident


def test_a_history_that_cannot_be_read_holds_up_no_letter(history: SqlHistory) -> None:
    book = AlertBook(history.engine)
    with history.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE run RENAME TO gone")

    assert ended(over(), book) == over()
