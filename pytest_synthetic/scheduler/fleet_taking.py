"""Whether an agent may run a job: decided from what the job says, before anything of it is believed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pytest_synthetic.config.settings import OtherFiles

if TYPE_CHECKING:
    from pytest_synthetic.scheduler.fleet_messages import Order


def refusal(order: Order, region: str, version: str, revision: str | None, other_files: OtherFiles) -> str | None:
    """Why an agent in `region` does not run it, as the end of a sentence; None when it may."""
    plan = order.job.get("plan")
    asked = plan.get("region") if isinstance(plan, Mapping) else None
    if asked != region:
        return f'it is for region "{str(asked)[:60]}", and this agent is one of "{region}"'
    if _line(order.version) != _line(version):
        return f"the scheduler has pytest-synthetic {order.version[:20]}, this agent {version}: use the same on both"
    if other_files is OtherFiles.REFUSE and differ(order.revision, revision):
        return (
            f"the scheduler has commit {short(order.revision)} of the journeys, this agent {short(revision)}: bring "
            'both to the same, or set other_files = "tell" in [fleet]'
        )
    return None


def differ(one: str | None, other: str | None) -> bool:
    """Whether two revisions are known, and not the same."""
    return one is not None and other is not None and one != other


def short(revision: str | None) -> str:
    """A revision for people."""
    if revision is None:
        return "unknown"
    commit, changed, _ = revision.partition("+")
    return commit[:12] + (" with changes" if changed else "")


def _line(version: str) -> tuple[str, ...]:
    """Versions of one line understand each other: 1.4.0 and 1.4.7."""
    return tuple(version.split(".")[:2])
