"""A collector of OpenTelemetry: a trace a run as soon as it is finished, the figures when the session ends."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics.export import MetricExportResult
from opentelemetry.sdk.resources import (
    SERVICE_NAME,
    SERVICE_NAMESPACE,
    SERVICE_VERSION,
    OTELResourceDetector,
    Resource,
)
from opentelemetry.sdk.trace.export import SpanExportResult
from requests import RequestException

from pytest_synthetic.asking import Asking
from pytest_synthetic.reports.conclusive import counted
from pytest_synthetic.reports.otlp_figures import figures
from pytest_synthetic.reports.otlp_spans import Tracer
from pytest_synthetic.reports.outbox import NoAnswer, NotTaken, Outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from opentelemetry.sdk.trace import ReadableSpan

    from pytest_synthetic.model.run import RunResult

SERVICE = "pytest-synthetic"


class Collector:
    """Sends over HTTP, as protobuf, through OpenTelemetry's own exporters."""

    def __init__(
        self, address: str, *, headers: Mapping[str, str], timeout: float, product: str, tool_version: str
    ) -> None:
        """`address` is the base of `/v1/traces` and `/v1/metrics`; `timeout` in seconds, of a request with its retries.

        What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say wins over `product` and `tool_version`.
        """
        own = {SERVICE_NAME: SERVICE, SERVICE_NAMESPACE: product, SERVICE_VERSION: tool_version}
        said = OTELResourceDetector().detect().attributes
        self._resource = Resource.create({**own, **said})
        self._session = Asking(timeout)
        self._spans = OTLPSpanExporter(
            endpoint=f"{address}/v1/traces", headers=dict(headers), timeout=timeout, session=self._session
        )
        self._figures = OTLPMetricExporter(
            endpoint=f"{address}/v1/metrics", headers=dict(headers), timeout=timeout, session=self._session
        )
        self._tracer = Tracer(self._resource)
        self._outbox = Outbox(f"the collector at {address}", "traces and figures")
        self._runs: list[RunResult] = []

    def run_finished(self, run: RunResult) -> None:
        """Send the trace of a run that ran."""
        self._runs.append(run)
        if spans := self._tracer.spans(run):
            self._outbox.put(partial(self._send_spans, spans))

    def end(self) -> None:
        """Send the figures of the session."""
        self._outbox.put(self._send_figures)
        self._outbox.end()

    def wait(self, patience: float) -> str | None:
        """Wait for what is under way; what to tell people when something did not arrive."""
        told = self._outbox.wait(patience)
        self._spans.shutdown()  # type: ignore[no-untyped-call]  # ends the pauses between tries, if any is left
        self._figures.shutdown()
        self._session.close()
        return told

    def _send_spans(self, spans: Sequence[ReadableSpan]) -> None:
        self._send(lambda: self._spans.export(spans) is SpanExportResult.SUCCESS)

    def _send_figures(self) -> None:
        if told := figures(counted(self._runs), self._resource):
            self._send(lambda: self._figures.export(told) is MetricExportResult.SUCCESS)

    def _send(self, export: Callable[[], bool]) -> None:
        self._session.why = ""
        try:
            taken = export()
        except RequestException:  # some versions of the exporter let it through
            taken = False
        why = self._session.why or "it cannot be reached"
        if not taken:
            raise NotTaken(why) if why.startswith("it answered 4") else NoAnswer(why)
