"""A site to look at: two answers, on this machine."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

PAGE = b"<!doctype html><html lang=en><title>A site</title><h1>Hello</h1></html>"


class Site(BaseHTTPRequestHandler):
    """Answers every GET: JSON below /api, a page elsewhere."""

    def do_GET(self) -> None:
        """Answer one request."""
        kind, body = ("application/json", b'{"ok": true}') if self.path.startswith("/api") else ("text/html", PAGE)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    """The address of the site."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
