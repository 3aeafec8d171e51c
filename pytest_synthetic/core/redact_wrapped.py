"""A secret with spaces that pprint broke over lines, as pytest shows long values: `'correct horse '`, `'battery'`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_synthetic.core.redact_patterns import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONGEST = 2_000
_KEY = 3
"""Bytes before a break by which the secrets that may be broken there are known."""
_BETWEEN = 80
"""Bytes that may stand before the rest of a text: its indentation, and what marks a line of an assertion."""
_BREAK = rb"""['"]\n[^'"\n]{0,%d}['"]""" % _BETWEEN
_BREAKS = re.compile(_BREAK)


class Wrapped:
    """Finds them for some secrets, given as name and value."""

    def __init__(self, secrets: Iterable[tuple[str, str]]) -> None:
        self._by_key: dict[bytes, dict[re.Pattern[bytes], tuple[str, int]]] = {}
        for name, value in secrets:
            parts = _parts(value.strip()) if len(value) <= LONGEST else []
            if len(parts) > 1:
                pattern = re.compile((rb"(?:%b)?" % _BREAK).join(map(_written, parts)))
                reach = sum(2 * len(repr(part).encode("utf-8", "replace")) + _BETWEEN + 8 for part in parts)
                for part in parts[:-1]:
                    self._by_key.setdefault(_plain(part)[-_KEY:], {})[pattern] = name, reach

        # With the byte before it, a break is rare in text.
        self.marks = {key[-1:] + end for key in self._by_key for end in (b"'\n", b'"\n')}

    def beside(self, data: bytes, start: int, _: int) -> Iterator[Span]:
        """Where they are around the break at `start`: one a line, so that the lines stay as many."""
        at = start + 1
        for size in range(1, _KEY + 1):
            for pattern, (name, reach) in self._by_key.get(data[max(0, at - size) : at], {}).items():
                yield from _around(data, at, pattern, name, reach)


def _around(data: bytes, at: int, pattern: re.Pattern[bytes], name: str, reach: int) -> Iterator[Span]:
    for match in pattern.finditer(data, max(0, at - reach), at + reach):
        start = match.start()
        for between in _BREAKS.finditer(data, *match.span()):
            yield Span(start, between.start(), name, "utf-8")
            start = between.end()
        yield Span(start, match.end(), name, "utf-8")


def _parts(value: str) -> list[str]:
    """Where pprint may break it: after each line and after each word."""
    return [part for line in value.splitlines(keepends=True) for part in re.findall(r"\S*\s*", line) if part]


def _plain(part: str) -> bytes:
    return repr(part)[1:-1].encode("utf-8", "replace")


def _written(part: str) -> bytes:
    """`part` in the repr of a text, whose other parts decide which quotes are escaped."""
    return b"".join(rb"\\?" + char.encode() if char in "'\"" else re.escape(_plain(char)) for char in part)
