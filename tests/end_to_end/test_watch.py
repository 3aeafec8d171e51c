"""`synthetic watch` as its users start it: a process of its own, in a folder of journeys."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.slow

PATIENCE = 60.0

JOURNEY = """
import pytest, time

@pytest.mark.journey("{name}", id="{name}")
@pytest.mark.schedule("{every}")
def test_{name}(journey):
    with journey.step("look"):
        time.sleep({lasts})
"""


class Folder:
    """A folder of journeys, and the watchers started in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.watchers: list[subprocess.Popen[str]] = []

    def write(self, name: str, *, every: str = "2s", lasts: float = 0.0) -> Path:
        file = self.path / f"test_{name}.py"
        file.write_text(JOURNEY.format(name=name, every=every, lasts=lasts))
        return file

    def watch(self, *options: str) -> subprocess.Popen[str]:
        number = len(self.watchers)
        program = "from pytest_synthetic.cli import main; main()"
        command = [sys.executable, "-c", program, "watch", "--plain", *options]
        with (self.path / f"said-{number}.txt").open("w") as said:
            self.watchers.append(subprocess.Popen(command, cwd=self.path, stdout=said, stderr=said, text=True))
        return self.watchers[-1]

    def said(self, number: int = 0) -> str:
        return (self.path / f"said-{number}.txt").read_text()

    def runs(self, where: str = "1") -> list[tuple[str, str, int, str | None]]:
        """Journey, verdict, tick (ms), why: of each run, in the order of their ticks."""
        file = self.path / ".synthetic" / "history.db"
        if not file.exists():
            return []
        joined = "run JOIN journey ON journey.id = journey_id"
        order = "ORDER BY scheduled_ms, run.id"
        query = f"SELECT journey.key, verdict, scheduled_ms, claim FROM {joined} WHERE {where} {order}"
        with closing(sqlite3.connect(file, timeout=10)) as connection:
            try:
                return connection.execute(query).fetchall()
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):
                    return []
                raise

    def until(self, told: Callable[[], object], what: str) -> None:
        ends = time.monotonic() + PATIENCE
        while not told():
            assert time.monotonic() < ends, f"{what} never came. It said:\n{self.said(len(self.watchers) - 1)}"
            time.sleep(0.05)

    def commands(self) -> list[list[str]]:
        """The command lines of the processes that work in the folder."""
        found = []
        for process in self.left():
            with suppress(psutil.Error):
                found.append(process.cmdline())
        return found

    def left(self) -> list[psutil.Process]:
        """Processes that work in the folder."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.cwd() == str(self.path) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path)
    yield made
    for watcher in made.watchers:
        watcher.kill()
        watcher.wait()
    for process in made.left():
        process.kill()


def doubles(folder: Folder) -> list[tuple[str, int]]:
    ticks = [(journey, tick) for journey, _, tick, _ in folder.runs("attempt = 1")]
    return [tick for tick in set(ticks) if ticks.count(tick) > 1]


def test_each_journey_runs_on_its_schedule_and_sigterm_ends_it_in_order(folder: Folder) -> None:
    folder.write("quick")
    folder.write("slow", every="30s", lasts=30)
    watcher = folder.watch()
    folder.until(lambda: len(folder.runs("verdict = 'passed'")) >= 3, "the third run")

    watcher.send_signal(signal.SIGTERM)

    assert watcher.wait(PATIENCE) == 0
    told = folder.runs()
    assert {journey for journey, *_ in told} <= {"quick", "slow"}
    assert all(tick for _, _, tick, _ in told)
    assert not doubles(folder)
    assert folder.left() == []
    assert list((folder.path / ".synthetic" / "jobs").iterdir()) == []


def test_after_kill_9_nothing_runs_on_and_the_next_one_tells_what_was_interrupted(folder: Folder) -> None:
    folder.write("slow", every="10s", lasts=300)
    folder.write("quick")
    watcher = folder.watch()
    folder.until(lambda: [n for n in folder.path.glob(".synthetic/jobs/*/note.json") if "slow" in n.read_text()], "it")
    watcher.kill()
    watcher.wait()
    ends = time.monotonic() + 10
    while folder.left() and time.monotonic() < ends:
        time.sleep(0.05)
    assert folder.left() == []

    again = folder.watch()
    folder.until(lambda: folder.runs("verdict = 'broken'"), "the interrupted run")
    before = len(folder.runs("verdict = 'passed'"))
    folder.until(lambda: len(folder.runs("verdict = 'passed'")) > before, "the next run")
    again.send_signal(signal.SIGINT)

    assert again.wait(PATIENCE) == 0
    assert folder.runs("verdict = 'broken'")[0][0] == "slow"
    assert not doubles(folder)


def test_a_file_that_breaks_breaks_its_own_journeys_alone_until_it_is_mended(folder: Folder) -> None:
    folder.write("good")
    bad = folder.write("bad")
    folder.watch()
    folder.until(lambda: folder.runs("verdict = 'passed' AND journey.key = 'bad'"), "a run of bad")

    text = bad.read_text()
    bad.write_text("import nothing_of_that_name\n" + text)
    folder.until(lambda: folder.runs("verdict = 'broken' AND journey.key = 'bad'"), "a broken run")
    (_, _, since, why), *_ = folder.runs("verdict = 'broken'")
    assert "nothing_of_that_name" in str(why)
    folder.until(lambda: folder.runs(f"verdict = 'passed' AND journey.key = 'good' AND scheduled_ms > {since}"), "good")

    bad.write_text(text)
    folder.until(lambda: folder.runs(f"verdict = 'passed' AND journey.key = 'bad' AND scheduled_ms > {since}"), "bad")

    bad.unlink()
    folder.until(lambda: "no longer watched: bad (local)" in folder.said(), "the word that it is gone")
    assert not folder.runs("verdict = 'broken' AND journey.key = 'good'")


def test_nothing_to_watch_is_loud(folder: Folder) -> None:
    (folder.path / "test_one.py").write_text("def test_one(): pass\n")
    assert folder.watch().wait(PATIENCE) == 2
    assert "no journey was found" in folder.said()

    (folder.path / "test_two.py").write_text("import pytest\n@pytest.mark.journey('A')\ndef test_two(): pass\n")
    assert folder.watch().wait(PATIENCE) == 2
    assert "no journey has a schedule" in folder.said(1)
