"""How a problem begins, changes and ends, and that this is said: whoever finds one comes here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alerting import words
from pytest_synthetic.analysis.alerting.charting import Charts
from pytest_synthetic.analysis.alerting.state import Standing
from pytest_synthetic.analysis.alerting.telling import problem_of
from pytest_synthetic.analysis.alerting.terms import CHARTED
from pytest_synthetic.model.alerting import Action, Kind, Problem, What
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pytest_synthetic.analysis.alerting.situation import Situation
    from pytest_synthetic.model.reasons import Reason


def begin(situation: Situation, kind: Kind, regions: Sequence[str], why: Reason) -> None:
    """A problem is found, if there is a bad run to show; what is less than it is told no more."""
    problem = problem_of(situation, kind, regions, situation.now)
    if problem is None:
        return
    situation.standing[kind] = Standing(problem=problem)
    say(situation, What.OPENED, problem, replace(why, regions=problem.regions, variants=problem.variants))
    for lesser in CHARTED[CHARTED.index(kind) + 1 :] if kind in CHARTED else ():
        if lesser in situation.standing:
            resolve(situation, lesser, words.INSTEAD[kind], clear=False)


def stand(situation: Situation, problem: Problem, regions: Collection[str], why: Reason, calm: int = 0) -> None:
    """A problem as it is now; said when its regions are others."""
    if situation.terms.charted(problem.kind) and set(regions) == set(problem.regions):
        situation.standing[problem.kind] = Standing(problem=problem, calm=calm)
        situation.grew.add(problem.kind)
        return
    now = problem_of(situation, problem.kind, regions, problem.opened)
    if now is None:
        kept = tuple(region for region in situation.rule.regions if region in regions)
        now = replace(problem, regions=kept)
    situation.standing[problem.kind] = Standing(problem=now, calm=calm)
    if now.regions == problem.regions:
        told = None if situation.terms.charted(now.kind) else words.more_variants(problem.variants, now.variants)
    else:
        told = why
    if told:
        say(situation, What.CHANGED, now, told)


def resolve(situation: Situation, kind: Kind, why: Reason, *, clear: bool = True) -> None:
    """A problem is over: its counters begin anew."""
    tell_whole(situation)
    problem = situation.standing.pop(kind).problem
    say(situation, What.RESOLVED, problem, why)
    if not clear:
        return
    if kind in CHARTED and situation.charted:
        situation.charts = Charts()
        situation.drop_rows(Verdict.FAILED, situation.rule.regions)
    else:
        situation.drop_rows(kind.verdict, problem.regions)


def tell_whole(situation: Situation) -> set[Kind]:
    """Take problems that grew as their rows tell them now. Returns which."""
    grew, situation.grew = situation.grew, set()
    for kind in grew & situation.standing.keys():
        one = situation.standing[kind]
        if now := problem_of(situation, kind, one.problem.regions, one.problem.opened):
            situation.standing[kind] = replace(one, problem=now)
    return grew


def say(situation: Situation, what: What, problem: Problem, why: Reason) -> None:
    """One action for what changes more than once in a call."""
    situation.changed = True
    last = situation.actions[-1] if situation.actions else None
    reasons: tuple[Reason, ...] = (why,)
    if what is What.CHANGED and last and last.what is not What.RESOLVED and last.problem.kind is problem.kind:
        what, reasons = last.what, (*last.reasons, why)
        situation.actions.pop()
    situation.actions.append(Action(what, problem, situation.now, words.said(reasons), reasons))
