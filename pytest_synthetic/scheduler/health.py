"""Answers `/healthz` and `/metrics` over HTTP: whether the monitor does what it is there for."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections import OrderedDict
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Self

from pytest_synthetic.errors import ConfigError

if TYPE_CHECKING:
    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.core.redact import Redactor
    from pytest_synthetic.scheduler.pulse import Pulse, PulseReport

MOST_CONNECTIONS = 32
"""One more ends the oldest: whoever is slow never keeps others out."""
SLOW = 5.0
"""Seconds that a client may be silent."""
_PAUSE = 0.2
_POLL = 0.1
_JSON = "application/json"
_TEXT = "text/plain; charset=utf-8"
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


class Health:
    """Serves what `pulse` knows, from daemon threads. A context manager.

    Entering raises ConfigError when nothing can listen at `address` (host, port).
    """

    def __init__(self, address: tuple[str, int], pulse: Pulse, clock: Clock, redactor: Redactor) -> None:
        """Nothing listens yet."""
        self._address = address
        self._pages = _Pages(pulse, clock, redactor)
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        """Listen."""
        host, port = self._address
        try:
            self._server = _Server(self._address, self._pages)
        except OSError as error:
            why = error.strerror or str(error)
            raise ConfigError(
                f"watch.health: nothing can listen on {host}:{port}: {why}. Give it another host or port: "
                "a second watcher on this machine needs its own"
            ) from None
        threading.Thread(target=self._server.serve_forever, args=(_POLL,), name="health", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    @property
    def port(self) -> int:
        """The port that is listened on; the one asked for before that."""
        return self._server.server_address[1] if self._server else self._address[1]


class _Pages:
    """What is answered, by path: status, kind, body."""

    def __init__(self, pulse: Pulse, clock: Clock, redactor: Redactor) -> None:
        self._pulse = pulse
        self._clock = clock
        self._redactor = redactor

    def of(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        """The answer to a request for `path`."""
        pages = {"/healthz": self._healthz, "/metrics": self._metrics}
        try:
            return pages.get(path, _not_found)()
        except Exception as error:  # noqa: BLE001  who asks is told that nobody can say, and not left without an answer
            told = f"it cannot be told: {type(error).__name__}\n"
            return HTTPStatus.INTERNAL_SERVER_ERROR, _TEXT, told.encode()

    def _report(self) -> PulseReport:
        return self._pulse.report(self._clock.now())

    def _healthz(self) -> tuple[HTTPStatus, str, bytes]:
        report = self._report()
        told = {"status": "ok" if report.healthy else "wrong", **self._clean(report.to_json())}
        del told["late"], told["late_seconds"]  # for machines: /metrics has them
        status = HTTPStatus.OK if report.healthy else HTTPStatus.SERVICE_UNAVAILABLE
        return status, _JSON, json.dumps(told, indent=2).encode() + b"\n"

    def _metrics(self) -> tuple[HTTPStatus, str, bytes]:
        try:
            from pytest_synthetic.scheduler import pulse_series
        except ImportError:
            told = b"/metrics needs prometheus-client. Run: pip install 'pytest-synthetic[metrics]'\n"
            return HTTPStatus.NOT_IMPLEMENTED, _TEXT, told
        return HTTPStatus.OK, _PROMETHEUS, pulse_series.text(self._report())

    def _clean(self, value: Any) -> Any:
        """`value` without secrets: a reason may repeat what somebody else said."""
        if isinstance(value, str):
            return self._redactor.text(value)
        if isinstance(value, dict):
            return {self._redactor.text(name): self._clean(item) for name, item in value.items()}
        return [self._clean(item) for item in value] if isinstance(value, list) else value


def _not_found() -> tuple[HTTPStatus, str, bytes]:
    return HTTPStatus.NOT_FOUND, _TEXT, b"not found: there are /healthz and /metrics\n"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], pages: _Pages) -> None:
        self.pages = pages
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._open: OrderedDict[socket.socket, None] = OrderedDict()
        self._lock = threading.Lock()
        self._rest = threading.Event()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """As TCPServer's: HTTPServer's asks the name server for our name, which may take long."""
        socketserver.TCPServer.server_bind(self)

    def get_request(self) -> tuple[socket.socket, Any]:
        """As TCPServer.get_request. With no file left it would be called again at once, for ever."""
        try:
            return super().get_request()
        except OSError:
            self._rest.wait(_PAUSE)
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        """As ThreadingMixIn.process_request, but for a bounded number of clients."""
        with self._lock:
            self._open[request] = None
            oldest = self._open.popitem(last=False)[0] if len(self._open) > MOST_CONNECTIONS else None
        if oldest is not None:
            with suppress(OSError):
                oldest.shutdown(socket.SHUT_RDWR)  # its thread then ends by itself
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no thread can be started
            self.shutdown_request(request)

    def shutdown_request(self, request: Any) -> None:
        """As TCPServer.shutdown_request."""
        with self._lock:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that went away is no trouble of the monitor."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = SLOW

    def do_GET(self) -> None:
        self._answer(*self.server.pages.of(self.path.partition("?")[0]))

    do_HEAD = do_GET  # noqa: N815  likewise

    def do_POST(self) -> None:
        self._answer(HTTPStatus.METHOD_NOT_ALLOWED, _TEXT, b"only GET and HEAD\n")

    do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_POST  # noqa: N815  likewise

    def version_string(self) -> str:
        return f"pytest-synthetic/{version('pytest-synthetic')}"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  likewise
        """Say nothing."""

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
