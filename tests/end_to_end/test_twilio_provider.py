"""The real `twilio` client, by way of our provider, against our fake Twilio over real sockets."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError

import pytest
import requests
import trustme
from requests.auth import HTTPBasicAuth
from twilio.rest import Client  # type: ignore[import-untyped]

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.demo.twilio_account import ACCOUNT_SID, API, AUTH_TOKEN, NUMBERS
from pytest_synthetic.demo.twilio_api import RunningTwilio, serve
from pytest_synthetic.errors import InboxUnavailable
from pytest_synthetic.inboxes.twilio import TwilioInbox
from pytest_synthetic.inboxes.twilio_access import Access
from pytest_synthetic.inboxes.twilio_http import _Http
from pytest_synthetic.model.message import Address, Cursor, Message
from pytest_synthetic.testing import FakeClock

PHONE = Address(value=NUMBERS[0], labels={"carrier": "Alto Mobile"})
MESSAGES = f"{API}/Accounts/{ACCOUNT_SID}/Messages.json"
PUBLIC = "https://hooks.example.com/sms"


@pytest.fixture
def twilio() -> Iterator[RunningTwilio]:
    with serve() as running:
        yield running


@pytest.fixture
def inbox(twilio: RunningTwilio) -> TwilioInbox:
    return inbox_of(twilio.base_url)


def inbox_of(base_url: str, **settings: Any) -> TwilioInbox:
    right = {
        "account_sid": ACCOUNT_SID,
        "auth_token": AUTH_TOKEN,
        "numbers": [PHONE, *(Address(value=number) for number in NUMBERS[1:])],
        "base_url": base_url,
        "timeout": 5.0,
    }
    return TwilioInbox(**{**right, **settings})


def client_of(base_url: str) -> Any:
    access = Access(account_sid=ACCOUNT_SID, username=ACCOUNT_SID, password=AUTH_TOKEN, base_url=base_url, timeout=5)
    return Client(ACCOUNT_SID, AUTH_TOKEN, http_client=_Http(access, SystemClock(), time.sleep))


def wait(inbox: TwilioInbox, address: Address, cursor: Cursor) -> list[Message]:
    """What comes within 20 s, waited for as the core does."""
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        inbox.wait_hint(address, cursor, ends - time.monotonic())
        messages, cursor = inbox.fetch_new(address, cursor)
        if messages:
            return list(messages)
    return []


class TestMessages:
    def test_what_arrives_after_the_snapshot_is_new(self, twilio: RunningTwilio, inbox: TwilioInbox) -> None:
        twilio.deliver(PHONE.value, "old")
        cursor = inbox.snapshot(PHONE)
        sid = twilio.deliver(PHONE.value, "Your code is 123456 é\n", sender="+33700000001")
        twilio.deliver(NUMBERS[1], "for another")
        (message,), after = inbox.fetch_new(PHONE, cursor)

        assert (message.id, message.to, message.sender) == (sid, PHONE.value, "+33700000001")
        assert message.text == "Your code is 123456 é\n"
        assert message.arrived_at is not None
        assert abs(message.arrived_at - datetime.now(UTC)) < timedelta(seconds=30)
        assert inbox.fetch_new(PHONE, after)[0] == []
        assert inbox.fetch_new(PHONE, cursor)[0] == [message]

    def test_a_duplicate_has_its_own_id(self, twilio: RunningTwilio, inbox: TwilioInbox) -> None:
        cursor = inbox.snapshot(PHONE)
        twilio.deliver(PHONE.value, "123456", copies=2)
        assert len({message.id for message in inbox.fetch_new(PHONE, cursor)[0]}) == 2

    @pytest.mark.parametrize("newest_first", [True, False])
    def test_hundreds_waiting_come_in_order(self, twilio: RunningTwilio, newest_first: bool) -> None:
        clock = twilio.clock = FakeClock(now=datetime.now(UTC))
        twilio.newest_first = newest_first
        inbox = inbox_of(twilio.base_url)
        cursor = inbox.snapshot(PHONE)
        for number in range(1500):
            clock.advance(0.01 if newest_first else 1)
            twilio.deliver(PHONE.value, str(number))
        messages, _ = inbox.fetch_new(PHONE, cursor)
        assert [message.text for message in messages] == [str(number) for number in range(1500)]

    def test_a_message_of_ten_megabytes(self, twilio: RunningTwilio, inbox: TwilioInbox) -> None:
        cursor = inbox.snapshot(PHONE)
        twilio.deliver(PHONE.value, "x" * 10_000_000)
        assert len(inbox.fetch_new(PHONE, cursor)[0][0].text) == 10_000_000

    @pytest.mark.parametrize("offset", [300, -300])
    def test_a_clock_five_minutes_off_loses_nothing(
        self, twilio: RunningTwilio, inbox: TwilioInbox, offset: float
    ) -> None:
        twilio.faults.clock_offset = offset
        cursor = inbox.snapshot(PHONE)
        twilio.deliver(PHONE.value, "123456")
        (message,), _ = inbox.fetch_new(PHONE, cursor)
        assert message.arrived_at is not None
        assert abs((message.arrived_at - datetime.now(UTC)).total_seconds()) < 30
        assert message.resolution == 2.0

    def test_edge_and_region_do_not_lead_away(self, twilio: RunningTwilio, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TWILIO_EDGE", "dublin")
        monkeypatch.setenv("TWILIO_REGION", "ie1")
        assert inbox_of(twilio.base_url).probe().ok

    def test_the_product_sends_and_the_number_receives(self, twilio: RunningTwilio, inbox: TwilioInbox) -> None:
        twilio.faults.delay = 0.0
        cursor = inbox.snapshot(PHONE)
        sent = client_of(twilio.base_url).messages.create(to=PHONE.value, from_="+33700000002", body="42")
        (message,), _ = inbox.fetch_new(PHONE, cursor)

        assert (sent.status, sent.direction) == ("queued", "outbound-api")
        assert (message.text, message.sender) == ("42", "+33700000002")
        assert message.id != sent.sid


class TestWaiting:
    def test_a_wait_ends_soon_after_the_message_came(self, twilio: RunningTwilio, inbox: TwilioInbox) -> None:
        cursor = inbox.snapshot(PHONE)
        twilio.deliver(PHONE.value, "123456", after=0.6)
        before = twilio.listings
        (message,) = wait(inbox, PHONE, cursor)

        assert message.text == "123456"
        assert twilio.listings - before <= 4

    def test_many_waits_share_their_calls(self, twilio: RunningTwilio) -> None:
        numbers = [f"+3361234{number:04d}" for number in range(40)]
        inbox = inbox_of(twilio.base_url, numbers=[Address(value=number) for number in numbers])
        inbox.probe()
        before = twilio.listings
        found: list[str] = []

        def expect(number: str) -> None:
            address = Address(value=number)
            cursor = inbox.snapshot(address)
            twilio.deliver(number, number, after=1)
            found.extend(message.text for message in wait(inbox, address, cursor))

        threads = [threading.Thread(target=expect, args=(number,)) for number in numbers]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(found) == numbers
        assert twilio.listings - before <= 2 + 2 * (time.monotonic() - began)


class TestTrouble:
    def test_a_wrong_token(self, twilio: RunningTwilio) -> None:
        inbox = inbox_of(twilio.base_url, auth_token="a-wrong-token")
        with pytest.raises(InboxUnavailable, match=r"TWILIO_AUTH_TOKEN.*HTTP 401, code 20003: Authenticate") as caught:
            inbox.snapshot(PHONE)
        health = inbox.probe()

        assert not health.ok
        assert "TWILIO_AUTH_TOKEN" in health.told
        assert "a-wrong-token" not in health.told + repr(caught.value)
        assert caught.value.__context__ is None  # the frames of the client hold the token

    def test_a_suspended_account(self, twilio: RunningTwilio, inbox: TwilioInbox) -> None:
        twilio.faults.suspended = True
        assert "suspended or closed" in inbox.probe().told

    def test_an_unknown_account(self, twilio: RunningTwilio) -> None:
        key = {"account_sid": "AC" + "9" * 32, "api_key": ACCOUNT_SID, "api_secret": AUTH_TOKEN}
        assert "knows no such account" in inbox_of(twilio.base_url, **key).probe().told

    def test_a_number_that_is_not_the_accounts(self, twilio: RunningTwilio) -> None:
        health = inbox_of(twilio.base_url, numbers=[Address(value="+33699999999")]).probe()
        assert not health.ok
        assert health.told.startswith("+33699999999: no number of the Twilio account AC555")
        assert NUMBERS[0] in health.told

    def test_one_5xx_is_made_good_and_two_are_told(self, twilio: RunningTwilio, inbox: TwilioInbox) -> None:
        twilio.faults.break_down = 1
        cursor = inbox.snapshot(PHONE)
        twilio.faults.break_down = 2
        with pytest.raises(InboxUnavailable, match=r"in trouble itself.*HTTP 503"):
            inbox.fetch_new(PHONE, cursor)
        assert inbox.fetch_new(PHONE, cursor)[0] == []

    def test_a_429_is_waited_out_and_loses_nothing(self, twilio: RunningTwilio, inbox: TwilioInbox) -> None:
        cursor = inbox.snapshot(PHONE)
        twilio.faults.refuse = 1
        twilio.deliver(PHONE.value, "123456")
        assert inbox.fetch_new(PHONE, cursor)[0] == []
        before = twilio.listings
        assert inbox.fetch_new(PHONE, cursor)[0] == []
        assert twilio.listings == before
        inbox.wait_hint(PHONE, cursor, 20)
        assert [message.text for message in inbox.fetch_new(PHONE, cursor)[0]] == ["123456"]

    def test_a_provider_that_hangs_ends_with_the_deadline(self, twilio: RunningTwilio) -> None:
        twilio.faults.hang = 2
        with pytest.raises(InboxUnavailable, match=r"did not (answer in time|finish its answer)"):
            inbox_of(twilio.base_url, timeout=0.6).snapshot(PHONE)

    def test_nobody_listens(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        assert "refused the connection" in inbox_of(f"http://127.0.0.1:{port}").probe().told

    def test_a_certificate_that_has_expired(self) -> None:
        with expired_tls() as url:
            assert "TLS certificate" in inbox_of(url).probe().told

    def test_an_answer_that_is_not_twilios(self) -> None:
        page = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\n[1,2,3]"
        with answering(page) as url:
            assert "not what Twilio's API answers" in inbox_of(url).probe().told


@contextmanager
def answering(page: bytes, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_answer_all, args=(listener, page, tls), daemon=True).start()
        yield f"http{'s' if tls else ''}://localhost:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def _answer_all(listener: socket.socket, page: bytes, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection = listener.accept()[0]
            with connection if tls is None else tls.wrap_socket(connection, server_side=True) as talk:
                talk.recv(65_536)
                talk.sendall(page)
        except ssl.SSLError:
            connection.close()
        except OSError:
            return


@contextmanager
def expired_tls() -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    cert = trustme.CA().issue_cert("localhost", not_after=datetime(2020, 1, 1, tzinfo=UTC))
    cert.configure_cert(context)
    with answering(b"", context) as url:
        yield url


class TestExplanation:
    @pytest.mark.parametrize(("code", "words"), [(30003, "unreachable"), (30007, "filtered"), (None, "carrier")])
    def test_a_message_sent_by_this_account(
        self, twilio: RunningTwilio, inbox: TwilioInbox, code: int | None, words: str
    ) -> None:
        since = datetime.now(UTC)
        assert inbox.explain(PHONE.value, since) is None
        twilio.faults.lose, twilio.faults.error_code = 1, code
        client_of(twilio.base_url).messages.create(to=PHONE.value, from_="+33700000002", body="42")
        assert words in (inbox.explain(PHONE.value, since) or "")

    def test_a_message_sent_before_explains_nothing(self, twilio: RunningTwilio, inbox: TwilioInbox) -> None:
        twilio.send(PHONE.value, "42", "+33700000002")
        assert inbox.explain(PHONE.value, datetime.now(UTC) + timedelta(minutes=1)) is None


class TestWebhook:
    def test_a_push_ends_a_wait_at_once_and_needs_no_call(self, twilio: RunningTwilio, inbox: TwilioInbox) -> None:
        cursor = inbox.snapshot(PHONE)
        with inbox.receiver(public_url=PUBLIC).serve() as hook:
            before = twilio.listings
            sid = twilio.deliver(PHONE.value, "123456")
            waiting = threading.Thread(target=inbox.wait_hint, args=(PHONE, cursor, 20))
            waiting.start()
            assert twilio.push(sid, hook.url, public_url=PUBLIC) == 200
            waiting.join(4)
            assert not waiting.is_alive()
            (message,), after = inbox.fetch_new(PHONE, cursor)
            assert twilio.listings == before

        assert (message.id, message.text) == (sid, "123456")
        assert inbox.fetch_new(PHONE, after)[0] == []  # what the list tells later is the same message

    def test_a_replay_and_another_url_are_refused(self, twilio: RunningTwilio, inbox: TwilioInbox) -> None:
        with inbox.receiver(public_url=PUBLIC).serve() as hook:
            sid = twilio.deliver(PHONE.value, "123456")
            twilio.push(sid, hook.url, public_url=PUBLIC)
            for url in (PUBLIC, "https://elsewhere.example.com"):
                with pytest.raises(HTTPError, match="403") as caught:
                    twilio.push(sid, hook.url, public_url=url)
                caught.value.close()

    def test_it_listens_on_this_machine_alone_and_frees_its_port(self, inbox: TwilioInbox) -> None:
        before = threading.active_count()
        serving = inbox.receiver(public_url=PUBLIC).serve()
        assert serving.url.startswith("http://127.0.0.1:")
        assert requests.get(serving.url, timeout=5).status_code == 405
        serving.close()
        serving.close()
        assert threading.active_count() == before


class TestFake:
    """What the provider does not ask for, in the shapes of Twilio's published description."""

    def ask(self, twilio: RunningTwilio, path: str, **query: str) -> requests.Response:
        return requests.get(
            twilio.base_url + path, params=query, auth=HTTPBasicAuth(ACCOUNT_SID, AUTH_TOKEN), timeout=5
        )

    def test_the_client_reads_one_message_and_follows_pages(self, twilio: RunningTwilio) -> None:
        sids = [twilio.deliver(PHONE.value, str(number)) for number in range(5)]
        client = client_of(twilio.base_url)

        assert [message.sid for message in client.messages.list(page_size=2, limit=10)] == sids[::-1]
        assert client.messages(sids[0]).fetch().body == "0"
        assert twilio.calls[f"GET {MESSAGES}"] == 3

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ({"To": NUMBERS[0]}, 1),
            ({"To": NUMBERS[1]}, 0),
            ({"From": "+33700000000"}, 1),
            ({"DateSent>": "TODAY"}, 1),
            ({"DateSent>": "TODAYT23:59:59Z"}, 1),
            ({"DateSent<": "2020-01-01"}, 0),
            ({"DateSent": "2020-01-01"}, 0),
        ],
    )
    def test_filters_are_days(self, twilio: RunningTwilio, query: dict[str, str], count: int) -> None:
        twilio.deliver(NUMBERS[0], "x")
        today = f"{twilio.now():%Y-%m-%d}"
        asked = {key: value.replace("TODAY", today) for key, value in query.items()}
        assert len(self.ask(twilio, MESSAGES, **asked).json()["messages"]) == count

    def test_errors_are_written_as_twilios(self, twilio: RunningTwilio) -> None:
        more = "https://www.twilio.com/docs/errors/20003"
        refused = requests.get(twilio.base_url + MESSAGES, timeout=5)
        assert refused.json() == {"code": 20003, "message": "Authenticate", "more_info": more, "status": 401}
        assert self.ask(twilio, MESSAGES, PageSize="5000").status_code == 400
        assert self.ask(twilio, "/nothing").json()["code"] == 20404
        assert self.ask(twilio, f"{API}/Accounts/{ACCOUNT_SID}/Messages/SM0.json").status_code == 404

    def test_it_listens_on_the_loopback_interface_and_close_may_be_repeated(self) -> None:
        twilio = serve()
        assert twilio.base_url.startswith("http://127.0.0.1:")
        twilio.close()
        twilio.close()
