"""The API channel: a requests session that cannot hang, cannot be flooded, and tells what every exchange cost.

Everything users know of requests holds. What differs: a relative path is joined to the base URL; one deadline stands
over a whole call; a body is read up to a cap; a proxy given to the session is the only way out; nothing is retried; an
exception is one of requests, or one of ours that is one of requests too.
"""

from __future__ import annotations

import os
import re
from copy import copy
from random import Random
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

import requests
from requests.exceptions import InvalidHeader, InvalidProxyURL, InvalidURL
from requests.sessions import merge_setting
from requests.utils import get_environ_proxies, urldefragauth

from pytest_synthetic.channels.exchange import (
    BadRedirect,
    DeadlineExceeded,
    Exchange,
    NoBaseUrl,
    ResponseTooLarge,
    bare,
)
from pytest_synthetic.channels.transport import Transport, call_ends
from pytest_synthetic.model.created import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["ApiSession", "BadRedirect", "DeadlineExceeded", "Exchange", "NoBaseUrl", "ResponseTooLarge"]


class _OwnTrace(str):
    """A traceparent that we set, not the user: a redirect copies the headers, and its request is a span of its own."""

    __slots__ = ()


class ApiSession(requests.Session):
    """A requests.Session for one journey. Two of them share nothing: no cookie, no connection."""

    def __init__(  # noqa: PLR0913  a session is made in one place, from one Settings
        self,
        *,
        base_url: str | None,
        proxy: str | None,
        headers: Mapping[str, str],
        user_agent: str,
        trace_id: str,
        deadline: float = 30.0,
        connect_timeout: float = 5.0,
        max_body: int = 10_000_000,
        on_exchange: Callable[[Exchange], None] | None = None,
        before: Callable[[requests.PreparedRequest], object] | None = None,
    ) -> None:
        """Open nothing yet.

        `proxy` is an http://, https:// or socks5:// URL, and then the only way out, whatever the environment says; None
        leaves it to the environment. `trace_id` is 32 hex digits. `deadline` is the seconds of one call, with DNS,
        connect, redirects, headers and body; a per-call `timeout=` means what it does in requests, within that.
        `connect_timeout` is seconds per address. `max_body` is bytes as decoded. `on_exchange` is called once an
        exchange ended, also badly: after its body is read or closed, in the thread that did so; it must not raise.
        `before` is called with each request before it leaves, redirects included; what it raises stops it.
        Raises ValueError for a `trace_id` or a time of no use, InvalidProxyURL for such a proxy.
        """
        if not re.fullmatch(r"[0-9a-f]{32}", trace_id):
            raise ValueError(f"trace_id: expected 32 hex digits in lower case, got {trace_id!r}")
        if not deadline > 0 or not connect_timeout > 0:
            raise ValueError(
                f"expected more than 0 seconds, got deadline={deadline!r}, connect_timeout={connect_timeout!r}"
            )
        super().__init__()
        self.base_url = base_url
        self.deadline = deadline
        self._trace = f"00-{trace_id}-"
        self._spans = Random()  # of its own: a test that seeds the global one would repeat its spans
        self._proxied = proxy is not None
        self._environment: dict[tuple[str, str, str | None], dict[str, str]] = {}
        self.headers.update(headers)
        self.headers["User-Agent"] = user_agent
        self._made_with = dict(self.headers)
        self._before = before
        transport = Transport(
            proxy=proxy, deadline=deadline, connect_timeout=connect_timeout, max_body=max_body, on_exchange=on_exchange
        )
        self.mount("https://", transport)
        self.mount("http://", transport)

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """As Session.prepare_request, the URL joined to the base URL. NoBaseUrl for a relative path without one."""
        url = self._absolute(request.url)
        if url != request.url:
            request = copy(request)
            request.url = url
        return super().prepare_request(request)

    def _absolute(self, url: Any) -> Any:
        """Join like `new URL(url, base_url)` in a browser: "/x" from the host, "x" beside the base's last segment."""
        if not isinstance(url, str) or url.startswith(("https://", "http://")):
            return url
        url = url.strip()
        if self.base_url is not None:
            try:
                return urljoin(self.base_url, url)
            except ValueError as error:
                raise InvalidURL(f"{bare(url)!r} cannot be joined to {bare(self.base_url)!r}: {error}") from error
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", url):
            return url
        raise NoBaseUrl(
            f"{bare(url)!r} is a relative path, and no base URL is known. Set one with --base-url or as `base_url` in "
            "synthetic.toml, or write the whole address, beginning with https://."
        )

    def request_for(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, json: object = None
    ) -> Request:
        """The request as data, for `journey.created(..., remove=...)`; nothing is sent.

        With `headers`, even `{}`, the request has these and no others of the test: another process can send it, with
        `${NAME}` in them replaced from its environment. Without, the headers, cookies and login of this session go
        along, known to this run alone. Raises what `request` raises for a URL that cannot be requested.
        """
        asked = requests.Request(method.upper(), self._absolute(url), headers=headers, json=json)
        prepared = asked.prepare() if headers is not None else self.prepare_request(asked)
        own = {
            name: value if isinstance(value, str) else value.decode("latin-1")
            for name, value in prepared.headers.items()
            if name != "Content-Length" and self._made_with.get(name) != value  # these are made again when it is sent
        }
        plain = {name: value for name, value in own.items() if _can_be_written(name, value, headers or {})}
        credentials = {name: value for name, value in own.items() if name not in plain}
        body = prepared.body
        return Request(
            method=str(prepared.method),
            url=urldefragauth(str(prepared.url)),
            headers=plain,
            body=body.decode() if isinstance(body, bytes) else body,
            withheld=tuple(credentials),
            credentials=credentials,
        )

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """As Session.send; with its redirects it is one call, and has one deadline."""
        if self._before is not None:
            self._before(request)
        value = request.headers.get("traceparent")
        if value is None or isinstance(value, _OwnTrace):
            request.headers["traceparent"] = _OwnTrace(f"{self._trace}{self._spans.getrandbits(64):016x}-01")
        ends = monotonic() + self.deadline
        token = call_ends.set(min(ends, call_ends.get(ends)))
        try:
            return super().send(request, **kwargs)
        finally:
            call_ends.reset(token)

    def resolve_redirects(
        self, resp: requests.Response, req: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> Iterator[requests.Response]:
        """As Session.resolve_redirects. BadRedirect where the product names an address that cannot be requested."""
        try:
            yield from super().resolve_redirects(resp, req, *args, **kwargs)
        except (InvalidHeader, InvalidProxyURL):
            raise
        except ValueError as error:  # InvalidURL, InvalidSchema, and what urllib.parse and the codecs raise
            raise BadRedirect(
                f"{req.method} {bare(req.url or '')} ended in a redirect to an address that cannot be requested "
                f"({type(error).__name__}). Expected a valid http:// or https:// address in the Location header.",
                request=req,
            ) from error

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """As Session.merge_environment_settings, but the environment's proxies are looked up once a host.

        requests walks through the whole environment for each request, which costs more than all that is added here.
        """
        if self.trust_env:
            proxies = {**self._environment_proxies(url, (proxies or {}).get("no_proxy")), **(proxies or {})}
            if verify is None or verify is True:
                verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or verify
        settings = {
            "proxies": (proxies, self.proxies),
            "stream": (stream, self.stream),
            "verify": (verify, self.verify),
            "cert": (cert, self.cert),
        }
        return {name: merge_setting(call, session) for name, (call, session) in settings.items()}  # type: ignore[no-untyped-call]

    def _environment_proxies(self, url: str, no_proxy: str | None) -> dict[str, str]:
        if self._proxied:
            return {}
        key = (*urlsplit(url)[:2], no_proxy)
        if key not in self._environment:
            self._environment[key] = get_environ_proxies(url, no_proxy=no_proxy)
        return self._environment[key]

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """As Session.get_redirect_target, which fails on an address that is not UTF-8: browsers escape those bytes."""
        try:
            return super().get_redirect_target(resp)
        except UnicodeDecodeError:
            return quote(resp.headers["Location"].encode("latin-1"), safe=":/?#[]@!$&'()*+,;=%")

    def rebuild_proxies(self, prepared_request: requests.PreparedRequest, proxies: Any) -> Any:
        """As Session.rebuild_proxies, which would send the credentials of a proxy in the environment."""
        return {} if self._proxied else super().rebuild_proxies(prepared_request, proxies)  # type: ignore[no-untyped-call]


_SECRET = re.compile("auth|cookie|token|secret|passw|key|session|signature|credential", re.IGNORECASE)
_REFERENCE = re.compile(r"(\w+[ =])?\$\{\w+\}")  # Bearer ${TOKEN}, sid=${SESSION}


def _can_be_written(name: str, value: str, given: Mapping[str, str]) -> bool:
    """Whether a header may stand in a file: given for it, and no secret by its name unless its value is elsewhere."""
    return name == "Content-Type" or (name in given and bool(not _SECRET.search(name) or _REFERENCE.fullmatch(value)))
