"""`synthetic list`, and the process that collects for it: real pytests in real folders."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest

from pytest_synthetic import cli
from pytest_synthetic.config.settings import Settings
from pytest_synthetic.errors import UsageError
from pytest_synthetic.scheduler.catalogue import collect

SHOP = """
import pytest

@pytest.mark.journey("Checkout", owner="payments")
@pytest.mark.region("eu-west", "us-east")
@pytest.mark.schedule("5m")
@pytest.mark.mutates
def test_checkout(journey, page): ...

@pytest.mark.journey("Invoice")
@pytest.mark.schedule("0 7 * * *", timezone="Europe/Paris")
def test_invoice(journey): ...

@pytest.mark.journey("Sign up")
def test_sign_up(journey): ...
"""
TOML = '[regions.eu-west]\nproxy = "http://127.0.0.1:9"\n[regions.us-east]\n'


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with journeys in it."""
    (tmp_path / "test_shop.py").write_text(SHOP)
    (tmp_path / "synthetic.toml").write_text(TOML)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(["list", *arguments])
    said = capsys.readouterr()
    return ended.value.code, said.out, said.err


@pytest.mark.usefixtures("shop")
def test_what_would_run_where_and_how_often(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = listed(capsys, "--format=json")
    told = json.loads(out)

    assert code == 0
    rows = {(row["name"], row["region"]): row for row in told["plans"]}
    assert list(rows) == sorted(rows, key=lambda key: rows[key]["next_run"])
    assert set(rows) == {("Checkout", "eu-west"), ("Checkout", "us-east"), ("Invoice", "local")}
    checkout = rows["Checkout", "eu-west"]
    assert (checkout["schedule"], checkout["runs_per_month"], checkout["mutates"]) == ("every 5 min", 8640, True)
    assert rows["Invoice", "local"]["schedule"] == "0 7 * * *, Europe/Paris"
    assert told["runs_per_month"] == 2 * 8640 + 30
    assert [row["name"] for row in told["unscheduled"]] == ["Sign up"]


@pytest.mark.usefixtures("shop")
def test_the_table_fits_the_terminal_and_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = listed(capsys)

    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    assert "17,310 runs in 30 days." in out
    assert 'Write @pytest.mark.schedule("5m") above a journey that is to be watched.' in out
    assert "This machine cannot run what is in us-east" in out


@pytest.mark.usefixtures("shop")
def test_one_region(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = listed(capsys, "--region=eu-west", "--format=csv")

    assert sorted(line.split(",")[1:3] for line in out.splitlines()[1:]) == [
        ["Checkout", "eu-west"], ["Invoice", "eu-west"],
    ]  # fmt: skip


def test_a_region_from_which_nothing_runs(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "synthetic.toml").write_text(f'{TOML}[regions.mars]\nproxy = "http://127.0.0.1:9"\n')
    (shop / "test_shop.py").write_text(SHOP.partition('@pytest.mark.journey("Invoice')[0])
    code, out, _ = listed(capsys, "--region=mars")

    assert code == 0
    assert "No journey runs from mars. Journeys run from: eu-west, us-east." in out


@pytest.mark.usefixtures("shop")
def test_an_unknown_region(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = listed(capsys, "--region=eu-wets")

    assert code == 2
    assert 'Did you mean "eu-west"?' in err


def test_a_broken_file_is_named_and_takes_no_other_along(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "test_bad.py").write_text("import nowhere")
    code, out, _ = listed(capsys)

    assert code == 1
    assert "Checkout" in out
    assert "test_bad.py" in out
    assert "No module named 'nowhere'" in out


@pytest.mark.usefixtures("shop")
def test_paths_choose(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = listed(capsys, "test_shop.py::test_invoice", "--format=csv")
    assert [line.split(",")[1] for line in out.splitlines()[1:]] == ["Invoice"]

    code, _, err = listed(capsys, "nowhere.py")
    assert code == 2
    assert "file or directory not found: nowhere.py" in err


def test_no_journey_is_said_loudly(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "test_shop.py").write_text('import pytest\npytest.importorskip("nowhere")')
    code, _, err = listed(capsys)

    assert code == 2
    assert "no journey was found" in err
    assert "test_shop.py skips itself as a whole: could not import 'nowhere'" in err


def test_a_conftest_that_cannot_be_read_is_told_in_pytests_words(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "conftest.py").write_text("import nowhere")
    code, _, err = listed(capsys)

    assert code == 2
    assert "the journeys could not be collected: pytest ended with exit code 4 and said" in err
    assert "No module named 'nowhere'" in err


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_pytest_that_does_not_end_is_ended_with_all_that_it_started(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shop / "sitecustomize.py").write_text(
        "import pathlib, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-I', '-S', '-c', 'import time; time.sleep(600)'])\n"
        "pathlib.Path('pid').write_text(str(child.pid))\n"
        "time.sleep(600)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(shop), prepend=os.pathsep)
    with pytest.raises(UsageError, match="pytest did not end within 5 s"):
        collect(shop, settings=Settings(), time_limit=5.0)

    assert ends((shop / "pid").read_text())


def ends(pid: str) -> bool:
    """Whether a process ends, a moment after it was killed."""
    for _ in range(500):
        if not runs(pid):
            return True
        time.sleep(0.02)
    return False


def runs(pid: str) -> bool:
    """Whether a process runs; one that is dead and whose parent is gone may not be waited for yet."""
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_pytest_without_the_plugin(shop: Path) -> None:
    with pytest.raises(UsageError, match="unrecognized arguments: --synthetic-catalogue"):
        collect(shop, ["-p", "no:synthetic"], settings=Settings())


def test_policies_are_held_against_what_is_there(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    slips = '[policies.money]\nregions = 2\nowners = ["payments"]\n[policies.find]\nowners = ["serch"]\n'
    (shop / "synthetic.toml").write_text(TOML + slips)
    code, out, _ = listed(capsys)
    assert code == 0
    assert "policies.find: no journey has the owner 'serch'. Valid: payments." in " ".join(out.split())

    (shop / "synthetic.toml").write_text(TOML + "[policies.all]\nregions = 2\n")
    code, _, err = listed(capsys)
    assert code == 2
    assert 'synthetic.toml: policies.all: "Invoice": `regions = 2` can never be: it runs from 1 (local)' in err
    assert "Traceback" not in err
