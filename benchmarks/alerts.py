"""What policies cost in false pages and what they find: months of one journey, many times, through `decide`."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from multiprocessing import get_context
from random import Random
from statistics import mean, median
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.figures import Figure
from pytest_synthetic.analysis.alerting import State, decide
from pytest_synthetic.analysis.burn import RULES, WINDOWS, Burning, burns, judged
from pytest_synthetic.analysis.charts import learnt
from pytest_synthetic.analysis.percentiles import percentile
from pytest_synthetic.model.alerting import Policy, Rule, Seen, Severity, What
from pytest_synthetic.model.history import Counts
from pytest_synthetic.model.sla import slo
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

REGIONS = ("eu-west", "us-east", "ap-south")
MINUTES = 5
"""Between two rounds; a round is a run from each region."""
A_DAY = 24 * 60 // MINUTES
FLAKES, RETRY_HELPS = 0.005, 0.7
HICCUP_DAYS, HICCUP_ROUNDS = 5, 2
LEARNT_DAYS = 365
DAYS = int(os.environ.get("BENCHMARK_DAYS", "30"))
REPLICATES = int(os.environ.get("BENCHMARK_REPLICATES", "150"))
SEED = 20260301
BEFORE = A_DAY // 4
"""Rounds before an incident begins."""
JOURNEYS = 10_000
START = datetime(2026, 3, 1, tzinfo=UTC)
PARAMETERS = f"""\
  {len(REGIONS)} regions, a run each every {MINUTES} minutes, {DAYS} days x {REPLICATES} replicates, seed {SEED}
  {100 * FLAKES} % flakes ({100 * RETRY_HELPS:.0f} % pass when repeated); a region is bad for a while once in
  {HICCUP_DAYS} days, {HICCUP_ROUNDS} rounds on average; p0 is learnt from {LEARNT_DAYS} such days
  false: pages opened in {DAYS} days without an incident; else the share found, median/p95 minutes
  (an incident that begins while a problem stands already opens none: it is not found)
"""


class Failure(NamedTuple):
    """A run that failed: its round, its region, and whether it fails again when it is repeated."""

    round: int
    region: int
    again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A share of the runs from some regions fails, for some rounds."""

    name: str
    share: float
    regions: int
    rounds: int


