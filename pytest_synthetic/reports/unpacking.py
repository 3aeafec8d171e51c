"""Compressed data made readable within bounds: what would grow too large, or is damaged, is withheld."""

from __future__ import annotations

import zlib

LARGEST = 100_000_000
"""Bytes that one file, or one entry of an archive, may have to be read."""
MEMBERS = 16
"""Parts that one gzip file may consist of."""
LEVEL = 1
"""Of deflate, for what is packed again: a trace is read once or never, and somebody waits for it."""
UNPACKED = 200_000_000
"""Bytes that one archive may unpack to, archives inside it included."""


class Withheld(Exception):
    """What must not be let through, and why in words."""


class Budget:
    """How many bytes may still be unpacked for one file."""

    def __init__(self) -> None:
        self._left = UNPACKED

    @property
    def most(self) -> int:
        """Bytes that the next piece may have."""
        return min(self._left, LARGEST)

    def allow(self, size: int) -> None:
        """Raises Withheld when `size` bytes are too many."""
        if size > self.most:
            raise Withheld(f"it unpacks to more than {(LARGEST if size > LARGEST else UNPACKED) // 1_000_000} MB")

    def take(self, size: int) -> None:
        """Count `size` bytes. Raises Withheld when they are too many."""
        self.allow(size)
        self._left -= size


def inflated(data: bytes, wbits: int, budget: Budget) -> tuple[bytes, bytes]:
    """The first deflated stream of `data` (`wbits` as zlib has them) and what follows it. Raises Withheld."""
    machine, most = zlib.decompressobj(wbits), budget.most
    try:
        whole = machine.decompress(data, most + 1)
    except zlib.error:
        raise Withheld("it is damaged") from None
    if len(whole) <= most and not machine.eof:
        raise Withheld("it is damaged: its end is missing")
    budget.take(len(whole))
    return whole, machine.unused_data


def unpacked(data: bytes, wbits: int, budget: Budget) -> bytes:
    """A gzip file, of one or more parts, or a zlib stream. Raises Withheld."""
    members: list[bytes] = []
    while data and len(members) < MEMBERS:
        member, data = inflated(data, wbits, budget)
        members.append(member)
    if data:
        raise Withheld(f"it has more than {MEMBERS} parts")
    return b"".join(members)
