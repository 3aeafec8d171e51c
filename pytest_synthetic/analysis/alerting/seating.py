"""Which place a run counts in: that of its variant, or that of all variants that are new."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alerting import rows

if TYPE_CHECKING:
    from pytest_synthetic.analysis.alerting.situation import Key, Situation
    from pytest_synthetic.model.alerting import Seen

AHEAD = timedelta(hours=1)
"""A run that begins so much later than now has a clock that is wrong."""
MOST_VARIANTS = 100
"""Variants that are told apart in a region; the runs of more are counted together."""


def seat(situation: Situation, run: Seen) -> Key:
    """The place in which a run counts: that of its variant, if this ran before.

    Where each run has a parameter of its own, none ever fails twice. So the runs of variants that are new count
    together, in the place without a variant. What is known there goes over to a variant that runs again when none
    that is new came in between.
    """
    own, new = (run.region, run.variant), (run.region, "")
    if not run.variant:
        return own
    known, together = situation.places.get(own), situation.places.get(new)
    if known is None:
        _meet(situation, own, run)
        return new
    if known.before is None and together and together.run_id == known.run_id and run.at > known.at:
        situation.places[own] = replace(known, last=together.last, rows=together.rows)
        situation.places[new] = replace(together, rows=())
        situation.changed = True
    return own


def _meet(situation: Situation, own: Key, run: Seen) -> None:
    """Remember that a variant ran; of too many, those that ran once give way."""
    there = {key: place for key, place in situation.places.items() if place.region == run.region and place.variant}
    if len(there) >= MOST_VARIANTS:
        once = [key for key, place in there.items() if place.before is None and not place.rows]
        if not once:
            return
        del situation.places[min(once, key=lambda key: there[key].at)]
    if place := rows.arrived(None, run.variant, run, situation.now, situation.now + AHEAD):
        situation.places[own] = place
        situation.changed = True


def is_outlived(situation: Situation, run: Seen) -> bool:
    """Whether a run is of a variant that is forgotten: see `listening`."""
    if situation.rule.pipeline or run.next_by is None or situation.now <= run.next_by:
        return False
    return any(place.region == run.region and place.at > run.next_by for place in situation.places.values())
