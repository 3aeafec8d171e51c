"""A receiver of webhooks on this machine, which answers as it was told."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Receiver(ThreadingHTTPServer):
    """Answers with the statuses it was given, the last of them for all that follow."""

    daemon_threads = True

    def __init__(self, *answers: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = list(answers) or [200]
        self.keys: list[str] = []
        self.bodies: list[bytes] = []
        self.came = threading.Condition()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"

    def wait_for(self, number: int, patience: float = 20.0) -> None:
        """Until so many letters came in all."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.bodies) >= number, patience), f"only {self.bodies}"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answers = self.server.answers
        self.send_response(answers.pop(0) if len(answers) > 1 else answers[0])
        self.send_header("Content-Length", "0")
        self.end_headers()
        with self.server.came:
            self.server.keys.append(self.headers["Idempotency-Key"])
            self.server.bodies.append(body)
            self.server.came.notify_all()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def received(*answers: int) -> Iterator[Receiver]:
    """A receiver that listens meanwhile."""
    with Receiver(*answers) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()
