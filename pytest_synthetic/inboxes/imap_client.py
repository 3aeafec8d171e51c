"""An IMAP client on a socket that keeps a deadline as a whole.

The standard library's time-out is for each read: a server that drips a byte now and then would never reach it. So this
client reads the socket itself.
"""

from __future__ import annotations

import contextlib
import imaplib
import queue
import socket
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.inboxes.imap_account import Account

MOST_BYTES = 64_000_000
"""Of one answer: a hostile server fills no memory."""
LOOK_UP = 0.2
"""Seconds after which one who waits looks whether others want the connection."""
FAREWELL = 1.0
"""Seconds that a server has to answer IDLE, DONE and LOGOUT."""


class Client(imaplib.IMAP4):
    """The standard library's client on a socket that keeps `ends`, a moment of `clock.monotonic()`."""

    def __init__(self, account: Account, *, clock: Clock, ends: float) -> None:
        self.ends = ends
        self._account = account
        self._clock = clock
        self._unread = bytearray()
        self._context = None if account.security == "none" else account.tls()
        self._at = "it was still connecting"
        super().__init__(account.host, account.port, timeout=self.left())
        if account.security == "starttls":
            try:
                self.begin_tls()
            except BaseException:
                self.shutdown()
                raise

    def left(self) -> float:
        """Seconds that remain. Raises TimeoutError when none do."""
        left = self.ends - self._clock.monotonic()
        if left <= 0:
            raise TimeoutError(self._at)
        return left

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:  # noqa: ARG002  as in imaplib
        """Connect, in TLS if that comes first."""
        self.host, self.port = host, port
        self.sock = _connected(host, port, self.left)
        if self._account.security == "tls":
            self.sock = self._in_tls()
        self._at = "it had accepted the connection"

    def begin_tls(self) -> None:
        """STARTTLS. What came before it in plain text counts for nothing (CVE-2011-0411 and its like)."""
        answer, _ = self._simple_command("STARTTLS") if "STARTTLS" in self.capabilities else ("NO", None)
        if answer != "OK":
            raise self.error('it offers no STARTTLS on this port: set security = "tls", usually on port 993')
        self._unread.clear()
        self.sock = self._in_tls()
        self.learn()

    def learn(self) -> None:
        """Ask what the server can do: it tells more after TLS and after the login."""
        _, data = self.capability()
        self.capabilities = tuple((data[-1] or b"").decode("ascii", "replace").upper().split())

    def _in_tls(self) -> ssl.SSLSocket:
        assert self._context is not None  # noqa: S101  made with it
        self.sock.settimeout(self.left())
        return self._context.wrap_socket(self.sock, server_hostname=self.host)

    def readline(self) -> bytes:
        """Read a line, with its end; empty at the end of the stream."""
        start = 0
        while (at := self._unread.find(b"\n", start)) < 0:
            start = len(self._unread)
            if not self._receive():
                return b""
        return self._taken(at + 1)

    def read(self, size: int) -> bytes:
        """Read `size` bytes, fewer at the end of the stream."""
        if size > MOST_BYTES:
            raise self.abort(f"it announced {size} bytes, more than is read")
        while len(self._unread) < size and self._receive():
            pass
        return self._taken(size)

    def _receive(self) -> bool:
        self.sock.settimeout(self.left())
        try:
            data = self.sock.recv(65_536)
        except TimeoutError:
            raise TimeoutError(self._at) from None
        self._unread += data
        if len(self._unread) > MOST_BYTES:
            raise self.abort("it sent more in one answer than is read")
        return bool(data)

    def _taken(self, size: int) -> bytes:
        data = bytes(self._unread[:size])
        del self._unread[:size]
        return data

    def send(self, data: Any) -> None:
        """Send all of `data`."""
        self.sock.settimeout(self.left())
        self.sock.sendall(data)

    def shutdown(self) -> None:
        """Close the socket."""
        self.sock.close()

    def idle_until(self, ends: float, stop: Callable[[], bool]) -> None:
        """IDLE (RFC 2177) until the server tells of a message, `ends`, or `stop()`, looked at now and then."""
        self.ends = self._clock.monotonic() + FAREWELL
        tag = self._command("IDLE")
        while self._get_response() is not None:  # None is the server's `+`
            if self.tagged_commands[tag]:
                raise self.error("it does not IDLE")
        while not {"EXISTS", "BYE"} & set(self.untagged_responses) and not stop():
            now = self._clock.monotonic()
            if now >= ends:
                break
            self.ends = min(ends, now + LOOK_UP)
            with contextlib.suppress(TimeoutError):  # what was read of a line is kept
                self._get_response()
        self.ends = self._clock.monotonic() + FAREWELL
        self.send(b"DONE\r\n")
        self._command_complete("IDLE", tag)


def _connected(host: str, port: int, left: Callable[[], float]) -> socket.socket:
    """Connect to the first address of `host` that answers; the time that is left is shared between them."""
    addresses = _resolved(host, port, left)
    for number, (family, kind, protocol, _, where) in enumerate(addresses, 1):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(left() / (len(addresses) - number + 1))
            sock.connect(where)
        except OSError as error:
            sock.close()
            if number == len(addresses):
                raise TimeoutError("no connection came about") if isinstance(error, TimeoutError) else error from None
        else:
            return sock
    raise OSError("the name has no address")


def _resolved(host: str, port: int, left: Callable[[], float]) -> list[Any]:
    """getaddrinfo, in a thread: nothing else can end it in time."""
    answer: queue.SimpleQueue[list[Any] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answer.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answer.put(error)

    Thread(target=ask, name=f"resolve {host}", daemon=True).start()
    try:
        found = answer.get(timeout=left())
    except queue.Empty:
        raise TimeoutError("the name was not resolved") from None
    if isinstance(found, UnicodeError):
        raise socket.gaierror(socket.EAI_NONAME, "no name can be so") from None
    if isinstance(found, OSError):
        raise found
    return found
