"""Letters on their way to receivers of our webhooks and to services of apprise, all of them on loopback."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import logging
import socket
import ssl
import threading
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from pytest_synthetic.model.alerting import Severity, Turn
from tests.end_to_end.alert_senders import DISCORD, HOSTILE, OPSGENIE, PAGERDUTY, SECRET, SLACK, TELEGRAM, refused, send
from tests.end_to_end.receiver import Asked, receiver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.receiver import Receiver

pytestmark = pytest.mark.slow
pytest.importorskip("apprise")


def as_services_do(asked: Asked) -> tuple[int, bytes]:
    return 200, b"ok" if asked.path.startswith("/services") else b'{"ok": true, "requestId": "43a29c5c"}'


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver(as_services_do) as found:
        yield found


@pytest.fixture
def services(there: Receiver, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    stand_for_services(there, monkeypatch)
    return there


def stand_for_services(there: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a receiver in place of the services' own servers."""
    from apprise.plugins import discord, opsgenie, pagerduty, slack, telegram

    monkeypatch.setattr(slack.NotifySlack, "webhook_url", f"{there.url}/services")
    monkeypatch.setattr(discord.NotifyDiscord, "notify_url", f"{there.url}/webhooks")
    monkeypatch.setattr(telegram.NotifyTelegram, "notify_url", f"{there.url}/bot")
    monkeypatch.setitem(pagerduty.PAGERDUTY_API_LOOKUP, pagerduty.PagerDutyRegion.US, f"{there.url}/enqueue")
    monkeypatch.setitem(opsgenie.OPSGENIE_API_LOOKUP, opsgenie.OpsgenieRegion.US, f"{there.url}/v2/alerts")


# -- webhooks ----------------------------------------------------------------------------------------------------------


def test_a_webhook_gets_signed_facts(there: Receiver) -> None:
    send(f"{there.url}/hook?a=1", secret=SECRET, facts={"incident": "a1b2c3", "claim": HOSTILE + "é\ud800"})

    asked = there.asked[0]
    told = dict(part.split("=") for part in asked.headers["x-synthetic-signature"].split(","))
    signed = f"{told['t']}.".encode() + asked.body
    assert (asked.method, asked.path, asked.query) == ("POST", "/hook", {"a": "1"})
    assert json.loads(asked.body) == {"incident": "a1b2c3", "claim": HOSTILE + "é\ud800"}
    assert told["v1"] == hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["x-synthetic-event"] == "incident.opened"
    assert asked.headers["idempotency-key"] == "a1b2c3-1-oncall"


def test_the_login_of_a_webhook_is_sent_and_no_header_is_broken(there: Receiver) -> None:
    send(there.url.replace("://", "://us%20er:pa%40ss@") + "/hook", key="a1\r\nX: 漢")
    asked = there.asked[0]
    assert asked.headers["authorization"] == "Basic " + b64encode(b"us er:pa@ss").decode()
    assert asked.headers["idempotency-key"] == "a1%0D%0AX: %E6%BC%A2"


def test_a_webhook_without_a_secret_is_not_signed(there: Receiver) -> None:
    send(f"{there.url}/hook")
    assert "x-synthetic-signature" not in there.asked[0].headers


@pytest.mark.parametrize(
    ("status", "waits", "final", "after"),
    [
        (429, "7", False, 7.0),
        (503, "Thu, 01 Jan 1970 00:00:00 GMT", False, 0.0),
        (500, "soon", False, None),
        (500, "99999999", False, 3600.0),
        (400, None, True, None),
        (401, None, True, None),
        (404, None, True, None),
    ],
)
def test_what_a_webhook_answers_decides_whether_it_is_tried_again(
    status: int, waits: str | None, final: bool, after: float | None
) -> None:
    with receiver(lambda _: (status, b"x" * 100)) as there:
        there.headers = {"Retry-After": waits} if waits else {}
        error = refused(f"{there.url}/hook/tokentoken99")
    assert (error.reason, error.final, error.after) == (f"it answered {status}", final, after)


