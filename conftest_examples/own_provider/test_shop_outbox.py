"""The contract of all providers, on ours, with a gateway of a few lines."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from shop_outbox import ShopOutbox

from pytest_synthetic.testing import InboxContract


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        (to,) = parse_qs(urlsplit(self.path).query)["to"]
        body = json.dumps([sms for sms in self.server.sent if sms["to"] == to]).encode()
        self.send_response(503 if self.server.down else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever).start()
        yield running
        running.shutdown()


@pytest.fixture
def gateway(server):
    server.sent, server.down = [], False
    return server


class TestShopOutbox(InboxContract):
    @pytest.fixture
    def provider(self, gateway):
        return ShopOutbox(f"http://127.0.0.1:{gateway.server_port}", ["+33600000001", "+33600000002"])

    @pytest.fixture
    def deliver(self, gateway):
        def deliver(to, text):
            gateway.sent.append({"id": str(len(gateway.sent)), "to": to, "from": "Shop", "body": text})

        return deliver

    @pytest.fixture
    def outage(self, gateway):
        return lambda: setattr(gateway, "down", True)
