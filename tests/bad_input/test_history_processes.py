"""Processes that write at once, or are killed while they write: what is in the history is whole, and in it once."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.config.settings import HistorySettings
from pytest_synthetic.history import opening, store
from pytest_synthetic.history.waiting import Replayed, Waiting
from pytest_synthetic.model.history import Selection
from tests.runs import NOON, a_run, a_step

if TYPE_CHECKING:
    from pathlib import Path

ALL = Selection(first_attempts=False)
DAY = 24 * 60.0

RECORDER = """
import sys
from tests.runs import a_run, a_step
from pytest_synthetic.history import store
from pytest_synthetic.history.waiting import Waiting
from pytest_synthetic.history.opening import ready, waiting_of
from pathlib import Path
url, seed = sys.argv[1], int(sys.argv[2])
history = ready(url, Path("."), lambda told: None)
waiting = waiting_of(url, Path("."))
for number in range(100_000):
    run = a_run(minutes=number, steps=tuple(a_step(f"step {part}") for part in range(20)))
    if number % 3: history.record([run])
    else: waiting.add([run])
    print(run.run_id, flush=True)
"""
"""Says each run once it was kept, in the history or beside it."""


def whole(path: Path) -> None:
    """Every run has its record and its steps, and no part has no run."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        halves = "SELECT count(*) FROM run WHERE id NOT IN (SELECT id FROM record)"
        assert connection.execute(halves).fetchone() == (0,)
        steps = "SELECT count(*) FROM run WHERE (SELECT count(*) FROM step WHERE step.run = run.id) != 20"
        assert connection.execute(steps).fetchone() == (0,)


@pytest.mark.slow
def test_processes_that_are_killed_while_they_write(tmp_path: Path) -> None:
    url, said = f"sqlite:///{tmp_path}/history.db", []
    dice = random.Random(7)
    for seed in range(6):
        process = subprocess.Popen([sys.executable, "-c", RECORDER, url, str(seed)], stdout=subprocess.PIPE, text=True)
        assert process.stdout
        said += [process.stdout.readline().strip() for _ in range(dice.randrange(1, 40))]
        process.send_signal(signal.SIGKILL)
        said += process.stdout.read().split()
        process.wait()
        process.stdout.close()

    history = opening.ready(url, tmp_path, print)
    kept = {line.run_id for line in history.runs(ALL)}
    assert len(said) > 50
    assert [run_id for run_id in said if len(run_id) == 32 and run_id not in kept] == []
    history.close()
    whole(tmp_path / "history.db")
    assert not (tmp_path / "history.waiting.jsonl").exists()


WRITER = """
import sys
from tests.runs import a_run, a_step
from pytest_synthetic.history import store
history = store.opened(sys.argv[1])
first = int(sys.argv[2])
for number in range(120):
    history.record([a_run(minutes=number * 1440 + first, steps=tuple(a_step(f"s {n}") for n in range(20)))])
"""


@pytest.mark.slow
def test_two_write_while_a_third_prunes(tmp_path: Path) -> None:
    """Days that are gone are refused, so each run is counted once at most: in a day, or by itself."""
    url = f"sqlite:///{tmp_path}/history.db"
    history = store.opened(url)
    history.record([a_run(minutes=number * DAY, steps=(a_step(),)) for number in range(0, 60, 10)])
    command = [sys.executable, "-c", WRITER, url]
    writers = [subprocess.Popen([*command, str(first)], stderr=subprocess.PIPE, text=True) for first in (1, 2)]
    now, folded = NOON + timedelta(days=100), 0
    while any(writer.poll() is None for writer in writers):
        folded += history.prune(HistorySettings(keep_days=35), now).runs
    for writer in writers:
        _, told = writer.communicate()
        assert (writer.returncode, told) == (0, "")
    folded += history.prune(HistorySettings(keep_days=35), now).runs
    in_days = sum(counts.all for counts in history.day_counts(Selection()).values())
    young = history.counts(Selection())[()].all
    assert in_days == folded
    assert young == 2 * (120 - 65)
    history.close()
    with closing(sqlite3.connect(tmp_path / "history.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.slow
def test_many_lines_that_wait(tmp_path: Path) -> None:
    """They are read as they go in: the memory does not grow with the file."""
    waiting = Waiting(tmp_path / "history.waiting.jsonl")
    known = a_run()
    waiting.add([known] * 20_000)
    waiting.add(a_run(minutes=number) for number in range(10))
    replay = f"""
import resource, sys
from pathlib import Path
from pytest_synthetic.history import opening, store
url, folder = {f"sqlite:///{tmp_path}/history.db"!r}, Path({str(tmp_path)!r})
history = store.opened(url)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(opening.waiting_of(url, folder).replay(history).new, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    size = waiting.path.stat().st_size
    done = subprocess.run([sys.executable, "-c", replay], capture_output=True, text=True, check=True)
    new, grown = map(int, done.stdout.split())
    assert new == 11
    assert grown * 1024 < size / 4
    assert Replayed(0, 0) == waiting.replay(store.opened(f"sqlite:///{tmp_path}/history.db"))
