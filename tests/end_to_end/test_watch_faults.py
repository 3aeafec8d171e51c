"""`synthetic watch` as production treats it: real processes, signals, disks and locks. Each tick has one record."""

from __future__ import annotations

import resource
import signal
import sqlite3
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING

import psutil
import pytest

from pytest_synthetic.history.ticks import Ticks
from tests.accounts import accounted, runs_of
from tests.end_to_end.test_watch import PATIENCE, Folder

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_synthetic.model.plan import Plan

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="keepers are Linux's")]

SECRET = "kiwi-4711-Quartz"
KINDS = """
import os, sys
import pytest

timely = pytest.mark.schedule("3s", max_lateness="30s")

@pytest.mark.skip(reason="the shop is closed")
@timely
@pytest.mark.journey("Skipped", id="skipped")
def test_skipped(journey): ...

@pytest.mark.xfail(reason="known since May")
@timely
@pytest.mark.journey("Expected", id="expected")
def test_expected(journey):
    assert 1 == 2

@pytest.mark.parametrize("size", ["S", "M", "L"])
@timely
@pytest.mark.journey("Variants", id="variants")
def test_variants(journey, size):
    assert size != "M"

@timely
@pytest.mark.journey("\u00e9t\u00e9 \U0001f6d2 " + "very " * 60 + "long", id="long-" + "x" * 300)
def test_long(journey): ...

@timely
@pytest.mark.journey("Loud", id="loud")
def test_loud(journey):
    for _ in range(200):
        print("x" * 100_000)

@timely
@pytest.mark.journey("Dropout", id="dropout")
def test_dropout(journey):
    os._exit(0)
"""


def url_of(folder: Folder) -> str:
    return f"sqlite:///{folder.path / '.synthetic' / 'history.db'}"


def watched(folder: Folder) -> tuple[Plan, ...]:
    ticks = Ticks(url_of(folder))
    try:
        return ticks.watched()
    finally:
        ticks.close()


def all_accounted(folder: Folder) -> Counter[str]:
    """For all that is watched, from its first record on."""
    assert open_claims(folder, time.time() + 3600) == []
    return accounted(runs_of(url_of(folder)), watched(folder))


def passes(folder: Folder, journey: str, after: int = 0) -> int:
    return len(folder.runs(f"verdict = 'passed' AND journey.key = '{journey}' AND scheduled_ms > {after}"))


def passes_on(folder: Folder, journey: str) -> None:
    """It runs again, from now on."""
    now = int(time.time() * 1000)
    folder.until(lambda: passes(folder, journey, now), f"a run of {journey}")


def watched_on(folder: Folder, why: str) -> bool:
    """Whether the watcher itself, and not a run, told why what was known before is watched on."""
    told = [line for line in folder.said().splitlines() if line.startswith("journeys: what was known before")]
    return any(why in line for line in told)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path)
    yield made
    for watcher in made.watchers:
        watcher.kill()
        watcher.wait()
    for process in made.left():
        process.kill()


@pytest.fixture
def terminal() -> Iterator[None]:
    """What is started hears SIGHUP, as in a terminal, also where nohup started the tests: programs inherit that."""
    before = signal.signal(signal.SIGHUP, lambda *_: None)
    yield
    signal.signal(signal.SIGHUP, before)


def ended(folder: Folder, number: int, how: signal.Signals) -> None:
    """In order, with nothing left."""
    watcher = folder.watchers[number]
    watcher.send_signal(how)
    assert watcher.wait(PATIENCE) == 0, folder.said(number)
    assert folder.left() == []
    assert list((folder.path / ".synthetic" / "jobs").glob("[!.]*")) == []  # half made ones are swept a minute later
    assert "Traceback" not in folder.said(number)


def test_a_policy_that_cannot_be_ends_no_watching(folder: Folder) -> None:
    settings = folder.path / "synthetic.toml"
    settings.write_text("[schedule]\nspread = false\n")
    folder.write("quick", every="1s")
    folder.watch()
    folder.until(lambda: passes(folder, "quick"), "a run")

    settings.write_text("[policies.all]\nregions = 2\n")
    folder.until(lambda: "watched on: " in folder.said() and "`regions = 2` can never be" in folder.said(), "the word")
    passes_on(folder, "quick")
    assert not folder.runs("verdict IN ('broken', 'failed')")
    ended(folder, 0, signal.SIGTERM)


