"""Records of runs that nobody could write who was there: never begun, or ended from outside."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from pytest_synthetic.model.run import Failure, RunResult
from pytest_synthetic.model.verdict import Fault, Verdict

if TYPE_CHECKING:
    from pytest_synthetic.model.plan import Plan

_TOOL_VERSION = version("pytest-synthetic")
_NAMESPACE = uuid.UUID("6d1c2f7e-6f0b-4b5e-9a57-0d5f4e0b9a11")


def run_id_of(journey: str, region: str, at: datetime) -> str:
    """The id of a record that is written in place of the run of a tick: the same whoever writes it."""
    return uuid.uuid5(_NAMESPACE, f"{journey}\n{region}\n{stamp(at)}").hex


def stands_in(run: RunResult) -> bool:
    """Whether a record was written in place of the run of a tick."""
    return run.attempt == 1 and run.scheduled_at is not None and run.run_id == id_in_place_of(run)


def id_in_place_of(run: RunResult) -> str:
    """The id of the record in place of a run that a tick asked for. Raises ValueError for a tick that is no moment."""
    at = datetime.fromisoformat(str(run.scheduled_at))
    return run_id_of(run.journey, run.region, (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC))


def stamp(moment: datetime) -> str:
    """A moment in UTC as records have it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def missed(plan: Plan, at: datetime, reason: str) -> RunResult:
    """The record of a tick whose run was never begun."""
    run_id = run_id_of(*plan.key, at)
    return _record(plan, run_id=run_id, started_at=at, scheduled_at=at, verdict=Verdict.MISSED, reason=reason)


def broken(plan: Plan, at: datetime | None, began: datetime, reason: str, *, attempt: int = 1) -> RunResult:
    """The record of a run that began, or should have, and told nothing. `at` is its tick, if one asked for it."""
    run_id = run_id_of(*plan.key, at) if at and attempt == 1 else uuid.uuid4().hex
    record = _record(plan, run_id=run_id, started_at=began, scheduled_at=at, verdict=Verdict.BROKEN, reason=reason)
    return interrupted(replace(record, attempt=attempt), reason)


def interrupted(run: RunResult, reason: str) -> RunResult:
    """What is known of a run that could not finish, as `broken`."""
    failure = Failure(
        type="Interrupted",
        message=reason,
        claim=reason,
        fault=Fault.RUNNER,
        reason=reason,
        phase="call",
        step=None,
        frame=None,
        fingerprint="",
    )
    return replace(run, verdict=Verdict.BROKEN, fault=Fault.RUNNER, reason=reason, failure=failure)


def _record(  # noqa: PLR0913  what a record needs that its plan does not say
    plan: Plan, *, run_id: str, started_at: datetime, scheduled_at: datetime | None, verdict: Verdict, reason: str
) -> RunResult:
    spec = plan.spec
    return RunResult(
        run_id=run_id,
        session_id=run_id,
        attempt=1,
        journey=spec.id,
        name=spec.name,
        stage=spec.stage,
        owner=spec.owner,
        criticality=spec.criticality,
        depends_on=spec.depends_on,
        runbook=spec.runbook,
        revenue_per_hour=spec.revenue_per_hour,
        currency=spec.currency,
        mutates=spec.mutates,
        nodeid=plan.nodeid,
        parameters={},
        region=plan.region,
        device=None,
        network=spec.network,
        browser=None,
        browser_version=None,
        git_commit=None,
        tool_version=_TOOL_VERSION,
        worker=None,
        started_at=stamp(started_at),
        duration=None,
        setup_duration=None,
        teardown_duration=None,
        promised=spec.sla.total,
        verdict=verdict,
        fault=None,
        reason=reason,
        failure=None,
        steps=(),
        measurements=(),
        breaches=(),
        artifacts=(),
        slo=spec.slo,
        schedule=spec.schedule,
        scheduled_at=None if scheduled_at is None else stamp(scheduled_at),
    )
