"""Runs go into the history of [history]; whatever happens to it, verdicts stay what they are and nothing is lost."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import alembic.command  # noqa: F401  see below
import psycopg  # noqa: F401
import pytest
import sqlalchemy.dialects.postgresql
import sqlalchemy.dialects.sqlite  # noqa: F401

from pytest_synthetic.history import database, opening, schema, store
from pytest_synthetic.model.history import Counts, Selection

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran

# pytester forgets what an inner session imports first, and SQLAlchemy does not bear to be imported twice.

JOURNEYS = """
@pytest.mark.journey("Buy")
@pytest.mark.slo(0.99, "30d")
@pytest.mark.parametrize("number", range(3))
def test_buy(journey, number):
    with journey.step("pay"):
        assert number != 2
"""
BOTH = Counts(passed=2, failed=1)


@pytest.fixture
def here(pytester: pytest.Pytester) -> Path:
    """A folder with the default history."""
    (pytester.path / "synthetic.toml").write_text("[history]\n")
    return pytester.path


def counted(folder: Path) -> Counts:
    history = store.opened(f"sqlite:///{folder}/.synthetic/history.db")
    try:
        return history.counts(Selection(first_attempts=False)).get((), Counts())
    finally:
        history.close()


def change(file: Path, told: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(told)
        connection.commit()


OBJECTS = """
class Card: pass

@pytest.mark.journey("Buy")
@pytest.mark.region("eu")
@pytest.mark.parametrize("card", ["visa", pytest.param(Card(), id="amex"), Card(), "k3y-of-the-psp", "é" * 300])
def test_buy(card, journey):
    pass
"""


def test_the_parameters_of_a_run_are_those_that_pytest_shows(
    synthetic: Callable[..., Ran], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNTHETIC_HERE", "eu")
    toml = '[history]\n[regions.eu]\nproxy = "http://127.0.0.1:9"\n[redact]\npatterns = ["k3y-of-the-psp"]\n'
    synthetic(OBJECTS, "--synthetic-region", "eu", toml=toml)

    with closing(sqlite3.connect(here / ".synthetic/history.db")) as connection:
        told = [row[0] for row in connection.execute("SELECT parameters FROM run ORDER BY id")]
    assert told == ["visa", "amex", "card2", "[redacted:pattern]", "card4"]


def test_plain_pytest_writes_none(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    synthetic(JOURNEYS)
    assert not (pytester.path / ".synthetic" / "history.db").exists()


@pytest.mark.parametrize("how", [(), ("-n2",)])
def test_every_run_is_recorded(synthetic: Callable[..., Ran], here: Path, how: tuple[str, ...]) -> None:
    synthetic(JOURNEYS, *how)
    assert counted(here) == BOTH
    assert (here / ".synthetic" / ".gitignore").read_text() == "*\n"


def test_the_history_knows_no_secret(
    synthetic: Callable[..., Ran], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "kettle-and-cup-7")
    synthetic("""
@pytest.mark.journey("Log in")
def test_login(journey, secrets):
    assert secrets["SHOP_PASSWORD"] == "wrong"
""")
    assert counted(here) == Counts(failed=1)
    told = b"".join(path.read_bytes() for path in (here / ".synthetic").glob("history.db*"))
    assert b"kettle-and-cup-7" not in told


def test_a_damaged_file_is_moved_aside(synthetic: Callable[..., Ran], here: Path) -> None:
    (here / ".synthetic").mkdir()
    (here / ".synthetic" / "history.db").write_bytes(b"no database at all")
    ran = synthetic(JOURNEYS)
    assert "file is not a database. It was moved to" in ran.out
    assert counted(here) == BOTH
    assert (here / ".synthetic" / "history.db.damaged-1").read_bytes() == b"no database at all"


def test_what_cannot_be_written_waits_and_goes_in_later(synthetic: Callable[..., Ran], here: Path) -> None:
    synthetic(JOURNEYS)
    file = here / ".synthetic" / "history.db"
    change(file, "UPDATE alembic_version SET version_num = '9999'")
    ran = synthetic(JOURNEYS)
    assert ran.out.count("the history cannot be written") == 1
    assert "Upgrade pytest-synthetic. The records wait in" in ran.out
    waiting = here / ".synthetic" / "history.waiting.jsonl"
    assert len(waiting.read_text().splitlines()) == 3
    with waiting.open("a") as opened:
        opened.write("half a rec\n")
    change(file, f"UPDATE alembic_version SET version_num = '{schema.REVISIONS[-1]}'")
    ran = synthetic(JOURNEYS)
    assert "3 records that waited" in ran.out
    assert counted(here) == BOTH + BOTH + BOTH
    assert not waiting.exists()
    assert (here / ".synthetic" / "history.waiting.damaged").read_text() == "half a rec\n"


def test_a_server_that_is_down(synthetic: Callable[..., Ran], here: Path) -> None:
    (here / "synthetic.toml").write_text('[history]\nurl = "postgresql://me:geheimnis@127.0.0.1:1/history"\n')
    ran = synthetic(JOURNEYS)
    assert [run.verdict for run in ran.runs] == ["passed", "passed", "failed"]
    assert "refused" in ran.out
    assert "geheimnis" not in ran.out
    records = (here / ".synthetic" / "history.waiting.jsonl").read_text().splitlines()
    assert [json.loads(line)["verdict"] for line in records] == ["passed", "passed", "failed"]


def test_a_folder_where_a_file_is(synthetic: Callable[..., Ran], here: Path) -> None:
    (here / ".synthetic").write_text("in the way")
    ran = synthetic(JOURNEYS, "--synthetic-evidence=never")
    assert [run.verdict for run in ran.runs] == ["passed", "passed", "failed"]
    assert "the history cannot be written" in ran.out


def test_a_local_disk_is_no_network_share(tmp_path: Path) -> None:
    kind = database.file_system(tmp_path)
    assert kind is not None
    assert kind not in database.SHARED
    assert database.file_system(tmp_path / "not" / "there") == kind


def test_where_records_wait(tmp_path: Path) -> None:
    assert opening.waiting_of(f"sqlite:///{tmp_path}/a/h.db", tmp_path).path == tmp_path / "a" / "h.waiting.jsonl"
    assert opening.waiting_of("postgresql://x/y", tmp_path).path == tmp_path / "history.waiting.jsonl"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('url = "mysql://x"', "is no database that is known"),
        ('url = "sqlite:///"', "is no database that is known"),
        ("keep_days = 0", "expected a whole number of days above zero"),
        ("keepdays = 3", 'Did you mean "keep_days"'),
    ],
)
def test_settings_that_cannot_be_used(synthetic: Callable[..., Ran], here: Path, table: str, told: str) -> None:
    (here / "synthetic.toml").write_text(f"[history]\n{table}\n")
    assert told in str(synthetic(JOURNEYS).result.stderr)
