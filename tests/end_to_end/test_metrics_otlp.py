"""Traces and figures for OpenTelemetry, as a collector decodes them."""

from __future__ import annotations

import socket
import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.end_to_end.receiver import Answer, Asked, Receiver, receiver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.conftest import Ran

JOURNEYS = """
import time

@pytest.fixture
def customer():
    time.sleep(0.01)
    yield
    time.sleep(0.01)

@pytest.mark.journey("Checkout", owner="payments", stage="purchase")
@pytest.mark.sla("9s")
def test_good(journey, customer):
    with journey.step("pay", sla="4s", owner="psp-team", depends_on="psp"):
        with journey.step("enter the card"):
            time.sleep(0.01)
    with journey.step("read the order"): pass

@pytest.mark.journey("Search")
def test_bad(journey):
    with journey.step("find"):
        raise AssertionError("Kettle is not in the list")

@pytest.mark.journey("Slow")
@pytest.mark.sla("1ms")
def test_slow(journey):
    time.sleep(0.01)

@pytest.mark.journey("Nobody knows")
def test_broken(journey):
    with journey.step("look"):
        raise RuntimeError("a mistake in the test")

@pytest.mark.journey("Later")
def test_later(journey):
    pytest.skip("not now")
"""

ONE = '@pytest.mark.journey("Checkout")\ndef test_it(journey): pass\n'


def toml(url: str, timeout: str = "2s") -> str:
    return f'product = "Kettle Shop"\n[metrics]\notlp = "{url}"\ntimeout = "{timeout}"\n'


def spans(collector: Receiver) -> list[Span]:
    found = []
    for asked in collector.asked:
        if asked.path == "/v1/traces":
            for resource in ExportTraceServiceRequest.FromString(asked.body).resource_spans:
                found += [span for scope in resource.scope_spans for span in scope.spans]
    return found


def resources(collector: Receiver) -> list[dict[str, Any]]:
    return [
        plain(resource.resource.attributes)
        for asked in collector.asked
        if asked.path == "/v1/traces"
        for resource in ExportTraceServiceRequest.FromString(asked.body).resource_spans
    ]


def metrics(collector: Receiver) -> dict[str, Any]:
    (asked,) = [asked for asked in collector.asked if asked.path == "/v1/metrics"]
    told = ExportMetricsServiceRequest.FromString(asked.body)
    return {
        metric.name: metric
        for resource in told.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }


def plain(attributes: Iterable[Any]) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


def nanoseconds(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000) * 1_000_000


def test_a_run_is_a_trace_and_a_step_a_span(synthetic: Callable[..., Ran]) -> None:
    with receiver() as collector:
        ran = synthetic(JOURNEYS, toml=toml(collector.url))

    run = ran.named("Checkout")
    told = {span.name: span for span in spans(collector) if span.trace_id.hex() == run.run_id}
    whole, pay, card, read = (told[name] for name in ("Checkout", "pay", "enter the card", "read the order"))
    assert len(told) == 4
    assert whole.parent_span_id == b""
    assert (pay.parent_span_id, card.parent_span_id) == (whole.span_id, pay.span_id)
    assert read.parent_span_id == whole.span_id

    assert whole.start_time_unix_nano == nanoseconds(run.started_at)
    assert run.duration is not None
    assert whole.end_time_unix_nano - whole.start_time_unix_nano >= (run.duration + 0.02) * 1e9
    assert abs(pay.start_time_unix_nano - whole.start_time_unix_nano - run.steps[0].start * 1e9) < 2_000
    assert abs(pay.end_time_unix_nano - pay.start_time_unix_nano - run.steps[0].duration * 1e9) < 2_000
    assert whole.start_time_unix_nano <= pay.start_time_unix_nano <= card.start_time_unix_nano
    assert card.end_time_unix_nano <= pay.end_time_unix_nano <= whole.end_time_unix_nano

    facts = plain(whole.attributes)
    assert facts["test.case.name"] == "test_shop.py::test_good"
    assert facts["test.case.result.status"] == "pass"
    assert (facts["synthetic.verdict"], facts["synthetic.owner"], facts["synthetic.promised"]) == (
        "passed",
        "payments",
        9,
    )
    assert "synthetic.fault" not in facts
    assert plain(pay.attributes)["synthetic.owner"] == "psp-team"
    assert resources(collector)[0]["service.namespace"] == "Kettle Shop"
    assert resources(collector)[0]["service.name"] == "pytest-synthetic"


def test_the_status_says_who_failed_and_why(synthetic: Callable[..., Ran]) -> None:
    with receiver() as collector:
        synthetic(JOURNEYS, toml=toml(collector.url))

    told = {span.name: span for span in spans(collector)}
    assert "Later" not in told
    for name in ("Search", "find"):
        assert told[name].status.code == Status.STATUS_CODE_ERROR
        assert told[name].status.message == "Kettle is not in the list"
        assert plain(told[name].attributes)["error.type"] == "AssertionError"
        (event,) = told[name].events
        assert event.name == "exception"
        assert plain(event.attributes)["exception.message"] == "Kettle is not in the list"
    for name in ("Nobody knows", "look"):
        assert told[name].status.code == Status.STATUS_CODE_ERROR
        assert plain(told[name].attributes)["synthetic.fault"] == "test"
    assert "test.case.result.status" not in plain(told["Nobody knows"].attributes)
    assert told["Slow"].status.code == told["Checkout"].status.code == Status.STATUS_CODE_UNSET
    assert [plain(event.attributes)["synthetic.breach.name"] for event in told["Slow"].events] == ["total"]


