"""An inbox as a test uses it: an address leased for one run, messages expected before what triggers them."""

from __future__ import annotations

import re
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NoReturn, cast

from pytest_synthetic.core import deliveries
from pytest_synthetic.core.deliveries import Delivery
from pytest_synthetic.core.ports import Explaining, Hinting, Mint, Pool
from pytest_synthetic.core.received import NothingArrived, Received
from pytest_synthetic.errors import InboxUnavailable, JourneyError
from pytest_synthetic.model.message import Address, Expectation, Message
from pytest_synthetic.model.sla import Breach, seconds, spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_synthetic.core.ports import Clock, InboxProvider, Lease, Leases
    from pytest_synthetic.core.recorder import Recorder
    from pytest_synthetic.model.message import Cursor

BREATH = 0.1
"""Seconds at least between two questions to a provider that cannot be asked."""
KINDS = {"sms": "phone", "email": "mail"}
"""What an address of a channel is called where it is not shown."""
SHOWN = 5
"""Messages that did arrive, named when the one expected did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long things may take, in seconds: a free address, and a message when the test does not say."""

    lease: float = 60.0
    give_up: float = 120.0


@dataclass(kw_only=True, eq=False, repr=False)
class Inbox:
    """One inbox of one run. Used by the fixtures `sms_inbox` and `email_inbox`.

    `labels` choose the address; `host` is the product's, which origin-bound codes must name. `learn` is told the kind
    and the value of what no report may show.
    """

    provider: InboxProvider
    leases: Leases
    recorder: Recorder
    clock: Clock
    sleep: Callable[[float], None]
    labels: Mapping[str, str] = field(default_factory=dict)
    host: str | None = None
    patience: Patience = field(default_factory=Patience)
    learn: Callable[[str, str], object] = lambda *_: None
    _lease: Lease | None = field(default=None, init=False)
    _expecting: bool = field(default=False, init=False)

    # -- addresses -----------------------------------------------------------------------------------------------

    @property
    def address(self) -> str:
        """The address of this run, leased at first use until the test ends."""
        return self.leased().address.value

    @contextmanager
    def lease(self, **labels: str) -> Iterator[Inbox]:
        """An inbox with an address of these labels: `with sms_inbox.lease(carrier="Orange") as phone:`."""
        other = replace(self, labels={**self.labels, **labels})
        try:
            yield other
        finally:
            other.release()

    def leased(self) -> Lease:
        """The lease of this run's address, taken at the first call. Raises InboxUnavailable."""
        if self._lease is None:
            with self.recorder.own_time():
                every = self.provider.addresses() if isinstance(self.provider, Pool) else ()
                minted = not every and isinstance(self.provider, Mint)
                self._lease = self._minted() if minted else self._pooled(every)
            self.learn(KINDS.get(self.provider.channel, "address"), self._lease.address.value)
        return self._lease

    def release(self) -> None:
        """Give the address back; what was given up on stays remembered with it."""
        if self._lease is not None:
            self._lease.release()
            self._lease = None

    def _minted(self) -> Lease:
        channel = self.provider.channel
        for forsaken in self.leases.forsaken(channel):
            try:
                self._is_clean(forsaken)
            finally:
                forsaken.release()
        nonce = self.recorder.run_id[:8] + uuid.uuid4().hex[:6]  # whoever reads the address finds the run
        return self.leases.hold(channel, cast("Mint", self.provider).mint(nonce))

    def _pooled(self, every: Sequence[Address]) -> Lease:
        chosen = [a for a in every if all(a.labels.get(key) == value for key, value in self.labels.items())]
        if not chosen:
            raise InboxUnavailable(_no_address(self.provider.channel, self.labels, every))
        holder, timeout = self.recorder.run_id, self.patience.lease
        return self.leases.take(self.provider.channel, chosen, holder, timeout, self._is_clean)

    def _is_clean(self, lease: Lease) -> bool:
        """Look for what earlier runs gave up on; an address that still awaits something is not leased."""
        state, now = lease.state(), self.clock.now()
        if not state.awaited:
            return True
        messages, _ = self.provider.fetch_new(lease.address, cast("Cursor", state.awaited[0].cursor))
        state, late = deliveries.reconciled(state, messages, now)
        lease.save(state, late)
        for message in late:
            run, journey = message.expectation.run_id, message.expectation.journey
            name = f"{self.provider.channel}.late"
            labels = {**lease.address.labels, "address": lease.address.value, "run": run, "journey": journey}
            self.recorder.measure(name, message.delay, "s", **labels)
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
        it: `failed`. A provider that cannot be asked makes it `broken`. `matching` (the text, the subject or the HTML)
        and `sender` are regular expressions, `code` one for the code, `count` how many messages must come.
        Expectations of one address do not nest: nobody could say which message answers which.
        """
        if self._expecting:
            raise JourneyError(
                "inbox.expect() inside another of the same address: nobody could tell their messages apart"
            )
        if count < 1:
            raise JourneyError(f"inbox.expect(count={count}): expected 1 or more")
        for name, pattern in (("matching", matching), ("sender", sender), ("code", code)):
            _check(name, pattern)
        promised = None if within is None else seconds(within)
        patience = self.patience.give_up if give_up is None else seconds(give_up)
        patience = max(patience, promised or 0)
        wait = _Wait(self, matching=matching, sender=sender, within=promised, give_up=patience, count=count)
        received = Received(host=self.host, pattern=code, learn=self.learn)
        self._expecting = True
        try:
            yield received
            received.fill(*wait.for_messages())
        finally:
            self._expecting = False


class _Wait:
    """One expectation, from the cursor before the trigger to the messages or the giving up."""

    def __init__(  # noqa: PLR0913  what `expect` was told, by name
        self,
        inbox: Inbox,
        *,
        matching: str | None,
        sender: str | None,
        within: float | None,
        give_up: float,
        count: int,
    ) -> None:
        self._inbox = inbox
        self._provider, self._clock = inbox.provider, inbox.clock
        self._lease = inbox.leased()
        self._matching, self._sender = matching, sender
        self._within, self._give_up, self._count = within, give_up, count
        self._others: list[Message] = []
        self._repeats: list[Message] = []
        self._cursor: Cursor = self._provider.snapshot(self._lease.address)
        self._expectation = self._opened()
        self._began = self._ended = self._clock.monotonic()

    def _opened(self) -> Expectation:
        """Note durably what is awaited, before the trigger: whoever is killed meanwhile leaves a tainted address."""
        expectation = Expectation(
            id=uuid.uuid4().hex,
            run_id=self._inbox.recorder.run_id,
            journey=self._inbox.recorder.spec.id,
            channel=self._provider.channel,
            address=self._lease.address.value,
            opened_at=self._clock.now(),
            within=self._within,
            give_up=self._give_up,
            cursor=self._cursor,
            matching=self._matching,
            sender=self._sender,
        )
        with self._inbox.recorder.own_time():  # the note may go to another machine
            self._lease.save(deliveries.awaiting(self._lease.state(), expectation, self._clock.now()))
        return expectation

    def for_messages(self) -> tuple[list[Message], Delivery]:
        """Wait. Raises NothingArrived, or InboxUnavailable when the provider could not be asked to the end."""
        self._ended = self._clock.monotonic()
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
                self._nothing(found, trouble)
            if trouble:  # a provider that is down may return from its hint at once
                self._inbox.sleep(min(BREATH, self._give_up - waited))
            self._pause(self._clock.monotonic() - self._ended)

    def _new(self) -> list[Message]:
        """What came since the last look. Seen is seen only once it is noted: whoever cannot is asked again."""
        messages, cursor = self._provider.fetch_new(self._lease.address, self._cursor)
        state, now = self._lease.state(), self._clock.now()  # after the reading: a lease that is lost ends here
        fresh = deliveries.unused(messages, state, now)
        if fresh:
            self._lease.save(deliveries.consumed(state, fresh, now))
        self._cursor = cursor
        for message in fresh:
            self._inbox.recorder.tell("message_came", self._provider.channel, message)
        wanted = [message for message in fresh if self._answers(message)]
        self._others += [message for message in fresh if message not in wanted]
        self._repeats += [message for message in messages if message not in fresh and self._answers(message)]
        return wanted

    def _answers(self, message: Message) -> bool:
        return deliveries.answers(message, matching=self._matching, sender=self._sender)

    def _pause(self, waited: float) -> None:
        """Wait a little, and never past the promised moment: the question then says whether the promise was kept."""
        left = max(0.0, self._give_up - waited)
        if self._within is not None and waited < self._within:
            left = min(left, self._within - waited)
        if isinstance(self._provider, Hinting):
            self._provider.wait_hint(self._lease.address, self._cursor, left)
        else:
            self._inbox.sleep(min(deliveries.pause_after(waited), left))

    def _taken(self, messages: list[Message], unseen: float) -> tuple[list[Message], Delivery]:
        delivery = Delivery(lower=max(0.0, unseen - self._ended), upper=self._clock.monotonic() - self._began)
        recorder, address = self._inbox.recorder, self._lease.address
        with recorder.own_time():
            self._lease.save(deliveries.answered(self._lease.state(), self._expectation))
        name = f"{self._provider.channel}.delivery"
        labels = {**address.labels, "address": address.value, "at_least": f"{delivery.lower:.3f}"}
        recorder.measure(name, delivery.upper, "s", **labels)
        if self._within is not None and delivery.lower >= self._within:
            recorder.promise_broken(_late(name, delivery, self._within))
        return messages, delivery

    def _nothing(self, found: Sequence[Message], trouble: InboxUnavailable | None) -> NoReturn:
        self._lease.save(deliveries.awaiting(self._lease.state(), self._expectation, self._clock.now()))
        if trouble is not None:
            raise trouble
        channel, address, patience = self._provider.channel, self._lease.address.value, spoken(self._give_up)
        if self._repeats:
            raise InboxUnavailable(
                f"what came to {address} has the sender and the text of a message that was used less than 2 minutes "
                f"before, and may be that one delivered twice: {self._repeats[0].text[:80]!r}. Wait longer between "
                "two messages with one text, or give the inbox more addresses"
            )
        came = f"{len(found)} of {self._count}" if found else "no"
        arrived = "; ".join(f"{m.sender}: {m.text[:80]!r}" for m in (*found, *self._others)[:SHOWN]) or "nothing"
        why = f": {told}" if (told := self._explanation()) else ""
        # What arrived comes last: it is long, and may be cut.
        told = f"{came} awaited {channel} came to {address} within {patience}{why}"
        raise NothingArrived(f"{told}; what did arrive: {arrived}")

    def _explanation(self) -> str | None:
        """Why it is missing, where the provider knows; that it does not know hides nothing."""
        if not isinstance(self._provider, Explaining):
            return None
        try:
            return self._provider.explain(self._lease.address.value, self._expectation.opened_at)
        except InboxUnavailable as error:
            return f"why is not known: {error}"


def _late(name: str, delivery: Delivery, within: float) -> Breach:
    told = f"{name} took {delivery}, promised {spoken(within)}"
    return Breach(kind="delivery", name=name, measured=delivery.lower, promised=within, unit="s", message=told)


def _check(name: str, pattern: str | None) -> None:
    try:
        re.compile(pattern or "")
    except re.error as error:
        raise JourneyError(
            f"inbox.expect({name}={pattern!r}) is no regular expression: {error}. For plain text: re.escape(...)"
        ) from None


def _no_address(channel: str, labels: Mapping[str, str], every: Sequence[Address]) -> str:
    if not every:
        return f"the {channel} inbox has no address: give it some in synthetic.toml"
    asked = ", ".join(f"{key}={value}" for key, value in labels.items())
    there = "; ".join(sorted({", ".join(f"{k}={v}" for k, v in a.labels.items()) or "no labels" for a in every}))
    return f"no {channel} address has {asked}. The labels there are: {there}"
