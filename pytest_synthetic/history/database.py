"""Opens the database of a history: settings of the connection, its schema, and what its errors mean."""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy import event, exc

from pytest_synthetic.config import folders
from pytest_synthetic.errors import HistoryDamaged, HistoryUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Engine, Table

BUSY = 10.0
"""Seconds that a writer waits for the others before it gives up."""
COPIED = 50
"""Rows from which on a copy is worth its own round trip."""
SERVER = {
    "connect_timeout": 5,  # seconds
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,  # milliseconds
}
"""How long a server may be silent: one that is gone must not hold up a run for a quarter of an hour."""
SHARED = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs", "davfs"})
"""File systems on which SQLite's locks do not hold: https://www.sqlite.org/faq.html#q5."""


def connect(url: str) -> Engine:
    """The database at `url`, opened when it is used. Raises HistoryUnavailable for what cannot hold one."""
    if url.startswith("sqlite"):
        return _sqlite(Path(url.removeprefix("sqlite:///")))
    try:
        engine = sqlalchemy.create_engine(url, pool_pre_ping=True, connect_args=SERVER)
    except ImportError:
        raise HistoryUnavailable(
            "PostgreSQL needs a driver that is not installed: pip install 'pytest-synthetic[postgresql]'"
        ) from None
    except (exc.ArgumentError, ValueError) as error:
        raise HistoryUnavailable(f"{shown(url)} is no address of a database: {error}") from None
    return engine


def _sqlite(path: Path) -> Engine:
    kind = file_system(path)
    if kind in SHARED:
        raise HistoryUnavailable(
            f"{path} lies on a network share ({kind}), where SQLite loses what it writes. Expected a local disk; for "
            "several machines use PostgreSQL"
        )
    try:
        if path.parent.name == ".synthetic":
            folders.ready(path.parent)
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HistoryUnavailable(f"{path.parent} cannot be made: {error.strerror}") from None
    engine = sqlalchemy.create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, and hold CREATE TABLE too
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # What reads first and writes then fails at once when another has written meanwhile, however long it may wait.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that may write: whole, or not at all. Raises HistoryUnavailable."""
    with explained(engine), engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One view of the database. Raises HistoryUnavailable."""
    with explained(engine), engine.connect() as connection:
        yield connection


def insert_many(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows of equal keys, of which none is there. PostgreSQL is three times as fast when it may copy them."""
    if connection.dialect.name != "postgresql" or len(rows) < COPIED:
        connection.execute(table.insert(), rows)
        return
    names = ", ".join(f'"{name}"' for name in rows[0])
    raw: Any = connection.connection.cursor()
    with raw.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(tuple(row.values()))


# -- errors ----------------------------------------------------------------------------------------------------------


@contextmanager
def explained(engine: Engine) -> Iterator[None]:
    """Errors of the database as ours. Raises HistoryUnavailable, HistoryDamaged."""
    try:
        yield
    except exc.DBAPIError as error:
        cause = getattr(error, "orig", None) or error
        damaged = str(getattr(cause, "sqlite_errorname", "")).startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))
        told = HistoryDamaged if damaged else HistoryUnavailable
        raise told(f"{shown(str(engine.url))}: {_said(cause)}") from error
    except (exc.SQLAlchemyError, OSError) as error:
        raise HistoryUnavailable(f"{shown(str(engine.url))}: {_said(error)}") from error


def _said(error: BaseException) -> str:
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    for sign, help_ in _HELP:
        if sign in first:
            return f"{first}. {help_}"
    return first


_HELP = (
    ("database is locked", f"Another process has been writing for {BUSY:.0f} s: end it, or try again"),
    ("readonly database", "Give this user the right to write to the file and its folder"),
    ("unable to open database file", "Look whether the folder is there and this user may write to it"),
    ("disk is full", "Make room, or shorten keep_days of [history]"),
    ("password authentication failed", "Look at the user and the password in `url` of [history]"),
    ("onnection refused", "Look whether the server runs, and at host and port in `url` of [history]"),
    ("does not exist", "Make the database first: createdb NAME"),
)


def shown(url: str) -> str:
    """The address as its user wrote it, without its password."""
    return re.sub(r"(//[^:/@]*):[^@]*@", r"\1:***@", url.replace("postgresql+psycopg:", "postgresql:", 1))


def file_system(path: Path) -> str | None:
    """The kind of file system that `path` lies on, as Linux calls it; None where that cannot be told."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    there = path.absolute()
    found = [(len(line.split()[1]), line.split()[2]) for line in mounts if _holds(line.split()[1], there)]
    return max(found)[1] if found else None


def _holds(mount: str, path: Path) -> bool:
    return path.is_relative_to(mount.replace("\\040", " "))
