"""How schedules are read, what [schedule] adds to them, and what is said of mistakes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.config import files
from pytest_synthetic.config.schedule import schedule, settled
from pytest_synthetic.config.settings import ScheduleSettings
from pytest_synthetic.errors import ConfigError, UsageError
from pytest_synthetic.model.journey import Schedule

if TYPE_CHECKING:
    from pathlib import Path


def read(folder: Path, text: str) -> ScheduleSettings:
    path = folder / "synthetic.toml"
    path.write_text(text, encoding="utf-8")
    return files.load(path, {"ZONE": "Europe/Paris"}).schedule


def test_the_whole_table(tmp_path: Path) -> None:
    assert read(
        tmp_path,
        """
[schedule]
max_lateness = "2m"
quiet = ["22:00-06:00", "sat-sun 00:00-24:00"]
timezone = "${ZONE}"
spread = false
""",
    ) == ScheduleSettings(
        max_lateness=120.0, quiet=("22:00-06:00", "sat-sun 00:00-24:00"), timezone="Europe/Paris", spread=False
    )
    assert read(tmp_path, '[schedule]\nquiet = "22:00-06:00"').quiet == ("22:00-06:00",)
    assert read(tmp_path, "") == ScheduleSettings()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('max_lateness = "0.5s"', "synthetic.toml:2: schedule.max_lateness: .*expected 1s or more"),
        ('max_lateness = "soon"', "schedule.max_lateness: 'soon' is not a duration"),
        ('quiet = "night"', "schedule.quiet: 'night': expected times such as"),
        ("quiet = 22", "schedule.quiet: 22: expected times such as"),
        ("quiet = [22]", "schedule.quiet: .*expected times such as"),
        ('timezone = "Europe/Pari"', 'Did you mean "Europe/Paris"'),
        ('spread = "no"', "schedule.spread: expected true or false, got 'no'"),
        ('lateness = "2m"', 'no such setting. .*Did you mean "max_lateness"'),
    ],
)
def test_mistakes_in_the_table(tmp_path: Path, line: str, problem: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, f"[schedule]\n{line}\n")
    assert re.search(problem, str(raised.value)), raised.value


def test_what_marks_say() -> None:
    assert schedule("5m") == Schedule(every=300.0)
    assert schedule(90) == Schedule(every=90.0)
    assert schedule("@daily", timezone="Europe/Paris") == Schedule(cron="0 0 * * *", timezone="Europe/Paris")
    assert schedule("1h", quiet="22:00-06:00", max_lateness="1m") == Schedule(
        every=3600.0, quiet=("22:00-06:00",), max_lateness=60.0
    )
    assert schedule("1h", quiet=("22:00-24:00", "sun 00:00-08:00")).quiet == ("22:00-24:00", "sun 00:00-08:00")


def test_what_settings_add() -> None:
    added = ScheduleSettings(max_lateness=60.0, quiet=("22:00-06:00",), timezone="Europe/Paris", spread=False)
    everything = Schedule(every=300.0, max_lateness=60.0, quiet=("22:00-06:00",), timezone="Europe/Paris", spread=False)
    assert settled(schedule("5m"), (), added) == everything
    own = schedule("5m", quiet=(), timezone="UTC", max_lateness=5)
    kept = settled(own, ("quiet", "timezone", "max_lateness"), added)
    assert kept == Schedule(every=300.0, quiet=(), timezone="UTC", max_lateness=5.0, spread=False)


def test_settings_that_leave_nothing_of_a_schedule() -> None:
    with pytest.raises(UsageError, match="never comes outside its quiet hours"):
        settled(schedule("0 3 * * *"), (), ScheduleSettings(quiet=("22:00-06:00",)))
