"""What is left of a secret where a text was shortened: its beginning before an ellipsis, its end after one."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from pytest_synthetic.core.redact_patterns import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LEAST = 6
"""Bytes of a secret that are looked for: fewer are often those of another word."""
LONGEST = 10_000
_ELLIPSES = (b"...", "\N{HORIZONTAL ELLIPSIS}".encode())
_OPEN = re.compile(rb"[a-z][a-z0-9+.-]*://|https?://[\w.-]+(?::\d+)?/", re.IGNORECASE)
"""How an address that is a secret begins: the service, and of the web the host, are told with an ellipsis behind."""


class Cut:
    """Finds them for some secrets, given as name and value: as they are, and as pytest's reprs and JSON have them."""

    def __init__(self, secrets: Iterable[tuple[str, str]]) -> None:
        self.marks: tuple[bytes, ...] = ()
        self._parts: dict[bytes, list[tuple[bytes, int, str]]] = {}
        for name, value in secrets:
            for form in {value, repr(value)[1:-1], json.dumps(value)[1:-1]} if len(value) <= LONGEST else ():
                data = form.encode("utf-8", "surrogatepass")
                for at in range(len(data) - LEAST + 1):
                    self._parts.setdefault(data[at : at + LEAST], []).append((data, at, name))
                    self.marks = _ELLIPSES

    def beside(self, data: bytes, start: int, end: int) -> Iterator[Span]:
        """Where they are beside the ellipsis between `start` and `end`."""
        for form, at, name in self._parts.get(data[max(0, start - LEAST) : start], ()):
            if data.endswith(begun := form[: at + LEAST], 0, start) and not _OPEN.fullmatch(begun):
                yield Span(start - len(begun), start, name, "utf-8")
        for form, at, name in self._parts.get(data[end : end + LEAST], ()):
            if data.startswith(form[at:], end):
                yield Span(end, end + len(form) - at, name, "utf-8")
