"""The HTTP inbox against servers over real sockets: in the shape of Mailpit, of SMS Gateway for Android, and broken ones."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import trustme

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.errors import InboxUnavailable
from pytest_synthetic.inboxes.http import HttpInbox, make
from pytest_synthetic.model.message import Address

TOKEN = "s3cr3t-t0k3n"
BOX = Address(value="box+1@test.example")
PHONE = Address(value="+33612345678")

Answer: TypeAlias = "tuple[int, dict[str, str], bytes]"


@contextmanager
def serving(
    answer: Callable[[BaseHTTPRequestHandler], Answer | None], context: ssl.SSLContext | None = None
) -> Iterator[str]:
    """A server on loopback; `answer` None says nothing more."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answered = answer(self)
            if answered is None:
                self.close_connection = True
                return
            status, headers, body = answered
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http{'s' if context else ''}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def as_json(value: object, **headers: str) -> Answer:
    return 200, {"Content-Type": "application/json", **headers}, json.dumps(value).encode()


def made(**options: Any) -> HttpInbox:
    return make(options, clock=SystemClock(), sleep=time.sleep, folder=Path())


def told_by(inbox: HttpInbox, address: Address = PHONE) -> str:
    with pytest.raises(InboxUnavailable) as caught:
        inbox.snapshot(address)
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None
    health = inbox.probe()
    assert not health.ok
    assert TOKEN not in health.told
    return str(caught.value)


class Mailpit:
    """What Mailpit's API answers (v1, as of 1.30): a search for parts of addresses, newest first, in pages."""

    def __init__(self) -> None:
        self.mails: list[dict[str, Any]] = []
        self.asked: list[str] = []

    def deliver(self, text: str, *, to: str = BOX.value, html: str = "", field: str = "To") -> None:
        self.mails.append(
            {
                "ID": f"id{len(self.mails)}",
                "From": {"Name": "Shop", "Address": "shop@shop.example"},
                "To": [],
                "Cc": None,
                "Bcc": [],
                "Subject": "Your code",
                "Created": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                field: [{"Name": "", "Address": to}],
                "Text": text,
                "HTML": html,
            }
        )

    def answer(self, request: BaseHTTPRequestHandler) -> Answer:
        self.asked.append(request.path)
        url = urlsplit(request.path)
        if url.path.startswith("/api/v1/message/"):
            found = [mail for mail in self.mails if mail["ID"] == unquote(url.path.rpartition("/")[2])]
            return as_json(found[0]) if found else (404, {}, b"")
        query = parse_qs(url.query)
        what, start, limit = query["query"][0], int(query["start"][0]), int(query["limit"][0])
        assert what.startswith('addressed:"')
        wanted = what.removeprefix('addressed:"').removesuffix('"').lower()
        listed = [mail for mail in reversed(self.mails) if wanted in json.dumps(mail).lower()]
        kept = [{k: v for k, v in mail.items() if k not in {"Text", "HTML"}} | {"Snippet": mail["Text"][:250]} for mail in listed]  # fmt: skip
        page = kept[start : start + limit]
        return as_json({"messages": page, "messages_count": len(kept), "start": start, "total": len(self.mails)})


