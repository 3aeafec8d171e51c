"""Watches the browser contexts of one run: web vitals, trace groups for steps, the line."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_synthetic.channels import web_vitals
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.errors import JourneyError

if TYPE_CHECKING:
    from pytest_synthetic.core.recorder import Recorder
    from pytest_synthetic.model.region import Network
    from pytest_synthetic.model.run import Failure

log = logging.getLogger("pytest_synthetic")

FLUSH_LIMIT = 500
"""Milliseconds a page is given to send its last values. A page in an endless loop never answers."""
PAGES_KEPT = 200
"""Pages of one run whose vitals are kept: a page that reloads itself for ever must not fill the memory."""


class Watcher:
    """Knows the contexts of one run. Its methods that ask the browser may raise Playwright's errors."""

    def __init__(self, recorder: Recorder, network: Network | None, *, tracing: bool) -> None:
        """`tracing`: whether Playwright records a trace, in which steps become groups."""
        self._recorder = recorder
        self._network = network
        self._tracing = tracing
        self._contexts: list[Any] = []
        self._groups: list[list[Any]] = []
        self._vitals: dict[tuple[float, str], dict[str, tuple[float, str | None]]] = {}

    def watch(self, context: Any) -> None:
        """Begin to watch a context, before its first page."""
        context.expose_binding(web_vitals.BINDING, lambda _source, told=None: self._take(told))
        context.add_init_script(web_vitals.script())
        if self._network:
            _throttle(context, self._network)
        self._contexts.append(context)

    # -- vitals --------------------------------------------------------------------------------------------------

    def _take(self, told: Any) -> None:
        """Keep what a page says of itself; a page can send anything, and only numbers under known names count."""
        if not isinstance(told, dict) or not isinstance(told.get("values"), dict):
            return
        origin, page = told.get("origin"), told.get("page")
        if not isinstance(origin, int | float) or not isinstance(page, str):
            return
        visit = float(origin), one_line(page, 200)
        if visit not in self._vitals and len(self._vitals) >= PAGES_KEPT:
            return
        taken = self._vitals.setdefault(visit, {})
        for name, value in told["values"].items():
            if name in web_vitals.NAMES and isinstance(value, int | float) and math.isfinite(value):
                taken[name] = float(value), taken[name][1] if name in taken else self._step()

    def _step(self) -> str | None:
        """The step under way, else the one that ended last: a page sends its values a moment after they arise."""
        return self._recorder.current_step or self._recorder.last_step

    def collect(self) -> None:
        """Ask the open pages for their last values and make measurements of all."""
        for page in self._pages():
            if not self._has_told(page):
                self._flush(page)
        for (_, page), taken in sorted(self._vitals.items()):
            for name, (value, step) in taken.items():
                self._measure(web_vitals.NAMES[name], value, page, step)
        self._vitals.clear()

    def _has_told(self, page: Any) -> bool:
        """Whether the page has sent what is wanted of it: asking costs more than all the rest of the measuring.

        Wanted are its largest paint, and what the journey promises (an `inp` comes a frame after the click).
        """
        path = urlsplit(page.url).path
        told = {name for (_, visited), taken in self._vitals.items() if visited == path for name in taken}
        promised = {limit.name for limit in self._recorder.spec.sla.measurements}
        wanted = {"LCP", *(name for name, ours in web_vitals.NAMES.items() if ours in promised)}
        return wanted <= told

    def _measure(self, name: str, value: float, page: str, step: str | None) -> None:
        timed = name != "cls"
        self._recorder.measure_in(step, name, value / 1000 if timed else value, "s" if timed else "", page=page)

    def _flush(self, page: Any) -> None:
        """wait_for_function has a time-out; evaluate has none, and would wait for ever on a page that hangs."""
        from playwright.sync_api import Error

        if page.url == "about:blank":
            return
        try:
            page.wait_for_function(_FLUSH, timeout=FLUSH_LIMIT)
        except Error as error:
            log.debug("no last web vitals from %s: %s", page.url, error)

    # -- steps ---------------------------------------------------------------------------------------------------

    def step_started(self, name: str) -> None:
        """Open a group in the trace of every context."""
        if self._tracing:
            self._groups.append(list(self._contexts))
            for context in self._contexts:
                _quietly(context.tracing.group, name)

    def step_finished(self, name: str, failure: Failure | None) -> None:
        """Close the group that the step opened."""
        del name, failure
        for context in self._groups.pop() if self._groups else ():
            _quietly(context.tracing.group_end)

    def _pages(self) -> list[Any]:
        return [page for context in self._contexts for page in context.pages if not page.is_closed()]


# Two animation frames let the browser report what it painted last; the answer comes with the values already sent.
_FLUSH = """() => new Promise(done => requestAnimationFrame(() => setTimeout(() => {
    if (window.__synthetic_flush) window.__synthetic_flush();
    done(true);
}, 0)))"""


def _quietly(call: Any, *arguments: str) -> None:
    """A context that is closed, or whose browser died, has no trace to write into: the journey will tell of it."""
    from playwright.sync_api import Error

    try:
        call(*arguments)
    except Error as error:
        log.debug("no group in the trace: %s", error)


def _throttle(context: Any, network: Network) -> None:
    """Put every page of a context on `network`. Raises JourneyError where the browser has no DevTools protocol."""
    if context.browser and context.browser.browser_type.name != "chromium":
        raise JourneyError(
            f'network("{network.name}") needs Chromium; this run has {context.browser.browser_type.name}'
        )
    new_page = context.new_page

    def apply(page: Any) -> None:
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send(
            "Network.emulateNetworkConditions",
            {
                "offline": network.download == 0,
                "latency": network.latency * 1000,
                "downloadThroughput": network.download or -1,
                "uploadThroughput": network.upload or -1,
            },
        )

    def slowed(*arguments: Any, **more: Any) -> Any:
        page = new_page(*arguments, **more)
        apply(page)
        return page

    context.new_page = slowed
    # Pages that the product opens by itself are slowed as soon as they are seen; their first bytes may be faster.
    context.on("page", lambda page: apply(page) if page.opener() else None)
