"""Incidents as rows of tables, and as fields of JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  dataclass fields
from typing import TYPE_CHECKING, Any

from pytest_synthetic.analysis.spells import came_and_went, stood_from

if TYPE_CHECKING:
    from pytest_synthetic.model.alerting import Case, Incident, Post, Severity

COLOURS = {"page": "red", "ticket": "yellow"}


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLine:
    """An incident. `kinds` are those of its problems.

    `began` is the first bad run of all, `since` that of the last time, where it was over in between; from then on it
    `lasted`, in seconds, until now where it stands. `gone`: it is over although nothing was seen to be well again.
    `told` are the routes that were told of it.
    """

    id: str
    severity: Severity
    kinds: tuple[str, ...]
    journeys: tuple[str, ...]
    variants: tuple[str, ...]
    regions: tuple[str, ...]
    began: datetime
    since: datetime
    opened: datetime
    resolved: datetime | None
    lasted: float
    flapping: bool
    came_and_went: bool
    gone: bool
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """What is wrong with one journey. `failed` of `said` runs since `first_bad` were bad, in `regions`, until its end.

    `variants` are the devices and parameters that are bad there, where others are not. `gone`: it is over although
    nothing was seen to be well again.
    """

    journey: str
    name: str
    kind: str
    severity: Severity
    regions: tuple[str, ...]
    well: tuple[str, ...]
    variants: tuple[str, ...]
    first_bad: datetime
    last_good: datetime | None
    resolved: datetime | None
    gone: bool
    failed: int
    said: int
    step: str | None
    claim: str | None
    owner: str | None
    runbook: str | None
    depends_on: tuple[str, ...]
    carriers: tuple[str, ...]
    blocked: tuple[str, ...]
    run_id: str
    evidence: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """A line of the time line. `told` are the routes that were told of it."""

    at: datetime
    what: str
    why: str
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterLine:
    """A letter to one address. `state` is `sent`, `waits`, or `not sent`; `until` is when it is tried next."""

    at: datetime
    turn: str
    route: str
    address: str
    state: str
    tries: int
    ended: datetime | None
    until: datetime | None
    why: str | None


def line(incident: Incident, now: datetime) -> IncidentLine:
    """One of a list."""
    cases = incident.standing or incident.cases
    since = stood_from(incident)
    return IncidentLine(
        id=incident.id,
        severity=incident.severity,
        kinds=tuple(dict.fromkeys(case.problem.kind.value for case in cases)),
        journeys=tuple(dict.fromkeys(case.name for case in cases)),
        variants=tuple(dict.fromkeys(variant for case in cases for variant in case.problem.variants)),
        regions=tuple(dict.fromkeys(region for case in cases for region in bad_regions(case))),
        began=incident.began,
        since=since,
        opened=incident.opened,
        resolved=incident.resolved,
        lasted=max(0.0, ((incident.resolved or now) - since).total_seconds()),
        flapping=incident.flapping,
        came_and_went=came_and_went(incident),
        gone=all(case.gone for case in incident.cases),
        told=tuple(dict.fromkeys(route for entry in incident.entries for route in entry.told)),
    )


def bad_regions(case: Case) -> tuple[str, ...]:
    """Where it is bad; of one that is over, where it ever was."""
    return (case.ever or case.problem.regions) if case.resolved else case.problem.regions


def case_line(case: Case) -> CaseLine:
    """One of an incident."""
    problem, bad = case.problem, bad_regions(case)
    return CaseLine(
        journey=problem.journey,
        name=case.name,
        kind=problem.kind.value,
        severity=problem.severity,
        regions=bad,
        well=tuple(region for region in problem.well if region not in bad),
        variants=problem.variants,
        first_bad=problem.first_bad,
        last_good=problem.last_good,
        resolved=case.resolved,
        gone=case.gone,
        failed=(case.ending or problem).failed,
        said=(case.ending or problem).said,
        step=problem.step,
        claim=problem.claim,
        owner=case.owner,
        runbook=case.runbook,
        depends_on=case.depends_on,
        carriers=case.carriers,
        blocked=case.blocked,
        run_id=problem.run_id,
        evidence=case.evidence,
    )


def letter_line(post: Post) -> LetterLine:
    """One of those who are told."""
    waits = post.ended is None
    return LetterLine(
        at=post.at,
        turn=post.turn.value,
        route=post.route,
        address=post.label,
        state="waits" if waits else "not sent" if post.why else "sent",
        tries=post.tries,
        ended=post.ended,
        until=post.not_before if waits else None,
        why=post.why,
    )


def colour(row: Any) -> str:
    """That of a row: how grave it is, or that it is over."""
    return "green" if row.resolved and not row.gone else COLOURS[row.severity]
