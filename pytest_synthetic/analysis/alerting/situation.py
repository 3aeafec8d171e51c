"""A journey while one decision on its alerts is made: its state taken apart, and what is asked of that again and again.

What is found out changes it, run by run: see the other modules of this room.
"""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alerting import rows
from pytest_synthetic.analysis.alerting.charting import Charts
from pytest_synthetic.analysis.alerting.state import Row, State
from pytest_synthetic.analysis.alerting.terms import terms
from pytest_synthetic.analysis.charts import limits
from pytest_synthetic.model.verdict import SAID, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from pytest_synthetic.analysis.alerting.state import Place
    from pytest_synthetic.analysis.charts import Limits
    from pytest_synthetic.model.alerting import Action, Kind, Rule

    Key = tuple[str, str]
    """A region and a variant."""


class Situation:
    """What is known by now, and in `actions` what became of problems. `held` are the regions in maintenance."""

    def __init__(self, rule: Rule, state: State | None, now: datetime, held: Collection[str]) -> None:
        self.rule, self.terms = rule, terms(rule.policy)
        self.now, self.held = now, held
        self.was, known = state, state or State(checksum=self.terms.checksum)
        self.places = {(place.region, place.variant): place for place in known.places if place.region in rule.regions}
        self.standing = {one.problem.kind: one for one in known.standing}
        self.grew: set[Kind] = set()
        """Problems that runs were added to since they were told whole, for which all variants are looked at."""
        self.charts = Charts.of(known)
        self.charted = self.terms.statistical and Verdict.FAILED in self.terms.spans
        """Whether charts decide on failed runs."""
        self.actions: list[Action] = []
        self.changed = state is None or len(self.places) < len(known.places)

    def state(self) -> State:
        """What is known now; the same object when nothing is new."""
        if self.was is not None and not self.changed:
            return self.was
        charts = self.charts
        return State(
            checksum=self.terms.checksum,
            places=tuple(self.places.values()),
            standing=tuple(self.standing.values()),
            charts=charts.out,
            alone=charts.alone,
            slow=charts.slow,
            leak=charts.leak,
            leaking=charts.leaking,
        )

    def seen(self) -> list[str]:
        """The regions in which a run ever said something of the product, in the order of the rule."""
        seen = {place.region for place in self.places.values() if not SAID.isdisjoint(place.last)}
        return [region for region in self.rule.regions if region in seen]

    def newest(self) -> dict[str, Place]:
        """The place of the newest run of each region."""
        return rows.newest(self.places.values())

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
        """Whether the newest bad run of these regions is `held`, or there is none; silence is told outside of that."""
        of = self.rows_of(verdict)
        found = [row for region in regions for row in of.get(region, ())]
        bad = [row.bad for row in found if row.bad is not None]
        return not bad or (max(bad, key=attrgetter("at")).held and not any(row.silent for row in found))

    def drop_rows(self, verdict: Verdict, regions: Collection[str]) -> None:
        """Forget what was bad in these regions."""
        for key, place in self.places.items():
            if place.rows and place.region in regions:
                self.places[key] = replace(place, rows=rows.without(place.rows, (verdict,)))

    def rows_in(self, verdict: Verdict, regions: Collection[str]) -> list[tuple[Place, Row]]:
        """All rows of these regions, those without a bad run too."""
        return [
            (place, row)
            for place in self.places.values()
            if place.rows and place.region in regions
            for row in place.rows
            if row.verdict is verdict
        ]

    def beside(self, key: Key) -> set[Verdict]:
        """The verdicts of which other variants in the region of a place had bad runs."""
        return {
            row.verdict
            for other, place in self.places.items()
            if place.rows and other != key and place.region == key[0]
            for row in place.rows
            if row.bad is not None
        }
