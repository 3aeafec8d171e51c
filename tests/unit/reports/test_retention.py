"""Evidence leaves by count, age and size, and nothing else leaves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.config.settings import EvidenceSettings
from pytest_synthetic.reports.retention import prune

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def run(root: Path, age: timedelta, size: int = 10) -> str:
    """A run's folder, as old as `age`."""
    number = len(list(root.iterdir())) if root.is_dir() else 0
    folder = root / f"{NOW - age:%Y%m%d-%H%M%S}-{number:08x}"
    folder.mkdir(parents=True)
    (folder / "01-screenshot.png").write_bytes(b"x" * size)
    return folder.name


def names(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()}


@pytest.mark.parametrize(
    ("settings", "left"),
    [
        (EvidenceSettings(), {0, 1, 2, 3}),
        (EvidenceSettings(keep_runs=3), {0, 1, 2}),
        (EvidenceSettings(keep_runs=0), {0}),  # younger than an hour
        (EvidenceSettings(keep_days=2), {0, 1}),
        (EvidenceSettings(keep_size=25), {0, 1}),
        (EvidenceSettings(keep_size=0), {0}),
    ],
)
def test_the_newest_stay(settings: EvidenceSettings, left: set[int], tmp_path: Path) -> None:
    ages = (timedelta(minutes=59), timedelta(hours=2), timedelta(days=3), timedelta(days=29))
    made = [run(tmp_path, age) for age in ages]

    assert prune(tmp_path, settings, NOW) == 4 - len(left)
    assert names(tmp_path) == {made[number] for number in left}


def test_nothing_else_is_touched(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "artifacts", tmp_path / "20200101-000000-00000000"
    elsewhere.mkdir()
    (elsewhere / "keep").write_text("x")
    old = run(root, timedelta(days=99))
    (root / ".gitignore").write_text("*")
    for name in ("my notes", "20200101-000000", "20200101-000000-00000000x", "20209999-000000-00000000"):
        (root / name).mkdir()
    (root / "20200101-000000-00000001").write_text("a file")
    (root / "20200101-000000-00000002").symlink_to(elsewhere)
    before = names(root)

    assert prune(root, EvidenceSettings(keep_runs=0), NOW) == 1
    assert names(root) == before - {old}
    assert (elsewhere / "keep").is_file()


def test_without_a_folder_there_is_nothing_to_do(tmp_path: Path) -> None:
    assert prune(tmp_path / "none", EvidenceSettings(), NOW) == 0


def test_two_sessions_at_once(tmp_path: Path) -> None:
    for _ in range(200):
        run(tmp_path, timedelta(days=99))

    with ThreadPoolExecutor(4) as sessions:
        removed = list(sessions.map(lambda _: prune(tmp_path, EvidenceSettings(), NOW), range(4)))

    assert sum(removed) == 200
    assert names(tmp_path) == set()


def test_what_a_killed_session_began_is_finished(tmp_path: Path) -> None:
    left = tmp_path / ".leaving-20200101-000000-0000000a"
    left.mkdir()
    (left / "01-screenshot.png").write_bytes(b"x")
    (tmp_path / ".leaving-mine").mkdir()

    prune(tmp_path, EvidenceSettings(), NOW)

    assert names(tmp_path) == {".leaving-mine"}
