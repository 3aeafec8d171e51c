"""The files of gammu-smsd's inbox folder: which belong together, and the text in them.

A name is `IN20261121_182613_00_+33612345679_01.txt`: when the network took the message, a number that tells messages of
one second apart, the sender, and the number of the part. A name does not say how many parts there are.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_NAME = re.compile(r"IN(\d{6,8}_\d{6})_(\d{2,})_(.*)_(\d{2,})\.(txt|bin)", re.DOTALL | re.ASCII)
_DETAIL = b"; This file format was designed for Gammu"
_BINARY = "(binary message)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file. `sent` is as the name spells it, in the time zone of the network; `written` is in ns since 1970."""

    name: str
    sent: str
    serial: str
    sender: str
    number: int
    written: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One message: its parts in order."""

    parts: tuple[Part, ...]

    @property
    def id(self) -> str:
        """The name of its first file."""
        return self.parts[0].name

    @property
    def written(self) -> int:
        """When the last part was written, in ns since 1970."""
        return max(part.written for part in self.parts)


def found_in(folder: Path) -> list[Found]:
    """The messages of `folder` in the order they were written. Raises OSError."""
    together: dict[str, list[Part]] = {}
    heads: dict[tuple[str, str], list[Part]] = {}
    for part in sorted(_parts(folder), key=lambda part: (part.number, part.written, part.name)):
        of_one = heads.setdefault((part.serial, part.sender), [])
        # A part whose first is not there is a message too: what could be read of it.
        head = _head(part, of_one) if part.number else None
        together.setdefault(head.name if head else part.name, []).append(part)
        if not part.number:
            of_one.append(part)
    found = [Found(parts=tuple(belonging)) for belonging in together.values()]
    return sorted(found, key=lambda one: (one.written, one.id))


def text_of(folder: Path, found: Found) -> str:
    """The text of all parts. Raises OSError when a file cannot be read."""
    text = "".join(_decoded((folder / part.name).read_bytes(), part.name) for part in found.parts)
    # A sign of two halves may be cut by the end of a part: whole again here, and replaced if one half is missing.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _parts(folder: Path) -> Iterable[Part]:
    with os.scandir(folder) as entries:
        for entry in entries:
            name = _NAME.fullmatch(entry.name)
            if name is None or not entry.is_file():
                continue
            try:
                written = entry.stat().st_mtime_ns
            except FileNotFoundError:  # removed since it was listed
                continue
            sent, serial, sender, number, _ = name.groups()
            yield Part(name=entry.name, sent=sent, serial=serial, sender=sender, number=int(number), written=written)


def _head(part: Part, heads: Sequence[Part]) -> Part | None:
    """The one of `heads`, of its serial and sender, that `part` follows: the last one written before it.

    Of several written in one moment it is the one sent nearest to it: the network may give each part its own second.
    """
    before = bisect_right(heads, part.written, key=_written)
    if not before:
        return None
    together = heads[bisect_left(heads, heads[before - 1].written, key=_written) : before]
    return min(together, key=lambda head: _apart(head, part))


def _written(part: Part) -> int:
    return part.written


def _apart(one: Part, other: Part) -> float:
    try:
        first, second = (datetime.strptime(part.sent, "%Y%m%d_%H%M%S") for part in (one, other))  # noqa: DTZ007  both in one zone
    except ValueError:
        return 0.0
    return abs((first - second).total_seconds())


def _decoded(data: bytes, name: str) -> str:
    """The text of one file: UTF-16 with its mark, the daemon's detailed format, or the system's character set."""
    if name.endswith(".bin") or (data.startswith(_DETAIL) and b"Coding = 8bit" in data):
        return _BINARY
    if data.startswith(_DETAIL):
        digits = "".join(re.findall(r"(?m)^Text\d+ = ([0-9A-F]*)\r?$", data.decode("latin-1")))
        return bytes.fromhex(digits[: len(digits) // 4 * 4]).decode("utf-16-be", "surrogatepass")
    if data.startswith((b"\xfe\xff", b"\xff\xfe")):
        order = "utf-16-be" if data.startswith(b"\xfe") else "utf-16-le"
        text = data[2 : len(data) // 2 * 2].decode(order, "surrogatepass")
        return text.partition("\0")[0]  # the daemon writes zeros after a text with emoji
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
