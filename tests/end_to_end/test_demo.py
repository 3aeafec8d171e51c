"""The demo's journeys catch every fault with the right verdict, and `synthetic demo` leaves nothing behind."""

from __future__ import annotations

import json
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

from pytest_synthetic.demo import server
from pytest_synthetic.demo.expected import EXPECTED
from pytest_synthetic.demo.faults import Fault
from pytest_synthetic.demo.runner import JOURNEYS
from pytest_synthetic.model.run import RunResult, walk
from pytest_synthetic.model.verdict import Fault as AtFault
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.conftest import RunPytest

pytestmark = pytest.mark.slow

FUNCTIONS = {
    "Browse the catalogue": "test_browse_the_catalogue",
    "Choose a kettle": "test_choose_a_kettle",
    "The shop in French": "test_the_shop_in_french",
    "Sign up by SMS": "test_sign_up_by_sms",
    "Buy a kettle": "test_buy_a_kettle and desktop",
    "Orders API": "test_orders_api",
}


@pytest.fixture(scope="module")
def broken_shop() -> Iterator[server.RunningShop]:
    """A shop of this module's own, to break."""
    with server.serve() as running:
        yield running


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_is_caught(
    fault: Fault, broken_shop: server.RunningShop, run_pytest: RunPytest, tmp_path: Path
) -> None:
    expected = EXPECTED[fault]
    broken_shop.faults.replace({fault})
    given = ("-c", "/dev/null", "--rootdir", str(JOURNEYS), "--confcutdir", str(JOURNEYS))
    done = run_pytest(
        tmp_path, str(JOURNEYS), *given, "-k", FUNCTIONS[expected.journey], f"--base-url={broken_shop.base_url}"
    )

    (run,) = done.runs
    assert (run.name, run.verdict, run.fault) == (expected.journey, expected.verdict, AtFault.PRODUCT), done.out
    if expected.verdict is Verdict.DEGRADED:
        assert [breach.name for breach in run.breaches] == [expected.where]
        assert run.failure is None
    else:
        assert run.failure
        assert run.failure.step == expected.where
        assert run.breaches == ()
    assert done.code == 1


def test_a_lost_code_names_what_did_arrive(
    broken_shop: server.RunningShop, run_pytest: RunPytest, tmp_path: Path
) -> None:
    """The messages of another run are not this one's, and the claim holds what came."""
    broken_shop.faults.replace(())
    (tmp_path / "conftest.py").write_text((JOURNEYS / "conftest.py").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "test_lost.py").write_text(
        "import pytest\n"
        "@pytest.mark.journey('lost')\n"
        "def test_lost(journey, api, phone, code_sent_to):\n"
        "    with journey.step('wait'):\n"
        "        code_sent_to(phone, within=0.01)\n",
        encoding="utf-8",
    )
    (run,) = run_pytest(tmp_path, f"--base-url={broken_shop.base_url}").runs
    assert run.failure
    assert run.failure.claim.endswith("what did arrive: nothing")


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