def test_the_product_s_own_spans_are_of_the_same_trace(synthetic: Callable[..., Ran]) -> None:
    source = """
@pytest.mark.journey("Checkout")
def test_it(journey, api):
    api.get("/")
"""
    with receiver() as product, receiver() as collector:
        ran = synthetic(source, toml=f'base_url = "{product.url}"\n' + toml(collector.url))

    version, trace, span, _ = product.asked[0].headers["traceparent"].split("-")
    assert (version, len(span)) == ("00", 16)
    assert {trace} == {span.trace_id.hex() for span in spans(collector)} == {ran.run.run_id}


def test_figures_come_from_runs_that_could_say_something(synthetic: Callable[..., Ran]) -> None:
    with receiver() as collector:
        synthetic(JOURNEYS, toml=toml(collector.url))

    told = metrics(collector)
    assert set(told) == {"synthetic.runs", "synthetic.run.duration", "synthetic.step.duration"}
    runs = told["synthetic.runs"]
    assert {plain(point.attributes)["synthetic.verdict"]: point.as_int for point in runs.sum.data_points} == {
        "passed": 1, "failed": 1, "degraded": 1, "broken": 1, "skipped": 1,
    }  # fmt: skip
    assert runs.sum.is_monotonic
    assert runs.sum.aggregation_temporality == AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
    times = told["synthetic.run.duration"]
    assert {plain(point.attributes)["synthetic.journey.name"] for point in times.histogram.data_points} == {
        "Checkout", "Search", "Slow",
    }  # fmt: skip
    assert all(point.count == 1 and point.sum > 0 for point in times.histogram.data_points)
    assert (runs.unit, times.unit) == ("{run}", "s")
    steps = told["synthetic.step.duration"].histogram.data_points
    assert {plain(point.attributes)["synthetic.step"] for point in steps} == {
        "pay", "pay > enter the card", "read the order", "find",
    }  # fmt: skip


def test_a_session_that_says_nothing_sends_no_time(synthetic: Callable[..., Ran]) -> None:
    source = '@pytest.mark.journey("Later")\ndef test_it(journey): pytest.skip("not now")\n'
    with receiver() as collector:
        synthetic(source, toml=toml(collector.url))

    assert spans(collector) == []
    assert set(metrics(collector)) == {"synthetic.runs"}


def test_headers_are_sent_and_shown_nowhere(synthetic: Callable[..., Ran]) -> None:
    source = '@pytest.mark.journey("C")\ndef test_it(journey): raise AssertionError("otlp-secret-4k2j9 shown")\n'
    with receiver() as collector:
        more = 'otlp_headers = { Authorization = "Bearer otlp-secret-4k2j9" }\n'
        ran = synthetic(source, toml=toml(collector.url) + more)

    assert {asked.headers["authorization"] for asked in collector.asked} == {"Bearer otlp-secret-4k2j9"}
    assert "otlp-secret-4k2j9" not in ran.out
    assert b"otlp-secret-4k2j9" not in b"".join(asked.body for asked in collector.asked)


def test_the_environment_names_the_service(synthetic: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "monitors")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=production")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:9/elsewhere")
    with receiver() as collector:
        synthetic(ONE, toml=toml(collector.url))

    assert resources(collector)[0]["service.name"] == "monitors"
    assert resources(collector)[0]["deployment.environment.name"] == "production"


def test_a_collector_that_is_down_changes_nothing_and_is_told_once(synthetic: Callable[..., Ran]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    source = ONE.replace("(journey)", "(journey, n)")
    many = f"@pytest.mark.parametrize('n', range(9))\n{source}"
    ran = synthetic(many, "--log-level=DEBUG", toml=toml(f"http://127.0.0.1:{port}", "300ms"))

    out = " ".join(ran.out.split())
    assert ran.verdicts == ["passed"] * 9
    assert ran.result.ret == 0
    assert f"the collector at http://127.0.0.1:{port} took 0 of 10 traces and figures: it cannot be reached:" in out
    assert "Connection refused" in out
    assert ran.out.count("note: metrics:") == 1
    assert "Traceback" not in ran.out


@pytest.mark.parametrize("status", [400, 401, 404, 500])
def test_a_collector_that_refuses_is_told(synthetic: Callable[..., Ran], status: int) -> None:
    with receiver(lambda _: (status, b"")) as collector:
        ran = synthetic(ONE, toml=toml(collector.url))

    assert ran.verdicts == ["passed"]
    assert f"took 0 of 2 traces and figures: it answered {status}" in " ".join(ran.out.split())


def test_a_collector_that_never_answers_is_not_waited_for(synthetic: Callable[..., Ran]) -> None:
    free = threading.Event()

    def silent(_: Asked) -> Answer:
        free.wait(60)
        return 200, b""

    with receiver(silent) as collector:
        ran = synthetic(ONE, toml=toml(collector.url, "200ms"))
        free.set()

    assert ran.verdicts == ["passed"]
    assert "took 0 of 2 traces and figures" in " ".join(ran.out.split())


def test_workers_send_through_the_controller(synthetic: Callable[..., Ran]) -> None:
    with receiver() as collector:
        ran = synthetic(JOURNEYS, "-n2", toml=toml(collector.url), fresh=True)

    assert {span.trace_id.hex() for span in spans(collector)} == {
        run.run_id for run in ran.runs if run.verdict != "skipped"
    }
