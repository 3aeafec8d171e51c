"""The HTTP inbox, its gateway played by a dictionary."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pytest_synthetic.errors import InboxUnavailable, UsageError
from pytest_synthetic.inboxes import http
from pytest_synthetic.model.message import Address
from pytest_synthetic.testing import FakeClock

PHONE = Address(value="+33612345678", labels={"carrier": "Orange"})
OTHER = Address(value="+33612345679")


class FakeGateway:
    """Answers with `items`, newest first, in pages of `size`."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.details: dict[str, Any] = {}
        self.size = 10**9
        self.asked: list[str] = []
        self.closed_until = 0.0

    def ask(self, url: str, *, ends: float, missing_ok: bool = False) -> Any:
        self.asked.append(url)
        if missing_ok:
            return self.details.get(urlsplit(url).path.rpartition("/")[2], {})
        offset = int(parse_qs(urlsplit(url).query).get("offset", ["0"])[0])
        return {"messages": list(reversed(self.items))[offset : offset + self.size]}

    def deliver(self, text: str, **more: Any) -> None:
        self.items.append({"id": len(self.items), "to": PHONE.value, "from": "Shop", "body": text, **more})


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(now=datetime(2026, 11, 22, 12, tzinfo=UTC))


@pytest.fixture
def inbox(gateway: FakeGateway, clock: FakeClock) -> http.HttpInbox:
    return inbox_of(gateway, clock)


def inbox_of(gateway: FakeGateway, clock: FakeClock, **change: Any) -> http.HttpInbox:
    right = {
        "channel": "sms",
        "list": "https://gateway.example/messages?offset={offset}&since={since}",
        "items": "messages",
        "fields": {"id": "id", "to": "to", "sender": "from", "text": "body", "subject": "subject", "arrived_at": "at"},
        "numbers": [{"number": PHONE.value, "carrier": "Orange"}, OTHER.value],
    }
    made: Any = http.make({**right, **change}, clock=clock, sleep=clock.advance, folder=Path())
    made._gateway = gateway
    inbox: http.HttpInbox = made
    return inbox


def test_what_is_new_as_it_arrived(gateway: FakeGateway, inbox: http.HttpInbox) -> None:
    gateway.deliver("old")
    cursor = json.loads(json.dumps(inbox.snapshot(PHONE)))
    gateway.deliver("first", at="2026-11-22T12:00:01.5Z", subject="é")
    gateway.deliver("for another", to=OTHER.value)
    gateway.deliver("second", at="2026-11-22T12:00:01.5Z")
    messages, after = inbox.fetch_new(PHONE, cursor)

    assert [message.text for message in messages] == ["first", "second"]
    first = messages[0]
    assert (first.id, first.to, first.sender, first.subject) == ("1", PHONE.value, "Shop", "é")
    assert (first.arrived_at, first.resolution) == (datetime(2026, 11, 22, 12, 0, 1, 500_000, UTC), 0.001)
    assert inbox.fetch_new(PHONE, cursor)[0] == messages
    assert inbox.fetch_new(PHONE, after) == ([], after)
    assert [message.text for message in inbox.fetch_new(OTHER, cursor)[0]] == ["for another"]


def test_the_list_is_asked_from_a_day_before_the_snapshot(
    gateway: FakeGateway, inbox: http.HttpInbox, clock: FakeClock
) -> None:
    cursor = inbox.snapshot(PHONE)
    clock.advance(3600)
    inbox.fetch_new(PHONE, cursor)
    assert gateway.asked == ["https://gateway.example/messages?offset=0&since=2026-11-21T12%3A00%3A00Z"] * 2


def test_pages_are_read_until_one_is_empty(gateway: FakeGateway, inbox: http.HttpInbox) -> None:
    gateway.size = 3
    cursor = inbox.snapshot(PHONE)
    for number in range(7):
        gateway.deliver(str(number))
    gateway.asked.clear()
    assert [m.text for m in inbox.fetch_new(PHONE, cursor)[0]] == ["0", "1", "2", "3", "4", "5", "6"]
    assert [parse_qs(urlsplit(url).query)["offset"] for url in gateway.asked] == [["0"], ["3"], ["6"], ["7"]]


def test_a_gateway_that_knows_no_pages_is_not_asked_for_ever(gateway: FakeGateway, clock: FakeClock) -> None:
    inbox = inbox_of(gateway, clock, list="https://gateway.example/?n={offset}")
    gateway.deliver("one")
    assert inbox.snapshot(PHONE) == {"since": "2026-11-21T12:00:00Z", "seen": ["0"]}
    assert len(gateway.asked) == 2


