"""What a picture says beside its pixels: comments, Exif, XMP, and whatever follows its end."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from pytest_synthetic.reports.unpacking import Budget, inflated

if TYPE_CHECKING:
    from collections.abc import Iterator

_PNG_PIXELS = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM cICP gAMA iCCP sBIT sRGB bKGD hIST pHYs sPLT acTL fcTL fdAT".split()
)
_WEBP_PIXELS = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
_JPEG_MARKER = re.compile(rb"\xff[^\0\xff\xd0-\xd7]")
_JPEG_TEXTS = frozenset((*range(0xE0, 0xF0), 0xFE))
_END, _SCAN = 0xD9, 0xDA


def texts(data: bytes, budget: Budget) -> Iterator[bytes]:
    """The parts of a PNG, JPEG or WebP that are not pixels; of a damaged one all that is not understood."""
    read = _png if data[:1] == b"\x89" else _jpeg if data[:1] == b"\xff" else _webp
    return read(data, budget)


def _png(data: bytes, budget: Budget) -> Iterator[bytes]:
    at, kind = 8, b""
    while kind != b"IEND" and at + 12 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if at + 12 + size > len(data):
            break
        if kind not in _PNG_PIXELS:
            body = data[at + 8 : at + 8 + size]
            yield body
            yield from _packed_text(kind, body, budget)
        at += 12 + size
    yield data[at:]


def _packed_text(kind: bytes, body: bytes, budget: Budget) -> Iterator[bytes]:
    """Compressed text (PNG 1.2, 4.2.3). Raises Withheld."""
    after = body.partition(b"\0")[2]
    if kind == b"zTXt":
        yield inflated(after[1:], 15, budget)[0]
    elif kind == b"iTXt" and after[:1] == b"\1":
        yield inflated(after[2:].split(b"\0", 2)[-1], 15, budget)[0]


def _jpeg(data: bytes, _: Budget) -> Iterator[bytes]:
    at = 2
    while (marker := _JPEG_MARKER.match(data, at)) and (kind := data[at + 1]) != _END:
        size = int.from_bytes(data[at + 2 : at + 4])
        if kind in _JPEG_TEXTS:
            yield data[at + 4 : at + 2 + size]
        at += 2 + size
        if kind == _SCAN:
            marker = _JPEG_MARKER.search(data, at)
            if marker is None:
                break
            at = marker.start()
    yield data[at:]


def _webp(data: bytes, _: Budget) -> Iterator[bytes]:
    at = 12
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, at)
        if kind not in _WEBP_PIXELS:
            yield data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    yield data[at:]
