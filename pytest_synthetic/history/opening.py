"""A history ready to use: a damaged file is moved aside, and what waits beside it goes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from filelock import FileLock

from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.errors import HistoryDamaged, HistoryUnavailable
from pytest_synthetic.history import database, schema, store
from pytest_synthetic.history.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WHY = 200
"""Characters of a reason that are said."""
LOCKED = 10.0
"""Seconds to wait for another process that moves the damaged file."""


def waiting_of(url: str, folder: Path) -> Waiting:
    """Where records wait for the history at `url`; that of a server has its file in `folder`."""
    beside = database.file_of(url) or folder / "history.db"
    return Waiting(beside.with_suffix(".waiting.jsonl"))


def is_there(url: str, folder: Path) -> bool:
    """Whether there is a history at `url`, or something that waits for it. Raises HistoryUnavailable."""
    if waiting_of(url, folder).path.exists():
        return True
    if path := database.file_of(url):
        return path.exists()
    engine = database.connect(url)
    try:
        return schema.is_made(engine)
    finally:
        engine.dispose()


def ready(url: str, folder: Path, say: Callable[[str], object]) -> store.SqlHistory:
    """Open the history at `url` and let it take what waits. `say` hears what somebody should know.

    Raises HistoryUnavailable.
    """
    try:
        return _taken(url, folder, say)
    except HistoryDamaged as error:
        put_aside(url, error, say)
        return _taken(url, folder, say)


def _taken(url: str, folder: Path, say: Callable[[str], object]) -> store.SqlHistory:
    history = store.opened(url)
    waiting = waiting_of(url, folder)
    try:
        new, damaged, why = waiting.replay(history)
    except HistoryUnavailable:
        history.close()
        raise
    except OSError as error:
        say(f"what waits in {waiting.path} could not be taken: {error.strerror or error}")
        return history
    if new:
        say(f"{new} records that waited in {waiting.path} are in the history now")
    if damaged:
        told = f"{damaged} lines of {waiting.path} are no records that can be taken"
        say(f"{told} ({one_line(why, WHY)}): look at them in {waiting.damaged}")
    return history


def put_aside(url: str, error: HistoryDamaged, say: Callable[[str], object]) -> None:
    """Move the damaged file at `url` out of the way of all, unless another process has done so.

    Raises HistoryUnavailable when it cannot be moved, and `error` itself for the history of a server.
    """
    path = database.file_of(url)
    if path is None:
        raise error
    try:
        with FileLock(f"{path}.lock", timeout=LOCKED):
            if not path.exists():
                say(f"{error}. A new history was begun")
            elif database.is_damaged(path):
                say(f"{error}. It was moved to {_moved_aside(path)}, and a new history begun")
    except OSError as failed:
        told = failed.strerror or failed
        raise HistoryUnavailable(f"{path} is damaged, and cannot be moved aside: {told}") from None


def _moved_aside(path: Path) -> Path:
    """Rename a damaged file and what belongs to it. Raises OSError."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    path.rename(aside)
    for part in ("-wal", "-shm"):
        if (file := path.with_name(path.name + part)).exists():
            file.rename(f"{aside}{part}")
    return aside
