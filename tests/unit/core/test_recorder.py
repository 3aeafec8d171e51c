"""Steps, measurements and failures gathered with a clock that is moved by hand."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pytest_synthetic.core.journey import Journey
from pytest_synthetic.core.recorder import Recorder
from pytest_synthetic.errors import JourneyError, UsageError
from pytest_synthetic.model.evidence import Artifact
from pytest_synthetic.model.journey import JourneySpec
from pytest_synthetic.model.sla import Sla, limits
from pytest_synthetic.model.verdict import Verdict
from pytest_synthetic.testing import FakeClock


def recorder(clock: FakeClock | None = None, **more: Any) -> Recorder:
    spec = more.pop("spec", JourneySpec(id="j", name="J"))
    return Recorder(spec=spec, run_id="0" * 32, clock=clock or FakeClock(), root=Path.cwd(), **more)


def test_steps_nest_and_are_timed() -> None:
    clock = FakeClock()
    gathered = recorder(clock)
    journey = Journey(gathered)

    with journey.step("buy", sla="10s", owner="shop", depends_on="psp"):
        clock.advance(1)
        with journey.step("pay"):
            clock.advance(2)
        clock.advance(4)

    (buy,) = gathered.steps
    assert (buy.name, buy.duration, buy.sla, buy.owner, buy.depends_on) == ("buy", 7, 10, "shop", ("psp",))
    assert [(step.name, step.start, step.duration) for step in buy.steps] == [("pay", 1, 2)]
    assert buy.verdict is Verdict.PASSED


def test_the_same_name_again_is_another_step() -> None:
    gathered = recorder()
    journey = Journey(gathered)

    for _ in range(3):
        with journey.step("add"):
            pass

    assert [(step.name, step.occurrence) for step in gathered.steps] == [("add", 1), ("add", 2), ("add", 3)]


@pytest.mark.parametrize("name", ["", "  ", None, 3])
def test_a_step_needs_a_name(name: Any) -> None:
    with pytest.raises(JourneyError, match="needs a name"):
        Journey(recorder()).step(name)


def test_a_step_with_an_unreadable_promise_is_refused() -> None:
    with pytest.raises(UsageError, match="expected a duration"):
        Journey(recorder()).step("pay", sla="soon")


def test_a_step_left_open_is_closed_and_told() -> None:
    gathered = recorder()
    Journey(gathered).step("pay").__enter__()

    with pytest.raises(JourneyError, match='step "pay" was left open'):
        gathered.end_of_phase()
    assert [step.name for step in gathered.steps] == ["pay"]


def test_an_inner_step_left_open_is_closed_with_its_parent() -> None:
    gathered = recorder()
    journey = Journey(gathered)
    with journey.step("buy"):
        journey.step("pay").__enter__()

    assert [step.name for step in gathered.steps[0].steps] == ["pay"]
    with pytest.raises(JourneyError, match='step "buy > pay" was left open'):
        gathered.end_of_phase()


def test_a_step_never_entered_is_told() -> None:
    gathered = recorder()
    Journey(gathered).step("pay")

    with pytest.raises(JourneyError, match='step "pay" was made but never entered'):
        gathered.end_of_phase()
    gathered.end_of_phase()  # told once


def test_a_step_of_another_thread_is_refused_there_and_told_here() -> None:
    gathered = recorder()
    journey = Journey(gathered)
    raised: list[Exception] = []

    def elsewhere() -> None:
        try:
            with journey.step("pay"):
                pass
        except JourneyError as error:
            raised.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()

    assert "another thread" in str(raised[0])
    with pytest.raises(JourneyError, match="another thread"):
        gathered.end_of_phase()


def test_a_failure_belongs_to_the_deepest_step() -> None:
    gathered = recorder()
    journey = Journey(gathered)
    with pytest.raises(AssertionError) as raised, journey.step("buy"), journey.step("pay"):
        raise AssertionError("dear")
    gathered.fail(raised.value)

    assert gathered.failures[0].step == "buy > pay"
    assert gathered.steps[0].verdict is gathered.steps[0].steps[0].verdict is Verdict.FAILED
    assert gathered.judgement().verdict is Verdict.FAILED


def test_a_soft_failure_lets_the_journey_go_on() -> None:
    gathered = recorder()
    with Journey(gathered).step("price", soft=True):
        raise AssertionError("dear")

    assert [str(error) for error in gathered.raised_softly] == ["dear"]
    assert gathered.judgement().verdict is Verdict.FAILED


def test_a_soft_step_does_not_swallow_ctrl_c() -> None:
    with pytest.raises(KeyboardInterrupt), Journey(recorder()).step("price", soft=True):
        raise KeyboardInterrupt


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "3", None, True])
def test_a_measurement_is_a_finite_number(value: Any) -> None:
    with pytest.raises(JourneyError, match="expected a finite number"):
        Journey(recorder()).measure("basket", value)


def test_a_measurement_knows_its_step() -> None:
    gathered = recorder()
    journey = Journey(gathered)
    with journey.step("buy"):
        journey.measure("basket", 3, "items")

    (taken,) = gathered.measurements
    assert (taken.name, taken.value, taken.unit, taken.step) == ("basket", 3.0, "items", "buy")


def judged(promises: dict[str, Any], total: float | None = None) -> Recorder:
    clock = FakeClock()
    gathered = recorder(clock, spec=JourneySpec(id="j", name="J", sla=Sla(total=total, measurements=limits(promises))))
    journey = Journey(gathered)
    with journey.step("pay", sla=1):
        clock.advance(4.31)
    journey.measure("lcp", 3100, "ms")
    journey.measure("cls", 0.2)
    gathered.body_duration = 4.5
    return gathered


def test_all_breaches_are_told_together() -> None:
    gathered = judged({"lcp": "2.5s", "cls": 0.1}, total=3.0)
    gathered.judge_promises(expected=True)

    assert [breach.message for breach in gathered.breaches] == [
        "the journey took 4.5 s, promised 3 s",
        'step "pay" took 4.31 s, promised 1 s',
        "lcp took 3.1 s, promised 2.5 s",
        "cls was 0.2, promised 0.1",
    ]
    assert gathered.judgement().verdict is Verdict.DEGRADED


def test_a_run_that_failed_is_not_degraded_as_well() -> None:
    gathered = judged({}, total=3.0)
    gathered.judge_promises(expected=True)
    gathered.fail(AssertionError("wrong"))

    assert gathered.judgement().verdict is Verdict.FAILED
    assert gathered.breaches == ()


def test_a_limit_on_what_was_never_measured_cannot_be_kept_or_broken() -> None:
    with pytest.raises(JourneyError, match=r"never taken. Valid: cls, lcp. Did you mean \"lcp\"\?"):
        judged({"lpc": "2.5s"}).judge_promises(expected=True)


def test_a_duration_cannot_limit_a_bare_number() -> None:
    with pytest.raises(JourneyError, match="a bare number"):
        judged({"cls": "1s"}).judge_promises(expected=True)


def test_a_number_limits_a_time_in_seconds() -> None:
    gathered = judged({"lcp": 3})
    gathered.judge_promises(expected=True)

    assert gathered.breaches[1].message == "lcp took 3.1 s, promised 3 s"


class Deaf:
    def step_started(self, name: str) -> None:
        raise RuntimeError("no\x1b[31m ears")


def test_a_listener_that_fails_is_told_and_changes_nothing() -> None:
    gathered = recorder(listeners=[Deaf(), object()])
    with Journey(gathered).step("pay"):
        pass

    assert gathered.judgement().verdict is Verdict.PASSED
    assert gathered.complaints == ["Deaf.step_started failed: RuntimeError: no ears"]


def test_an_attachment_that_cannot_be_written_changes_nothing() -> None:
    def full(name: str, data: bytes, media_type: str, step: str | None) -> Artifact:
        raise OSError(28, "No space left on device")

    gathered = recorder(keep=full)
    Journey(gathered).attach("page", "<html>", "text/html")

    assert gathered.artifacts == []
    assert gathered.judgement().verdict is Verdict.PASSED
    assert "No space left on device" in gathered.complaints[0]


def test_the_start_is_in_utc() -> None:
    clock = FakeClock(now=datetime(2026, 3, 29, 1, 30, tzinfo=UTC))

    assert recorder(clock).started_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
