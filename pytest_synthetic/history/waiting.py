"""Records that the history could not take: they wait in a file beside it and go in at the next chance."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock

from pytest_synthetic.history import jsonl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.model.run import RunResult

LOCKED = 10.0
"""Seconds to wait for another process that writes to the file or empties it."""


class Waiting:
    """The file. Processes may share it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, run: RunResult) -> None:
        """Append one record. Raises OSError."""
        line = json.dumps(run.to_json(), separators=(",", ":")) + "\n"
        with self._locked(), self.path.open("a", encoding="utf-8") as file:
            file.write(line)

    def replay(self, history: SqlHistory) -> int:
        """Let `history` take all that waits. Returns how many records were new to it.

        A line that is no record is kept in a file beside, `.damaged`. Raises HistoryUnavailable and OSError: what waits
        goes on waiting then.
        """
        if not self.path.exists():
            return 0
        with self._locked():
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
            read = list(jsonl.read(lines, name=self.path.name))
            new = history.record(run for run in read if not isinstance(run, jsonl.BadLine))
            if bad := [lines[line.line - 1] for line in read if isinstance(line, jsonl.BadLine)]:
                with self.path.with_suffix(".damaged").open("a", encoding="utf-8") as file:
                    file.write("\n".join([*bad, ""]))
            self.path.unlink()
        return new

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self.path}.lock", timeout=LOCKED):
            yield
