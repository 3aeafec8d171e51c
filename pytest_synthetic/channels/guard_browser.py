"""The guard in a browser: what a journey's pages ask for is judged before it leaves.

Chromium is asked over its DevTools protocol to hold requests, and of these only the kinds that a rule can refuse.
Playwright's own routing is not used there: it sees no redirect, answers CORS preflights by itself, which hides a fault
of the product, and turns the browser's cache off. It is all that Firefox and WebKit have.

A held request waits for Python, which hears of it in each call of Playwright: see `pump`.
"""

from __future__ import annotations

import base64
import json
import logging
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urljoin

from pytest_synthetic.core.guard import Asked, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_synthetic.core.guard import Guard, Rules
    from pytest_synthetic.errors import GuardRefused

log = logging.getLogger("pytest_synthetic")

CHANGING = ("XHR", "Fetch", "Ping", "Other", "EventSource")
"""Beside documents, the kinds of requests that can have another method than GET, in words of the protocol."""
_CALLS = ("fetch", "get", "post", "put", "patch", "delete", "head")
_REFUSED = "BlockedByClient"
# A shared worker cannot be held by the protocol: a page finds none, as in browsers without them.
_NO_SHARED_WORKERS = "delete globalThis.SharedWorker"
_ATTACH = {"autoAttach": True, "waitForDebuggerOnStart": True}
_GATE = {**_ATTACH, "flatten": True, "filter": [{"type": "page"}]}
_NO_GATE = {"autoAttach": False, "waitForDebuggerOnStart": False, "flatten": True}
_PING = "Browser.getVersion"


class BrowserGuard:
    """Guards the contexts of one run."""

    def __init__(self, guard: Guard, headers: dict[str, str], suffix: str) -> None:
        """`headers` go along when a page of the product is gone to; `suffix` ends the user agent of all."""
        self._guard = guard
        self._suffix = suffix
        self._headers = headers
        self._held: list[_Held] = []

    def make(self, browser: Any, new_context: Callable[[], Any], base_url: str | None) -> Any:
        """A context of `browser`, guarded before its first page."""
        if browser is not None and browser.browser_type.name == "chromium":
            held = _Held(browser, patterns(self._guard), self._answer)
            context = new_context()
            context.add_init_script(_NO_SHARED_WORKERS)
            held.begin(context)
            context.on("page", self._left_before_closed)
            self._held.append(held)
        else:
            context = new_context()
            context.route("**/*", self._routed)
        for pattern in socket_patterns(self._guard.rules):
            context.route_web_socket(pattern, self._close)
        guard_calls(context.request, base_url, self._guard.refusal)
        return context

    def _left_before_closed(self, page: Any) -> None:
        """What a page sends as it ends would leave unjudged, were it closed at once: nothing holds it any more."""
        from playwright.sync_api import Error

        close = page.close

        def leave(**more: Any) -> None:
            with suppress(Error):  # it is gone, or does not answer: then it sends nothing either
                page.goto("about:blank")
                self.pump()
            close(**more)

        page.close = leave

    def user_agent(self, browser: Any, known: str | None) -> dict[str, str]:
        """The argument of `new_context` that marks the browser; none where its own user agent is not known."""
        if known is None and browser.browser_type.name == "chromium":
            session = browser.new_browser_cdp_session()
            known = session.send("Browser.getVersion")["userAgent"]
            session.detach()
        return {"user_agent": f"{known} {self._suffix}"} if known else {}

    @property
    def holds(self) -> bool:
        """Whether a page may have requests that wait for us."""
        return bool(self._held)

    def pump(self) -> None:
        """Let what is held be judged, while Python waits for something else than Playwright."""
        for held in self._held:
            held.pump()

    def _answer(self, request: dict[str, Any], *, page: bool) -> dict[str, Any] | None:
        """What is changed of a request that may leave; None when it may not."""
        kind = Kind.PAGE if page else Kind.PART
        asked = Asked(method=request["method"], url=request["url"], kind=kind, body=lambda: _body(request))
        if self._guard.refusal(asked):
            return None
        if not page or not self._headers:
            return {}
        headers = {**request["headers"], **self._headers}
        return {"headers": [{"name": name, "value": value} for name, value in headers.items()]}

    def _close(self, socket: Any) -> None:
        self._guard.refusal(Asked(method="GET", url=socket.url, kind=Kind.PART))
        socket.close(code=1008, reason="refused by pytest-synthetic")

    def _routed(self, route: Any) -> None:
        asked = route.request
        page = asked.is_navigation_request() and asked.frame.parent_frame is None
        kind = Kind.PAGE if page else Kind.PART
        if self._guard.refusal(
            Asked(method=asked.method, url=asked.url, kind=kind, body=lambda: asked.post_data_buffer)
        ):
            route.abort("blockedbyclient")
        else:
            route.fallback(**({"headers": {**asked.headers, **self._headers}} if page else {}))


