"""What a policy is in plain words, and how soon it tells of what."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import lru_cache
from math import ceil
from random import Random
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from pytest_synthetic.analysis.alerting.charting import Charts
from pytest_synthetic.analysis.alerting.terms import USUAL, terms
from pytest_synthetic.analysis.alerting.words import share
from pytest_synthetic.analysis.charts import limits
from pytest_synthetic.model.alerting import Severity
from pytest_synthetic.model.sla import spoken
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from pytest_synthetic.analysis.charts import Limits
    from pytest_synthetic.model.alerting import Policy, Rule
    from pytest_synthetic.model.rhythm import Rhythm

A_DAY = 86_400.0
SEVERAL = 1.5
"""So many runs a tick are those of several variants."""
PARTIAL = 0.3
"""The share of failures that is told beside a full outage."""
TRIES, LONGEST = 101, 2_000
"""Incidents that are played through for its median, each of so many rounds at most."""


# -- in words ----------------------------------------------------------------------------------------------------------


def plain_words(rule: Rule, runs_per_day: float | None = None, rhythm: Rhythm | None = None) -> str:
    """What the policy of a journey is and when it would tell, in a few sentences for people.

    Times are those of the `rhythm` of its schedule, with as many runs a tick as there are by its `rule`; where none is
    known, those of so many runs a day. That of a full outage is the longest that it may take, that of a part of the
    runs the median of seeded incidents.
    """
    policy, places = rule.policy, max(len(rule.regions), 1)
    if not policy.on or not rule.regions:
        return "Nothing is told: " + ("no verdict counts (`on` is empty)." if not policy.on else "it runs nowhere.")
    often = rule.runs_per_day if runs_per_day is None else runs_per_day
    said = [_of_failed(rule, places, often, rhythm)] if Verdict.FAILED in policy.on else ["Failed runs are not told."]
    if others := _of_others(policy, promised=not rule.pipeline):
        said.append(others)
    said.append(_over(policy))
    if not policy.statistical and rule.rounds_per_day and rule.runs_per_day >= SEVERAL * rule.rounds_per_day:
        said.append("Each device and each parameter is counted by itself.")
    return " ".join(said)


def _of_failed(rule: Rule, places: int, runs_per_day: float, rhythm: Rhythm | None) -> str:
    policy = rule.policy
    verb = "Opens a ticket" if policy.severity is Severity.TICKET else "Pages"
    if policy.statistical:
        where = " as seen from more than one region" if places > 1 else ""
        what = f"more runs fail{where} than chance explains ({share(rule.p0)} is usual)"
        more = _tickets(rule, places)
    else:
        what, more = _classical(policy), ""
    return f"{verb} when {what}{_times(rule, places, runs_per_day, rhythm)}.{more}"


def _classical(policy: Policy) -> str:
    read = terms(policy)
    failures, span = read.failures[Verdict.FAILED], read.spans[Verdict.FAILED]
    many = f"{failures} of the last {span} runs" if failures < span else f"{span} runs in a row"
    many = "a run fails" if span == 1 else f"{many} fail"
    where = " in a region" if read.regions == 1 else f" in {read.regions} regions at once"
    return many + where + (f" and this lasts {spoken(policy.lasts)}" if policy.lasts else "")


def _times(rule: Rule, places: int, runs_per_day: float, rhythm: Rhythm | None) -> str:
    """How soon, by the journey's schedule."""
    if runs_per_day <= 0:
        return ""
    policy = rule.policy
    if not policy.statistical and terms(policy).regions > places:
        return f"; it runs from {_regions(places)}, so this never comes"
    # Charts count all variants together; rows count each by itself.
    rounds = runs_per_day if policy.statistical else rule.rounds_per_day or runs_per_day
    if rhythm:
        pace = _paced(rhythm, round(rounds / places * rhythm.mean / A_DAY) if policy.statistical else 1)
    else:
        pace = Pace.of(A_DAY * places / rounds)
    full, part = _told_after(rule)
    lasts = policy.lasts or 0.0
    some = f", about {_about(part * pace.usual + lasts)} when {share(PARTIAL)} fail" if part < LONGEST else ""
    most = "" if pace.even else "at most "
    within = f"within {most}{_about(pace.most(full) + lasts)} of a full outage{some}"
    kept = ", as its schedule says," if rhythm and rule.pipeline else ""
    return f"; with {pace.words} from {_regions(places)}{kept} that is {within}"


class Pace(NamedTuple):
    """How runs come in one region: in `words`, one after `usual` seconds on average, so many after `most` seconds."""

    words: str
    usual: float
    most: Callable[[float], float]
    even: bool = True

    @classmethod
    def of(cls, every: float) -> Pace:
        """One run after the other, evenly."""
        return cls(f"a run every {_about(every)}", every, lambda runs: runs * every)


