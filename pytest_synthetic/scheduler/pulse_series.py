"""The pulse of the monitor as series of Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.reports.prometheus_series import WIDEST, Family
from pytest_synthetic.scheduler.pulse import LATENESS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.core import Metric

    from pytest_synthetic.scheduler.pulse import PulseReport

UP = Family("synthetic_monitor_healthy", "1 if all is well with the monitor, 0 if not.")
STARTED = Family("synthetic_monitor_start_timestamp_seconds", "When the process started, in Unix time.")
TURNED = Family("synthetic_monitor_last_turn_timestamp_seconds", "When its loop last went round, in Unix time.")
PLANS = Family("synthetic_monitor_plans", "What is watched: journeys, once for each region.")
UNREADABLE = Family("synthetic_monitor_plans_unreadable", "Those of them that cannot be read at present.")
WAITING = Family("synthetic_monitor_waiting", "Ticks that wait to be run.")
RUNNING = Family("synthetic_monitor_running", "Runs that go on.")
DUE = Family("synthetic_monitor_ticks_due_total", "Ticks that were claimed to be run.", counter=True)
RAN = Family("synthetic_monitor_runs_total", "Runs that ended.", ("region", "verdict"), counter=True)
MISSED = Family("synthetic_monitor_ticks_missed_total", "Ticks that were not run.", ("region", "kind"), counter=True)
LAST_RUN = Family("synthetic_monitor_last_run_timestamp_seconds", "When a run last ended, in Unix time.", ("region",))
LATE = Family("synthetic_monitor_start_lateness_seconds", "From a tick to the start of its run.")
TROUBLE = Family("synthetic_monitor_trouble_seconds", "How long something has not worked.", ("what",))

SERIES = (UP, STARTED, TURNED, PLANS, UNREADABLE, WAITING, RUNNING, DUE, RAN, MISSED, LAST_RUN, LATE, TROUBLE)

_Samples: TypeAlias = "list[tuple[tuple[str, ...], float]]"


def text(report: PulseReport) -> bytes:
    """The report in Prometheus' text format. What is not known has no series."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(report))
    return generate_latest(registry)


class _Collector:
    """As prometheus_client asks for it."""

    def __init__(self, report: PulseReport) -> None:
        self._report = report

    def collect(self) -> Iterator[Metric]:
        samples = {**_of_all(self._report), **_of_regions(self._report)}
        for family in SERIES:
            if family is LATE:
                yield _histogram(self._report)
            elif samples[family]:
                yield _metric(family, samples[family])


def _of_all(report: PulseReport) -> dict[Family, _Samples]:
    known = {
        UP: float(report.healthy),
        STARTED: report.since.timestamp(),
        TURNED: report.last_turn.timestamp() if report.last_turn else None,
        PLANS: report.plans,
        UNREADABLE: report.unreadable,
        WAITING: report.waiting,
        RUNNING: report.running,
        DUE: report.due,
    }
    return {family: [] if value is None else [((), float(value))] for family, value in known.items()}


def _of_regions(report: PulseReport) -> dict[Family, _Samples]:
    regions = sorted(report.regions.items())
    return {
        RAN: [((name, verdict), count) for name, region in regions for verdict, count in sorted(region.runs.items())],
        MISSED: [((name, kind), count) for name, region in regions for kind, count in sorted(region.missed.items())],
        LAST_RUN: [((name,), region.last_run.timestamp()) for name, region in regions if region.last_run],
        TROUBLE: [((each.what,), each.seconds) for each in report.troubles],
    }


def _metric(family: Family, samples: _Samples) -> Metric:
    kind = CounterMetricFamily if family.counter else GaugeMetricFamily
    metric = kind(family.name, family.help, labels=family.labels)
    for labels, value in samples:
        metric.add_metric([one_line(label, WIDEST) for label in labels], value)
    return metric


def _histogram(report: PulseReport) -> Metric:
    metric = HistogramMetricFamily(LATE.name, LATE.help)
    total, buckets = 0, []
    for bound, count in zip((*map(str, LATENESS), "+Inf"), report.late, strict=True):
        total += count
        buckets.append((bound, float(total)))
    metric.add_metric([], buckets, sum_value=report.late_seconds)
    return metric
