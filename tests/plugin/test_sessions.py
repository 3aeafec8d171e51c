"""A session as people and other tools see it: the summary, SLA modes, the hooks, fixtures that misbehave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran

LATE = """
import time
@pytest.mark.journey("Late")
@pytest.mark.sla("1ms", basket=2)
def test_late(journey):
    with journey.step("pay", sla="1ms"):
        time.sleep(0.01)
    journey.measure("basket", 3)
"""


def test_a_broken_promise_fails_the_test_with_a_line_each(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic(LATE)

    assert ran.verdicts == ["degraded"]
    assert [breach.kind for breach in ran.run.breaches] == ["total", "step", "measurement"]
    ran.result.assert_outcomes(failed=1)
    assert ran.result.ret == pytest.ExitCode.TESTS_FAILED
    ran.result.stdout.fnmatch_lines(
        ["the journey took * ms, promised 1 ms", 'step "pay" took * ms, promised 1 ms', "basket was 3, promised 2"]
    )
    assert "DEGRADED test_shop.py::test_late" in ran.out
    assert "Traceback" not in ran.out


def test_warn_keeps_it_passed_and_shown(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic(LATE, "--synthetic-sla=warn", "-v")

    assert ran.verdicts == ["degraded"]
    ran.result.assert_outcomes(passed=1)
    assert ran.result.ret == 0
    ran.result.stdout.fnmatch_lines(["test_shop.py::test_late DEGRADED*", "DEGRADED  Late*"])


def test_off_records_only(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic(LATE, "--synthetic-sla=off")

    assert ran.verdicts == ["passed"]
    assert ran.run.duration
    assert ran.run.breaches == ()


def test_the_file_sets_the_mode_and_the_command_line_wins(synthetic: Callable[..., Ran]) -> None:
    assert synthetic(LATE, toml='sla = "warn"\n').result.ret == 0
    assert synthetic(LATE, "--synthetic-sla=fail", toml='sla = "warn"\n').result.ret == 1


def test_the_clock_covers_the_body_alone(synthetic: Callable[..., Ran]) -> None:
    run = synthetic("""
import time
@pytest.fixture
def slow():
    time.sleep(0.05)
    yield
    time.sleep(0.05)

@pytest.mark.journey("J")
def test_it(slow): pass
""").run

    assert run.duration is not None
    assert run.setup_duration is not None
    assert run.teardown_duration is not None
    assert run.duration < 0.05 <= min(run.setup_duration, run.teardown_duration)


def test_a_limit_on_what_was_never_measured_is_broken(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic("""
@pytest.mark.journey("J")
@pytest.mark.sla(otp="5s")
def test_it(journey):
    journey.measure("otp_sms", 1, "s")
""")

    assert ran.verdicts == ["broken"]
    assert 'Did you mean "otp_sms"?' in str(ran.run.failure)


def test_an_expected_failure_is_not_judged_by_its_promises(synthetic: Callable[..., Ran]) -> None:
    source = LATE.replace("@pytest.mark.journey", "@pytest.mark.xfail\n@pytest.mark.journey")

    assert synthetic(source).verdicts == ["skipped"]


def test_the_summary_is_readable_at_80_columns(synthetic: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    ran = synthetic("""
@pytest.mark.journey("Buy a kettle and have it sent to somebody with a very long name indeed, abroad")
@pytest.mark.sla("3s")
def test_buy(journey):
    with journey.step("put the kettle into the cart and look at what it costs now"):
        pass
    with journey.step("pay"):
        assert "€ 94.00, which is not what the catalogue says" == "€ 49.00, which is what the catalogue says"

@pytest.mark.journey("Short")
def test_short(): pass
""")
    summary = ran.out.partition("= journeys =")[2].partition("= short test summary")[0].splitlines()[1:-1]

    assert all(len(line) <= 80 for line in summary), summary
    assert summary[0].split() == ["journey", "region", "time", "of", "SLA", "slowest", "step"]
    assert summary[1].startswith("FAILED    Buy a kettle")
    assert "of 3 s" in summary[1]
    assert summary[1].endswith(" ms"), "a name may be cut, a time never"
    assert "pay: " in summary[2]
    assert any(line.startswith("PASSED    Short") for line in summary)
    assert summary[-2] == "2 runs: 1 passed, 1 failed. 2 of 2 could say something."


def test_many_good_runs_are_counted_not_listed(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic("""
@pytest.mark.parametrize("n", range(60))
@pytest.mark.journey("J")
def test_it(n): assert n != 0
""")

    assert "PASSED    … and 19 more" in ran.out
    assert "FAILED    J · 0" in ran.out


HOOKS = """
import pytest
heard = []

class Listener:
    def step_started(self, name): heard.append(f"started {name}")
    def step_finished(self, name, failure): heard.append(f"finished {name} {failure and failure.claim}")
    def attached(self, artifact): heard.append(f"attached {artifact.name}")
    def run_finished(self, run): heard.append(f"run {run.verdict}")

def pytest_synthetic_listeners(item):
    return [Listener()]

def pytest_synthetic_run_finished(run, config):
    heard.append(f"hook {run.journey} {run.verdict}")

def pytest_terminal_summary(terminalreporter):
    for line in heard:
        terminalreporter.write_line("heard: " + line)
"""


def test_listeners_and_the_hook_hear_all(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    pytester.makeconftest(HOOKS)
    ran = synthetic("""
@pytest.mark.journey("J", id="j")
def test_it(journey):
    with journey.step("a"):
        journey.attach("basket", "3")
    with journey.step("b"):
        assert 0, "no"
""")
    heard = [line.removeprefix("heard: ") for line in ran.out.splitlines() if line.startswith("heard: ")]

    assert heard == [
        "started a",
        "attached basket",
        "finished a None",
        "started b",
        "finished b no",
        "run failed",
        "hook j failed",
    ]


def test_a_hook_that_fails_is_told_and_changes_nothing(
    synthetic: Callable[..., Ran], pytester: pytest.Pytester
) -> None:
    pytester.makeconftest("def pytest_synthetic_run_finished(run): raise RuntimeError('no ears')\n")
    ran = synthetic("@pytest.mark.journey('J')\ndef test_it(): pass\n")

    assert ran.verdicts == ["passed"]
    assert ran.result.ret == 0
    assert "RuntimeError: no ears" in ran.out


def test_an_attachment_is_kept_with_its_hash(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    ran = synthetic("""
@pytest.mark.journey("J")
def test_it(journey):
    with journey.step("pay"):
        journey.attach("basket.json", b'{"n": 3}', "application/json")
""")
    (artifact,) = ran.run.artifacts

    assert artifact.path
    assert (pytester.path / artifact.path).read_bytes() == b'{"n": 3}'
    assert (artifact.name, artifact.media_type, artifact.size, artifact.step) == (
        "basket.json",
        "application/json",
        8,
        "pay",
    )


def test_a_run_leaves_no_folder_without_an_artefact(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    synthetic("@pytest.mark.journey('J')\ndef test_it(): pass\n")

    assert not (pytester.path / ".synthetic/artifacts").exists()


def test_warnings_as_errors_do_not_touch_us(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic("@pytest.mark.journey('J')\ndef test_it(journey): pass\n", "-W", "error", fresh=True)

    assert ran.verdicts == ["passed"]
