"""The windows of maintenance that a deploy script writes, and what is said when they cannot be read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pytest_synthetic.config import maintenance_file
from pytest_synthetic.config.settings import Settings
from pytest_synthetic.model.maintenance import Maintenance

DEPLOY = {"name": "deploy", "start": "2026-11-22T22:00:00Z", "end": "2026-11-22T23:30:00+01:00"}
READ = Maintenance(
    name="deploy",
    start=datetime(2026, 11, 22, 22, tzinfo=UTC),
    end=datetime(2026, 11, 22, 22, 30, tzinfo=UTC),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "maintenance.json"


def told(file: Path, value: Any) -> tuple[list[Maintenance], list[str]]:
    file.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return maintenance_file.read(file)


def test_where_it_is(tmp_path: Path) -> None:
    there = Settings(source=tmp_path / "synthetic.toml", maintenance_file=".synthetic/maintenance.json")
    assert maintenance_file.path_of(there, Path("elsewhere")) == tmp_path / ".synthetic/maintenance.json"
    assert maintenance_file.path_of(Settings(), tmp_path) is None


def test_it_says_what_the_tables_of_the_settings_say(file: Path) -> None:
    nightly = {"name": "nightly", "cron": "@daily", "duration": "2h", "timezone": "Europe/Paris", "regions": ["eu"]}
    found, wrong = told(file, [DEPLOY, {**nightly, "reason": "Costs ${MONEY}", "journeys": ["Checkout"]}])
    assert wrong == []
    assert found == [
        READ,
        Maintenance(
            name="nightly",
            cron="0 0 * * *",
            duration=7200.0,
            timezone="Europe/Paris",
            regions=("eu",),
            journeys=("Checkout",),
            reason="Costs ${MONEY}",
        ),
    ]
    assert told(file, []) == ([], [])
    assert told(file, "\ufeff[]") == ([], [])


def test_a_file_that_is_not_there_is_no_maintenance(file: Path) -> None:
    assert maintenance_file.read(file) == ([], [])


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "cannot be read, and counts for nothing: Expecting value"),
        ('[{"name": "deploy"', "counts for nothing: Expecting"),
        ("[" * 100_000, "counts for nothing"),
        ({"windows": []}, 'expected a list such as [{"name": "deploy", "start"'),
        ("[" + " " * 1_000_000, "it has more than 1000000 bytes"),
    ],
)
def test_a_file_that_cannot_be_read_is_said(file: Path, value: Any, said: str) -> None:
    found, (wrong,) = told(file, value)
    assert found == []
    assert wrong.startswith(str(file))
    assert said in wrong


def test_what_is_no_text_and_no_file_is_said(file: Path, tmp_path: Path) -> None:
    file.write_bytes(b"\xff\xfe[")
    assert "counts for nothing: 'utf-8' codec" in maintenance_file.read(file)[1][0]
    assert "counts for nothing: it is no file" in maintenance_file.read(tmp_path)[1][0]
    assert "counts for nothing: Not a directory" in maintenance_file.read(file / "below")[1][0]


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (3, "window 2: expected a list such as"),
        ({}, "window 2.name: expected a text, got None"),
        ({"nam": "x", "start": "y"}, "window 2.nam: no such setting. Valid: cron, duration"),
        ({"name": "x"}, "x: does not say when: give `start` and `end`, or `cron`"),
        ({**DEPLOY, "name": "x", "start": 1_764_000_000}, "x.start: expected a date with a time, such as 2026"),
        ({**DEPLOY, "name": "x", "end": "2026-11-22T21:00:00Z"}, "x.end: is not after `start`"),
        ({**DEPLOY, "name": "x", "start": "2026-11-22T22:00:00"}, "x.start: 2026-11-22T22:00:00 has no time zone"),
        ({**DEPLOY, "name": "x", "owner": "payments"}, "x.owner: no such setting. Valid"),
        ({**DEPLOY, "name": "x", "journeys": []}, "x.journeys: expected a list of texts"),
        (DEPLOY, "deploy: is there twice: the first counts"),
    ],
)  # fmt: skip
def test_a_window_that_cannot_be_read_is_said_and_the_others_count(file: Path, window: Any, said: str) -> None:
    found, (wrong,) = told(file, [DEPLOY, window])
    assert found == [READ]
    assert wrong.startswith(f"{file}: {said}")
