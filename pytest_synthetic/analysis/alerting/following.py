"""What a run does to a problem that stands: it grows, shrinks, or is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alerting import rows, words
from pytest_synthetic.analysis.alerting.charting import Charts
from pytest_synthetic.analysis.alerting.problems import begin, resolve, say, stand, tell_whole
from pytest_synthetic.analysis.charts import surprising
from pytest_synthetic.model.alerting import Kind, Problem, What
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from pytest_synthetic.analysis.alerting.situation import Situation
    from pytest_synthetic.analysis.alerting.state import Place, Row, Standing
    from pytest_synthetic.model.alerting import Seen

MOST_CALM, MOST_CALM_OF_LEAK = 60, 300
"""Good runs in a row after which a problem is over in any case."""


def follow(situation: Situation, kind: Kind, run: Seen, place: Place) -> None:
    """What a run does to a problem that stands."""
    one = situation.standing[kind]
    within = run.region in one.problem.regions
    if run.verdict is kind.verdict:
        new = (
            ()
            if within or run.held or run.region in situation.held
            else _newly_bad(situation, kind, run.region, place.at)
        )
        stand(situation, one.problem, [*one.problem.regions, *new], words.grown(new), calm=0 if within else one.calm)
    elif run.verdict in rows.GOOD[kind.verdict]:
        _calm(situation, one, one.calm + within)


def _newly_bad(situation: Situation, kind: Kind, region: str, moment: datetime) -> Sequence[str]:
    """The region, if it is bad now as the others of a problem are."""
    if not situation.terms.charted(kind):
        return (region,) if region in situation.bad(kind.verdict, moment) else ()
    if kind is Kind.REGION and situation.charts.alone.get(region, 0) < situation.limits().region:
        return ()
    return (region,)


def _calm(situation: Situation, one: Standing, calm: int) -> None:
    """After a good run: some regions leave a problem, or it is over."""
    problem = one.problem
    kind, charted = problem.kind, situation.terms.charted(problem.kind)
    if charted and _over_by_charts(situation, problem, calm):
        resolve(situation, kind, words.over(calm))
        return
    of = situation.rows_of(kind.verdict)
    good = (
        []
        if kind is Kind.LEAK and charted
        else [region for region in problem.regions if is_good_again(situation, of.get(region, ()), charted=charted)]
    )
    kept = [region for region in problem.regions if region not in good]
    if not kept:
        resolve(situation, kind, words.over(calm))
    elif kind is Kind.OUTAGE and charted and good and len(kept) == 1 and len(situation.seen()) > 1:
        _one_is_left(situation, kept[0])
    else:
        stand(situation, problem, kept, words.recovered(good), calm=calm)
        situation.drop_rows(kind.verdict, good)


def is_good_again(situation: Situation, found: Iterable[Row], *, charted: bool) -> bool:
    """Whether a region is good again by itself."""
    least = situation.rule.policy.successes
    for row in found:
        needed = min(surprising(row.failed, row.said - row.good), MOST_CALM) if charted else 0
        if row.good < max(least, needed):
            return False
    return True


def _over_by_charts(situation: Situation, problem: Problem, calm: int) -> bool:
    most = MOST_CALM_OF_LEAK if problem.kind is Kind.LEAK else MOST_CALM
    least = situation.rule.policy.successes
    if calm < least * len(problem.regions):
        return False
    new = problem.kind not in tell_whole(situation)  # else it is told with this run
    problem = situation.standing[problem.kind].problem
    failed, said = problem.failed, problem.said + new
    if calm < max(least * len(problem.regions), min(surprising(failed, max(failed, said - calm)), most)):
        return False
    of = situation.rows_of(problem.kind.verdict)
    return problem.kind is Kind.LEAK or all(
        row.good >= least for region in problem.regions for row in of.get(region, ())
    )


def _one_is_left(situation: Situation, region: str) -> None:
    """Of an outage one region is left: it is over for the others, and a problem of that region."""
    tell_whole(situation)
    outage = situation.standing.pop(Kind.OUTAGE).problem
    if situation.charts.alone.get(region, 0) >= situation.limits().region and region not in situation.held:
        begin(situation, Kind.REGION, [region], words.alone_now(region))
    say(situation, What.RESOLVED, outage, words.alone_now(region))
    situation.charts = Charts(alone=situation.charts.alone)
    situation.drop_rows(Verdict.FAILED, [one for one in situation.rule.regions if one != region])
