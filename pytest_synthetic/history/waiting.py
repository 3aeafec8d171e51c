"""Records that the history could not take: they wait in a file beside it and go in at the next chance."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from filelock import FileLock

from pytest_synthetic.history import jsonl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.model.run import RunResult

LOCKED = 10.0
"""Seconds to wait for another process that writes to the file or empties it."""


class Replayed(NamedTuple):
    """How many records were new to the history, how many lines are none that it can take, and why the last is none."""

    new: int
    damaged: int
    why: str = ""


class _Bad(NamedTuple):
    """A line that cannot be taken, and why."""

    line: bytes
    why: str


class Waiting:
    """The file. Processes may share it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged = path.with_suffix(".damaged")

    def add(self, runs: Iterable[RunResult]) -> None:
        """Append records. Raises OSError."""
        with self._locked():
            _append(self.path, map(_line, runs))

    def set_aside(self, run: RunResult) -> None:
        """Keep a record that the history will never take. Raises OSError."""
        with self._locked():
            _append(self.damaged, [_line(run)])

    def replay(self, history: SqlHistory) -> Replayed:
        """Let `history` take all that waits.

        A line that is no record, or one that the history refuses, is kept in `damaged`. Raises HistoryUnavailable and
        OSError: what waits goes on waiting then.
        """
        if not self.path.exists():
            return Replayed(0, 0)
        with self._locked():
            bad: list[_Bad] = []
            new = history.record(self._runs(bad), refuse=lambda run, why: bad.append(_Bad(_line(run), str(why))))
            if bad:
                _append(self.damaged, (each.line for each in bad))
            self.path.unlink(missing_ok=True)
        return Replayed(new, len(bad), bad[-1].why if bad else "")

    def _runs(self, bad: list[_Bad]) -> Iterator[RunResult]:
        """The records of the file, read as they are asked for."""
        try:
            file = self.path.open("rb")
        except FileNotFoundError:  # while we waited for the lock, another process took it all
            return
        with file:
            for line in file:
                for told in jsonl.read([line], name=self.path.name):
                    if isinstance(told, jsonl.BadLine):
                        bad.append(_Bad(line.rstrip(b"\n") + b"\n", told.reason))
                    else:
                        yield told

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self.path}.lock", timeout=LOCKED):
            yield


def _line(run: RunResult) -> bytes:
    return json.dumps(run.to_json(), separators=(",", ":")).encode() + b"\n"


def _append(path: Path, lines: Iterable[bytes]) -> None:
    """Write whole lines. What a process that was killed left of one stays a line of its own."""
    with path.open("ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.writelines(lines)
