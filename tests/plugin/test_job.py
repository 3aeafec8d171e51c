"""Sessions that run a job of the scheduler: what their records say, where they go, and what is off."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.model.journey import JourneySpec
from pytest_synthetic.model.plan import Job, Plan
from pytest_synthetic.model.run import RunResult
from tests.conftest import QUICK

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran

AT = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
JOB = Job(
    id="j1",
    plan=Plan(spec=JourneySpec(id="test_shop.test_buy", name="Buy"), region="local", nodeid="test_shop.py::test_buy"),
    at=AT,
)
BUY = """
@pytest.mark.journey("Buy")
@pytest.mark.parametrize("number", range(2))
def test_buy(journey, number):
    with journey.step("pay"):
        assert number != 1
"""


@pytest.fixture
def room(pytester: pytest.Pytester) -> Path:
    """The folder of a job."""
    return prepared(pytester.path, JOB)


def prepared(folder: Path, job: Job) -> Path:
    room = folder / ".synthetic" / "jobs" / job.id
    room.mkdir(parents=True, exist_ok=True)
    (room / "job.json").write_text(json.dumps(job.to_json()), encoding="utf-8")
    return room


def recorded(room: Path) -> list[RunResult]:
    lines = (room / "records.jsonl").read_text("utf-8").splitlines()
    return [RunResult.from_json(json.loads(line)) for line in lines]


def noted(room: Path) -> RunResult:
    return RunResult.from_json(json.loads((room / "note.json").read_text("utf-8")))


def test_every_variant_leaves_a_record_that_names_its_tick(synthetic: Callable[..., Ran], room: Path) -> None:
    ran = synthetic(BUY, f"--synthetic-job={room}", "test_shop.py::test_buy")
    runs = recorded(room)

    assert [run.verdict for run in runs] == ["passed", "failed"]
    assert {run.scheduled_at for run in runs} == {"2026-03-01T12:00:00.250Z"}
    assert [run.attempt for run in runs] == [1, 1]
    assert list(ran.runs) == runs
    assert noted(room).run_id == runs[-1].run_id


def test_a_repeat_counts_on_and_names_what_it_repeats(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    room = prepared(pytester.path, replace(JOB, attempt=2, confirms="0123456789abcdef"))
    synthetic(BUY, f"--synthetic-job={room}")
    runs = recorded(room)

    assert [run.attempt for run in runs] == [2, 2]
    assert {run.notes[-1] for run in runs} == {"repeats run 01234567"}


def test_repeats_within_the_session_count_from_the_job(
    synthetic: Callable[..., Ran], pytester: pytest.Pytester
) -> None:
    pytest.importorskip("pytest_rerunfailures")
    room = prepared(pytester.path, replace(JOB, attempt=2))
    synthetic(BUY, f"--synthetic-job={room}", "--reruns=1")

    assert [(run.parameters["number"], run.attempt) for run in recorded(room)] == [("0", 2), ("1", 2), ("1", 3)]


def test_a_run_that_a_person_asked_for_has_no_tick(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    room = prepared(pytester.path, replace(JOB, at=None))
    synthetic(BUY, f"--synthetic-job={room}")

    assert {run.scheduled_at for run in recorded(room)} == {None}


def test_the_record_belongs_to_the_journey_that_was_asked_for(
    synthetic: Callable[..., Ran], pytester: pytest.Pytester
) -> None:
    """Without settings of pytest its root, and so the id by default, depends on what it is asked to run."""
    plan = replace(JOB.plan, spec=replace(JOB.plan.spec, id="shop.test_shop.test_buy"))
    room = prepared(pytester.path, replace(JOB, plan=plan))
    synthetic(BUY, f"--synthetic-job={room}")

    assert {run.journey for run in recorded(room)} == {"shop.test_shop.test_buy"}


def test_the_session_writes_no_history_and_no_metrics(
    synthetic: Callable[..., Ran], room: Path, pytester: pytest.Pytester
) -> None:
    toml = '[history]\n[metrics]\nprometheus = "figures.prom"\n'
    synthetic(BUY, f"--synthetic-job={room}", toml=toml)

    assert len(recorded(room)) == 2
    assert not (pytester.path / ".synthetic" / "history.db").exists()
    assert not (pytester.path / "figures.prom").exists()


def test_the_brakes_of_production_hold(synthetic: Callable[..., Ran], room: Path, pytester: pytest.Pytester) -> None:
    """They are files of the machine: nobody needs the history for them."""
    toml = '[history]\n[production]\nallowed_hosts = ["shop.example"]\nmax_runs_per_hour = 1\n'
    synthetic(BUY, f"--synthetic-job={room}", toml=toml)
    (pytester.path / ".synthetic" / "STOP").write_text("the shop moves house")
    synthetic(BUY, f"--synthetic-job={room}", toml=toml)
    reasons = [run.reason for run in recorded(room)]

    assert reasons[0] is None
    assert "max_runs_per_hour = 1" in str(reasons[1])
    assert "the shop moves house" in str(reasons[2])


def test_secrets_do_not_come_into_the_folder(
    synthetic: Callable[..., Ran], room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "kiwi-4711-Quartz")
    source = """
@pytest.mark.journey("Buy")
def test_buy(journey):
    assert False, "kiwi-4711-Quartz"
