"""An inbox as a test uses it: an address leased for one run, messages expected before what triggers them."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, cast

from pytest_synthetic.core import codes, deliveries
from pytest_synthetic.core.deliveries import Delivery, Filter
from pytest_synthetic.core.ports import Explaining, Hinting, Mint, Pool
from pytest_synthetic.errors import InboxUnavailable, JourneyError, SyntheticError
from pytest_synthetic.model.message import Address, Expectation, Message
from pytest_synthetic.model.sla import breach, seconds, spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import TracebackType

    from pytest_synthetic.core.ports import Clock, InboxProvider, Lease, Leases
    from pytest_synthetic.core.recorder import Recorder
    from pytest_synthetic.model.message import Cursor

SHOWN = 5
"""Messages that did arrive, named when the one expected did not."""


class NothingArrived(SyntheticError, AssertionError):
    """The message expected did not come: the product's fault. The message says what did arrive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long things may take, in seconds: a free address, and a message when the test does not say."""

    lease: float = 60.0
    give_up: float = 120.0


class Received:
    """The message, once it has come: `text`, `html`, `sender`, `code`, `link(host)`, `delivery`.

    Asked for before the `with` block has ended, it raises JourneyError.
    """

    def __init__(self, *, host: str | None, pattern: str | None) -> None:
        self._host = host
        self._pattern = pattern
        self._messages: tuple[Message, ...] = ()
        self._delivery: Delivery | None = None

    def fill(self, messages: Sequence[Message], delivery: Delivery) -> None:
        """The messages have come."""
        self._messages, self._delivery = tuple(messages), delivery

    def _message(self) -> Message:
        if not self._messages:
            raise JourneyError("the message is awaited at the end of the `with inbox.expect()` block: read it after it")
        return self._messages[0]

    @property
    def all(self) -> tuple[Message, ...]:
        """Every message of `expect(count=N)`, in the order they arrived."""
        self._message()
        return self._messages

    @property
    def text(self) -> str:
        """What a person reads."""
        return self._message().text

    @property
    def html(self) -> str | None:
        """The source of the formatted part, if there is one."""
        return self._message().html

    @property
    def sender(self) -> str:
        """Who sent it."""
        return self._message().sender

    @property
    def subject(self) -> str | None:
        """The subject of a mail."""
        return self._message().subject

    @property
    def delivery(self) -> Delivery:
        """How long it took: a lower and an upper bound in seconds."""
        self._message()
        assert self._delivery is not None  # noqa: S101  filled together with the messages
        return self._delivery

    @property
    def code(self) -> str:
        """The one-time code in it. Raises NothingArrived when there is none, AmbiguousCode when it cannot be told."""
        found = codes.find_code(self.text, html=self.html, host=self._host, pattern=self._pattern)
        if found is None:
            raise NothingArrived(f"the message holds no code: {self.text[:160]!r}")
        return found

    def link(self, host: str | None = None) -> str:
        """The first link to `host`, or the first of all. Raises NothingArrived when there is none."""
        links = codes.find_links(self.text, html=self.html, host=host)
        if not links:
            raise NothingArrived(f"the message holds no link{f' to {host}' if host else ''}: {self.text[:160]!r}")
        return links[0]


