"""Runs as series of Prometheus: what each run changes, and that the text holds all of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from pytest_synthetic.core import unrun
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.journey import JourneySpec
from pytest_synthetic.model.plan import Plan
from pytest_synthetic.model.verdict import Verdict
from pytest_synthetic.reports import prometheus_series
from pytest_synthetic.reports.prometheus_series import MOST_STEPS, Series
from tests.unit.reports.conftest import PASSED

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_synthetic.model.run import RunResult, StepResult

    Make = Callable[..., RunResult]
    Step = Callable[..., StepResult]

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()


def samples(series: Series) -> dict[str, dict[str, float]]:
    """Name of the metric -> the label that tells its samples apart (or "") -> value, of one variant."""
    found: dict[str, dict[str, float]] = {}
    for metric in text_string_to_metric_families(series.text().decode()):
        for sample in metric.samples:
            own = sample.labels.get("verdict") or sample.labels.get("step") or ""
            found.setdefault(sample.name, {})[own] = sample.value
    return found


def later(seconds: float) -> str:
    return datetime.fromtimestamp(NOON + seconds, UTC).isoformat().replace("+00:00", "Z")


def test_a_run_that_passed(a_run: Make, a_step: Step) -> None:
    series = Series()
    series.add(a_run(promised=3.0, steps=(a_step("pay", sla=1.5, steps=(a_step("card"),)), a_step("pay", duration=4))))

    told = samples(series)
    assert told["synthetic_run_verdict"] == {each.value: float(each is Verdict.PASSED) for each in Verdict}
    assert told["synthetic_runs_total"] == {each.value: float(each is Verdict.PASSED) for each in Verdict}
    assert told["synthetic_run_timestamp_seconds"] == told["synthetic_run_conclusive_timestamp_seconds"] == {"": NOON}
    assert told["synthetic_run_success"] == {"": 1.0}
    assert told["synthetic_run_duration_seconds"] == {"": 2.0}
    assert told["synthetic_run_promised_seconds"] == {"": 3.0}
    assert told["synthetic_step_duration_seconds"] == {"pay": 4.0, "pay > card": 1.0}
    assert told["synthetic_step_promised_seconds"] == {"pay": 1.5}


@pytest.mark.parametrize("verdict", [Verdict.BROKEN, Verdict.BLOCKED, Verdict.SKIPPED, Verdict.MISSED])
def test_a_run_that_could_not_say_writes_no_figure(a_run: Make, a_step: Step, verdict: Verdict) -> None:
    series = Series()
    series.add(a_run(verdict=verdict, duration=9.0, promised=1.0, steps=(a_step("pay"),)))

    assert set(samples(series)) == {
        "synthetic_run_verdict", "synthetic_run_timestamp_seconds", "synthetic_runs_total", "synthetic_journey_info",
    }  # fmt: skip


def test_a_broken_run_leaves_what_the_last_good_one_said(a_run: Make, a_step: Step) -> None:
    series = Series()
    series.add(a_run(steps=(a_step("pay"),)))
    series.add(a_run(verdict=Verdict.BROKEN, duration=None, started_at=later(60)))

    told = samples(series)
    assert told["synthetic_run_verdict"]["broken"] == 1.0
    assert told["synthetic_run_verdict"]["passed"] == 0.0
    assert told["synthetic_run_success"] == {"": 1.0}
    assert told["synthetic_run_timestamp_seconds"] == {"": NOON + 60}
    assert told["synthetic_run_conclusive_timestamp_seconds"] == {"": NOON}
    assert told["synthetic_step_duration_seconds"] == {"pay": 1.0}


def test_a_step_that_was_not_reached_has_no_time(a_run: Make, a_step: Step) -> None:
    series = Series()
    series.add(a_run(steps=(a_step("open"), a_step("pay"))))
    failed = a_step("open", verdict=Verdict.FAILED, duration=30.0)
    series.add(a_run(verdict=Verdict.FAILED, started_at=later(60), steps=(failed,)))

    told = samples(series)
    assert told["synthetic_step_duration_seconds"] == {"open": 30.0}
    assert told["synthetic_run_success"] == {"": 0.0}


def test_a_run_that_arrives_late_counts_and_replaces_nothing(a_run: Make) -> None:
    series = Series()
    series.add(a_run(verdict=Verdict.FAILED, started_at=later(60)))
    series.add(a_run(duration=7.0))

    told = samples(series)
    assert told["synthetic_run_verdict"]["failed"] == 1.0
    assert told["synthetic_run_duration_seconds"] == {"": 2.0}
    assert (told["synthetic_runs_total"]["failed"], told["synthetic_runs_total"]["passed"]) == (1.0, 1.0)


def test_a_clock_that_was_ahead_does_not_freeze_a_journey(a_run: Make) -> None:
    series = Series()
    series.add(a_run(verdict=Verdict.FAILED, started_at="2031-01-01T00:00:00Z"))
    series.add(a_run(), now=NOON + 5)

    told = samples(series)
    assert told["synthetic_run_timestamp_seconds"] == told["synthetic_run_conclusive_timestamp_seconds"] == {"": NOON}
    assert told["synthetic_run_success"] == {"": 1.0}


@pytest.mark.parametrize(
    "other",
    [{"region": "us-east"}, {"device": "iPhone 15"}, {"browser": "webkit"}, {"parameters": {"carrier": "Alto"}}],
)
def test_variants_do_not_overwrite_each_other(a_run: Make, other: dict[str, object]) -> None:
    series = Series()
    series.add(a_run(verdict=Verdict.FAILED))
    series.add(a_run(started_at=later(60), **other))

    lines = series.text().decode().splitlines()
    assert len([line for line in lines if line.startswith("synthetic_run_success{") and line.endswith(" 0.0")]) == 1
    assert len([line for line in lines if line.startswith("synthetic_run_success{") and line.endswith(" 1.0")]) == 1


odd = st.text(st.sampled_from('ab"\\{}=,# \n\t\r\x00\x1b\u2028é漢\ud800'), max_size=12)


@given(name=odd, step=odd, parameter=odd, owner=odd)
def test_the_text_gives_the_series_back_whatever_names_hold(name: str, step: str, parameter: str, owner: str) -> None:
    from dataclasses import replace

    from pytest_synthetic.model.run import StepResult

    steps = (StepResult(name=step, occurrence=1, start=0, duration=1, verdict=Verdict.PASSED),)
    run = replace(PASSED, journey=f"j {name}", name=name, parameters={"p": parameter}, steps=steps, owner=owner)
    series = Series()
    series.add(run)
    text = series.text()
    again = Series.parsed(text.decode())

    assert again.text() == text
    again.add(run)
    assert 'verdict="passed"} 2.0' in again.text().decode()


def test_metrics_of_others_are_not_taken_for_ours() -> None:
    with pytest.raises(UsageError, match="node_load1, which is not ours"):
        Series.parsed("# TYPE node_load1 gauge\nnode_load1 0.5\n")


@pytest.mark.parametrize("text", ["synthetic_run_success{journey=", "synthetic_run_success{} x\n", "a b c d\n{\n"])
def test_a_damaged_text_is_no_series(text: str) -> None:
    with pytest.raises(ValueError):
        Series.parsed(text)


def test_what_has_not_run_for_long_is_forgotten(a_run: Make) -> None:
    series = Series()
    series.add(a_run(journey="old"))
    series.add(a_run(journey="new", started_at=later(60)))

    assert series.forget(datetime.fromtimestamp(NOON, UTC) + timedelta(days=30, seconds=30)) == 0
    assert 'journey="old"' not in series.text().decode()
    assert 'journey="new"' in series.text().decode()


def test_a_parameter_that_is_new_in_every_run_cannot_flood(a_run: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prometheus_series, "MOST_VARIANTS", 3)
    series = Series()
    for number in range(5):
        series.add(a_run(parameters={"order": str(number)}, started_at=later(number)))

    assert series.forget(datetime.fromtimestamp(NOON, UTC)) == 2
    assert [f'order={number}"' in series.text().decode() for number in range(5)] == [False, False, True, True, True]


def test_a_run_of_many_steps_gives_as_many_series_as_are_bearable(a_run: Make, a_step: Step) -> None:
    series = Series()
    series.add(a_run(steps=tuple(a_step(f"step {number}") for number in range(10_000))))

    assert len(samples(series)["synthetic_step_duration_seconds"]) == MOST_STEPS


def test_nothing_is_an_empty_text() -> None:
    assert Series().text() == b""
    assert Series.parsed("").text() == b""


# -- what was written in place of a run ------------------------------------------------------------------------------

PLAN = Plan(spec=JourneySpec(id="j", name="Checkout"), region="eu", nodeid="test_a.py::test_it")


def verdicts(series: Series) -> dict[tuple[str, str], tuple[str, float]]:
    """Browser and parameters of each variant -> its last verdict, and how often it was missed."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for metric in text_string_to_metric_families(series.text().decode()):
        for sample in metric.samples:
            of = found.setdefault((sample.labels.get("browser", ""), sample.labels.get("parameters", "")), {})
            if sample.name == "synthetic_run_verdict" and sample.value:
                of["last"] = sample.labels["verdict"]  # type: ignore[assignment]
            elif sample.name == "synthetic_runs_total" and sample.labels["verdict"] == "missed":
                of["missed"] = sample.value
    return {variant: (str(of["last"]), of["missed"]) for variant, of in found.items() if of}


def test_a_tick_that_was_missed_counts_for_all_variants_of_its_journey_there(a_run: Make) -> None:
    series, noon = Series(), datetime.fromtimestamp(NOON, UTC)
    missed = [unrun.missed(PLAN, noon + timedelta(minutes=number), "too late") for number in range(3)]
    series.add(missed[0])
    assert verdicts(series) == {("", ""): ("missed", 1.0)}
    of = {"journey": "j", "region": "eu", "browser": "chromium"}
    series.add(a_run(**of, parameters={"coupon": "A"}, started_at=later(70)))
    series.add(a_run(**of, parameters={"coupon": "B"}, started_at=later(71)))
    series.add(a_run(**{**of, "region": "us"}, started_at=later(72)))
    assert verdicts(series)["chromium", "coupon=A"] == ("passed", 1.0)
    series.add(missed[2])
    assert verdicts(series) == {
        ("chromium", "coupon=A"): ("missed", 2.0),
        ("chromium", "coupon=B"): ("missed", 1.0),
        ("chromium", ""): ("passed", 0.0),
    }
