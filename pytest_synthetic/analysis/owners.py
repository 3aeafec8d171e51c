"""What each owner promised and kept, beside what the customer got.

Every step may be in time while the journey is not: the owners' figures are green, the customer's is red. Such minutes
are counted here as silo minutes.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from pytest_synthetic.model.verdict import UNSAID, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

LONGEST_GAP = 2
"""A run stands for the time to the next one, but for at most so many times the median: after that nobody looked."""


class StepSeen(NamedTuple):
    """A step as it went; `duration` and `sla` are in seconds. Without an owner it belongs to the journey's."""

    verdict: Verdict
    duration: float
    sla: float | None = None
    owner: str | None = None


class RunSeen(NamedTuple):
    """A run with all of its steps, those inside others too. `variant` is the device, the parameters; time is in UTC."""

    journey: str
    region: str
    started: datetime
    verdict: Verdict
    steps: tuple[StepSeen, ...] = ()
    owner: str | None = None
    variant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """How often steps with an SLA kept it, were late, or failed. Steps that could not say are in none of them."""

    kept: int
    late: int
    failed: int

    @property
    def share(self) -> float | None:
        """Kept, of all; None when no step promised anything."""
        every = self.kept + self.late + self.failed
        return self.kept / every if every else None


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneySeen:
    """What the customer got: `kept` of the `said` runs passed, the others were too slow or failed.

    In `silos` of them every step's SLA was kept and the journey's promise was not. `silo_minutes`, and the `minutes`
    that all stand for, are added up over regions and variants; None when no two runs tell how long one stands for.
    """

    journey: str
    kept: int
    said: int
    silos: int
    silo_minutes: float | None
    minutes: float | None

    @property
    def share(self) -> float | None:
        """Runs in which the customer got what was promised; None when no run could say."""
        return self.kept / self.said if self.said else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """An owner's own steps, beside the journeys it owns or has a step in. `name` is None for what nobody owns."""

    name: str | None
    steps: Promises
    journeys: tuple[JourneySeen, ...]


def owners(runs: Iterable[RunSeen], *, until: datetime | None = None) -> tuple[Owner, ...]:
    """Every owner by name, what nobody owns last. `until` ends the time that the last runs stand for."""
    every = list(runs)
    seen = {told.journey: told for told in journeys(every, until=until)}
    steps: dict[str | None, list[StepSeen]] = defaultdict(list)
    parts: dict[str | None, set[str]] = defaultdict(set)
    for run in every:
        for step in run.steps:
            steps[step.owner or run.owner].append(step)
        for name in {run.owner, *(step.owner or run.owner for step in run.steps)}:
            parts[name].add(run.journey)
    return tuple(
        Owner(name=name, steps=_promises(steps[name]), journeys=tuple(seen[part] for part in sorted(parts[name])))
        for name in sorted(parts, key=lambda name: (name is None, name or ""))
    )


def journeys(runs: Iterable[RunSeen], *, until: datetime | None = None) -> tuple[JourneySeen, ...]:
    """Every journey by name, with its silo minutes. Give first attempts only: repeats come close behind."""
    series: dict[tuple[str, str, str], list[RunSeen]] = defaultdict(list)
    for run in runs:
        series[run.journey, run.region, run.variant].append(run)
    timed: dict[str, list[tuple[RunSeen, float | None]]] = defaultdict(list)
    for journey, same in _together(series):
        timed[journey].extend(_timed(same, until))
    return tuple(_journey(journey, timed[journey]) for journey in sorted(timed))


def _together(
    series: Mapping[tuple[str, str, str], Sequence[RunSeen]],
) -> Iterator[tuple[str, Sequence[RunSeen]]]:
    """Each series with its journey; variants that ran once in a region are one: alone none tells how long it stands."""
    once: dict[tuple[str, str], list[RunSeen]] = defaultdict(list)
    for (journey, region, _), runs in series.items():
        if len(runs) > 1:
            yield journey, runs
        else:
            once[journey, region] += runs
    yield from ((journey, runs) for (journey, _), runs in once.items())


def is_silo(run: RunSeen) -> bool:
    """Whether the journey's promise was broken while every step kept its own, and one at least had given one."""
    green = all(step.verdict is Verdict.PASSED and not _is_late(step) for step in run.steps)
    promised = any(step.sla is not None for step in run.steps)
    return run.verdict in (Verdict.DEGRADED, Verdict.FAILED) and green and promised


def _journey(name: str, timed: Sequence[tuple[RunSeen, float | None]]) -> JourneySeen:
    said = [(run, minutes) for run, minutes in timed if run.verdict not in UNSAID]
    silos = [(run, minutes) for run, minutes in said if is_silo(run)]
    known = any(minutes is not None for _, minutes in said)
    return JourneySeen(
        journey=name,
        kept=sum(run.verdict is Verdict.PASSED for run, _ in said),
        said=len(said),
        silos=len(silos),
        silo_minutes=sum(minutes or 0.0 for _, minutes in silos) if known else None,
        minutes=sum(minutes or 0.0 for _, minutes in said) if known else None,
    )


def _timed(runs: Sequence[RunSeen], until: datetime | None) -> Iterator[tuple[RunSeen, float | None]]:
    """Each run of one series with the minutes that it stands for; None when there is no second run."""
    ordered = sorted(runs, key=lambda run: run.started)
    gaps = [(later.started - run.started) / timedelta(minutes=1) for run, later in pairwise(ordered)]
    usual = median([gap for gap in gaps if gap > 0] or [0.0])
    if not usual:
        yield from ((run, None) for run in ordered)
        return
    last = (until - ordered[-1].started) / timedelta(minutes=1) if until else usual
    for run, gap in zip(ordered, [*gaps, last], strict=True):
        yield run, min(max(gap, 0.0), LONGEST_GAP * usual)


def _promises(steps: Iterable[StepSeen]) -> Promises:
    promised = [step for step in steps if step.sla is not None and step.verdict not in UNSAID]
    failed = sum(step.verdict is Verdict.FAILED for step in promised)
    late = sum(step.verdict is not Verdict.FAILED and _is_late(step) for step in promised)
    return Promises(kept=len(promised) - failed - late, late=late, failed=failed)


def _is_late(step: StepSeen) -> bool:
    return step.sla is not None and step.duration > step.sla
