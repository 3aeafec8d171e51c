"""What is known of a journey while alerts on it are decided, and what is asked of it again and again."""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alerting import rows
from pytest_synthetic.analysis.alerting.charting import Charts
from pytest_synthetic.analysis.alerting.state import Row, State
from pytest_synthetic.analysis.alerting.terms import terms
from pytest_synthetic.analysis.charts import limits
from pytest_synthetic.model.alerting import Kind, Problem
from pytest_synthetic.model.verdict import SAID

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from pytest_synthetic.analysis.charts import Limits
    from pytest_synthetic.model.alerting import Rule, Seen
    from pytest_synthetic.model.verdict import Verdict


class Known:
    """A journey's state, taken apart. `held` are the regions in maintenance."""

    def __init__(self, rule: Rule, state: State | None, now: datetime, held: Collection[str]) -> None:
        self.rule, self.terms = rule, terms(rule.policy)
        self.now, self.held = now, held
        known = state or State(checksum=self.terms.checksum)
        self.places = {(place.region, place.variant): place for place in known.places if place.region in rule.regions}
        self.standing = {one.problem.kind: one for one in known.standing}
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
            row = rows.row(place, verdict) if place.rows else None
            if row is not None and row.bad is not None:
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
        if kind is Kind.LEAK and self.charts.leak is not None:
            found = [self.charts.leak]
        newest = max((row.bad for row in found if row.bad is not None), key=attrgetter("at"), default=None)
        if newest is None:
            return None
        first = min(row.first for row in found if row.first is not None)
        return Problem(
            journey=self.rule.journey,
            kind=kind,
            severity=self.terms.severities[kind],
            opened=opened,
            first_bad=first,
            last_good=max((row.last_good for row in found if row.last_good is not None), default=None),
            regions=tuple(region for region in self.rule.regions if region in regions),
            well=self.well(kind, regions, first),
            run_id=newest.run_id,
            step=newest.step,
            claim=newest.claim,
            fingerprint=newest.fingerprint,
            failed=sum(row.failed for row in found),
            said=sum(row.said for row in found),
        )

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

    def outlived(self, run: Seen) -> bool:
        """Whether a run is of a variant that is forgotten: see `_listen`."""
        if run.next_by is None or self.now <= run.next_by:
            return False
        return any(place.region == run.region and place.at > run.next_by for place in self.places.values())
