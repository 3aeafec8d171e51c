"""`synthetic maintenance` over a real history: begun, ended, listed, and left out of targets."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic import cli
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.history import store
from pytest_synthetic.model.sla import Slo
from tests.runs import NOON, a_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Said = tuple[object, str, str]
TARGET = Slo(availability=0.9, window=30 * 86_400.0)
ALL = ("--since", "9000d")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.fixture
def said(here: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    def run(*arguments: str, toml: str | None = None, file: str | None = None) -> Said:
        if toml is not None:
            (here / "synthetic.toml").write_text(toml, encoding="utf-8")
        if file is not None:
            (here / "windows.json").write_text(file, encoding="utf-8")
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
        told = capsys.readouterr()
        return ended.value.code, told.out, told.err

    return run


@pytest.fixture
def rows(said: Callable[..., Said]) -> Callable[..., list[dict[str, Any]]]:
    def run(*arguments: str, **given: str) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = json.loads(
            said("maintenance", "list", *arguments, "--format", "json", **given)[1]
        )["maintenance"]
        return told

    return run


def record(here: Path, *verdicts: str) -> None:
    """Runs of now."""
    history = store.opened(f"sqlite:///{here}/.synthetic/history.db")
    now = (SystemClock().now() - NOON).total_seconds() / 60
    history.record([a_run(verdict, minutes=now, slo=TARGET) for verdict in verdicts])
    history.close()


def start(said: Callable[..., Said], *more: str) -> Said:
    return said("maintenance", "start", "30m", "--reason", "The database moves", *more)


def test_begun_listed_and_ended(said: Callable[..., Said], rows: Callable[..., list[dict[str, Any]]]) -> None:
    code, out, err = start(said, "--name", "move", "--stage", "purchase", "--region", "eu-west", "--owner", "payments")
    assert (code, err) == (0, "")
    assert out.startswith('Maintenance "move" until 20')
    assert "\nfor stage purchase and owner payments, in eu-west. Alerts are held" in out
    assert out.endswith("synthetic maintenance stop move\n")
    (row,) = rows()
    assert [row[name] for name in ("name", "state", "source", "reason")] == [
        "move", "running", "command", "The database moves",
    ]  # fmt: skip
    assert (row["journeys"], row["stages"], row["owners"], row["regions"]) == (
        [], ["purchase"], ["payments"], ["eu-west"],
    )  # fmt: skip
    begun, ends = (datetime.fromisoformat(row[name]) for name in ("start", "end"))
    assert ends - begun == timedelta(minutes=30)

    code, out, _ = said("maintenance", "stop", "move")
    assert code == 0
    assert out.startswith('Maintenance "move" is over: it began at 20')
    (row,) = rows()
    assert (row["state"], row["start"]) == ("past", begun.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
    assert datetime.fromisoformat(row["end"]) < ends
    assert said("maintenance", "stop", "move")[0] == 2


REGIONS = '[regions.eu-west]\nproxy = "http://127.0.0.1:9"\n'


@pytest.mark.parametrize(
    ("toml", "region", "ended"),
    [(REGIONS, "eu-wst", 2), (REGIONS, "eu-west", 0), (REGIONS, "local", 0), ("", "eu-wst", 0)],
)
def test_where_nothing_ran_yet_the_settings_say_which_regions_there_are(
    said: Callable[..., Said], toml: str, region: str, ended: int
) -> None:
    code, _, err = said("maintenance", "start", "30m", "--reason", "x", "--region", region, toml=toml)
    assert code == ended
    assert ("no run has the region 'eu-wst'. Valid: eu-west, local. Did you mean \"eu-west\"?" in err) is (ended == 2)


def test_one_without_a_name_is_called_after_its_time(
    said: Callable[..., Said], rows: Callable[..., list[dict[str, Any]]]
) -> None:
    for _ in range(3):
        assert start(said)[0] == 0
    names = {row["name"] for row in rows()}
    assert len(names) == 3
    assert all(name.startswith(row["start"][:10]) for name in names for row in rows())
    for name in names:
        assert said("maintenance", "stop", name)[0] == 0


SETTINGS = """
maintenance_file = "windows.json"
[maintenance.nightly]
cron = "0 2 * * *"
duration = "1h"
timezone = "Europe/Paris"
journeys = ["Checkout"]
[maintenance.leap]
cron = "0 0 29 2 *"
duration = "1h"
timezone = "UTC"
[maintenance.always]
cron = "* * * * *"
duration = "2m"
timezone = "UTC"
[maintenance.ages-ago]
start = 2020-01-01T00:00:00Z
end = 2020-01-02T00:00:00Z
"""


def test_all_sources_are_listed_the_running_first(
    said: Callable[..., Said], rows: Callable[..., list[dict[str, Any]]]
) -> None:
    now = SystemClock().now()
    times = {"start": (now + timedelta(minutes=1)).isoformat(), "end": (now + timedelta(minutes=9)).isoformat()}
    deploy = json.dumps([{"name": "deploy", "reason": "Release 7", **times}])
    start(said, "--name", "move")
    told = [(row["name"], row["state"], row["source"]) for row in rows("--since", "9000d", toml=SETTINGS, file=deploy)]
    assert sorted(told[:2]) == [("always", "running", "synthetic.toml"), ("move", "running", "command")]
    coming = [row for row in told if row[1] == "coming"]
    assert [row for row in coming if row[0] == "deploy"] == [("deploy", "coming", "windows.json")]
    assert coming[-1] == ("leap", "coming", "synthetic.toml")
    assert told[-1] == ("ages-ago", "past", "synthetic.toml")
    assert "ages-ago" not in {row["name"] for row in rows()}

    out = said("maintenance", "list")[1]
    assert "0 2 * * *, Europe/Paris" in out
    assert "Release 7" in out
    assert said("maintenance", "list", "--format", "csv")[1].startswith("name,state,start,end,cron,duration,timezone")


def test_nothing_to_list(said: Callable[..., Said], here: Path) -> None:
    code, out, _ = said("maintenance", "list")
    assert (code, out) == (0, "No maintenance is running or coming, and none was lately.\n")
    assert not (here / ".synthetic").exists()


def test_a_file_that_cannot_be_read_is_said_wherever_maintenance_counts(said: Callable[..., Said], here: Path) -> None:
    record(here, "passed")
    said("maintenance", "list", toml='maintenance_file = "windows.json"\n', file="[{")
    for command in (("maintenance", "list"), ("slo",), ("gate",)):
        assert "counts for nothing" in " ".join(said(*command)[1].split()), command


def test_what_ran_in_it_is_left_out_of_targets_and_why_is_said(said: Callable[..., Said], here: Path) -> None:
    record(here, "passed")
    start(said, "--name", "move")
    record(here, "failed", "failed")
    said("maintenance", "stop", "move")
    told = json.loads(said("slo", "--format", "json")[1])
    row = told["targets"][0]
    assert (row["good"], row["said"], row["excluded_runs"]) == (1, 1, 2)
    assert told["notes"] == ['Left out, maintenance "move": The database moves']


def test_what_cannot_be_meant_is_refused(said: Callable[..., Said], here: Path) -> None:
    record(here, "passed")
    start(said, "--name", "move", "--journey", "checkout", "--owner", "payments", "--region", "eu-west")
    nightly = '[maintenance.nightly]\ncron = "0 2 * * *"\nduration = "1h"\ntimezone = "UTC"\n'
    (here / "synthetic.toml").write_text(nightly)
    wrong = {
        (
            "start",
            "30",
            "--reason",
            "x",
        ): "'30' is not a duration: its unit is missing; expected a duration above zero such as",
        ("start", "9000h", "--reason", "x"): "longer than a year",
        ("start", "-30m", "--reason", "x"): "No such option",
        ("start", "30m"): "Missing option '--reason'",
        ("start", "30m", "--reason", " "): "--reason is empty",
        ("start", "30m", "--reason", "x", "--name", "move"): "there is a maintenance 'move' already",
        ("start", "30m", "--reason", "x", "--name", "nightly"): "there is a maintenance 'nightly' already",
        ("start", "30m", "--reason", "x", "--name", "a b"): "expected letters, digits and -_.: alone",
        ("start", "30m", "--reason", "x", "--name", "a" * 101): "100 at most",
        ("start", "30m", "--reason", "x", "--journey", "Chekout"): 'Did you mean "Checkout"?',
        ("start", "30m", "--reason", "x", "--stage", "purchas"): 'Did you mean "purchase"?',
        ("start", "30m", "--reason", "x", "--owner", "paymnts"): 'Did you mean "payments"?',
        ("start", "30m", "--reason", "x", "--region", "eu-wst"): 'Did you mean "eu-west"?',
        ("stop", "mvoe"): 'Did you mean "move"?',
        ("stop", "nightly"): "maintenance 'nightly' stands in synthetic.toml: change it there",
        ("list", "--since", "once"): "'once' is no time",
        ("begin",): "No such command 'begin'",
    }
    for arguments, problem in wrong.items():
        code, _, err = said("maintenance", *arguments)
        assert code == 2, arguments
        assert problem in err, arguments
