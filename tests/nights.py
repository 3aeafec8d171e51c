"""Problems, cases and incidents for tests, with the least that must be said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pytest_synthetic.analysis.incidents import Gathered, due, gather
from pytest_synthetic.model.alerting import Action, Case, Incident, Kind, Notice, Problem, Severity, Turn, What
from pytest_synthetic.model.reasons import Because, Reason
from pytest_synthetic.model.verdict import Verdict

NIGHT = datetime(2026, 3, 1, 3, tzinfo=UTC)
WHY = Reason(because=Because.OF_THE_LAST, regions=("eu-west", "us-east"), verdict=Verdict.FAILED, bad=2, of=3)
TICKETS = {Kind.REGION, Kind.LEAK, Kind.DEGRADED, Kind.BROKEN, Kind.MISSED}


def at(minutes: float) -> datetime:
    """So many minutes into the night."""
    return NIGHT + timedelta(minutes=minutes)


def problem(journey: str = "checkout", minutes: float = 0, kind: Kind = Kind.OUTAGE, **more: Any) -> Problem:
    """One that was decided then."""
    given: dict[str, Any] = {
        "severity": Severity.TICKET if kind in TICKETS else Severity.PAGE,
        "first_bad": at(minutes - 5),
        "last_good": at(minutes - 10),
        "regions": ("eu-west", "us-east"),
        "run_id": "8f3a" * 8,
        "failed": 4,
        "said": 4,
        **more,
    }
    return Problem(journey=journey, kind=kind, opened=at(minutes), **given)


def case(told: Problem, **more: Any) -> Case:
    """The case of a problem."""
    return Case(problem=told, **{"name": told.journey.title(), **more})


def found(
    what: What, told: Problem, minutes: float, why: str = "2 of 3 regions are bad", **more: Any
) -> tuple[Action, Case]:
    """What became of a problem, with its case."""
    return Action(what, told, at(minutes), why, (WHY,)), case(told, **more)


class Night:
    """Incidents through a night, as a history keeps them."""

    def __init__(self) -> None:
        self.known: dict[str, Incident] = {}

    @property
    def incidents(self) -> list[Incident]:
        return list(self.known.values())

    @property
    def one(self) -> Incident:
        (incident,) = self.known.values()
        return incident

    def opens(self, told: Problem, minutes: float | None = None, **more: Any) -> list[Turn]:
        """A problem opens."""
        moment = (told.opened - NIGHT) / timedelta(minutes=1) if minutes is None else minutes
        return self.takes(moment, found(What.OPENED, told, moment, **more))

    def changes(self, told: Problem, minutes: float, **more: Any) -> list[Turn]:
        """It changes."""
        return self.takes(minutes, found(What.CHANGED, told, minutes, **more))

    def ends(self, told: Problem, minutes: float, **more: Any) -> list[Turn]:
        """It is over."""
        return self.takes(minutes, found(What.RESOLVED, told, minutes, **more))

    def takes(self, minutes: float, *pairs: tuple[Action, Case]) -> list[Turn]:
        """All at once; the turns of which people are told."""
        return self._keep(gather(self.incidents, pairs, at(minutes)))

    def waits(self, minutes: float) -> list[Turn]:
        """Nothing but time passes until then."""
        return self._keep(due(self.incidents, at(minutes)))

    def _keep(self, gathered: Gathered) -> list[Turn]:
        self.known |= {incident.id: incident for incident in gathered.incidents}
        self.notices: Sequence[Notice] = gathered.notices
        return [notice.turn for notice in gathered.notices]