INCIDENTS = (
    Incident(name="outage, 3 regions", share=1.0, regions=3, rounds=A_DAY // 12),
    Incident(name="outage, 1 region", share=1.0, regions=1, rounds=A_DAY // 12),
    Incident(name="30 % fail, 6 h", share=0.3, regions=3, rounds=A_DAY // 4),
    Incident(name="10 % fail, 24 h", share=0.1, regions=3, rounds=A_DAY),
    Incident(name="3 % fail, 3 d", share=0.03, regions=3, rounds=3 * A_DAY),
)


class Alarm(NamedTuple):
    """A problem that opened in a round."""

    round: int
    page: bool


def failures(rng: Random, rounds: int, incident: Incident | None = None) -> list[Failure]:
    """The failed runs of so many rounds, in order; an incident begins after `BEFORE`."""
    found: dict[tuple[int, int], bool] = {}
    for region in range(len(REGIONS)):
        for number in _at_random(rng, rounds, FLAKES):
            found[number, region] = rng.random() >= RETRY_HELPS
        for first in _at_random(rng, rounds, 1 / (HICCUP_DAYS * A_DAY)):
            length = 1 + _geometric(rng, 1 / HICCUP_ROUNDS)
            found.update({(number, region): True for number in range(first, min(first + length, rounds))})
        if incident is not None and region < incident.regions:
            for number in _at_random(rng, incident.rounds, incident.share):
                found[BEFORE + number, region] = rng.random() < incident.share
    return [Failure(number, region, again) for (number, region), again in sorted(found.items())]


def _at_random(rng: Random, rounds: int, share: float) -> Iterator[int]:
    number = -1
    while (number := number + 1 + _geometric(rng, share)) < rounds:
        yield number


def _geometric(rng: Random, share: float) -> int:
    """How many tries fail before one succeeds."""
    return 0 if share >= 1 else int(math.log(1 - rng.random()) / math.log1p(-share))


# -- policies ----------------------------------------------------------------------------------------------------------


def by_policy(policy: Policy, rounds: int, failed: Sequence[Failure], *, repeated: bool = False) -> list[Alarm]:
    """What opens under a policy. When failed runs are repeated, the second try counts."""
    rule = Rule(policy=policy, journey="checkout", regions=REGIONS, runs_per_day=3.0 * A_DAY, p0=_p0())
    bad = {(one.round, one.region) for one in failed if one.again or not repeated}
    state: State | None = None
    alarms, first = [], 0
    for last in sorted({number for number, _ in bad} | {rounds - 1}):
        for chunk in ((first, last), (last, last + 1)):  # quiet rounds come at once: `decide` takes run by run
            runs = [_seen(number, region, bad) for number in range(*chunk) for region in range(len(REGIONS))]
            now = START + timedelta(minutes=MINUTES * chunk[1])
            state, actions = decide(rule, state, runs, now)
            alarms += [
                Alarm(last, action.problem.severity is Severity.PAGE)
                for action in actions
                if action.what is What.OPENED and action.problem.kind.verdict is Verdict.FAILED
            ]
        first = last + 1
    return alarms


def _seen(number: int, region: int, bad: set[tuple[int, int]]) -> Seen:
    verdict = Verdict.FAILED if (number, region) in bad else Verdict.PASSED
    return Seen(f"{number}-{region}", REGIONS[region], START + timedelta(minutes=MINUTES * number), verdict)


@cache
def _p0() -> float:
    history = failures(Random(SEED), LEARNT_DAYS * A_DAY)
    return learnt(len(history), len(REGIONS) * LEARNT_DAYS * A_DAY)


def by_burn_rate(availability: float, _: int, failed: Sequence[Failure]) -> list[Alarm]:
    """What the workbook's pages open, as `analysis.burn` judges them; one stands until it is not said for an hour."""
    target = slo(availability, "30d")
    at = [one.round for one in failed]
    alarms: list[Alarm] = []
    said = -A_DAY
    for number in sorted(set(at)):
        counts = {name: _counts(at, number, int(seconds / 60 / MINUTES)) for name, seconds in WINDOWS.items()}
        answers = judged(target, burns(target, counts))
        if Burning.YES not in {answers[rule] for rule in RULES if rule.severity is Severity.PAGE}:
            continue
        if number - said > 60 // MINUTES:
            alarms.append(Alarm(number, page=True))
        said = number
    return alarms


def _counts(at: Sequence[int], number: int, window: int) -> Counts:
    from bisect import bisect_left, bisect_right

    bad = bisect_right(at, number) - bisect_left(at, number - max(window, 1) + 1)
    return Counts(failed=bad, passed=len(REGIONS) * max(window, 1) - bad)


POLICIES = {
    "single failure": partial(by_policy, Policy(failures=1)),
    "single failure + retry": partial(by_policy, Policy(failures=1), repeated=True),
    "3 in a row, same region": partial(by_policy, Policy(failures=3)),
    "3 in a row + retry": partial(by_policy, Policy(failures=3), repeated=True),
    "2 of 3 regions": partial(by_policy, Policy(regions=2)),
    "2 of 3 regions + retry": partial(by_policy, Policy(regions=2), repeated=True),
    "burn rate, SLO 99.5 %": partial(by_burn_rate, 0.995),
    "burn rate, SLO 99.9 %": partial(by_burn_rate, 0.999),
    "default": partial(by_policy, Policy()),
}
TICKETS = "default, with tickets"


# -- the table ---------------------------------------------------------------------------------------------------------


class Found(NamedTuple):
    """Minutes after which each replicate's incident was found, by a page and by anything; None: never."""

    pages: list[float | None]
    any: list[float | None]


def measure(_: Path) -> Iterator[Figure | str]:
    """Limits of the default: false pages, an outage, 30 % and 10 % of the runs; and 10,000 journeys decided."""
    yield PARAMETERS + f"  p0 = {100 * _p0():.2f} %\n"
    yield f"  {'':<25}{'false':>7}" + "".join(f"{one.name:>21}" for one in INCIDENTS)
    jobs = [(name, number) for name in POLICIES for number in range(REPLICATES)]
    with get_context("fork").Pool() as pool:
        false = dict(zip(jobs, pool.starmap(quiet, jobs, chunksize=5), strict=True))
        for name in POLICIES:
            found = [_gathered(pool.starmap(_one, [(name, one, n) for n in range(REPLICATES)])) for one in INCIDENTS]
            counts = [false[name, number] for number in range(REPLICATES)]
            yield _row(name, [pages for pages, _ in counts], [one.pages for one in found])
            if name == "default":
                yield _row(TICKETS, [every for _, every in counts], [one.any for one in found])
                yield ""
                yield from _figures([pages for pages, _ in counts], [one.pages for one in found])
    yield speed()


def quiet(name: str, number: int) -> tuple[int, int]:
    """False pages, and false alarms with tickets, of one replicate."""
    rounds = DAYS * A_DAY
    alarms = POLICIES[name](rounds, failures(Random(SEED + 1 + number), rounds))
    return sum(alarm.page for alarm in alarms), len(alarms)


def _one(name: str, incident: Incident, number: int) -> tuple[float | None, float | None]:
    rounds = BEFORE + incident.rounds
    rng = Random(f"{SEED} {incident.name} {number}")
    alarms = [alarm for alarm in POLICIES[name](rounds, failures(rng, rounds, incident)) if alarm.round >= BEFORE]
    first = {page: min((one.round for one in alarms if one.page or not page), default=None) for page in (True, False)}
    pages, every = (None if at is None else float(MINUTES * (at - BEFORE)) for at in (first[True], first[False]))
    return pages, every


def _gathered(each: Sequence[tuple[float | None, float | None]]) -> Found:
    return Found([pages for pages, _ in each], [every for _, every in each])


def _row(name: str, false: Sequence[int], found: Sequence[Sequence[float | None]]) -> str:
    return f"  {name:<25}{mean(false):>7.2f}" + "".join(f"{_cell(minutes):>21}" for minutes in found)


def _cell(minutes: Sequence[float | None]) -> str:
    """The share found, median and p95 of its minutes."""
    known = sorted(value for value in minutes if value is not None)
    if not known:
        return "never"
    return f"{len(known) / len(minutes):.2f} {median(known):.0f}/{percentile(known, 95):.0f}"


def _figures(false: Sequence[int], found: Sequence[Sequence[float | None]]) -> Iterator[Figure]:
    yield Figure(name="false pages in 30 days", each=[mean(false) * 30 / DAYS], unit="pages", limit=0.15)
    full, _, third, tenth, _ = ([math.inf if value is None else value for value in minutes] for minutes in found)
    yield Figure(name="full outage, slowest", each=[max(full)], unit="minutes", limit=5)
    yield Figure(name="30 % fail", each=third, unit="minutes", limit=15)
    yield Figure(name="10 % fail", each=tenth, unit="minutes", limit=90)
    yield Figure(name="10 % fail, never found", each=[tenth.count(math.inf)], unit="incidents", limit=0)


def speed() -> Figure:
    """Decide on a new run of each of 10,000 journeys, one of 100 failed."""
    rule = Rule(policy=Policy(), journey="checkout", regions=REGIONS, runs_per_day=3.0 * A_DAY, p0=FLAKES)
    states = [decide(rule, None, [_seen(0, region, set()) for region in range(3)], START).state] * JOURNEYS
    new = [_seen(1, 0, {(1, 0)} if number % 100 == 0 else set()) for number in range(JOURNEYS)]
    taken = []
    for _ in range(5):
        began = time.process_time()
        for state, run in zip(states, new, strict=True):
            decide(rule, state, (run,), run.at)
        taken.append(time.process_time() - began)
    return Figure(name=f"{JOURNEYS:,} journeys decided", each=taken, unit="s", limit=1)
