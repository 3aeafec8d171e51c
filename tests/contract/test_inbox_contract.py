"""The contract of inbox providers: kept by our doubles and by Twilio's provider, and broken by providers that are wrong."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from unittest import SkipTest

import pytest

from pytest_synthetic.demo.twilio_account import ACCOUNT_SID, AUTH_TOKEN, NUMBERS
from pytest_synthetic.demo.twilio_api import RunningTwilio, serve
from pytest_synthetic.errors import InboxUnavailable
from pytest_synthetic.inboxes.twilio import TwilioInbox
from pytest_synthetic.model.message import Address, Cursor, Health, Message
from pytest_synthetic.testing import FakeClock, HandFedInbox, InboxContract

if TYPE_CHECKING:
    from tests.conftest import Ran

ADDRESSES = (Address(value="+33600000001", labels={"carrier": "Orange"}), Address(value="+33600000002"))


class OfAHandFedInbox(InboxContract):
    @pytest.fixture
    def deliver(self, provider: HandFedInbox) -> Callable[[str, str], object]:
        return provider.deliver

    @pytest.fixture
    def outage(self, provider: HandFedInbox) -> Callable[[], None]:
        return lambda: setattr(provider, "down", "the power is off: put it on")


class TestHandFedPool(OfAHandFedInbox):
    @pytest.fixture
    def provider(self) -> HandFedInbox:
        return HandFedInbox(*ADDRESSES)


class TestHandFedMint(OfAHandFedInbox):
    @pytest.fixture
    def provider(self) -> HandFedInbox:
        return HandFedInbox()


@pytest.mark.slow
class TestTwilio(InboxContract):
    @pytest.fixture
    def twilio(self) -> Iterator[RunningTwilio]:
        with serve() as running:
            yield running

    @pytest.fixture
    def provider(self, twilio: RunningTwilio) -> TwilioInbox:
        numbers = [Address(value=number, labels={"country": "FR"}) for number in NUMBERS]
        return TwilioInbox(
            account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, numbers=numbers, base_url=twilio.base_url, timeout=2.0
        )

    @pytest.fixture
    def deliver(self, twilio: RunningTwilio) -> Callable[[str, str], object]:
        return twilio.deliver

    @pytest.fixture
    def outage(self, twilio: RunningTwilio) -> Callable[[], None]:
        return lambda: setattr(twilio.faults, "suspended", True)


def test_what_is_fed_by_hand_may_come_later_and_has_all_that_a_message_has() -> None:
    clock, address = FakeClock(), ADDRESSES[0]
    inbox = HandFedInbox(address, clock=clock)
    inbox.deliver(address.value, "last", after=3)
    inbox.deliver(
        address.value, "first", sender="info@shop.example", id="a", html="<b>first</b>", subject="Hi", after=1
    )
    assert inbox.fetch_new(address, 0) == ([], 0)

    clock.advance(1)
    (first,), cursor = inbox.fetch_new(address, 0)
    clock.advance(2)
    (last,), cursor = inbox.fetch_new(address, cursor)

    assert first == Message(
        id="a", to=address.value, sender="info@shop.example", text="first", html="<b>first</b>", subject="Hi",
        arrived_at=datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC),
    )  # fmt: skip
    assert (last.text, last.sender, last.arrived_at) == ("last", "Shop", datetime(2026, 1, 1, 0, 0, 3, tzinfo=UTC))
    assert inbox.fetch_new(address, cursor) == ([], 2)


# -- the contract itself: what is wrong is found, by the test that is named after it ---------------------------------


class Changed(HandFedInbox):
    """What is given differs from what is there."""

    def fetch_new(self, address: Address, cursor: Cursor) -> tuple[Sequence[Message], Cursor]:
        messages, after = super().fetch_new(address, cursor)
        return self.changed(messages), after

    def changed(self, messages: Sequence[Message]) -> Any:
        return messages


class Watermark(HandFedInbox):
    """A cursor of time, which two messages may share."""

    def snapshot(self, address: Address) -> Cursor:
        return max((at(message) for message in self._arrived(address)), default="")

    def fetch_new(self, address: Address, cursor: Cursor) -> tuple[Sequence[Message], Cursor]:
        return [m for m in self._arrived(address) if self.is_new(at(m), str(cursor))], self.snapshot(address)

    def is_new(self, arrived: str, mark: str) -> bool:
        return arrived > mark


def at(message: Message) -> str:
    return message.arrived_at.isoformat() if message.arrived_at else ""


class LosesMessages(Watermark):
    pass


class GivesTwice(Watermark):
    def is_new(self, arrived: str, mark: str) -> bool:
        return arrived >= mark


class MarksAsRead(Changed):
    def __init__(self, *addresses: Address) -> None:
        super().__init__(*addresses)
        self.read: set[str] = set()

    def changed(self, messages: Sequence[Message]) -> Any:
        new = [message for message in messages if message.id not in self.read]
        self.read |= {message.id for message in new}
        return new


class Waits(Changed):
    def changed(self, messages: Sequence[Message]) -> Any:
        if not messages:
            time.sleep(0.15)
        return messages


class HintsLate(HandFedInbox):
    def wait_hint(self, address: Address, cursor: Cursor, timeout: float) -> None:
        time.sleep(0.15)


class HintRaises(HandFedInbox):
    def wait_hint(self, address: Address, cursor: Cursor, timeout: float) -> None:
        self._arrived(address)


class GivesEverybodys(HandFedInbox):
    def _arrived(self, address: Address) -> list[Message]:
        super()._arrived(address)
        return [message for _, message in self._messages]


class SwallowsAnOutage(HandFedInbox):
    def snapshot(self, address: Address) -> Cursor:
        return 0 if self.down else super().snapshot(address)

    def fetch_new(self, address: Address, cursor: Cursor) -> tuple[Sequence[Message], Cursor]:
        return ([], cursor) if self.down else super().fetch_new(address, cursor)

    def probe(self) -> Health:
        return Health(ok=True, told="well")


class RaisesItsLibrarys(HandFedInbox):
    def _arrived(self, address: Address) -> list[Message]:
        if self.down:
            raise ConnectionError("[Errno 111]")
        return super()._arrived(address)


class SaysNothing(HandFedInbox):
    def _arrived(self, address: Address) -> list[Message]:
        if self.down:
            raise InboxUnavailable
        return super()._arrived(address)

    def probe(self) -> Health:
        return Health(ok=self.down is None, told="")


class ProbeRaises(HandFedInbox):
    def probe(self) -> Health:
        self._arrived(ADDRESSES[0])
        return super().probe()


class ProbeGivesABool(HandFedInbox):
    def probe(self) -> Any:
        return self.down is None


class CursorIsASet(HandFedInbox):
    def snapshot(self, address: Address) -> Any:
        return {message.id for message in self._arrived(address)}

    def fetch_new(self, address: Address, cursor: Any) -> tuple[Sequence[Message], Cursor]:
        return [m for m in self._arrived(address) if m.id not in cursor], self.snapshot(address)


class CursorHasNumbersForKeys(HandFedInbox):
    """json makes texts of them."""

    def snapshot(self, address: Address) -> Any:
        return {0: len(self._arrived(address))}

    def fetch_new(self, address: Address, cursor: Any) -> tuple[Sequence[Message], Cursor]:
        return self._arrived(address)[cursor.get(0, 0) :], self.snapshot(address)


class NaiveTimes(Changed):
    def changed(self, messages: Sequence[Message]) -> Any:
        return [replace(m, arrived_at=m.arrived_at and m.arrived_at.replace(tzinfo=None)) for m in messages]


class NoResolution(Changed):
    def changed(self, messages: Sequence[Message]) -> Any:
        return [replace(message, resolution=0.0) for message in messages]


class NewestFirst(Changed):
    def changed(self, messages: Sequence[Message]) -> Any:
        return messages[::-1]


class NewIds(Changed):
    def changed(self, messages: Sequence[Message]) -> Any:
        return [replace(message, id=str(time.perf_counter_ns())) for message in messages]


class IdsOfTheText(Changed):
    def changed(self, messages: Sequence[Message]) -> Any:
        return [replace(message, id=f"id of {message.text}") for message in messages]


class OneLine(Changed):
    def changed(self, messages: Sequence[Message]) -> Any:
        return [replace(message, text=message.text.replace("\n", " ")) for message in messages]


class Ascii(Changed):
    def changed(self, messages: Sequence[Message]) -> Any:
        return [replace(message, text=message.text.encode("ascii", "replace").decode()) for message in messages]


class GivesDictionaries(Changed):
    def changed(self, messages: Sequence[Message]) -> Any:
        return [{"text": message.text} for message in messages]


class LabelsAreNumbers(HandFedInbox):
    def addresses(self) -> Any:
        return [Address(value=address.value, labels={"mcc": 208}) for address in ADDRESSES]  # type: ignore[dict-item]


class OneAddressTwice(HandFedInbox):
    def addresses(self) -> Sequence[Address]:
        return ADDRESSES[:1] * 2


class NoAddress(HandFedInbox):
    mint = None  # type: ignore[assignment]

    def addresses(self) -> Sequence[Address]:
        return ()


class Fixtures:
    """Stands for pytest's `request`."""

    def __init__(self, provider: HandFedInbox) -> None:
        self._values = {
            "deliver": provider.deliver,
            "outage": lambda: setattr(provider, "down", "the power is off: put it on"),
        }

    def getfixturevalue(self, name: str) -> object:
        return self._values[name]