"""
    toml = '[secrets]\nSHOP_PASSWORD = { env = "SHOP_PASSWORD" }\n'
    synthetic(source, f"--synthetic-job={room}", toml=toml)

    assert "[redacted:SHOP_PASSWORD]" in (room / "records.jsonl").read_text("utf-8")
    assert "4711-Quartz" not in "".join(file.read_text("utf-8") for file in room.iterdir())


def test_jobs_stay_whole_under_xdist(synthetic: Callable[..., Ran], room: Path) -> None:
    """The scheduler does not use it; a user's addopts may."""
    pytest.importorskip("xdist")
    synthetic(BUY, f"--synthetic-job={room}", "-n1", fresh=True)

    assert [(run.attempt, run.scheduled_at) for run in recorded(room)] == [(1, "2026-03-01T12:00:00.250Z")] * 2


# -- killed and ended ------------------------------------------------------------------------------------------------

PHASES = """
import os, pathlib, signal, time, pytest

def wait(phase):
    if phase == {phase!r}:
        pathlib.Path("ready").touch()
        time.sleep(120)

@pytest.fixture
def shop():
    wait("setup")
    yield
    wait("teardown")

@pytest.mark.journey("Buy")
def test_buy(journey, shop):
    with journey.step("pay"):
        wait("call")
"""


REMOVES = """
import pathlib, time, pytest

@pytest.mark.journey("Buy")
def test_buy(journey, api):
    journey.created("order", "KS-1", remove=api.request_for("DELETE", "{address}"))
    pathlib.Path("ready").touch()
    time.sleep(120)
"""


def ended(folder: Path, phase: str, by: signal.Signals) -> Path:
    """Run a job whose run waits in `phase`, and end it."""
    (folder / "test_shop.py").write_text(PHASES.format(phase=phase), encoding="utf-8")
    room, process = begun(folder)
    process.send_signal(by)
    process.wait(60)
    return room


def begun(folder: Path) -> tuple[Path, subprocess.Popen[bytes]]:
    """Start a job, and wait until its test is ready."""
    room = prepared(folder, JOB)
    command = [sys.executable, "-m", "pytest", *QUICK, f"--synthetic-job={room}"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, env=dict(os.environ))
    while not (folder / "ready").exists() and process.poll() is None:
        time.sleep(0.02)
    return room, process


@pytest.mark.skipif(sys.platform == "win32", reason="no signals")
@pytest.mark.parametrize("phase", ["setup", "call", "teardown"])
def test_sigterm_leaves_a_record_whatever_goes_on(tmp_path: Path, phase: str) -> None:
    (run,) = recorded(ended(tmp_path, phase, signal.SIGTERM))

    assert run.verdict == "broken"
    assert run.scheduled_at == "2026-03-01T12:00:00.250Z"
    assert run.failure
    assert run.failure.phase == phase


@pytest.mark.skipif(sys.platform == "win32", reason="no signals")
def test_a_kill_leaves_the_note_of_what_had_begun(tmp_path: Path) -> None:
    room = ended(tmp_path, "call", signal.SIGKILL)

    assert (room / "records.jsonl").read_text() == ""
    assert (noted(room).journey, noted(room).scheduled_at) == ("test_shop.test_buy", "2026-03-01T12:00:00.250Z")


@pytest.mark.skipif(sys.platform == "win32", reason="no signals")
def test_a_kill_while_what_was_created_is_removed_leaves_why_the_run_ended(tmp_path: Path) -> None:
    """A removal may take longer than whoever sent SIGTERM waits."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/orders/1"
        (tmp_path / "test_shop.py").write_text(REMOVES.format(address=address), encoding="utf-8")
        room, process = begun(tmp_path)
        process.send_signal(signal.SIGTERM)
        connection, _ = silent.accept()
        with connection:
            process.kill()
            process.wait(60)

    assert (room / "records.jsonl").read_text() == ""
    assert noted(room).verdict == "broken"
    assert noted(room).failure


# -- what cannot be read ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "job.json cannot be read: No such file or directory"),
        ("", "job.json holds no job"),
        ("[]", "job.json holds no job"),
        ('{"id": "j1"}', "job.json holds no job"),
        ("[" * 100_000, "job.json holds no job"),
    ],
)
def test_a_folder_that_holds_no_job(synthetic: Callable[..., Ran], room: Path, text: str | None, said: str) -> None:
    (room / "job.json").unlink()
    if text is not None:
        (room / "job.json").write_text(text)
    ran = synthetic(BUY, f"--synthetic-job={room}")

    assert ran.result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in str(ran.result.stderr)
    assert "Traceback" not in str(ran.result.stderr)


def test_a_time_without_a_zone_is_none(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    room = prepared(pytester.path, replace(JOB, at=AT.replace(tzinfo=None)))
    ran = synthetic(BUY, f"--synthetic-job={room}")

    assert ran.result.ret == pytest.ExitCode.USAGE_ERROR
    assert "has no zone" in str(ran.result.stderr)


def test_records_that_cannot_be_written(synthetic: Callable[..., Ran], room: Path) -> None:
    (room / "records.jsonl").mkdir()
    ran = synthetic(BUY, f"--synthetic-job={room}")

    assert ran.result.ret == pytest.ExitCode.USAGE_ERROR
    assert "records.jsonl cannot be written" in str(ran.result.stderr)


def test_a_job_has_no_gate(synthetic: Callable[..., Ran], room: Path) -> None:
    ran = synthetic(BUY, f"--synthetic-job={room}", "--synthetic-gate", toml="[history]\n")

    assert ran.result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--synthetic-gate" in str(ran.result.stderr)


def test_people_are_not_shown_what_is_the_schedulers(pytester: pytest.Pytester) -> None:
    shown = str(pytester.runpytest_inprocess("--help").stdout)

    assert "--synthetic-jsonl" in shown
    assert "--synthetic-job" not in shown
    assert "--synthetic-catalogue" not in shown
