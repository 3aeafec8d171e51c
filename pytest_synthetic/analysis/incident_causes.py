"""Which incident a problem belongs to: found by what they have in common, in an index."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from pytest_synthetic.model.alerting import Kind

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from datetime import datetime

    from pytest_synthetic.model.alerting import Case, Problem

T = TypeVar("T")

TOGETHER = timedelta(minutes=5)
"""Problems of which one opened less than this after the other belong together, whatever they have in common."""

SAME_CAUSE = timedelta(hours=1)
"""So long after a problem opened, another one with the same cause belongs to it."""


class Family(StrEnum):
    """What problems of one incident have in common: who is hurt, and so who must look."""

    CUSTOMER = "customer"
    """Customers do not get it."""
    PROMISE = "promise"
    """They get it, later or worse than was promised."""
    MONITOR = "monitor"
    """The monitor cannot say."""
    DELIVERY = "delivery"
    """Alerts do not get through."""


_FAMILIES = {
    Kind.DEGRADED: Family.PROMISE,
    Kind.BROKEN: Family.MONITOR,
    Kind.MISSED: Family.MONITOR,
    Kind.UNDELIVERED: Family.DELIVERY,
}


def family_of(kind: Kind) -> Family:
    """That of a problem."""
    return _FAMILIES.get(kind, Family.CUSTOMER)


class Seat(NamedTuple):
    """What a problem takes in an incident: one case a seat.

    A journey fails from one region or from more, never both: its `outage` takes the place of its `region`, and back.
    """

    journey: str
    kind: Kind


def seat_of(problem: Problem) -> Seat:
    """That of a problem."""
    return Seat(problem.journey, Kind.OUTAGE if problem.kind is Kind.REGION else problem.kind)


class Causes(Generic[T]):
    """Incidents by what their problems have in common. Problems of two families have nothing in common."""

    def __init__(self) -> None:
        self._journeys: dict[tuple[Family, str], T] = {}
        self._causes: dict[Hashable, tuple[datetime, T]] = {}
        self._newest: dict[Family, tuple[datetime, T]] = {}

    def add(self, owner: T, case: Case) -> None:
        """Note that a case belongs to `owner`."""
        problem = case.problem
        family = family_of(problem.kind)
        self._journeys[family, problem.journey] = owner
        for cause in _causes(case):
            if cause not in self._causes or self._causes[cause][0] <= problem.opened:
                self._causes[cause] = problem.opened, owner
        if family not in self._newest or self._newest[family][0] <= problem.opened:
            self._newest[family] = problem.opened, owner

    def of_journey(self, problem: Problem) -> T | None:
        """The one that has a case of the same journey and family."""
        return self._journeys.get((family_of(problem.kind), problem.journey))

    def of_fingerprint(self, case: Case) -> T | None:
        """The one with the same fingerprint, however long ago."""
        return self._near(_fingerprints(case), case.problem.opened, timedelta.max)

    def of_cause(self, case: Case) -> T | None:
        """The one with a cause in common."""
        return self._near(_causes(case), case.problem.opened, SAME_CAUSE)

    def of_time(self, case: Case) -> T | None:
        """The one whose newest problem opened just before."""
        opened, owner = self._newest.get(family_of(case.problem.kind), (None, None))
        return owner if opened is not None and abs(case.problem.opened - opened) < TOGETHER else None

    def _near(self, causes: Iterator[Hashable], opened: datetime, within: timedelta) -> T | None:
        known = (self._causes[cause] for cause in causes if cause in self._causes)
        return next((owner for last, owner in known if abs(opened - last) <= within), None)


def _causes(case: Case) -> Iterator[Hashable]:
    """What another problem may have in common with this one, the surest first."""
    problem = case.problem
    family = family_of(problem.kind)
    yield from _fingerprints(case)
    if problem.step:
        for name in case.depends_on:
            yield family, "depends on", name
    if family is Family.MONITOR and (problem.claim or problem.kind is Kind.MISSED):
        for region in problem.regions:
            yield family, "reason", region, problem.claim


def _fingerprints(case: Case) -> Iterator[Hashable]:
    if case.problem.fingerprint:
        yield family_of(case.problem.kind), "fingerprint", case.problem.fingerprint
