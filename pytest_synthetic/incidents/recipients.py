"""Whom a notice goes to: the posts that it becomes in the outbox."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pytest_synthetic.alerts.routing import quiet_until, takers
from pytest_synthetic.alerts.sending import label
from pytest_synthetic.core.journey_names import ANYBODY
from pytest_synthetic.history.alert_book import Post
from pytest_synthetic.incidents.courier import fingerprint
from pytest_synthetic.model.alerting import Kind, Notice, Turn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from pytest_synthetic.core.journey_names import JourneyNames
    from pytest_synthetic.model.alerting import Incident, Route

GATHERING = timedelta(seconds=1)
"""How long an opening waits, so that journeys that fail together are one letter with their count."""
_ENDS = (Turn.RESOLVED, Turn.FLAPPING)
"""Turns that are no news to whoever never heard of the incident."""


def posts_for(
    notice: Notice, routes: Mapping[str, Route], waiting: Iterable[Post], called: JourneyNames = ANYBODY
) -> list[Post]:
    """The letters of a notice: to the routes that take it, and to those that know of the incident already.

    Whoever hears of it for the first time is told that it was opened, or that it is back. An address that several
    routes have is told once.
    """
    incident = notice.incident
    knows = {*incident.told, *(post.route for post in waiting if post.incident == incident.id)}
    found: dict[str, Post] = {}
    for route in sorted(_routes(incident, routes, knows, called), key=lambda route: route.name not in knows):
        turn = notice.turn if route.name in knows or notice.turn is Turn.REOPENED else Turn.OPENED
        if route.name in knows or notice.turn not in _ENDS:
            for address in _addresses(incident, route):
                found.setdefault(address, _post(notice, turn, route, address))
    return list(found.values())


def newcomers(
    incident: Incident,
    routes: Mapping[str, Route],
    waiting: Iterable[Post],
    now: datetime,
    called: JourneyNames = ANYBODY,
) -> list[Post]:
    """Openings for those that an incident concerns since it changed: the owner of a journey that joined it."""
    knows = {*incident.told, *(post.route for post in waiting if post.incident == incident.id)}
    if incident.resolved or incident.flapping or _about(incident):
        return []
    notice = Notice(Turn.OPENED, incident, now)
    reached = {address for name in knows & routes.keys() for address in routes[name].addresses()}
    new = (route for route in takers(incident, routes, called) if route.name not in knows)
    found = {address: _post(notice, Turn.OPENED, route, address) for route in new for address in route.addresses()}
    return [post for address, post in found.items() if address not in reached]


def _routes(incident: Incident, routes: Mapping[str, Route], knows: set[str], called: JourneyNames) -> Iterator[Route]:
    """In the order of the settings. That an address is down is everybody's business."""
    told = set(routes) if _about(incident) else {route.name for route in takers(incident, routes, called)} | knows
    yield from (route for name, route in routes.items() if name in told)


def _addresses(incident: Incident, route: Route) -> Iterator[str]:
    """All of a route, but for those that the incident itself is about."""
    down = _about(incident)
    yield from (address for address in route.addresses() if fingerprint(address) not in down)


def _about(incident: Incident) -> set[str]:
    """The addresses that do not take what they are sent, when that is the incident."""
    return {case.problem.journey.rpartition("/")[2] for case in incident.cases if case.problem.kind is Kind.UNDELIVERED}


def _post(notice: Notice, turn: Turn, route: Route, address: str) -> Post:
    wait = GATHERING if turn is Turn.OPENED else timedelta(0)
    return Post(
        id=0,
        key=f"{notice.incident.id}-{notice.incident.revision}-{turn}-{fingerprint(address)}",
        incident=notice.incident.id,
        turn=turn,
        at=notice.at,
        route=route.name,
        address=fingerprint(address),
        label=label(address),
        not_before=_not_before(route, notice.at + wait),
        tries=0,
        ended=None,
        why=None,
    )


def _not_before(route: Route, moment: datetime) -> datetime:
    return quiet_until(route, moment) or moment
