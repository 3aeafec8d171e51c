"""When a change on disk counts: once nothing changes any more, since somebody may be about to write the rest of it."""

from __future__ import annotations

from typing import Generic, TypeVar

SETTLED = 1.0
"""Seconds for which all must be as it is."""
LONGEST = 10.0
"""Seconds after which a change counts although others go on: a file that is written for ever holds up no other."""

Mark = TypeVar("Mark")
"""What tells how files are from how they were."""


class Settling(Generic[Mark]):
    """Looks at marks, at moments of a clock that never goes back; times of files are not compared with it."""

    __slots__ = ("_coming", "_first", "_since", "read")

    def __init__(self, mark: Mark) -> None:
        """`mark` is that of what was read last."""
        self.read = self._coming = mark
        self._first = self._since = 0.0

    @property
    def moving(self) -> bool:
        """Whether something changed and was not read yet."""
        return self._coming != self.read

    def ready(self, mark: Mark, now: float) -> bool:
        """Whether what is there now differs from what was read, and can be read."""
        if mark != self.read and not self.moving:
            self._first = now
        if mark != self._coming:
            self._coming, self._since = mark, now
        return self.moving and (now - self._since >= SETTLED or self.overdue(now))

    def overdue(self, now: float) -> bool:
        """Whether a change waits for too long."""
        return self.moving and now - self._first >= LONGEST

    def take(self, mark: Mark) -> None:
        """Say that what had this mark was read."""
        self.read = self._coming = mark
