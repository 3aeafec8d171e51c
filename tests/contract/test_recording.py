"""What keeps the records of a process that lives for months: no outage loses one, and none is written twice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.history import database, recording, store
from pytest_synthetic.history.recording import PAUSES, Recording
from pytest_synthetic.model.history import Counts, Selection
from pytest_synthetic.testing import FakeClock
from tests.postgres import Server, needs_postgres, server
from tests.runs import a_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALL = Selection(first_attempts=False)


class Kept:
    """A recording, what it said, and what the history holds."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.said: list[str] = []
        self.clock = FakeClock()
        self.recording = Recording(url, folder, self.said.append, clock=self.clock)

    @property
    def waiting(self) -> int:
        path = self.folder / "history.waiting.jsonl"
        return len(path.read_text().splitlines()) if path.exists() else 0

    @property
    def there(self) -> int:
        history = store.opened(self.url)
        found = history.counts(ALL).get((), Counts()).all
        history.close()
        return found


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(f"sqlite:///{tmp_path}/history.db?timeout=0.1", tmp_path)
    yield made
    made.recording.close()


def test_many_runs_at_once_and_again(kept: Kept) -> None:
    runs = [a_run(minutes=number) for number in range(500)]
    assert kept.recording.record(runs)
    assert kept.recording.record(runs)
    kept.recording.tend()
    assert (kept.there, kept.waiting, kept.said) == (500, 0, [])


def test_an_outage_is_told_once_and_nothing_is_lost(kept: Kept) -> None:
    kept.recording.record([a_run()])
    other = database.connect(f"sqlite:///{kept.folder}/history.db")
    with database.writing(other):
        for _ in range(3):
            assert kept.recording.record([a_run()])
            kept.clock.advance(PAUSES[-1])
        assert kept.waiting == 3
        assert kept.recording.is_away
    kept.recording.tend()
    assert (kept.there, kept.waiting, kept.recording.is_away) == (4, 0, False)
    away, back = kept.said
    assert "The records wait in" in away
    assert back.startswith("3 records that waited")
    other.dispose()


def test_it_is_not_tried_with_each_run(kept: Kept) -> None:
    other = database.connect(f"sqlite:///{kept.folder}/history.db")
    kept.recording.record([a_run()])
    with database.writing(other):
        kept.recording.record([a_run()])
    kept.recording.record([a_run()])
    kept.recording.tend()
    assert (kept.there, kept.waiting) == (1, 2)
    kept.clock.advance(PAUSES[0])
    kept.recording.record([a_run()])
    assert (kept.there, kept.waiting) == (4, 0)
    other.dispose()


def test_what_no_file_takes_stays_until_one_does(kept: Kept) -> None:
    kept.folder.joinpath("history.waiting.jsonl.lock").mkdir()
    other = database.connect(f"sqlite:///{kept.folder}/history.db")
    kept.recording.record([a_run()])
    with database.writing(other):
        assert not kept.recording.record([a_run()])
    assert not kept.recording.record([a_run()])
    kept.clock.advance(PAUSES[0])
    assert kept.recording.record([a_run()])
    assert kept.there == 4
    other.dispose()


def test_the_memory_is_bounded_and_what_is_lost_is_told(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "MOST_UNKEPT", 5)
    tmp_path.joinpath("file").write_text("")
    lost = Kept(f"sqlite:///{tmp_path}/file/history.db", tmp_path)
    for _ in range(8):
        assert not lost.recording.record([a_run()])
        lost.clock.advance(9.0)
    lost.recording.close()
    assert [line.partition(":")[0] for line in lost.said] == [
        "the history cannot be written",
        "records are being LOST",
        "8 records are LOST",
    ]
    assert lost.said[-1].endswith("Give this user room and the right to write there")


def test_a_damaged_file_is_moved_aside(kept: Kept) -> None:
    kept.folder.joinpath("history.db").write_bytes(b"no database" * 1_000)
    assert kept.recording.record([a_run()])
    assert kept.there == 1
    assert (kept.folder / "history.db.damaged-1").exists()


def test_a_waiting_line_that_is_no_record_is_told(kept: Kept) -> None:
    kept.folder.joinpath("history.waiting.jsonl").write_text(json.dumps({"schema": 1}) + "\n")
    kept.recording.record([a_run()])
    assert kept.there == 1
    assert "look at them in" in kept.said[0]


@needs_postgres
@pytest.mark.slow
def test_a_server_that_stops_and_comes_back(tmp_path: Path) -> None:
    servers: list[Server] = []
    with server(safe=True, running=servers) as address:
        kept = Kept(f"{address}/postgres".replace("postgresql:", "postgresql+psycopg:"), tmp_path)
        kept.recording.record([a_run()])
        servers[0].stop()
        assert kept.recording.record([a_run(), a_run()])
        servers[0].start()
        kept.clock.advance(PAUSES[0])
        kept.recording.tend()
        assert (kept.there, kept.waiting) == (3, 0)
        kept.recording.close()
