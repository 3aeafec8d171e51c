"""Files that pass the redactor: text, archives with text in them, pictures; what cannot be read is withheld."""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_synthetic.reports import kinds, pictures, zip_files
from pytest_synthetic.reports.kinds import Kind
from pytest_synthetic.reports.unpacking import LARGEST, LEVEL, Budget, Withheld, unpacked

if TYPE_CHECKING:
    from pytest_synthetic.core.redact import Redactor

NESTED = 1
"""How deep an archive may lie in another."""
HEAD = 512
"""Bytes at the beginning of a gzip file that may hold the name of what was compressed."""
TOO_LARGE = f"it is larger than {LARGEST // 1_000_000} MB"
UNREADABLE = "it is compressed or encrypted in a way that cannot be searched for secrets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A file that passed the redactor, or why it must not be kept: one of the two is None."""

    data: bytes | None = None
    why: str | None = None


def checked(data: bytes, name: str, redactor: Redactor, *, seen: bool = True) -> Checked:
    """`data` without what is secret, itself when nothing is. Never raises: what cannot be read is withheld, with why.

    `name` is a file's name or its media type. `seen` says whether a secret may be seen on what was filmed: then videos
    are withheld, and a trace loses the pictures of its film. Time and memory are bounded, whatever the archive claims.
    """
    try:
        return Checked(data=_Door(redactor, seen=seen).passed(data, name, 0))
    except Withheld as withheld:
        return Checked(why=str(withheld))
    except Exception as error:  # noqa: BLE001  hostile bytes: no fault of ours may let them through, or end the session
        return Checked(why=f"it could not be searched for secrets ({type(error).__name__})")


class _Door:
    """One file's way through, with all that it unpacks to."""

    def __init__(self, redactor: Redactor, *, seen: bool) -> None:
        self._redactor = redactor
        self._seen = seen
        self._budget = Budget()

    def passed(self, data: bytes, name: str, depth: int) -> bytes:
        """`data` as it may be kept; `depth` is the number of archives around it. Raises Withheld."""
        if len(data) > LARGEST:
            raise Withheld(TOO_LARGE)
        kind = kinds.of(data, name)
        if kind is Kind.TEXT:
            return self._redactor.data(_without_cookies(data))
        if kind is Kind.ZIP or kind in _WBITS:
            if depth > NESTED:
                raise Withheld("it is an archive in an archive in an archive")
            return self._zip(data, depth) if kind is Kind.ZIP else self._deflated(data, name, depth, kind)
        self._look_at(data, kind)
        return data

    def _look_at(self, data: bytes, kind: Kind) -> None:
        """What cannot be changed passes as it is, or not."""
        if kind is Kind.OPAQUE:
            raise Withheld(UNREADABLE)
        if kind is Kind.VIDEO:
            if self._seen:
                raise Withheld("a secret may be seen in it")
            return
        for part in pictures.texts(data, self._budget) if kind is Kind.PICTURE else (data,):
            if self._redactor.data(part) != part:
                raise Withheld("it holds a secret, and is not text that could be changed")

    def _zip(self, data: bytes, depth: int) -> bytes:
        def clean(name: str, entry: bytes) -> bytes | None:
            if self._seen and _FILM.search(name):
                return None
            try:
                return self.passed(self._without_film(entry, name), name, depth + 1)
            except Withheld as withheld:
                return f"withheld: {withheld}\n".encode()

        return zip_files.rewritten(data, self._budget, clean, self._redactor.data, self._redactor.text)

    def _without_film(self, data: bytes, name: str) -> bytes:
        """A trace names the pictures of its film: a viewer would ask for those that are gone."""
        return _FRAME.sub(b"", data) if self._seen and name.endswith(".trace") and _FRAME.search(data) else data

    def _deflated(self, data: bytes, name: str, depth: int, kind: Kind) -> bytes:
        whole = unpacked(data, _WBITS[kind], self._budget)
        clean = self.passed(whole, name.removesuffix(".gz"), depth + 1)
        if clean is whole and self._redactor.data(data[:HEAD]) == data[:HEAD]:
            return data
        return gzip.compress(clean, LEVEL, mtime=0) if kind is Kind.GZIP else zlib.compress(clean, LEVEL)


_WBITS = {Kind.GZIP: 31, Kind.ZLIB: 15}
"""What zlib calls the formats it unpacks."""
_FILM = re.compile(r"^(?:screencast/|resources/page@).*\.(?:jpe?g|png|webp)$", re.IGNORECASE)
"""The pictures that Playwright takes for a trace, in 1.5x and before (beside the resources)."""
_FRAME = re.compile(rb'^{"type":"screencast-frame".*\n', re.MULTILINE)

_TEXT = rb'"(?>(?:[^"\\]|\\.)*)"'
_STATE = re.compile(rb'"(?:cookies|localStorage)"\s*:\s*\[(?>(?:[^\[\]"]|' + _TEXT + rb")*)\]")
_VALUE = re.compile(rb'("value"\s*:\s*)(?!"\[redacted:)' + _TEXT)


def _without_cookies(data: bytes) -> bytes:
    """Traces, HAR files and Playwright's storage state list cookies by themselves, beside the headers."""
    if b'"cookies"' not in data and b'"localStorage"' not in data:
        return data
    clean = _STATE.sub(lambda state: _VALUE.sub(rb'\1"[redacted:cookie]"', state[0]), data)
    return data if clean == data else clean