def test_a_webhook_is_not_redirected(there: Receiver) -> None:
    with receiver(lambda _: (307, b"")) as first:
        first.headers = {"Location": f"{there.url}/elsewhere"}
        error = refused(f"{first.url}/hook", secret=SECRET)
    assert error.final
    assert "it answered 307: it leads elsewhere" in error.reason
    assert not there.asked


def test_a_receiver_that_takes_its_time_is_cut_off() -> None:
    over = threading.Event()
    with receiver(lambda _: (200, str(over.wait(60)).encode())) as there:
        error = refused(f"{there.url}/hook", timeout=0.3)
        over.set()
    assert (error.reason, error.final) == ("no answer within 0.3 s", False)


@contextlib.contextmanager
def dripping() -> Iterator[str]:
    """A server that answers with one byte now and then, without end: each read is in time."""
    over = threading.Event()

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while not over.wait(0.05):
                    connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        over.set()
        thread.join()


@pytest.mark.parametrize("address", ["http://{}/hook", "json://{}/hook"])
def test_an_answer_that_drips_is_cut_off(address: str) -> None:
    with dripping() as host:
        assert refused(address.format(host), timeout=0.5).reason == "no answer within 0.5 s"


@pytest.mark.parametrize(
    "address",
    ["http://{}/hook", "json://{}/hook", "mailto://user:passw0rd@{}?from=a@b.example&to=c@b.example&mode=insecure"],
)
def test_nobody_is_there(address: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        host = f"127.0.0.1:{listening.getsockname()[1]}"
    error = refused(address.format(host))
    assert "it cannot be reached: Connection refused" in error.reason
    assert not error.final


@pytest.mark.parametrize("scheme", ["https", "jsons"])
def test_a_certificate_that_nobody_vouches_for(scheme: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        error = refused(f"{scheme}://127.0.0.1:{server.server_port}/hook")
        server.shutdown()
        thread.join()
    assert "no TLS connection: unable to get local issuer certificate" in error.reason


@pytest.mark.parametrize("address", ["http://{}/hook", "json://{}/hook", "mailto://{}?from=a@b.example&to=c@b.example"])
def test_a_server_that_says_nothing(address: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        error = refused(address.format(f"127.0.0.1:{listening.getsockname()[1]}"), timeout=0.3)
    assert "no answer within 0.3 s" in error.reason
    assert not error.final


# -- services ----------------------------------------------------------------------------------------------------------


def told(asked: Asked) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(asked.body)
    return found


def test_slack(services: Receiver) -> None:
    send(SLACK, title=f"Checkout {HOSTILE}", body=f"**Checkout** fails: {HOSTILE}\n\n- [run](https://r.example/1)")

    (part,) = told(services.asked[0])["attachments"]
    assert services.asked[0].path == "/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    for text in (part["title"], part["text"]):
        assert "&lt;!channel&gt;" in text
        assert "&lt;@" in text
        assert "<" not in text
        assert "@everyone" not in text
    assert part["text"].startswith("Checkout fails: ")
    assert "- run: https://r.example/1" in part["text"]
    assert told(services.asked[0])["mrkdwn"] is False


def test_slack_is_told_by_its_own_address(services: Receiver) -> None:
    send("https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", secret=SECRET)
    assert services.asked[0].path == "/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    assert "x-synthetic-signature" not in services.asked[0].headers


def test_discord(services: Receiver) -> None:
    send(DISCORD, title=f"Checkout {HOSTILE}", body=f"fails: {HOSTILE}\nhttps://r.example/a_b_c?x=1", severity="ticket")

    text = told(services.asked[0])["content"]
    assert "@everyone" not in text
    assert "\\<!channel\\>" in text
    assert "\\*b\\*" in text
    assert "\\[c\\]" in text or "c: http://evil.example" in text
    assert text.endswith("https://r.example/a_b_c?x=1")


def test_telegram(services: Receiver) -> None:
    send(TELEGRAM, title=f"Checkout {HOSTILE}", body=f"fails: {HOSTILE}")

    sent = told(services.asked[0])
    assert sent["parse_mode"] == "HTML"
    assert "&lt;script&gt;" in sent["text"]
    assert "<script>" not in sent["text"]
    assert "@everyone" not in sent["text"]


def test_a_service_without_room_says_that_something_is_missing(services: Receiver) -> None:
    send(DISCORD, title="Checkout", body="word " * 2000)
    text = told(services.asked[0])["content"]
    assert len(text) <= 2000
    assert text.endswith("…")


def test_text_messages_are_short(there: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    from apprise.plugins import httpsms

    monkeypatch.setattr(httpsms.NotifyHttpSMS, "notify_url", there.url)
    send("httpsms://" + "a" * 30 + "@15551234567/15551234568")
    assert told(there.asked[0])["content"] == "Checkout fails since 12:00 UTC"


def test_pagerduty_has_one_key_for_an_incident(services: Receiver) -> None:
    for turn in (Turn.OPENED, Turn.UPDATED, Turn.REMINDED, Turn.RESOLVED):
        send(PAGERDUTY, turn=turn)

    sent = [told(each) for each in services.asked]
    assert [each["event_action"] for each in sent] == ["trigger", "trigger", "trigger", "resolve"]
    assert {each["dedup_key"] for each in sent} == {"a1b2c3"}
    assert sent[0]["payload"]["severity"] == "critical"


def test_a_ticket_is_a_warning(services: Receiver) -> None:
    send(PAGERDUTY, severity=Severity.TICKET)
    assert told(services.asked[0])["payload"]["severity"] == "warning"


def test_opsgenie_closes_what_it_opened(services: Receiver) -> None:
    send(OPSGENIE)
    send(OPSGENIE, turn=Turn.RESOLVED)

    opened, closed = services.asked
    assert (opened.path, told(opened)["alias"]) == ("/v2/alerts", "a1b2c3")
    assert (closed.path, closed.query) == ("/v2/alerts/a1b2c3/close", {"identifierType": "alias"})
    assert closed.headers["authorization"] == opened.headers["authorization"]


@pytest.mark.parametrize(("status", "final"), [(429, False), (500, False), (403, True), (404, True)])
@pytest.mark.parametrize("address", [SLACK, DISCORD, TELEGRAM, PAGERDUTY, OPSGENIE])
def test_a_service_that_refuses(address: str, status: int, final: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver(lambda _: (status, b'{"ok": false}')) as there:
        stand_for_services(there, monkeypatch)
        error = refused(address, timeout=5.0)
    assert str(status) in error.reason
    assert error.final is final


def test_a_service_that_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    with receiver(lambda _: (200, str(over.wait(60)).encode())) as there:
        stand_for_services(there, monkeypatch)
        error = refused(SLACK, timeout=0.4)
        over.set()
    assert "no answer within 0.4 s" in error.reason


class Listening(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.name)


def test_nothing_that_apprise_logs_is_heard(services: Receiver) -> None:
    listening = Listening()
    logging.root.addHandler(listening)
    try:
        send(SLACK)
    finally:
        logging.root.removeHandler(listening)
    assert not [name for name in listening.heard if name.startswith("apprise")]


def test_a_service_that_answers_what_it_never_does(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver(lambda _: (200, b"<html>Welcome</html>")) as there:
        stand_for_services(there, monkeypatch)
        error = refused(SLACK)
    assert (error.final, error.reason) == (
        False,
        "Slack answered 200, but not as it does when it takes a message",
    )


def test_apprise_writes_no_file(services: Receiver, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    send(OPSGENIE)
    send(SLACK)
    assert list(tmp_path.rglob("*")) == []
