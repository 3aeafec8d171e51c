"""What each owner promised and kept, beside the journeys it is part of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_synthetic.analysis.owners import RunSeen, StepSeen, owners

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from pytest_synthetic.analysis.owners import Owner
    from pytest_synthetic.history.queries import JourneyFacts
    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.history.verdicts import Verdicts
    from pytest_synthetic.model.history import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerRow:
    """How often the steps of one owner kept their SLA; `owner` is None for what nobody owns.

    `share` is kept of all; None when no step promised anything.
    """

    owner: str | None
    kept: int
    late: int
    failed: int
    share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRow:
    """What customers got of a journey that the owner has a part in: `kept` of the `said` runs passed.

    In `silos` of them every step was in time and the journey was not. `silo_minutes` of all `minutes` are the time that
    these runs stand for; None when no two runs tell how long one stands for.
    """

    owner: str | None
    journey: str
    name: str
    kept: int
    said: int
    share: float | None
    silos: int
    silo_minutes: float | None
    minutes: float | None


def rows(history: SqlHistory, chosen: Selection, now: datetime) -> tuple[list[OwnerRow], list[PartRow]]:
    """Every owner that has a part in a chosen run, and the journeys it is part of."""
    first = replace(chosen, first_attempts=True)
    until = min(chosen.until, now) if chosen.until else now
    known = history.journeys()
    found = owners(_seen(history, first), until=until)
    return [_owner(one) for one in found], [part for one in found for part in _parts(one, known)]


def _seen(history: SqlHistory, chosen: Selection) -> Iterator[RunSeen]:
    steps = history.step_verdicts(chosen)
    for run in history.runs(chosen, newest_first=False):
        yield RunSeen(
            journey=run.journey,
            region=run.region,
            started=run.started,
            verdict=run.verdict,
            steps=_steps(steps.get(run.run_id, ()), history.verdicts),
            owner=run.owner,
            variant=run.variant,
        )


def _steps(rows: Sequence[Any], verdicts: Verdicts) -> tuple[StepSeen, ...]:
    return tuple(
        StepSeen(
            verdict=verdicts.read(row.verdict),
            duration=row.duration_us / 1_000_000,
            sla=None if row.sla_us is None else row.sla_us / 1_000_000,
            owner=row.owner,
        )
        for row in rows
    )


def _owner(told: Owner) -> OwnerRow:
    steps = told.steps
    return OwnerRow(owner=told.name, kept=steps.kept, late=steps.late, failed=steps.failed, share=steps.share)


def _parts(told: Owner, known: Mapping[str, JourneyFacts]) -> Iterator[PartRow]:
    for seen in told.journeys:
        yield PartRow(
            owner=told.name,
            journey=seen.journey,
            name=known[seen.journey].name,
            kept=seen.kept,
            said=seen.said,
            share=seen.share,
            silos=seen.silos,
            silo_minutes=seen.silo_minutes,
            minutes=seen.minutes,
        )
