"""`synthetic run`: real processes, from the command to the history."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic import cli

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

SHOP = """
import pathlib, time, pytest

@pytest.mark.journey("Buy")
def test_buy(journey):
    with journey.step("pay"):
        pass

@pytest.mark.journey("Sign up")
@pytest.mark.region("eu")
def test_sign_up(journey):
    with journey.step("send"):
        assert 404 == 200

@pytest.mark.journey("Hang")
def test_hang(journey):
    with journey.step("wait"):
        pathlib.Path("hanging").touch()
        time.sleep(600)
"""
TOML = '[history]\n[regions.eu]\nproxy = "http://127.0.0.1:9"\n[regions.us]\nproxy = "http://127.0.0.1:9"\n'


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "test_shop.py").write_text(SHOP)
    (tmp_path / "synthetic.toml").write_text(TOML)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    told = capsys.readouterr()
    return ended.value.code, told.out, told.err


def test_a_run_is_shown_and_goes_into_the_history(capsys: pytest.CaptureFixture[str], shop: Path) -> None:
    code, out, err = said(capsys, "run", "buy")

    assert (code, err) == (0, "")
    assert out.startswith("PASSED: Buy, local\nRun ")
    assert "pay " in out
    assert max(map(len, out.splitlines())) <= 80
    assert list((shop / ".synthetic" / "jobs").iterdir()) == []
    run_id = out.split("Run ")[1][:32]
    assert said(capsys, "runs", "show", run_id)[1] == out


def test_a_run_that_did_not_pass_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "run", "Sign up", "--region", "eu", "--isolated")

    assert code == 1
    assert "FAILED: Sign up, eu" in out
    assert "Why: send: assert 404 == 200" in out


def test_programs_read_records(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "run", "Buy", "test_sign_up", "--format=json")
    assert code == 1
    assert [(run["name"], run["region"], run["verdict"]) for run in json.loads(out)] == [
        ("Buy", "local", "passed"), ("Sign up", "eu", "failed"),
    ]  # fmt: skip

    rows = list(csv.DictReader(io.StringIO(said(capsys, "run", "Buy", "--format=csv")[1])))
    assert [(row["name"], row["verdict"], row["reason"]) for row in rows] == [("Buy", "passed", "")]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["Byu"], "no journey is called 'Byu'. Valid: Buy, Hang, Sign up. Did you mean \"Buy\"?"),
        (["Buy", "--region", "ue"], 'region "ue" is not defined'),
        (["Sign up", "--region", "us"], '"Sign up" runs from eu alone (its region mark)'),
        ([], "Missing argument 'JOURNEY...'"),
    ],
)
def test_what_cannot_be_run(capsys: pytest.CaptureFixture[str], arguments: list[str], told: str) -> None:
    code, out, err = said(capsys, "run", *arguments)

    assert (code, out) == (2, "")
    assert told in err


def test_a_file_that_cannot_be_read_is_told_to_who_looks_for_its_journey(
    capsys: pytest.CaptureFixture[str], shop: Path
) -> None:
    (shop / "test_other.py").write_text("import nothing_there\n")

    assert "test_other.py cannot be read: " in said(capsys, "run", "Invoice")[2]
    assert said(capsys, "run", "Buy")[0] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no signals")
@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.stress)])
def test_what_is_interrupted_is_recorded(shop: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-c", "from pytest_synthetic.cli import main; main()", "run", "Hang"]
    process = subprocess.Popen(command, cwd=shop, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env={**os.environ, "COLUMNS": "200"})  # fmt: skip
    while not (shop / "hanging").exists() and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(number)
    out, err = process.communicate(timeout=120)

    assert "note: what runs is ended in order" in err
    assert "BROKEN: Hang, local" in out
    assert 'before it was over: its runner was asked to end; it was in the step "wait"' in out
    assert process.returncode == 1
