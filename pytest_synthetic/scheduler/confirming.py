"""Which runs are repeated at once, so that an alert need not believe one failure alone."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_synthetic.config.settings import ConfirmSettings
    from pytest_synthetic.model.plan import Job, Outcome, Plan


def repeats(outcome: Outcome, settings: ConfirmSettings, plans: Mapping[tuple[str, str], Plan]) -> Iterator[Job]:
    """The jobs that repeat a failed one: in its own region, and in the next one of its journey that is watched."""
    job, failed = outcome.job, next((run for run in outcome.runs if run.verdict is Verdict.FAILED), None)
    if failed is None or job.attempt > 1 or job.at is None:
        return
    if job.plan.spec.mutates and not settings.mutates:
        return
    if settings.same_region:
        yield _again(job, job.plan, failed.run_id)
    if settings.other_region and (elsewhere := _other(job.plan, plans)):
        yield _again(job, elsewhere, failed.run_id)


def _again(job: Job, plan: Plan, failed: str) -> Job:
    return replace(job, id=uuid.uuid4().hex, plan=plan, attempt=2, confirms=failed, isolated=True)


def _other(plan: Plan, plans: Mapping[tuple[str, str], Plan]) -> Plan | None:
    """The region after its own in the order of their names, so that not all repeats go to the same."""
    others = sorted(region for journey, region in plans if journey == plan.spec.id and region != plan.region)
    after = next((region for region in others if region > plan.region), others[0] if others else None)
    return plans[plan.spec.id, after] if after else None