def test_ten_thousand_messages_are_read_and_no_more(gateway: FakeGateway, inbox: http.HttpInbox) -> None:
    cursor = inbox.snapshot(PHONE)
    for number in range(10_000):
        gateway.deliver(str(number))
    assert [m.text for m in inbox.fetch_new(PHONE, cursor)[0]] == [str(number) for number in range(10_000)]
    gateway.deliver("one more")
    with pytest.raises(InboxUnavailable, match="lists more than 10000 messages: empty it, or let `list` say less"):
        inbox.fetch_new(PHONE, cursor)


def test_an_address_is_quoted_and_may_have_another_name_there(gateway: FakeGateway, clock: FakeClock) -> None:
    inbox = inbox_of(
        gateway,
        clock,
        list="https://gateway.example/sim/{address}",
        numbers=[{"number": PHONE.value, "known_as": "1/é"}, OTHER.value],
    )
    assert inbox.addresses() == (Address(value=PHONE.value), OTHER)
    cursor = inbox.snapshot(PHONE)
    gateway.deliver("one", to="1/É")
    assert [message.to for message in inbox.fetch_new(PHONE, cursor)[0]] == [PHONE.value]
    inbox.snapshot(OTHER)
    assert gateway.asked[-1] == "https://gateway.example/sim/%2B33612345679"
    assert gateway.asked[-2] == "https://gateway.example/sim/1%2F%C3%A9"


class TestToWhom:
    @pytest.mark.parametrize("to", [None, "", []])
    def test_nobody_said_and_there_is_one_number(self, gateway: FakeGateway, clock: FakeClock, to: object) -> None:
        inbox = inbox_of(gateway, clock, numbers=[PHONE.value])
        cursor = inbox.snapshot(PHONE)
        gateway.deliver("one", to=to)
        assert [message.text for message in inbox.fetch_new(PHONE, cursor)[0]] == ["one"]

    def test_nobody_said_and_there_are_two(self, gateway: FakeGateway, inbox: http.HttpInbox) -> None:
        gateway.deliver("old", to=None)
        cursor = inbox.snapshot(PHONE)  # what was there before hurts nobody
        assert inbox.fetch_new(PHONE, cursor)[0] == []
        gateway.deliver("one", to=None)
        with pytest.raises(InboxUnavailable) as caught:
            inbox.fetch_new(PHONE, cursor)
        assert str(caught.value) == (
            "https://gateway.example/messages cannot be read: a message does not say to whom it is at "
            'fields.to = "to": it leads to nothing'
        )

    def test_the_list_was_asked_for_one(self, gateway: FakeGateway, clock: FakeClock) -> None:
        inbox = inbox_of(gateway, clock, list="https://gateway.example/{address}", fields={"id": "id", "text": "body"})
        cursor = inbox.snapshot(PHONE)
        gateway.deliver("one")
        assert [message.text for message in inbox.fetch_new(PHONE, cursor)[0]] == ["one"]


class TestOneByOne:
    @pytest.fixture
    def inbox(self, gateway: FakeGateway, clock: FakeClock) -> http.HttpInbox:
        return inbox_of(
            gateway, clock, message="https://gateway.example/m/{id}", message_fields={"text": "whole", "html": "html"}
        )

    def test_the_second_call_wins(self, gateway: FakeGateway, inbox: http.HttpInbox) -> None:
        cursor = inbox.snapshot(PHONE)
        gateway.deliver("beginn", id="a/1", subject="S")
        gateway.details["a%2F1"] = {"whole": "", "html": "<p>beginning</p>"}
        (message,), _ = inbox.fetch_new(PHONE, cursor)
        assert (message.text, message.html, message.subject) == ("", "<p>beginning</p>", "S")
        assert gateway.asked[-1] == "https://gateway.example/m/a%2F1"

    def test_deleted_meanwhile(self, gateway: FakeGateway, inbox: http.HttpInbox) -> None:
        cursor = inbox.snapshot(PHONE)
        gateway.deliver("beginn")
        assert [message.text for message in inbox.fetch_new(PHONE, cursor)[0]] == ["beginn"]

    def test_a_hundred_at_a_time_in_order(self, gateway: FakeGateway, inbox: http.HttpInbox) -> None:
        cursor = inbox.snapshot(PHONE)
        for number in range(150):
            gateway.deliver(str(number))
        first, cursor = inbox.fetch_new(PHONE, cursor)
        rest, _ = inbox.fetch_new(PHONE, cursor)
        assert [m.text for m in first] == [str(number) for number in range(100)]
        assert [m.text for m in rest] == [str(number) for number in range(100, 150)]


