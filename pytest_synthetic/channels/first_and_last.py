"""A bounded memory of what may come 100,000 times: the first ones, the last ones, and how many there were."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")


class FirstAndLast(Generic[T]):
    """Keeps the first `each` and the last `each` of what is added."""

    def __init__(self, each: int) -> None:
        """Empty, with room for twice `each`."""
        self._each = each
        self._first: list[T] = []
        self._last: deque[T] = deque(maxlen=each)
        self.count = 0

    def add(self, item: T) -> None:
        """Keep `item`, perhaps in the place of an older one."""
        self.count += 1
        if len(self._first) < self._each:
            self._first.append(item)
        else:
            self._last.append(item)

    @property
    def left_out(self) -> int:
        """How many were added and are kept no more."""
        return self.count - len(self._first) - len(self._last)

    def __iter__(self) -> Iterator[T]:
        """What is kept, in the order it was added."""
        yield from self._first
        yield from self._last

    @property
    def parts(self) -> tuple[list[T], list[T]]:
        """The first ones and the last ones; `left_out` stood between them."""
        return self._first, list(self._last)