class TestMailpit:
    @pytest.fixture
    def mailpit(self) -> Mailpit:
        return Mailpit()

    @pytest.fixture
    def inbox(self, mailpit: Mailpit) -> Iterator[HttpInbox]:
        with serving(mailpit.answer) as url:
            yield made(preset="mailpit", url=url, mint="box+{nonce}@test.example")

    def test_a_mail_in_whole(self, mailpit: Mailpit, inbox: HttpInbox) -> None:
        mailpit.deliver("old")
        cursor = inbox.snapshot(BOX)
        mailpit.deliver("é" * 300 + " 012345", html="<b>012345</b>")
        (mail,), after = inbox.fetch_new(BOX, cursor)
        assert (mail.id, mail.to, mail.sender, mail.subject) == ("id1", BOX.value, "shop@shop.example", "Your code")
        assert (mail.text, mail.html) == ("é" * 300 + " 012345", "<b>012345</b>")
        assert mail.arrived_at is not None
        assert abs(datetime.now(UTC) - mail.arrived_at) < timedelta(seconds=10)
        assert inbox.fetch_new(BOX, after)[0] == []

    def test_the_search_finds_too_much(self, mailpit: Mailpit, inbox: HttpInbox) -> None:
        cursor = inbox.snapshot(BOX)
        mailpit.deliver("longer", to=f"my{BOX.value}")
        mailpit.deliver("speaks of it", html=BOX.value, to="other@test.example")
        mailpit.deliver("mine", to=BOX.value.upper())
        mailpit.deliver("a copy", field="Bcc")
        assert [mail.text for mail in inbox.fetch_new(BOX, cursor)[0]] == ["mine", "a copy"]

    def test_more_than_a_page(self, mailpit: Mailpit, inbox: HttpInbox) -> None:
        for number in range(450):
            mailpit.deliver(str(number))
        cursor = inbox.snapshot(BOX)
        mailpit.deliver("new")
        assert [mail.text for mail in inbox.fetch_new(BOX, cursor)[0]] == ["new"]

    def test_an_empty_catcher_costs_one_call(self, mailpit: Mailpit, inbox: HttpInbox) -> None:
        inbox.snapshot(BOX)
        assert mailpit.asked == ["/api/v1/search?query=addressed%3A%22box%2B1%40test.example%22&limit=200&start=0"]


def test_sms_gateway_for_android() -> None:
    """The shape of `GET /inbox` of 1.59 and newer."""
    received: list[dict[str, Any]] = []
    seen: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> Answer:
        url = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        seen.append(request.headers["Authorization"])
        since = datetime.strptime(query["from"], "%Y-%m-%dT%H:%M:%S%z")
        assert (url.path, query["type"]) == ("/inbox", "SMS")
        assert 1 <= int(query["limit"]) <= 500
        listed = [one for one in received if datetime.fromisoformat(one["createdAt"]) >= since]
        start = int(query["offset"])
        return as_json(listed[::-1][start : start + int(query["limit"])], **{"X-Total-Count": str(len(listed))})

    def deliver(text: str, **more: Any) -> None:
        created = datetime.now(UTC).isoformat(timespec="milliseconds")
        received.append(
            {"id": f"text:{len(received)}", "type": "SMS", "sender": "Shop", "recipient": None, "simNumber": 1,
             "contentPreview": text, "createdAt": created, "attachments": [], **more}
        )  # fmt: skip

    with serving(answer) as url:
        login = {"user": "sms", "password": f"{TOKEN}é"}
        inbox = made(preset="sms-gate", url=url, basic=login, numbers=[PHONE.value])
        deliver("of the day before yesterday", createdAt=(datetime.now(UTC) - timedelta(days=2)).isoformat())
        cursor = inbox.snapshot(PHONE)
        deliver("012345 🫖")
        deliver("to its number", recipient="0612345678")
        messages, _ = inbox.fetch_new(PHONE, cursor)
        assert [(m.text, m.sender) for m in messages] == [("012345 🫖", "Shop"), ("to its number", "Shop")]

        two = made(
            preset="sms-gate",
            url=url,
            basic=login,
            fields={"to": "simNumber"},
            numbers=[{"number": PHONE.value, "known_as": "1"}, {"number": "+33712345678", "known_as": "2"}],
        )
        deliver("to the other SIM", simNumber=2)
        assert [m.text for m in two.fetch_new(two.addresses()[1], cursor)[0]] == ["to the other SIM"]
    assert set(seen) == {"Basic " + base64.b64encode(f"sms:{TOKEN}é".encode()).decode()}


