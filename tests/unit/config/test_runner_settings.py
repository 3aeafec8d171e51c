"""[runner]: how scheduled runs are run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.config import files
from pytest_synthetic.config.runner import at_once
from pytest_synthetic.config.settings import Isolation, RunnerSettings
from pytest_synthetic.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def read(folder: Path, text: str) -> RunnerSettings:
    path = folder / "synthetic.toml"
    path.write_text(f"[runner]\n{text}\n", encoding="utf-8")
    return files.load(path, {}).runner


def test_all_of_it(tmp_path: Path) -> None:
    text = """
browsers = 2
api = 20
time_limit = "90s"
grace = 3
memory_floor = "1 GB"
isolation = "process"
"""
    assert read(tmp_path, text) == RunnerSettings(
        browsers=2, api=20, time_limit=90.0, grace=3.0, memory_floor=1_000_000_000, isolation=Isolation.PROCESS
    )


def test_the_cpus_say_how_many_run_at_once_unless_somebody_does() -> None:
    assert at_once(RunnerSettings(), 2) == (2, 8)
    assert at_once(RunnerSettings(browsers=1, api=3), 2) == (1, 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("browsers = 0", "runner.browsers: expected a whole number, 1 or more, got 0"),
        ("browsers = true", "runner.browsers: expected a whole number, 1 or more, got True"),
        ('api = "8"', "runner.api: expected a whole number, 1 or more, got '8'"),
        ('time_limit = "never"', "runner.time_limit: 'never' is not a duration"),
        ('time_limit = "25h"', "runner.time_limit: '25h' is more than a day"),
        ("grace = 0", "runner.grace: 0 is not a usable duration"),
        ('memory_floor = "1"', 'runner.memory_floor: expected a size such as "500 MB"'),
        (
            'isolation = "forks"',
            "runner.isolation: 'forks' is no isolation. Valid: fork, process. Did you mean \"fork\"?",
        ),
        ("browser = 1", "runner.browser: no such setting"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(tmp_path, text)
    assert said in str(error.value)
