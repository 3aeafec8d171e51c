"""The HTTP inbox under the contract of all providers, against a small gateway on loopback."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.inboxes.http import HttpInbox, make
from pytest_synthetic.testing import InboxContract


class Gateway:
    """Lists all messages, newest first; `status` is what it answers."""

    def __init__(self) -> None:
        self.messages: list[dict[str, object]] = []
        self.status = 200
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps({"messages": gateway.messages[::-1]}).encode()
                self.send_response(gateway.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def deliver(self, to: str, text: str) -> None:
        number, now = len(self.messages), datetime.now(UTC).isoformat()
        self.messages.append({"id": number, "to": to, "from": "Shop", "text": text, "at": now})

    def break_down(self) -> None:
        self.status = 503


class TestHttpInbox(InboxContract):
    @pytest.fixture
    def gateway(self) -> Iterator[Gateway]:
        gateway = Gateway()
        thread = threading.Thread(target=gateway.server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield gateway
        gateway.server.shutdown()
        gateway.server.server_close()
        thread.join()

    @pytest.fixture
    def provider(self, gateway: Gateway) -> HttpInbox:
        options = {
            "channel": "sms",
            "list": f"{gateway.url}/messages",
            "items": "messages",
            "fields": {"id": "id", "to": "to", "sender": "from", "text": "text", "arrived_at": "at"},
            "numbers": [{"number": "+33600000001", "carrier": "Orange"}, "+33600000002"],
            "poll": "10ms",
        }
        return make(options, clock=SystemClock(), sleep=time.sleep, folder=Path())

    @pytest.fixture
    def deliver(self, gateway: Gateway) -> Callable[[str, str], None]:
        return gateway.deliver

    @pytest.fixture
    def outage(self, gateway: Gateway) -> Callable[[], None]:
        return gateway.break_down
