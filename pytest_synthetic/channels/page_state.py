"""What an open page looks like: pictures of it and its outline, had in bounded time or named as missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from pytest_synthetic.core.plaintext import one_line, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_synthetic.channels.page_cover import Cover

ANSWER_LIMIT = 1.0
"""Seconds in which a page must answer at all. One in an endless loop never does."""
PICTURE_LIMIT = 4.0
OUTLINE_LIMIT = 2.0
OUTLINE_KEPT = 200_000
"""Characters."""

_LEAST = 0.1
_PNG = "image/png"


class Collector(Protocol):
    """Takes what was had, and what could not be."""

    def keep(self, name: str, data: bytes, media_type: str, *, step: str | None = None) -> None:
        """Keep a file."""

    def miss(self, name: str, media_type: str, why: str) -> None:
        """Name what is missing, and say in words why."""


class Budget:
    """How long all of this may still take."""

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        """Begins now, by the clock `monotonic`."""
        self._monotonic = monotonic
        self._ends = monotonic() + seconds
        self.seconds = seconds

    @property
    def is_spent(self) -> bool:
        """Whether nothing more should be begun."""
        return self._ends - self._monotonic() < _LEAST

    def milliseconds(self, limit: float) -> float:
        """What one thing may take that should not take more than `limit` seconds."""
        return 1000 * max(_LEAST, min(limit, self._ends - self._monotonic()))


def capture(page: Any, number: int, collector: Collector, budget: Budget, cover: Cover) -> None:
    """Take the pictures and the outline of a page. No picture is taken without the masks of `cover`."""
    names = [_numbered(name, number) for name in ("screenshot", "full page", "page outline")]
    if why := _silence(page, budget):
        _miss(names[:2], why, collector)
        collector.miss(names[2], "text/plain", why)
        return
    if _is_unopened(page, budget):
        collector.miss(names[0], _PNG, "no page was opened yet")
        return
    if why := cover.hindrance(page, budget):
        _miss(names[:2], why, collector)
    else:
        _take(page, names, collector, budget, cover)
    outline = _had(names[2], "text/plain", collector, budget, lambda t: _outline(page, t), OUTLINE_LIMIT)
    if outline:
        collector.keep(names[2], outline, "text/plain")
    elif outline is not None:
        collector.miss(names[2], "text/plain", "the page has no text, and nothing to act on")


def _take(page: Any, names: Sequence[str], collector: Collector, budget: Budget, cover: Cover) -> None:
    """The window, and the whole page where the window shows less."""

    def taken(name: str, **how: bool) -> bytes | None:
        def ask(timeout: float) -> bytes:
            picture: bytes = page.screenshot(timeout=timeout, mask=cover.masks(page), **how)
            return picture

        return _had(name, _PNG, collector, budget, ask, PICTURE_LIMIT)

    if seen := taken(names[0]):
        collector.keep(names[0], seen, _PNG)
    whole = taken(names[1], full_page=True)
    if whole and (seen is None or _extent(whole) != _extent(seen)):
        collector.keep(names[1], whole, _PNG)


def _miss(names: Sequence[str], why: str, collector: Collector) -> None:
    for name in names:
        collector.miss(name, _PNG, why)


def _silence(page: Any, budget: Budget) -> str | None:
    """Why nothing can be asked of the page, None when it answers."""
    from playwright.sync_api import Error
    from playwright.sync_api import TimeoutError as TimedOut

    if budget.is_spent:
        return _too_late(budget)
    try:
        # A locator's methods have a time-out; evaluate and title have none.
        page.locator(":root").wait_for(state="attached", timeout=budget.milliseconds(ANSWER_LIMIT))
    except TimedOut:
        return f"the page did not answer within {ANSWER_LIMIT:g} s: a script of it may run for ever"
    except Error as error:
        return f"the page cannot be asked: {one_line(str(error), 160)}"
    return None


def _is_unopened(page: Any, budget: Budget) -> bool:
    """Whether the test has put nothing into the page yet: a picture would be white, as that of a broken page is."""
    from playwright.sync_api import Error

    if page.url != "about:blank":
        return False
    try:
        return not page.locator("body").inner_html(timeout=budget.milliseconds(ANSWER_LIMIT))
    except Error:
        return False


def _had(  # noqa: PLR0913, PLR0917  what, whither, how long
    name: str,
    media_type: str,
    collector: Collector,
    budget: Budget,
    ask: Callable[[float], bytes],
    limit: float,
) -> bytes | None:
    from playwright.sync_api import Error

    if budget.is_spent:
        collector.miss(name, media_type, _too_late(budget))
        return None
    try:
        return ask(budget.milliseconds(limit))
    except Error as error:
        collector.miss(name, media_type, one_line(str(error), 160))
        return None


def _too_late(budget: Budget) -> str:
    return f"the {budget.seconds:g} s for evidence were over"


def _outline(page: Any, timeout: float) -> bytes:
    told = plain(page.locator("body").aria_snapshot(timeout=timeout))
    cut = f"\n... cut: {len(told)} characters in all" if len(told) > OUTLINE_KEPT else ""
    return (told[:OUTLINE_KEPT] + cut + "\n").encode() if told else b""


def _extent(png: bytes) -> bytes:
    """Width and height, as a PNG's first chunk tells them."""
    return png[16:24]


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name} {number}"
