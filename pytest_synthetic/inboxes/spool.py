"""Messages pushed to this machine, kept as files: the process that receives writes them, every process may read them.

One file a message and recipient: `<folder>/<hash of the recipient>/<microseconds since 1970>`.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from pytest_synthetic.config import folders

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_synthetic.core.ports import Clock

KEPT = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
READERS_LOOK = 2.0
"""Seconds to wait for the lock: readers try it for an instant, to see whether anybody receives."""


class Spool:
    """The messages of one folder. `name`s sort by arrival, also when the clock was set back meanwhile."""

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        """`folder` is made by the first who receives."""
        self._folder = folder
        self._clock = clock
        self._last = 0
        self._receiving = False

    @contextmanager
    def receiving(self) -> Iterator[None]:
        """Be the one process that may `keep` messages. Raises OSError when another is, or nothing can be written."""
        folders.ready(self._folder.parent)
        self._folder.mkdir(exist_ok=True)
        lock = self._lock()
        try:
            lock.acquire(timeout=READERS_LOOK)
        except Timeout:
            raise OSError(f"another inbox receives into {self._folder}") from None
        try:
            self._tidy()
            self._receiving = True
            yield
        finally:
            self._receiving = False
            lock.release()

    def is_receiving(self) -> bool:
        """Whether some process receives now; the lock of one that died is free."""
        if self._receiving:
            return True
        if not self._folder.is_dir():
            return False
        lock = self._lock()
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        lock.release()
        return False

    def keep(self, to: str, data: bytes) -> None:
        """Keep a message, whole or not at all. Raises OSError."""
        self._last = max(self._last + 1, (self._clock.now() - EPOCH) // MICROSECOND)
        folder, draft = self._of(to), self._folder / "draft"
        folder.mkdir(exist_ok=True)
        draft.write_bytes(data)
        draft.replace(folder / f"{self._last:017}")

    def after(self, to: str, name: str) -> list[str]:
        """The names of the messages to `to` after `name`, in the order they arrived. Raises OSError."""
        try:
            return sorted(found for found in _names(self._of(to)) if found > name)
        except FileNotFoundError:
            return []

    def changed(self, to: str) -> int:
        """A number that is another one once a message to `to` is kept, but for two within some milliseconds."""
        try:
            return self._of(to).stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def read(self, to: str, name: str) -> bytes:
        """A message. Raises OSError."""
        return (self._of(to) / name).read_bytes()

    def _lock(self) -> FileLock:
        return FileLock(self._folder / "receiving.lock")

    def _of(self, to: str) -> Path:
        return self._folder / hashlib.sha256(to.lower().encode("utf-8", "surrogateescape")).hexdigest()[:24]

    def _tidy(self) -> None:
        """Remove what is older than a day, and find the last name given."""
        oldest = f"{(self._clock.now() - KEPT - EPOCH) // MICROSECOND:017}"
        for folder in (path for path in self._folder.iterdir() if path.is_dir()):
            for name in _names(folder):
                if name < oldest:
                    (folder / name).unlink()
                else:
                    self._last = max(self._last, int(name))
            if not any(folder.iterdir()):
                folder.rmdir()


def _names(folder: Path) -> list[str]:
    """The names of messages, without what a file manager leaves beside them."""
    return [name for name in os.listdir(folder) if name.isdecimal()]  # noqa: PTH208  a path each would cost more


def arrival(name: str) -> datetime:
    """When the message of that name arrived."""
    return EPOCH + int(name) * MICROSECOND
