"""One HTTP exchange: what is told of it afterwards, how it is measured, and how it may end badly.

SyntheticError
├── DeadlineExceeded   is a requests.Timeout
├── ResponseTooLarge   is a requests.RequestException
├── NoBaseUrl          is a requests.exceptions.MissingSchema
└── BadRedirect        is a requests.exceptions.InvalidURL
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from http.client import HTTPException
from time import monotonic
from typing import TYPE_CHECKING

import requests
import urllib3
from requests import exceptions as of_requests
from urllib3 import exceptions as of_urllib3

from pytest_synthetic.errors import SyntheticError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Phase(StrEnum):
    """What an exchange is busy with."""

    DNS = "dns"
    CONNECT = "connect"
    PROXY = "proxy"
    TLS = "tls"
    FIRST_BYTE = "first_byte"
    DOWNLOAD = "download"


SAMPLE = 10_000
"""Bytes of an answer's body that are remembered, to be shown when the run fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer; each hop of a redirect is one.

    `url` has no userinfo, query or fragment; `via` is the proxy without userinfo. `started` is of `time.monotonic()`.
    The phases are in seconds, and None when they did not happen: name resolution (of the proxy, if there is one), TCP
    connect with the proxy's own opening of the way, TLS, sending the request until the first byte of the answer, the
    rest of it. A phase in which the exchange failed shows the time until then. `received` counts decoded bytes of the
    body, and is None when no answer came.

    `request` is what was sent, its URL whole; `headers` and `sample` are the answer's headers and the first bytes of
    its body, as decoded.
    """

    method: str
    url: str
    status: int | None
    error: str | None
    started: float
    dns: float | None
    connect: float | None
    tls: float | None
    first_byte: float | None
    download: float | None
    total: float | None
    received: int | None
    reused: bool
    via: str | None
    request: requests.PreparedRequest | None = field(default=None, repr=False, compare=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    sample: bytes = field(default=b"", repr=False, compare=False)


class DeadlineExceeded(SyntheticError, requests.Timeout):
    """One call (DNS, connect, redirects, headers and body together) took longer than `seconds`, while in `phase`."""

    def __init__(  # noqa: PLR0913  facts as attributes
        self, *, method: str, url: str, seconds: float, phase: Phase, via: str | None, request: requests.PreparedRequest
    ) -> None:
        """`url` without query and userinfo; `seconds` the whole deadline of the call; `via` the proxy, if any."""
        super().__init__(
            f"{method} {url} did not end within {seconds:g} s, all redirects and the body included: "
            f"it was still at {phase.value}{f' by way of {via}' if via else ''}. "
            "If the product may take longer, set a longer deadline.",
            request=request,
        )
        self.url = url
        self.seconds = seconds
        self.phase = phase
        self.via = via


class ResponseTooLarge(SyntheticError, requests.RequestException):
    """The body, as decoded, went on after `limit` bytes: the connection was closed and the rest not read."""

    def __init__(self, *, method: str, url: str, limit: int, request: requests.PreparedRequest) -> None:
        """`url` without query and userinfo; `limit` in bytes."""
        super().__init__(
            f"{method} {url} answered with more than {limit} bytes (as decoded), which is all that is read. "
            "If the product may send that much, raise the limit.",
            request=request,
        )
        self.url = url
        self.limit = limit


class NoBaseUrl(SyntheticError, of_requests.MissingSchema):
    """A relative path was requested and no base URL is known."""


class BadRedirect(SyntheticError, of_requests.InvalidURL):
    """The product redirects to something that cannot be requested: the product's fault, not the journey's."""


def bare(url: str) -> str:
    """Return `url` without userinfo, query and fragment, the places where secrets travel."""
    scheme, mark, rest = url.partition("#")[0].partition("?")[0].partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{mark}{authority.rpartition('@')[2]}{slash}{path}"


class Stopwatch:
    """The time of one exchange: how long it may still take, and what it was spent on.

    It is the one mutable thing about an exchange; connection, socket and body hold the same one.
    """

    __slots__ = (
        "_finished", "_phase", "_report", "_seconds", "_since", "_spent", "_started", "_via",
        "ends", "headers", "limit", "received", "request", "reused", "sample", "status",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913  what is known of an exchange before it begins
        self,
        request: requests.PreparedRequest,
        *,
        via: str | None,
        seconds: float,
        ends: float,
        limit: int,
        report: Callable[[Exchange], None] | None,
    ) -> None:
        """`seconds` is the deadline that was promised, `ends` its moment (monotonic), `limit` the body's bytes."""
        self.request = request
        self.ends = ends
        self.limit = limit
        self.reused = False
        self.status: int | None = None
        self.received: int | None = None
        self.headers: Mapping[str, str] = {}
        self.sample = bytearray()
        self._via = via
        self._seconds = seconds
        self._report = report
        self._finished = False
        self._phase = Phase.CONNECT
        self._spent: dict[Phase, float] = {}
        self._started = self._since = monotonic()

    def bounded(self, asked: float | None) -> float:
        """Return the seconds one operation may take: `asked`, or what remains. TimeoutError when nothing does."""
        remaining = self.ends - monotonic()
        if remaining <= 0:
            raise TimeoutError("the deadline of the call has passed")
        return remaining if asked is None or asked > remaining else asked

    def enter(self, phase: Phase) -> None:
        """End the phase under way and begin `phase`."""
        now = monotonic()
        self._leave(now)
        self._phase = phase
        self._since = now
        self._spent.setdefault(phase, 0.0)

    def _leave(self, now: float) -> None:
        if self._phase in self._spent:
            self._spent[self._phase] += now - self._since

    def saw_bytes(self) -> None:
        """Bytes came in: the first ones after the request begin the download."""
        if self._phase is Phase.FIRST_BYTE:
            self.enter(Phase.DOWNLOAD)

    def took(self, piece: bytes) -> None:
        """A decoded piece of the body has come. ResponseTooLarge beyond the limit."""
        self.received = (self.received or 0) + len(piece)
        if len(self.sample) < SAMPLE:
            self.sample += piece[: SAMPLE - len(self.sample)]
        if self.received > self.limit:
            raise ResponseTooLarge(
                method=self.request.method or "",
                url=bare(self.request.url or ""),
                limit=self.limit,
                request=self.request,
            )

    def translated(self, error: BaseException) -> BaseException:
        """Return what the user sees of `error`: an error of ours or of requests, never a naked one of urllib3."""
        if isinstance(error, DeadlineExceeded | ResponseTooLarge):
            return error
        # A time-out may fire some milliseconds before our own clock agrees.
        if self.ends - monotonic() < 0.005 and isinstance(error, _ENDED_BY_TIME):
            return self._exceeded()
        if isinstance(error, of_requests.RequestException):
            return error
        for naked, dressed in _DRESSED.items():
            if isinstance(error, naked):
                return dressed(error, request=self.request)
        return error

    def _exceeded(self) -> DeadlineExceeded:
        request = self.request
        return DeadlineExceeded(
            method=request.method or "",
            url=bare(request.url or ""),
            seconds=self._seconds,
            phase=self._phase,
            via=self._via,
            request=request,
        )

    def finish(self, error: BaseException | None = None) -> None:
        """The exchange is over, with `error` or well. Only the first call counts."""
        if self._finished:
            return
        self._finished = True
        if self._report is not None:
            now = monotonic()
            self._leave(now)
            self._report(self._exchange(now, error))

    def _exchange(self, now: float, error: BaseException | None) -> Exchange:
        spent = self._spent
        connect = spent.get(Phase.CONNECT)
        if connect is not None:
            connect += spent.get(Phase.PROXY, 0.0)
        return Exchange(
            method=self.request.method or "",
            url=bare(self.request.url or ""),
            status=self.status,
            error=None if error is None else type(error).__name__,
            started=self._started,
            dns=spent.get(Phase.DNS),
            connect=connect,
            tls=spent.get(Phase.TLS),
            first_byte=spent.get(Phase.FIRST_BYTE),
            download=spent.get(Phase.DOWNLOAD),
            total=now - self._started,
            received=self.received,
            reused=self.reused,
            via=self._via,
            request=self.request,
            headers=self.headers,
            sample=bytes(self.sample),
        )


_ENDED_BY_TIME = (requests.ConnectionError, requests.Timeout, urllib3.exceptions.HTTPError, TimeoutError)

# The first that fits is taken. The pairs of requests' adapters.send and models.iter_content, and what those two forget.
_DRESSED: dict[type[BaseException], type[of_requests.RequestException]] = {
    of_urllib3.ProtocolError: of_requests.ChunkedEncodingError,
    of_urllib3.DecodeError: of_requests.ContentDecodingError,
    of_urllib3.SSLError: of_requests.SSLError,
    of_urllib3.LocationValueError: of_requests.InvalidURL,
    of_urllib3.HTTPError: of_requests.ConnectionError,
    HTTPException: of_requests.ConnectionError,
    TimeoutError: of_requests.ConnectionError,
}
