"""Where the alerts of the demo arrive: a small server on this machine that takes signed webhooks, as yours would.

It shows what a receiver has to do: believe nothing that is not signed, or was signed long ago, and take a letter once
however often it comes.
"""

from __future__ import annotations

import hmac
import json
import re
import threading
from dataclasses import dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from pytest_synthetic.core.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from types import TracebackType

LOOPBACK = "127.0.0.1"
LARGEST = 1_000_000
"""Bytes of a letter."""
OLDEST = 300
"""Seconds since a letter was signed: an older one may have been recorded by somebody, and sent again."""
_SIGNATURE = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A letter as it came: `to` is whose desk it lies on, `facts` what the webhook says."""

    to: str
    at: datetime
    facts: dict[str, Any]

    @property
    def turn(self) -> str:
        """What is told: opened, updated, reminded, resolved, ..."""
        return str(self.facts["turn"])

    @property
    def incident(self) -> str:
        """The id of the incident."""
        return str(self.facts["incident"])


class Desk:
    """Serves at `url` until `close()`; also a context manager. `take` is given each letter once, by any thread."""

    def __init__(self, secret: str, take: Callable[[Delivered], object]) -> None:
        """Bind and begin to serve."""
        self._secret = secret
        self._take = take
        self._clock = SystemClock()
        self._known: set[str] = set()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer((LOOPBACK, 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Such as `http://127.0.0.1:40123`; what follows it names whose desk a letter is for."""
        return f"http://{LOOPBACK}:{self._server.server_port}"

    def close(self) -> None:
        """Take no more letters."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        """Return the desk, which is open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def status(self, path: str, key: str, signed: str, body: bytes) -> int:
        """Take a letter, and say how it is answered."""
        if not self._is_genuine(signed, body):
            return 401
        with self._lock:
            again = key in self._known
            self._known.add(key)
        if not again:
            self._take(Delivered(to=path.strip("/"), at=self._clock.now(), facts=json.loads(body)))
        return 204

    def _is_genuine(self, signed: str, body: bytes) -> bool:
        found = _SIGNATURE.fullmatch(signed)
        if not found or abs(self._clock.now().timestamp() - int(found[1])) > OLDEST:
            return False
        expected = hmac.new(self._secret.encode(), f"{found[1]}.".encode() + body, sha256).hexdigest()
        return hmac.compare_digest(expected, found[2])

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = self.headers.get("Content-Length", "")
                if not length.isdecimal() or int(length) > LARGEST:
                    self._answer(413)
                    return
                key, signed = (self.headers.get(name, "") for name in ("Idempotency-Key", "X-Synthetic-Signature"))
                self._answer(desk.status(self.path, key, signed, self.rfile.read(int(length))))

            def _answer(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing: what comes is shown as a letter."""

        return Handler
