"""What every inbox provider must do, as tests that a provider's author runs."""
# ruff: noqa: S101  these are tests: pytest explains their asserts

from __future__ import annotations

import json
import time
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest import SkipTest

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.core.ports import Hinting, Mint, Pool, Probing
from pytest_synthetic.errors import InboxUnavailable
from pytest_synthetic.model.message import Health, Message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_synthetic.core.ports import InboxProvider
    from pytest_synthetic.model.message import Address, Cursor

ASK_AGAIN = 0.05
"""Seconds between two questions to a provider without `wait_hint`."""
TEXT = "Votre code : 012345, gültig 10 min 🫖\n确认 → https://shop.example/c/1?a=1&b=2\n\nL'équipe de la boutique"

WHAT_TO_WRITE = """. Write in it:

    @pytest.fixture
    def deliver(self):
        return lambda to, text: ...  # let a message with this text arrive at the address `to`
"""


class InboxContract:
    """The tests of an InboxProvider. Inherit from it in a test file, and say with fixtures what is tested:

        class TestMyInbox(InboxContract):
            @pytest.fixture
            def provider(self): ...  # the provider, with two addresses or more, or a Mint

            @pytest.fixture
            def deliver(self): ...   # a callable deliver(to, text): lets a message arrive

            @pytest.fixture
            def outage(self): ...    # a callable without arguments: from now on the provider cannot be asked

    Without `outage`, the tests of an outage are skipped.
    """

    patience: float = 5.0
    """Seconds within which the provider must see what was delivered."""
    answers_within: float = 2.0
    """Seconds one call may take that does not wait for messages."""

    def test_snapshot_covers_what_is_there(self, provider: InboxProvider, request: Any) -> None:
        """What came before the snapshot is not given after it, and what comes right after it is not lost."""
        inbox = self._inbox(provider, request)
        inbox.receive(inbox.snapshot(), "before the snapshot")
        given, _ = inbox.receive(inbox.snapshot(), "after the snapshot")
        _texts_are(given, ["after the snapshot"], "fetch_new must give what the snapshot does not cover, alone")

    def test_each_message_is_given_once_along_the_cursors(self, provider: InboxProvider, request: Any) -> None:
        """The cursor that fetch_new returns covers what it gave, and nothing else."""
        inbox = self._inbox(provider, request)
        first, cursor = inbox.receive(inbox.snapshot(), "one")
        second, cursor = inbox.receive(cursor, "two")
        rest, _ = inbox.fetch(cursor)
        _texts_are(first, ["one"], "fetch_new must give what came after the snapshot")
        _texts_are(second, ["two"], "fetch_new must give what its cursor does not cover, alone")
        _texts_are(rest, [], "the cursor of fetch_new must cover what was given with it")

    def test_the_same_cursor_gives_the_same_messages(self, provider: InboxProvider, request: Any) -> None:
        """Reading takes nothing away: a process that dies may ask again."""
        inbox = self._inbox(provider, request)
        start = inbox.snapshot()
        inbox.receive(start, "one", "two")
        for _ in range(2):
            _texts_are(inbox.fetch(start)[0], ["one", "two"], "the same cursor must give the same messages again")

    def test_messages_come_in_the_order_they_arrived(self, provider: InboxProvider, request: Any) -> None:
        """Oldest first."""
        inbox = self._inbox(provider, request)
        start = inbox.snapshot()
        inbox.receive(start, "first", "second", "third")
        given, _ = inbox.fetch(start)
        _texts_are(given, ["first", "second", "third"], "fetch_new must give messages in the order of arrival")

    def test_the_cursor_is_plain_json(self, provider: InboxProvider, request: Any) -> None:
        """A cursor may be kept in a file, and used by another process."""
        inbox = self._inbox(provider, request)
        start = _through_json(inbox.snapshot(), "snapshot")
        given, after = inbox.receive(start, "one")
        rest, _ = inbox.fetch(_through_json(after, "fetch_new"))
        _texts_are(given, ["one"], "a cursor must mean the same after json.dumps and json.loads")
        _texts_are(rest, [], "a cursor must mean the same after json.dumps and json.loads")

    def test_messages_of_another_address_are_not_given(self, provider: InboxProvider, request: Any) -> None:
        """Two runs with two addresses see nothing of each other."""
        inbox, other = self._inbox(provider, request), self._inbox(provider, request, 1)
        start = inbox.snapshot()
        other.receive(other.snapshot(), "for another address")
        given, _ = inbox.receive(start, "for this address")
        _texts_are(given, ["for this address"], f"fetch_new must give the messages to {inbox.address.value} alone")

    def test_ids_are_unique_and_stable(self, provider: InboxProvider, request: Any) -> None:
        """Two messages that look the same have two ids, and each keeps its own."""
        inbox = self._inbox(provider, request)
        start = inbox.snapshot()
        inbox.receive(start, "the same text", "the same text")
        ids, again = ([message.id for message in inbox.fetch(start)[0]] for _ in range(2))
        assert len(set(ids)) == 2, f"two messages must have two ids, got {ids}"
        assert all(isinstance(one, str) and one for one in ids), f"an id must be a text, and not empty, got {ids}"
        assert ids == again, f"an id must stay the same, got {ids}, then {again}"

    def test_arrived_at_is_utc_or_none(self, provider: InboxProvider, request: Any) -> None:
        """Times are compared with those of the run."""
        inbox = self._inbox(provider, request)
        for message in inbox.receive(inbox.snapshot(), "one")[0]:
            at, resolution = message.arrived_at, message.resolution
            assert at is None or at.utcoffset() == timedelta(0), (
                f"arrived_at must be in UTC and aware of it, or None when the provider does not tell, got {at!r}"
            )
            assert resolution > 0, f"resolution must be the seconds arrived_at is exact to, got {resolution!r}"

    def test_the_text_is_kept_exactly(self, provider: InboxProvider, request: Any) -> None:
        """Accents, other scripts, emoji, several lines."""
        inbox = self._inbox(provider, request)
        given, _ = inbox.receive(inbox.snapshot(), TEXT)
        _texts_are(given, [TEXT], "the text must be kept exactly")

    def test_fetch_new_does_not_wait(self, provider: InboxProvider, request: Any) -> None:
        """Waiting is the core's part, or wait_hint's."""
        inbox = self._inbox(provider, request)
        cursor = inbox.snapshot()
        began = inbox.clock.monotonic()
        given, _ = inbox.fetch(cursor)
        took = inbox.clock.monotonic() - began
        _texts_are(given, [], "fetch_new must give nothing where nothing arrived")
        assert took <= self.answers_within, (
            f"fetch_new must not wait for messages: it took {took:.2f} s, more than {self.answers_within} s"
        )

    def test_wait_hint_returns_in_time(self, provider: InboxProvider, request: Any) -> None:
        """It may return sooner, never later."""
        inbox = self._inbox(provider, request)
        for timeout in (0.0, 0.3):
            took = inbox.hinted(inbox.snapshot(), timeout)
            assert took <= timeout + self.answers_within, (
                f"wait_hint must return within its timeout of {timeout} s: it took {took:.2f} s"
            )

    def test_addresses_differ_and_have_labels_of_text(self, provider: InboxProvider) -> None:
        """Addresses are chosen by their labels, and labels are written into the record."""
        addresses = _addresses(provider)
        values = [address.value for address in addresses]
        assert all(isinstance(value, str) and value for value in values), f"an address must be a text, got {values}"
        assert len(set(values)) == len(values), f"every address must be there once, got {values}"
        for address in addresses:
            assert all(isinstance(part, str) for item in address.labels.items() for part in item), (
                f"labels must be texts, got {dict(address.labels)!r}"
            )

    def test_probe_says_how_it_is(self, provider: InboxProvider) -> None:
        """`synthetic doctor` shows it."""
        health = _probed(provider)
        assert health.ok, f"probe must be ok while the provider can be asked, got {health.told!r}"
        assert health.told, "probe must say in words what is there"

    def test_snapshot_tells_of_an_outage(self, provider: InboxProvider, request: Any) -> None:
        """What cannot be asked is an error of the monitor, and not an empty inbox."""
        inbox, outage = self._inbox(provider, request), _fixture(self, request, "outage")
        outage()
        _raises_unavailable("snapshot", inbox.snapshot)

    def test_fetch_new_tells_of_an_outage(self, provider: InboxProvider, request: Any) -> None:
        """Else a run would say that the product sent nothing."""
        inbox, outage = self._inbox(provider, request), _fixture(self, request, "outage")
        cursor = inbox.snapshot()
        outage()
        _raises_unavailable("fetch_new", lambda: inbox.fetch(cursor))

    def test_wait_hint_leaves_an_outage_to_fetch_new(self, provider: InboxProvider, request: Any) -> None:
        """An outage may end before the wait does: fetch_new alone tells of it, and is asked again."""
        inbox, outage = self._inbox(provider, request), _fixture(self, request, "outage")
        cursor = inbox.snapshot()
        outage()
        try:
            inbox.hinted(cursor, 0.3)
        except InboxUnavailable as error:
            raise AssertionError(
                f"wait_hint must leave it to fetch_new to tell of an outage;\nit raised {error!r}"
            ) from None

    def test_probe_tells_of_an_outage(self, provider: InboxProvider, request: Any) -> None:
        """In words, and without raising."""
        _fixture(self, request, "outage")()
        health = _probed(provider)
        assert not health.ok, f"probe must not be ok in an outage, got {health.told!r}"
        assert health.told, "probe must say in words what is wrong"

    def _inbox(self, provider: InboxProvider, request: Any, number: int = 0) -> _Inbox:
        __tracebackhide__ = True
        addresses = _addresses(provider)
        if len(addresses) <= number:
            raise SkipTest(f"the provider has {len(addresses)} address(es): give it {number + 1} to test this")
        return _Inbox(provider, addresses[number], _fixture(self, request, "deliver"), self.patience)


