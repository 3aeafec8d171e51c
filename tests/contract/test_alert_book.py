"""What alerts keep, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from pytest_synthetic.config.settings import HistorySettings
from pytest_synthetic.core.unrun import id_in_place_of
from pytest_synthetic.errors import UsageError
from pytest_synthetic.history import database, store, tables
from pytest_synthetic.history.alert_book import AlertBook, Overtaken, Saved, Upto
from pytest_synthetic.history.pruning import prune
from pytest_synthetic.model.verdict import Verdict
from tests.incidents import a_post, an_incident, minutes
from tests.runs import NOON, a_run

if TYPE_CHECKING:
    from pytest_synthetic.history.store import SqlHistory


def test_each_first_attempt_is_looked_at_once(history: SqlHistory) -> None:
    book = AlertBook(history.engine)
    assert book.upto() is None
    history.record([a_run("failed", minutes=1, device="phone"), a_run("failed", minutes=2, attempt=2)])
    upto = book.beginning(NOON)

    (heard,) = book.unread(upto)
    assert (heard.journey, heard.region, heard.device, heard.verdict) == (
        "test_shop.test_checkout",
        "eu-west",
        "phone",
        Verdict.FAILED,
    )
    assert heard.started == minutes(1)
    went_on, _ = book.save(Saved(upto=book.went_on(upto, [heard], settled=0)))
    assert went_on
    assert book.unread(went_on) == []
    assert book.upto() == went_on

    history.record([a_run(minutes=3)])
    (again,) = book.unread(went_on)
    assert again.started == minutes(3)


def test_a_run_is_heard_with_its_parameters(history: SqlHistory) -> None:
    nodeid = "test_shop.py::test_checkout[%s-eu-west]"
    history.record(
        [
            a_run(minutes=1, nodeid=nodeid % "visa", parameters={"card": "visa"}, device="iPhone 15"),
            a_run(minutes=2, nodeid=nodeid % "card1", parameters={"card": "<Card object at 0x7f>"}),
            a_run(minutes=3, nodeid=nodeid % "\0 \ud800", parameters={"card": "\0 \ud800"}),
            a_run(minutes=4),
        ]
    )
    book = AlertBook(history.engine)
    heard = book.unread(Upto(low=0))

    assert [each.variant for each in heard] == ["iPhone 15 · visa", "card1", "\ufffd \ufffd", ""]
    assert [*book.replayed(NOON, minutes(9))] == heard


@pytest.mark.parametrize("name", ['Kasse "Zürich", which ended', "\0 \ud800", "é" * 600])
def test_who_blocks_is_heard_as_its_own_runs_are(history: SqlHistory, name: str) -> None:
    refund = {"journey": "refund", "blocked_by": name}
    history.record([a_run("failed", minutes=1, journey=name), a_run("blocked", minutes=2, **refund)])

    failed, blocked = AlertBook(history.engine).unread(Upto(low=0))
    assert (failed.blocked_by, blocked.blocked_by) == (None, failed.journey)


def test_what_lies_too_long_ago_is_not_looked_at_the_first_time(history: SqlHistory) -> None:
    book = AlertBook(history.engine)
    assert book.unread(book.beginning(NOON)) == []
    history.record([a_run("failed"), a_run("failed", minutes=60)])

    assert [heard.started for heard in book.unread(book.beginning(minutes(30)))] == [minutes(60)]
    assert book.unread(book.beginning(minutes(90))) == []


def test_on_a_server_a_row_that_is_seen_late_is_not_lost(postgres: str) -> None:
    """Of two transactions the one that took its number first may be seen last."""
    history = store.opened(postgres)
    book = AlertBook(history.engine)
    history.record([a_run(minutes=1), a_run(minutes=2), a_run(minutes=3)])
    first, second, third = book.unread(Upto(low=0))

    upto = book.went_on(Upto(low=0), [first, third], settled=0)
    assert book.unread(upto) == [second]
    later = book.went_on(upto, [second], settled=third.number)
    assert (later.low, later.above) == (third.number, frozenset())
    history.close()


def test_who_was_overtaken_writes_nothing(history: SqlHistory) -> None:
    book = AlertBook(history.engine)
    history.record([a_run(minutes=1)])
    upto = book.beginning(NOON)
    mine = book.went_on(upto, book.unread(upto), settled=0)
    book.save(Saved(upto=mine, incidents=[an_incident()], posts=[a_post()]))

    other = AlertBook(history.engine)
    with pytest.raises(Overtaken):
        other.save(Saved(upto=mine, incidents=[an_incident("other567")], posts=[a_post("k2")], states={"x": {"a": 1}}))
    assert [each.id for each in book.incidents()] == ["abcd1234"]
    assert [each.key for each in book.waiting()] == ["k1"]
    assert book.states() == {}


def test_what_is_known_of_journeys_is_kept_and_forgotten(history: SqlHistory) -> None:
    book = AlertBook(history.engine)
    book.save(Saved(states={"a": {"n": 1, "text": "nul \0 and half \ud800"}, "b": {"n": 2}}))
    book.save(Saved(states={"a": {"n": 3}, "b": None}))

    assert book.states() == {"a": {"n": 3}}


def test_incidents_are_found_while_they_stand_and_for_as_long_as_is_asked(history: SqlHistory) -> None:
    book = AlertBook(history.engine)
    over = an_incident("over1111", resolved=minutes(10), changed=minutes(10), opened=minutes(-5))
    book.save(Saved(incidents=[an_incident(), over]))

    assert [each.id for each in book.incidents()] == ["abcd1234"]
    assert [each.id for each in book.incidents(minutes(10))] == ["over1111", "abcd1234"]
    assert [each.id for each in book.incidents(minutes(11))] == ["abcd1234"]
    assert book.incident("over") == over
    with pytest.raises(UsageError, match=r"no incident begins with 'x'\. The newest are: over1111, abcd1234"):
        book.incident("x")


def test_a_letter_is_in_the_outbox_once_until_it_is_sent(history: SqlHistory) -> None:
    book = AlertBook(history.engine)
    _, (post,) = book.save(Saved(posts=[a_post()]))
    assert book.save(Saved(posts=[a_post()]))[1] == []
    assert book.waiting() == [post]

    tried = post._replace(tries=1, why="it answered 500", not_before=minutes(1))
    book.save(Saved(posts=[tried]))
    assert book.waiting() == [tried]

    sent = tried._replace(tries=2, why=None, ended=minutes(2))
    book.save(Saved(posts=[sent]))
    assert book.waiting() == []
    assert book.posts_of("abcd1234") == [sent]

    book.prune(NOON + timedelta(days=29))
    assert book.posts_of("abcd1234") == [sent]
    book.prune(NOON + timedelta(days=31))
    assert book.posts_of("abcd1234") == []


def test_records_that_are_not_there_are_left_out(history: SqlHistory) -> None:
    run = a_run("failed")
    history.record([run])

    assert AlertBook(history.engine).records([run.run_id, "nowhere"]) == {run.run_id: run}


def test_who_decides_without_a_run_is_overtaken_as_well(history: SqlHistory) -> None:
    book = AlertBook(history.engine)
    mine, _ = book.save(Saved(upto=book.beginning(NOON)))
    book.save(Saved(upto=mine, incidents=[an_incident(resolved=minutes(10), changed=minutes(10))]))

    with pytest.raises(Overtaken):
        book.save(Saved(upto=mine, incidents=[an_incident()]))
    assert book.incidents() == []


@pytest.mark.parametrize("text", ['{"x', '{"x": 1}', "[]", '{"low": null, "above": []}'])
def test_what_cannot_be_read_is_left_out_and_the_rest_is_there(history: SqlHistory, text: str) -> None:
    book = AlertBook(history.engine)
    history.record([a_run(minutes=1)])
    book.save(Saved(upto=book.beginning(NOON), states={"a": {"n": 1}, "b": {"n": 2}}, incidents=[an_incident("bad")]))
    book.save(Saved(incidents=[an_incident()]))
    with database.writing(history.engine) as connection:
        connection.execute(update(tables.about).where(tables.about.c.name == "alerts_upto").values(value=text))
        connection.execute(update(tables.alert_state).where(tables.alert_state.c.journey == "a").values(told="{"))
        connection.execute(update(tables.incident).where(tables.incident.c.id == "bad").values(told=text))

    assert book.states() == {"b": {"n": 2}}
    assert [each.id for each in book.incidents()] == ["abcd1234"]
    assert book.unreadable == {"bad"}
    assert book.upto() is None
    assert len(book.unread(book.beginning(NOON))) == 1
    book.save(Saved(upto=book.beginning(NOON)))
    assert book.upto()


def test_a_run_in_place_of_its_stand_in_is_looked_at_although_it_has_its_number(history: SqlHistory) -> None:
    book, at = AlertBook(history.engine), "2026-03-01T12:01:00.000Z"
    run = a_run("failed", minutes=1, scheduled_at=at)
    history.record([a_run(), replace(run, run_id=id_in_place_of(run), verdict=Verdict.MISSED)])
    upto = book.beginning(NOON)
    book.save(Saved(upto=book.went_on(upto, book.unread(upto), settled=0)))

    history.record([run])
    went_on = book.upto()
    assert went_on
    assert [heard.run_id for heard in book.unread(went_on)] == [run.run_id]


def test_after_all_runs_were_removed_new_ones_are_looked_at(history: SqlHistory) -> None:
    book = AlertBook(history.engine)
    history.record([a_run(minutes=minute) for minute in range(5)])
    upto = book.beginning(NOON)
    book.save(Saved(upto=book.went_on(upto, book.unread(upto), settled=5)))
    prune(history.engine, HistorySettings(), NOON + timedelta(days=500))

    later = a_run(minutes=500 * 24 * 60)
    history.record([later])
    went_on = book.upto()
    assert went_on
    assert [heard.run_id for heard in book.unread(went_on)] == [later.run_id]