class Inbox:
    """One inbox of one run. Used by the fixtures `sms_inbox` and `email_inbox`."""

    def __init__(  # noqa: PLR0913  all that it needs, by name
        self,
        *,
        provider: InboxProvider,
        leases: Leases,
        recorder: Recorder,
        clock: Clock,
        sleep: Callable[[float], None],
        labels: Mapping[str, str] | None = None,
        host: str | None = None,
        patience: Patience | None = None,
    ) -> None:
        """`labels` choose the address; `host` is the product's, which origin-bound codes must name."""
        self._provider = provider
        self._leases = leases
        self._recorder = recorder
        self._clock = clock
        self._sleep = sleep
        self._labels = dict(labels or {})
        self._host = host
        self._patience = patience or Patience()
        self._lease: Lease | None = None
        self._expecting = False

    # -- addresses -----------------------------------------------------------------------------------------------

    @property
    def address(self) -> str:
        """The address of this run, leased at first use until the test ends."""
        return self._leased().address.value

    @contextmanager
    def lease(self, **labels: str) -> Iterator[Inbox]:
        """An inbox with an address of these labels: `with sms_inbox.lease(carrier="Orange") as phone:`."""
        other = Inbox(
            provider=self._provider,
            leases=self._leases,
            recorder=self._recorder,
            clock=self._clock,
            sleep=self._sleep,
            labels={**self._labels, **labels},
            host=self._host,
            patience=self._patience,
        )
        try:
            yield other
        finally:
            other.release()

    def release(self) -> None:
        """Give the address back; what was given up on stays remembered with it."""
        if self._lease is not None:
            self._lease.release()
            self._lease = None

    def _leased(self) -> Lease:
        if self._lease is None:
            pool = self._pool()
            self._lease = self._leases.take(
                self._provider.channel, pool, self._recorder.run_id, self._patience.lease, self._is_clean
            )
        return self._lease

    def _pool(self) -> Sequence[Address]:
        """The addresses with the labels asked for; a minted one where the provider makes them."""
        every = self._provider.addresses() if isinstance(self._provider, Pool) else ()
        if not every and isinstance(self._provider, Mint):
            return [self._provider.mint(self._recorder.run_id[:12])]
        chosen = [a for a in every if all(a.labels.get(key) == value for key, value in self._labels.items())]
        if not chosen:
            raise InboxUnavailable(_no_address(self._provider.channel, self._labels, every))
        return chosen

    def _is_clean(self, lease: Lease) -> bool:
        """Look for what earlier runs gave up on; an address that still awaits something is not leased."""
        state, now = lease.state(), self._clock.now()
        if not state.awaited:
            return True
        messages, _ = self._provider.fetch_new(lease.address, cast("Cursor", state.awaited[0].cursor))
        state, late = deliveries.reconciled(state, messages, now)
        lease.save(state, late)
        return not deliveries.is_tainted(state, now)

    # -- messages ------------------------------------------------------------------------------------------------

    @contextmanager
    def expect(  # noqa: PLR0913  what a test may say of a message, by name
        self,
        *,
        matching: str | None = None,
        sender: str | None = None,
        within: str | float | None = None,
        give_up: str | float | None = None,
        code: str | None = None,
        count: int = 1,
    ) -> Iterator[Received]:
        """Expect a message that the block triggers, and wait for it at the block's end.

        `within` is a promise: later than that, the run is `degraded` and goes on. `give_up` (default 2 minutes) ends
        it: `failed`. A provider that cannot be asked makes it `broken`. `matching` and `sender` are regular
        expressions, `code` one for the code, `count` how many messages must come. Expectations of one address do not
        nest: nobody could say which message answers which.
        """
        if self._expecting:
            raise JourneyError(
                "inbox.expect() inside another of the same address: nobody could tell their messages apart"
            )
        if count < 1:
            raise JourneyError(f"inbox.expect(count={count}): expected 1 or more")
        promised = None if within is None else seconds(within)
        patience = self._patience.give_up if give_up is None else seconds(give_up)
        wait = _Wait(self, Filter(matching=matching, sender=sender), promised, max(patience, promised or 0), count)
        received = Received(host=self._host, pattern=code)
        self._expecting = True
        try:
            with wait:
                yield received
            received.fill(*wait.for_messages())
        finally:
            self._expecting = False


