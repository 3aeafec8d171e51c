"""The demo's journeys catch every fault with the right verdict, and `synthetic demo` leaves nothing behind."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from pytest_synthetic.demo.expected import EXPECTED
from pytest_synthetic.demo.faults import Fault
from pytest_synthetic.demo.runner import JOURNEYS
from pytest_synthetic.demo.surroundings import surrounded
from pytest_synthetic.history import store
from pytest_synthetic.model.history import Selection
from pytest_synthetic.model.run import RunResult, walk
from pytest_synthetic.model.verdict import Fault as AtFault
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from tests.end_to_end.conftest import RunPytest, Session

pytestmark = pytest.mark.slow

FUNCTIONS = {
    "Browse the catalogue": "test_browse_the_catalogue",
    "Choose a kettle": "test_choose_a_kettle",
    "The shop in French": "test_the_shop_in_french",
    "Sign up by SMS": "test_sign_up_by_sms and Alto",
    "Buy a kettle": "test_buy_a_kettle and desktop",
    "Orders API": "test_orders_api",
}


def tried(journey: str, fault: Fault | None, run_pytest: RunPytest, folder: Path) -> Session:
    """One journey of the demo, on one carrier, with what surrounds the shop."""
    given = ("-c", "/dev/null", "--rootdir", str(JOURNEYS), "--confcutdir", str(JOURNEYS))
    with surrounded(fault) as around:
        (folder / "synthetic.toml").write_text(around.settings.replace(', region = "eu-west"', ""), encoding="utf-8")
        config = ("--synthetic-config", str(folder / "synthetic.toml"), f"--base-url={around.shop.base_url}")
        return run_pytest(folder, str(JOURNEYS), *given, "-k", FUNCTIONS[journey], *config)


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_is_caught(fault: Fault, run_pytest: RunPytest, tmp_path: Path) -> None:
    expected = EXPECTED[fault]
    done = tried(expected.journey, fault, run_pytest, tmp_path)

    (run,) = done.runs
    at_fault = AtFault.INBOX if expected.verdict is Verdict.BROKEN else AtFault.PRODUCT
    assert (run.name, run.verdict, run.fault) == (expected.journey, expected.verdict, at_fault), done.out
    if expected.verdict is Verdict.DEGRADED:
        assert [breach.name for breach in run.breaches] == [expected.where]
        assert run.failure is None
    else:
        assert run.failure
        assert run.failure.step == expected.where
        assert run.breaches == ()
    assert done.code == 1
    told = {
        Fault.LATE_CODE: r"sms\.delivery took between [78]\.\d and \d+\.\d s, promised 5 s",
        Fault.LOST_CODE: r"30007, undelivered\); what did arrive: 36063: 'Tea week: ",
        Fault.PROVIDER_DOWN: r"Twilio",
    }
    assert re.search(told.get(fault, ""), " ".join(done.out.split())), done.out


@pytest.mark.parametrize(
    ("journey", "name", "labels"),
    [
        ("Sign up by SMS", "sms.delivery", {"carrier": "Alto Mobile"}),
        ("Buy a kettle", "email.delivery", {}),
    ],
)
def test_deliveries_are_measured(
    journey: str, name: str, labels: dict[str, str], run_pytest: RunPytest, tmp_path: Path
) -> None:
    (run,) = tried(journey, None, run_pytest, tmp_path).runs

    assert run.verdict is Verdict.PASSED, run.failure
    (taken,) = [measurement for measurement in run.measurements if measurement.name == name]
    assert labels.items() <= taken.labels.items()
    assert float(taken.labels["at_least"]) <= taken.value


def demo(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-P",
        "-c",
        "from pytest_synthetic import cli; cli.main()",
        "demo",
        "--no-report",
        *arguments,
    ]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def records(folder: Path) -> list[RunResult]:
    log = folder / ".synthetic/demo/runs.jsonl"
    lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
    return [RunResult.from_json(json.loads(line)) for line in lines]


def closed(folder: Path) -> bool:
    """Whether neither proxy of the demo listens any more."""
    regions = tomllib.loads((folder / ".synthetic/demo/synthetic.toml").read_text(encoding="utf-8"))["regions"]
    addresses = [urlsplit(region["proxy"]) for region in regions.values()]
    with socket.socket() as one, socket.socket() as other:
        return all(sock.connect_ex(("127.0.0.1", url.port)) for sock, url in zip((one, other), addresses, strict=True))


def test_the_demo_passes_in_a_hostile_folder_and_litters_nothing(tmp_path: Path) -> None:
    hostile = "raise SystemExit('the demo read a file of the user')\n"
    for name in ("conftest.py", "proxy.py", "flask.py", "sitecustom.py"):
        (tmp_path / name).write_text(hostile, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n", encoding="utf-8")
    (tmp_path / "synthetic.toml").write_text("not toml", encoding="utf-8")
    before = {path.name for path in tmp_path.iterdir()}

    started = demo(tmp_path)
    out, _ = started.communicate(timeout=300)

    assert started.returncode == 0, out
    runs = records(tmp_path)
    assert {run.verdict for run in runs} == {Verdict.PASSED, Verdict.SKIPPED}, out
    assert "synthetic history --config .synthetic/demo/synthetic.toml" in out
    history = store.opened(f"sqlite:///{tmp_path}/.synthetic/demo/history.db")
    assert {line.run_id for line in history.runs(Selection(first_attempts=False))} == {run.run_id for run in runs}
    history.close()
    assert {run.region for run in runs} == {"eu-west", "us-east"}
    assert {run.device for run in runs} == {"desktop", "iPhone 15", None}
    assert len({run.journey for run in runs}) >= 6
    assert {path.name for path in tmp_path.iterdir()} - before == {".synthetic"}
    assert max(len(line) for line in out.splitlines()) <= 80
    assert list((tmp_path / ".synthetic/demo/allure-results").glob("*-result.json"))
    assert not any(step.failure for run in runs for _, step in walk(run.steps))
    assert closed(tmp_path)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_everything(tmp_path: Path, sent: signal.Signals) -> None:
    started = demo(tmp_path)
    deadline = time.monotonic() + 120
    while not records(tmp_path) and started.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    started.send_signal(sent)
    out, _ = started.communicate(timeout=60)
    assert started.returncode == 130, out
    assert out.splitlines()[-1] == "Stopped."
    assert closed(tmp_path)
    assert len(records(tmp_path)) < 16
