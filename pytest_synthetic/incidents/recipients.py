"""Whom a notice goes to: the posts that it becomes in the outbox."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pytest_synthetic.alerts.outgoing import are_needless
from pytest_synthetic.alerts.routing import quiet_until, takers
from pytest_synthetic.alerts.sending import is_webhook, label
from pytest_synthetic.analysis.incidents import heard
from pytest_synthetic.core.journey_names import ANYBODY
from pytest_synthetic.incidents.courier import digest
from pytest_synthetic.incidents.unreachable import address_in
from pytest_synthetic.model.alerting import Kind, Notice, Post, Turn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from pytest_synthetic.core.journey_names import JourneyNames
    from pytest_synthetic.model.alerting import Incident, Route

GATHERING = timedelta(seconds=1)
"""How long an opening waits, so that journeys that fail together are one letter with their count."""


def posts_for(
    notice: Notice, routes: Mapping[str, Route], waiting: Iterable[Post], called: JourneyNames = ANYBODY
) -> list[Post]:
    """The letters of a notice: to the routes that take it, and to those that know of the incident already.

    Whoever hears of it for the first time is told that it was opened, whatever the turn is for others; nothing when it
    is over. An address that several routes have is told once, by the one that may send first.
    """
    incident = notice.incident
    coming: dict[str, list[Post]] = {}
    for post in waiting:
        if post.incident == incident.id:
            coming.setdefault(post.route, []).append(post)
    knows = {*incident.told, *coming}
    found: dict[str, Post] = {}
    for route in sorted(_routes(incident, routes, knows, called), key=lambda route: route.name not in knows):
        for address in _addresses(incident, route):
            turn = _turn(notice, route, address, coming.get(route.name, ()))
            if turn is None:
                continue
            post = _post(notice, turn, route, address)
            if address not in found or post.not_before < found[address].not_before:
                found[address] = post
    return list(found.values())


def _turn(notice: Notice, route: Route, address: str, coming: Sequence[Post]) -> Turn | None:
    """What an address is to read of a notice; None: nothing."""
    incident = notice.incident
    if route.name in incident.told or _is_to_hear(address, coming):
        return notice.turn
    if notice.turn is Turn.REOPENED and route.name in heard(incident):
        return Turn.REOPENED
    if notice.turn is Turn.RESOLVED:
        return None
    return Turn.OPENED if incident.standing or notice.turn is Turn.OPENED else None


def _is_to_hear(address: str, coming: Sequence[Post]) -> bool:
    """Whether what waits for an address will be sent."""
    return bool(coming) and (not are_needless(coming) or is_webhook(address))


def newcomers(
    incident: Incident,
    routes: Mapping[str, Route],
    waiting: Iterable[Post],
    now: datetime,
    called: JourneyNames = ANYBODY,
) -> list[Post]:
    """Openings for those that an incident concerns since it changed: the owner of a journey that joined it."""
    knows = {*incident.told, *(post.route for post in waiting if post.incident == incident.id)}
    if incident.resolved or _about(incident):
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
    """All of a route, but for those that the incident itself is about.

    One that was well when it began, and is again, heard of it and is to hear how it ends.
    """
    down = {
        address_in(case.problem.journey)
        for case in incident.cases
        if case.problem.kind is Kind.UNDELIVERED and (case.resolved is None or case.problem.opened <= incident.opened)
    }
    yield from (address for address in route.addresses() if digest(address) not in down)


def _about(incident: Incident) -> set[str]:
    """The addresses that do not take what they are sent, when that is the incident."""
    return {address_in(case.problem.journey) for case in incident.cases if case.problem.kind is Kind.UNDELIVERED}


def _post(notice: Notice, turn: Turn, route: Route, address: str) -> Post:
    wait = GATHERING if turn is Turn.OPENED else timedelta(0)
    return Post(
        id=0,
        key=f"{notice.incident.id}-{notice.incident.revision}-{turn}-{digest(address)}",
        incident=notice.incident.id,
        turn=turn,
        at=notice.at,
        route=route.name,
        address=digest(address),
        label=label(address),
        not_before=_not_before(route, notice.at + wait),
        tries=0,
        ended=None,
        why=None,
    )


def _not_before(route: Route, moment: datetime) -> datetime:
    return quiet_until(route, moment) or moment
