"""A history that is locked, read-only, full, damaged, gone or stopped: verdicts stay, one line says why, nothing is lost."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import alembic.command  # noqa: F401  see tests/plugin/test_history.py
import psycopg  # noqa: F401
import pytest
import sqlalchemy.dialects.postgresql
import sqlalchemy.dialects.sqlite  # noqa: F401
from click.testing import CliRunner

from pytest_synthetic import cli
from pytest_synthetic.errors import HistoryDamaged, SyntheticError
from pytest_synthetic.history import opening, store
from pytest_synthetic.history.waiting import Replayed, Waiting
from pytest_synthetic.model.history import Counts, Selection
from pytest_synthetic.model.run import Measurement
from pytest_synthetic.model.sla import Slo
from tests.runs import a_run, a_step

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran

ALL = Selection(first_attempts=False)
JOURNEYS = """
{}
@pytest.mark.journey("Buy")
@pytest.mark.parametrize("number", range(3))
def test_buy(journey, number):
    with journey.step(NAME):
        between(number)
        assert number != 2
"""
QUIET = "def between(number): pass"
VERDICTS = ["passed", "passed", "failed"]
BOTH = Counts(passed=2, failed=1)


@pytest.fixture
def here(pytester: pytest.Pytester) -> Path:
    """A folder with a history that holds a session, and gives up on a lock soon."""
    (pytester.path / "synthetic.toml").write_text('[history]\nurl = "sqlite:///.synthetic/history.db?timeout=0.1"\n')
    return pytester.path


@pytest.fixture
def session(synthetic: Callable[..., Ran]) -> Callable[..., Ran]:
    """Run a session whose verdicts must be what they always are; `between` is what its steps do to the history."""

    def run(between: str = QUIET, **options: bool) -> Ran:
        ran = synthetic(JOURNEYS.format(f'NAME = "pay"\n{between}'), **options)
        assert ran.verdicts == VERDICTS
        assert ran.result.ret == pytest.ExitCode.TESTS_FAILED
        assert "Traceback" not in ran.out + str(ran.result.stderr)
        assert ran.out.count("the history cannot be written") <= 1
        return ran

    return run


def file(here: Path) -> Path:
    return here / ".synthetic" / "history.db"


def waiting(here: Path) -> list[str]:
    path = here / ".synthetic" / "history.waiting.jsonl"
    return path.read_text().splitlines() if path.exists() else []


def counted(path: Path) -> Counts:
    history = store.opened(f"sqlite:///{path}")
    try:
        return history.counts(ALL).get((), Counts())
    finally:
        history.close()


def told(here: Path, *arguments: str) -> tuple[int, str]:
    """The exit code of a `synthetic` command, and what it says of an error."""
    try:
        result = CliRunner().invoke(
            cli.synthetic, [*arguments, "--config", str(here / "synthetic.toml")], standalone_mode=False
        )
        if isinstance(result.exception, SyntheticError):
            return 2, str(result.exception)
        assert result.exception is None, result.output
    except SyntheticError as error:
        return 2, str(error)
    return result.exit_code, result.output


# -- locked, replaced ------------------------------------------------------------------------------------------------


def test_a_file_that_another_process_holds(session: Callable[..., Ran], here: Path) -> None:
    session()
    with closing(sqlite3.connect(file(here), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        ran = session()
        other.execute("COMMIT")
    assert "database is locked. Another process has been writing for too long: end it, or try again" in ran.out
    assert len(waiting(here)) == 3
    assert told(here, "history", "prune")[0] == 0
    assert counted(file(here)) == BOTH + BOTH
    assert waiting(here) == []


REMOVE = """
import pathlib
def between(number):
    if number == 1:
        for path in pathlib.Path(".synthetic").glob("history.db*"): path.unlink()
"""


def test_a_file_that_is_removed_meanwhile(session: Callable[..., Ran], here: Path) -> None:
    ran = session(REMOVE)
    assert "history.db was removed or replaced meanwhile. A new history was begun" in ran.out
    assert counted(file(here)) == Counts(passed=1, failed=1)


REPLACE = """
import pathlib
def between(number):
    if number == 1:
        pathlib.Path(".synthetic/history.db").rename(".synthetic/other.db")
        for part in ("-wal", "-shm"): pathlib.Path(".synthetic/history.db" + part).unlink()
        pathlib.Path(".synthetic/new.db").rename(".synthetic/history.db")
