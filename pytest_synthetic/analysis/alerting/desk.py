"""One decision on the alerts of a journey, while it is made: what `analysis.alerting.decide` does, step by step."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alerting import rows, words
from pytest_synthetic.analysis.alerting.charting import Charts
from pytest_synthetic.analysis.alerting.known import Known
from pytest_synthetic.analysis.alerting.state import Place, Row, Standing, State
from pytest_synthetic.analysis.alerting.terms import CHARTED
from pytest_synthetic.analysis.charts import surprising
from pytest_synthetic.model.alerting import Action, Kind, Problem, What
from pytest_synthetic.model.verdict import SAID, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from pytest_synthetic.model.alerting import Rule, Seen

AHEAD = timedelta(hours=1)
"""A run that begins so much later than now has a clock that is wrong."""
MOST_CALM, MOST_CALM_OF_LEAK = 60, 300
"""Good runs in a row after which a problem is over in any case."""


class Desk(Known):
    """What becomes of problems, in the order in which it is decided."""

    def __init__(self, rule: Rule, state: State | None, now: datetime, held: Collection[str]) -> None:
        super().__init__(rule, state, now, held)
        self.was = state
        self.actions: list[Action] = []
        self.charted = self.terms.statistical and Verdict.FAILED in self.terms.spans
        if state is not None and state.checksum != self.terms.checksum:
            self._carry()
        for one in tuple(self.standing.values()):
            if not set(one.problem.regions) <= set(rule.regions):
                self._leave(one.problem)

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

    # -- another policy, other regions ---------------------------------------------------------------------------------

    def _carry(self) -> None:
        """Take what stands into another policy: counters begin anew."""
        self.changed, self.charts = True, Charts()
        for key, place in self.places.items():
            self.places[key] = replace(place, rows=())
        for kind, one in tuple(self.standing.items()):
            if kind.verdict not in self.terms.spans:
                self._resolve(kind, words.dropped(kind.verdict))
                continue
            problem = replace(one.problem, severity=self.terms.severities[kind])
            self.standing[kind] = Standing(problem=problem)
            self._begin_rows(problem)
            self._say(What.CHANGED, problem, words.CARRIED)

    def _begin_rows(self, problem: Problem) -> None:
        """Rows for the places of a problem that is carried on; what was counted stands in the first."""
        failed, said = problem.failed, problem.said
        if problem.kind is Kind.LEAK and self.terms.statistical:
            self.charts.leak, self.charts.leaking = rows.carried(problem, failed, said), problem.regions
            return
        for key, place in self.places.items():
            if place.region in problem.regions and rows.row(place, problem.kind.verdict) is None:
                new = rows.carried(problem, failed, said)
                failed = said = 0
                self.places[key] = replace(place, rows=rows.replaced(place.rows, new))

    def _leave(self, problem: Problem) -> None:
        """Regions in which the journey does not run any more leave the problem."""
        self.changed = True
        kept = [region for region in problem.regions if region in self.rule.regions]
        gone = [region for region in problem.regions if region not in kept]
        if kept:
            self._stand(problem, kept, words.left(gone))
        else:
            self._resolve(problem.kind, words.left(gone), gone=True)

    # -- a run ---------------------------------------------------------------------------------------------------------

    def take(self, run: Seen) -> None:
        """Count a run, and see what becomes of problems."""
        key = run.region, run.variant
        before = self.places.get(key)
        if run.region not in self.rule.regions or (before is None and self.outlived(run)):
            return
        place = rows.arrived(before, run, self.now, self.now + AHEAD)
        if place is None:
            return
        self.changed = True
        self.places[key] = place
        bad = run.verdict in self.terms.spans
        if not (bad or place.rows or self.standing or not self.charts.idle):
            return
        if self.charted and run.verdict in SAID:
            self._chart(run, place, before)
        counted = rows.counted(place, run, self.terms.spans, before, all_failed=self.charted and bool(self.charts.out))
        self.places[key] = place = replace(place, rows=counted)
        for kind in tuple(self.standing):
            if kind in self.standing:
                self._follow(kind, run, place)
        if bad:
            self._open(run.verdict, place.at)
        self._forget(key)

    def _chart(self, run: Seen, place: Place, before: Place | None) -> None:
        charts = self.charts
        frozen = Kind.OUTAGE in self.standing or Kind.REGION in self.standing
        if run.verdict is not Verdict.FAILED:
            charts.worked(run.region)
            if not frozen:
                charts.held_tight(stands=Kind.LEAK in self.standing)
            return
        limit = self.limits()
        charts.failed(run.region, self.seen(), limit)
        row = rows.row(place, Verdict.FAILED)
        if not frozen and (row is None or row.bad is None or row.good > 0):
            charts.leaked(run, place, before, limit)

    def _forget(self, key: tuple[str, str]) -> None:
        """Rows that say nothing any more."""
        place = self.places[key]
        if place.rows:
            kept = tuple(row for row in place.rows if self._needed(place.region, row))
            if len(kept) < len(place.rows):
                self.places[key] = replace(place, rows=kept)

    def _needed(self, region: str, row: Row) -> bool:
        if self.charted and row.verdict is Verdict.FAILED:
            return bool(self.charts.out) or any(kind in self.standing for kind in CHARTED)
        stands = any(
            kind.verdict is row.verdict and region in one.problem.regions for kind, one in self.standing.items()
        )
        return stands or "1" in row.last

    # -- problems that open --------------------------------------------------------------------------------------------

    def _open(self, verdict: Verdict, moment: datetime, why: str = "") -> None:
        """Open what is wrong and does not stand yet."""
        if self.charted and verdict is Verdict.FAILED:
            self._open_by_charts()
            return
        kind = _kind_of(verdict)
        bad = [region for region in self.bad(verdict, moment) if region not in self.held]
        if kind in self.standing or len(bad) < self.terms.regions or self.newest_is_held(verdict, bad):
            return
        self._begin(kind, bad, why or words.by_rows(verdict, self.terms.failures[verdict], self.terms.spans[verdict]))

    def _open_by_charts(self) -> None:
        failing = [region for region in self.rows_of(Verdict.FAILED) if region not in self.held]
        if Kind.OUTAGE in self.standing or self.newest_is_held(Verdict.FAILED, failing):
            return
        seen, limit = self.seen(), self.limits()
        if len(failing) >= min(len(seen), 2) and self.charts.all_above(seen, limit.outage):
            self._begin(Kind.OUTAGE, failing, words.by_charts(self.rule.p0))
            return
        alone = [region for region in failing if self.charts.alone.get(region, 0) >= limit.region and len(seen) > 1]
        if alone and Kind.REGION not in self.standing:
            self._begin(Kind.REGION, alone, words.by_charts(self.rule.p0))
        elif not self.standing.keys() & CHARTED and self.charts.slow >= limit.slow:
            leaking = [region for region in self.charts.leaking if region not in self.held]
            self._begin(Kind.LEAK, leaking, words.by_charts(self.rule.p0))

    def _begin(self, kind: Kind, regions: Sequence[str], why: str) -> None:
        problem = self.problem(kind, regions, self.now)
        if problem is None:
            return
        self.standing[kind] = Standing(problem=problem)
        self._say(What.OPENED, problem, f"{words.named(problem.regions)}: {why}")
        for lesser in CHARTED[CHARTED.index(kind) + 1 :] if kind in CHARTED else ():
            if lesser in self.standing:
                self._resolve(lesser, words.INSTEAD[kind], clear=False)

    # -- problems that stand -------------------------------------------------------------------------------------------

    def _follow(self, kind: Kind, run: Seen, place: Place) -> None:
        """What a run does to a problem that stands."""
        one = self.standing[kind]
        within = run.region in one.problem.regions
        if run.verdict is kind.verdict:
            new = () if within or run.held or run.region in self.held else self._newly_bad(kind, run.region, place.at)
            self._stand(one.problem, [*one.problem.regions, *new], words.grown(new), calm=0 if within else one.calm)
        elif run.verdict in rows.GOOD[kind.verdict]:
            self._calm(one, one.calm + within)

    def _newly_bad(self, kind: Kind, region: str, moment: datetime) -> Sequence[str]:
        """The region, if it is bad now as the others of a problem are."""
        if not self.terms.charted(kind):
            return (region,) if region in self.bad(kind.verdict, moment) else ()
        if kind is Kind.REGION and self.charts.alone.get(region, 0) < self.limits().region:
            return ()
        return (region,)

    def _calm(self, one: Standing, calm: int) -> None:
        """After a good run: some regions leave a problem, or it is over."""
        problem = one.problem
        kind, charted = problem.kind, self.terms.charted(problem.kind)
        if charted and self._over_by_charts(problem, calm):
            self._resolve(kind, words.over(calm))
            return
        of = self.rows_of(kind.verdict)
        good = (
            []
            if kind is Kind.LEAK and charted
            else [region for region in problem.regions if self._recovered(of.get(region, ()), charted=charted)]
        )
        kept = [region for region in problem.regions if region not in good]
        if not kept:
            self._resolve(kind, words.over(calm))
        elif kind is Kind.OUTAGE and charted and good and len(kept) == 1 and len(self.seen()) > 1:
            self._one_is_left(kept[0])
        else:
            self._stand(problem, kept, words.recovered(good), calm=calm)
            self.drop_rows(kind.verdict, good)

    def _recovered(self, found: Iterable[Row], *, charted: bool) -> bool:
        """Whether a region is good again by itself."""
        least = self.rule.policy.successes
        for row in found:
            needed = min(surprising(row.failed, row.said - row.good), MOST_CALM) if charted else 0
            if row.good < max(least, needed):
                return False
        return True

    def _over_by_charts(self, problem: Problem, calm: int) -> bool:
        most = MOST_CALM_OF_LEAK if problem.kind is Kind.LEAK else MOST_CALM
        least = self.rule.policy.successes
        failed, said = problem.failed, problem.said + 1
        if calm < max(least * len(problem.regions), min(surprising(failed, max(failed, said - calm)), most)):
            return False
        of = self.rows_of(problem.kind.verdict)
        return problem.kind is Kind.LEAK or all(
            row.good >= least for region in problem.regions for row in of.get(region, ())
        )

    def _one_is_left(self, region: str) -> None:
        """Of an outage one region is left: it is over for the others, and a problem of that region."""
        outage = self.standing.pop(Kind.OUTAGE).problem
        if self.charts.alone.get(region, 0) >= self.limits().region and region not in self.held:
            self._begin(Kind.REGION, [region], words.alone_now(region))
        self._say(What.RESOLVED, outage, words.alone_now(region))
        self.charts = Charts(alone=self.charts.alone)
        self.drop_rows(Verdict.FAILED, [one for one in self.rule.regions if one != region])

    def _stand(self, problem: Problem, regions: Collection[str], why: str, calm: int = 0) -> None:
        """A problem as it is now; said when its regions are others."""
        now = self.problem(problem.kind, regions, problem.opened)
        if now is None:
            kept = tuple(region for region in self.rule.regions if region in regions)
            now = replace(problem, regions=kept)
        self.standing[problem.kind] = Standing(problem=now, calm=calm)
        if now.regions != problem.regions:
            self._say(What.CHANGED, now, why)

    def _resolve(self, kind: Kind, why: str, *, clear: bool = True, gone: bool = False) -> None:
        """A problem is over: its counters begin anew."""
        problem = self.standing.pop(kind).problem
        self._say(What.RESOLVED, problem, why, gone=gone)
        if not clear:
            return
        if kind in CHARTED and self.charted:
            self.charts = Charts()
            self.drop_rows(Verdict.FAILED, self.rule.regions)
        else:
            self.drop_rows(kind.verdict, problem.regions)

    def _say(self, what: What, problem: Problem, why: str, *, gone: bool = False) -> None:
        """One action for what changes more than once in a call."""
        self.changed = True
        last = self.actions[-1] if self.actions else None
        if what is What.CHANGED and last and last.what is not What.RESOLVED and last.problem.kind is problem.kind:
            what, why = last.what, f"{last.why}; {why}"
            self.actions.pop()
        self.actions.append(Action(what, problem, self.now, why, gone))

    # -- time ----------------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """What time alone says: silence, and bad rows that last."""
        if any(place.next_by is not None and self.now > place.next_by for place in self.places.values()):
            self._listen()
        if self.terms.lasts is not None and any(place.rows for place in self.places.values()):
            for verdict in self.terms.spans:
                self._open(verdict, self.now)
                self._grow(verdict)

    def _listen(self) -> None:
        """Places of which nothing is heard; a variant that other runs of its region have outlived is forgotten."""
        newest: dict[str, Place] = {}
        for place in self.places.values():
            if place.region not in newest or place.at > newest[place.region].at:
                newest[place.region] = place
        for key, place in tuple(self.places.items()):
            if place.next_by is None or self.now <= place.next_by:
                continue
            if place is newest[place.region]:
                self._silence(key, place)
            elif newest[place.region].at > place.next_by:
                del self.places[key]
                self.changed = True

    def _silence(self, key: tuple[str, str], place: Place) -> None:
        row = rows.row(place, Verdict.MISSED)
        if Verdict.MISSED not in self.terms.spans or place.region in self.held or (row is not None and row.silent):
            return
        self.changed = True
        new = rows.silence(place, self.terms.spans[Verdict.MISSED])
        self.places[key] = replace(place, rows=rows.replaced(place.rows, new))
        told = words.pipeline_is_silent(place.at) if self.rule.pipeline else words.silent(place.next_by or place.at)
        self._open(Verdict.MISSED, self.now, told)
        self._grow(Verdict.MISSED)

    def _grow(self, verdict: Verdict) -> None:
        """Regions that became bad by time alone."""
        kind = _kind_of(verdict)
        if kind not in self.standing or self.terms.charted(kind):
            return
        one = self.standing[kind]
        bad = self.bad(verdict, self.now)
        new = [region for region in bad if region not in one.problem.regions and region not in self.held]
        if new:
            self._stand(one.problem, [*one.problem.regions, *new], words.grown(new), calm=one.calm)


def _kind_of(verdict: Verdict) -> Kind:
    """What is wrong where rows decide."""
    return Kind.OUTAGE if verdict is Verdict.FAILED else Kind(verdict.value)
