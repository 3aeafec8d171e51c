"""Which routes take an incident, and until when they are left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pytest_synthetic.alerts.routing import awake, quiet_until, takers
from pytest_synthetic.model.alerting import ALERTING, Case, Kind, Route, Severity
from pytest_synthetic.model.verdict import Verdict
from tests.alerting import NOON, a_case, an_incident

SLACK = ("slack://a/b/c",)
TICKET = Severity.TICKET


def routes(**known: Route | dict[str, object]) -> dict[str, Route]:
    return {name: Route(name=name, to=SLACK, **told) for name, told in known.items()}  # type: ignore[arg-type]


def names(case: Case, **known: dict[str, object]) -> list[str]:
    return [route.name for route in takers(an_incident(case), routes(**known))]


def test_a_route_without_on_takes_what_failed() -> None:
    assert names(a_case(), oncall={}, desk={"on": (Verdict.MISSED,)}) == ["oncall"]


@pytest.mark.parametrize("kind", [Kind.OUTAGE, Kind.REGION, Kind.LEAK])
def test_all_that_fails_is_failed(kind: Kind) -> None:
    assert names(a_case(kind), oncall={"on": (Verdict.FAILED,)}, desk={"on": (Verdict.BROKEN,)}) == ["oncall"]


def test_what_nobody_takes_goes_to_routes_without_on() -> None:
    broken = a_case(Kind.BROKEN, TICKET)
    assert names(broken, oncall={}, desk={"on": (Verdict.MISSED,)}) == ["oncall"]
    assert names(broken, oncall={}, desk={"on": (Verdict.BROKEN,)}) == ["desk"]


def test_what_nobody_takes_goes_first_to_those_whom_it_concerns() -> None:
    broken = a_case(Kind.BROKEN, TICKET)
    assert names(broken, all={"owners": ("web",)}, pay={"owners": ("payments",)}) == ["pay"]
    assert names(broken, night={"severity": Severity.PAGE}, desk={"severity": TICKET}) == ["desk"]
    assert names(broken, night={"severity": Severity.PAGE}, web={"owners": ("web",)}) == ["night"]
    assert names(broken, web={"owners": ("web",)}, login={"stages": ("login",)}) == ["web", "login"]


def test_journeys_are_named_by_id_or_by_name() -> None:
    for known in ("Checkout", "checkout", "test_shop.test_checkout"):
        assert names(a_case(), pay={"journeys": (known,)}, other={"journeys": ("Login",)}) == ["pay"]


def test_one_case_of_several_is_enough_and_what_is_over_does_not_count() -> None:
    known = routes(oncall={}, desk={"on": (Verdict.MISSED,)})
    failed, missed = a_case(), a_case(Kind.MISSED, TICKET)
    over = a_case(resolved=NOON)

    assert [route.name for route in takers(an_incident(failed, missed), known)] == ["oncall", "desk"]
    assert [route.name for route in takers(an_incident(over, missed), known)] == ["desk"]
    assert [route.name for route in takers(an_incident(over, resolved=NOON), known)] == ["oncall"]


names_or_none = some.lists(some.sampled_from(["a", "b", "c"]), max_size=2, unique=True).map(tuple)


@given(
    some.lists(
        some.builds(
            Route,
            name=some.text(min_size=1, max_size=3),
            to=some.just(SLACK),
            on=some.lists(some.sampled_from(ALERTING), unique=True).map(tuple),
            severity=some.none() | some.sampled_from(Severity),
            journeys=names_or_none,
            stages=names_or_none,
            owners=names_or_none,
        ),
        max_size=5,
    ),
    some.lists(
        some.builds(
            a_case, some.sampled_from(Kind), some.sampled_from(Severity), name=some.sampled_from("abc"),
            stage=some.none() | some.sampled_from("abc"), owner=some.none() | some.sampled_from("abc"),
            resolved=some.none() | some.just(NOON),
        ),
        min_size=1, max_size=4,
    ),
)  # fmt: skip
def test_where_one_route_has_no_on_somebody_is_always_told(others: list[Route], cases: list[Case]) -> None:
    known = {route.name: route for route in others} | routes(all={"owners": ("nobody",)})
    assert takers(an_incident(*cases), known)


# -- quiet hours -------------------------------------------------------------------------------------------------------


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-02T21:30", "2026-03-03T05:00"),
        ("2026-03-02T20:30", None),
        ("2026-03-03T05:00", None),
        ("2026-03-28T21:30", "2026-03-29T04:00"),  # clocks go forward that night
        ("2026-10-24T20:30", "2026-10-25T05:00"),  # and back in this one
    ],
)
def test_quiet_hours_are_those_of_the_clocks_there(now: str, until: str | None) -> None:
    route = Route(name="desk", to=SLACK, quiet=("22:00-06:00",), timezone="Europe/Paris")
    assert quiet_until(route, at(now)) == (at(until) if until else None)


def test_quiet_hours_that_touch_are_one() -> None:
    route = Route(name="desk", to=SLACK, quiet=("18:00-24:00", "00:00-08:00", "sat-sun 00:00-24:00"))
    assert quiet_until(route, at("2026-03-06T19:00")) == at("2026-03-09T08:00")


def test_a_route_without_quiet_hours_is_never_left_alone() -> None:
    assert quiet_until(Route(name="oncall", to=SLACK), NOON) is None


@pytest.mark.parametrize(
    ("quiet", "since", "now", "hours"),
    [
        ((), "2026-03-02T12:00", "2026-03-03T12:00", 24),
        (("22:00-06:00",), "2026-03-02T12:00", "2026-03-03T12:00", 16),
        (("22:00-06:00",), "2026-03-02T23:00", "2026-03-03T05:00", 0),
        (("18:00-24:00", "00:00-08:00", "sat-sun 00:00-24:00"), "2026-03-06T17:00", "2026-03-09T09:00", 2),
    ],
)
def test_quiet_hours_are_no_time_in_which_a_letter_could_have_been_sent(
    quiet: tuple[str, ...], since: str, now: str, hours: float
) -> None:
    assert awake(Route(name="desk", to=SLACK, quiet=quiet), at(since), at(now)) == timedelta(hours=hours)
