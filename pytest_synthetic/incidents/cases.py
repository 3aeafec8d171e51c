"""What people ask about a problem, out of the record of its newest bad run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alerting.words import bracketed
from pytest_synthetic.analysis.incidents import Before
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.model.alerting import Case, Incident, Notice, Problem, Turn
from pytest_synthetic.model.run import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_synthetic.history.alert_book import Heard
    from pytest_synthetic.incidents.journeys import Journeys, Known
    from pytest_synthetic.model.run import RunResult


def case_of(problem: Problem, known: Known | None, run: RunResult | None) -> Case:
    """A problem as part of an incident. What neither the journey nor a record tells is left out."""
    case = Case(
        problem=problem,
        name=known.name if known else run.name if run else problem.journey,
        stage=known.stage if known else None,
        owner=known.owner if known else run.owner if run else None,
        runbook=run.runbook if run else None,
        revenue_per_hour=run.revenue_per_hour if run else None,
        currency=run.currency if run else "EUR",
        depends_on=_depends_on(problem, run) if run else (),
        remind=known.rule.policy.reminder(problem.severity) if known else None,
    )
    return with_run(case, run) if run else case


def with_run(case: Case, run: RunResult) -> Case:
    """A case with what the record of its newest bad run tells; the same for a run that was not: of a silent monitor."""
    if run.verdict is not case.problem.kind.verdict:
        return case
    return replace(
        case,
        depends_on=_depends_on(case.problem, run),
        carriers=tuple(dict.fromkeys((*case.carriers, *_carriers(run)))),
        evidence=_evidence(run),
    )


def up_to_date(incident: Incident, standing: Mapping[tuple[str, str], Problem]) -> Incident:
    """With the newest counts, runs and claims of its problems, given by journey and kind; the same when all are new.

    The evidence of another run is read when it is wanted: see `recorded`.
    """
    cases = tuple(
        case
        if case.resolved or (problem := standing.get((case.problem.journey, case.problem.kind))) is None
        else _newer(case, problem)
        for case in incident.cases
    )
    return incident if cases == incident.cases else replace(incident, cases=cases)


def _newer(case: Case, problem: Problem) -> Case:
    return replace(
        case,
        problem=replace(problem, first_bad=min(problem.first_bad, case.problem.first_bad)),
        evidence=case.evidence if problem.run_id == case.problem.run_id else None,
    )


def blocked_in(heard: Iterable[Heard], incidents: Iterable[Incident], journeys: Journeys) -> dict[str, set[str]]:
    """Of journeys with a problem, by id, the names of those that were not tried because of it."""
    standing = {case.problem.journey for incident in incidents for case in incident.standing}
    found: dict[str, set[str]] = {}
    for each in heard:
        if each.blocked_by in standing:
            known = journeys.by_id.get(each.journey)
            found.setdefault(each.blocked_by, set()).add(known.name if known else each.journey)
    return found


def seen_in(incidents: Iterable[Incident]) -> dict[str, Before]:
    """When each fingerprint was seen last, and in which incident."""
    return {
        case.problem.fingerprint: Before(case.problem.opened, incident.id)
        for incident in incidents
        for case in incident.cases
        if case.problem.fingerprint
    }


def in_a_line(notice: Notice) -> str:
    """A notice for whoever sits beside the watcher."""
    incident = notice.incident
    first, *more = incident.standing or incident.cases
    rest = f" and {len(more)} more" if more else ""
    variants = first.problem.variants
    name = f"{first.name} {bracketed(variants)}" if variants else first.name
    where = f" ({', '.join(first.problem.regions)})" if first.problem.regions else ""
    gone = notice.turn is Turn.RESOLVED and all(case.gone for case in incident.cases)
    turn, end = ("closed", ", not seen to be well again") if gone else (notice.turn, "")
    what = f"{incident.severity} {incident.id} {turn}: {name}{where}{rest}, {first.problem.kind}{end}"
    return one_line(f"{what}: {first.problem.claim}" if first.problem.claim else what, 200)


def _depends_on(problem: Problem, run: RunResult) -> tuple[str, ...]:
    """Of the step that failed and of those around it; else of the journey."""
    of_steps = {path: step.depends_on for path, step in walk(run.steps)}
    step = problem.step or ""
    own = [name for path, names in of_steps.items() if step == path or step.startswith(f"{path} > ") for name in names]
    return tuple(dict.fromkeys(own)) or run.depends_on


def _carriers(run: RunResult) -> tuple[str, ...]:
    told = (measured.labels.get("carrier") for measured in run.measurements)
    return tuple(dict.fromkeys(carrier for carrier in told if carrier))


def _evidence(run: RunResult) -> str | None:
    """The folder in which the run's files lie."""
    kept = next((artifact.path for artifact in run.artifacts if artifact.path), None)
    return kept.rpartition("/")[0] or None if kept else None
