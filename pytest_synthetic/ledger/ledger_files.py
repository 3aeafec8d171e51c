"""The ledger on disk: one small file an object, one lock a run.

The first line of a file is what was created; each line after it is a try at its removal that failed. The lock is the
system's: whoever dies gives it back, and what its run created has no keeper any more.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from filelock import FileLock, Timeout

from pytest_synthetic.config import folders
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model import wire
from pytest_synthetic.model.created import Created, Entry, FailedRemoval

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_FOR_GOOD: list[FileRun] = []


class FileRun:
    """What one run created, held by this process: nobody else removes it. A context manager that lets go."""

    def __init__(self, folder: Path, run_id: str, lock: FileLock) -> None:
        """`lock` is held."""
        self._folder = folder
        self._run_id = run_id
        self._lock = lock
        self._count = 0

    def __enter__(self) -> Self:
        """The run, held."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go."""
        self.release()

    def note(self, created: Created) -> Entry:
        """Write down an object; it is on the disk when this returns. Raises OSError, and leaves half of nothing."""
        self._count += 1
        path = self._folder / f"{self._run_id}-{self._count:05}.json"
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(json.dumps(wire.plain(created)) + "\n")
                file.flush()
                os.fsync(file.fileno())
            _sync(self._folder)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return _entry(path, created)

    def entries(self) -> list[Entry]:
        """What the run created, newest first. A file that cannot be read is moved aside: see `damaged`."""
        found = (_read(path) for path in sorted(self._paths(), reverse=True))
        return [entry for entry in found if entry]

    def settle(self, entry: Entry, failed: FailedRemoval | None) -> None:
        """Strike out an object that is gone, or note why it is not. Raises OSError."""
        if failed is None:
            self._path(entry).unlink(missing_ok=True)
            return
        with self._path(entry).open("a", encoding="utf-8") as file:
            file.write(json.dumps(wire.plain(failed)) + "\n")

    def hold_for_good(self) -> None:
        """Let go when this process ends, not before: a removal that did not end in time still goes on."""
        _FOR_GOOD.append(self)

    def release(self) -> None:
        """Let others have what is left of the run."""
        if self in _FOR_GOOD:
            return
        with suppress(OSError):  # a lock that stays behind does no harm
            if not self._paths():
                _lock_path(self._folder, self._run_id).unlink(missing_ok=True)
        self._lock.release()

    def _path(self, entry: Entry) -> Path:
        return self._folder / entry.key

    def _paths(self) -> list[Path]:
        return list(self._folder.glob(f"{self._run_id}-*.json"))


class FileLedger:
    """The ledger of this machine. `folder` must be on a local disk; it may not exist yet."""

    def __init__(self, folder: Path) -> None:
        """Nothing is read or made."""
        self._folder = folder

    @property
    def where(self) -> str:
        """Its folder."""
        return str(self._folder)

    def begin(self, run_id: str) -> FileRun:
        """Hold a run that begins to create. Raises OSError."""
        folders.ready(self._folder)
        held = self.hold(run_id)
        if held is None:
            raise OSError(f"another process holds the lock of run {run_id}")
        return held

    def hold(self, run_id: str) -> FileRun | None:
        """Hold a run; None when it goes on, or another process removes what it created. Raises OSError."""
        lock = FileLock(_lock_path(self._folder, run_id), thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return None
        return FileRun(self._folder, run_id, lock)

    def runs(self) -> Sequence[str]:
        """The ids of the runs that have something in the ledger. Raises OSError."""
        return sorted({name.rpartition("-")[0] for name in _names(self._folder) if name.endswith(".json")})

    def left(self) -> Sequence[Entry]:
        """What runs created that are over. Raises OSError."""
        found: list[Entry] = []
        for run_id in self.runs():
            if held := self.hold(run_id):
                with held:
                    found += held.entries()
        return found

    def damaged(self) -> Sequence[str]:
        """The files that could not be read and were moved aside: something exists that nobody knows. Raises OSError."""
        return sorted(str(self._folder / name) for name in _names(self._folder) if name.endswith(".damaged"))


def _names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return []


def _lock_path(folder: Path, run_id: str) -> Path:
    return folder / f"{run_id}.lock"


def _read(path: Path) -> Entry | None:
    try:
        first, *rest = path.read_text(encoding="utf-8").split("\n")
        created = wire.build(Created, json.loads(first), called="entry of the ledger")
    except (ValueError, UsageError, RecursionError):
        path.replace(path.with_suffix(".damaged"))
        return None
    return _entry(path, created, _tries(rest))


def _entry(path: Path, created: Created, failed: Sequence[FailedRemoval] = ()) -> Entry:
    return Entry(key=path.name, where=str(path), created=created, failed=tuple(failed))


def _tries(lines: list[str]) -> list[FailedRemoval]:
    """The tries that can be read: one that was cut short by a kill tells nothing that must be kept."""
    found = []
    for line in filter(None, lines):
        try:
            found.append(wire.build(FailedRemoval, json.loads(line), called="try"))
        except (ValueError, UsageError, RecursionError):
            continue
    return found


def _sync(folder: Path) -> None:
    """Make the names in a folder durable. Where a folder cannot be opened (Windows), the system does it alone."""
    if hasattr(os, "O_DIRECTORY"):
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
