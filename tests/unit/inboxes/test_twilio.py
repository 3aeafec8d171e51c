"""The Twilio inbox without Twilio: what is read, when it is asked, what is said when it cannot be asked."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, ClassVar
from urllib.parse import urlencode
from wsgiref.util import setup_testing_defaults

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from twilio.base.exceptions import (  # type: ignore[import-untyped]
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)

from pytest_synthetic.demo.twilio_api import signature
from pytest_synthetic.errors import InboxUnavailable, UsageError
from pytest_synthetic.inboxes.twilio import TwilioInbox
from pytest_synthetic.inboxes.twilio_faults import TooManyRequests, unavailable, why_missing
from pytest_synthetic.inboxes.twilio_listing import FULL_PAGE, MAX_PAGES, Record, TooMany, listed
from pytest_synthetic.inboxes.twilio_poller import (
    BLIND_LIMIT,
    CROWD_STEP,
    FEW,
    FIRST_CALLS,
    Bell,
    Poller,
    next_call,
)
from pytest_synthetic.inboxes.twilio_webhook import MAX_BODY, Receiver
from pytest_synthetic.model.message import Address
from pytest_synthetic.testing import FakeClock

NUMBER = "+33612345670"
OTHER = "+33612345671"
ACCOUNT = "AC" + "1" * 32
TOKEN = "very-secret-token"
START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def record(count: int, *, to: str = NUMBER, at: datetime | None = START, **more: Any) -> Record:
    created = at and at + timedelta(seconds=count)
    fields = {"text": f"text {count}", "inbound": True, **more}
    return Record(sid=f"SM{count:032x}", to=to, sender="+337", created=created, **fields)


@dataclass
class Twilio:
    """A list of messages, the oldest first, that is asked as Account.pages is."""

    clock: FakeClock = field(default_factory=lambda: FakeClock(now=START))
    records: list[Record] = field(default_factory=list)
    answers: list[InboxUnavailable] = field(default_factory=list)
    newest_first: bool = True
    asked: list[tuple[float, str | None, int]] = field(default_factory=list)

    def pages(self, to: str | None, after: datetime, size: int) -> Iterator[tuple[Sequence[Record], bool]]:
        shown = [one for one in self.records if to in {None, one.to}]
        shown = shown[::-1] if self.newest_first else shown
        for start in range(0, max(len(shown), 1), size):
            self.asked.append((round(self.clock.monotonic(), 2), to, size))
            if self.answers:
                raise self.answers.pop(0)
            yield shown[start : start + size], start + size < len(shown)

    def poller(self) -> Poller:
        return Poller(pages=self.pages, clock=self.clock, there=self.clock.now, bell=Bell(self.clock.advance))

    def poll(self, poller: Poller, timeout: float, is_there: Callable[[Any], bool]) -> None:
        """Wait as the core does: look at every return of `wait`."""
        ends = self.clock.monotonic() + timeout
        while self.clock.monotonic() < ends:
            poller.wait(NUMBER, ends - self.clock.monotonic(), is_there)
            poller.look(NUMBER)
            if is_there(poller.kept(NUMBER)):
                return

    def arrives(self, after: float, one: Record) -> Callable[[Any], bool]:
        """Let `one` be there `after` seconds from now; what a wait for it asks."""
        due = self.clock.monotonic() + after

        def is_there(kept: list[tuple[datetime, Record]]) -> bool:
            if self.clock.monotonic() >= due and one not in self.records:
                self.records.append(one)
            return any(kept_one == one for _, kept_one in kept)

        return is_there

    def inbox(self) -> TwilioInbox:
        inbox = TwilioInbox(
            account_sid=ACCOUNT,
            auth_token=TOKEN,
            numbers=[Address(value=NUMBER), Address(value=OTHER)],
            clock=self.clock,
            sleep=self.clock.advance,
        )
        inbox.__dict__["_account"] = SimpleNamespace(pages=self.pages, offset=0.0)
        return inbox


@pytest.fixture
def twilio() -> Twilio:
    return Twilio()


class TestListing:
    def all_of(self, twilio: Twilio, known: set[str] | None = None, to: str | None = NUMBER) -> list[Record]:
        return listed(twilio.pages, to, after=START - timedelta(days=1), known=known, time=twilio.clock.monotonic)

    def test_a_small_page_is_enough_once_the_rest_is_known(self, twilio: Twilio) -> None:
        twilio.records = [record(n) for n in range(2000)]
        known = {one.sid for one in twilio.records[:1999]}
        found = self.all_of(twilio, known)

        assert found[-1] == twilio.records[-1]
        assert [size for _, _, size in twilio.asked] == [50]

    @pytest.mark.parametrize("newest_first", [True, False])
    @pytest.mark.parametrize("to", [NUMBER, None])
    def test_ten_thousand_are_read_in_order_in_few_pages(
        self, twilio: Twilio, newest_first: bool, to: str | None
    ) -> None:
        twilio.records, twilio.newest_first = [record(n) for n in range(10_000)], newest_first

        assert self.all_of(twilio, set(), to) == twilio.records
        assert len(twilio.asked) == 11

    @given(st.integers(0, 400), st.integers(0, 120), st.booleans())
    def test_nothing_new_is_missed(self, before: int, new: int, newest_first: bool) -> None:
        twilio = Twilio(records=[record(n) for n in range(before + new)], newest_first=newest_first)
        known = {one.sid for one in twilio.records[:before]}
        found = self.all_of(twilio, known)

        assert [one for one in found if one.sid not in known] == twilio.records[before:]

    def test_messages_of_one_second_keep_the_order_of_the_list(self, twilio: Twilio) -> None:
        twilio.records = [record(0, at=START, text=str(n)) for n in range(3)]
        assert [one.text for one in self.all_of(twilio)] == ["0", "1", "2"]

    def test_a_server_that_repeats_one_page_is_read_once(self) -> None:
        page = [record(n) for n in range(2)]

        def pages(to: str | None, after: datetime, size: int) -> Iterator[tuple[Sequence[Record], bool]]:
            while True:
                yield page, True

        assert len(listed(pages, NUMBER, after=START - timedelta(days=1), known=None, time=lambda: 0.0)) == 2

    def test_more_than_can_be_read_is_an_error_that_says_so(self) -> None:
        def pages(to: str | None, after: datetime, size: int) -> Iterator[tuple[Sequence[Record], bool]]:
            for number in range(MAX_PAGES * 2):
                yield [record(number)], True

        with pytest.raises(TooMany, match=f"more than {MAX_PAGES} messages since 2025-12-31.*subaccount"):
            listed(pages, NUMBER, after=START - timedelta(days=1), known=None, time=lambda: 0.0)


class TestSchedule:
    def test_the_first_calls_find_a_code_within_150_ms_with_less_than_four_calls(self) -> None:
        moments = [0.2 + n * 1.8 / 9_999 for n in range(10_000)]
        calls = [next(i for i, at in enumerate(FIRST_CALLS) if at >= moment) for moment in moments]
        delay = sum(FIRST_CALLS[call] - moment for call, moment in zip(calls, moments, strict=True)) / len(moments)

        assert delay == pytest.approx(0.125, abs=0.002)
        assert sum(call + 1 for call in calls) / len(calls) == pytest.approx(3.86, abs=0.02)

    @pytest.mark.parametrize(("seconds", "calls"), [(30, 27), (120, 54)])
    def test_long_waits_get_slower(self, seconds: float, calls: int) -> None:
        at, count = 0.0, 0
        while (at := next_call(at)) <= seconds:
            count += 1
        assert abs(count - calls) <= 2

    @given(st.floats(-1e6, 1e6))
    def test_the_next_call_is_later_and_not_much_later(self, waited: float) -> None:
        assert max(waited, 0) < next_call(waited) <= max(waited + 5, 1)


class TestPoller:
    def test_a_wait_asks_at_the_moments_of_the_schedule(self, twilio: Twilio) -> None:
        poller = twilio.poller()
        poller.refresh(NUMBER, patience=0)
        twilio.poll(poller, 30, twilio.arrives(1.2, record(1)))

        assert [at for at, _, _ in twilio.asked] == [0.0, *FIRST_CALLS[:4]]

    def test_what_a_webhook_brought_ends_a_wait_and_costs_no_call(self, twilio: Twilio) -> None:
        poller = twilio.poller()
        poller.refresh(NUMBER, patience=0)
        assert poller.add(record(1))
        assert not poller.add(record(1))
        poller.wait(NUMBER, 30, bool)
        poller.look(NUMBER)
        assert (len(twilio.asked), twilio.clock.monotonic()) == (1, 0.0)
        poller.look(NUMBER)
        assert len(twilio.asked) == 2

    def test_a_wait_that_begins_long_after_the_snapshot_asks_at_once(self, twilio: Twilio) -> None:
        poller = twilio.poller()
        poller.refresh(NUMBER, patience=0)
        twilio.clock.advance(5)
        twilio.poll(poller, 30, twilio.arrives(0.0, record(1)))
        assert [at for at, _, _ in twilio.asked] == [0.0, 5.0]

    def test_a_wait_ends_with_its_timeout(self, twilio: Twilio) -> None:
        poller = twilio.poller()
        poller.refresh(NUMBER, patience=0)
        poller.wait(NUMBER, 0.3, lambda kept: False)
        assert twilio.clock.monotonic() == pytest.approx(0.3)

    def test_a_failure_is_told_and_the_next_call_keeps_its_distance(self, twilio: Twilio) -> None:
        poller = twilio.poller()
        poller.refresh(NUMBER, patience=0)
        twilio.answers = [InboxUnavailable("no such account")]
        poller.wait(NUMBER, 30, bool)
        with pytest.raises(InboxUnavailable, match="no such account"):
            poller.look(NUMBER)
        twilio.poll(poller, 0.4, bool)
        assert [at for at, _, _ in twilio.asked] == [0.0, *FIRST_CALLS[:2], 0.93]

    def test_after_a_429_nothing_is_asked_before_twilio_said(self, twilio: Twilio) -> None:
        poller = twilio.poller()
        poller.refresh(NUMBER, patience=0)
        twilio.answers = [TooManyRequests("too many", retry_after=7)]
        for _ in range(3):
            poller.look(NUMBER)
        assert len(twilio.asked) == 2
        twilio.clock.advance(7)
        poller.look(NUMBER)
        assert len(twilio.asked) == 3

    def test_a_429_that_blinds_for_long_is_an_error(self, twilio: Twilio) -> None:
        poller = twilio.poller()
        poller.refresh(NUMBER, patience=0)
        twilio.answers = [TooManyRequests("too many", retry_after=60)]
        poller.look(NUMBER)
        twilio.clock.advance(BLIND_LIMIT + 0.1)
        with pytest.raises(TooManyRequests, match="too many"):
            poller.look(NUMBER)
        assert len(twilio.asked) == 2

    def test_a_snapshot_waits_a_short_429_out_and_refuses_a_long_one(self, twilio: Twilio) -> None:
        poller = twilio.poller()
        twilio.answers = [TooManyRequests("too many", retry_after=2)]
        poller.refresh(NUMBER, patience=10)
        assert [at for at, _, _ in twilio.asked] == [0.0, 2.0]

        twilio.answers = [TooManyRequests("too many", retry_after=3600)]
        with pytest.raises(TooManyRequests):
            poller.refresh(NUMBER, patience=10)
        assert twilio.clock.monotonic() == pytest.approx(2)

    def test_without_a_retry_after_the_pauses_double(self, twilio: Twilio) -> None:
        twilio.answers = [TooManyRequests("too many", retry_after=None) for _ in range(3)]
        twilio.poller().refresh(NUMBER, patience=10)
        assert [at for at, _, _ in twilio.asked] == [0.0, 1.0, 3.0, 7.0]

    def test_several_share_a_call_for_all_numbers(self, twilio: Twilio) -> None:
        poller = twilio.poller()
        with poller._presence(OTHER):
            poller.refresh(NUMBER, patience=0)
        assert [to for _, to, _ in twilio.asked] == [None]

    def test_those_who_come_together_are_gathered(self, twilio: Twilio) -> None:
        poller = twilio.poller()
        for number in (NUMBER, NUMBER, OTHER):
            poller.refresh(number, patience=0)
        assert [(at, to) for at, to, _ in twilio.asked] == [(0.0, NUMBER), (0.0, NUMBER), (0.1, OTHER)]

    def test_a_crowd_asks_less_than_twice_a_second(self, twilio: Twilio) -> None:
        poller = twilio.poller()
        for _ in range(FEW + 1):
            poller._present[OTHER] += 1
        poller.refresh(NUMBER, patience=0)
        poller.look(NUMBER)
        assert len(twilio.asked) == 1
        twilio.poll(poller, 2.5, lambda kept: False)
        assert [at for at, _, _ in twilio.asked] == pytest.approx([0.0, *(n * CROWD_STEP for n in range(1, 5))])

    def test_an_account_with_too_many_messages_is_asked_number_by_number(self, twilio: Twilio) -> None:
        twilio.records = [record(n, to="+4479", inbound=False) for n in range(FULL_PAGE * MAX_PAGES + 1)]
        poller = twilio.poller()
        with poller._presence(OTHER):
            poller.refresh(NUMBER, patience=0)
        assert {to for _, to, _ in twilio.asked[-2:]} == {NUMBER, OTHER}

    def test_what_is_known_of_one_number_hides_nothing_of_another(self, twilio: Twilio) -> None:
        poller = twilio.poller()
        with poller._presence(OTHER):
            poller.refresh(NUMBER, patience=0)
        twilio.records = [record(0, to=OTHER), *(record(n) for n in range(1, 300))]
        poller.refresh(NUMBER, patience=0)
        with poller._presence(OTHER):
            poller.refresh(NUMBER, patience=0)
        assert [one.text for _, one in poller.kept(OTHER)] == ["text 0"]

    def test_outbound_messages_and_those_without_their_text_yet_are_not_kept(self, twilio: Twilio) -> None:
        twilio.records = [record(1, inbound=False), record(2, settled=False, text="")]
        poller = twilio.poller()
        poller.refresh(NUMBER, patience=0)
        assert poller.kept(NUMBER) == []
        twilio.records[1] = record(2)
        poller.refresh(NUMBER, patience=0)
        assert [one.text for _, one in poller.kept(NUMBER)] == ["text 2"]


class TestInbox:
    address = Address(value=NUMBER)

    def test_what_was_there_is_not_new_and_the_same_cursor_gives_the_same(self, twilio: Twilio) -> None:
        twilio.records = [record(1)]
        inbox = twilio.inbox()
        cursor = inbox.snapshot(self.address)
        twilio.records += [record(2), record(3, to=OTHER), record(4)]
        first, after = inbox.fetch_new(self.address, cursor)
        again, _ = inbox.fetch_new(self.address, cursor)

        assert [message.text for message in first] == ["text 2", "text 4"]
        assert again == first
        assert inbox.fetch_new(self.address, after)[0] == []

    def test_a_cursor_serves_another_process(self, twilio: Twilio) -> None:
        cursor = twilio.inbox().snapshot(self.address)
        twilio.records.append(record(1))
        assert [message.id for message in twilio.inbox().fetch_new(self.address, cursor)[0]] == [record(1).sid]

    def test_what_is_older_than_a_day_before_the_cursor_is_covered(self, twilio: Twilio) -> None:
        inbox = twilio.inbox()
        cursor = inbox.snapshot(self.address)
        twilio.records.append(record(1, at=START - timedelta(days=1, seconds=5)))
        assert inbox.fetch_new(self.address, cursor)[0] == []

    def test_a_cursor_of_another_provider_is_refused(self, twilio: Twilio) -> None:
        with pytest.raises(UsageError, match="no cursor of a Twilio inbox: 7"):
            twilio.inbox().fetch_new(self.address, 7)

    @pytest.mark.parametrize(
        ("settings", "told"),
        [
            ({"account_sid": None}, "set TWILIO_ACCOUNT_SID"),
            ({"account_sid": "SK" + "1" * 32}, "must begin with AC, got SK…"),
            ({"auth_token": None}, "set TWILIO_AUTH_TOKEN, or TWILIO_API_KEY and TWILIO_API_SECRET"),
            ({"auth_token": ""}, "set TWILIO_AUTH_TOKEN"),
            ({"api_key": "SK1"}, "TWILIO_API_KEY and TWILIO_API_SECRET"),
            ({"numbers": []}, "has no number"),
            ({"numbers": [Address(value="0612345678")]}, "expected E.164"),
            ({"base_url": "localhost:4010"}, "base_url"),
            ({"timeout": 0}, "more than 0 seconds"),
        ],
    )
    def test_what_cannot_work_is_said_before_anything_is_asked(self, settings: dict[str, Any], told: str) -> None:
        right = {"account_sid": ACCOUNT, "auth_token": TOKEN, "numbers": [self.address]}
        with pytest.raises(UsageError, match=told) as caught:
            TwilioInbox(**{**right, **settings})
        assert TOKEN not in str(caught.value)

    def test_no_secret_is_shown(self) -> None:
        inbox = TwilioInbox(
            account_sid=ACCOUNT,
            api_key="SK1",
            api_secret=TOKEN,
            numbers=[self.address],
            base_url="http://u:pw@127.0.0.1",
        )
        assert TOKEN not in repr(inbox) + repr(inbox._access)
        assert "pw" not in repr(inbox._access)

    def test_making_one_does_not_import_twilio(self) -> None:
        script = (
            "import sys; from pytest_synthetic.inboxes.twilio import TwilioInbox as I; "
            "from pytest_synthetic.model.message import Address as A; "
            "I(account_sid='AC1', auth_token='x', numbers=[A(value='+33612345678')]); assert 'twilio' not in sys.modules"
        )
        subprocess.run([sys.executable, "-c", script], check=True)


def answer(status: int, text: str = "", **headers: str) -> SimpleNamespace:
    return SimpleNamespace(status_code=status, text=text, headers=requests.structures.CaseInsensitiveDict(headers))


class TestFaults:
    @pytest.mark.parametrize(
        ("error", "told"),
        [
            (
                TwilioException("Unable to fetch page", answer(401, '{"code": 20003, "message": "Authenticate"}')),
                r"check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.*HTTP 401, code 20003: Authenticate",
            ),
            (TwilioException("Unable to fetch page", answer(401, '{"code": 20005}')), "suspended or closed"),
            (TwilioException("Unable to fetch page", answer(403)), "give the API key the right"),
            (TwilioException("Unable to fetch page", answer(404)), "knows no such account"),
            (TwilioException("Unable to fetch page", answer(500, "<html>")), r"status\.twilio\.com \(HTTP 500\)"),
            (TwilioException("Unable to fetch page", answer(307)), "check the base URL"),
            (TwilioException("Page Records can not be deserialized"), "not what Twilio's API answers"),
            (TwilioRestException(404, "/x", "Unable", 20404), r"no such account.*HTTP 404, code 20404: Unable"),
            (TwilioServiceException("u", "Forbidden", 403, 70051), "HTTP 403, code 70051: Forbidden"),
            (requests.exceptions.SSLError("certificate has expired"), "TLS connection to it failed"),
            (requests.exceptions.ConnectTimeout("x"), "did not accept the connection in time"),
            (requests.exceptions.ReadTimeout("x"), "it did not answer in time"),
            (requests.exceptions.ConnectionError(ConnectionRefusedError()), "it refused the connection"),
            (requests.exceptions.ProxyError("x"), "the proxy does not open the way"),
            (ValueError("not JSON"), "not what Twilio's API answers"),
        ],
    )
    def test_every_way_of_failing_has_its_words(self, error: Exception, told: str) -> None:
        found = unavailable(error, doing="list messages", where="Twilio")

        assert str(found).startswith("Twilio cannot be asked to list messages: ")
        with pytest.raises(InboxUnavailable, match=told):
            raise found

    @pytest.mark.parametrize(
        ("headers", "seconds"), [({"Retry-After": "12"}, 12.0), ({}, None), ({"retry-after": "Sat, 1 Jan"}, None)]
    )
    def test_a_429_says_how_long(self, headers: dict[str, str], seconds: float | None) -> None:
        body = '{"code": 20429, "message": "Too Many Requests"}'
        error = TwilioException("Unable to fetch page", answer(429, body, **headers))
        found = unavailable(error, doing="list messages", where="Twilio")
        assert isinstance(found, TooManyRequests)
        assert found.retry_after == seconds

    @pytest.mark.parametrize(
        ("status", "code", "told"),
        [
            ("undelivered", 30003, "switched off"),
            ("undelivered", 30005, "number does not exist"),
            ("undelivered", 30006, "landline"),
            ("undelivered", 30007, "filtered"),
            ("failed", 12345, "docs/api/errors/12345"),
            ("queued", None, "waits in Twilio's queue"),
            ("of tomorrow", None, "says no more"),
        ],
    )
    def test_why_a_message_is_missing(self, status: str, code: int | None, told: str) -> None:
        assert told in why_missing(status, code)


class TestReceiver:
    url = "https://hooks.example.com/sms?from=twilio"
    fields: ClassVar = {
        "AccountSid": ACCOUNT,
        "MessageSid": "SM1",
        "From": "+337",
        "To": NUMBER,
        "Body": "123456 é",
        "Empty": "",
    }

    def receiver(self, taken: list[Record]) -> Receiver:
        def accept(one: Record) -> bool:
            known = any(one.sid == before.sid for before in taken)
            taken.append(one)
            return not known

        return Receiver(
            public_url=self.url,
            secret=TOKEN,
            account_sid=ACCOUNT,
            numbers={NUMBER},
            accept=accept,
            there=lambda: START,
        )

    def post(self, receiver: Receiver, fields: dict[str, str], sign: str | None, **environ: Any) -> str:
        body = urlencode(fields).encode()
        asked: dict[str, Any] = {
            "REQUEST_METHOD": "POST",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            **({} if sign is None else {"HTTP_X_TWILIO_SIGNATURE": sign}),
            **environ,
        }
        setup_testing_defaults(asked)
        statuses: list[str] = []
        receiver(asked, lambda status, headers, info=None: statuses.append(status))  # type: ignore[arg-type]
        return statuses[0][:3]

    def test_a_signed_message_is_taken_once(self) -> None:
        taken: list[Record] = []
        receiver = self.receiver(taken)
        sign = signature(TOKEN, self.url, self.fields)

        assert self.post(receiver, self.fields, sign) == "200"
        assert (taken[0].sid, taken[0].text, taken[0].sender, taken[0].created) == ("SM1", "123456 é", "+337", START)
        assert self.post(receiver, self.fields, sign) == "403"

    @pytest.mark.parametrize("sign", [None, "", "x", "é", signature("another token", url, fields)])
    def test_a_bad_or_missing_signature_is_refused(self, sign: str | None) -> None:
        taken: list[Record] = []
        assert self.post(self.receiver(taken), self.fields, sign) == "403"
        assert taken == []

    def test_a_signature_for_another_url_body_or_account_is_refused(self) -> None:
        taken: list[Record] = []
        receiver = self.receiver(taken)
        changed, foreign = {**self.fields, "Body": "654321"}, {**self.fields, "AccountSid": "AC2"}

        assert self.post(receiver, self.fields, signature(TOKEN, "https://x.example", self.fields)) == "403"
        assert self.post(receiver, changed, signature(TOKEN, self.url, self.fields)) == "403"
        assert self.post(receiver, foreign, signature(TOKEN, self.url, foreign)) == "403"
        assert taken == []

    def test_a_message_to_another_number_is_none_of_our_business(self) -> None:
        taken: list[Record] = []
        fields = {**self.fields, "To": OTHER}
        assert self.post(self.receiver(taken), fields, signature(TOKEN, self.url, fields)) == "200"
        assert taken == []

    def test_other_requests_are_refused(self) -> None:
        receiver = self.receiver([])
        assert self.post(receiver, self.fields, "x", REQUEST_METHOD="GET") == "405"
        assert self.post(receiver, self.fields, "x", CONTENT_LENGTH=str(MAX_BODY + 1)) == "413"
        assert self.post(receiver, self.fields, "x", CONTENT_LENGTH="many") == "413"
        assert TOKEN not in repr(receiver)

    def test_an_inbox_with_an_api_key_alone_cannot_check_signatures(self) -> None:
        inbox = TwilioInbox(account_sid=ACCOUNT, numbers=[Address(value=NUMBER)], api_key="SK1", api_secret="x")
        with pytest.raises(UsageError, match="beside the API key"):
            inbox.receiver(public_url=self.url)
