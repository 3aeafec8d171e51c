"""How journeys went: counts, availability, durations and the last runs of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.intervals import jeffreys
from pytest_synthetic.analysis.percentiles import percentile

if TYPE_CHECKING:
    from pytest_synthetic.history.queries import JourneyFacts
    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.model.history import Counts, Selection
    from pytest_synthetic.model.verdict import Verdict

LAST = 24
"""Runs of a trend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A run of a trend; `duration` in seconds."""

    verdict: Verdict
    duration: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How the chosen runs of one journey went, first attempts alone.

    `availability` lies truly between `low` and `high` (95 %). `coverage` is the share of runs that could say something.
    `p50` and `p95` are in seconds, of the runs that worked and are kept one by one. What no run says is None. `trend`
    are the last runs, oldest first.
    """

    journey: str
    name: str
    owner: str | None
    counts: Counts
    availability: float | None
    low: float | None
    high: float | None
    coverage: float | None
    p50: float | None
    p95: float | None
    trend: tuple[Point, ...]


def summaries(history: SqlHistory, chosen: Selection) -> list[Summary]:
    """Every journey that has a chosen run, in order of their names."""
    first = replace(chosen, first_attempts=True)
    known = history.journeys()
    counts = history.counts(first, ("journey",))
    for key, folded in history.day_counts(first, ("journey",)).items():
        counts[key] = counts[key] + folded if key in counts else folded
    took = history.durations(first, ("journey",))
    return [
        _summary(history, first, facts, counts[facts.key,], took.get((facts.key,), []))
        for facts in sorted(known.values(), key=lambda facts: (facts.name, facts.key))
        if (facts.key,) in counts
    ]


def _summary(history: SqlHistory, chosen: Selection, facts: JourneyFacts, counts: Counts, took: list[float]) -> Summary:
    last = history.runs(replace(chosen, journeys=(facts.key,)), limit=LAST, newest_first=False)
    low, high = jeffreys(counts.good, counts.said) or (None, None)
    return Summary(
        journey=facts.key,
        name=facts.name,
        owner=facts.owner,
        counts=counts,
        availability=counts.good / counts.said if counts.said else None,
        low=low,
        high=high,
        coverage=counts.said / counts.all if counts.all else None,
        p50=percentile(took, 50),
        p95=percentile(took, 95),
        trend=tuple(Point(verdict=line.verdict, duration=line.duration) for line in last),
    )