def guard_calls(context: Any, base_url: str | None, refusal: Callable[[Asked], GuardRefused | None]) -> None:
    """Let `refusal` judge the calls of an APIRequestContext, which Playwright's driver sends and no browser.

    They raise what it returns.
    """
    for name in _CALLS:
        setattr(context, name, _asked_first(getattr(context, name), name, base_url, refusal))


def _asked_first(
    call: Callable[..., Any], name: str, base_url: str | None, refusal: Callable[[Asked], GuardRefused | None]
) -> Callable[..., Any]:
    def guarded(target: Any, **more: Any) -> Any:
        method = name if name != "fetch" else str(more.get("method") or getattr(target, "method", "GET"))
        url = urljoin(base_url or "", getattr(target, "url", target))
        asked = Asked(method=method.upper(), url=url, kind=Kind.API, body=lambda: _written(more))
        if refused := refusal(asked):
            raise refused
        return call(target, **more)

    return guarded


class _Held:
    """The requests of one context, held over one session with the browser.

    A popup sends its first request at once. So the browser attaches us to each new page by itself, which keeps the page
    from starting. That attachment cannot be used over Playwright: a nested one of our own holds the page's requests.
    Then all pages that wait go on together: switching the attaching off and on again is the one way to let them.
    """

    def __init__(
        self,
        browser: Any,
        patterns: list[dict[str, str]],
        answer: Callable[..., dict[str, Any] | None],
    ) -> None:
        self._session = browser.new_browser_cdp_session()
        self._others = self._contexts()
        self._patterns = patterns
        self._answer = answer
        self._own: set[str] = set()
        self._known: set[str] = set()
        self._targets: dict[tuple[str, ...], str] = {}
        self._starting = 0
        self._letting_go = self._let_go_again = False
        self._count = 0
        self._closed = False

    def begin(self, context: Any) -> None:
        """Hold from now on, until the context is closed."""
        self._own = self._contexts() - self._others
        self._session.on("Target.receivedMessageFromTarget", lambda told: self._heard((), told))
        self._session.on("Target.attachedToTarget", self._found)
        self._try("Target.setAutoAttach", _GATE)
        new_page = context.new_page

        def guarded(*arguments: Any, **more: Any) -> Any:
            page = new_page(*arguments, **more)
            self.pump()
            return page

        context.new_page = guarded
        context.on("close", lambda _: self._end())

    def pump(self) -> None:
        """Judge what was held until now, and wait until each page that has begun is guarded."""
        self._try(_PING)
        while (self._starting or self._letting_go) and not self._closed:
            self._try(_PING)

    def _contexts(self) -> set[str]:
        found: list[str] = self._session.send("Target.getBrowserContexts")["browserContextIds"]
        return set(found)

    def _end(self) -> None:
        self._closed = True
        try:
            self._session.detach()
        except Exception as error:  # noqa: BLE001  the browser is gone, and with it what was held
            log.debug("the guard's session is gone: %s", error)

    def _found(self, told: dict[str, Any]) -> None:
        """A page waits to start: hold its requests, then let it go on."""
        target = told["targetInfo"]
        if target.get("browserContextId") in self._own and target["targetId"] not in self._known:
            self._known.add(target["targetId"])
            self._starting += 1
            asked = {"targetId": target["targetId"], "flatten": False}
            if answer := self._try("Target.attachToTarget", asked):
                self._hold((answer["sessionId"],), target["targetId"])
            self._starting -= 1
        if told["waitingForDebugger"]:
            self._let_go()

    def _let_go(self) -> None:
        self._let_go_again = True
        if self._letting_go:
            return
        self._letting_go = True
        while self._let_go_again and not self._closed:
            self._let_go_again = False
            self._try(_PING)  # the answer comes after the pages that wait already
            while self._starting and not self._closed:
                self._try(_PING)
            self._try("Target.setAutoAttach", _NO_GATE)
            self._try("Target.setAutoAttach", _GATE)
        self._letting_go = False

    def _hold(self, path: tuple[str, ...], target: str) -> None:
        """Hold the requests of a page, frame or worker, and all that it starts itself."""
        self._targets[path] = target
        self._tell(path, "Fetch.enable", {"patterns": self._patterns})
        self._tell(path, "Target.setAutoAttach", {**_ATTACH, "flatten": False})
        self._tell(path, "Runtime.runIfWaitingForDebugger")

    def _heard(self, above: tuple[str, ...], told: dict[str, Any]) -> None:
        path, message = (*above, told["sessionId"]), json.loads(told["message"])
        heard, facts = message.get("method"), message.get("params")
        if heard == "Fetch.requestPaused":
            self._paused(path, facts)
        elif heard == "Target.attachedToTarget":
            self._hold((*path, facts["sessionId"]), facts["targetInfo"]["targetId"])
        elif heard == "Target.receivedMessageFromTarget":
            self._heard(path, facts)

    def _paused(self, path: tuple[str, ...], held: dict[str, Any]) -> None:
        page = held["resourceType"] == "Document" and held.get("frameId") == self._targets.get(path)
        changed = self._answer(held["request"], page=page)
        known = {"requestId": held["requestId"]}
        if changed is None:
            self._tell(path, "Fetch.failRequest", {**known, "errorReason": _REFUSED})
        else:
            self._tell(path, "Fetch.continueRequest", {**known, **changed})

    def _tell(self, path: tuple[str, ...], method: str, facts: dict[str, Any] | None = None) -> None:
        """Send a command down a path of nested sessions."""
        for session in reversed(path):
            self._count += 1
            message = {"id": self._count, "method": method, "params": facts or {}}
            method, facts = "Target.sendMessageToTarget", {"message": json.dumps(message), "sessionId": session}
        self._try(method, facts)

    def _try(self, method: str, facts: dict[str, Any] | None = None) -> Any:
        """Ask; None where the page is gone meanwhile, and nothing of it can leave."""
        from playwright.sync_api import Error

        try:
            return self._session.send(method, facts or {})
        except Error as error:
            log.debug("%s: %s", method, error)
            self._closed = self._closed or "closed" in str(error)
            return None