class Impatient(InboxContract):
    patience = 0.01
    answers_within = 0.1


def broken(kind: type[HandFedInbox]) -> dict[str, str]:
    """The tests of the contract that a provider fails, and what they say."""
    found = {}
    for name, test in inspect.getmembers(Impatient, inspect.isfunction):
        if not name.startswith("test_"):
            continue
        provider = kind(*ADDRESSES)
        given: Mapping[str, object] = {"self": Impatient(), "provider": provider, "request": Fixtures(provider)}
        try:
            test(**{argument: given[argument] for argument in inspect.signature(test).parameters})
        except AssertionError as error:
            found[name.removeprefix("test_")] = str(error)
        except SkipTest:
            pass
    return found


def test_a_provider_that_keeps_it_fails_nothing() -> None:
    assert broken(HandFedInbox) == {}


WRONG: list[tuple[type[HandFedInbox], str, str]] = [
    (LosesMessages, "snapshot_covers_what_is_there", "'after the snapshot' to +33600000001 was not given within 0.01 s"),
    (LosesMessages, "each_message_is_given_once_along_the_cursors", "'two' to +33600000001 was not given"),
    (GivesTwice, "snapshot_covers_what_is_there", "got ['before the snapshot', 'after the snapshot']"),
    (GivesTwice, "each_message_is_given_once_along_the_cursors", "expected ['two'],\ngot ['one', 'two']"),
    (MarksAsRead, "the_same_cursor_gives_the_same_messages", "expected ['one', 'two'],\ngot []"),
    (Waits, "fetch_new_does_not_wait", "it took 0.1"),
    (HintsLate, "wait_hint_returns_in_time", "within its timeout of 0.0 s: it took 0.1"),
    (HintRaises, "wait_hint_leaves_an_outage_to_fetch_new", "it raised InboxUnavailable('the power is off: put it on')"),
    (GivesEverybodys, "messages_of_another_address_are_not_given", "got ['for another address', 'for this address']"),
    (SwallowsAnOutage, "snapshot_tells_of_an_outage", "must raise InboxUnavailable in an outage;\nit returned 0"),
    (SwallowsAnOutage, "fetch_new_tells_of_an_outage", "must raise InboxUnavailable in an outage;\nit returned ([], 0)"),
    (SwallowsAnOutage, "probe_tells_of_an_outage", "probe must not be ok in an outage, got 'well'"),
    (RaisesItsLibrarys, "snapshot_tells_of_an_outage", "it raised ConnectionError('[Errno 111]')"),
    (RaisesItsLibrarys, "fetch_new_tells_of_an_outage", "it raised ConnectionError('[Errno 111]')"),
    (SaysNothing, "snapshot_tells_of_an_outage", "it did, without words that say what is wrong and what to do"),
    (SaysNothing, "probe_says_how_it_is", "probe must say in words what is there"),
    (SaysNothing, "probe_tells_of_an_outage", "probe must say in words what is wrong"),
    (ProbeRaises, "probe_tells_of_an_outage", "never raise: it raised InboxUnavailable('the power is off: put it on')"),
    (ProbeGivesABool, "probe_says_how_it_is", "probe must return a Health, got True"),
    (CursorIsASet, "the_cursor_is_plain_json", "the cursor of snapshot must be plain JSON: Object of type set is not"),
    (CursorHasNumbersForKeys, "the_cursor_is_plain_json", "mean the same after json.dumps and json.loads;\nexpected []"),
    (NaiveTimes, "arrived_at_is_utc_or_none", "got datetime.datetime(2026, 1, 1, 0, 0)"),
    (NoResolution, "arrived_at_is_utc_or_none", "got 0.0"),
    (NewestFirst, "messages_come_in_the_order_they_arrived", "got ['third', 'second', 'first']"),
    (NewIds, "ids_are_unique_and_stable", "an id must stay the same, got ["),
    (IdsOfTheText, "ids_are_unique_and_stable", "got ['id of the same text', 'id of the same text']"),
    (OneLine, "the_text_is_kept_exactly", 'the text must be kept exactly;\nexpected ["Votre code'),
    (Ascii, "the_text_is_kept_exactly", 'got ["Votre code : 012345, g?ltig'),
    (GivesDictionaries, "snapshot_covers_what_is_there", "fetch_new must give Messages, got [{'text': "),
    (LabelsAreNumbers, "addresses_differ_and_have_labels_of_text", "labels must be texts, got {'mcc': 208}"),
    (OneAddressTwice, "addresses_differ_and_have_labels_of_text", "got ['+33600000001', '+33600000001']"),
]  # fmt: skip
"""A provider that is wrong in one thing, the test that must find it, and what that test must say."""


