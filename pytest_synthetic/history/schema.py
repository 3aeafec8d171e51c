"""Brings a database to the schema of this version, forward only."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy
from sqlalchemy import text

from pytest_synthetic.errors import HistoryUnavailable
from pytest_synthetic.history import database

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

MIGRATIONS = Path(__file__).parent / "migrations"
REVISIONS = tuple(sorted(path.stem.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py")))
"""The schemas there were, oldest first: the last one is this version's."""
LOCK = 0x5359_4E54
"""PostgreSQL's advisory lock that whoever changes the schema holds: "SYNT"."""


def ensure(engine: Engine) -> None:
    """Make or upgrade the tables; two processes at once do it once.

    Raises HistoryUnavailable, also for a database that a newer version has written.
    """
    with database.reading(engine) as connection:
        if _is_current(connection):
            return
    with database.explained(engine), engine.connect().execution_options(writes=True) as connection:
        if sqlite := engine.dialect.name == "sqlite":
            # Otherwise rebuilding a table removes all rows that point to it.
            _pragma(connection, "foreign_keys=OFF")
        with connection.begin():
            if not sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            if not _is_current(connection):  # while we waited, another process may have done it
                _upgrade(connection)
        connection.invalidate()  # the next one has foreign keys again


def is_made(engine: Engine) -> bool:
    """Whether there are tables of a history. Raises HistoryUnavailable."""
    with database.reading(engine) as connection:
        return sqlalchemy.inspect(connection).has_table("alembic_version")


def _pragma(connection: Connection, told: str) -> None:
    raw = connection.connection.dbapi_connection
    if raw is not None:
        raw.cursor().execute(f"PRAGMA {told}")


def _is_current(connection: Connection) -> bool:
    """Whether nothing is to be done. Raises HistoryUnavailable for a schema of a newer version."""
    if not sqlalchemy.inspect(connection).has_table("alembic_version"):
        return False
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found not in REVISIONS:
        if not sqlalchemy.inspect(connection).has_table("about"):
            where = database.shown(str(connection.engine.url))
            raise HistoryUnavailable(f"{where} holds the tables of another program. Give the history its own database")
        by = connection.execute(text("SELECT value FROM about WHERE name = 'written_by'")).scalar()
        raise HistoryUnavailable(
            f"{database.shown(str(connection.engine.url))} has schema {found}, written by pytest-synthetic {by}; this "
            f"is {version('pytest-synthetic')}, which knows up to {REVISIONS[-1]}. Upgrade pytest-synthetic"
        )
    return found == REVISIONS[-1]


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite" and (lost := connection.execute(text("PRAGMA foreign_key_check")).first()):
        raise HistoryUnavailable(f"the new schema would lose rows of {lost[0]}: nothing was changed")
    connection.execute(text("DELETE FROM about WHERE name = 'written_by'"))
    written_by = {"value": version("pytest-synthetic")}
    connection.execute(text("INSERT INTO about (name, value) VALUES ('written_by', :value)"), written_by)
