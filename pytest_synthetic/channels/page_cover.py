"""What no picture may show: the elements that fit declared selectors, under masks, in every frame of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_synthetic.core.plaintext import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_synthetic.channels.page_state import Budget

ANSWER_LIMIT = 0.1
"""Seconds after which a selector counts as found: that it fits nothing is told at once."""


class Cover:
    """The selectors of one run, and which of them were found on its pages."""

    def __init__(self, selectors: Sequence[str] = ()) -> None:
        """`selectors` are Playwright's: CSS, `text=`, `xpath=` ..."""
        self._selectors = tuple(dict.fromkeys(selectors))
        self._absent: set[str] = set()
        self._found: set[str] = set()

    def hindrance(self, page: Any, budget: Budget) -> str | None:
        """Why no picture may be taken of a page that answers: a selector cannot be read. None when one may."""
        from playwright.sync_api import Error

        for selector in self._selectors:
            try:
                fits = _fits(page.main_frame, selector, budget) or _fits_inside(page, selector, budget)
            except Error as error:
                told = one_line(str(error).removeprefix("Locator.wait_for: ").partition("\n")[0], 160)
                return f'withheld: [evidence] cover: "{one_line(selector, 80)}" cannot be covered: {told}'
            (self._found if fits else self._absent).add(selector)
        return None

    def masks(self, page: Any) -> list[Any]:
        """Locators of what a picture of `page` must not show. One that cannot be masked fails the picture."""
        return [frame.locator(selector) for frame in page.frames for selector in self._selectors]

    def complaint(self, journey: str) -> str | None:
        """What was not found on any page that was looked at: it may be misspelt, and then it covers nothing."""
        missed = [selector for selector in self._selectors if selector in self._absent - self._found]
        if not missed:
            return None
        told = ", ".join(f'"{one_line(selector, 80)}"' for selector in missed)
        return f'[evidence] cover: nothing fits {told} on the pages pictured of "{journey}"'


def _fits(frame: Any, selector: str, budget: Budget) -> bool:
    """Whether something in `frame` fits. `count` would say so at once, but has no time-out. Raises Error."""
    from playwright.sync_api import TimeoutError as TimedOut

    try:
        frame.locator(selector).first.wait_for(state="detached", timeout=budget.milliseconds(ANSWER_LIMIT))
    except TimedOut:
        return True
    return False


def _fits_inside(page: Any, selector: str, budget: Budget) -> bool:
    from playwright.sync_api import Error

    for frame in page.frames[1:]:
        try:
            if _fits(frame, selector, budget):
                return True
        except Error:  # the frame is gone meanwhile
            continue
    return False
