"""`synthetic init` writes a journey that passes as it is."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.demo.server import RunningShop
    from tests.end_to_end.conftest import RunPytest

pytestmark = pytest.mark.slow


def synthetic(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-c", "from pytest_synthetic import cli; cli.main()", *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=120, stdin=subprocess.DEVNULL
    )


@pytest.mark.usefixtures("whole_browser")
@pytest.mark.parametrize("path", ["", "/fr/"])
def test_the_first_journey_passes(shop: RunningShop, run_pytest: RunPytest, tmp_path: Path, path: str) -> None:
    done = synthetic(tmp_path, "init", "--url", shop.base_url + path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("wrote") == 3

    session = run_pytest(tmp_path)

    assert session.code == 0, session.out
    (run,) = session.runs
    assert (run.verdict, run.name, len(run.steps)) == (Verdict.PASSED, "The site answers", 2)


def test_it_fails_where_nothing_answers(run_pytest: RunPytest, tmp_path: Path) -> None:
    synthetic(tmp_path, "init", "--url", "http://127.0.0.1:1")
    (run,) = run_pytest(tmp_path).runs
    assert run.verdict is Verdict.FAILED


def test_a_second_init_changes_nothing(tmp_path: Path) -> None:
    synthetic(tmp_path, "init", "--url", "http://127.0.0.1:1")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    done = synthetic(tmp_path, "init", "--url", "http://127.0.0.1:2")
    assert done.stdout.count("left as it was") == 3
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_without_a_terminal_the_address_is_an_option(tmp_path: Path) -> None:
    done = synthetic(tmp_path, "init")
    assert done.returncode == 2
    assert done.stderr == "Error: say where the product is: synthetic init --url https://shop.example.com\n"
    assert list(tmp_path.iterdir()) == []
