"""What lies under the API channel: an adapter, connections and bodies that keep one deadline, one cap and a stopwatch.

Nothing is retried. So that a connection which the server is just closing is not taken for a failure of the product, one
that rested for `REST_LIMIT` seconds is not used again: servers commonly keep them for 5 s or longer (Node, Apache and
uvicorn: 5 s).
"""

from __future__ import annotations

import socket
from contextvars import ContextVar
from functools import partial
from http.client import HTTPException
from time import monotonic
from typing import TYPE_CHECKING, Any, NoReturn, cast
from urllib.parse import unquote, urlsplit

from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidProxyURL
from requests.utils import select_proxy
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
)

from pytest_synthetic.channels import socks5
from pytest_synthetic.channels.exchange import Exchange, Phase, Stopwatch
from pytest_synthetic.channels.sockets import TimedSocket, first_connected, resolved, watched

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping

    import requests

REST_LIMIT = 4.0
_PIECE = 65_536

# urllib3 passes no argument of ours from the adapter down to a connection; these two cross it.
_current: ContextVar[Stopwatch] = ContextVar("_current")
call_ends: ContextVar[float] = ContextVar("call_ends")
"""When the call under way must have ended (monotonic): one moment for all its redirects."""


class _TimedConnection(HTTPConnection):
    """What the plain and the TLS connection add to urllib3's."""

    watch: Stopwatch
    rests_since = 0.0
    after_connect = Phase.FIRST_BYTE

    def begin(self, watch: Stopwatch) -> None:
        """Serve the exchange of `watch` from now on."""
        self.watch = watch
        if self.sock is not None:
            watched(self.sock, watch)
            watch.reused = True
            watch.enter(Phase.FIRST_BYTE)

    def dial(self, host: str, port: int | None) -> TimedSocket:
        """Return a socket connected to `host`. Raises what HTTPConnection._new_conn raises."""
        timeout = self.timeout
        try:
            addresses = resolved(host.strip("[]"), port, self.watch)
            self.watch.enter(Phase.CONNECT)
            return first_connected(addresses, self.socket_options, timeout, self.watch)
        except socket.gaierror as error:
            raise NameResolutionError(host, self, error) from error
        except UnicodeError as error:
            raise LocationParseError(f"{host!r}, label empty or too long") from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"Connection to {host} timed out. (connect timeout={timeout})") from error
        except OSError as error:
            raise NewConnectionError(self, f"Failed to establish a new connection: {error}") from error

    def _new_conn(self) -> socket.socket:
        sock = self.dial(self._dns_host, self.port)
        self.watch.enter(self.after_connect)
        return sock

    def _tunnel(self) -> None:
        self.watch.enter(Phase.PROXY)
        try:
            super()._tunnel()
        except (OSError, HTTPException) as error:
            # urllib3 takes a time-out and an early close for the product's; until the way is open the proxy fails.
            raise ProxyError(f"The proxy did not open the way: {error}", error) from error
        self.watch.enter(self.after_connect)
        cast("TimedSocket", self.sock).arm(self.timeout)  # the handshake follows, bounded by what remains now

    def connect(self) -> None:
        """As HTTPConnection.connect."""
        super().connect()
        watched(self.sock, self.watch)
        self.watch.enter(Phase.FIRST_BYTE)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3's own
        """As HTTPConnection.getresponse, the body being bounded."""
        response = super().getresponse()
        # urllib3 names the class of the response in the middle of a function: nothing to hook into.
        response.__class__ = BoundedResponse
        bounded = cast("BoundedResponse", response)
        bounded.watch = self.watch
        self.watch.status = response.status
        self.watch.headers = response.headers
        self.watch.received = 0
        return bounded


class _TimedTLSConnection(_TimedConnection, HTTPSConnection):
    after_connect = Phase.TLS

    def _connect_tls_proxy(self, hostname: str, sock: socket.socket) -> ssl.SSLSocket:
        wrapped = super()._connect_tls_proxy(hostname, sock)
        watched(wrapped, self.watch)
        return wrapped


