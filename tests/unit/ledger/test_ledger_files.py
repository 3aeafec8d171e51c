"""The ledger on disk: whole lines or nothing, one holder at a time, and nothing lost when a file is damaged."""

from __future__ import annotations

import json
import resource
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_synthetic.ledger import ledger_files
from pytest_synthetic.ledger.ledger_files import FileLedger
from pytest_synthetic.model.created import Created, FailedRemoval

RUN = "a" * 32
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FAILED = FailedRemoval(at=NOW, reason="the product answered 500")


def order(identity: object = "KS-1") -> Created:
    return Created(
        kind="order", identity=identity, run_id=RUN, journey="Buy", region="local", created_at=NOW, remover="shop-order"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".synthetic" / "created"


def test_what_is_noted_is_found_newest_first(folder: Path) -> None:
    with FileLedger(folder).begin(RUN) as held:
        for number in range(12):
            held.note(order(number))

    assert FileLedger(folder).runs() == [RUN]
    again = FileLedger(folder).hold(RUN)
    assert again
    with again:
        assert [entry.created.identity for entry in again.entries()] == list(range(11, -1, -1))
    assert (folder / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_a_run_that_goes_on_is_its_own(folder: Path) -> None:
    with FileLedger(folder).begin(RUN) as held:
        held.note(order())
        assert FileLedger(folder).hold(RUN) is None
        with pytest.raises(OSError, match="another process holds the lock"):
            FileLedger(folder).begin(RUN)
    again = FileLedger(folder).hold(RUN)
    assert again
    again.release()


def test_what_could_not_be_stopped_is_held_to_the_end(folder: Path) -> None:
    held = FileLedger(folder).begin(RUN)
    held.note(order())
    held.hold_for_good()
    held.release()

    assert FileLedger(folder).hold(RUN) is None
    ledger_files._FOR_GOOD.remove(held)
    held.release()


def test_tries_are_counted_over_processes(folder: Path) -> None:
    with FileLedger(folder).begin(RUN) as held:
        held.settle(held.note(order()), FAILED)
    for tries in (1, 2, 3):
        again = FileLedger(folder).hold(RUN)
        assert again
        with again:
            (entry,) = again.entries()
            assert entry.failed == (FAILED,) * tries
            again.settle(entry, FAILED)


def test_what_is_gone_leaves_nothing(folder: Path) -> None:
    with FileLedger(folder).begin(RUN) as held:
        held.settle(held.note(order()), None)

    assert [path.name for path in folder.iterdir()] == [".gitignore"]


@pytest.mark.parametrize("data", [b"", b"{", b"5\n", b'{"kind": "order"}\n', b"\xff\n", b"[" * 100_000])
def test_a_damaged_file_is_moved_aside(folder: Path, data: bytes) -> None:
    with FileLedger(folder).begin(RUN) as held:
        held.note(order("KS-1"))
        damaged = Path(held.note(order("KS-2")).where)
        damaged.write_bytes(data)

        assert [entry.created.identity for entry in held.entries()] == ["KS-1"]
        (aside,) = FileLedger(folder).damaged()
    assert Path(aside).read_bytes() == data
    assert Path(aside).stem == damaged.stem


def test_a_try_cut_short_by_a_kill_tells_nothing(folder: Path) -> None:
    with FileLedger(folder).begin(RUN) as held:
        entry = held.note(order())
        held.settle(entry, FAILED)
        with Path(entry.where).open("a", encoding="utf-8") as file:
            file.write('{"at": "2026-0')
        (found,) = held.entries()
    assert found.failed == (FAILED,)
    assert json.loads(Path(entry.where).read_text(encoding="utf-8").split("\n")[0])["identity"] == "KS-1"


def test_a_full_disk_leaves_half_of_nothing(folder: Path) -> None:
    with FileLedger(folder).begin(RUN) as held:
        held.note(order("KS-1"))
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))  # a file may have 20 bytes: nothing more fits
        try:
            with pytest.raises(OSError, match="File too large"):
                held.note(order("KS-2"))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

        assert [entry.created.identity for entry in held.entries()] == ["KS-1"]
        assert FileLedger(folder).damaged() == []


def test_no_folder_is_no_ledger(folder: Path) -> None:
    assert FileLedger(folder).runs() == []
    assert FileLedger(folder).damaged() == []


def test_a_file_in_its_place_is_told(folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("", encoding="utf-8")
    with pytest.raises(FileExistsError):
        FileLedger(folder).begin(RUN)
    with pytest.raises(NotADirectoryError):
        FileLedger(folder).runs()
