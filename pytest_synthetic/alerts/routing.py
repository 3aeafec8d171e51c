"""Who is told of an incident: which routes take it, and until when a route is to be left alone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pytest_synthetic.config.scopes import fits
from pytest_synthetic.core import quiet
from pytest_synthetic.core.journey_names import ANYBODY
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pytest_synthetic.core.journey_names import JourneyNames
    from pytest_synthetic.model.alerting import Case, Incident, Route

_MOST_SPANS = 400
"""Quiet hours that may follow on each other without a break; they always leave a time of the week."""


def takers(incident: Incident, routes: Mapping[str, Route], called: JourneyNames = ANYBODY) -> tuple[Route, ...]:
    """The routes that are told of an incident, in their order: those that take one of the cases that stand.

    `called` knows the names of all journeys: see `fits`.

    Of an incident that is over all cases count. Its severity may have sunk since it was opened: whoever was told of it
    (`incident.told`) is told the rest as well, which is the caller's to add. Empty only when every route has `on`.
    """
    cases = incident.standing or incident.cases
    chosen = {route.name for case in cases for route in _of_case(case, tuple(routes.values()), called)}
    return tuple(route for route in routes.values() if route.name in chosen)


def quiet_until(route: Route, now: datetime) -> datetime | None:
    """When the quiet hours of a route that it is in now end; None when it is in none."""
    hours, zone = quiet.read(route.quiet), route.timezone or "UTC"
    ends = now
    for _ in range(_MOST_SPANS):
        span = quiet.around(hours, zone, ends)
        if span is None:
            break
        ends = span.end
    return None if ends == now else ends


def awake(route: Route, since: datetime, now: datetime) -> timedelta:
    """How long a route could be sent something since then."""
    hours, zone = quiet.read(route.quiet), route.timezone or "UTC"
    if not hours:
        return now - since
    found, at = timedelta(0), quiet_until(route, since) or since
    while at < now:
        end = min(now, quiet.next_start(hours, zone, at))
        found += end - at
        at = quiet_until(route, end) or now
    return found


def _of_case(case: Case, routes: Sequence[Route], called: JourneyNames) -> Sequence[Route]:
    """Whoever takes a case; where nobody does, the routes without `on`, all of them rather than none."""
    rest = [route for route in routes if not route.on]
    concerned = [route for route in routes if _is_for(route, case, called)]
    return (
        [route for route in concerned if _takes(route, case) and _is_as_severe(route, case)]
        or [route for route in concerned if not route.on and _is_as_severe(route, case)]
        or [route for route in concerned if not route.on]
        or rest
    )


def _takes(route: Route, case: Case) -> bool:
    return case.problem.kind.verdict in (route.on or (Verdict.FAILED,))


def _is_as_severe(route: Route, case: Case) -> bool:
    return route.severity in {None, case.problem.severity}


def _is_for(route: Route, case: Case, called: JourneyNames) -> bool:
    journey = case.problem.journey
    return fits(route, journey_id=journey, name=case.name, stage=case.stage, owner=case.owner, called=called)
