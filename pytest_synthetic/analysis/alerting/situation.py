"""What is known of a journey while alerts on it are decided, and what is asked of that again and again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alerting import rows
from pytest_synthetic.analysis.alerting.charting import Charts
from pytest_synthetic.analysis.alerting.state import Row, State
from pytest_synthetic.analysis.alerting.terms import terms
from pytest_synthetic.analysis.charts import limits
from pytest_synthetic.model.alerting import Kind, Problem
from pytest_synthetic.model.verdict import SAID, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import datetime

    from pytest_synthetic.analysis.alerting.state import Place
    from pytest_synthetic.analysis.charts import Limits
    from pytest_synthetic.model.alerting import Rule, Seen

    Key = tuple[str, str]
    """A region and a variant."""
    Promised = Callable[[str, datetime], datetime | None]
    """Until when another run must come in a region, after the newest one that began then; None: nobody promised one."""


AHEAD = timedelta(hours=1)
"""A run that begins so much later than now has a clock that is wrong."""
MOST_VARIANTS = 100
"""Variants that are told apart in a region; the runs of more are counted together."""


class Situation:
    """A journey's state, taken apart. `held` are the regions in maintenance."""

    def __init__(self, rule: Rule, state: State | None, now: datetime, held: Collection[str]) -> None:
        self.rule, self.terms = rule, terms(rule.policy)
        self.now, self.held = now, held
        known = state or State(checksum=self.terms.checksum)
        self.places = {(place.region, place.variant): place for place in known.places if place.region in rule.regions}
        self.standing = {one.problem.kind: one for one in known.standing}
        self.grew: set[Kind] = set()
        """Problems that runs were added to since they were told whole, for which all variants are looked at."""
        self.charts = Charts.of(known)
        self.changed = state is None or len(self.places) < len(known.places)

    def seen(self) -> list[str]:
        """The regions in which a run ever said something of the product, in the order of the rule."""
        seen = {place.region for place in self.places.values() if not SAID.isdisjoint(place.last)}
        return [region for region in self.rule.regions if region in seen]

    def limits(self) -> Limits:
        """The thresholds of its charts."""
        return limits(self.rule.p0, len(self.seen()), self.rule.runs_per_day)

    def bad(self, verdict: Verdict, moment: datetime) -> list[str]:
        """The regions that are bad by their rows, in the order of the rule."""
        failures, lasts = self.terms.failures[verdict], self.terms.lasts
        return [
            region
            for region, found in self.rows_of(verdict).items()
            if any(rows.is_bad(row, failures, lasts, moment) for row in found)
        ]

    def rows_of(self, verdict: Verdict) -> dict[str, list[Row]]:
        """The rows with a bad run, by region, in the order of the rule."""
        found: dict[str, list[Row]] = {}
        for place in self.places.values():
            for row in place.rows:
                if row.verdict is verdict and row.bad is not None:
                    found.setdefault(place.region, []).append(row)
        return {region: found[region] for region in self.rule.regions if region in found}

    def newest_is_held(self, verdict: Verdict, regions: Iterable[str]) -> bool:
        """Whether the newest bad run of these regions began in maintenance, or there is none."""
        of = self.rows_of(verdict)
        bad = [row.bad for region in regions for row in of[region] if row.bad is not None]
        return not bad or max(bad, key=attrgetter("at")).held

    def problem(self, kind: Kind, regions: Collection[str], opened: datetime) -> Problem | None:
        """A problem as its rows tell it; None when they tell of no bad run."""
        of = self.rows_of(kind.verdict)
        found = [row for region in regions for row in of.get(region, ())]
        counted = [row for _, row in self.rows_in(kind.verdict, regions)]
        if kind is Kind.LEAK and self.charts.leak is not None:
            found = counted = [self.charts.leak]
        newest = max((row.bad for row in found if row.bad is not None), key=attrgetter("at"), default=None)
        if newest is None:
            return None
        first = min(row.first for row in found if row.first is not None)
        variants = self.variants(kind, regions)
        good = [row.last_good for row in found if row.last_good is not None]
        if not variants:
            good += self._good_before(kind, regions, first)
        return Problem(
            journey=self.rule.journey,
            kind=kind,
            severity=self.terms.severities[kind],
            opened=opened,
            first_bad=first,
            last_good=max(good, default=None),
            regions=tuple(region for region in self.rule.regions if region in regions),
            well=self.well(kind, regions, first),
            variants=variants,
            run_id=newest.run_id,
            step=newest.step,
            claim=newest.claim,
            fingerprint=newest.fingerprint,
            failed=sum(row.failed for row in counted),
            said=sum(row.said for row in counted),
        )

    def _good_before(self, kind: Kind, regions: Collection[str], moment: datetime) -> list[datetime]:
        """Good runs before that of any variant, for a monitor: what was missed, or not collected, is of none."""
        if kind not in {Kind.MISSED, Kind.BROKEN}:
            return []
        places = (place for place in self.places.values() if place.region in regions)
        found = (rows.last_good(place, kind.verdict) for place in places)
        return [at for at in found if at is not None and at < moment]

    def tell_whole(self) -> set[Kind]:
        """Take problems that grew as their rows tell them now. Returns which."""
        grew, self.grew = self.grew, set()
        for kind in grew & self.standing.keys():
            one = self.standing[kind]
            if now := self.problem(kind, one.problem.regions, one.problem.opened):
                self.standing[kind] = replace(one, problem=now)
        return grew

    def well(self, kind: Kind, bad: Collection[str], since: datetime) -> tuple[str, ...]:
        """The regions that are not bad and were seen to be good since."""
        good: set[str] = set()
        for place in self.places.values():
            newest = rows.last_good(place, kind.verdict) if place.region not in bad else None
            if newest is not None and newest >= since:
                good.add(place.region)
        return tuple(region for region in self.rule.regions if region in good)

    def drop_rows(self, verdict: Verdict, regions: Collection[str]) -> None:
        """Forget what was bad in these regions."""
        for key, place in self.places.items():
            if place.rows and place.region in regions:
                self.places[key] = replace(place, rows=rows.without(place.rows, (verdict,)))

    # -- variants ----------------------------------------------------------------------------------------------------

    def seat(self, run: Seen) -> Key:
        """The place in which a run counts: that of its variant, if this ran before.

        Where each run has a parameter of its own, none ever fails twice. So the runs of variants that are new count
        together, in the place without a variant. What is known there goes over to a variant that runs again when none
        that is new came in between.
        """
        own, new = (run.region, run.variant), (run.region, "")
        if not run.variant:
            return own
        known, together = self.places.get(own), self.places.get(new)
        if known is None:
            self._meet(own, run)
            return new
        if known.before is None and together and together.run_id == known.run_id and run.at > known.at:
            self.places[own] = replace(known, last=together.last, rows=together.rows)
            self.places[new] = replace(together, rows=())
            self.changed = True
        return own

    def _meet(self, own: Key, run: Seen) -> None:
        """Remember that a variant ran; of too many, those that ran once give way."""
        there = {key: place for key, place in self.places.items() if place.region == run.region and place.variant}
        if len(there) >= MOST_VARIANTS:
            once = [key for key, place in there.items() if place.before is None and not place.rows]
            if not once:
                return
            del self.places[min(once, key=lambda key: there[key].at)]
        if place := rows.arrived(None, run.variant, run, self.now, self.now + AHEAD):
            self.places[own] = place
            self.changed = True

    def rows_in(self, verdict: Verdict, regions: Collection[str]) -> list[tuple[Place, Row]]:
        """All rows of these regions, those without a bad run too."""
        return [
            (place, row)
            for place in self.places.values()
            if place.rows and place.region in regions
            for row in place.rows
            if row.verdict is verdict
        ]

    def variants(self, kind: Kind, regions: Collection[str]) -> tuple[str, ...]:
        """The variants that are bad in these regions, where others are not."""
        every = sum(place.region in regions and bool(place.variant) for place in self.places.values())
        if not every or kind in {Kind.LEAK, Kind.MISSED}:
            return ()
        found = [(place, row) for place, row in self.rows_in(kind.verdict, regions) if row.bad is not None]
        charted = self.terms.charted(kind)
        told = [place.variant for place, row in found if charted or self._is_bad_still(kind, place.variant, row)]
        told = told or [place.variant for place, _ in found]
        return () if "" in told or len(told) == every else tuple(sorted(set(told)))

    def _is_bad_still(self, kind: Kind, variant: str, row: Row) -> bool:
        """Whether a variant is bad by its row; one that was told to be so is until it is well again."""
        told = self.standing[kind].problem.variants if kind in self.standing else ()
        if variant in told and row.good < self.rule.policy.successes:
            return True
        return rows.is_bad(row, self.terms.failures[kind.verdict], self.terms.lasts, self.now)

    def beside(self, key: Key) -> set[Verdict]:
        """The verdicts of which other variants in the region of a place had bad runs."""
        return {
            row.verdict
            for other, place in self.places.items()
            if place.rows and other != key and place.region == key[0]
            for row in place.rows
            if row.bad is not None
        }

    def ran_well(self, key: Key) -> None:
        """A run said something of the product, so the monitor runs, whichever variant of its region was missed.

        It also works again when runs of which no variant is known were broken, and this variant ran twice since.
        """
        region, before = key[0], self.places[key].before
        for verdict in self.terms.spans.keys() & {Verdict.MISSED, Verdict.BROKEN}:
            for place, row in self.rows_in(verdict, (region,)):
                other = region, place.variant
                twice = not place.variant and before is not None and before > place.at
                if other != key and row.bad is not None and (verdict is Verdict.MISSED or twice):
                    good = replace(rows.after_good(row, self.terms.spans[verdict]), said=row.said)
                    self.places[other] = replace(self.places[other], rows=rows.replaced(place.rows, good))

    def outlived(self, run: Seen) -> bool:
        """Whether a run is of a variant that is forgotten: see `_listen`."""
        if self.rule.pipeline or run.next_by is None or self.now <= run.next_by:
            return False
        return any(place.region == run.region and place.at > run.next_by for place in self.places.values())

    # -- promises ----------------------------------------------------------------------------------------------------

    def newest(self) -> dict[str, Place]:
        """The place of the newest run of each region."""
        found: dict[str, Place] = {}
        for place in self.places.values():
            if place.region not in found or rows.newness(place) > rows.newness(found[place.region]):
                found[place.region] = place
        return found

    def renew(self, promised: Promised) -> None:
        """Where a moment passed until which a run should have come: the moment that was promised, or none.

        In a region the newest run alone has one: which variants a pipeline runs is not known.
        """
        newest, late = self.newest(), {place.region for place in self.places.values() if self._is_late(place)}
        for key, place in self.places.items():
            if place.region not in late or rows.is_silent(place):
                continue
            due = self._due(place, promised) if place is newest[place.region] else None
            if due != place.next_by:
                self.changed = True
                self.places[key] = replace(place, next_by=due)

    def _is_late(self, place: Place) -> bool:
        return place.next_by is not None and self.now > place.next_by and not rows.is_silent(place)

    def _due(self, place: Place, promised: Promised) -> datetime | None:
        """Until when a run must come there: as it was, or later where a newer run or another schedule says so."""
        if place.region in self.held or not self._is_late(place):
            return place.next_by
        due = promised(place.region, place.at)
        return due if due is None or due > self.now else place.next_by
