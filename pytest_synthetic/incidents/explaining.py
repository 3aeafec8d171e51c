"""What would happen if something were wrong with a journey: when it is said, and to whom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alerting.terms import terms
from pytest_synthetic.analysis.policy_words import A_DAY, plain_words
from pytest_synthetic.core.rhythm import rhythm
from pytest_synthetic.errors import UsageError
from pytest_synthetic.incidents.journeys import a_day
from pytest_synthetic.model.alerting import Case, Incident, Kind, Problem, Severity
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from pytest_synthetic.history.windows import Windows
    from pytest_synthetic.incidents.journeys import Known
    from pytest_synthetic.incidents.silence import Silence
    from pytest_synthetic.model.alerting import Route
    from pytest_synthetic.model.journey import Schedule
    from pytest_synthetic.model.rhythm import Rhythm

    Takers = Callable[[Incident], Sequence[Route]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A journey. `words` say what its policy is and when it tells, by the schedule of the journey.

    `usual` is the share of runs that fail although nothing is wrong, as learnt from `learnt_from` runs: with few
    of them it is mostly a guess. `page` and `ticket` are the routes that are told of each where runs fail, `degraded`,
    `broken` and `missed` those that are told of such runs; None: its policy finds none. `maintenance` are the windows
    it is in now, `standing` the incidents that stand. `silence` says whether it is noticed when nothing is heard any
    more, `listened` are the regions where it is.
    """

    journey: str
    name: str
    policy: str
    words: str
    regions: tuple[str, ...]
    runs_per_day: float
    usual: float
    learnt_from: int
    page: tuple[str, ...] | None
    ticket: tuple[str, ...] | None
    degraded: tuple[str, ...] | None
    broken: tuple[str, ...] | None
    missed: tuple[str, ...] | None
    maintenance: tuple[str, ...]
    standing: tuple[str, ...]
    silence: str
    listened: tuple[str, ...]

    @property
    def untold(self) -> tuple[str, ...]:
        """Of what nobody would be told."""
        runs = {f"{name} runs": getattr(self, name) for name in ("degraded", "broken", "missed")}
        cases = {"a page": self.page, "a ticket": self.ticket, **runs}
        return tuple(name for name, routes in cases.items() if routes == ())


def explained(  # noqa: PLR0913  all that is told of
    known: Known,
    takers: Takers,
    away: Windows,
    incidents: Iterable[Incident],
    now: datetime,
    *,
    silence: Silence,
) -> Explained:
    """All of it, as things stand now."""
    rule, policy = known.rule, known.rule.policy
    windows = (known.maintenance(away, region, now) for region in rule.regions)
    severities = terms(policy).severities
    told = {kind: _told(known, kind, severities[kind], takers, now) for kind in terms(policy).kinds}
    failed = {severities[kind]: names for kind, names in told.items() if kind.verdict is Verdict.FAILED}
    return Explained(
        journey=known.id,
        name=known.name,
        policy=policy.name,
        words=_words(known),
        regions=rule.regions,
        runs_per_day=known.usual.runs_per_day,
        usual=rule.p0,
        learnt_from=known.usual.said,
        page=failed.get(Severity.PAGE),
        ticket=failed.get(Severity.TICKET),
        degraded=told.get(Kind.DEGRADED),
        broken=told.get(Kind.BROKEN),
        missed=told.get(Kind.MISSED),
        maintenance=tuple(dict.fromkeys(window.name for window in windows if window)),
        standing=tuple(
            f"{incident.severity} {incident.id}"
            for incident in incidents
            if any(case.problem.journey == known.id for case in incident.standing)
        ),
        silence=silence.words,
        listened=silence.regions,
    )


def _words(known: Known) -> str:
    """By the schedule: charts are set for the runs that there will be when it is kept, not for those of a first day.

    Without one, by the runs that were seen; of a few runs nobody knows when the next one comes.
    """
    rule, seen = known.rule, known.usual.runs_per_day
    if known.promised is None:
        return plain_words(rule, seen if seen >= 1 else 0.0)
    often, ticks = _often(known.promised)
    planned = often * len(rule.regions)
    kept = replace(rule, runs_per_day=max(rule.runs_per_day, planned))
    return plain_words(kept, max(seen, planned) if known.watched else planned, ticks)


def _often(schedule: Schedule) -> tuple[float, Rhythm | None]:
    """How often it comes on a day, 0 where nobody can say; and its rhythm."""
    try:
        ticks = rhythm(schedule)
        return A_DAY / ticks.mean if ticks else a_day(schedule), ticks
    except UsageError:
        return 0.0, None


def _told(known: Known, kind: Kind, severity: Severity, takers: Takers, now: datetime) -> tuple[str, ...]:
    """The routes that would be told, were it so now."""
    problem = Problem(
        journey=known.id,
        kind=kind,
        severity=severity,
        opened=now,
        first_bad=now,
        last_good=None,
        regions=known.rule.regions,
        run_id="",
        failed=1,
        said=1,
    )
    case = Case(problem=problem, name=known.name, stage=known.stage, owner=known.owner)
    incident = Incident(id="", opened=now, began=now, changed=now, severity=severity, cases=(case,))
    return tuple(route.name for route in takers(incident))