class _Socks5Connection(_TimedConnection):
    def __init__(self, _socks_options: Mapping[str, Any], *args: Any, **kwargs: Any) -> None:
        self._socks = _socks_options
        super().__init__(*args, **kwargs)

    def _new_conn(self) -> socket.socket:
        try:
            sock = self.dial(self._socks["host"], self._socks["port"])
            self._open_way(sock)
        except (NewConnectionError, NameResolutionError, ConnectTimeoutError, OSError) as error:
            raise ProxyError(f"Unable to connect through the SOCKS proxy: {error}", error) from error
        return sock

    def _open_way(self, sock: TimedSocket) -> None:
        self.watch.enter(Phase.PROXY)
        username, password = self._socks["username"], self._socks["password"]
        try:
            socks5.open_way(sock, self._dns_host, self.port or 0, username=username, password=password)
            sock.arm(self.timeout)
        except BaseException:
            sock.close()
            raise
        self.watch.enter(self.after_connect)


class _Socks5TLSConnection(_Socks5Connection, _TimedTLSConnection):
    pass


class _TimedPool(HTTPConnectionPool):
    ConnectionCls: type[HTTPConnection] = _TimedConnection

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = cast("_TimedConnection", super()._get_conn(timeout))
        if connection.sock is not None and monotonic() - connection.rests_since > REST_LIMIT:
            connection.close()
        connection.begin(_current.get())
        return connection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.rests_since = monotonic()
        super()._put_conn(conn)


class _TimedTLSPool(_TimedPool, HTTPSConnectionPool):
    ConnectionCls: type[HTTPSConnection] = _TimedTLSConnection


class _Socks5Pool(_TimedPool):
    ConnectionCls = _Socks5Connection


class _Socks5TLSPool(_TimedTLSPool):
    ConnectionCls = _Socks5TLSConnection


_POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _TimedPool, "https": _TimedTLSPool}
_SOCKS5_POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _Socks5Pool, "https": _Socks5TLSPool}


