"""Which jobs an agent has had: none is run twice, whatever the broker delivers, even when the agent was restarted."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

KEPT = 20_000
"""Jobs that are remembered: days of them."""


class Memory:
    """A file of ids, a line each. One thread at a time uses it."""

    def __init__(self, path: Path, *, kept: int = KEPT) -> None:
        """Raises OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._kept = kept
        self._ids = dict.fromkeys(self._read()[-kept:])
        self._write(list(self._ids))

    def __contains__(self, job: str) -> bool:
        """Whether it was here before."""
        return job in self._ids

    def add(self, job: str) -> None:
        """Remember a job, durably. Raises OSError."""
        if len(self._ids) >= 2 * self._kept:
            self._ids = dict.fromkeys(list(self._ids)[-self._kept :])
            self._write(list(self._ids))
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{job}\n")
            file.flush()
            os.fsync(file.fileno())
        self._ids[job] = None

    def _read(self) -> list[str]:
        if not self._path.exists():
            return []
        return self._path.read_text(encoding="utf-8", errors="replace").split()

    def _write(self, ids: list[str]) -> None:
        part = self._path.with_suffix(".part")
        part.write_text("".join(f"{job}\n" for job in ids), encoding="utf-8")
        part.replace(self._path)
