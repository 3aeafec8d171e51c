"""Incidents and letters as tests of alerts need them, with what is given changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pytest_synthetic.model.alerting import Case, Incident, Kind, Letter, Problem, Severity, Turn

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PROBLEM = Problem(
    journey="test_shop.test_checkout", kind=Kind.OUTAGE, severity=Severity.PAGE, opened=NOON, first_bad=NOON,
    last_good=None, regions=("eu-west",), run_id="0af7651916cd43dd8448eb211c80319c", failed=2, said=3,
)  # fmt: skip
LETTER = Letter(
    incident="a1b2c3", turn=Turn.OPENED, severity=Severity.PAGE, title="Checkout fails in eu-west",
    short="Checkout fails since 12:00 UTC", body="**Checkout** fails.\n\n- since 12:00 UTC\n- [run](https://r.example/1)",
    facts={"incident": "a1b2c3", "turn": "opened", "thread": "Incident a1b2c3: Checkout"}, key="a1b2c3-1-oncall",
    at=NOON,
)  # fmt: skip


def a_case(kind: Kind = Kind.OUTAGE, severity: Severity = Severity.PAGE, **changed: Any) -> Case:
    """A case of Checkout, which payments owns."""
    known = {"name": "Checkout", "stage": "purchase", "owner": "payments", **changed}
    return Case(problem=replace(PROBLEM, kind=kind, severity=severity), **known)


def an_incident(*cases: Case, **changed: Any) -> Incident:
    """An incident of these cases, as severe as the gravest."""
    severe = Severity.PAGE if any(case.problem.severity is Severity.PAGE for case in cases) else Severity.TICKET
    known = {"id": "a1b2c3", "opened": NOON, "began": NOON, "changed": NOON, "severity": severe, **changed}
    return Incident(cases=cases, **known)


def a_letter(**changed: Any) -> Letter:
    """A letter of an opened incident."""
    return replace(LETTER, **changed)