class BoundedResponse(HTTPResponse):
    """A body that is read in pieces, counted as decoded, until the cap or the deadline.

    Every way of reading ends in `_pull`; errors come out as those of requests or ours, also from `response.raw`.
    """

    watch: Stopwatch
    _pulling = False
    _failed = False

    def read(self, amt: int | None = None, decode_content: bool | None = None, cache_content: bool = False) -> bytes:  # noqa: ARG002, FBT001, FBT002  as in urllib3
        """As HTTPResponse.read, but nothing is cached. ResponseTooLarge, DeadlineExceeded, errors of requests."""
        if amt is None or amt < 0:
            return b"".join(self.stream(_PIECE, decode_content))
        return self._pull(partial(super().read, amt, decode_content))

    def read1(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:  # noqa: FBT001  as in urllib3
        """As HTTPResponse.read1. Raises as `read` does."""
        return self._pull(partial(super().read1, _PIECE if amt is None else amt, decode_content))

    def read_chunked(self, amt: int | None = None, decode_content: bool | None = None) -> Iterator[bytes]:  # type: ignore[override]  # noqa: FBT001
        """As HTTPResponse.read_chunked. Raises as `read` does."""
        pull = partial(next, super().read_chunked(_PIECE if amt is None else amt, decode_content), b"")
        while piece := self._pull(pull):
            yield piece

    def stream(self, amt: int | None = _PIECE, decode_content: bool | None = None) -> Iterator[bytes]:  # type: ignore[override]  # noqa: FBT001
        """As HTTPResponse.stream, which reads all of a body at once where no amount is given. Raises as `read` does."""
        if not self._failed:
            yield from super().stream(_PIECE if amt is None else amt, decode_content)
            self.watch.finish()

    def close(self) -> None:
        """As HTTPResponse.close; the exchange ends with it."""
        super().close()
        if not self._pulling:
            self.watch.finish()

    def _pull(self, read: Callable[[], bytes]) -> bytes:
        if self._failed:
            return b""
        self._pulling = True  # urllib3 closes a broken body before it says what was wrong
        try:
            piece = read()
            self.watch.took(piece)
        except BaseException as error:  # noqa: BLE001  pytest-timeout's is no Exception, and ends an exchange too
            self._fail(error)
        finally:
            self._pulling = False
        return piece

    def _fail(self, error: BaseException) -> NoReturn:
        if isinstance(error, ValueError):  # what int() and read() say of a chunk's odd size, let through by urllib3
            error = ProtocolError(f"Connection broken: {error!r}", error)
        seen = self.watch.translated(error)
        self._failed = True
        self.watch.finish(seen)
        self.close()
        if seen is error:
            raise error
        raise seen from error


class Transport(HTTPAdapter):
    """The adapter of one session: every exchange gets its stopwatch, and none retries."""

    def __init__(
        self,
        *,
        proxy: str | None,
        deadline: float,
        connect_timeout: float,
        max_body: int,
        on_exchange: Callable[[Exchange], None] | None,
    ) -> None:
        """As in ApiSession. InvalidProxyURL for a proxy that is none of http, https, socks5."""
        self._proxies = None if proxy is None else dict.fromkeys(("http", "https"), resolving_there(proxy))
        self._deadline = deadline
        self._connect_timeout = connect_timeout
        self._max_body = max_body
        self._on_exchange = on_exchange
        super().__init__(max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:  # noqa: FBT001, FBT002  as in requests
        """As HTTPAdapter.init_poolmanager, with our connections."""
        super().init_poolmanager(connections, maxsize, block, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """As HTTPAdapter.proxy_manager_for, with our connections; SOCKS5 is ours, so PySocks is not needed."""
        if proxy not in self.proxy_manager:
            manager, classes = self._manager(resolving_there(proxy), kwargs)
            manager.pool_classes_by_scheme = classes
            self.proxy_manager[proxy] = manager
        return self.proxy_manager[proxy]

    def _manager(self, proxy: str, kwargs: dict[str, Any]) -> tuple[PoolManager, dict[str, type[HTTPConnectionPool]]]:
        if not proxy.startswith("socks5h:"):
            return super().proxy_manager_for(proxy, **kwargs), _POOLS
        parts = urlsplit(proxy)
        options = {
            "host": parts.hostname,
            "port": parts.port or 1080,
            "username": None if parts.username is None else unquote(parts.username),
            "password": None if parts.password is None else unquote(parts.password),
        }
        return PoolManager(10, maxsize=10, _socks_options=options, **kwargs), _SOCKS5_POOLS

    def send(  # noqa: PLR0913, PLR0917  as in requests
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002
        timeout: Any = None,
        verify: bool | str = True,  # noqa: FBT001, FBT002
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """As HTTPAdapter.send. A proxy of the session replaces `proxies`, wherever those come from.

        Raises errors of requests and DeadlineExceeded; the exchange is then told already.
        """
        proxies = self._proxies or proxies
        watch = self._watch(request, select_proxy(request.url or "", proxies) if proxies else None)
        token = _current.set(watch)
        try:
            return super().send(
                request, stream, (self._connect_timeout, None) if timeout is None else timeout, verify, cert, proxies
            )
        except BaseException as error:
            seen = watch.translated(error)
            watch.finish(seen)
            if seen is error:
                raise
            raise seen from error
        finally:
            _current.reset(token)

    def _watch(self, request: requests.PreparedRequest, proxy: str | None) -> Stopwatch:
        ends = monotonic() + self._deadline
        return Stopwatch(
            request,
            via=None if proxy is None else without_userinfo(proxy),
            seconds=self._deadline,
            ends=min(ends, call_ends.get(ends)),
            limit=self._max_body,
            report=self._on_exchange,
        )


def resolving_there(proxy: str) -> str:
    """Return the URL of a proxy such that names are resolved at it. InvalidProxyURL when it is of no kind we know."""
    scheme, mark, rest = proxy.partition("://")
    scheme = scheme.lower() if mark else "http"
    if scheme not in ("http", "https", "socks5", "socks5h") or not (rest or not mark):
        raise InvalidProxyURL(
            f"{without_userinfo(proxy)!r} is not a proxy: expected http://, https:// or socks5://, a host and a port"
        )
    return f"{'socks5h' if scheme == 'socks5' else scheme}://{rest if mark else proxy}"


def without_userinfo(proxy: str) -> str:
    """Return the URL of a proxy without user name and password."""
    scheme, mark, rest = proxy.rpartition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"