"""


def test_a_file_that_is_replaced_meanwhile(session: Callable[..., Ran], here: Path) -> None:
    (here / ".synthetic").mkdir()
    store.opened(f"sqlite:///{here}/.synthetic/new.db").close()
    session(REPLACE)
    assert counted(file(here)) == Counts(passed=1, failed=1)


@pytest.mark.parametrize("name", ["what?", "50%41 #1", "a b'c"])
def test_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    history = store.opened(f"sqlite:///{tmp_path / name}/history.db")
    history.record([a_run()])
    history.close()
    assert (tmp_path / name / "history.db").exists()


# -- read-only, full -------------------------------------------------------------------------------------------------

AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
WRITER = """
import sys
from pathlib import Path
from types import SimpleNamespace
from pytest_synthetic.config.settings import HistorySettings
from pytest_synthetic.plugin.history import History
from tests.runs import a_run
settings = SimpleNamespace(history=HistorySettings(url=sys.argv[2]), source=None)
here = SimpleNamespace(settings=settings, config=SimpleNamespace(rootpath=Path(sys.argv[1])))
history = History(here, print)
for number in range(3): history.run_finished(a_run(minutes=number))
history.close()
"""


def as_nobody(folder: Path, url: str = "sqlite:///h/history.db") -> list[str]:
    """What is said when a user without rights records three runs."""
    for parent in (folder, *folder.parents[:-2]):
        parent.chmod(parent.stat().st_mode | 0o055)
    command = [*AS_NOBODY, sys.executable, "-c", WRITER, str(folder), url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_a_file_that_is_read_only(tmp_path: Path) -> None:
    path = tmp_path / "h" / "history.db"
    store.opened(f"sqlite:///{path}").close()
    path.parent.chmod(0o777)
    path.chmod(0o444)
    (why,) = as_nobody(tmp_path)
    assert "readonly database. Give this user the right to write to the file and its folder. The records wait" in why
    assert len((tmp_path / "h" / "history.waiting.jsonl").read_text().splitlines()) == 3


def test_a_folder_that_is_read_only(tmp_path: Path) -> None:
    path = tmp_path / "h" / "history.db"
    store.opened(f"sqlite:///{path}").close()
    path.chmod(0o444)
    path.parent.chmod(0o555)
    why, lost = as_nobody(tmp_path)
    assert why.startswith("the history cannot be written: ")
    assert lost.startswith(f"3 records are LOST: {path.parent}/history.waiting.jsonl cannot be written either: ")
    assert "--synthetic-jsonl FILE" in lost


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    why, lost = as_nobody(tmp_path)
    assert f"{tmp_path}/h cannot be made: Permission denied" in why
    assert "3 records are LOST" in lost


FULL = """
import random
from sqlalchemy import event
from sqlalchemy.engine import Engine
NAME = random.Random(7).randbytes(20_000).hex()
def limit(connection, record):
    connection.execute("PRAGMA max_page_count = 1")
def between(number):
    if number == 0: event.listen(Engine, "connect", limit)
    if number == 2: event.remove(Engine, "connect", limit)
"""


def test_a_full_disk(session: Callable[..., Ran], here: Path) -> None:
    store.opened(f"sqlite:///{file(here)}").close()
    ran = session(FULL)
    assert "disk is full. Make room, or shorten keep_days of [history]. The records wait in" in ran.out
    assert len(waiting(here)) == 3


# -- damaged ---------------------------------------------------------------------------------------------------------


def overwritten(path: Path) -> None:
    """Damage the file so that it opens: its tables are listed, but what they hold cannot be read."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        roots = connection.execute("SELECT rootpage FROM sqlite_master WHERE tbl_name IN ('run', 'step')").fetchall()
    with path.open("r+b") as opened:
        for (page,) in roots:
            opened.seek((page - 1) * size)
            opened.write(b"\xff" * size)


def test_a_file_that_is_damaged_in_the_middle(session: Callable[..., Ran], here: Path) -> None:
    session()
    overwritten(file(here))
    code, why = told(here, "history", "--since", "1d")
    assert code == 2
    assert "disk image is malformed. Move the file away" in why
    ran = session()
    assert "malformed. It was moved to" in ran.out
    assert counted(file(here)) == BOTH
    assert file(here).with_name("history.db.damaged-1").exists()
    assert told(here, "history", "--since", "1d")[0] == 0


