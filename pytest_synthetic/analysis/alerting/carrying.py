"""What becomes of problems when the policy or the regions of a journey are others than before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alerting import rows, words
from pytest_synthetic.analysis.alerting.charting import Charts
from pytest_synthetic.analysis.alerting.problems import resolve, say, stand
from pytest_synthetic.analysis.alerting.state import Standing
from pytest_synthetic.model.alerting import Kind, Problem, What

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_synthetic.analysis.alerting.situation import Key, Situation
    from pytest_synthetic.analysis.alerting.state import Place


def carry(situation: Situation) -> None:
    """Take what was known into the rule as it is now."""
    if situation.was is not None and situation.was.checksum != situation.terms.checksum:
        _begin_anew(situation)
    for one in tuple(situation.standing.values()):
        if not set(one.problem.regions) <= set(situation.rule.regions):
            _leave(situation, one.problem)


def _begin_anew(situation: Situation) -> None:
    """Take what stands into another policy: counters begin anew."""
    situation.changed, situation.charts = True, Charts()
    was = dict(situation.places)
    for key, place in was.items():
        situation.places[key] = replace(place, rows=())
    for kind, one in tuple(situation.standing.items()):
        if kind.verdict not in situation.terms.spans:
            resolve(situation, kind, words.dropped(kind.verdict))
            continue
        problem = replace(one.problem, severity=situation.terms.severities[kind])
        situation.standing[kind] = Standing(problem=problem)
        _begin_rows(situation, problem, was)
        say(situation, What.CHANGED, problem, words.CARRIED)


def _begin_rows(situation: Situation, problem: Problem, was: Mapping[Key, Place]) -> None:
    """Rows for the places that a problem which is carried on was seen in; what was counted stands in the first."""
    failed, said = problem.failed, problem.said
    if problem.kind is Kind.LEAK and situation.terms.statistical:
        situation.charts.leak, situation.charts.leaking = rows.carried(problem, failed, said), problem.regions
        return
    verdict = problem.kind.verdict
    bad = {key for key, place in was.items() if (row := rows.row(place, verdict)) and row.bad is not None}
    for key, place in situation.places.items():
        if place.region in problem.regions and (key in bad or not bad) and rows.row(place, verdict) is None:
            new = rows.carried(problem, failed, said)
            failed = said = 0
            situation.places[key] = replace(place, rows=rows.replaced(place.rows, new))


def _leave(situation: Situation, problem: Problem) -> None:
    """Regions in which the journey does not run any more leave the problem."""
    situation.changed = True
    kept = [region for region in problem.regions if region in situation.rule.regions]
    gone = [region for region in problem.regions if region not in kept]
    if kept:
        stand(situation, problem, kept, words.left(gone))
    else:
        resolve(situation, problem.kind, words.left(gone))
