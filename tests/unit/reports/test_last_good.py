"""The files of the last good runs: whole or not at all, whoever writes, whatever lies there."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.model.profile import Profile
from pytest_synthetic.reports.last_good import LastGood

if TYPE_CHECKING:
    from pathlib import Path

WHO = ("checkout", "eu-west", "desktop")


def profile(run_id: str = "a") -> Profile:
    return Profile(run_id=run_id, at=datetime(2026, 11, 22, tzinfo=UTC))


def written(run_id: str = "a") -> str:
    return json.dumps(profile(run_id).to_json())


def names(folder: Path) -> set[str]:
    return {path.name.replace(LastGood(folder).path(WHO).stem, "X") for path in folder.iterdir()}


def test_what_is_kept_is_read(tmp_path: Path) -> None:
    store = LastGood(tmp_path / "deep" / "last-good")
    assert store.read(WHO) is None
    store.keep(WHO, written("a"))
    store.keep(WHO, written("b"))

    assert store.read(WHO) == profile("b")
    assert names(tmp_path / "deep" / "last-good") == {".gitignore", "X.json"}


def test_variants_have_files_of_their_own(tmp_path: Path) -> None:
    store = LastGood(tmp_path)
    for number, identity in enumerate([("a", "b"), ("ab",), ("a", "", "b"), ("../../x",), ("é\ud800",), ("",)]):
        store.keep(identity, written(str(number)))
        found = store.read(identity)
        assert found
        assert found.run_id == str(number)
    assert len(list(tmp_path.glob("*.json"))) == 6
    assert store.path(("../../Éx",)).parent == tmp_path


@pytest.mark.parametrize(
    "damaged",
    ["", "{", "[]", "null", "{}", '{"schema": "1"}', '{"schema": 1, "run_id": "a"}', b"\xff\xfe".decode("latin-1")],
)
def test_a_damaged_file_is_moved_aside(tmp_path: Path, damaged: str) -> None:
    store = LastGood(tmp_path)
    store.path(WHO).write_bytes(damaged.encode("latin-1"))

    assert store.read(WHO) is None
    assert names(tmp_path) == {"X.damaged"}
    store.keep(WHO, written())
    assert store.read(WHO) == profile()


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    store = LastGood(tmp_path)
    store.path(WHO).write_text('{"schema": 99}', encoding="utf-8")

    assert store.read(WHO) is None
    assert names(tmp_path) == {"X.json"}


def test_a_draft_that_cannot_be_finished_is_removed(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        LastGood(tmp_path).keep(WHO, "\ud800")
    assert list(tmp_path.iterdir()) == []


def test_many_at_once_never_leave_half_a_file(tmp_path: Path) -> None:
    store = LastGood(tmp_path / "new")

    def keep_and_read(number: int) -> str:
        store.keep(WHO, written(str(number) * 5_000))
        found = store.read(WHO)
        assert found
        return found.run_id

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(keep_and_read, range(100)))

    assert all(len(set(run_id[: len(run_id) // 5_000])) >= 1 and len(run_id) % 5_000 == 0 for run_id in seen)
    assert names(tmp_path / "new") == {".gitignore", "X.json"}
