"""Sessions that somebody ends by a signal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.conftest import QUICK

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signals")

SUITE = """
import os, pathlib, signal, time, pytest
{head}

@pytest.mark.journey("J")
def test_it(journey):
    folder = pathlib.Path(".synthetic/artifacts")
    folder.mkdir(parents=True)
    (folder / "own.txt").write_text("word " + os.environ["SHOP_PASSWORD"])
    with journey.step("wait"):
        pathlib.Path("ready").touch()
        time.sleep(120)
"""
TOML = '[secrets]\nSHOP_PASSWORD = { env = "SHOP_PASSWORD" }\n'
SECRET = "kiwi-4711-Quartz"


def ended(folder: Path, *arguments: str, head: str = "") -> subprocess.CompletedProcess[str]:
    """Start a session and end it by SIGTERM while its test waits."""
    (folder / "test_shop.py").write_text(SUITE.format(head=head), encoding="utf-8")
    (folder / "synthetic.toml").write_text(TOML, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", *QUICK, "--synthetic-jsonl=runs.jsonl", *arguments]
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "SHOP_PASSWORD": SECRET},
    )  # fmt: skip
    while not (folder / "ready").exists() and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    return subprocess.CompletedProcess(command, process.returncode, out)


@pytest.mark.parametrize("workers", ["-n0", "-n1"])
def test_a_session_that_is_ended_by_sigterm_ends_in_order(tmp_path: Path, workers: str) -> None:
    done = ended(tmp_path, workers)
    (run,) = map(json.loads, (tmp_path / "runs.jsonl").read_text("utf-8").splitlines())

    assert done.returncode == pytest.ExitCode.INTERRUPTED, done.stdout
    assert run["verdict"] == "broken"
    assert (tmp_path / ".synthetic/artifacts/own.txt").read_text("utf-8") == "word [redacted:SHOP_PASSWORD]"


def test_a_handler_of_the_users_own_is_respected(tmp_path: Path) -> None:
    done = ended(tmp_path, head="signal.signal(signal.SIGTERM, lambda *_: os._exit(7))")

    assert done.returncode == 7


def test_the_handler_is_given_back(pytester: pytest.Pytester) -> None:
    pytester.makepyfile('import pytest\n@pytest.mark.journey("J")\ndef test_it(): pass')
    before = signal.getsignal(signal.SIGTERM)
    pytester.runpytest_inprocess(*QUICK)

    assert signal.getsignal(signal.SIGTERM) == before