def _written(given: dict[str, Any]) -> str | bytes | None:
    """The body that `page.request` will send, as far as an account can be read in it."""
    data, form = given.get("data"), given.get("form")
    if form is not None:
        return urlencode(form)
    return data if data is None or isinstance(data, str | bytes) else json.dumps(data)


def _body(request: dict[str, Any]) -> bytes:
    return b"".join(base64.b64decode(entry.get("bytes", "")) for entry in request.get("postDataEntries", ()))


# -- what must be held -----------------------------------------------------------------------------------------------


def patterns(guard: Guard) -> list[dict[str, str]]:
    """What the rules can refuse, as patterns of `Fetch.enable`: what fits none never waits for us."""
    rules = guard.rules
    if rules.allowed_resources is not None:
        return [{"urlPattern": "*"}]
    methods = guard.changes_nothing or rules.refused_methods or rules.account_routes
    counted = rules.max_requests or rules.max_requests_per_minute
    kinds = ("Document", *(CHANGING if methods or counted else ()))
    forbidden = [{"urlPattern": f"*{_escaped(literal(route.pattern))}*"} for route in rules.forbidden]
    return [*({"urlPattern": "*", "resourceType": kind} for kind in kinds), *forbidden]


def literal(expression: str) -> str:
    """A text that stands in each address which fits a regular expression: empty where none is plain."""
    plain = re.sub(r"\\([./?+-])", r"[\1]", expression)  # an escaped sign becomes a set of one
    if re.search(r"[|(){}\\]|\[[^./?+-]|\[.[^\]]", plain):
        return ""
    runs = re.findall(r"(?:(?:\[.\]|[\w/=&%~:-])(?![?*]))+", plain)
    return max((re.sub(r"\[(.)\]", r"\1", run) for run in runs), key=len, default="")


def _escaped(text: str) -> str:
    return re.sub(r"([\\*?])", r"\\\1", text)


def socket_patterns(rules: Rules) -> list[re.Pattern[str]]:
    """The addresses of web sockets that are refused, such that the browser's side understands them."""
    found = list(rules.forbidden)
    if rules.allowed_resources is not None:
        known = "|".join(map(_host_pattern, {*rules.allowed_hosts, *rules.allowed_resources}))
        found.append(re.compile(rf"^wss?://(?!(?:{known})(?:[:/?#]|$))"))
    return found


def _host_pattern(host: str) -> str:
    if host == "*":
        return r"[^/?#]*"
    escaped = re.sub(r"([.\[\]-])", r"\\\1", host.removeprefix("*."))
    return rf"[^/?#:]+\.{escaped}" if host.startswith("*.") else escaped
