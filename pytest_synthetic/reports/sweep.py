"""The last look at everything a session wrote, before anybody publishes it: clean, or withheld and named."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import stat
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from pytest_synthetic.reports import archives, kinds, replacing
from pytest_synthetic.reports.unpacking import LARGEST, Withheld

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_synthetic.core.redact import Redactor

NOTE = ".withheld.txt"
"""What is added to the name of a file of which only the reason is left."""
PIECE = 32_000_000
"""Bytes of a text that are read at a time; then to the end of the line."""
GRAIN = 2.0
"""Seconds by which file systems round the times of files."""
WHY = "it held a secret, or named a file that did"


class Done(StrEnum):
    """What became of a file or folder."""

    REDACTED = "redacted"
    WITHHELD = "withheld"
    RENAMED = "renamed"
    NOT_CHECKED = "not checked"
    """It may still hold a secret: it must not be published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that the sweep changed, or could not change. `path` is where it lies now, without what is secret."""

    path: str
    done: Done
    why: str

    def __str__(self) -> str:
        """The finding in one line."""
        return f"{self.done} {self.path}: {self.why}"


def sweep(
    roots: Iterable[Path],
    redactor: Redactor,
    *,
    since: float,
    seen: bool = True,
    harmless: frozenset[str] = frozenset(),
) -> list[Finding]:
    """Take what is secret out of all files and names under `roots` that are not older than `since`.

    `roots` are files and folders; one that is not there is passed over, links inside them are not followed. `since` is
    in seconds since 1970. `seen` is that of `archives.checked`, but for files whose SHA-256 is in `harmless`. Never
    raises; a second sweep finds nothing.
    """
    sweeping = _Sweep(redactor, since=since, seen=seen, harmless=harmless)
    for root in sorted({Path(os.path.realpath(root)) for root in roots}):
        sweeping.gather(root)
    sweeping.clean()
    sweeping.rename()
    return sweeping.findings


class _Sweep:
    def __init__(self, redactor: Redactor, *, since: float, seen: bool, harmless: frozenset[str]) -> None:
        self._redactor = redactor
        self._since = since - GRAIN
        self._seen = seen
        self._harmless = harmless
        self._files: dict[Path, None] = {}
        self._targets: dict[Path, Path] = {}
        """What is to be renamed; what is in a folder comes before the folder itself."""
        self._moved: list[_Moved] = []
        self.findings: list[Finding] = []

    def _tell(self, path: Path, done: Done, why: str) -> None:
        self.findings.append(Finding(path=self._redactor.text(str(path)), done=done, why=why))

    def _could_not(self, error: OSError, path: Path | None = None) -> None:
        reason = "it vanished" if isinstance(error, FileNotFoundError) else error.strerror or type(error).__name__
        self._tell(path or Path(error.filename or "?"), Done.NOT_CHECKED, reason)

    # -- what there is -------------------------------------------------------------------------------------------

    def gather(self, root: Path) -> None:
        """Note the files at `root` and below that are new, and the names that must change."""
        if os.path.isfile(root):  # noqa: PTH113  Path.is_file raises where the folder may not be entered
            self._files |= {root: None} if self._mode_if_new(root) else {}
        elif os.path.lexists(root):
            holding: set[str] = set()
            for folder, folders, files in os.walk(root, topdown=False, onerror=self._could_not):
                new = [path for name in files if stat.S_ISREG(self._mode_if_new(path := Path(folder, name)))]
                self._files |= dict.fromkeys(new)
                new += [path for name in folders if str(path := Path(folder, name)) in holding or self._is_new(path)]
                self._note_names(new)
                holding |= {folder} if new else set()

    def _is_new(self, folder: Path) -> bool:
        return stat.S_ISDIR(self._mode_if_new(folder))

    def _mode_if_new(self, path: Path) -> int:
        try:
            there = path.stat(follow_symlinks=False)
        except OSError as error:
            self._could_not(error, path)
            return 0
        # What is moved or copied keeps its time of modification: the other one tells when it came here.
        return there.st_mode if max(there.st_mtime, there.st_ctime) >= self._since else 0

    def _note_names(self, paths: Iterable[Path]) -> None:
        for path in paths:
            # Some file systems, and those who store what a pipeline made, refuse colons.
            name = _SHOWN.sub(r"redacted-\1", self._redactor.text(path.name))
            if name != path.name:
                target = _free(path.with_name(name), self._targets.values())
                self._targets[path] = target
                self._moved.append(_Moved(path.name, target.name))

    # -- what it holds -------------------------------------------------------------------------------------------

    def clean(self) -> None:
        """Change what can be changed; text comes last, since it mentions what was withheld."""
        for path in sorted(self._files, key=lambda path: kinds.names_text(path.name)):
            try:
                self._clean(path)
            except Withheld as withheld:
                self._withhold(path, str(withheld))
            except OSError as error:
                self._could_not(error, path)

    def _clean(self, path: Path) -> None:
        if path.stat().st_size <= LARGEST:
            data = path.read_bytes()
            clean = self._passed(data, path)
            if clean != data:
                self._replace(path, [clean])
        elif not kinds.names_text(path.name):
            raise Withheld(archives.TOO_LARGE)
        elif any(self._passed(piece, path) != piece for piece in _pieces(path)):
            self._replace(path, (self._passed(piece, path) for piece in _pieces(path)))

    def _passed(self, data: bytes, path: Path) -> bytes:
        followed = data
        if self._moved and kinds.names_text(path.name):
            for moved in self._moved:
                followed = moved.followed(followed, path)
        seen = self._seen and not (self._harmless and hashlib.sha256(data).hexdigest() in self._harmless)
        passed = archives.checked(followed, path.name, self._redactor, seen=seen)
        if passed.data is None:
            raise Withheld(passed.why)
        return passed.data

    def _replace(self, path: Path, pieces: Iterable[bytes]) -> None:
        try:
            replacing.replace(path, pieces)
        except OSError as error:
            raise Withheld(f"{WHY}, and it could not be written again: {error.strerror}") from None
        self._tell(path, Done.REDACTED, WHY)

    def _withhold(self, path: Path, why: str) -> None:
        """Leave a note in the place of the file. A note that cannot be written is in the findings all the same."""
        shown = self._targets.pop(path, path)
        note = _free(shown.with_name(shown.name + NOTE))
        try:
            replacing.remove(path)
        except OSError as error:
            self._could_not(error, path)
            return
        with suppress(OSError):
            note.write_text(f"{shown.name} was withheld: {why}.\n", encoding="utf-8")
        self._moved.insert(0, _Moved(path.name, note.name, path.parent))
        self._tell(note, Done.WITHHELD, why)

    # -- what it is called ---------------------------------------------------------------------------------------

    def rename(self) -> None:
        """Change the names that hold a secret."""
        for path, target in self._targets.items():
            try:
                path.rename(target)
            except OSError as error:
                self._could_not(error, path)
            else:
                self._tell(target, Done.RENAMED, "a secret was in its name")


class _Moved(NamedTuple):
    """A name that texts must follow: everywhere, or what lies in `folder` alone."""

    old: str
    new: str
    folder: Path | None = None

    def followed(self, data: bytes, path: Path) -> bytes:
        """The text `data` of the file `path` with the new name."""
        before = "" if self.folder in {None, path.parent} else f"{self.folder.name}/"
        names = {way(before + self.old): way(before + self.new) for way in (str, _in_json, _in_url)}
        for old, new in names.items():
            if (written := os.fsencode(old)) in data:
                data = os.fsencode(new).join(re.split(rb"(?<![\w.-])" + re.escape(written) + rb"(?![\w.-])", data))
        return _ALLURE_TYPE.sub(rb'\1"text/plain"', data) if self.folder else data


_SHOWN = re.compile(r"\[redacted:([^\]]*)\]")
_ALLURE_TYPE = re.compile(re.escape(NOTE).encode().join([b"(", rb'",\s*"type":\s*)"[^"]*"']))


def _in_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _in_url(path: str) -> str:
    return quote(os.fsencode(path))


def _free(path: Path, taken: Iterable[Path] = ()) -> Path:
    """`path`, or the first such name with a number that nobody has."""
    numbered = (path.with_name(f"{number}-{path.name}") for number in itertools.count(2))
    return next(free for free in itertools.chain([path], numbered) if free not in taken and not os.path.lexists(free))


def _pieces(path: Path) -> Iterator[bytes]:
    """A long text in pieces that end with a line; a secret of many lines is found line by line."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece + file.readline(LARGEST)