def _paced(rhythm: Rhythm, runs: int) -> Pace:
    """With so many runs at each tick."""
    at_once = max(1, runs)
    what = "a run" if at_once == 1 else f"{at_once} runs"
    gaps = [_about(rhythm.shortest), _about(rhythm.longest)]
    words = f"{what} every {' to '.join(dict.fromkeys(gaps))}"
    return Pace(words, rhythm.mean / at_once, lambda runs: rhythm.most(ceil(runs / at_once)), rhythm.even)


def _about(seconds: float) -> str:
    """A time without what nobody can know: how often runs come is counted, and no two days are alike."""
    step = next((step for most, step in ((120, 1), (600, 10), (A_DAY, 60)) if seconds < most), 3_600)
    return spoken(max(1, round(seconds / step)) * step)


@lru_cache(maxsize=4096)
def _told_after(rule: Rule) -> tuple[float, float]:
    """Rounds of a full outage and of a part of one until it is told."""
    places = len(rule.regions)
    if rule.policy.statistical:
        make = _charted(limits(rule.p0, places, rule.runs_per_day), places)
    else:
        make = _rows(rule.policy, places)
    return _rounds(make, places, 1.0, 1), _rounds(make, places, PARTIAL, TRIES)


def _regions(places: int) -> str:
    return "1 region" if places == 1 else f"{places} regions"


def _tickets(rule: Rule, places: int) -> str:
    if places == 1:
        return " A leak, more failures than usual over days, is a ticket."
    limit = limits(rule.p0, places, rule.runs_per_day)
    kind = "told likewise" if rule.policy.severity is not None else "a ticket"
    row = -(-limit.region // limit.step)
    return f" One region alone ({row} failed runs in a row), or a leak, more failures than usual over days, is {kind}."


def _of_others(policy: Policy, *, promised: bool) -> str:
    """`promised`: a scheduler says that it runs. Of a pipeline nobody knows that before it is asked."""
    others = [verdict for verdict in (Verdict.DEGRADED, Verdict.BROKEN, Verdict.MISSED) if verdict in policy.on]
    if not others:
        return ""
    if policy.statistical:
        told = ", ".join(_row(verdict) for verdict in others)
        said = f"A ticket as well, from any region: {told}"
    else:
        said = f"The same of {' or '.join(others)} runs is a ticket"
    silent = promised and Verdict.MISSED in others
    return said + ("; a region of which nothing is heard counts as missed." if silent else ".")


def _row(verdict: Verdict) -> str:
    failures, span = USUAL[verdict]
    return f"{failures} {verdict} of {span} runs" if failures < span else f"{span} {verdict} in a row"


def _over(policy: Policy) -> str:
    runs = "run was" if policy.successes == 1 else f"{policy.successes} runs were"
    sure = ", and so many that it would be a surprise if it went on" if policy.statistical else ""
    return f"It is over when the last {runs} good in each bad region{sure}."


# -- how soon ----------------------------------------------------------------------------------------------------------

Watch = Callable[[Sequence[bool]], bool]
"""Takes which regions failed in a round, and says whether the policy tells of it."""


def _charted(limit: Limits, places: int) -> Callable[[], Watch]:
    def make() -> Watch:
        charts, names = Charts(), [str(number) for number in range(places)]

        def watch(failed: Sequence[bool]) -> bool:
            above = False
            for name, bad in zip(names, failed, strict=True):
                if bad:
                    charts.failed(name, names, limit)
                    above = above or charts.all_above(names, limit.outage)
                else:
                    charts.worked(name)
            return above

        return watch

    return make


def _rows(policy: Policy, places: int) -> Callable[[], Watch]:
    read = terms(policy)

    def make() -> Watch:
        rows = [deque[bool](maxlen=read.spans[Verdict.FAILED]) for _ in range(places)]

        def watch(failed: Sequence[bool]) -> bool:
            for row, bad in zip(rows, failed, strict=True):
                row.append(bad)
            return sum(sum(row) >= read.failures[Verdict.FAILED] for row in rows) >= read.regions

        return watch

    return make


def _rounds(make: Callable[[], Watch], places: int, failing: float, tries: int) -> float:
    """After how many rounds of an incident it is told, the median of so many incidents."""
    rng = Random(0)
    return median(_until(make(), rng, places, failing) for _ in range(tries))


def _until(watch: Watch, rng: Random, places: int, failing: float) -> int:
    for number in range(1, LONGEST):
        if watch([rng.random() < failing for _ in range(places)]):
            return number
    return LONGEST