class _Wait:
    """One expectation, from the cursor before the trigger to the messages or the giving up."""

    def __init__(self, inbox: Inbox, wanted: Filter, within: float | None, give_up: float, count: int) -> None:
        self._inbox = inbox
        self._provider = inbox._provider  # noqa: SLF001  two classes of one idea
        self._clock = inbox._clock  # noqa: SLF001
        self._lease = inbox._leased()  # noqa: SLF001
        self._wanted = wanted
        self._within = within
        self._give_up = give_up
        self._count = count
        self._others: list[Message] = []
        self._cursor: Cursor = None
        self._expectation: Expectation | None = None
        self._began = self._ended = 0.0

    def __enter__(self) -> None:
        self._cursor = self._provider.snapshot(self._lease.address)
        recorder = self._inbox._recorder  # noqa: SLF001
        self._expectation = Expectation(
            id=uuid.uuid4().hex,
            run_id=recorder.run_id,
            journey=recorder.spec.id,
            channel=self._provider.channel,
            address=self._lease.address.value,
            opened_at=self._clock.now(),
            within=self._within,
            give_up=self._give_up,
            cursor=self._cursor,
        )
        self._began = self._clock.monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended = self._clock.monotonic()
        if error is not None:  # the trigger may have gone out before the block failed: its message may still come
            self._forsake()

    def for_messages(self) -> tuple[list[Message], Delivery]:
        """Wait. Raises NothingArrived, or InboxUnavailable when the provider could not be asked to the end."""
        found: list[Message] = []
        unseen, trouble = self._ended, None
        if isinstance(self._provider, Hinting):  # it knows when the first question has a chance of an answer
            self._pause(0.0)
        while True:
            asked = self._clock.monotonic()
            try:
                found += self._new()
                trouble = None
            except InboxUnavailable as error:
                trouble = error
            if len(found) >= self._count:
                return self._taken(found[: self._count], unseen)
            unseen = unseen if trouble else asked
            waited = self._clock.monotonic() - self._ended
            if waited >= self._give_up:
                self._nothing(trouble)
            self._pause(waited)

    def _new(self) -> list[Message]:
        messages, self._cursor = self._provider.fetch_new(self._lease.address, self._cursor)
        state, now = self._lease.state(), self._clock.now()
        fresh = deliveries.unused(messages, state, now)
        if fresh:
            self._lease.save(deliveries.consumed(state, fresh, now))
        wanted = [message for message in fresh if self._wanted.takes(message)]
        self._others += [message for message in fresh if message not in wanted]
        return wanted

    def _pause(self, waited: float) -> None:
        left = self._give_up - waited
        if isinstance(self._provider, Hinting):
            self._provider.wait_hint(self._lease.address, self._cursor, left)
        else:
            self._inbox._sleep(min(deliveries.pause_after(waited), left))  # noqa: SLF001

    def _taken(self, messages: list[Message], unseen: float) -> tuple[list[Message], Delivery]:
        delivery = Delivery(lower=max(0.0, unseen - self._ended), upper=self._clock.monotonic() - self._began)
        recorder, address = self._inbox._recorder, self._lease.address  # noqa: SLF001
        name = f"{self._provider.channel}.delivery"
        labels = {**address.labels, "address": address.value, "at_least": f"{delivery.lower:.3f}"}
        recorder.measure(name, delivery.upper, "s", **labels)
        if self._within is not None and delivery.lower > self._within:
            late = breach(kind="delivery", name=name, measured=delivery.lower, promised=self._within, timed=True)
            recorder.promise_broken(late)
        return messages, delivery

    def _nothing(self, trouble: InboxUnavailable | None) -> NoReturn:
        self._forsake()
        if trouble is not None:
            raise trouble
        channel, address = self._provider.channel, self._lease.address.value
        arrived = "; ".join(f"{m.sender}: {m.text[:80]!r}" for m in self._others[:SHOWN]) or "nothing"
        why = f". {told}" if (told := self._explanation()) else ""
        raise NothingArrived(
            f"no {channel} for {address} came in {spoken(self._give_up)} that answers; what did arrive: {arrived}{why}"
        )

    def _explanation(self) -> str | None:
        """Why it is missing, where the provider knows; that it does not know hides nothing."""
        if not isinstance(self._provider, Explaining) or self._expectation is None:
            return None
        try:
            return self._provider.explain(self._lease.address.value, self._expectation.opened_at)
        except InboxUnavailable as error:
            return f"Why is not known: {error}"

    def _forsake(self) -> None:
        if self._expectation is not None:
            self._lease.save(deliveries.given_up(self._lease.state(), self._expectation, self._clock.now()))


def _no_address(channel: str, labels: Mapping[str, str], every: Sequence[Address]) -> str:
    if not every:
        return f"the {channel} inbox has no address: give it some in synthetic.toml"
    asked = ", ".join(f"{key}={value}" for key, value in labels.items())
    there = "; ".join(sorted({", ".join(f"{k}={v}" for k, v in a.labels.items()) or "no labels" for a in every}))
    return f"no {channel} address has {asked}. The labels there are: {there}"
