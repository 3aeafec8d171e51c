"""Opens the database of a history: settings of the connection, its schema, and what its errors mean."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy import BigInteger, event, exc, literal_column, text

from pytest_synthetic.config import folders
from pytest_synthetic.errors import HistoryDamaged, HistoryRefused, HistoryUnavailable
from pytest_synthetic.history import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Engine, Row, Table

BUSY = 10.0
"""Seconds that a writer waits for the others before it gives up, unless `?timeout=` of the address says others."""
LOCK_WAIT = "10s"
"""How long PostgreSQL waits for a lock that others hold."""
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
_NOW = {
    "sqlite": literal_column("CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)", BigInteger),
    "postgresql": literal_column("CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)", BigInteger),
}
_BOUNDS = text(
    # A process that stands still in the middle of this must not hold up the others.
    "SELECT set_config('lock_timeout', '5s', true), set_config('statement_timeout', '10s', true), "
    "set_config('idle_in_transaction_session_timeout', '10s', true)"
)
_ADDRESS = re.compile(r"sqlite:///(.+?)(?:\?timeout=(\d+(?:\.\d+)?))?", re.DOTALL)


def file_of(url: str) -> Path | None:
    """The file of an address of SQLite; None for that of a server."""
    found = _ADDRESS.fullmatch(url)
    return Path(found[1]) if found else None


def connect(url: str) -> Engine:
    """The database at `url`, opened when it is used. Raises HistoryUnavailable for what cannot hold one."""
    if found := _ADDRESS.fullmatch(url):
        return _sqlite(Path(found[1]), float(found[2] or BUSY))
    try:
        engine = sqlalchemy.create_engine(url, pool_pre_ping=True, connect_args=SERVER)
    except ImportError:
        raise HistoryUnavailable(
            "PostgreSQL needs a driver that is not installed: pip install 'pytest-synthetic[postgresql]'"
        ) from None
    except (exc.ArgumentError, ValueError) as error:
        raise HistoryUnavailable(f"{shown(url)} is no address of a database: {error}") from None
    event.listen(engine, "begin", _no_endless_wait)
    return engine


def _no_endless_wait(connection: Connection) -> None:
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")


def _sqlite(path: Path, busy: float) -> Engine:
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
    address = sqlalchemy.URL.create("sqlite", database=str(path))  # whatever signs the path has
    engine = sqlalchemy.create_engine(address, connect_args={"timeout": busy})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "connect", lambda _, record: record.info.update(file=_identity(path)))
    event.listen(engine, "checkout", lambda _, record, __: _must_be_there(path, record.info))
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, and hold CREATE TABLE too
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _must_be_there(path: Path, known: dict[str, Any]) -> None:
    """Raise _Gone when the open file is no longer that of the path: what is written would be lost with it."""
    try:
        same = _identity(path) == known["file"]
    except FileNotFoundError:
        same = False
    if not same:
        raise _Gone


class _Gone(Exception):
    """The file was removed, or another put in its place."""


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
def briefly(engine: Engine) -> Iterator[Connection]:
    """One transaction that may write and soon ends. Raises HistoryUnavailable."""
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(_BOUNDS)
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One view of the database. Raises HistoryUnavailable."""
    with explained(engine), engine.connect() as connection:
        yield connection


def now(engine: Engine) -> ColumnElement[int]:
    """The present moment by the clock of the database, in milliseconds since 1970."""
    return _NOW[engine.dialect.name]


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


