"""A run as a trace of OpenTelemetry: one span for it, and one for each step below it.

The trace's id is the run's id, which `api` sends along in `traceparent`.
"""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import TYPE_CHECKING

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE
from opentelemetry.semconv.attributes.exception_attributes import EXCEPTION_MESSAGE, EXCEPTION_TYPE
from opentelemetry.trace import Span, Status, StatusCode, set_span_in_context

from pytest_synthetic.model.verdict import Verdict
from pytest_synthetic.reports.conclusive import conclusive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.resources import Resource
    from opentelemetry.util.types import AttributeValue

    from pytest_synthetic.model.run import Failure, RunResult, StepResult

ERRORS = frozenset({Verdict.FAILED, Verdict.BROKEN})
LONGEST = 4000
"""Characters of an exception's message."""
NEVER_RAN = frozenset({Verdict.BLOCKED, Verdict.SKIPPED, Verdict.MISSED})


class _Ids(IdGenerator):
    """The ids of one run at a time. Those of its spans follow from its own: a run told twice is one trace still."""

    def begin(self, run_id: str) -> None:
        self._trace = int(run_id, 16)
        self._random = Random(self._trace)

    def generate_trace_id(self) -> int:
        return self._trace

    def generate_span_id(self) -> int:
        return self._random.getrandbits(64) or 1


class _Ended(SpanProcessor):
    """Keeps the spans that have ended."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


class Tracer:
    """Makes the spans of runs; nothing of OpenTelemetry's global state is touched."""

    def __init__(self, resource: Resource) -> None:
        self._ids = _Ids()
        self._ended = _Ended()
        provider = TracerProvider(sampler=ALWAYS_ON, resource=resource, id_generator=self._ids, shutdown_on_exit=False)
        provider.add_span_processor(self._ended)
        self._tracer = provider.get_tracer("pytest_synthetic")

    def spans(self, run: RunResult) -> list[ReadableSpan]:
        """The spans of a run, none for one that never ran."""
        if run.verdict in NEVER_RAN:
            return []
        self._ids.begin(run.run_id)
        self._ended.spans = []
        began = datetime.fromisoformat(run.started_at).timestamp()
        span = self._tracer.start_span(run.name, Context(), attributes=_of_run(run), start_time=_nanoseconds(began))
        for step in run.steps:
            self._step(step, set_span_in_context(span, Context()), began)
        ended = _nanoseconds(began + _length(run))
        _failed(span, run.verdict, run.failure, run.reason, ended)
        for breach in run.breaches:
            told = {"synthetic.breach.name": breach.name, "synthetic.breach.message": breach.message}
            span.add_event("synthetic.breach", told, ended)
        span.end(ended)
        return self._ended.spans

    def _step(self, step: StepResult, parent: Context, began: float) -> None:
        started = began + step.start
        span = self._tracer.start_span(step.name, parent, attributes=_of_step(step), start_time=_nanoseconds(started))
        for below in step.steps:
            self._step(below, set_span_in_context(span, Context()), began)
        ended = _nanoseconds(started + step.duration)
        _failed(span, step.verdict, step.failure, None, ended)
        span.end(ended)


def _nanoseconds(moment: float) -> int:
    return round(moment * 1e6) * 1000


def _length(run: RunResult) -> float:
    """Seconds from the start of the set-up to the end of the tear-down, and no step is longer than its run."""
    phases = sum(part or 0.0 for part in (run.setup_duration, run.duration, run.teardown_duration))
    return max([phases, *(step.start + step.duration for step in run.steps)])


def _failed(span: Span, verdict: Verdict, failure: Failure | None, reason: str | None, ended: int) -> None:
    if verdict not in ERRORS:
        return
    span.set_status(Status(StatusCode.ERROR, failure.claim if failure else reason or verdict.value))
    if failure:
        span.set_attributes({ERROR_TYPE: failure.type, "synthetic.fault": failure.fault.value})
        told = {EXCEPTION_TYPE: failure.type, EXCEPTION_MESSAGE: failure.message[:LONGEST]}
        span.add_event("exception", told, ended)


def _of_run(run: RunResult) -> Mapping[str, AttributeValue]:
    told: dict[str, AttributeValue | None] = {
        "test.case.name": run.nodeid,
        "test.case.result.status": ("fail" if run.verdict is Verdict.FAILED else "pass") if conclusive(run) else None,
        "vcs.ref.head.revision": run.git_commit,
        "synthetic.journey.id": run.journey,
        "synthetic.journey.name": run.name,
        "synthetic.verdict": run.verdict.value,
        "synthetic.fault": run.fault.value if run.fault else None,
        "synthetic.reason": run.reason,
        "synthetic.region": run.region,
        "synthetic.device": run.device,
        "synthetic.network": run.network,
        "synthetic.browser": run.browser,
        "synthetic.browser.version": run.browser_version,
        "synthetic.attempt": run.attempt,
        "synthetic.session.id": run.session_id,
        "synthetic.owner": run.owner,
        "synthetic.stage": run.stage.value if run.stage else None,
        "synthetic.criticality": run.criticality.value,
        "synthetic.release": run.release,
        "synthetic.depends_on": run.depends_on or None,
        "synthetic.duration": run.duration,
        "synthetic.promised": run.promised,
        **{f"synthetic.parameter.{name}": value for name, value in run.parameters.items()},
    }
    return _known(told)


def _of_step(step: StepResult) -> Mapping[str, AttributeValue]:
    told: dict[str, AttributeValue | None] = {
        "synthetic.step": step.name,
        "synthetic.occurrence": step.occurrence,
        "synthetic.verdict": step.verdict.value,
        "synthetic.promised": step.sla,
        "synthetic.owner": step.owner,
        "synthetic.depends_on": step.depends_on or None,
        "synthetic.soft": step.soft,
    }
    return _known(told)


def _known(told: Mapping[str, AttributeValue | None]) -> dict[str, AttributeValue]:
    """What is unknown has no attribute: it is not empty, and not 0."""
    return {name: value for name, value in told.items() if value is not None}
