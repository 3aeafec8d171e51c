"""What the pages of a run said on their console, and what their scripts threw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_synthetic.core.addresses import masked
from pytest_synthetic.core.plaintext import one_line, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LINES_HEARD = 200
"""Console lines of a context after which it is heard no more: each costs the driver and us a quarter of a millisecond.

The browser's driver keeps the last 200 of each page by itself, and is asked for them when somebody wants the text.
"""
ERRORS_HEARD = 50
"""Uncaught exceptions of a context after which it is heard no more."""
LINE_KEPT = 2_000
"""Characters of one line."""


class PageLog:
    """Hears the console and the uncaught exceptions of the contexts it watches."""

    def __init__(self, step: Callable[[], str | None]) -> None:
        """`step` names the step under way."""
        self._step = step
        self._lines: list[str] = []
        self._errors: list[str] = []
        self._first_error: str | None = None
        self._more_lines = self._more_errors = False

    def watch(self, context: Any) -> None:
        """Begin to listen to a context, before its first page."""
        heard = {"console": 0, "weberror": 0}

        def said(message: Any) -> None:
            heard["console"] += 1
            self._lines.append(self._line(message))
            if heard["console"] == LINES_HEARD:
                self._more_lines = True
                context.remove_listener("console", said)

        def threw(error: Any) -> None:
            heard["weberror"] += 1
            self._threw(error)
            if heard["weberror"] == ERRORS_HEARD:
                self._more_errors = True
                context.remove_listener("weberror", threw)

        context.on("console", said)
        context.on("weberror", threw)

    def _line(self, message: Any) -> str:
        place = message.location
        at = f"  ({masked(place['url'], 120)}:{place.get('lineNumber', 0) + 1})" if place.get("url") else ""
        return f"{message.type:8}{one_line(message.text[:LINE_KEPT])}{at}"

    def _threw(self, told: Any) -> None:
        error = told.error
        name = getattr(error, "name", None) or type(error).__name__
        said = one_line(f"{name}: {getattr(error, 'message', error)}", LINE_KEPT)
        page = masked(told.page.url, 120) if told.page else "no page"
        self._first_error = self._first_error or said
        step = self._step()
        where = f'on {page}, in step "{step}"' if step else f"on {page}"
        self._errors.append(f"{said}\n    {where}\n{_indented(getattr(error, 'stack', None) or '')}")

    # -- what is told --------------------------------------------------------------------------------------------

    def clue(self) -> str | None:
        """The first uncaught exception, in one line."""
        return f"page error: {one_line(self._first_error, 140)}" if self._first_error else None

    def text(self, pages: Sequence[Any]) -> str | None:
        """Exceptions, then the console; None when there was neither. `pages` are the open ones."""
        if not self._lines and not self._errors:
            return None
        return "\n".join([*self._exceptions(), *self._console(pages)]) + "\n"

    def _exceptions(self) -> Iterator[str]:
        if self._errors:
            yield f"uncaught exceptions: {len(self._errors)}{' or more' if self._more_errors else ''}"
            yield ""
            yield from self._errors
            yield ""

    def _console(self, pages: Sequence[Any]) -> Iterator[str]:
        yield f"lines on the console: {len(self._lines)}{' or more' if self._more_lines else ''}"
        yield ""
        yield from self._lines
        for page in pages if self._more_lines else ():
            last = self._last(page)
            known = _overlap(self._lines, last)
            if known < len(last):
                yield f"... more lines may have come here; the last {len(last) - known} of {masked(page.url, 120)}:"
                yield from last[known:]

    def _last(self, page: Any) -> list[str]:
        """What the driver keeps of a page; it answers at once, whatever the page does."""
        from playwright.sync_api import Error

        try:
            return [self._line(message) for message in page.console_messages()]
        except Error:  # the browser is gone
            return []


def _overlap(first: Sequence[str], last: Sequence[str]) -> int:
    """How many lines at the start of `last` are those at the end of `first`."""
    for length in range(min(len(first), len(last)), 0, -1):
        if list(first[-length:]) == list(last[:length]):
            return length
    return 0


def _indented(stack: str) -> str:
    return "\n".join(f"    {line.strip()}" for line in plain(stack[:LINE_KEPT]).splitlines()[1:20])
