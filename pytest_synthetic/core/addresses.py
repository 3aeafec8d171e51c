"""Addresses as they may be shown: without what a customer's secrets travel in."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

from pytest_synthetic.core.plaintext import one_line

HARMLESS = frozenset(
    {"page", "limit", "offset", "size", "sort", "order", "lang", "locale", "currency", "country", "color", "colour"}
    | {"category", "v", "version", "width", "height", "w", "h", "format", "step", "variant", "quantity"}
)
"""Parameters whose short values are shown: they say what was asked for, and nothing of who asked."""

_SHORT = re.compile(r"[\w.-]{0,20}")
_WORD = re.compile(r"[A-Za-z0-9]+")
_EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,4}$")
_HASHED = re.compile(r"[-._][A-Za-z0-9_-]{8,}$")


def masked(url: str, width: int = 300) -> str:
    """`url` without login and fragment, the values of its query replaced by `...` unless harmless."""
    if not url.startswith(("http://", "https://", "ws://", "wss://", "/")):
        return _cut(url.partition(",")[0].partition("?")[0], 60)
    try:
        parts = urlsplit(url)
        asked = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return _cut(url.partition("?")[0].rpartition("@")[2], width)
    host = parts.netloc.rpartition("@")[2]
    query = "&".join(f"{name}={value if _is_harmless(name, value) else '...'}" for name, value in asked)
    start = f"{parts.scheme}://{host}" if host else ""
    return _cut(f"{start}{parts.path}{'?' if query else ''}{query}", width)


def path(url: str, width: int = 60) -> str:
    """What comes after the host of `url`, masked."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return masked(url, width)
    return masked(f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", width)


def _is_harmless(name: str, value: str) -> bool:
    return name.lower() in HARMLESS and _SHORT.fullmatch(value) is not None


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def route(url: str) -> str:
    """The path of an address, without query, and with `#` for ids, numbers and hashes: the same in every run."""
    try:
        path = urlsplit(url).path
    except ValueError:
        path = url.partition("?")[0]
    return one_line("/".join(map(_masked_segment, path.split("/"))) or "/", 200)


def _masked_segment(segment: str) -> str:
    if re.fullmatch(r"v\d{1,2}", segment):
        return segment
    ending = _EXTENSION.search(segment)
    extension = ending[0] if ending else ""
    stem = segment.removesuffix(extension)
    if extension and (hashed := _HASHED.search(stem)) and re.search(r"[0-9A-Z]", hashed[0]):
        stem = stem[: hashed.start() + 1] + "#"
    if re.search(r"\d", stem) and re.search(r"[A-Z%]", stem):
        return "#" + extension
    return _WORD.sub(lambda word: "#" if re.search(r"\d", word[0]) else word[0], stem) + extension