def gateway_of(url: str, **more: Any) -> HttpInbox:
    right: dict[str, Any] = {
        "channel": "sms",
        "list": f"{url}/messages?key={TOKEN}&to={{address}}",
        "items": "messages",
        "fields": {"id": "id", "text": "body"},
        "headers": {"Authorization": f"Bearer {TOKEN}", "X-Api-Key": TOKEN},
        "numbers": [PHONE.value],
        "timeout": "5s",
    }
    return made(**{**right, **more})


class TestAnswersThatAreNone:
    @pytest.mark.parametrize(
        ("answer", "told"),
        [
            ((401, {}, b""), "it does not accept the credentials: check `headers` or `basic` (HTTP 401)"),
            ((403, {}, b""), "the credentials may not read messages: give them the right to, or check `headers` and `basic` (HTTP 403)"),
            ((404, {}, b""), "it knows no such address: check `url`, `list` and `message` (HTTP 404)"),
            ((400, {}, b""), "it does not understand the request: check `list` (HTTP 400)"),
            ((503, {}, TOKEN.encode()), "it is in trouble itself (HTTP 503)"),
            ((200, {"Content-Type": "text/html; charset=utf-8"}, b"<html>"), "its answer is no JSON (text/html): a log-in page, or another service? Check `list` and `message`"),
            ((200, {}, b""), "its answer is no JSON (of no type): a log-in page, or another service? Check `list` and `message`"),
            ((200, {}, b"[" * 100_000), "its answer is no JSON (of no type): a log-in page, or another service? Check `list` and `message`"),
            ((302, {"Location": "https://login.example/in?back=1"}, b""), "it redirects to https://login.example/in: write the address that answers, or check the credentials (HTTP 302)"),
        ],
    )  # fmt: skip
    def test_told(self, answer: Answer, told: str) -> None:
        with serving(lambda _: answer) as url:
            assert told_by(gateway_of(url)) == f"{url}/messages cannot be asked: {told}"

    def test_a_list_that_is_not_there(self) -> None:
        with serving(lambda _: as_json({"mesages": []})) as url:
            assert told_by(gateway_of(url)) == (
                f"{url}/messages cannot be read: its answer has no list at items = \"messages\": there is no 'messages'. "
                'Valid: mesages. Did you mean "mesages"?'
            )

    def test_refused(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
            told = f"{url}/messages cannot be asked: it refused the connection. Check `url` and the network"
            assert told_by(gateway_of(url)) == told

    def test_a_certificate_of_nobody(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
        with serving(lambda _: as_json({"messages": []}), context) as url:
            assert told_by(gateway_of(url)) == (
                f"{url}/messages cannot be asked: its TLS certificate has an unknown issuer or an incomplete chain. "
                "Check `url` and the network, or name its authority in the variable REQUESTS_CA_BUNDLE"
            )

    @pytest.mark.parametrize("body", [b"", b'{"messages": ['])
    def test_one_that_breaks_off(self, body: bytes) -> None:
        def answer(request: BaseHTTPRequestHandler) -> None:
            if body:
                request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + body)

        words = "its answer broke off in the middle" if body else "it closed the connection without an answer"
        with serving(answer) as url:
            assert told_by(gateway_of(url)) == f"{url}/messages cannot be asked: {words}. Check `url` and the network"


def test_a_redirect_carries_no_credentials() -> None:
    asked: list[str] = []

    def other(request: BaseHTTPRequestHandler) -> Answer:
        asked.append(request.path)
        return as_json({"messages": []})

    with serving(other) as elsewhere, serving(lambda _: (307, {"Location": f"{elsewhere}/x"}, b"")) as url:
        assert f"it redirects to {elsewhere}/x: " in told_by(gateway_of(url))
    assert asked == []


def test_a_login_in_netrc_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    sent: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> Answer:
        sent.append(request.headers["Authorization"])
        return as_json({"messages": []})

    with serving(answer) as url:
        gateway_of(url).snapshot(PHONE)
    assert sent == [f"Bearer {TOKEN}"]


@pytest.mark.parametrize("retry_after", ["1", "date"])
def test_too_many_requests_are_not_made_worse(retry_after: str) -> None:
    """After a 429 nothing is asked until the moment it names, and `wait_hint` waits for it."""
    asked: list[float] = []

    def answer(_: BaseHTTPRequestHandler) -> Answer:
        asked.append(time.monotonic())
        if len(asked) > 1:
            return as_json({"messages": []})
        until = datetime.now(UTC) + timedelta(seconds=2)  # a date has no parts of seconds: between 1 and 2
        return 429, {"Retry-After": until.strftime("%a, %d %b %Y %H:%M:%S GMT") if retry_after == "date" else "1"}, b""

    with serving(answer) as url:
        inbox = gateway_of(url, poll="10ms")
        told = told_by(inbox)
        assert "cannot be asked: it has too many requests, and is asked again in " in told
        assert told.endswith(" s: ask less often with `poll` (HTTP 429)")
        assert len(asked) == 1
        inbox.wait_hint(PHONE, None, 5)
        assert inbox.snapshot(PHONE) is not None
    assert 0.9 < asked[1] - asked[0] < 3


@pytest.mark.slow
class TestTimes:
    @pytest.mark.parametrize("drip", [None, b" "])
    def test_a_look_ends_in_time(self, drip: bytes | None) -> None:
        done = threading.Event()

        def answer(request: BaseHTTPRequestHandler) -> None:
            if drip:
                request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
            for _ in range(100):
                if done.wait(0.05):
                    return
                try:
                    request.wfile.write(drip or b"")
                except OSError:
                    return

        with serving(answer) as url:
            inbox = gateway_of(url, timeout="500ms")
            with pytest.raises(InboxUnavailable, match=r"it did not answer within 0\.5 s \(still at ") as caught:
                inbox.snapshot(PHONE)
            assert TOKEN not in str(caught.value)
            done.set()

    def test_all_calls_of_one_look_together(self) -> None:
        def answer(request: BaseHTTPRequestHandler) -> Answer:
            time.sleep(0.2)
            offset = int(parse_qs(urlsplit(request.path).query)["n"][0])
            return as_json({"messages": [{"id": offset, "body": ""}]})

        with serving(answer) as url:
            inbox = gateway_of(url, list=f"{url}/?n={{offset}}", timeout="500ms")
            with pytest.raises(InboxUnavailable, match=r"did not answer within|took longer than"):
                inbox.snapshot(PHONE)


@pytest.mark.slow
class TestSizes:
    def test_ten_megabytes_are_read(self) -> None:
        with serving(lambda _: as_json({"messages": [{"id": 1, "body": "x" * 10_000_000}]})) as url:
            inbox = gateway_of(url)
            (message,), _ = inbox.fetch_new(PHONE, {"since": "", "seen": []})
            assert len(message.text) == 10_000_000

    def test_more_than_twenty_are_not(self) -> None:
        with serving(lambda _: (200, {}, b" " * 20_000_001)) as url:
            told = f"{url}/messages cannot be asked: its answer is larger than 20 MB: empty it, or let `list` say less"
            assert told_by(gateway_of(url)) == told

    def test_ten_thousand_messages(self) -> None:
        items = [{"id": n, "body": str(n)} for n in range(10_000)]
        with serving(lambda _: as_json({"messages": items})) as url:
            messages, _ = gateway_of(url, order="oldest-first").fetch_new(PHONE, {"since": "", "seen": ["0"]})
            assert [message.text for message in messages] == [str(n) for n in range(1, 10_000)]


def test_a_text_in_another_character_set_is_told() -> None:
    body = '{"messages": [{"id": 1, "body": "é"}]}'.encode("latin-1")
    with serving(lambda _: (200, {"Content-Type": "application/json"}, body)) as url:
        assert "its answer is no JSON (application/json)" in told_by(gateway_of(url))
