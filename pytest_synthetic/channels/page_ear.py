"""What pages say, heard within bounds: one that says 100,000 things costs little more than one that says a few."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

HEARD = 500
"""Times that an event is heard in a row: each costs a quarter of a millisecond, and some 3 kB that stay."""
_MANY = 100
"""Lines of a page's console from which on the driver may have dropped some. It keeps the last 200, or a few less."""


class Ear:
    """Hears one event of a context, `HEARD` times at most, until it is told to listen again."""

    def __init__(self, context: Any, event: str, hear: Callable[[Any], None]) -> None:
        """Begin to hear."""
        self._event = event
        self._context = context
        self._hear = hear
        self._count = 0
        self._last: Any = None
        context.on(event, self._heard)

    def _heard(self, told: Any) -> None:
        self._hear(told)
        self._count += 1
        if self._count == HEARD:
            self._last = told
            self._context.remove_listener(self._event, self._heard)

    def listen_again(self) -> bool:
        """Count anew. Returns whether something was said meanwhile that nobody heard, or may have been."""
        was_deaf = self._count >= HEARD
        self._count = 0
        if not was_deaf:
            return False
        self._context.on(self._event, self._heard)  # first: what is said from now on is heard, if need be twice
        return self._event != "console" or not self._caught_up()

    def _caught_up(self) -> bool:
        """Hear the last lines of each console, which the driver keeps; whether there were no others since."""
        from playwright.sync_api import Error

        since, whole = self._last.timestamp, self._last.page in self._context.pages
        for page in self._context.pages:
            try:
                kept = page.console_messages(filter="all")
            except Error:  # it closed meanwhile
                return False
            whole &= len(kept) < _MANY or kept[0].timestamp <= since
            for line in kept:
                if line.timestamp >= since:
                    self._hear(line)
        return whole
