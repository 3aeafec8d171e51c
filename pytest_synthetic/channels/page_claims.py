"""What the pages of a run say of themselves: a page can answer 200, show what the test looks for, and be wrong.

SyntheticError
└── PageFault   is an AssertionError
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_synthetic.channels import browser_faults
from pytest_synthetic.channels.page_ear import HEARD, Ear
from pytest_synthetic.config.settings import PageSign
from pytest_synthetic.core.first_party import site
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.errors import SyntheticError
from pytest_synthetic.model.verdict import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_synthetic.config.settings import BrowserSettings

READING_LIMIT = 1_000
"""Milliseconds a page is given to say what it shows. A page in an endless loop never answers."""
SEARCHED = 200_000
"""Characters of a page's text that are looked through."""
SIGNS_KEPT = 50
"""Signs of one step that are kept, the others are counted: a page that fails in a loop must not fill the memory."""

_AROUND = 40
"""Characters shown on either side of a forbidden text."""
_STOPPED = ("net::ERR_ABORTED", "net::ERR_BLOCKED_BY_CLIENT", "NS_BINDING_ABORTED", "Load request cancelled")
"""How browsers tell of a request that the page itself, its leaving, or this monitor ended: nobody's fault."""


class PageFault(SyntheticError, AssertionError):
    """A page said of itself, in `step`, that something is wrong. The message has one line a sign."""

    step: str | None = None


def classify(error: BaseException) -> tuple[Fault, str] | None:
    """Who is at fault; None when the exception is not ours."""
    return (Fault.PRODUCT, "the page says of itself that something is wrong") if isinstance(error, PageFault) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """A sign: in words, of which address, on which page. `main`: it is about the page itself, not a part of it."""

    told: str
    url: str
    page: Any
    main: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sign:
    told: str
    url: str
    step: str | None


class PageClaims:
    """Hears the pages of one run, and reads what they show. Nothing here raises for what a page does."""

    def __init__(self, settings: BrowserSettings, step: Callable[[], str | None]) -> None:
        """`step` tells the step under way, else the one that ended last."""
        self._settings = settings
        self._step = step
        self._contexts: list[Any] = []
        self._mute: set[Any] = set()
        self._signs: list[_Sign] = []
        self._known: set[tuple[str, str]] = set()
        self._ears: list[tuple[Ear, str]] = []
        self._kept: Counter[str | None] = Counter()
        self._more: Counter[str | None] = Counter()
        self._unheard: set[str | None] = set()
        self.faults: list[PageFault] = []
        self.unread: list[str] = []

    def watch(self, context: Any, base_url: str | None) -> None:
        """Begin to listen to a context, before its first page. `base_url` is the product's."""
        self._contexts.append(context)
        for sign in self._settings.fail_on:
            event, read = _READERS[sign]
            hear = self._hearer(read, site(base_url))
            if sign in _ENDLESS:
                self._ears.append((Ear(context, event, hear), _ENDLESS[sign]))
            else:
                context.on(event, hear)

    def _hearer(self, read: Callable[[Any], _Heard | None], home: str | None) -> Callable[[Any], None]:
        def hear(told: Any) -> None:
            heard = read(told)
            if heard and (self._settings.third_party or _is_first_party(heard, home)):
                self._note(heard.told, heard.url)

        return hear

    def _note(self, told: str, url: str) -> None:
        ignored = any(pattern.search(told) for pattern in self._settings.ignore)
        if ignored or (told, url) in self._known:
            return
        step = self._step()
        if self._kept[step] == SIGNS_KEPT:
            self._more[step] += 1
            return
        self._kept[step] += 1
        self._known.add((told, url))
        self._signs.append(_Sign(told=told, url=url, step=step))

    # -- what is shown -------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Read the open pages; what they said before they answer has then been heard as well."""
        for page in [page for context in self._contexts for page in context.pages]:
            if page in self._mute or page.is_closed() or page.url == "about:blank":
                continue
            shown = self._shown(page)
            for pattern in self._settings.forbidden_text:
                if found := pattern.search(shown, 0, SEARCHED):
                    self._note(f'the page shows "{one_line(found[0], 80)}": {_around(shown, found)}', _bare(page.url))
        for ear, words in self._ears:
            if ear.listen_again():
                self._missed(words, self._step())

    def _missed(self, words: str, step: str | None) -> None:
        """Where nothing wrong was heard among so much, there may have been something."""
        self._unheard.add(step)
        if not any(sign.step == step for sign in self._signs):
            where = f'step "{step}"' if step else "the run"
            self.unread.append(f"{words} more than {HEARD} times in {where}: not all of it was heard")

    def _shown(self, page: Any) -> str:
        """A locator's methods have a time-out; evaluate has none."""
        from playwright.sync_api import Error
        from playwright.sync_api import TimeoutError as TimedOut

        try:
            return one_line(page.locator(":root").inner_text(timeout=READING_LIMIT))
        except TimedOut:
            self._mute.add(page)
            told = f"did not answer within {READING_LIMIT / 1000:g} s: what it says of itself is not known"
            self.unread.append(f"{_bare(page.url)} {told}")
        except Error:
            pass  # closed meanwhile, or no document of HTML: it shows no text
        return ""

    # -- what it comes to ----------------------------------------------------------------------------------------

    def fault_of(self, step: str | None) -> PageFault | None:
        """Take what was said in the step with that path, once."""
        return self._fault([sign for sign in self._signs if sign.step == step])

    def rest(self) -> None:
        """Make faults of what no step has taken."""
        while self._signs:
            self._fault([sign for sign in self._signs if sign.step == self._signs[0].step])

    def _fault(self, signs: list[_Sign]) -> PageFault | None:
        if not signs:
            return None
        self._signs = [sign for sign in self._signs if sign not in signs]
        lines = [f"{sign.told} ({sign.url})" for sign in signs if not _is_told_twice(sign, signs)]
        step = signs[0].step
        if more := len(lines) - 1 + self._more.pop(step, 0):
            lines[0] += f", and at least {more} more" if step in self._unheard else f", and {more} more"
        fault = PageFault("\n".join(lines))
        fault.step = step
        self.faults.append(fault)
        return fault