class TestWrongPaths:
    @pytest.mark.parametrize(
        ("fields", "told"),
        [
            ({"id": "Id"}, "a message has no id at fields.id = \"Id\": there is no 'Id'. Valid: body, from, id, to."),
            ({"text": "boddy"}, "a message has no text at \"boddy\": there is no 'boddy'. Valid: body, from, id, to."),
            ({"sender": ".from"}, None),
            ({"html": "to.*"}, None),
        ],
    )
    def test_told(self, gateway: FakeGateway, clock: FakeClock, fields: dict[str, str], told: str | None) -> None:
        inbox = inbox_of(gateway, clock, fields={"id": "id", "text": "body", "to": "to", **fields})
        cursor = inbox.snapshot(PHONE)
        gateway.deliver("one")
        if told is None:
            (message,), _ = inbox.fetch_new(PHONE, cursor)
            assert (message.text, message.sender, message.html) == ("one", "", None)
            return
        with pytest.raises(InboxUnavailable) as caught:
            inbox.fetch_new(PHONE, cursor)
        assert f"https://gateway.example/messages cannot be read: {told}" in str(caught.value)

    def test_an_empty_text_is_a_text(self, gateway: FakeGateway, inbox: http.HttpInbox) -> None:
        cursor = inbox.snapshot(PHONE)
        gateway.deliver("", at="soon")
        (message,), _ = inbox.fetch_new(PHONE, cursor)
        assert (message.text, message.arrived_at) == ("", None)


class TestProbe:
    def test_well(self, gateway: FakeGateway, clock: FakeClock) -> None:
        inbox = inbox_of(gateway, clock, fields={"id": "id", "to": "to", "text": "body", "sender": "form"})
        gateway.deliver("one")
        gateway.deliver("two", to=OTHER.value)
        health = inbox.probe()
        assert health.ok
        assert health.told == (
            "https://gateway.example/messages lists 2 message(s), 1 of them to +33612345678; "
            'no message has sender = "form"'
        )

    def test_a_sender_that_is_a_table(self, gateway: FakeGateway, inbox: http.HttpInbox) -> None:
        gateway.deliver("one", **{"from": {"address": "a"}})
        health = inbox.probe()
        assert not health.ok
        assert (
            'cannot be read: sender = "from" leads to a table: write the path to the end. Valid: address' in health.told
        )

    def test_addresses_that_are_made(self, gateway: FakeGateway, clock: FakeClock) -> None:
        inbox = inbox_of(gateway, clock, numbers=[], mint="+336{nonce}")
        assert inbox.mint("12345678") == Address(value="+33612345678")
        assert inbox.probe().told == "https://gateway.example/messages lists 0 message(s), 0 of them to +336probe"


class TestWaiting:
    def test_poll_is_the_pace(self, inbox: http.HttpInbox, clock: FakeClock) -> None:
        inbox.wait_hint(PHONE, None, 60)
        assert clock.monotonic() == 0.5
        inbox.wait_hint(PHONE, None, 0.2)
        assert clock.monotonic() == 0.7
        inbox.wait_hint(PHONE, None, -1)
        assert clock.monotonic() == 0.7

    def test_a_gateway_that_is_closed_is_left_alone(
        self, inbox: http.HttpInbox, gateway: FakeGateway, clock: FakeClock
    ) -> None:
        gateway.closed_until = 30.0
        inbox.wait_hint(PHONE, None, 20)
        inbox.wait_hint(PHONE, None, 20)
        assert clock.monotonic() == 30.0


@pytest.mark.parametrize("cursor", [None, 3, [], {"mark": "x", "seen": []}, {"since": "x", "seen": 1}])
def test_a_cursor_of_another_provider(inbox: http.HttpInbox, cursor: Any) -> None:
    with pytest.raises(UsageError, match=r"^this is no cursor of an HTTP inbox: "):
        inbox.fetch_new(PHONE, cursor)


def test_an_inbox_of_a_pool_makes_no_addresses(inbox: http.HttpInbox) -> None:
    with pytest.raises(UsageError, match=r"^this inbox makes no addresses: give it some, numbers = "):
        inbox.mint("x")
