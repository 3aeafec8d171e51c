"""What a file is, by its bytes; its name or media type counts only where they leave a doubt."""

from __future__ import annotations

import codecs
import re
import zlib
from enum import StrEnum

CHUNK = 4_096
"""Bytes that are looked at together to know whether they are compressed."""
SHORTEST = 64
"""Bytes below which nobody can tell."""
DENSE = 0.9
"""What remains of such a chunk after deflating it, from which on it counts as compressed or encrypted."""


class Kind(StrEnum):
    """What can be done with a file."""

    TEXT = "text"
    ZIP = "zip"
    GZIP = "gzip"
    ZLIB = "zlib"
    PICTURE = "picture"
    VIDEO = "video"
    FONT = "font"
    """Or another thing for the eye, known to be compressed and to hold no text of a run."""
    OPAQUE = "opaque"
    """Compressed or encrypted: nobody can say what is in it."""
    BINARY = "binary"


_BEGINNINGS = {
    Kind.ZIP: (b"PK\x03\x04", b"PK\x05\x06"),
    Kind.GZIP: (b"\x1f\x8b",),
    Kind.PICTURE: (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"),
    Kind.VIDEO: (b"\x1aE\xdf\xa3",),
    Kind.FONT: (b"wOFF", b"wOF2", b"OTTO", b"\0\1\0\0", b"GIF8", b"\0\0\1\0"),
}
_OPAQUE = (b"%PDF", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"\x28\xb5\x2f\xfd", b"Rar!")
_STILL = (b"avif", b"avis", b"heic", b"mif1")
_VIDEO_NAME = re.compile(r"^video/|\.(?:webm|mp4|mov|mkv|avi)$", re.IGNORECASE)
_PACKED_NAME = re.compile(r"^application/(?:zip|gzip)|\.(?:zip|gz|tgz)$", re.IGNORECASE)
_TEXT_NAME = re.compile(
    r"^text/|[/+](?:json|xml|javascript|yaml|x-ndjson)(?:;|$)"
    r"|\.(?:jsonl?|ndjson|txt|html?|xml|har|csv|ya?ml|log|m?js|css|svg|md|py|trace|network|stacks|properties)$",
    re.IGNORECASE,
)
_CONTROL = bytes(byte for byte in range(32) if byte not in b"\t\n\v\f\r\x1b")
_MARKS = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
          (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip


def of(data: bytes, name: str) -> Kind:
    """The kind of `data`, whose name or media type is `name`."""
    if _VIDEO_NAME.search(name):
        return Kind.VIDEO
    if kind := _begun(data):
        return kind
    if _is_text(data):
        return Kind.TEXT
    if data[:1] == b"\x78" and int.from_bytes(data[:2]) % 31 == 0:  # RFC 1950, 2.2
        return Kind.ZLIB
    if data.startswith(_OPAQUE) or _PACKED_NAME.search(name) or _is_dense(data):
        return Kind.OPAQUE
    return Kind.TEXT if names_text(name) else Kind.BINARY


def _begun(data: bytes) -> Kind | None:
    for kind, beginnings in _BEGINNINGS.items():
        if data.startswith(beginnings):
            return kind
    if data[4:8] == b"ftyp":
        return Kind.FONT if data[8:12] in _STILL else Kind.VIDEO
    return Kind.PICTURE if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def names_text(name: str) -> bool:
    """Whether a file of this name or media type is one that people read."""
    return bool(_TEXT_NAME.search(name))


def _is_text(data: bytes) -> bool:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decodes(data, encoding)
    return b"\0" not in data and (_decodes(data, "utf-8") or len(data.translate(None, _CONTROL)) == len(data))


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _is_dense(data: bytes) -> bool:
    chunks = (data[at : at + CHUNK] for at in range(0, len(data), CHUNK))
    return any(len(zlib.compress(chunk, 1)) > DENSE * len(chunk) for chunk in chunks if len(chunk) >= SHORTEST)