def test_a_damaged_file_for_which_records_wait(session: Callable[..., Ran], here: Path) -> None:
    session()
    overwritten(file(here))
    Waiting(file(here).with_suffix(".waiting.jsonl")).add([a_run()])
    ran = session()
    assert ran.out.count("It was moved to") == 1
    assert counted(file(here)) == BOTH + Counts(passed=1)


def test_a_sound_file_is_never_moved(tmp_path: Path) -> None:
    """As when another process has moved the damaged one, and begun a new one, meanwhile."""
    url = f"sqlite:///{tmp_path}/history.db"
    store.opened(url).close()
    said: list[str] = []
    opening.put_aside(url, HistoryDamaged("damaged"), said.append)
    assert said == []
    assert (tmp_path / "history.db").exists()


# -- what waits ------------------------------------------------------------------------------------------------------


def test_a_line_that_was_cut_takes_no_other_with_it(tmp_path: Path) -> None:
    history = store.opened(f"sqlite:///{tmp_path}/history.db")
    waiting = Waiting(tmp_path / "history.waiting.jsonl")
    waiting.add([a_run()])
    with waiting.path.open("ab") as opened:
        opened.write(b'{"schema":1,"run_id":"0af7')
    waiting.add([a_run(), a_run()])
    new, damaged, why = waiting.replay(history)
    assert (new, damaged) == (3, 1)
    assert why.startswith("not JSON: ")
    assert waiting.damaged.read_bytes() == b'{"schema":1,"run_id":"0af7\n'
    assert not waiting.path.exists()
    history.close()


def test_damaged_lines_are_told(session: Callable[..., Ran], here: Path) -> None:
    (here / ".synthetic").mkdir()
    (here / ".synthetic" / "history.waiting.jsonl").write_bytes(b"half\n\xff\xfe\n")
    (told,) = re.findall(
        r"2 lines of .* are no records that can be taken \((.+)\): look", " ".join(session().out.split())
    )
    assert told
    assert (here / ".synthetic" / "history.waiting.damaged").read_bytes() == b"half\n\xff\xfe\n"


# -- much ------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_ten_thousand_steps_and_forty_thousand_measurements(tmp_path: Path) -> None:
    history = store.opened(f"sqlite:///{tmp_path}/history.db")
    run = a_run(
        steps=tuple(a_step(f"step {number}") for number in range(10_000)),
        measurements=tuple(Measurement(name=f"m{n % 50}", value=n / 7, unit="s") for n in range(40_000)),
    )
    waiting = Waiting(tmp_path / "history.waiting.jsonl")
    waiting.add([run])
    assert waiting.replay(history) == Replayed(new=1, damaged=0)
    assert history.run(run.run_id) == run
    assert len(history.measurements(ALL, "m1")[()]) == 800
    history.close()


# -- the clock -------------------------------------------------------------------------------------------------------


def test_a_clock_that_went_back(session: Callable[..., Ran], here: Path) -> None:
    session()
    with closing(sqlite3.connect(file(here))) as connection:
        connection.execute("INSERT INTO about VALUES ('gone_before_ms', '9999999999999')")
        connection.commit()
    ran = session()
    assert ran.out.count("it takes no run of it any more") == 3
    kept = (here / ".synthetic" / "history.waiting.damaged").read_text().splitlines()
    assert [json.loads(line)["verdict"] for line in kept] == VERDICTS


# -- nothing to say --------------------------------------------------------------------------------------------------

COMMANDS = ("history", "slo", "steps", "compare --release 1 2", "owners", "flakes", "gate", "gate --release 2")
SAID_NOTHING = ("broken", "blocked", "skipped", "missed")


@pytest.mark.parametrize("verdicts", [(), SAID_NOTHING], ids=["no run", "no run that says something"])
@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_is_never_a_hundred_per_cent(here: Path, command: str, verdicts: tuple[str, ...]) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    target = Slo(availability=0.99, window=86_400.0 * 30)
    history = store.opened(f"sqlite:///{file(here)}")
    history.record([a_run(verdict, started_at=yesterday, duration=None, slo=target) for verdict in verdicts])
    history.close()
    _, table = told(here, *command.split())
    _, answer = told(here, *command.split(), "--format", "json")
    assert "100" not in table
    assert " 1.0" not in answer
    if command.startswith("gate"):
        assert json.loads(answer)["outcome"] == "unknown"
