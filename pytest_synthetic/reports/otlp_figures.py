"""The runs of a session as metrics of OpenTelemetry: what the session adds, so that collectors can sum up sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader

from pytest_synthetic.model.run import walk
from pytest_synthetic.model.verdict import UNSAID
from pytest_synthetic.reports.conclusive import conclusive

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.sdk.metrics.export import MetricsData
    from opentelemetry.sdk.resources import Resource

    from pytest_synthetic.model.run import RunResult

BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0)
"""Upper bounds of the histograms, in seconds: from one call of an API to an e-mail that is late."""
_DELTA = AggregationTemporality.DELTA


def figures(runs: Iterable[RunResult], resource: Resource) -> MetricsData | None:
    """Counts of all runs by verdict, and times of those that could say something; None without a run."""
    reader = InMemoryMetricReader(preferred_temporality={Counter: _DELTA, Histogram: _DELTA})
    provider = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
    meter = provider.get_meter("pytest_synthetic")
    count = meter.create_counter("synthetic.runs", "{run}", "Runs by verdict.")
    times = meter.create_histogram(
        "synthetic.run.duration", "s", "Times of journeys.", explicit_bucket_boundaries_advisory=BUCKETS
    )
    steps = meter.create_histogram(
        "synthetic.step.duration", "s", "Times of steps.", explicit_bucket_boundaries_advisory=BUCKETS
    )
    for run in runs:
        of = _attributes(run)
        verdict = {**of, "synthetic.verdict": run.verdict.value}
        count.add(1, verdict)
        if not conclusive(run):
            continue
        if run.duration is not None:
            times.record(run.duration, verdict)
        for path, step in walk(run.steps):
            if step.verdict not in UNSAID:
                steps.record(step.duration, {**of, "synthetic.step": path, "synthetic.verdict": step.verdict.value})
    told: MetricsData | None = reader.get_metrics_data()
    provider.shutdown()
    return told


def _attributes(run: RunResult) -> dict[str, str]:
    told = {
        "synthetic.journey.id": run.journey,
        "synthetic.journey.name": run.name,
        "synthetic.region": run.region,
        "synthetic.device": run.device,
        "synthetic.browser": run.browser,
        **{f"synthetic.parameter.{name}": value for name, value in run.parameters.items()},
    }
    return {name: value for name, value in told.items() if value is not None}
