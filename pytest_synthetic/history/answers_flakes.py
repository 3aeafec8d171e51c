"""How often journeys say another thing although nothing changed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.flakes import Outcome, flakes

if TYPE_CHECKING:
    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.model.history import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakeRow:
    """A journey: `changes` of its `pairs` of consecutive runs went from good to failed or back, nothing else changed.

    `score` is the share of them; None without a pair. In `unversioned` pairs neither commit nor release is known.
    `retried` failed runs were tried again, and `recovered` of these were good then.
    """

    journey: str
    name: str
    owner: str | None
    score: float | None
    changes: int
    pairs: int
    unversioned: int
    retried: int
    recovered: int


def rows(history: SqlHistory, chosen: Selection) -> list[FlakeRow]:
    """Every journey with something to count, the most fickle first."""
    outcomes = defaultdict(list)
    for run in history.runs(replace(chosen, first_attempts=False), newest_first=False):
        outcomes[run.journey].append(
            Outcome(run.verdict, run.region, run.commit, run.release, run.attempt, run.variant)
        )
    found = []
    for key, facts in history.journeys().items():
        if told := flakes(outcomes[key]):
            found.append(
                FlakeRow(
                    journey=key,
                    name=facts.name,
                    owner=facts.owner,
                    score=told.score,
                    changes=told.changes,
                    pairs=told.pairs,
                    unversioned=told.unversioned,
                    retried=told.retried,
                    recovered=told.recovered,
                )
            )
    return sorted(found, key=lambda row: (-(row.score or 0.0), -row.recovered, row.name, row.journey))
