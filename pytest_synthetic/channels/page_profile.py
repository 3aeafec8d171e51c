"""What the pages of a run asked for and showed, kept in so few words that it can be compared with another run's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_synthetic.core.addresses import route
from pytest_synthetic.core.first_party import site
from pytest_synthetic.core.plaintext import one_line, plain
from pytest_synthetic.model.profile import Asked, Shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REQUESTS_KEPT = 1_000
"""Requests of one run, from its start."""
LINES_KEPT = 500
"""Lines of one page."""
PAGES_LOOKED_AT = 3
"""Open pages of a run that are looked at."""
LOOKING_LIMIT = 1_000
"""Milliseconds that a page is given to answer. One in an endless loop never does."""

_VERSION = re.compile(r"^(?:server|x-(?:[a-z]+-)*(?:version|release|revision|build|commit|sha))$")
"""Headers of a page's answer in which products tell their version."""
_TYPED = re.compile(r'^(\s*- (?:textbox|searchbox|spinbutton)\b(?: "[^"]*")?(?: \[[^]]*\])*):.*')


class PageProfile:
    """Hears the requests of the contexts it watches, and looks at their pages when told to."""

    def __init__(self, step: Callable[[], str | None]) -> None:
        """`step` names the step under way, else the one that ended last."""
        self._step = step
        self.home: str | None = None
        self._contexts: list[Any] = []
        self._asked: dict[Any, tuple[str, str | None]] = {}
        self._answers: dict[Any, int] = {}
        self.shown: list[Shown] = []
        self.versions: dict[str, str] = {}

    def watch(self, context: Any, base_url: str | None) -> None:
        """Begin to listen to a context, before its first page. `base_url` is the product's."""
        self.home = self.home or site(base_url)
        self._contexts.append(context)
        context.on("request", self._hear_request)
        context.on("response", self._hear_response)

    def _hear_request(self, request: Any) -> None:
        self.home = self.home or site(request.url)  # without a base URL: where the first page lies
        if len(self._asked) < REQUESTS_KEPT and site(request.url) == self.home:
            self._asked[request] = request.url, self._step()

    def _hear_response(self, response: Any) -> None:
        request = response.request
        if request in self._asked:
            self._answers[request] = response.status
            if not self.versions and request.resource_type == "document":
                named = {name: one_line(value, 80) for name, value in response.headers.items() if _VERSION.match(name)}
                self.versions.update(named)

    @property
    def requests(self) -> Iterator[Asked]:
        """The requests to the product's own site, each of a kind once a step."""
        found = {
            Asked(
                method=request.method,
                url=route(url),
                status=self._answers.get(request),
                step=step,
                kind=request.resource_type,
            ): None
            for request, (url, step) in self._asked.items()
        }
        return iter(found)

    def look(self, step: str | None) -> None:
        """Keep what the open pages show, as at the end of `step`. A page that does not answer is passed over."""
        pages = [page for context in self._contexts for page in context.pages if not page.is_closed()]
        for page in pages[:PAGES_LOOKED_AT]:
            if page.url != "about:blank" and (lines := _outline(page)) is not None:
                self.shown.append(Shown(step=step, url=route(page.url), lines=lines))


def _outline(page: Any) -> tuple[str, ...] | None:
    """The accessibility tree. What was typed is left out: the test chose it, and it is nobody's business."""
    from playwright.sync_api import Error

    try:
        told = page.locator("body").aria_snapshot(timeout=LOOKING_LIMIT)
    except Error:  # busy, closed meanwhile, or no document of HTML
        return None
    return tuple(_TYPED.sub(r"\1", line) for line in plain(told).splitlines()[:LINES_KEPT])