_IN_CONSOLE = "the console has an error: "
_ECHO = "Failed to load resource: "


def _is_told_twice(sign: _Sign, signs: list[_Sign]) -> bool:
    """Chromium's console repeats what the network told."""
    echo = _IN_CONSOLE + _ECHO
    return sign.told.startswith(echo) and any(s.url == sign.url and not s.told.startswith(echo) for s in signs)


def _is_first_party(heard: _Heard, home: str | None) -> bool:
    """The product's site is that of the base URL; where none is known, that of the page."""
    there = site(heard.url)
    if home is None and heard.main:
        return True
    own = home or site(getattr(heard.page, "url", None))
    return own is None or there is None or there == own


# -- how each sign reads ---------------------------------------------------------------------------------------------


def _page_error(told: Any) -> _Heard:
    error, page = told.error, told.page
    script = re.search(r"https?://[^\s()]+?(?=:\d+(?::\d+)?\)?$)", error.stack or "", re.MULTILINE)
    name = f"{error.name}: " if error.name else ""
    url = script[0] if script else getattr(page, "url", "")
    return _Heard(told=f"a script threw {name}{one_line(error.message, 200)}", url=_bare(url), page=page)


def _console_error(message: Any) -> _Heard | None:
    url = message.location.get("url") or getattr(message.page, "url", "")
    if message.type != "error" or _is_not_the_products(message.text.removeprefix(_ECHO), url):
        return None
    return _Heard(told=f"{_IN_CONSOLE}{one_line(message.text, 200)}", url=_bare(url), page=message.page)


def _http_5xx(response: Any) -> _Heard | None:
    if response.status < 500:
        return None
    request = response.request
    return _of_request(request, f"{request.method} was answered with {response.status} {response.status_text}".strip())


def _failed_request(request: Any) -> _Heard | None:
    why = one_line(request.failure or "", 120)
    return (
        None
        if _is_not_the_products(why, request.url)
        else _of_request(request, f"{request.method} got no answer: {why}")
    )


def _is_not_the_products(why: str, url: str) -> bool:
    """Whether a request was stopped on purpose, or the way to the product is broken, and not the product."""
    fault = browser_faults.of_network(f"{why} at {url}") if why.startswith("net::") else None
    return why.startswith(_STOPPED) or bool(fault and fault[0] is not Fault.PRODUCT)


def _of_request(request: Any, told: str) -> _Heard:
    from playwright.sync_api import Error

    try:
        frame = request.frame
    except Error:  # a service worker's, or one that is older than its frame
        return _Heard(told=told, url=_bare(request.url), page=None)
    main = request.is_navigation_request() and frame.parent_frame is None
    return _Heard(told=told, url=_bare(request.url), page=frame.page, main=main)


_READERS: dict[PageSign, tuple[str, Callable[[Any], _Heard | None]]] = {
    PageSign.PAGE_ERROR: ("weberror", _page_error),
    PageSign.CONSOLE_ERROR: ("console", _console_error),
    PageSign.HTTP_5XX: ("response", _http_5xx),
    PageSign.FAILED_REQUEST: ("requestfailed", _failed_request),
}


_ENDLESS = {PageSign.PAGE_ERROR: "scripts threw", PageSign.CONSOLE_ERROR: "something was written to the console"}
"""What a page can say without end, at no cost to itself."""


def _bare(url: str) -> str:
    """An address without login and query, the places where secrets travel."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return one_line(url.partition("?")[0], 200)
    return one_line(f"{parts.scheme}://{host}{parts.path}" if host else url.partition("?")[0], 200)


def _around(text: str, found: re.Match[str]) -> str:
    begin, end = max(0, found.start() - _AROUND), found.end() + _AROUND
    return f"{'…' if begin else ''}{text[begin:end].strip()}{'…' if end < len(text) else ''}"