class _Inbox:
    """One address of the provider under test, asked as the core asks it."""

    def __init__(
        self, provider: InboxProvider, address: Address, deliver: Callable[[str, str], object], patience: float
    ) -> None:
        self._provider = provider
        self._deliver = deliver
        self._patience = patience
        self.address = address
        self.clock = SystemClock()

    def snapshot(self) -> Cursor:
        return self._provider.snapshot(self.address)

    def fetch(self, cursor: Cursor) -> tuple[Sequence[Message], Cursor]:
        __tracebackhide__ = True
        messages, after = self._provider.fetch_new(self.address, cursor)
        assert all(isinstance(one, Message) for one in messages), f"fetch_new must give Messages, got {messages!r}"
        return messages, after

    def hinted(self, cursor: Cursor, timeout: float) -> float:
        """Seconds that wait_hint took."""
        if not isinstance(self._provider, Hinting):
            raise SkipTest("the provider has no wait_hint: it is asked at intervals")
        began = self.clock.monotonic()
        self._provider.wait_hint(self.address, cursor, timeout)
        return self.clock.monotonic() - began

    def receive(self, cursor: Cursor, *texts: str) -> tuple[list[Message], Cursor]:
        """Let messages arrive, each seen before the next is sent; what was given, and the cursor after it."""
        __tracebackhide__ = True
        given: list[Message] = []
        for text in texts:
            self._deliver(self.address.value, text)
            new, cursor = self._wait(cursor, text)
            given += new
        return given, cursor

    def _wait(self, cursor: Cursor, text: str) -> tuple[Sequence[Message], Cursor]:
        __tracebackhide__ = True
        ends = self.clock.monotonic() + self._patience
        while True:
            messages, cursor = self.fetch(cursor)
            if messages:
                return messages, cursor
            left = ends - self.clock.monotonic()
            assert left > 0, (
                f"fetch_new must give what arrives: {text!r} to {self.address.value} was not given within "
                f"{self._patience} s (`patience` of the class)"
            )
            if isinstance(self._provider, Hinting):
                self._provider.wait_hint(self.address, cursor, left)
            else:
                time.sleep(min(ASK_AGAIN, left))


