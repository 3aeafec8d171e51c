"""Sockets that keep the deadline of the exchange they serve, and how they come to be connected.

requests' own time-out is for each read: a body that drips a byte now and then never reaches it. Here every read, write
and connect asks the exchange's `Stopwatch` first how much time is left of the whole call. No thread is needed for that;
only a name is resolved in one, since nothing else can interrupt `getaddrinfo`.
"""

from __future__ import annotations

import errno
import queue
import socket
import ssl
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Any

from pytest_synthetic.channels.exchange import Phase, Stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable

_UNREACHABLE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL})


class _Timed(socket.socket):
    """A socket whose every operation keeps the deadline of the exchange it serves."""

    watch: Stopwatch | None = None
    asked: float | None = None

    def settimeout(self, value: float | None) -> None:
        """Remember the seconds asked for one read; with a watch, each operation sets them, or less, by itself."""
        self.asked = value
        if self.watch is None:
            super().settimeout(value)

    def arm(self, asked: float | None) -> Stopwatch | None:
        """Set the time-out of the next operation: `asked` seconds, or what remains. TimeoutError when nothing does."""
        if self.watch is not None:
            super().settimeout(self.watch.bounded(asked))
        return self.watch


class TimedSocket(_Timed):
    """The plain kind: http.client reads through recv_into, our SOCKS5 through recv."""

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """As socket.recv."""
        self.arm(self.asked)
        return super().recv(bufsize, flags)

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """As socket.recv_into."""
        watch = self.arm(self.asked)
        received = super().recv_into(buffer, nbytes, flags)
        if watch is not None:
            watch.saw_bytes()
        return received

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        """As socket.sendall. urllib3 would have the connect time-out end a long upload; here only the deadline does."""
        self.arm(None)
        super().sendall(data, flags)


class TimedTLSSocket(_Timed, ssl.SSLSocket):
    """The TLS kind. The handshake needs nothing: OpenSSL's is bounded as a whole by the socket's time-out."""

    def read(self, len: int = 1024, buffer: Any = None) -> Any:  # noqa: A002  the name in ssl
        """As SSLSocket.read, where its recv and recv_into end."""
        watch = self.arm(self.asked)
        received = super().read(len, buffer)
        if watch is not None:
            watch.saw_bytes()
        return received

    def send(self, data: Any, flags: int = 0) -> int:
        """As SSLSocket.send, where its sendall ends."""
        self.arm(None)
        return super().send(data, flags)


def watched(sock: Any, watch: Stopwatch) -> None:
    """Have `sock`, or the socket inside TLS within TLS, keep the time of `watch`."""
    innermost = getattr(sock, "socket", sock)
    if type(innermost) is ssl.SSLSocket:
        # urllib3 makes the SSLContext and with it the socket, for the product and for a TLS proxy: there is no hook.
        innermost.__class__ = TimedTLSSocket
    innermost.watch = watch


def resolved(host: str, port: int | None, watch: Stopwatch) -> list[Any]:
    """Return the addresses of `host` as getaddrinfo does. Its OSError or UnicodeError; TimeoutError at the deadline."""
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        return ask(flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        watch.enter(Phase.DNS)
    answer: queue.SimpleQueue[list[Any] | Exception] = queue.SimpleQueue()
    Thread(target=_put_answer, args=(ask, answer), name=f"resolve {host}", daemon=True).start()
    try:
        found = answer.get(timeout=watch.bounded(None))
    except queue.Empty:
        raise TimeoutError("the name was not resolved in time") from None
    if isinstance(found, Exception):
        raise found
    return found


def _put_answer(ask: Callable[[], list[Any]], answer: queue.SimpleQueue[list[Any] | Exception]) -> None:
    try:
        answer.put(ask())
    except Exception as error:  # noqa: BLE001  it is raised again in the thread that waits
        answer.put(error)


def _connected(address: Any, options: Any, timeout: float | None, watch: Stopwatch) -> TimedSocket:
    family, kind, protocol, _, where = address
    sock = TimedSocket(family, kind, protocol)
    try:
        for option in options or ():
            sock.setsockopt(*option)
        sock.watch = watch
        sock.settimeout(timeout)
        sock.arm(timeout)
        sock.connect(where)
    except BaseException:
        sock.close()
        raise
    return sock


def first_connected(addresses: list[Any], options: Any, timeout: float | None, watch: Stopwatch) -> TimedSocket:
    """Connect to the first address that answers, each within `timeout` seconds. OSError: the one that tells most."""
    errors: list[OSError] = []
    try:
        for address in addresses:
            try:
                return _connected(address, options, timeout, watch)
            except OSError as error:
                errors.append(error)
        # A host without IPv6 cannot reach the AAAA address: what the A address said is the answer then.
        raise min(errors, key=lambda error: error.errno in _UNREACHABLE)
    finally:
        errors.clear()  # else the error keeps this frame, and the frame the error