def insert_new(
    connection: Connection, table: Table, rows: Sequence[dict[str, Any]], told: Sequence[str]
) -> Sequence[Row[Any]]:
    """Add rows of equal keys, but for those that are there. Returns the columns `told` of those that are new.

    PostgreSQL gets many as one array a column: its driver reads a statement of many rows sign by sign.
    """
    if not rows:
        return []
    if connection.dialect.name != "postgresql" or len(rows) < COPIED:
        add = names.inserting(connection, table).on_conflict_do_nothing().returning(*(table.c[name] for name in told))
        return connection.execute(add, rows).all()
    into = ", ".join(f'"{name}"' for name in rows[0])
    arrays = ", ".join(f"%s::{table.c[name].type.compile(connection.dialect)}[]" for name in rows[0])
    insert = (
        f'INSERT INTO "{table.name}" ({into}) SELECT * FROM unnest({arrays}) '  # noqa: S608  our own names
        f"ON CONFLICT DO NOTHING RETURNING {', '.join(told)}"
    )
    return connection.exec_driver_sql(insert, tuple([row[name] for row in rows] for name in rows[0])).all()


# -- errors ----------------------------------------------------------------------------------------------------------


@contextmanager
def explained(engine: Engine) -> Iterator[None]:
    """Errors of the database as ours. Raises HistoryUnavailable, HistoryDamaged, HistoryRefused."""
    where = shown(str(engine.url))
    try:
        yield
    except _Gone:
        raise HistoryDamaged(f"{where} was removed or replaced meanwhile") from None
    except exc.DBAPIError as error:
        cause = getattr(error, "orig", None) or error
        raise _kind(cause)(f"{where}: {_said(cause)}") from error
    except (exc.SQLAlchemyError, OSError) as error:
        raise HistoryUnavailable(f"{where}: {_said(error)}") from error
    except (ValueError, OverflowError) as error:  # from the driver, of a value that it cannot pass on
        raise HistoryRefused(f"{where}: {_said(error)}") from error


def _kind(cause: BaseException) -> type[HistoryUnavailable]:
    if is_damage(cause):
        return HistoryDamaged
    state = getattr(cause, "sqlstate", None) or ""
    refused = state[:2] in _REFUSED or isinstance(cause, sqlite3.IntegrityError | sqlite3.DataError)
    return HistoryRefused if refused else HistoryUnavailable


_REFUSED = ("22", "23", "54")
"""Classes of PostgreSQL's errors that a record is at fault for: its data, a constraint, a limit of size."""


def is_damage(error: BaseException) -> bool:
    """Whether SQLite says that the file is no database, or no whole one."""
    return str(getattr(error, "sqlite_errorname", "")).startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def is_damaged(path: Path) -> bool:
    """Whether the file is no whole database. Reads all of it."""
    with closing(sqlite3.connect(path)) as connection:
        try:
            return bool(connection.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",))
        except sqlite3.DatabaseError as error:
            return is_damage(error)


def _said(error: BaseException) -> str:
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    for sign, help_ in _HELP:
        if re.search(sign, first):
            return f"{first.rstrip('.')}. {help_}"
    return first


_HELP = (
    ("database is locked", "Another process has been writing for too long: end it, or try again"),
    ("lock timeout", "Another process holds a lock on the tables: end it, or try again"),
    ("readonly database", "Give this user the right to write to the file and its folder"),
    ("unable to open database file", "Look whether the folder is there and this user may write to it"),
    ("disk I/O error", "Look whether the disk is full, or broken"),
    ("disk is full|No space left", "Make room, or shorten keep_days of [history]"),
    ("password authentication failed", "Look at the user and the password in `url` of [history]"),
    (
        "onnection refused|onnection timeout|closed the connection|terminating connection|(?:starting|shutting) up",
        "Look whether the server runs, and at host and port in `url` of [history]",
    ),
    ("resolve host|translate host", "Look at the host in `url` of [history]"),
    ("database .* does not exist", "Make the database first: createdb NAME"),
    ("permission denied", "Give this user the right to make and to write tables: GRANT"),
)


def shown(url: str) -> str:
    """The address as its user wrote it, without its password."""
    plain = url.replace("postgresql+psycopg:", "postgresql:", 1)
    return re.sub(r"([?&](?:ssl)?password)=[^&]*", r"\1=***", re.sub(r"(//[^:/@]*):[^@]*@", r"\1:***@", plain))


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
