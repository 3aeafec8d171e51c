from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pytest_synthetic.incidents.courier import fingerprint
from pytest_synthetic.incidents.recipients import GATHERING, newcomers, posts_for
from pytest_synthetic.model.alerting import Kind, Notice, Route, Turn
from pytest_synthetic.model.verdict import Verdict
from tests.incidents import a_case, a_post, an_incident, minutes
from tests.runs import NOON

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


def test_one_that_is_opened_again_is_told_as_that() -> None:
    assert {post.turn for post in posts_for(told(Turn.REOPENED), ROUTES, ())} == {Turn.REOPENED}


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
    down = f"alerts/oncall/{fingerprint('https://ops.test/one')}"
    incident = an_incident("abcd1234", a_case(down, Kind.UNDELIVERED))

    posts = posts_for(Notice(Turn.OPENED, incident, NOON), ROUTES, ())

    assert sorted(post.address for post in posts) == sorted(
        [fingerprint("https://ops.test/two"), fingerprint("https://ops.test/three")]
    )
    assert posts[0].not_before - NOON == timedelta(seconds=1)


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
