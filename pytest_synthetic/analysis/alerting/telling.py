"""What a problem looks like: its facts, out of the rows of the places where it is."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alerting import rows
from pytest_synthetic.model.alerting import Kind, Problem

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from pytest_synthetic.analysis.alerting.situation import Situation
    from pytest_synthetic.analysis.alerting.state import Row


def problem_of(situation: Situation, kind: Kind, regions: Collection[str], opened: datetime) -> Problem | None:
    """A problem as its rows tell it; None when they tell of no bad run."""
    of = situation.rows_of(kind.verdict)
    found = [row for region in regions for row in of.get(region, ())]
    counted = [row for _, row in situation.rows_in(kind.verdict, regions)]
    if kind is Kind.LEAK and situation.charts.leak is not None:
        found = counted = [situation.charts.leak]
    newest = max((row.bad for row in found if row.bad is not None), key=attrgetter("at"), default=None)
    if newest is None:
        return None
    first = min(row.first for row in found if row.first is not None)
    variants = _variants(situation, kind, regions)
    good = [row.last_good for row in found if row.last_good is not None]
    if not variants:
        good += _good_before(situation, kind, regions, first)
    return Problem(
        journey=situation.rule.journey,
        kind=kind,
        severity=situation.terms.severities[kind],
        opened=opened,
        first_bad=first,
        last_good=max(good, default=None),
        regions=tuple(region for region in situation.rule.regions if region in regions),
        well=_well(situation, kind, regions, first),
        variants=variants,
        run_id=newest.run_id,
        step=newest.step,
        claim=newest.claim,
        fingerprint=newest.fingerprint,
        failed=sum(row.failed for row in counted),
        said=sum(row.said for row in counted),
    )


def _good_before(situation: Situation, kind: Kind, regions: Collection[str], moment: datetime) -> list[datetime]:
    """Good runs before that of any variant, for a monitor: what was missed, or not collected, is of none."""
    if kind not in {Kind.MISSED, Kind.BROKEN}:
        return []
    places = (place for place in situation.places.values() if place.region in regions)
    found = (rows.last_good(place, kind.verdict) for place in places)
    return [at for at in found if at is not None and at < moment]


def _well(situation: Situation, kind: Kind, bad: Collection[str], since: datetime) -> tuple[str, ...]:
    """The regions that are not bad and were seen to be good since."""
    good: set[str] = set()
    for place in situation.places.values():
        newest = rows.last_good(place, kind.verdict) if place.region not in bad else None
        if newest is not None and newest >= since:
            good.add(place.region)
    return tuple(region for region in situation.rule.regions if region in good)


def _variants(situation: Situation, kind: Kind, regions: Collection[str]) -> tuple[str, ...]:
    """The variants that are bad in these regions, where others are not."""
    every = {place.variant for place in situation.places.values() if place.region in regions and place.variant}
    if not every or kind in {Kind.LEAK, Kind.MISSED}:
        return ()
    found = [(place, row) for place, row in situation.rows_in(kind.verdict, regions) if row.bad is not None]
    charted = situation.terms.charted(kind)
    told = [place.variant for place, row in found if charted or _is_bad_still(situation, kind, place.variant, row)]
    told = told or [place.variant for place, _ in found]
    return () if "" in told or every <= set(told) else tuple(sorted(set(told)))


def _is_bad_still(situation: Situation, kind: Kind, variant: str, row: Row) -> bool:
    """Whether a variant is bad by its row; one that was told to be so is until it is well again."""
    told = situation.standing[kind].problem.variants if kind in situation.standing else ()
    if variant in told and row.good < situation.rule.policy.successes:
        return True
    return rows.is_bad(row, situation.terms.failures[kind.verdict], situation.terms.lasts, situation.now)
