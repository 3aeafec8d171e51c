"""A PostgreSQL that stops, refuses or is locked while a session runs: verdicts stay, one line says why, nothing is lost."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from pytest_synthetic.config.settings import HistorySettings
from pytest_synthetic.errors import HistoryUnavailable
from pytest_synthetic.history import database, opening, store
from pytest_synthetic.model.history import Counts, Selection
from pytest_synthetic.plugin.history import History
from tests.postgres import Server, needs_postgres, server
from tests.runs import a_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [needs_postgres, pytest.mark.slow]
ALL = Selection(first_attempts=False)


@pytest.fixture
def running() -> Iterator[tuple[str, Server]]:
    """A server of its own that forgets nothing when it is stopped, and its address."""
    servers: list[Server] = []
    with server(safe=True, running=servers) as address:
        yield f"{address}/postgres".replace("postgresql:", "postgresql+psycopg:"), servers[0]


def recording(url: str, folder: Path, say: Callable[[str], object]) -> History:
    """What a session records with."""
    session: Any = SimpleNamespace(
        settings=SimpleNamespace(history=HistorySettings(url=url), source=None),
        config=SimpleNamespace(rootpath=folder),
    )
    return History(session, say)


def waiting(folder: Path) -> int:
    path = folder / ".synthetic" / "history.waiting.jsonl"
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_a_server_that_stops_and_comes_back(running: tuple[str, Server], tmp_path: Path) -> None:
    url, process = running
    said: list[str] = []
    history = recording(url, tmp_path, said.append)
    history.run_finished(a_run())
    process.stop()
    history.run_finished(a_run())
    process.start()
    history.run_finished(a_run())
    history.close()
    (why,) = said
    assert "Look whether the server runs, and at host and port in `url` of [history]. The records wait in" in why
    assert waiting(tmp_path) == 2

    again = recording(url, tmp_path, said.append)
    again.run_finished(a_run())
    again.close()
    assert "2 records that waited" in said[-1]
    kept = store.opened(url)
    assert kept.counts(ALL) == {(): Counts(passed=4)}
    kept.close()


def test_a_server_that_was_restarted_between_two_runs(running: tuple[str, Server], tmp_path: Path) -> None:
    url, process = running
    said: list[str] = []
    history = recording(url, tmp_path, said.append)
    history.run_finished(a_run())
    process.stop()
    process.start()
    history.run_finished(a_run())
    history.close()
    assert said == []
    assert waiting(tmp_path) == 0


def test_a_wrong_password(running: tuple[str, Server], tmp_path: Path) -> None:
    url, process = running
    known = store.opened(url)
    with database.writing(known.engine) as connection:
        connection.execute(text("ALTER ROLE synthetic PASSWORD 'right'"))
    known.close()
    process.ask_for_passwords()
    said: list[str] = []
    for address in (url.replace("synthetic@", "synthetic:geheimnis@"), f"{url}?password=geheimnis"):
        history = recording(address, tmp_path, said.append)
        history.run_finished(a_run())
        history.run_finished(a_run())
        history.close()
    assert len(said) == 2
    assert all("Look at the user and the password in `url` of [history]. The records wait in" in why for why in said)
    assert "geheimnis" not in "".join(said)
    assert waiting(tmp_path) == 4
    opening.ready(url.replace("synthetic@", "synthetic:right@"), tmp_path / ".synthetic", said.append).close()
    assert waiting(tmp_path) == 0


def test_tables_that_another_process_holds(
    running: tuple[str, Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, _ = running
    monkeypatch.setattr(database, "LOCK_WAIT", "100ms")
    said: list[str] = []
    history = recording(url, tmp_path, said.append)
    history.run_finished(a_run())
    other = database.connect(url)
    with other.begin() as connection:
        connection.execute(text("LOCK TABLE run IN ACCESS EXCLUSIVE MODE"))
        history.run_finished(a_run())
        history.run_finished(a_run())
    other.dispose()
    history.close()
    (why,) = said
    assert "Another process holds a lock on the tables: end it, or try again" in why
    assert waiting(tmp_path) == 2


def test_tables_of_another_program(running: tuple[str, Server], tmp_path: Path) -> None:
    url, _ = running
    other = database.connect(url)
    with other.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num text)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('cafe')"))
    other.dispose()
    with pytest.raises(HistoryUnavailable, match="holds the tables of another program"):
        opening.ready(url, tmp_path, print)