def _addresses(provider: InboxProvider) -> Sequence[Address]:
    """Those of the pool; two that are made where there is none."""
    __tracebackhide__ = True
    addresses = list(provider.addresses()) if isinstance(provider, Pool) else []
    if not addresses and isinstance(provider, Mint):
        addresses = [provider.mint(uuid.uuid4().hex[:12]) for _ in range(2)]
    assert addresses, "a provider must have `addresses` (a Pool) or `mint` (a Mint), and one address or more"
    return addresses


def _fixture(contract: InboxContract, request: Any, name: str) -> Any:
    """The fixture `name` of pytest; words that say what to write where there is none."""
    __tracebackhide__ = True
    try:
        return request.getfixturevalue(name)
    except LookupError as error:  # pytest's FixtureLookupError
        if getattr(error, "argname", None) != name:
            raise
    told = f"{type(contract).__name__} has no fixture `{name}`"
    if name == "outage":
        raise SkipTest(f"{told}: what happens when the provider cannot be asked is not tested")
    raise NotImplementedError(told + WHAT_TO_WRITE)


def _texts_are(messages: Sequence[Message], expected: list[str], asked: str) -> None:
    """Compare texts; a mail may have got one line break at its end on the way."""
    __tracebackhide__ = True
    texts = [message.text.removesuffix("\n") for message in messages]
    if texts != expected:
        raise AssertionError(f"{asked};\nexpected {expected},\ngot {texts}")


def _through_json(cursor: Cursor, method: str) -> Cursor:
    __tracebackhide__ = True
    try:
        kept: Cursor = json.loads(json.dumps(cursor, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise AssertionError(f"the cursor of {method} must be plain JSON: {error}; got {cursor!r}") from None
    return kept


def _probed(provider: InboxProvider) -> Health:
    __tracebackhide__ = True
    if not isinstance(provider, Probing):
        raise SkipTest("the provider has no probe: `synthetic doctor` cannot say how it is")
    try:
        health = provider.probe()
    except Exception as error:
        raise AssertionError(f"probe must say what is wrong, and never raise: it raised {error!r}") from error
    assert isinstance(health, Health), f"probe must return a Health, got {health!r}"
    return health


def _raises_unavailable(method: str, ask: Callable[[], object]) -> None:
    __tracebackhide__ = True
    asked = f"{method} must raise InboxUnavailable in an outage"
    try:
        got = ask()
    except InboxUnavailable as error:
        told = str(error)
    except Exception as error:
        raise AssertionError(f"{asked};\nit raised {error!r}") from error
    else:
        raise AssertionError(f"{asked};\nit returned {got!r}")
    assert told.strip(), f"{asked};\nit did, without words that say what is wrong and what to do"
