from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic.incidents.courier import digest
from pytest_synthetic.incidents.recipients import GATHERING, newcomers, posts_for
from pytest_synthetic.model.alerting import Entry, Kind, Notice, Route, Severity, Turn
from pytest_synthetic.model.verdict import Verdict
from tests.incidents import a_case, a_post, an_incident, minutes
from tests.runs import NOON

if TYPE_CHECKING:
    from pytest_synthetic.model.alerting import Post

ONCALL = Route(name="oncall", to=("https://ops.test/one", "https://ops.test/two"))
KEEPERS = Route(name="keepers", to=("https://ops.test/three",), on=(Verdict.BROKEN, Verdict.MISSED))
ROUTES = {route.name: route for route in (ONCALL, KEEPERS)}


def told(turn: Turn = Turn.OPENED, **changed: object) -> Notice:
    return Notice(turn, an_incident(**changed), NOON)  # type: ignore[arg-type]


def test_an_opening_goes_to_each_address_of_whoever_takes_it_and_waits_for_others_of_its_kind() -> None:
    posts = posts_for(told(), ROUTES, ())

    assert [(post.route, post.label) for post in posts] == [("oncall", "https://ops.test/…")] * 2
    assert {post.not_before for post in posts} == {NOON + GATHERING}
    assert len({post.key for post in posts}) == 2
    assert not any("ops.test/one" in str(post) for post in posts)


def test_that_it_is_over_goes_to_whoever_was_told_of_it_or_is_about_to_be() -> None:
    assert posts_for(told(Turn.RESOLVED), ROUTES, ()) == []

    known = posts_for(told(Turn.RESOLVED, told={"keepers": NOON}), ROUTES, ())
    assert [(post.route, post.turn, post.not_before) for post in known] == [("keepers", Turn.RESOLVED, NOON)]
    waiting = posts_for(told(Turn.RESOLVED), ROUTES, [a_post(route="keepers")])
    assert [post.route for post in waiting] == ["keepers"]


def test_who_hears_of_it_for_the_first_time_is_told_that_it_was_opened() -> None:
    both = an_incident("abcd1234", a_case(), a_case("sign-up", Kind.BROKEN), told={"oncall": NOON})

    posts = posts_for(Notice(Turn.UPDATED, both, minutes(6)), ROUTES, ())

    assert [(post.route, post.turn) for post in posts] == [
        ("oncall", Turn.UPDATED),
        ("oncall", Turn.UPDATED),
        ("keepers", Turn.OPENED),
    ]


HEARD = (Entry(at=NOON, what="opened", why="", told=("oncall",)),)
OPENED, RESOLVED = a_post(route="oncall"), a_post("k2", Turn.RESOLVED, route="oncall")
ALL = {turn: turn for turn in Turn}
FIRST = {**dict.fromkeys(Turn, Turn.OPENED), Turn.RESOLVED: None}


@pytest.mark.parametrize("turn", Turn)
@pytest.mark.parametrize(
    ("known", "waiting", "reads"),
    [
        pytest.param({}, (), FIRST, id="it never heard of it"),
        pytest.param({"told": {"oncall": NOON}, "entries": HEARD}, (), ALL, id="it knows"),
        pytest.param({"entries": HEARD}, (), {**FIRST, Turn.REOPENED: Turn.REOPENED}, id="it knew until it was over"),
        pytest.param({}, (OPENED,), ALL, id="it is about to hear"),
        pytest.param({"entries": HEARD}, (RESOLVED,), ALL, id="it is about to hear the end"),
        pytest.param({}, (OPENED, RESOLVED), FIRST, id="it will not hear of what was over before it could"),
        pytest.param({}, (OPENED._replace(tries=1), RESOLVED), ALL, id="it may have heard"),
    ],
)
def test_who_hears_of_it_for_the_first_time_reads_of_it_as_opened(
    turn: Turn, known: dict[str, Any], waiting: tuple[Post, ...], reads: dict[Turn, Turn | None]
) -> None:
    mail = {"oncall": replace(ONCALL, to=("mailto://ops.test",))}

    posts = posts_for(told(turn, **known), mail, waiting)

    assert [post.turn for post in posts] == [found for found in [reads[turn]] if found]


