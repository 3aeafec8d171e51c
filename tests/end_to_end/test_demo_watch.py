"""`synthetic demo --watch`: the whole life of an incident, with a real watcher, real alerts and a real receiver."""

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
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from pytest_synthetic.demo.faults import Fault
from pytest_synthetic.demo.watched import DESKS

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

WATCH = Path(".synthetic/demo/watch")
LIFE = ["opened", "updated", "reminded", "resolved"]
QUICK = """
import sys
from pathlib import Path
from pytest_synthetic.demo.faults import Fault
from pytest_synthetic.demo.watched import Pace
from pytest_synthetic.demo.watching import WatchedDemo

demo = WatchedDemo(here=Path.cwd(), say=print, fault=Fault(sys.argv[1]), pace=Pace(every=5, remind=10))
sys.exit(demo.run())
"""
SYNTHETIC = "from pytest_synthetic.cli import main; main()"


def started(program: str, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-P", "-u", "-c", program, *arguments]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def told(out: str) -> list[tuple[str, str]]:
    """The letters that were shown: to whom, and of which turn."""
    return re.findall(r"^┌─ to (\w+) · (\w+) ", out, re.MULTILINE)


def incidents(folder: Path) -> list[dict[str, Any]]:
    command = [sys.executable, "-P", "-c", SYNTHETIC, "incidents", "--format", "json"]
    done = subprocess.run(command, cwd=folder / WATCH, capture_output=True, text=True, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)["incidents"]
    return found


def addresses(folder: Path) -> Iterator[str]:
    """Where the demo listened: the shop, the desks and the proxies of the regions."""
    settings = tomllib.loads((folder / WATCH / "synthetic.toml").read_text(encoding="utf-8"))
    yield settings["base_url"]
    yield from settings["alerts"]["oncall"]["to"]
    yield from (region["proxy"] for region in settings["regions"].values())


def is_closed(address: str) -> bool:
    url = urlsplit(address)
    with socket.socket() as sock:
        return sock.connect_ex((url.hostname, url.port)) != 0


def one_incident(out: str, folder: Path, desk: str) -> None:
    """Its turns come in order, to one desk, and are one incident."""
    letters = told(out)
    assert list(dict.fromkeys(turn for _, turn in letters)) == LIFE, out
    assert {to for to, _ in letters} == {desk}, out
    assert len(letters) <= len(LIFE) + 3, "one thread, not thirty messages"
    (incident,) = incidents(folder)
    assert set(re.findall(r"Incident: (\w+),", out)) == {incident["id"]}


def test_the_whole_life_of_an_incident(tmp_path: Path) -> None:
    running = started(QUICK, tmp_path, "api-500")
    out, _ = running.communicate(timeout=300)

    assert running.returncode == 0, out
    one_incident(out, tmp_path, "oncall")
    assert "customers cannot complete" in out
    assert "keepers:  nothing, nobody was woken" in out
    lines = [line for line in out.splitlines() if not line.startswith("Browser: ")]  # its path is as long as it is
    assert max(map(len, lines)) <= 80, out
    assert [path.name for path in tmp_path.iterdir()] == [".synthetic"]
    assert all(map(is_closed, addresses(tmp_path)))


@pytest.mark.parametrize("sent", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.stress)])
def test_ctrl_c_ends_everything(tmp_path: Path, sent: signal.Signals) -> None:
    running = started(SYNTHETIC, tmp_path, "demo", "--watch", "--fault", "api-500")
    log = tmp_path / WATCH / "watch.log"
    deadline = time.monotonic() + 120
    while not (log.is_file() and "PASSED" in log.read_text(encoding="utf-8")) and time.monotonic() < deadline:
        time.sleep(0.1)
    running.send_signal(sent)
    out, _ = running.communicate(timeout=60)

    assert running.returncode == 130, out
    assert out.splitlines()[-1] == "Stopped."
    assert all(map(is_closed, addresses(tmp_path)))
    assert "Stopping: what runs is ended in order, and recorded." in log.read_text(encoding="utf-8")


@pytest.mark.stress
@pytest.mark.parametrize(
    ("fault", "desk"),
    [(Fault.DEAD_PAY_BUTTON, "oncall"), (Fault.PROVIDER_DOWN, "keepers"), (Fault.SLOW_PAYMENT, "keepers")],
)
def test_other_faults_have_a_life_too(fault: Fault, desk: str, tmp_path: Path) -> None:
    running = started(SYNTHETIC, tmp_path, "demo", "--watch", "--fault", fault)
    out, _ = running.communicate(timeout=600)

    assert running.returncode == 0, out
    assert desk in DESKS
    one_incident(out, tmp_path, desk)


@pytest.mark.stress
def test_a_whole_shop_wakes_nobody(tmp_path: Path) -> None:
    running = started(SYNTHETIC, tmp_path, "demo", "--watch")
    out, _ = running.communicate(timeout=300)

    assert running.returncode == 0, out
    assert "Nobody was woken" in out
    assert incidents(tmp_path) == []


@pytest.mark.parametrize("option", ["--headed", "--open"])
def test_options_that_say_nothing_there_are_refused(option: str, tmp_path: Path) -> None:
    running = started(SYNTHETIC, tmp_path, "demo", "--watch", option)
    out, _ = running.communicate(timeout=60)

    assert running.returncode == 2
    assert out == f"Error: {option} does not go with --watch: it shows no browser, and makes no report\n"
