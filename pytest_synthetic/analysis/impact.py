"""What an incident may cost: revenue at risk, never more exact than what is known.

For a journey that fails, with `revenue_per_hour` as its owner states it:

    at risk per hour   revenue_per_hour x (bad regions / regions looked at) x share of runs that fail
    at risk so far     the same x hours since its first bad run, with all regions that were bad in it

The share of runs that fail is that of the runs in the bad regions since the first bad one. Likely is the mean of
Jeffreys' posterior, (failed + 1/2) / (said + 1); low and high are the ends of its 95 % interval (see `intervals`). With
3 of 3 failed that is 0.875, between 0.46 and 1: three runs are no proof that all customers fail.

This is the usual estimate, traffic x value x share of failures, with two things left out because nobody knows them
here: the hours of the day, and customers who come back later. So it is an upper bound: at risk, not lost. Lows and
highs of several journeys are added up, since journeys of one incident fail together.

Journeys that are late or whose monitor is silent put nothing at risk that could be counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pytest_synthetic.analysis.incident_causes import Family, family_of
from pytest_synthetic.analysis.intervals import jeffreys

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pytest_synthetic.model.alerting import Case

AN_HOUR = 3600.0


class Amount(NamedTuple):
    """Money, and between which amounts it is (95 %)."""

    low: float
    likely: float
    high: float

    def times(self, factor: float) -> Amount:
        """So much of it."""
        return Amount(self.low * factor, self.likely * factor, self.high * factor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """Revenue at risk in one currency.

    `so_far` since the first bad runs; `per_hour` for each hour to come, None when all is over. `journeys` is how many
    it is of. `regions` is over how many traffic was taken to be spread evenly; None: journeys differ in that.
    """

    currency: str
    so_far: Amount
    per_hour: Amount | None
    journeys: int
    regions: int | None


class _Part(NamedTuple):
    """What one journey adds."""

    so_far: Amount
    per_hour: Amount | None
    regions: int


def at_risk(cases: Iterable[Case], now: datetime) -> tuple[Risk, ...]:
    """The revenue at risk, a `Risk` for each currency, by its name.

    Empty when no journey that fails has a `revenue_per_hour`: then it is not known. A journey with two cases, an outage
    and a leak, counts once.
    """
    parts: dict[str, dict[str, _Part]] = {}
    for case in cases:
        part = _part(case, now)
        if part is None:
            continue
        same = parts.setdefault(case.currency, {})
        known = same.get(case.problem.journey)
        same[case.problem.journey] = _graver(known, part) if known else part
    return tuple(_risk(currency, tuple(parts[currency].values())) for currency in sorted(parts))


def _part(case: Case, now: datetime) -> _Part | None:
    problem = case.problem
    if not case.revenue_per_hour or family_of(problem.kind) is not Family.CUSTOMER:
        return None
    bad = set(problem.regions or case.ever)
    seen = bad | set(problem.well) | set(case.ever)
    of_a_region = _failing(problem.failed, problem.said).times(case.revenue_per_hour / max(1, len(seen)))
    hours = max(0.0, ((case.resolved or now) - problem.first_bad).total_seconds()) / AN_HOUR
    return _Part(
        so_far=of_a_region.times(max(1, len(bad.union(case.ever))) * hours),
        per_hour=of_a_region.times(max(1, len(bad))) if case.resolved is None else None,
        regions=max(1, len(seen)),
    )


def _failing(failed: int, said: int) -> Amount:
    low, high = jeffreys(failed, said) or (0.0, 1.0)
    return Amount(low, (failed + 0.5) / (said + 1), high)


def _graver(one: _Part, other: _Part) -> _Part:
    hourly = [part.per_hour for part in (one, other) if part.per_hour is not None]
    return _Part(
        max(one.so_far, other.so_far, key=_likely),
        max(hourly, key=_likely, default=None),
        max(one.regions, other.regions),
    )


def _likely(amount: Amount) -> float:
    return amount.likely


def _risk(currency: str, parts: tuple[_Part, ...]) -> Risk:
    hourly = [part.per_hour for part in parts if part.per_hour is not None]
    regions = {part.regions for part in parts}
    return Risk(
        currency=currency,
        so_far=_sum(part.so_far for part in parts),
        per_hour=_sum(hourly) if hourly else None,
        journeys=len(parts),
        regions=regions.pop() if len(regions) == 1 else None,
    )


def _sum(amounts: Iterable[Amount]) -> Amount:
    return Amount(*(sum(column) for column in zip(*amounts, strict=True)))
