from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pytest_synthetic.config import files
from pytest_synthetic.demo import child, runner
from pytest_synthetic.demo.expected import EXPECTED
from pytest_synthetic.demo.faults import Fault


def test_every_fault_has_an_expectation() -> None:
    assert set(EXPECTED) == set(Fault)


@pytest.mark.parametrize("fault", Fault)
def test_an_expectation_names_a_journey_and_a_place_that_exist(fault: Fault) -> None:
    journeys = "".join(path.read_text(encoding="utf-8") for path in runner.JOURNEYS.glob("test_*.py"))
    assert f'"{EXPECTED[fault].journey}"' in journeys
    assert f'"{EXPECTED[fault].where}"' in journeys or EXPECTED[fault].where == "sms.delivery"


def test_the_command_is_that_of_this_python_and_reads_only_its_own_settings() -> None:
    command = runner.Demo(here=Path("/x"), say=print, headed=True).command("http://127.0.0.1:1")
    assert command[:4] == [sys.executable, "-P", "-m", "pytest"]
    assert command[command.index("-c") + 1] == ".synthetic/demo/pytest.ini"
    assert command[command.index("--confcutdir") + 1] == str(runner.JOURNEYS)
    assert "--headed" in command


def test_the_settings_are_valid(tmp_path: Path) -> None:
    path = tmp_path / "synthetic.toml"
    path.write_text(
        runner.SETTINGS.format(eu_west="http://127.0.0.1:1", us_east="http://127.0.0.1:2"), encoding="utf-8"
    )
    regions = files.load(path, {}).regions
    assert [(region.name, region.locale) for region in regions.values()] == [("eu-west", "fr-FR"), ("us-east", "en-US")]


def test_what_a_user_s_shell_sets_does_not_reach_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "SYNTHETIC_HERE"):
        monkeypatch.setenv(name, "x")
    found = child.environment()
    assert not {"PYTEST_ADDOPTS", "PYTEST_PLUGINS", "SYNTHETIC_HERE"} & set(found)
    assert "PATH" in found
