"""What a policy is in plain words, and what is wrong with one that can never tell of anything."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import lru_cache
from random import Random
from statistics import median
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alert_charts import Charts
from pytest_synthetic.analysis.alert_plan import USUAL
from pytest_synthetic.analysis.alert_words import share
from pytest_synthetic.analysis.charts import limits
from pytest_synthetic.model.alerting import Severity
from pytest_synthetic.model.sla import spoken
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_synthetic.analysis.charts import Limits
    from pytest_synthetic.model.alerting import Policy, Rule

A_DAY, A_MONTH = 86_400.0, 30 * 86_400.0
PARTIAL = 0.3
"""The share of failures that is told beside a full outage."""
TRIES, LONGEST = 101, 2_000
"""Incidents that are played through for its median, each of so many rounds at most."""


# -- in words ----------------------------------------------------------------------------------------------------------


def plain_words(rule: Rule) -> str:
    """What the policy of a journey is and when it would tell, in a few sentences for people.

    Times are those of the journey's own schedule; that of a part of the runs is the median of seeded incidents.
    """
    policy, places = rule.policy, max(len(rule.regions), 1)
    if not policy.on or not rule.regions:
        return "Nothing is told: " + ("no verdict counts (`on` is empty)." if not policy.on else "it runs nowhere.")
    said = [_of_failed(rule, places)] if Verdict.FAILED in policy.on else ["Failed runs are not told."]
    if others := _of_others(policy):
        said.append(others)
    said.append(_over(policy))
    return " ".join(said)


def _of_failed(rule: Rule, places: int) -> str:
    policy = rule.policy
    verb = "Opens a ticket" if policy.severity is Severity.TICKET else "Pages"
    if policy.statistical:
        where = " as seen from more than one region" if places > 1 else ""
        what = f"more runs fail{where} than chance explains ({share(rule.p0)} is usual)"
        more = _tickets(rule, places)
    else:
        what, more = _classical(policy), ""
    return f"{verb} when {what}{_times(rule, places)}.{more}"


def _classical(policy: Policy) -> str:
    failures = policy.failures or 1
    span = max(policy.of or failures, failures)
    many = f"{failures} of the last {span} runs" if failures < span else f"{span} runs in a row"
    many = "a run fails" if span == 1 else f"{many} fail"
    where = " in a region" if (policy.regions or 1) == 1 else f" in {policy.regions} regions at once"
    return many + where + (f" and this lasts {spoken(policy.lasts)}" if policy.lasts else "")


def _times(rule: Rule, places: int) -> str:
    """How soon, by the journey's schedule."""
    if rule.runs_per_day <= 0:
        return ""
    every = A_DAY * places / rule.runs_per_day
    policy = rule.policy
    if not policy.statistical and (policy.regions or 1) > places:
        return f"; it runs from {_regions(places)}, so this never comes"
    full, part = _told_after(rule)
    lasts = policy.lasts or 0.0
    some = f", about {spoken(part * every + lasts)} when {share(PARTIAL)} fail" if part < LONGEST else ""
    within = f"within {spoken(full * every + lasts)} of a full outage{some}"
    return f"; with a run every {spoken(every)} from {_regions(places)} that is {within}"


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


def _of_others(policy: Policy) -> str:
    others = [verdict for verdict in (Verdict.DEGRADED, Verdict.BROKEN, Verdict.MISSED) if verdict in policy.on]
    if not others:
        return ""
    if policy.statistical:
        told = ", ".join(_row(verdict) for verdict in others)
        said = f"A ticket as well, from any region: {told}"
    else:
        said = f"The same of {' or '.join(others)} runs is a ticket"
    return said + ("; a region of which nothing is heard counts as missed." if Verdict.MISSED in others else ".")


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
    failures = policy.failures or 1
    span = max(policy.of or failures, failures)

    def make() -> Watch:
        rows = [deque[bool](maxlen=span) for _ in range(places)]

        def watch(failed: Sequence[bool]) -> bool:
            for row, bad in zip(rows, failed, strict=True):
                row.append(bad)
            return sum(sum(row) >= failures for row in rows) >= (policy.regions or 1)

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


# -- what can never be -------------------------------------------------------------------------------------------------


def complaints(  # noqa: PLR0913, PLR0917  what a policy is held against
    policy: Policy,
    spec_name: str,
    regions: Sequence[str],
    interval_seconds: float | None,
    runs_per_month: float,
    time_limit: float | None,
) -> Iterator[str]:
    """What is wrong with a policy for the journey `spec_name`, with the arithmetic; nothing when all is well.

    `interval_seconds` is between two runs in one region, None for a schedule without one. `runs_per_month` are those of
    30 days in all regions together. `time_limit` is how long a run may take, in seconds.
    """
    where = f"policy {policy.name!r} of journey {spec_name!r}"
    if not policy.on:
        yield f"{where}: `on` is empty, so nothing is ever told; name verdicts such as `failed`, or leave `on` out"
    yield from (f"{where}: {said}" for said in _never(policy, regions, runs_per_month))
    if interval_seconds is not None:
        yield from (f"{where}: {said}" for said in _too_short(policy, interval_seconds))
        if time_limit is not None and time_limit > interval_seconds:
            yield (
                f"journey {spec_name!r}: a run may take {spoken(time_limit)} (its time limit) and the next one begins "
                f"after {spoken(interval_seconds)} (its schedule), so that runs are missed while one hangs; lower the "
                "time limit or run it less often"
            )


def _never(policy: Policy, regions: Sequence[str], runs_per_month: float) -> Iterator[str]:
    failures = policy.failures or 1
    span = policy.of or failures
    if policy.regions is not None and policy.regions > len(regions):
        names = ", ".join(regions) or "none"
        yield (
            f"`regions = {policy.regions}`, and the journey runs in {len(regions)} ({names}): it can never fire; "
            f"lower `regions` or add regions to the journey"
        )
    if policy.of is not None and failures > policy.of:
        yield (
            f"`failures = {failures}` of the last `of = {policy.of}` runs can never be: {failures} is more than "
            f"{policy.of}; raise `of` or lower `failures`"
        )
    a_region = runs_per_month / max(len(regions), 1)
    if not policy.statistical and runs_per_month > 0 and failures > a_region:
        yield (
            f"`failures = {failures}` of {max(span, failures)} runs in a region, and about {a_region:.3g} runs come "
            f"there in 30 days ({runs_per_month:.3g} in {_regions(max(len(regions), 1))}): it would take more than a "
            "month to fire; lower `failures` or run the journey more often"
        )


def _too_short(policy: Policy, interval: float) -> Iterator[str]:
    lasts, failures = policy.lasts, policy.failures or 1
    if lasts is None or lasts <= 0:
        return
    if lasts < interval:
        yield (
            f'`for = "{_short(lasts)}"` is shorter than the {spoken(interval)} between two runs of the schedule: no '
            "second run comes within; raise `for` to a multiple of the interval, leave it out, or run more often"
        )
    elif lasts < (failures - 1) * interval:
        yield (
            f'`for = "{_short(lasts)}"` changes nothing: {failures} failures, one every {spoken(interval)}, take at '
            f"least {spoken((failures - 1) * interval)}; raise `for` or leave it out"
        )
    elif lasts > A_MONTH:
        yield f'`for = "{_short(lasts)}"` is longer than a month: nobody would be told of an outage; lower `for`'


def _short(seconds: float) -> str:
    """As settings write it."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:g}s"
