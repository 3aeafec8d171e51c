"""What time alone says, without a run: that nothing is heard of a place, and that bad runs have lasted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alerting import rows, words
from pytest_synthetic.analysis.alerting.following import is_good_again
from pytest_synthetic.analysis.alerting.opening import open_new
from pytest_synthetic.analysis.alerting.problems import resolve, stand
from pytest_synthetic.analysis.alerting.terms import kind_of
from pytest_synthetic.model.alerting import Kind
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pytest_synthetic.analysis.alerting.situation import Key, Situation
    from pytest_synthetic.analysis.alerting.state import Place

    Promised = Callable[[str, datetime], datetime | None]
    """Until when another run must come in a region, after the newest one that began then; None: nobody promised one."""


def look(situation: Situation, promised: Promised | None) -> None:
    """What time alone says: silence, and bad rows that last. `promised` is as for `decide`."""
    if any(situation.now > rows.until(place) for place in situation.places.values()):
        if promised is not None:
            _renew(situation, promised)
        _listen(situation)
    if situation.terms.lasts is not None and any(place.rows for place in situation.places.values()):
        for verdict in situation.terms.spans:
            open_new(situation, verdict, situation.now)
            _grow(situation, verdict)


def _renew(situation: Situation, promised: Promised) -> None:
    """Where a moment passed until which a run should have come: the moment that was promised, or none.

    In a region the newest run alone has one: which variants a pipeline runs is not known.
    """
    late = {place.region for place in situation.places.values() if _is_late(situation, place)}
    newest = situation.newest() if late else {}
    for key, place in situation.places.items():
        if place.region not in late or rows.is_silent(place):
            continue
        due = _due(situation, place, promised) if place is newest[place.region] else None
        if due != place.next_by:
            situation.changed = True
            situation.places[key] = replace(place, next_by=due)


def _is_late(situation: Situation, place: Place) -> bool:
    return place.next_by is not None and situation.now > place.next_by and not rows.is_silent(place)


def _due(situation: Situation, place: Place, promised: Promised) -> datetime | None:
    """Until when a run must come there: as it was, or later where a newer run or another schedule says so."""
    if place.region in situation.held or not _is_late(situation, place):
        return place.next_by
    due = promised(place.region, place.at)
    return due if due is None or due > situation.now else place.next_by


def _listen(situation: Situation) -> None:
    """Places of which nothing is heard; a variant that other runs of its region have outlived is forgotten.

    Where something was bad, others must have run twice since: after a pause one is always the first.
    """
    newest = situation.newest()
    twice: dict[str, datetime] = {}
    for place in situation.places.values():
        if place.before and place.before > twice.get(place.region, place.before - rows.A_DAY):
            twice[place.region] = place.before
    for key, place in tuple(situation.places.items()):
        until, last = rows.until(place), newest[place.region]
        if situation.now <= until:
            continue
        if place is last:
            _silence(situation, key, place)
        elif (twice.get(place.region, until) if place.rows else last.at) > until:
            _give_up(situation, key)


def _give_up(situation: Situation, key: Key) -> None:
    """A variant does not run any more; where others are not bad, or are good again, it is over."""
    place = situation.places.pop(key)
    situation.changed = True
    for row in place.rows:
        for kind, one in tuple(situation.standing.items()):
            stands = kind.verdict is row.verdict and kind is not Kind.LEAK and place.region in one.problem.regions
            others = situation.rows_of(row.verdict).get(place.region, ())
            if not stands or not is_good_again(situation, others, charted=situation.terms.charted(kind)):
                continue
            kept = [region for region in one.problem.regions if region != place.region]
            if kept:
                stand(situation, one.problem, kept, words.given_up(*key), calm=one.calm)
                situation.drop_rows(row.verdict, (place.region,))
            else:
                resolve(situation, kind, words.given_up(*key))


def _silence(situation: Situation, key: Key, place: Place) -> None:
    """The newest run of a region was the last that was heard of it, and another was promised."""
    counts = Verdict.MISSED in situation.terms.spans and place.region not in situation.held
    if not counts or place.next_by is None or rows.is_silent(place):
        return
    situation.changed = True
    new = rows.silence(place, situation.terms.spans[Verdict.MISSED])
    situation.places[key] = replace(place, rows=rows.replaced(place.rows, new))
    told = words.pipeline_is_silent(place.at) if situation.rule.pipeline else words.silent(place.at)
    open_new(situation, Verdict.MISSED, situation.now, told)
    _grow(situation, Verdict.MISSED)


def _grow(situation: Situation, verdict: Verdict) -> None:
    """Regions that became bad by time alone."""
    kind = kind_of(verdict)
    if kind not in situation.standing or situation.terms.charted(kind):
        return
    one = situation.standing[kind]
    bad = situation.bad(verdict, situation.now)
    new = [
        region
        for region in bad
        if region not in {*one.problem.regions, *situation.held} and not situation.newest_is_held(verdict, (region,))
    ]
    if new:
        stand(situation, one.problem, [*one.problem.regions, *new], words.grown(new), calm=one.calm)
