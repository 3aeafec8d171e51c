"""Zip archives, read and written again entry by entry; what did not change is copied as it is compressed."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from pytest_synthetic.reports.unpacking import LEVEL, Budget, Withheld, inflated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ENTRIES = 10_000
"""Entries that an archive may have."""

_LOCAL = struct.Struct("<4s5H3I2H")  # PKWARE's APPNOTE.TXT, 4.3.7
_CENTRAL = struct.Struct("<4s6H3I5H2I")  # 4.3.12
_END = struct.Struct("<4s4H2IH")  # 4.3.16
_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _UTF8 = 0x1, 0x800
_OUTSIDE = re.compile(r"^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)|\0")


class _Entry(NamedTuple):
    info: zipfile.ZipInfo
    start: int
    """Where its compressed bytes begin."""

    @property
    def end(self) -> int:
        return self.start + self.info.compress_size


class _Written(NamedTuple):
    """An entry as it is written: the bytes are compressed by `method`."""

    info: zipfile.ZipInfo
    name: str
    method: int
    crc: int
    size: int
    packed: bytes


def rewritten(
    data: bytes, budget: Budget, clean: Callable[[str, bytes], bytes | None], scan: Callable[[bytes], bytes],
    shown: Callable[[str], str],
) -> bytes:  # fmt: skip
    """`data` with each entry as `clean(name, bytes)` returns it; without those for which that is None.

    `scan` is asked for what lies between the entries, `shown` for their names. Returns `data` itself when nothing
    changes. Raises Withheld for an archive that cannot be read, or not safely.
    """
    entries = _entries(data)
    between = b"\0".join(_between(data, entries))
    changed = scan(between) != between
    written: list[_Written] = []
    names: Counter[str] = Counter()
    for entry in entries:
        packed = data[entry.start : entry.end]
        whole = _unpacked(entry.info, packed, budget)
        new = clean(entry.info.filename, whole)
        changed |= new is not whole
        if new is None:
            continue
        name = shown(entry.info.filename)
        if name != entry.info.filename:
            names[name] += 1
            name = name if names[name] == 1 else f"{names[name]}-{name}"
        written.append(_written(entry.info, name, whole, new, packed))
    return b"".join(_archive(written)) if changed else data


def _entries(data: bytes) -> list[_Entry]:
    if data.count(b"PK\x01\x02") > ENTRIES:
        raise Withheld(f"it has more than {ENTRIES:,} entries")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = [_Entry(info, _begin(data, info)) for info in archive.infolist()]
    except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError, OSError):
        raise Withheld("it is damaged: no zip archive that can be read") from None
    for info, start in found:
        if _OUTSIDE.search(info.filename) or _OUTSIDE.search(info.orig_filename):
            raise Withheld("an entry's name leads out of the archive")
        if info.flag_bits & _ENCRYPTED:
            raise Withheld("it is encrypted")
        if info.compress_type not in {_STORED, _DEFLATED}:
            raise Withheld(f"an entry is compressed by method {info.compress_type}, which is not read")
        if start + info.compress_size > len(data):
            raise Withheld("it is damaged: an entry ends behind its end")
    return found


def _begin(data: bytes, info: zipfile.ZipInfo) -> int:
    mark, *_, name, extra = _LOCAL.unpack_from(data, info.header_offset)
    if mark != b"PK\x03\x04":
        raise zipfile.BadZipFile
    return int(info.header_offset) + _LOCAL.size + int(name) + int(extra)


def _between(data: bytes, entries: Iterable[_Entry]) -> Iterator[bytes]:
    """Headers, comments, and whatever else is no entry."""
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.start):
        yield data[end : entry.start]
        end = max(end, entry.end)
    yield data[end:]


def _unpacked(info: zipfile.ZipInfo, packed: bytes, budget: Budget) -> bytes:
    budget.allow(info.file_size)
    if info.compress_type == _STORED:
        budget.take(len(packed))
        whole = packed
    else:
        whole = inflated(packed, -15, budget)[0]
    if zlib.crc32(whole) != info.CRC:
        raise Withheld("it is damaged: an entry is not what it was")
    return whole


def _written(info: zipfile.ZipInfo, name: str, whole: bytes, new: bytes, packed: bytes) -> _Written:
    if new is whole:
        return _Written(info, name, info.compress_type, info.CRC, len(whole), packed)
    machine = zlib.compressobj(LEVEL, zlib.DEFLATED, -15)
    packed = machine.compress(new) + machine.flush()
    return _Written(info, name, _DEFLATED, zlib.crc32(new), len(new), packed)


def _archive(entries: Iterable[_Written]) -> Iterator[bytes]:
    directory, at, count = [], 0, 0
    for count, entry in enumerate(entries, 1):  # noqa: B007  the number of them is told at the end
        name = entry.name.encode("utf-8", "replace")
        year, month, day, hour, minute, second = entry.info.date_time
        time, date = hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day
        sizes = entry.crc, len(entry.packed), entry.size
        head = 20, 0 if name.isascii() else _UTF8, entry.method, time, date, *sizes, len(name), 0
        attributes = 0, 0, 0, entry.info.external_attr, at
        directory.append(_CENTRAL.pack(b"PK\x01\x02", 3 << 8 | 20, *head, *attributes) + name)
        for piece in (_LOCAL.pack(b"PK\x03\x04", *head), name, entry.packed):
            at += len(piece)
            yield piece
    yield from directory
    yield _END.pack(b"PK\x05\x06", 0, 0, count, count, sum(map(len, directory)), at, 0)
