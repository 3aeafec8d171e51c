"""Thousands of texts looked for at once, and where one of them may have begun at the end of what is there."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from ahocorasick_rs import BytesAhoCorasick, Implementation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CHUNK = 1 << 20
"""Bytes searched at a time: what is found is a list, and hostile text could make it large."""
HEAD = 8
"""Bytes of a needle that the machine looks for: thousands of long needles then make a small machine, a quick one."""
QUICKEST = 100_000
"""Bytes of all heads up to which the quickest machine is made: it takes some hundred bytes of memory for each."""


class Search:
    """Finds `needles`: of those that begin at one place the longest, also where two overlap."""

    def __init__(self, needles: Iterable[bytes], marks: Iterable[bytes] = ()) -> None:
        """`marks` are short texts that `find` finds as well, in the same pass; none of them is ever begun."""
        self._needles = sorted(set(needles))
        self._longest = max(map(len, self._needles), default=0)
        by_head: dict[bytes, list[bytes]] = {}
        for needle in self._needles:
            by_head.setdefault(needle[:HEAD], []).append(needle)
        for mark in marks:
            by_head.setdefault(mark[:HEAD], []).append(mark)
        self._by_head = [sorted(alike, key=len, reverse=True) for alike in by_head.values()]
        size = sum(map(len, by_head))
        self._machine = BytesAhoCorasick(by_head, implementation=Implementation.DFA if size < QUICKEST else None)
        self._beginnings = {needle[:2] for needle in self._needles}

    def find(self, data: bytes) -> Iterator[tuple[bytes, int, int]]:
        """Needles in `data`, with where each begins and ends."""
        for chunk in range(0, len(data) if self._by_head else 0, CHUNK):
            part = data[chunk : chunk + CHUNK + HEAD - 1] if len(data) > CHUNK else data
            for index, start, _ in self._machine.find_matches_as_indexes(part, overlapping=True):
                if start < CHUNK:
                    yield from self._longest_at(data, chunk + start, index)

    def _longest_at(self, data: bytes, start: int, index: int) -> Iterator[tuple[bytes, int, int]]:
        for needle in self._by_head[index]:
            if data.startswith(needle, start):
                yield needle, start, start + len(needle)
                return

    def begun(self, data: bytes) -> int:
        """Where the first needle begins that goes on after the end of `data`; its length when there is none."""
        for at in range(max(0, len(data) - self._longest + 1), len(data)):
            if data[at : at + 2] in self._beginnings or at == len(data) - 1:
                tail = data[at:]
                index = bisect_left(self._needles, tail)
                # The needle that is `tail` itself is complete: only a longer one has begun.
                index += index < len(self._needles) and self._needles[index] == tail
                if index < len(self._needles) and self._needles[index].startswith(tail):
                    return at
        return len(data)
