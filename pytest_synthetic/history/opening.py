"""A history ready to use: a damaged file is moved aside, and what waits beside it goes in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from filelock import Timeout

from pytest_synthetic.errors import HistoryDamaged, HistoryUnavailable
from pytest_synthetic.history import database, schema, store
from pytest_synthetic.history.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable

SQLITE = "sqlite:///"


def waiting_of(url: str, folder: Path) -> Waiting:
    """Where records wait for the history at `url`; that of a server has its file in `folder`."""
    beside = Path(url.removeprefix(SQLITE)) if url.startswith(SQLITE) else folder / "history.db"
    return Waiting(beside.with_suffix(".waiting.jsonl"))


def is_there(url: str, folder: Path) -> bool:
    """Whether there is a history at `url`, or something that waits for it. Raises HistoryUnavailable."""
    if waiting_of(url, folder).path.exists():
        return True
    if url.startswith(SQLITE):
        return Path(url.removeprefix(SQLITE)).exists()
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
        history = store.opened(url)
    except HistoryDamaged as error:
        say(f"{error}. It was moved to {_moved_aside(Path(url.removeprefix(SQLITE)))}, and a new history begun")
        history = store.opened(url)
    waiting = waiting_of(url, folder)
    try:
        if new := waiting.replay(history):
            say(f"{new} records that waited in {waiting.path} are in the history now")
    except (OSError, Timeout) as error:
        say(f"what waits in {waiting.path} could not be taken: {error}")
    return history


def _moved_aside(path: Path) -> Path:
    """Rename a damaged file and what belongs to it, out of the way of all."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    try:
        path.rename(aside)
        for part in ("-wal", "-shm"):
            if (file := path.with_name(path.name + part)).exists():
                file.rename(f"{aside}{part}")
    except OSError as error:
        raise HistoryUnavailable(f"{path} is damaged, and cannot be moved aside: {error.strerror}") from None
    return aside
