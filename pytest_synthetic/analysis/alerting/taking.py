"""A run is counted: in the rows of its place, in the charts, and in the problems that it begins, changes or ends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alerting import rows
from pytest_synthetic.analysis.alerting.following import follow, is_good_again
from pytest_synthetic.analysis.alerting.opening import open_new
from pytest_synthetic.analysis.alerting.seating import AHEAD, is_outlived, seat
from pytest_synthetic.analysis.alerting.terms import CHARTED
from pytest_synthetic.model.alerting import Kind
from pytest_synthetic.model.verdict import SAID, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from pytest_synthetic.analysis.alerting.situation import Key, Situation
    from pytest_synthetic.analysis.alerting.state import Place, Row
    from pytest_synthetic.model.alerting import Seen


def take(situation: Situation, run: Seen) -> None:
    """Count a run, and see what becomes of problems."""
    if run.region not in situation.rule.regions:
        return
    if (run.region, run.variant) not in situation.places and is_outlived(situation, run):
        return
    key = seat(situation, run)
    before = situation.places.get(key)
    place = rows.arrived(before, key[1], run, situation.now, situation.now + AHEAD)
    if place is None:
        return
    situation.changed = True
    situation.places[key] = place
    bad, beside = run.verdict in situation.terms.spans, situation.beside(key)
    if not (bad or place.rows or beside or situation.standing or not situation.charts.idle):
        return
    if situation.charted and run.verdict in SAID:
        _chart(situation, run, place, before)
    also = beside | {Verdict.FAILED} if situation.charted and situation.charts.out else beside
    counted = rows.counted(place, run, situation.terms.spans, before, also=also)
    situation.places[key] = place = replace(place, rows=counted)
    if beside and run.verdict in SAID:
        _ran_well(situation, key)
    for kind in tuple(situation.standing):
        if kind in situation.standing:
            follow(situation, kind, run, place)
    if bad:
        open_new(situation, run.verdict, place.at)
    _let_go(situation, run, key)
    _forget(situation, key)


def _chart(situation: Situation, run: Seen, place: Place, before: Place | None) -> None:
    charts = situation.charts
    frozen = Kind.OUTAGE in situation.standing or Kind.REGION in situation.standing
    if run.verdict is not Verdict.FAILED:
        charts.worked(run.region)
        if not frozen:
            charts.held_tight(stands=Kind.LEAK in situation.standing)
        return
    limit = situation.limits()
    charts.failed(run.region, situation.seen(), limit)
    row = rows.row(place, Verdict.FAILED)
    if not frozen and (
        row is None or row.bad is None or row.good > 0 or _well_since(situation, row.bad.at, run.region)
    ):
        charts.leaked(run, place, before, limit)


def _well_since(situation: Situation, moment: datetime, region: str) -> bool:
    """Whether a run of another variant was good since then: failures in a row are those of a region."""
    good = (rows.last_good(place, Verdict.FAILED) for place in situation.places.values() if place.region == region)
    return any(at is not None and at > moment for at in good)


def _ran_well(situation: Situation, key: Key) -> None:
    """A run said something of the product, so the monitor runs, whichever variant of its region was missed.

    It also works again when runs of which no variant is known were broken, and this variant ran twice since.
    """
    region, before = key[0], situation.places[key].before
    for verdict in situation.terms.spans.keys() & {Verdict.MISSED, Verdict.BROKEN}:
        for place, row in situation.rows_in(verdict, (region,)):
            other = region, place.variant
            twice = not place.variant and before is not None and before > place.at
            if other != key and row.bad is not None and (verdict is Verdict.MISSED or twice):
                good = replace(rows.after_good(row, situation.terms.spans[verdict]), said=row.said)
                situation.places[other] = replace(situation.places[other], rows=rows.replaced(place.rows, good))


def _let_go(situation: Situation, run: Seen, key: Key) -> None:
    """After a good run: what opened nothing since it is `held`, and is good again, does not count with what comes."""
    for row in situation.places[key].rows:
        if row.bad is None or not row.bad.held or run.verdict not in rows.GOOD[row.verdict]:
            continue
        charted = situation.charted and row.verdict is Verdict.FAILED
        of = situation.rows_of(row.verdict)
        regions = [region for region in of if charted or region == run.region]
        if _stands(situation, row.verdict, regions) or not situation.newest_is_held(row.verdict, regions):
            continue
        if all(is_good_again(situation, of[region], charted=charted) for region in regions):
            situation.drop_rows(row.verdict, regions)
            if charted:
                situation.charts = replace(situation.charts, out={}, alone={})


def _stands(situation: Situation, verdict: Verdict, regions: Collection[str]) -> bool:
    """Whether a problem stands in some of these regions."""
    bad = (one.problem.regions for kind, one in situation.standing.items() if kind.verdict is verdict)
    return any(region in regions for there in bad for region in there)


def _forget(situation: Situation, key: Key) -> None:
    """Rows that say nothing any more."""
    place = situation.places[key]
    if place.rows:
        kept = tuple(row for row in place.rows if _needed(situation, place.region, row))
        if len(kept) < len(place.rows):
            situation.places[key] = replace(place, rows=kept)


def _needed(situation: Situation, region: str, row: Row) -> bool:
    if situation.charted and row.verdict is Verdict.FAILED:
        return bool(situation.charts.out) or any(kind in situation.standing for kind in CHARTED)
    return _stands(situation, row.verdict, (region,)) or any(
        "1" in each.last for _, each in situation.rows_in(row.verdict, (region,))
    )