def test_a_program_is_sent_the_opening_and_the_end_so_that_it_comes_back() -> None:
    posts = posts_for(told(Turn.REOPENED), ROUTES, (OPENED, RESOLVED))

    assert {post.turn for post in posts} == {Turn.REOPENED}


def test_an_address_of_two_routes_does_not_wait_for_the_quiet_hours_of_one() -> None:
    night = replace(ONCALL, name="night", quiet=("11:00-14:00",))
    both = {"night": night, "oncall": replace(ONCALL, severity=Severity.PAGE)}

    posts = posts_for(told(Turn.UPDATED, told={"night": NOON}), both, ())

    assert [(post.route, post.not_before) for post in posts] == [("oncall", NOON + GATHERING)] * 2


def test_who_is_new_is_told_of_what_comes_and_goes() -> None:
    assert {post.turn for post in newcomers(an_incident(flapping=True), ROUTES, (), NOON)} == {Turn.OPENED}
    assert newcomers(an_incident(flapping=True, resolved=NOON), ROUTES, (), NOON) == []


def test_in_quiet_hours_nothing_is_sent_before_their_end() -> None:
    night = Route(name="night", to=("https://ops.test/",), quiet=("11:00-14:00",), timezone="Europe/Paris")

    (post,) = posts_for(told(), {"night": night}, ())  # NOON is 13:00 in Paris

    assert post.not_before == datetime(2026, 3, 1, 13, tzinfo=UTC)


def test_quiet_hours_that_end_where_clocks_were_changed_end_at_the_hour_that_people_see() -> None:
    night = Route(name="night", to=("https://ops.test/",), quiet=("22:00-07:00",), timezone="Europe/Paris")
    before_the_change = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)

    (post,) = posts_for(Notice(Turn.OPENED, an_incident(), before_the_change), {"night": night}, ())

    assert post.not_before == datetime(2026, 3, 29, 5, tzinfo=UTC)


def test_that_an_address_is_down_is_told_to_all_others() -> None:
    down = f"alerts/oncall/{digest('https://ops.test/one')}"
    incident = an_incident("abcd1234", a_case(down, Kind.UNDELIVERED))

    posts = posts_for(Notice(Turn.OPENED, incident, NOON), ROUTES, ())

    assert sorted(post.address for post in posts) == sorted(
        [digest("https://ops.test/two"), digest("https://ops.test/three")]
    )
    assert posts[0].not_before - NOON == timedelta(seconds=1)


def test_an_address_that_was_down_for_a_while_hears_the_end_of_what_it_heard_the_beginning_of() -> None:
    gone = a_case(f"alerts/desk/{digest('https://gone.test/')}", Kind.UNDELIVERED)
    own = a_case(f"alerts/oncall/{digest('https://ops.test/one')}", Kind.UNDELIVERED)
    own = replace(own, problem=replace(own.problem, opened=minutes(2)))
    incident = an_incident("abcd1234", gone, own, told={"oncall": NOON})
    whole = {post.address for post in posts_for(Notice(Turn.UPDATED, incident, minutes(3)), ROUTES, ())}
    assert digest("https://ops.test/one") not in whole

    over = replace(incident, cases=tuple(replace(case, resolved=minutes(5)) for case in incident.cases))
    ends = {post.address for post in posts_for(Notice(Turn.RESOLVED, over, minutes(5)), ROUTES, ())}
    assert digest("https://ops.test/one") in ends


def test_the_owner_of_a_journey_that_joined_is_told_at_once() -> None:
    both = an_incident("abcd1234", a_case(), a_case("sign-up", Kind.BROKEN), told={"oncall": NOON})

    (post,) = newcomers(both, ROUTES, (), minutes(1))
    assert (post.route, post.turn, post.at) == ("keepers", Turn.OPENED, minutes(1))
    assert newcomers(both, ROUTES, [a_post(route="keepers")], minutes(1)) == []


def test_an_address_of_two_routes_is_told_once_also_when_the_incident_goes_on() -> None:
    twice = {"oncall": ONCALL, "also": Route(name="also", to=ONCALL.to[:1])}
    assert [post.route for post in posts_for(told(), twice, ())] == ["oncall", "oncall"]

    later = told(Turn.REMINDED, told={"oncall": NOON}, revision=2)
    assert [post.turn for post in posts_for(later, twice, ())] == [Turn.REMINDED] * 2
    assert newcomers(later.incident, twice, (), minutes(9)) == []
