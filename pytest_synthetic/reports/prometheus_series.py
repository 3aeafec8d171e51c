"""Runs as series of Prometheus: what is kept of each variant of a journey, as text and read back from it."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families

from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.core.unrun import stands_in
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.run import walk
from pytest_synthetic.model.verdict import UNSAID, Verdict
from pytest_synthetic.reports.conclusive import conclusive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prometheus_client.core import Metric

    from pytest_synthetic.model.run import RunResult

FORGOTTEN = timedelta(days=30)
"""A variant without a run for so long leaves the file: it was renamed or removed."""
MOST_VARIANTS = 1000
"""Variants that one file holds; of more, those with the newest runs stay. A parameter that is never the same twice
would make a series a run, which no Prometheus bears."""
MOST_STEPS = 200
"""Names of steps that are kept of one run."""
WIDEST = 200
"""Characters of a label's value."""


class Family(NamedTuple):
    """A metric: its labels beside those of the variant, and whether it only grows."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    counter: bool = False


VERDICT = Family("synthetic_run_verdict", "1 for the verdict of the last run, 0 for the others.", ("verdict",))
STARTED = Family("synthetic_run_timestamp_seconds", "When the last run started, in Unix time.")
SUCCESS = Family("synthetic_run_success", "Whether the last run that could say something passed or was degraded.")
SAID = Family(
    "synthetic_run_conclusive_timestamp_seconds", "When the last run that could say something started, in Unix time."
)
DURATION = Family("synthetic_run_duration_seconds", "Time of the last run that could say something.")
PROMISED = Family("synthetic_run_promised_seconds", "What the SLA promises of a run.")
STEP_DURATION = Family(
    "synthetic_step_duration_seconds", "Time of a step in the last run that could say something.", ("step",)
)
STEP_PROMISED = Family("synthetic_step_promised_seconds", "What the SLA promises of a step.", ("step",))
RUNS = Family("synthetic_runs_total", "Runs by verdict.", ("verdict",), counter=True)
INFO = Family(
    "synthetic_journey_info", "What its last run says of a journey.", ("name", "owner", "stage", "criticality")
)

OF_A_VARIANT = (VERDICT, STARTED, SUCCESS, SAID, DURATION, PROMISED, STEP_DURATION, STEP_PROMISED, RUNS)
FAMILIES = (*OF_A_VARIANT, INFO)
_OF_THE_LAST = (VERDICT, STARTED)
_OF_THE_LAST_CONCLUSIVE = (SUCCESS, SAID, DURATION, PROMISED, STEP_DURATION, STEP_PROMISED)
_UNRUN = (Verdict.MISSED, Verdict.BROKEN)
_BY_NAME = {family.name: family for family in FAMILIES}


class Variant(NamedTuple):
    """What tells the runs of one line from those of another: the labels that every series has."""

    journey: str
    region: str
    device: str
    browser: str
    parameters: str

    @classmethod
    def of(cls, run: RunResult) -> Variant:
        """The variant that `run` is of."""
        parameters = ",".join(f"{name}={value}" for name, value in sorted(run.parameters.items()))
        told = (run.journey, run.region, run.device or "", run.browser or "", parameters)
        return cls(*(_label(value) for value in told))


Kept = dict[tuple[Family, tuple[str, ...]], float]


class Series:
    """The state of all variants. Its text holds all of it: `parsed` gives it back."""

    def __init__(self) -> None:
        self._variants: dict[Variant, Kept] = {}
        self._info: dict[str, tuple[str, ...]] = {}

    @classmethod
    def parsed(cls, text: str) -> Series:
        """Read what `text` gave. Raises ValueError for what cannot be read, UsageError for metrics of others."""
        series = cls()
        for metric in text_string_to_metric_families(text):
            for sample in metric.samples:
                if sample.name not in _BY_NAME:
                    raise UsageError(f"holds the metric {sample.name}, which is not ours")
                series._take(_BY_NAME[sample.name], sample.labels, sample.value)
        return series

    def _take(self, family: Family, labels: Mapping[str, str], value: float) -> None:
        variant = Variant(*(labels.get(name, "") for name in Variant._fields))
        own = tuple(labels.get(name, "") for name in family.labels)
        if family is INFO:
            self._info[variant.journey] = own
        else:
            self._variants.setdefault(variant, {})[family, own] = float(value)

    def add(self, run: RunResult, *, now: float = math.inf) -> None:
        """Count the run; it replaces what an older one of its variant said.

        `now` is Unix time: what is kept from later was said while the clock was wrong, and is replaced as well.
        """
        variant = Variant.of(run)
        if stands_in(run):
            for known in self._like(variant):
                self._count(known, run, now)
        else:
            self._count(variant, run, now)

    def _like(self, bare: Variant) -> list[Variant]:
        """The variants that a record speaks of that was written in place of their runs: it knows no browser."""
        return [known for known in self._variants if known[:2] == bare[:2]] or [bare]

    def _count(self, variant: Variant, run: RunResult, now: float) -> None:
        if variant not in self._variants:
            self._variants[variant] = self._unrun(variant) or {(RUNS, (each.value,)): 0.0 for each in Verdict}
        kept = self._variants[variant]
        counter = RUNS, (run.verdict.value,)
        kept[counter] = kept.get(counter, 0.0) + 1
        began = datetime.fromisoformat(run.started_at).timestamp()
        if not began < kept.get((STARTED, ()), 0.0) <= now:
            _replace(kept, _OF_THE_LAST, _last(run, began))
            self._info[variant.journey] = _info(run)
        if conclusive(run) and not began < kept.get((SAID, ()), 0.0) <= now:
            _replace(kept, _OF_THE_LAST_CONCLUSIVE, _last_conclusive(run, began))

    def _unrun(self, variant: Variant) -> Kept | None:
        """What was counted of a journey before its first run told which variant it is of; it is its own then."""
        bare = Variant(*variant[:2], "", "", "")
        kept = self._variants.get(bare)
        ran = kept is None or any(kept.get((RUNS, (verdict.value,))) for verdict in Verdict if verdict not in _UNRUN)
        return None if ran else self._variants.pop(bare)

    def forget(self, now: datetime) -> int:
        """Drop variants without a run for long, and those that are too many; how many were too many."""
        oldest = (now - FORGOTTEN).timestamp()
        newest = sorted(self._variants, key=self._began, reverse=True)
        alive = [variant for variant in newest if self._began(variant) >= oldest]
        self._variants = {variant: self._variants[variant] for variant in alive[:MOST_VARIANTS]}
        journeys = {variant.journey for variant in self._variants}
        self._info = {journey: told for journey, told in self._info.items() if journey in journeys}
        return len(alive) - len(self._variants)

    def _began(self, variant: Variant) -> float:
        return self._variants[variant].get((STARTED, ()), 0.0)

    def text(self) -> bytes:
        """All series in Prometheus' text format, as node_exporter reads it and an endpoint would serve it."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)

    def collect(self) -> Iterator[Metric]:
        """The families, as a collector of prometheus_client gives them."""
        for family in OF_A_VARIANT:
            kind = CounterMetricFamily if family.counter else GaugeMetricFamily
            metric = kind(family.name, family.help, labels=(*Variant._fields, *family.labels))
            for variant in sorted(self._variants):
                for (of, own), value in sorted(self._variants[variant].items()):
                    if of is family:
                        metric.add_metric((*variant, *own), value)
            if metric.samples:
                yield metric
        if self._info:
            known = GaugeMetricFamily(INFO.name, INFO.help, labels=("journey", *INFO.labels))
            for journey, told in sorted(self._info.items()):
                known.add_metric((journey, *told), 1.0)
            yield known