@pytest.mark.parametrize(("kind", "test", "told"), WRONG, ids=lambda value: getattr(value, "__name__", None))
def test_what_is_wrong_is_found_by_the_test_named_after_it(kind: type[HandFedInbox], test: str, told: str) -> None:
    assert told in broken(kind).get(test, "nothing was found")


def test_a_provider_without_an_address_is_told_what_it_lacks() -> None:
    assert "must have `addresses` (a Pool) or `mint` (a Mint)" in broken(NoAddress)["the_text_is_kept_exactly"]


FORGOTTEN = """
from pytest_synthetic.testing import HandFedInbox, InboxContract

class TestForgetful(InboxContract):
    @pytest.fixture(params=["one", "other"])
    def provider(self):
        return HandFedInbox()
"""
DELIVER = """
    @pytest.fixture
    def deliver(self, provider):
        return provider.deliver
"""


def test_who_forgot_deliver_reads_what_to_write(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic(FORGOTTEN, "-k", "order")

    ran.result.assert_outcomes(failed=2)
    told = [line for line in ran.out.splitlines() if line.startswith("E ") and "has no fixture `deliver`" in line]
    assert len(told) == 2
    ran.result.stdout.fnmatch_lines(["E *@pytest.fixture", "E *def deliver(self):", "E *return lambda to, text: ...*"])


def test_who_forgot_outage_is_told_that_it_is_not_tested(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic(FORGOTTEN + DELIVER, "-rs", "-k", "outage or order")

    ran.result.assert_outcomes(passed=2, skipped=8)
    told = "TestForgetful has no fixture `outage`: what happens when the provider cannot be asked is not tested"
    ran.result.stdout.fnmatch_lines([f"SKIPPED *: {told}"])


def test_what_a_fixture_of_the_user_misses_is_told_as_it_is(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic(FORGOTTEN + DELIVER.replace("provider):", "provider, sevrer):"), "-k", "order")

    assert "fixture 'sevrer' not found" in ran.out
    assert "has no fixture" not in ran.out
