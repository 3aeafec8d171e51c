from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pytest_synthetic.config import files
from pytest_synthetic.demo import watched
from pytest_synthetic.demo.expected import EXPECTED
from pytest_synthetic.demo.faults import Fault
from pytest_synthetic.demo.runner import JOURNEYS


def test_every_journey_is_known_and_is_where_it_is_said_to_be() -> None:
    sources = {path.name: path.read_text(encoding="utf-8") for path in JOURNEYS.glob("test_*.py")}
    assert sum(text.count("mark.journey(") for text in sources.values()) == len(watched.TESTS)
    for name, place in watched.TESTS.items():
        file, _, function = place.partition("::")
        before, found, _ = sources[file].partition(f"def {function}(")
        assert found
        assert f'"{name}"' in before.rpartition("mark.journey(")[2]


@pytest.mark.parametrize("fault", Fault)
def test_the_broken_journey_is_watched_and_another_one(fault: Fault) -> None:
    broken, other = watched.watched(fault)
    assert broken == EXPECTED[fault].journey
    assert other in watched.TESTS
    assert other != broken


def test_without_a_fault_the_whole_shop_is_watched() -> None:
    assert watched.watched(None) == tuple(watched.TESTS)


def test_journeys_are_changed_in_few_places(tmp_path: Path) -> None:
    watched.write_journeys(tmp_path, watched.Pace(every=7, patience=3))

    texts = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.glob("*.py")}
    everything = "".join(texts.values())
    assert set(texts) == {path.name for path in JOURNEYS.glob("*.py")}
    assert everything.count('mark.schedule("7s")') == everything.count("mark.schedule(") == len(watched.TESTS)
    assert "mark.device" not in everything
    assert '["Alto Mobile"]' in everything
    assert "timeout=3000)" in everything
    assert "PATIENCE = 3000\n" in everything
    for text in texts.values():
        ast.parse(text)
    changed = sum(
        line not in (JOURNEYS / name).read_text(encoding="utf-8").splitlines()
        for name, text in texts.items()
        for line in text.splitlines()
    )
    assert changed == len(watched.TESTS) + 3, "a schedule each, the carriers, two times"


def test_the_settings_are_valid(tmp_path: Path) -> None:
    (tmp_path / "synthetic.toml").write_text(
        watched.SETTINGS.format(
            shop="http://127.0.0.1:1",
            desk="http://127.0.0.1:2",
            secret="0123456789abcdef",
            every=10,
            remind=20,
            us_east="http://127.0.0.1:3",
            eu_west="http://127.0.0.1:4",
        ),
        encoding="utf-8",
    )
    settings = files.load(tmp_path / "synthetic.toml", {})

    assert tuple(settings.alerts) == watched.DESKS
    assert tuple(settings.regions) == watched.REGIONS
    assert settings.policies["demo"].remind == 20.0
    assert settings.runner.time_limit == 10.0


def test_a_slower_pace_is_half_as_fast_and_no_more_patient() -> None:
    assert watched.slower(watched.Pace(every=10, remind=20, patience=4)) == watched.Pace(
        every=20, remind=40, patience=4
    )