def _replace(kept: Kept, families: tuple[Family, ...], told: Kept) -> None:
    for key in [key for key in kept if key[0] in families]:
        del kept[key]
    kept.update(told)


def _last(run: RunResult, began: float) -> Kept:
    verdicts: Kept = {(VERDICT, (each.value,)): float(each is run.verdict) for each in Verdict}
    return {**verdicts, (STARTED, ()): began}


def _info(run: RunResult) -> tuple[str, ...]:
    told = (run.name, run.owner or "", run.stage or "", run.criticality)
    return tuple(_label(str(value)) for value in told)


def _last_conclusive(run: RunResult, began: float) -> Kept:
    told: Kept = {(SUCCESS, ()): float(run.verdict is not Verdict.FAILED), (SAID, ()): began}
    if run.duration is not None:
        told[DURATION, ()] = run.duration
    if run.promised is not None:
        told[PROMISED, ()] = run.promised
    names: set[str] = set()
    for path, step in walk(run.steps):
        name = _label(path)
        if step.verdict in UNSAID or (name not in names and len(names) == MOST_STEPS):
            continue
        names.add(name)
        key = STEP_DURATION, (name,)
        told[key] = max(step.duration, told.get(key, 0.0))
        if step.sla is not None:
            told[STEP_PROMISED, (name,)] = step.sla
    return told


def _label(value: str) -> str:
    return one_line(value, WIDEST)
