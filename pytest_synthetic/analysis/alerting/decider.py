"""One decision on the alerts of a journey, while it is made: what `analysis.alerting.decide` does, step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alerting import rows, words
from pytest_synthetic.analysis.alerting.charting import Charts
from pytest_synthetic.analysis.alerting.situation import AHEAD, Situation
from pytest_synthetic.analysis.alerting.state import Place, Row, Standing, State
from pytest_synthetic.analysis.alerting.terms import CHARTED, kind_of
from pytest_synthetic.analysis.charts import surprising
from pytest_synthetic.model.alerting import Action, Kind, Problem, What
from pytest_synthetic.model.verdict import SAID, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from pytest_synthetic.analysis.alerting.situation import Key, Promised
    from pytest_synthetic.model.alerting import Rule, Seen
    from pytest_synthetic.model.reasons import Reason

MOST_CALM, MOST_CALM_OF_LEAK = 60, 300
"""Good runs in a row after which a problem is over in any case."""


class Decider(Situation):
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
        self.tell_whole()
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
        was = dict(self.places)
        for key, place in was.items():
            self.places[key] = replace(place, rows=())
        for kind, one in tuple(self.standing.items()):
            if kind.verdict not in self.terms.spans:
                self._resolve(kind, words.dropped(kind.verdict))
                continue
            problem = replace(one.problem, severity=self.terms.severities[kind])
            self.standing[kind] = Standing(problem=problem)
            self._begin_rows(problem, was)
            self._say(What.CHANGED, problem, words.CARRIED)

    def _begin_rows(self, problem: Problem, was: Mapping[Key, Place]) -> None:
        """Rows for the places that a problem which is carried on was seen in; what was counted stands in the first."""
        failed, said = problem.failed, problem.said
        if problem.kind is Kind.LEAK and self.terms.statistical:
            self.charts.leak, self.charts.leaking = rows.carried(problem, failed, said), problem.regions
            return
        verdict = problem.kind.verdict
        bad = {key for key, place in was.items() if (row := rows.row(place, verdict)) and row.bad is not None}
        for key, place in self.places.items():
            if place.region in problem.regions and (key in bad or not bad) and rows.row(place, verdict) is None:
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
            self._resolve(problem.kind, words.left(gone))

    # -- a run ---------------------------------------------------------------------------------------------------------

    def take(self, run: Seen) -> None:
        """Count a run, and see what becomes of problems."""
        if run.region not in self.rule.regions:
            return
        if (run.region, run.variant) not in self.places and self.outlived(run):
            return
        key = self.seat(run)
        before = self.places.get(key)
        place = rows.arrived(before, key[1], run, self.now, self.now + AHEAD)
        if place is None:
            return
        self.changed = True
        self.places[key] = place
        bad, beside = run.verdict in self.terms.spans, self.beside(key)
        if not (bad or place.rows or beside or self.standing or not self.charts.idle):
            return
        if self.charted and run.verdict in SAID:
            self._chart(run, place, before)
        also = beside | {Verdict.FAILED} if self.charted and self.charts.out else beside
        counted = rows.counted(place, run, self.terms.spans, before, also=also)
        self.places[key] = place = replace(place, rows=counted)
        if beside and run.verdict in SAID:
            self.ran_well(key)
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
        if not frozen and (row is None or row.bad is None or row.good > 0 or self._well_since(row.bad.at, run.region)):
            charts.leaked(run, place, before, limit)

    def _well_since(self, moment: datetime, region: str) -> bool:
        """Whether a run of another variant was good since then: failures in a row are those of a region."""
        good = (rows.last_good(place, Verdict.FAILED) for place in self.places.values() if place.region == region)
        return any(at is not None and at > moment for at in good)

    def _forget(self, key: Key) -> None:
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
        return stands or any("1" in each.last for _, each in self.rows_in(row.verdict, (region,)))

    # -- problems that open --------------------------------------------------------------------------------------------

    def _open(self, verdict: Verdict, moment: datetime, why: Reason | None = None) -> None:
        """Open what is wrong and does not stand yet."""
        if self.charted and verdict is Verdict.FAILED:
            self._open_by_charts()
            return
        kind = kind_of(verdict)
        stands = kind in self.standing
        bad = [] if stands else [region for region in self.bad(verdict, moment) if region not in self.held]
        if len(bad) < self.terms.regions or self.newest_is_held(verdict, bad):
            return
        self._begin(kind, bad, why or words.by_rows(verdict, self.terms.failures[verdict], self.terms.spans[verdict]))

    def _open_by_charts(self) -> None:
        stands = Kind.OUTAGE in self.standing
        failing = [] if stands else [region for region in self.rows_of(Verdict.FAILED) if region not in self.held]
        if self.newest_is_held(Verdict.FAILED, failing):  # also when there is none
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

    def _begin(self, kind: Kind, regions: Sequence[str], why: Reason) -> None:
        problem = self.problem(kind, regions, self.now)
        if problem is None:
            return
        self.standing[kind] = Standing(problem=problem)
        self._say(What.OPENED, problem, replace(why, regions=problem.regions, variants=problem.variants))
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
        if calm < least * len(problem.regions):
            return False
        new = problem.kind not in self.tell_whole()  # else it is told with this run
        problem = self.standing[problem.kind].problem
        failed, said = problem.failed, problem.said + new
        if calm < max(least * len(problem.regions), min(surprising(failed, max(failed, said - calm)), most)):
            return False
        of = self.rows_of(problem.kind.verdict)
        return problem.kind is Kind.LEAK or all(
            row.good >= least for region in problem.regions for row in of.get(region, ())
        )

    def _one_is_left(self, region: str) -> None:
        """Of an outage one region is left: it is over for the others, and a problem of that region."""
        self.tell_whole()
        outage = self.standing.pop(Kind.OUTAGE).problem
        if self.charts.alone.get(region, 0) >= self.limits().region and region not in self.held:
            self._begin(Kind.REGION, [region], words.alone_now(region))
        self._say(What.RESOLVED, outage, words.alone_now(region))
        self.charts = Charts(alone=self.charts.alone)
        self.drop_rows(Verdict.FAILED, [one for one in self.rule.regions if one != region])

    def _stand(self, problem: Problem, regions: Collection[str], why: Reason, calm: int = 0) -> None:
        """A problem as it is now; said when its regions are others."""
        if self.terms.charted(problem.kind) and set(regions) == set(problem.regions):
            self.standing[problem.kind] = Standing(problem=problem, calm=calm)
            self.grew.add(problem.kind)
            return
        now = self.problem(problem.kind, regions, problem.opened)
        if now is None:
            kept = tuple(region for region in self.rule.regions if region in regions)
            now = replace(problem, regions=kept)
        self.standing[problem.kind] = Standing(problem=now, calm=calm)
        if now.regions == problem.regions:
            told = None if self.terms.charted(now.kind) else words.more_variants(problem.variants, now.variants)
        else:
            told = why
        if told:
            self._say(What.CHANGED, now, told)

    def _resolve(self, kind: Kind, why: Reason, *, clear: bool = True) -> None:
        """A problem is over: its counters begin anew."""
        self.tell_whole()
        problem = self.standing.pop(kind).problem
        self._say(What.RESOLVED, problem, why)
        if not clear:
            return
        if kind in CHARTED and self.charted:
            self.charts = Charts()
            self.drop_rows(Verdict.FAILED, self.rule.regions)
        else:
            self.drop_rows(kind.verdict, problem.regions)

    def _say(self, what: What, problem: Problem, why: Reason) -> None:
        """One action for what changes more than once in a call."""
        self.changed = True
        last = self.actions[-1] if self.actions else None
        reasons: tuple[Reason, ...] = (why,)
        if what is What.CHANGED and last and last.what is not What.RESOLVED and last.problem.kind is problem.kind:
            what, reasons = last.what, (*last.reasons, why)
            self.actions.pop()
        self.actions.append(Action(what, problem, self.now, words.said(reasons), reasons))

    # -- time ----------------------------------------------------------------------------------------------------------

    def look(self, promised: Promised | None) -> None:
        """What time alone says: silence, and bad rows that last. `promised` is as for `decide`."""
        if any(self.now > rows.until(place) for place in self.places.values()):
            if promised is not None:
                self.renew(promised)
            self._listen()
        if self.terms.lasts is not None and any(place.rows for place in self.places.values()):
            for verdict in self.terms.spans:
                self._open(verdict, self.now)
                self._grow(verdict)

    def _listen(self) -> None:
        """Places of which nothing is heard; a variant that other runs of its region have outlived is forgotten.

        Where something was bad, others must have run twice since: after a pause one is always the first.
        """
        newest = self.newest()
        twice: dict[str, datetime] = {}
        for place in self.places.values():
            if place.before and place.before > twice.get(place.region, place.before - rows.A_DAY):
                twice[place.region] = place.before
        for key, place in tuple(self.places.items()):
            until, last = rows.until(place), newest[place.region]
            if self.now <= until:
                continue
            if place is last:
                self._silence(key, place)
            elif (twice.get(place.region, until) if place.rows else last.at) > until:
                self._give_up(key)

    def _give_up(self, key: Key) -> None:
        """A variant does not run any more; where others are not bad, or are good again, it is over."""
        place = self.places.pop(key)
        self.changed = True
        for row in place.rows:
            for kind, one in tuple(self.standing.items()):
                stands = kind.verdict is row.verdict and kind is not Kind.LEAK and place.region in one.problem.regions
                others = self.rows_of(row.verdict).get(place.region, ())
                if not stands or not self._recovered(others, charted=self.terms.charted(kind)):
                    continue
                kept = [region for region in one.problem.regions if region != place.region]
                if kept:
                    self._stand(one.problem, kept, words.given_up(*key), calm=one.calm)
                    self.drop_rows(row.verdict, (place.region,))
                else:
                    self._resolve(kind, words.given_up(*key))

    def _silence(self, key: Key, place: Place) -> None:
        row = rows.row(place, Verdict.MISSED)
        if Verdict.MISSED not in self.terms.spans or place.region in self.held or (row is not None and row.silent):
            return
        if place.next_by is None:
            return
        self.changed = True
        new = rows.silence(place, self.terms.spans[Verdict.MISSED])
        self.places[key] = replace(place, rows=rows.replaced(place.rows, new))
        told = words.pipeline_is_silent(place.at) if self.rule.pipeline else words.silent(place.next_by)
        self._open(Verdict.MISSED, self.now, told)
        self._grow(Verdict.MISSED)

    def _grow(self, verdict: Verdict) -> None:
        """Regions that became bad by time alone."""
        kind = kind_of(verdict)
        if kind not in self.standing or self.terms.charted(kind):
            return
        one = self.standing[kind]
        bad = self.bad(verdict, self.now)
        new = [region for region in bad if region not in one.problem.regions and region not in self.held]
        if new:
            self._stand(one.problem, [*one.problem.regions, *new], words.grown(new), calm=one.calm)
