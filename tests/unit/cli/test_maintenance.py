"""Maintenance over a real history: what `synthetic slo` and `synthetic gate` leave out, and how they show it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic import cli
from pytest_synthetic.config.settings import HistorySettings
from pytest_synthetic.history import store
from pytest_synthetic.model.sla import Slo
from tests.runs import NOON, a_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_synthetic.model.run import RunResult

TARGET = Slo(availability=0.9, window=30 * 86_400.0)
REGIONS = ("eu-west", "us-east")


def now() -> datetime:
    """The commands read the real clock."""
    return datetime.now(UTC).replace(second=0, microsecond=0)


def ago(hours: float) -> float:
    """Minutes from NOON until so many hours ago."""
    return (now() - timedelta(hours=hours) - NOON).total_seconds() / 60


def window(name: str, first: float, last: float, more: str = "") -> str:
    """From `first` hours ago until `last` hours ago."""
    start, end = (now() - timedelta(hours=hours) for hours in (first, last))
    return f"[maintenance.{name}]\nstart = {start.isoformat()}\nend = {end.isoformat()}\n{more}\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("SYNTHETIC_RELEASE", raising=False)
    return tmp_path


def hourly(**more: Any) -> list[RunResult]:
    """Two regions, each hour of the last 60; from the 20th to the 10th hour ago every run failed."""
    return [
        a_run(
            "failed" if 10 <= hours < 20 else "passed",
            **{"minutes": ago(hours + 0.5), "region": region, "slo": TARGET, **more},
        )
        for hours in range(60)
        for region in REGIONS
    ]


@pytest.fixture
def said(here: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[object, str]]:
    """Call `synthetic` after these settings and runs."""

    def run(*arguments: str, toml: str = "", runs: list[RunResult] | None = None) -> tuple[object, str]:
        (here / "synthetic.toml").write_text(toml, encoding="utf-8")
        history = store.opened(f"sqlite:///{here}/.synthetic/history.db")
        history.record(runs or [])
        history.close()
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
        told = capsys.readouterr()
        assert not told.err
        return ended.value.code, told.out

    return run


@pytest.fixture
def told(said: Callable[..., tuple[object, str]]) -> Callable[..., dict[str, Any]]:
    def run(*arguments: str, **given: Any) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(said(*arguments, "--format", "json", **given)[1])
        return answer

    return run


def test_runs_in_maintenance_are_left_out_and_shown(
    told: Callable[..., dict[str, Any]], said: Callable[..., tuple[object, str]]
) -> None:
    before = told("slo", runs=hourly())["targets"][0]
    assert (before["good"], before["said"], before["state"]) == (100, 120, "spent")
    assert (before["excluded_runs"], before["excluded_minutes"]) == (0, 0)
    assert "left out" not in said("slo")[1]

    toml = window("move", 20, 10)
    row = told("slo", toml=toml)["targets"][0]
    assert (row["good"], row["said"], row["state"], row["coverage"]) == (100, 100, "kept", 1.0)
    assert (row["excluded_runs"], row["excluded_minutes"]) == (20, 600)
    assert row["budget_minutes"] == pytest.approx(0.1 * (30 * 1440 - 600))
    for form in ("table", "markdown"):
        out = said("slo", "--format", form, toml=toml)[1]
        assert "left out: runs that started in maintenance" in " ".join(out.split())
        assert "20 runs" in out
        assert "600 min" in out
    assert "excluded_runs" in said("slo", "--format", "csv", toml=toml)[1]


def test_overlapping_windows_count_a_run_once(told: Callable[..., dict[str, Any]]) -> None:
    toml = window("a", 20, 14) + window("b", 16, 10) + window("c", 16, 15, 'journeys = ["Checkout"]')
    row = told("slo", toml=toml, runs=hourly())["targets"][0]
    assert (row["said"], row["excluded_runs"], row["excluded_minutes"]) == (100, 20, 600)


@pytest.mark.parametrize(
    ("whom", "excluded", "minutes"),
    [
        ('regions = ["eu-west"]', 10, 300),
        ('journeys = ["checkout"]', 20, 600),
        ('journeys = ["test_shop.test_checkout", "Other"]', 20, 600),
        ('owners = ["payments"]\nstages = ["purchase"]', 20, 600),
        ('stages = ["retention"]', 0, 0),
        ('journeys = ["Browse"]', 0, 0),
    ],
)
def test_whom_a_window_concerns(told: Callable[..., dict[str, Any]], whom: str, excluded: int, minutes: float) -> None:
    row = told("slo", toml=window("move", 20, 10, whom), runs=hourly())["targets"][0]
    assert (row["excluded_runs"], row["excluded_minutes"], row["said"]) == (excluded, minutes, 120 - excluded)


def test_names_that_no_run_has_are_told(told: Callable[..., dict[str, Any]]) -> None:
    whom = 'journeys = ["Chekout"]\nowners = ["paymnts"]\nregions = ["eu-wst"]'
    notes = told("slo", toml=window("move", 20, 10, whom), runs=hourly())["notes"]
    assert [note.partition(":")[0] for note in notes] == ["maintenance.move"] * 3
    assert [note.partition("Did you mean ")[2] for note in notes] == ['"Checkout"?', '"payments"?', '"eu-west"?']


def test_nothing_but_maintenance_is_no_data(
    told: Callable[..., dict[str, Any]], said: Callable[..., tuple[object, str]]
) -> None:
    toml = window("always", 24 * 40, -1)
    row = told("slo", toml=toml, runs=hourly())["targets"][0]
    assert [row[name] for name in ("share", "low", "coverage", "budget_runs", "burn")] == [None] * 5
    assert (row["state"], row["said"], row["excluded_runs"]) == ("unknown", 0, 120)
    out = said("slo", "checkout", toml=toml)[1]
    assert "not enough" in out
    assert "100 %" not in out
    assert said("gate", toml=toml)[0] == 4


def test_one_journey_in_detail(told: Callable[..., dict[str, Any]]) -> None:
    toml = window("move", 20, 10)
    answer = told("slo", "checkout", toml=toml, runs=hourly(promised=4.0))
    shares = {row["name"]: row for row in answer["shares"]}
    assert (shares["reachability"]["good"], shares["reachability"]["said"]) == (100, 100)
    burns = {row["window"]: row for row in answer["burns"]}
    assert (burns["1d"]["failed"], burns["1d"]["said"]) == (0, 28)
    assert answer["apdex"]["frustrated"] == 0
    assert "Without 20 runs that started in maintenance." in answer["notes"]


# -- days whose runs are gone ----------------------------------------------------------------------------------------


def folded(folder: Path) -> None:
    """Three days, long ago, of which the runs are gone."""
    history = store.opened(f"sqlite:///{folder}/.synthetic/history.db")
    midnight = now().replace(hour=0, minute=0) - timedelta(days=20)
    target = Slo(availability=0.9, window=30 * 86_400.0)
    for hours in range(72):
        minutes = (midnight + timedelta(hours=hours, minutes=30) - NOON).total_seconds() / 60
        history.record([a_run("failed" if 24 <= hours < 48 else "passed", minutes=minutes, slo=target)])
    history.prune(HistorySettings(keep_days=10), now())
    history.close()


def days_long(first: float, last: float) -> str:
    """A window, given in days after the first of those that were folded began."""
    midnight = now().replace(hour=0, minute=0) - timedelta(days=20)
    start, end = (midnight + timedelta(days=days) for days in (first, last))
    return f"[maintenance.move]\nstart = {start.isoformat()}\nend = {end.isoformat()}\n"


def test_a_whole_day_whose_runs_are_gone_is_left_out(here: Path, told: Callable[..., dict[str, Any]]) -> None:
    folded(here)
    answer = told("slo", toml=days_long(1, 2))
    row = answer["targets"][0]
    assert (row["good"], row["said"], row["excluded_runs"], row["uncut_days"]) == (48, 48, 24, 0)
    assert answer["notes"] == []


def test_a_day_whose_runs_are_gone_cannot_be_cut_and_says_so(here: Path, told: Callable[..., dict[str, Any]]) -> None:
    folded(here)
    answer = told("slo", toml=days_long(0.5, 2.25))
    row = answer["targets"][0]
    assert (row["good"], row["said"], row["excluded_runs"], row["uncut_days"]) == (48, 48, 24, 2)
    assert answer["notes"][0].startswith("Checkout: 2 days are in maintenance in part, and their runs are gone")


# -- times that are odd ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("started", ["9999-12-31T23:59:59.000Z", "0001-01-01T00:00:00.000Z", "1969-12-31T10:00:00Z"])
def test_a_clock_that_is_wrong_is_no_trouble(said: Callable[..., tuple[object, str]], started: str) -> None:
    toml = '[maintenance.nightly]\ncron = "0 2 * * *"\nduration = "2h"\ntimezone = "Asia/Tokyo"\n'
    runs = [replace(run, started_at=started) for run in hourly()[:2]]
    for command in (("slo",), ("slo", "checkout"), ("gate",), ("gate", "--session", "5e55")):
        assert said(*command, toml=toml, runs=runs)[0] in {0, 4}


# -- the gate --------------------------------------------------------------------------------------------------------


def test_the_gate_judges_without_maintenance(
    told: Callable[..., dict[str, Any]], said: Callable[..., tuple[object, str]]
) -> None:
    assert said("gate", runs=hourly())[0] == 3
    toml = window("move", 20, 10)
    assert said("gate", toml=toml)[0] == 0
    assert "20 + 0" in said("gate", toml=toml)[1]
    assert told("gate", toml=toml)["journeys"][0]["before_excluded"] == 20


@pytest.mark.parametrize("asked", [("--release", "2"), ("--session", "5e55"), ("--since", "9h")])
def test_a_release_that_ran_in_maintenance_alone_is_not_known(
    told: Callable[..., dict[str, Any]], asked: tuple[str, ...]
) -> None:
    runs = [*hourly(session_id="01d"), *(a_run("failed", minutes=ago(1.5), slo=TARGET, release="2") for _ in range(3))]
    toml = window("move", 20, 10) + window("release", 9, -1)
    answer = told("gate", *asked, toml=toml, runs=runs)
    assert answer["exit_code"] == 4
    count = 3 if asked[0] != "--since" else 21
    expected = (
        f"Checkout: none of the {count} runs of this release ({count} of them in maintenance) could say anything of "
    )
    assert answer["reasons"][0]["text"] == f"{expected}availability"
    assert answer["journeys"][0]["release_excluded"] == count
