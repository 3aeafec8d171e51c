"""Notices that journeys, or what they are read with, changed on disk."""

from __future__ import annotations

import os
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from pytest_synthetic.core.settling import Settling

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

NAMES = frozenset(
    {
        "synthetic.toml",
        "pyproject.toml",
        "pytest.ini",
        ".pytest.ini",
        "pytest.toml",
        ".pytest.toml",
        "tox.ini",
        "setup.cfg",
    }
)
ENDINGS = (".py", ".journey.yaml")
AWAY = frozenset({"node_modules", "__pycache__", "site-packages"})
"""Folders that hold no journeys, beside those whose name begins with a dot and virtual environments."""
MOST = 20_000
"""Entries of folders that are looked at, the upper folders first."""


class Files:
    """What lies under a folder: its Python files and settings, told apart by time and size.

    A look takes some milliseconds for a thousand files, so it needs nothing of the system that could be missing.
    What changed counts when it rests: an editor, `git pull` or rsync may be in the middle of it.
    """

    def __init__(self, root: Path, also: Iterable[Path] = (), *, most: int = MOST) -> None:
        """Look for the first time. `also` are files elsewhere, such as settings above `root`."""
        self._root = root
        self._also = tuple(also)
        self._most = most
        self.too_many = False
        """Whether there was more to look at than `most` entries: changes of the rest are not noticed."""
        self._seen = self._look()
        self._settling = Settling(self._seen)

    @property
    def moving(self) -> bool:
        """Whether the last look found changes that do not count yet."""
        return self._settling.moving

    def changed(self, now: float) -> tuple[str, ...]:
        """The files that came, went or changed since they were read, seen from the folder; none until all rest.

        `now` is a moment of a clock that never goes back, in seconds.
        """
        self._seen = self._look()
        if not self._settling.ready(self._seen, now):
            return ()
        differ = {path for path, _ in self._settling.read.items() ^ self._seen.items()}
        return tuple(sorted(os.path.relpath(path, self._root) for path in differ))

    def read(self, now: float) -> bool:
        """Say that the files were read as `changed` found them; False where they changed meanwhile, and are to rest."""
        if self._look() != self._seen and not self._settling.overdue(now):
            return False
        self._settling.take(self._seen)
        return True

    def _look(self) -> dict[str, tuple[int, int]]:
        paths = list(islice(_walked(str(self._root)), self._most + 1))
        self.too_many = len(paths) > self._most
        own = (path for path in paths if _matters(os.path.basename(path)))  # noqa: PTH119  thousands of them
        told = ((path, _mark(path)) for path in (*own, *map(str, self._also)))
        return {path: mark for path, mark in told if mark}


def _matters(name: str) -> bool:
    return name.endswith(ENDINGS) or name in NAMES


def _mark(path: str) -> tuple[int, int] | None:
    """What tells a file from what it was; None when it is not there."""
    try:
        found = os.stat(path)  # noqa: PTH116  thousands of them
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _walked(root: str) -> Iterator[str]:
    """All entries, those of upper folders first, each folder once: links may lead in a ring."""
    waiting, seen = deque([root]), set()
    while waiting:
        folder = waiting.popleft()
        try:
            itself = os.stat(folder)  # noqa: PTH116  likewise
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError:
            continue
        if (itself.st_dev, itself.st_ino) in seen or any(entry.name == "pyvenv.cfg" for entry in entries):
            continue
        seen.add((itself.st_dev, itself.st_ino))
        for entry in entries:
            yield entry.path
            if not entry.name.startswith(".") and entry.name not in AWAY and _is_folder(entry):
                waiting.append(entry.path)
