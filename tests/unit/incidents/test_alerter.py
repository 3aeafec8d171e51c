"""From records in a history to incidents and letters, at a time that the tests set; nothing is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from pytest_synthetic.config.settings import HistorySettings, Settings
from pytest_synthetic.history import database, store, tables
from pytest_synthetic.history.ticks import Ticks
from pytest_synthetic.incidents.journeys import NEVER, silent_from
from pytest_synthetic.incidents.normal import normal_counts
from pytest_synthetic.model.alerting import Kind, Policy, Route, Severity, Turn
from pytest_synthetic.model.journey import Schedule
from pytest_synthetic.model.maintenance import Maintenance
from pytest_synthetic.model.run import Failure
from pytest_synthetic.model.verdict import Fault, Verdict
from tests import rooms
from tests.incidents import a_case, a_problem, an_incident, minutes
from tests.runs import NOON, a_run
from tests.watching import a_plan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_synthetic.model.run import RunResult

TWICE = Policy(name="twice", failures=2, regions=1)
ONCALL = Route(name="oncall", to=("http://127.0.0.1:9/hook",), secret="s" * 16)
KEEPERS = Route(
    name="keepers", to=("http://127.0.0.1:9/keepers",), on=(Verdict.BROKEN, Verdict.MISSED), secret="s" * 16
)


def failed(minutes: float, **changed: Any) -> RunResult:
    failure = Failure(
        type="AssertionError",
        message="no order",
        claim="expected the order's number, got nothing",
        fault=Fault.PRODUCT,
        reason="an assertion of the test",
        phase="call",
        step="pay",
        frame=None,
        fingerprint="f00d",
    )
    return a_run("failed", minutes=minutes, **{"failure": failure, **changed})


class Room(rooms.Room):
    """With routes and a policy, over a history of its own; it has had one turn."""

    def __init__(self, url: str, root: Path, **settings: Any) -> None:
        told: dict[str, Any] = {
            "alerts": {"oncall": ONCALL, "keepers": KEEPERS},
            "policies": {"twice": TWICE},
            **settings,
        }
        self.url = url
        super().__init__(store.opened(url), root, Settings(**told))
        self.alerter.turn()

    def at(self, number: float, *recorded: RunResult) -> list[str]:
        """What is told when so many minutes after NOON these were recorded, which came on their schedule."""
        runs = [each if each.scheduled_at else replace(each, scheduled_at=each.started_at) for each in recorded]
        told = super().at(number, *runs)
        return [each for each in told if "undelivered" not in each]  # nobody listens at the addresses

    def waiting(self) -> list[tuple[str, Turn]]:
        return [(post.route, post.turn) for post in self.book.waiting()]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/history.db"


@pytest.fixture
def room(url: str, tmp_path: Path) -> Iterator[Room]:
    made = Room(url, tmp_path)
    yield made
    made.alerter.close(0)
    made.history.close()


def test_what_fails_twice_becomes_an_incident_that_is_over_after_two_good_runs(room: Room) -> None:
    assert room.at(1, failed(1)) == []
    (opened,) = room.at(2, failed(2))
    assert "opened: Checkout (eu-west), outage: expected the order's number, got nothing" in opened
    assert room.waiting() == [("oncall", Turn.OPENED)]
    (incident,) = room.book.incidents()
    (case,) = incident.cases
    assert (case.name, case.owner, case.problem.step, case.problem.fingerprint) == (
        "Checkout",
        "payments",
        "pay",
        "f00d",
    )

    assert room.at(3, a_run(minutes=3)) == []
    (resolved,) = room.at(4, a_run(minutes=4))
    assert "resolved" in resolved
    assert room.book.incidents() == []
    assert room.waiting() == [("oncall", Turn.OPENED), ("oncall", Turn.RESOLVED)]


def test_a_card_that_always_fails_between_others_that_pass_is_told_by_name(room: Room) -> None:
    def of(card: str, minute: int) -> RunResult:
        make = failed if card == "amex" else lambda minutes, **changed: a_run(minutes=minutes, **changed)
        nodeid = f"test_shop.py::test_checkout[{card}-eu-west]"
        return make(minute, nodeid=nodeid, parameters={"card": card}, revenue_per_hour=600.0)

    cards = ("visa", "amex", "mastercard", "paypal")
    told = [
        line
        for minute in range(0, 20, 4)
        for at, card in enumerate(cards)
        for line in room.at(minute + at, of(card, minute + at))
    ]

    (opened,) = told
    assert "opened: Checkout [amex] (eu-west), outage" in opened
    (incident,) = room.book.incidents()
    problem = incident.cases[0].problem
    assert (problem.variants, problem.failed) == (("amex",), 4)
    assert problem.said >= 12  # so a quarter is at risk, not all
    assert "eu-west [amex]: 2 runs in a row failed" in incident.entries[0].why


def test_what_it_may_have_cost_counts_from_its_first_bad_run_and_is_known_when_it_is_over(room: Room) -> None:
    room.at(2, *(failed(minute, region=region, revenue_per_hour=600.0) for minute in (1, 2) for region in ("eu", "us")))
    room.at(4, *(a_run(minutes=minute, region="eu") for minute in (3, 4)), failed(4, region="us"))
    room.at(6, *(a_run(minutes=minute, region="us", revenue_per_hour=600.0) for minute in (5, 6)))

    (incident,) = room.book.incidents(NOON)
    (case,) = incident.cases
    assert (case.problem.first_bad, case.resolved, case.revenue_per_hour) == (minutes(1), minutes(6), 600.0)


def test_what_fails_on_is_counted_although_nobody_is_told_of_each_run(room: Room) -> None:
    room.at(2, failed(1), failed(2))
    assert room.at(5, failed(3), failed(4), failed(5)) == []

    (incident,) = room.book.incidents()
    problem = incident.cases[0].problem
    assert (problem.failed, problem.said) == (5, 5)


def test_after_a_restart_what_fails_on_is_counted_too(room: Room) -> None:
    others = {"journey": "test_shop.test_search", "name": "Search"}
    for minute in (1, 2):
        room.at(minute, failed(minute), failed(minute, **others))
    room.alerter = room.another()

    room.at(3, failed(3), failed(3, **others))
    (incident,) = room.book.incidents()
    assert [case.problem.failed for case in incident.cases] == [3, 3]


def test_what_opened_and_was_over_in_one_look_is_told_to_programs_whole(room: Room) -> None:
    room.at(4, failed(1), failed(2), a_run(minutes=3), a_run(minutes=4))

    assert room.waiting() == [("oncall", Turn.OPENED), ("oncall", Turn.RESOLVED)]


def test_a_route_that_is_new_reads_of_what_stands_as_opened(room: Room) -> None:
    room.at(2, failed(1), failed(2))
    new = Route(name="new", to=("http://127.0.0.1:9/new",), secret="s" * 16)
    room.alerter.settings(replace(room.settings, alerts={"oncall": ONCALL, "new": new}))
    room.at(3, failed(3))

    assert room.waiting() == [("oncall", Turn.OPENED), ("new", Turn.OPENED)]


def test_the_last_letter_tells_what_the_history_has_of_the_end_in_the_language_of_the_route(room: Room) -> None:
    room.at(2, failed(1), failed(2))
    room.at(5, failed(3), a_run(minutes=4), a_run(minutes=5))
    (opening, end) = room.book.waiting()

    told = [room.alerter._letter(post, replace(ONCALL, language="fr")).body for post in (opening, end)]

    assert [body.count("Rétabli depuis\u00a0: 2026-03-01 12:04 UTC\n") for body in told] == [1, 1]
    assert [body.count("Exécutions\u00a0: 3 sur 5 en échec depuis ces régions\n") for body in told] == [1, 1]
    assert told[1].startswith("Les clients peuvent de nouveau terminer le parcours Checkout (cela a duré 4\u00a0min).")


def test_a_broken_monitor_wakes_nobody_and_is_told_to_who_keeps_it(room: Room) -> None:
    room.at(2, a_run("broken", minutes=1, reason="no browser"), a_run("broken", minutes=2, reason="no browser"))

    assert room.waiting() == [("keepers", Turn.OPENED)]
    (incident,) = room.book.incidents()
    assert incident.severity == "ticket"


def test_nothing_is_said_twice_after_a_crash_between_decision_and_sending(room: Room) -> None:
    room.at(2, failed(1), failed(2))
    posts = room.book.waiting()

    room.alerter = room.another()  # the first one was killed here
    assert room.at(2.001) == []
    assert room.book.waiting() == posts
    (again,) = room.at(4, a_run(minutes=3), a_run(minutes=4))
    assert "resolved" in again


def test_of_two_that_decide_at_once_one_gives_way(room: Room) -> None:
    other = room.another()
    other.turn()
    room.at(2, failed(1), failed(2))
    assert len(room.said) == 1

    while other.turn():
        pass
    assert len(room.said) == 1
    assert len(room.book.waiting()) == 1


def test_a_thousand_journeys_that_fail_at_once_are_one_letter(room: Room) -> None:
    runs = [
        failed(minute, journey=f"j{number}", name=f"Journey {number}") for number in range(1000) for minute in (1, 2)
    ]

    (told,) = room.at(2, *runs)

    assert "and 999 more" in told
    (incident,) = room.book.incidents()
    assert len(incident.cases) == 1000
    assert room.waiting() == [("oncall", Turn.OPENED)]


def test_in_maintenance_nobody_is_told_and_what_still_stands_after_it_is(url: str, tmp_path: Path) -> None:
    away = Maintenance(name="deploy", start=NOON, end=NOON + timedelta(minutes=10), journeys=("Checkout",))
    room = Room(url, tmp_path, maintenance={"deploy": away})

    for minute in range(1, 10):
        assert room.at(minute, failed(minute)) == []
    (opened,) = room.at(11, failed(11))
    assert "opened" in opened
    room.alerter.close(0)


def test_a_monitor_that_is_silent_is_an_alert(room: Room) -> None:
    plan = a_plan("test_shop.test_checkout", "eu-west", every=60)
    ticks = Ticks(room.url, clock=room.clock)
    ticks.watch([plan], NOON, regions=["eu-west"], known={})
    ticks.close()
    room.at(1, a_run(minutes=1))

    assert room.at(3) == []
    (told,) = room.at(4.2)
    assert "missed" in told
    assert room.waiting() == [("keepers", Turn.OPENED)]
    (over,) = room.at(6.5, a_run(minutes=5), a_run(minutes=6))
    assert "resolved" in over


def test_a_journey_that_was_blocked_hangs_under_the_one_that_blocks_it(room: Room) -> None:
    kasse = 'Kasse "Zürich", which ended'
    room.at(2, failed(1, journey=kasse), failed(2, journey=kasse))
    refund = {"journey": "refund", "name": "Refund", "blocked_by": kasse}
    room.at(3, a_run("blocked", minutes=3, reason="it depends on another journey", **refund))

    (incident,) = room.book.incidents()
    assert incident.cases[0].blocked == ("Refund",)


def test_a_route_by_the_last_part_of_an_id_yields_to_a_journey_of_that_name(url: str, tmp_path: Path) -> None:
    shop = replace(ONCALL, name="shop", journeys=("test_checkout",))
    rest = replace(ONCALL, name="rest", journeys=("search",))
    room = Room(url, tmp_path, alerts={"shop": shop, "rest": rest}, policies={"twice": TWICE})
    room.at(2, failed(1), failed(2), a_run(minutes=1, journey="test_shop.test_search", name="Search"))
    assert room.waiting() == [("shop", Turn.OPENED)]

    room.at(3, a_run(minutes=3, journey="test_cart.test_it", name="test_checkout"))
    search = {"journey": "test_shop.test_search", "name": "Search"}
    room.at(9, *(failed(minutes, failure=None, steps=(), **search) for minutes in (7, 8)))
    assert room.waiting() == [("shop", Turn.OPENED), ("rest", Turn.OPENED)]


def test_a_reminder_comes_when_it_is_time(url: str, tmp_path: Path) -> None:
    room = Room(url, tmp_path, policies={"twice": replace(TWICE, remind=600.0)})
    room.at(2, failed(1), failed(2))

    assert room.at(5) == []
    (told,) = room.at(13)
    assert "reminded" in told
    room.alerter.close(0)


def test_of_a_ticket_people_are_told_again_a_day_later(url: str, tmp_path: Path) -> None:
    room = Room(url, tmp_path, policies={"twice": replace(TWICE, severity=Severity.TICKET)})
    room.at(2, failed(1), failed(2))

    assert room.at(23 * 60) == []
    (told,) = room.at(24 * 60 + 5)
    assert "reminded" in told
    room.alerter.close(0)


def test_rules_that_changed_while_something_stood_carry_it_on_and_say_so(room: Room) -> None:
    room.at(2, failed(1), failed(2))
    room.alerter.settings(replace(room.settings, policies={"once": Policy(name="once", failures=1)}))
    room.at(3, failed(3))

    (incident,) = room.book.incidents()
    assert any("policy" in entry.why for entry in incident.entries)
    assert incident.cases[0].problem.kind is Kind.OUTAGE


def test_a_history_with_a_hole_and_runs_that_come_late_make_no_noise(room: Room) -> None:
    room.at(60 * 24, a_run(minutes=60 * 24))
    assert room.at(60 * 24 + 1, failed(10), failed(11), failed(12)) == []


def test_a_journey_that_is_no_longer_watched_is_neither_silent_nor_wrong_any_more(room: Room) -> None:
    plan = a_plan("test_shop.test_checkout", "eu-west", every=60)
    ticks = Ticks(room.url, clock=room.clock)
    ticks.watch([plan], NOON, regions=["eu-west"], known={})
    room.at(2, failed(1), failed(2))
    room.clock.set(NOON + timedelta(minutes=2.5))
    ticks.watch([], NOON + timedelta(minutes=2.5), regions=["eu-west"], known={})
    ticks.close()

    told = room.at(20)
    assert [each.split()[2] for each in told] == ["closed:"], told
    assert room.at(40) == []
    (again,) = room.at(42, failed(41), failed(42))  # a pipeline runs it from now on
    assert "reopened" in again


def test_policies_that_clash_for_one_journey_are_said_and_silence_no_other(url: str, tmp_path: Path) -> None:
    two = {name: Policy(name=name, owners=("sales",), failures=2) for name in ("a", "b")}
    room = Room(url, tmp_path, policies={"twice": TWICE, **two})
    other = {"journey": "other", "name": "Other", "owner": "sales"}
    told = room.at(2, failed(1), failed(2), failed(1, **other), failed(2, **other))

    assert [each.split()[3:8] for each in told] == [["Other", "(eu-west)", "and", "1", "more,"]]
    assert "Until then [policies.a] counts" in str(room.troubles["policies"])
    room.alerter.close(0)


def test_what_cannot_be_read_is_said_and_silences_nothing(room: Room) -> None:
    room.at(2, failed(1), failed(2))
    (incident,) = room.book.incidents()
    with database.writing(room.history.engine) as connection:
        connection.execute(update(tables.incident).values(told="{"))
        connection.execute(update(tables.alert_state).values(told="{"))

    room.alerter = room.another()
    (told,) = room.at(5, failed(3), failed(4))
    assert "opened" in told
    assert incident.id in str(room.troubles["incidents"])


def test_a_clock_that_was_a_day_ahead_silences_nothing_when_it_is_right_again(room: Room) -> None:
    tomorrow = 24 * 60
    room.at(1, a_run(minutes=1))
    room.at(tomorrow + 1, a_run(minutes=tomorrow + 1))

    (told,) = room.at(4, failed(3), failed(4))
    assert "opened" in told
    (told,) = room.at(65)
    assert "reminded" in told


def test_what_was_wrong_while_the_clock_was_ahead_is_over_when_it_is_right_again(room: Room) -> None:
    tomorrow = 24 * 60
    room.at(tomorrow + 2, failed(tomorrow + 1), failed(tomorrow + 2))

    told = [each.split()[2] for minute in range(3, 6) for each in room.at(minute, a_run(minutes=minute))]
    assert told == ["reminded:", "resolved:"]


def test_a_turn_without_runs_gives_way_to_whoever_decided_meanwhile(room: Room) -> None:
    room.at(2, failed(1), failed(2))
    frozen = room.another()
    frozen.turn()
    room.at(4, a_run(minutes=3), a_run(minutes=4))

    room.clock.set(NOON + timedelta(minutes=90))  # it thinks that a reminder is due
    frozen.turn()
    assert room.book.incidents() == []
    frozen.close(0)


def test_journeys_of_which_all_is_said_are_not_asked_again_and_again(room: Room) -> None:
    ticks = Ticks(room.url, clock=room.clock)
    ticks.watch([a_plan("test_shop.test_checkout", "eu-west", every=3600)], NOON, regions=["eu-west"], known={})
    ticks.close()
    room.at(1, a_run(minutes=1))
    memory, journeys = room.alerter._memory, room.alerter._journeys
    assert memory
    assert journeys
    assert silent_from(journeys.by_id["test_shop.test_checkout"].rule, memory.states["test_shop.test_checkout"]) > (
        NOON + timedelta(hours=2)
    )
    room.at(200)
    assert memory.silent_from["test_shop.test_checkout"] == NEVER


def test_what_is_normal_is_learnt_from_years_of_days_and_not_from_incidents(room: Room) -> None:
    day = 24 * 60
    quiet = [a_run("failed" if number % 20 == 0 else "passed", minutes=-40 * day + number) for number in range(400)]
    outage = [a_run("failed", minutes=-20 * day + number) for number in range(100)]
    room.history.record([*quiet, *outage])
    incident = an_incident(
        "past1111",
        a_case(
            "test_shop.test_checkout",
            problem=a_problem("test_shop.test_checkout", first_bad=minutes(-20 * day), regions=("eu-west",)),
            resolved=minutes(-20 * day + 100),
        ),
        resolved=minutes(-20 * day + 100),
    )
    told = normal_counts(room.history, [incident], NOON)["test_shop.test_checkout"]
    assert (told.failed, told.said) == (20, 400)

    room.history.prune(HistorySettings(keep_days=10), NOON)
    told = normal_counts(room.history, [incident], NOON)["test_shop.test_checkout"]
    assert (told.failed, told.said) == (20, 400)


def test_an_import_of_hours_ago_wakes_nobody_until_it_fails_again(room: Room) -> None:
    refund = {"journey": "refund", "name": "Refund", "schedule": Schedule(every=3600.0, spread=False)}
    room.at(0, a_run(minutes=0))

    assert room.at(1, *(a_run("failed", minutes=minute, **refund) for minute in (-400, -340, -280))) == []
    (told,) = room.at(2, a_run("failed", minutes=1, **refund))
    assert "opened: Refund" in told


def test_ticks_of_a_scheduler_that_is_not_known_here_are_asked_about_once(room: Room) -> None:
    def ticked(journey: str, at: int) -> RunResult:
        return a_run(minutes=at, journey=journey, scheduled_at=f"2026-03-01T12:0{at}:00.000Z")

    for at, journey in enumerate(("a", "b", "a", "b"), start=1):
        room.at(at, ticked(journey, at))
    assert room.alerter._refreshed == minutes(2)


def test_what_is_not_decided_yet_is_not_taken_for_normal(room: Room) -> None:
    def usual() -> float:
        assert room.alerter._journeys
        return room.alerter._journeys.by_id["test_shop.test_checkout"].rule.p0

    room.at(1, a_run(minutes=1))
    before = usual()
    room.at(400, *(failed(390 + number) for number in range(9)))
    assert usual() <= before


def test_the_line_beside_the_watcher_holds_no_secret(room: Room) -> None:
    told = room.at(2, *(a_run("failed", minutes=minute, reason="got hunter2-hunter2") for minute in (1, 2)))

    assert [each.rpartition(": ")[2] for each in told] == ["got ***"]


def test_the_first_part_of_an_incident_that_came_back_is_not_normal_either(room: Room) -> None:
    quiet = [a_run("passed", minutes=-600 + number) for number in range(400)]
    first = [a_run("failed", minutes=-200 + number) for number in range(30)]
    again = [a_run("failed", minutes=-150 + number) for number in range(30)]
    room.history.record([*quiet, *first, *again])
    second = a_problem("test_shop.test_checkout", first_bad=minutes(-150), regions=("us-east",))
    case = a_case("test_shop.test_checkout", problem=second, ever=("us-east", "eu-west"), resolved=minutes(-120))
    incident = an_incident("past1111", case, began=minutes(-200), resolved=minutes(-120))

    told = normal_counts(room.history, [incident], NOON)["test_shop.test_checkout"]

    assert (told.failed, told.said) == (0, 400)
