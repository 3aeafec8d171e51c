"""Problems, incidents and posts as tests of alerts need them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pytest_synthetic.model.alerting import Case, Incident, Kind, Post, Problem, Severity, Turn
from tests.runs import NOON


def a_problem(journey: str = "checkout", kind: Kind = Kind.OUTAGE, **changed: Any) -> Problem:
    """A problem that was decided at NOON."""
    known = Problem(
        journey=journey,
        kind=kind,
        severity=Severity.PAGE if kind is Kind.OUTAGE else Severity.TICKET,
        opened=NOON,
        first_bad=NOON - timedelta(minutes=5),
        last_good=NOON - timedelta(minutes=10),
        regions=("eu",),
        run_id="r1",
        claim="expected the order's number, got nothing",
        failed=2,
        said=2,
    )
    return replace(known, **changed)


def a_case(journey: str = "checkout", kind: Kind = Kind.OUTAGE, **changed: Any) -> Case:
    """A journey's problem, as part of an incident."""
    return replace(Case(problem=a_problem(journey, kind), name=journey.title(), owner="payments"), **changed)


def an_incident(number: str = "abcd1234", *cases: Case, **changed: Any) -> Incident:
    """An incident that was opened at NOON."""
    told = cases or (a_case(),)
    page = any(case.problem.severity is Severity.PAGE for case in told)
    known = Incident(
        id=number,
        opened=NOON,
        began=NOON - timedelta(minutes=5),
        changed=NOON,
        severity=Severity.PAGE if page else Severity.TICKET,
        cases=told,
    )
    return replace(known, **changed)


def a_post(key: str = "k1", turn: Turn = Turn.OPENED, **changed: Any) -> Post:
    """A letter that waits, and is not in the outbox yet."""
    known = Post(
        id=0,
        key=key,
        incident="abcd1234",
        turn=turn,
        at=NOON,
        route="oncall",
        address="f00d",
        label="slack",
        not_before=NOON,
        tries=0,
        ended=None,
        why=None,
    )
    return known._replace(**changed)


def minutes(number: float) -> datetime:
    """So long after NOON."""
    return NOON + timedelta(minutes=number)