@pytest.mark.usefixtures("terminal")
def test_journeys_of_all_kinds_and_edits_of_all_kinds(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", SECRET)
    settings = folder.path / "synthetic.toml"
    settings.write_text('[secrets]\nSHOP_PASSWORD = { env = "SHOP_PASSWORD" }\n')
    (folder.path / "test_kinds.py").write_text(KINDS)
    quick = folder.write("quick", every="1s")
    folder.watch()
    kinds = {"skipped", "expected", "variants", "loud", "dropout"}
    folder.until(lambda: kinds <= {journey for journey, *_ in folder.runs("verdict != 'missed'")}, "all of them")

    text = quick.read_text()
    quick.write_text(f"import os\nraise ImportError(os.environ['SHOP_PASSWORD'])\n{text}")
    folder.until(lambda: "quick cannot be read" in folder.said(), "the word that it cannot be read")
    conftest = folder.path / "conftest.py"
    conftest.write_text("import os\nraise RuntimeError(os.environ['SHOP_PASSWORD'])\n")
    folder.until(lambda: "journeys: what was known before is watched on" in folder.said(), "the word on conftest.py")
    quick.write_text(text)
    conftest.unlink()
    passes_on(folder, "quick")

    settings.write_text(settings.read_text() + "[runner]\ntime_limit = 4\n[bogus")
    folder.until(lambda: watched_on(folder, "not valid TOML"), "the word on the settings")
    settings.write_text(settings.read_text().replace("[bogus", ""))
    folder.until(lambda: watched_on(folder, "runs are not made"), "the word on a time limit above the schedule")
    settings.write_text(settings.read_text().replace("time_limit", "grace"))
    folder.until(lambda: "[runner] changed in the settings" in folder.said(), "the word on what counts later")
    passes_on(folder, "quick")

    quick.write_text(text.replace('"1s"', '"2s"').replace('id="quick"', 'id="renamed"'))
    folder.until(lambda: "no longer watched: quick (local)" in folder.said(), "the word that it is gone")
    passes_on(folder, "renamed")
    (folder.path / "test_never.py").write_text("import time\ntime.sleep(1000)\n")
    folder.until(lambda: [line for line in folder.commands() if "--collect-only" in line], "a collection")
    passes_on(folder, "renamed")
    ended(folder, 0, signal.SIGHUP)

    verdicts = all_accounted(folder)
    assert {"passed", "failed", "broken"} <= verdicts.keys()
    told = {str(run.reason) for run in runs_of(url_of(folder)) if run.journey == "dropout" and run.verdict != "missed"}
    assert any("recorded" in reason for reason in told), told  # the last one may have been ended with the watcher
    assert not [file for file in folder.path.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()]


def test_what_a_machine_does_to_a_watcher(folder: Folder) -> None:
    folder.write("quick", every="1s")
    watcher = folder.watch()
    folder.until(lambda: passes(folder, "quick") > 2, "runs")
    history = folder.path / ".synthetic" / "history.db"

    family = psutil.Process(watcher.pid).children()
    server = next(each for each in family if "fork_server" in " ".join(each.cmdline()))
    server.kill()
    passes_on(folder, "quick")

    watcher.send_signal(signal.SIGSTOP)
    time.sleep(13)
    watcher.send_signal(signal.SIGCONT)
    passes_on(folder, "quick")
    slept = folder.runs("verdict = 'missed' AND claim LIKE '%nothing ran here since%'")
    assert slept

    resource.prlimit(watcher.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))  # as a full disk
    began = int(time.time() * 1000)
    time.sleep(4)
    resource.prlimit(watcher.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    passes_on(folder, "quick")
    folder.until(lambda: folder.runs(f"verdict = 'missed' AND scheduled_ms > {began}"), "the missed ticks")

    with closing(sqlite3.connect(history, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        time.sleep(12)
        other.execute("ROLLBACK")
    passes_on(folder, "quick")
    assert "database is locked" in folder.said()
    assert accounted(runs_of(url_of(folder)), watched(folder)).keys() <= {"passed", "missed", "broken"}

    for part in history.parent.glob("history.db*"):
        part.unlink(missing_ok=True)
    folder.until(lambda: passes(folder, "quick") > 2, "runs in a new history")
    assert "A new history was begun" in folder.said()
    ended(folder, 0, signal.SIGTERM)
    all_accounted(folder)


def test_a_second_watcher_stands_by_and_takes_over(folder: Folder) -> None:
    for name in ("one", "two", "three"):
        folder.write(name, every="1s", lasts=0.2)
    first = folder.watch()
    folder.until(lambda: passes(folder, "one"), "a run")
    folder.watch()
    folder.until(lambda: "Watching" in folder.said(1), "the second watcher")
    now = int(time.time() * 1000)
    folder.until(lambda: passes(folder, "one", now) > 1, "runs of the first")
    folder.until(lambda: "this scheduler stands by in local: " in folder.said(1), "the second to stand by")
    assert "leads" not in folder.said(1)

    first.kill()
    first.wait()
    killed = time.time()
    folder.until(lambda: "leads in local now" in folder.said(1), "the second to lead")
    passes_on(folder, "one")
    folder.until(lambda: not open_claims(folder, killed), "the end of what the dead one had claimed")
    ended(folder, 1, signal.SIGINT)

    assert all_accounted(folder).keys() <= {"passed", "missed", "broken"}


def open_claims(folder: Folder, before: float) -> list[tuple[str, int]]:
    with closing(sqlite3.connect(folder.path / ".synthetic" / "history.db", timeout=10)) as connection:
        query = "SELECT journey, at_ms FROM tick WHERE state != 'done' AND at_ms < ?"
        return connection.execute(query, (before * 1000,)).fetchall()
