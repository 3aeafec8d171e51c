"""The facts of an alert as JSON, for the programs of others: `webhook.schema.json` says what each one is.

Texts are redacted and in one line, but else as the product said them: who shows them escapes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_synthetic.alerts.body import assumption
from pytest_synthetic.alerts.headline import Pen, shown_cases
from pytest_synthetic.analysis.impact import at_risk
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.model.wire import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_synthetic.analysis.impact import Amount, Risk
    from pytest_synthetic.model.alerting import Case, Incident, Notice

SCHEMA = 1
"""Version of the form."""

CASES_TOLD = 100
NAMES_TOLD = 100
LONGEST = 1_000


def facts(notice: Notice, pen: Pen, links: Mapping[str, str], *, said: Mapping[str, Any]) -> dict[str, Any]:
    """All facts; `said` are those that the letter has for itself: product, title, key, test."""
    incident = notice.incident
    seen = None
    if incident.before is not None and incident.before_id:
        seen = {"at": incident.before, "incident": incident.before_id}
    told = {
        "schema": SCHEMA,
        **said,
        "incident": incident.id,
        "turn": notice.turn,
        "revision": incident.revision,
        "severity": incident.severity,
        "at": notice.at,
        "opened": incident.opened,
        "began": incident.began,
        "resolved": incident.resolved,
        "flapping": incident.flapping,
        "before": seen,
        "journeys": len({case.problem.journey for case in incident.cases}),
        "cases": [_case(case) for case in cases_told(incident)],
        "risk": [_risk(risk, pen) for risk in at_risk(incident.cases, pen.now)],
        "links": dict(links),
    }
    clean: dict[str, Any] = _clean(plain(told), pen)
    return clean


def cases_told(incident: Incident) -> list[Case]:
    """Those that matter most."""
    first = shown_cases(incident)[:CASES_TOLD]
    told = set(map(id, first))
    others = (case for case in incident.cases if id(case) not in told)
    return [*first, *others][:CASES_TOLD]


def _case(case: Case) -> dict[str, Any]:
    problem = case.problem
    return {
        "journey": problem.journey,
        "name": case.name,
        "kind": problem.kind,
        "severity": problem.severity,
        "stage": case.stage,
        "owner": case.owner,
        "runbook": case.runbook,
        "opened": problem.opened,
        "first_bad": problem.first_bad,
        "last_good": problem.last_good,
        "resolved": case.resolved,
        "regions": problem.regions,
        "regions_ever": case.ever,
        "regions_well": problem.well,
        "variants": problem.variants,
        "carriers": case.carriers,
        "run": problem.run_id,
        "step": problem.step,
        "claim": problem.claim,
        "fingerprint": problem.fingerprint,
        "failed": problem.failed,
        "said": problem.said,
        "depends_on": case.depends_on,
        "blocked": case.blocked,
        "evidence": case.evidence,
        "ending": case.ending,
        "gone": case.gone,
    }


def _risk(risk: Risk, pen: Pen) -> dict[str, Any]:
    return {
        "currency": risk.currency,
        "so_far": _amount(risk.so_far),
        "per_hour": None if risk.per_hour is None else _amount(risk.per_hour),
        "journeys": risk.journeys,
        "assumption": assumption([risk], pen),
    }


def _amount(told: Amount) -> dict[str, float]:
    return {name: round(money, 2) for name, money in told._asdict().items()}


def _clean(value: Any, pen: Pen) -> Any:
    if isinstance(value, str):
        return one_line(pen.redact(value), LONGEST)
    if isinstance(value, dict):
        return {_clean(name, pen): _clean(item, pen) for name, item in value.items()}
    return [_clean(item, pen) for item in value[:NAMES_TOLD]] if isinstance(value, list) else value
