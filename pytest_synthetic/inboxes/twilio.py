"""SMS that arrive at Twilio numbers: read from its list of messages, or pushed by its webhook."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.errors import InboxUnavailable, UsageError
from pytest_synthetic.inboxes.twilio_access import access, check_url, checked
from pytest_synthetic.inboxes.twilio_faults import why_missing
from pytest_synthetic.inboxes.twilio_poller import DAY, Bell, Poller
from pytest_synthetic.model.message import Health, Message

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.inboxes.twilio_http import Account
    from pytest_synthetic.inboxes.twilio_listing import Record
    from pytest_synthetic.inboxes.twilio_webhook import Receiver, Serving
    from pytest_synthetic.model.message import Address, Cursor

CLOCKS_AGREE = 2.0
"""Seconds two clocks may differ and count as one; see twilio_http."""
OUTBOUND_LIMIT = 50


class TwilioInbox:
    """The numbers of one Twilio account; an InboxProvider. Make one an account: its waits share their calls.

    A cursor is `{"mark": UTC, "seen": [SID, ...]}`: it covers the messages of `seen` and all that Twilio created more
    than a day before `mark`. Twilio's own filter of time is only used to ask for less.
    """

    channel = "sms"

    def __init__(  # noqa: PLR0913  what a user sets, by name
        self,
        *,
        account_sid: str | None,
        numbers: Sequence[Address],
        auth_token: str | None = None,
        api_key: str | None = None,
        api_secret: str | None = None,
        base_url: str | None = None,
        timeout: float = 10.0,
        webhook: tuple[str, int] | None = None,
        clock: Clock | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Ask nothing yet. Give `auth_token`, or `api_key` and `api_secret`; `numbers` are in E.164.

        `base_url` stands in for https://api.twilio.com whatever TWILIO_EDGE and TWILIO_REGION say. `timeout` is the
        seconds of one call to Twilio, its only other attempt included. `webhook` is the public URL and the port of
        `receive`. A `sleep` other than time.sleep replaces every wait, and then no webhook can end one early.
        Raises UsageError for what cannot work.
        """
        self._access = access(account_sid, auth_token, api_key, api_secret, base_url, timeout)
        self._auth_token = auth_token
        self._webhook = webhook
        self._numbers = checked(numbers)
        self._clock = clock or SystemClock()
        self._sleep = sleep
        self._poller = Poller(
            pages=self._pages,
            clock=self._clock,
            there=self._there,
            bell=Bell(sleep),
        )

    def __repr__(self) -> str:
        """Without secrets."""
        return f"TwilioInbox({self._access.account_sid}, {len(self._numbers)} numbers)"

    def addresses(self) -> Sequence[Address]:
        """The numbers, with their labels."""
        return self._numbers

    def snapshot(self, address: Address) -> Cursor:
        """What is there now. Waits for a listing that begins now; raises InboxUnavailable when there is none."""
        self._poller.refresh(address.value, patience=self._access.timeout)
        mark = self._there()
        seen = [record.sid for at, record in self._poller.kept(address.value) if at >= mark - DAY]
        return {"mark": mark.isoformat(), "seen": seen}

    def fetch_new(self, address: Address, cursor: Cursor) -> tuple[Sequence[Message], Cursor]:
        """Inbound messages that `cursor` does not cover, by the time Twilio created them, then in its order.

        Asks Twilio, unless a `wait_hint` for this number just ended because a message or an answer to somebody else
        came, or more than five wait and the last call is younger than 0.6 s. While Twilio answers 429 it gives what is
        known, as long as that is no older than 10 s.
        Raises InboxUnavailable, and UsageError for a cursor of another provider.
        """
        mark, seen = _read(cursor)
        self._poller.look(address.value)
        new = list(_uncovered(self._poller.kept(address.value), mark, seen))
        after: Cursor = {"mark": mark.isoformat(), "seen": [*sorted(seen), *(record.sid for record in new)]}
        return [self._message(record) for record in new], after

    def wait_hint(self, address: Address, cursor: Cursor, timeout: float) -> None:
        """Wait up to `timeout` seconds until it is time to ask again, or something is known that `cursor` lacks.

        Asks nothing itself and raises no InboxUnavailable: the `fetch_new` that follows does. To be called in turns
        with it; called before the first `fetch_new`, it saves the call that comes too early to find anything.
        """
        mark, seen = _read(cursor)
        self._poller.wait(address.value, timeout, lambda kept: any(True for _ in _uncovered(kept, mark, seen)))

    def probe(self) -> Health:
        """Whether messages can be read, and the numbers are the account's and take SMS."""
        try:
            next(self._account.pages(self._numbers[0].value, self._there() - DAY, 1))
        except InboxUnavailable as error:
            return Health(ok=False, told=str(error))
        if told := self._inactive():
            return Health(ok=False, told=told)
        try:
            owned = self._account.numbers()
        except InboxUnavailable as error:  # a restricted API key: it may read messages, which is what matters
            return Health(
                ok=True, told=f"messages can be read; whether the numbers are the account's is unknown: {error}"
            )
        return _judged(self._access.account_sid, [address.value for address in self._numbers], owned)

    def explain(self, to: str, since: datetime) -> str | None:
        """Why a message to `to` since then is missing, when this account is the one that sent it; else None.

        `since` knows its zone, and is a time of this machine. Raises InboxUnavailable.
        """
        after = since.astimezone(self._clock.now().tzinfo) + timedelta(seconds=self._offset() - CLOCKS_AGREE)
        sent = self._account.outbound(to, after, OUTBOUND_LIMIT)
        recent = [message for message in sent if message.date_created is None or message.date_created >= after]
        if not recent:
            return None
        last = recent[0]
        return f"Twilio's message {last.sid} to {to}: {why_missing(str(last.status), last.error_code)}"

    def receiver(self, *, public_url: str, signing_secret: str | None = None) -> Receiver:
        """A WSGI application that takes Twilio's webhook for these numbers, and ends waits at once.

        `public_url` is the address set in the Twilio Console, which signatures are made over. `signing_secret` is the
        auth token when it is not given. Raises UsageError when there is neither, or the URL is none.
        """
        from pytest_synthetic.inboxes.twilio_webhook import Receiver

        secret = signing_secret or self._auth_token
        if not secret:
            raise UsageError(
                "Twilio signs webhooks with the auth token: set TWILIO_AUTH_TOKEN beside the API key to check them"
            )
        check_url("public_url", public_url)
        self._poller.pushed = True
        return Receiver(
            public_url=public_url,
            secret=secret,
            account_sid=self._access.account_sid,
            numbers={address.value for address in self._numbers},
            accept=self._poller.add,
            there=self._there,
        )

    @contextmanager
    def receive(self) -> Iterator[Serving]:
        """Take the webhook on the loopback interface. Raises OSError for a taken port, and UsageError as `receiver`."""
        if self._webhook is None:
            raise UsageError("the Twilio inbox has no webhook to listen to")
        public_url, port = self._webhook
        with self.receiver(public_url=public_url).serve(port) as serving:
            yield serving

    def _pages(self, to: str | None, after: datetime, size: int) -> Iterator[tuple[Sequence[Record], bool]]:
        return self._account.pages(to, after, size)  # not handed on as it is: the client is made by the first call

    @cached_property
    def _account(self) -> Account:
        from pytest_synthetic.inboxes.twilio_http import Account

        return Account(self._access, clock=self._clock, sleep=self._sleep)

    def _offset(self) -> float:
        """Seconds that Twilio's clock is ahead of this machine's, 0 while they agree or nothing was asked."""
        return self.__dict__["_account"].offset if "_account" in self.__dict__ else 0.0

    def _there(self) -> datetime:
        """Twilio's time."""
        return self._clock.now() + timedelta(seconds=self._offset())

    def _message(self, record: Record) -> Message:
        """`record` as a Message. Its time is told by this machine's clock, which the other times of a run are."""
        offset = self._offset()
        at = record.created and record.created - timedelta(seconds=offset)
        headers = {"date_created": record.created.isoformat()} if record.created else {}
        message = Message(
            id=record.sid, to=record.to, sender=record.sender, text=record.text, arrived_at=at, headers=headers
        )
        return replace(message, resolution=CLOCKS_AGREE) if offset else message

    def _inactive(self) -> str | None:
        try:
            status = self._account.status()
        except InboxUnavailable:  # API keys may not ask; messages can be read, so it is active as far as can be told
            return None
        if status in {"suspended", "closed"}:
            return f"the Twilio account {self._access.account_sid} is {status}: see the notices in the Twilio Console"
        return None


def _read(cursor: Cursor) -> tuple[datetime, set[str]]:
    try:
        return datetime.fromisoformat(cursor["mark"]), set(cursor["seen"])  # type: ignore[index, call-overload, arg-type]
    except (TypeError, KeyError, ValueError) as error:
        raise UsageError(f"this is no cursor of a Twilio inbox: {str(cursor)[:80]}") from error


def _uncovered(kept: Sequence[tuple[datetime, Record]], mark: datetime, seen: Collection[str]) -> Iterator[Record]:
    return (record for at, record in kept if at >= mark - DAY and record.sid not in seen)


def _judged(account: str, wanted: Sequence[str], owned: dict[str, bool]) -> Health:
    missing = [number for number in wanted if number not in owned]
    if missing:
        there = ", ".join(sorted(owned)[:10]) or "none"
        told = f"{', '.join(missing)}: no number of the Twilio account {account}. It has: {there}"
        return Health(ok=False, told=told)
    if mute := [number for number in wanted if not owned[number]]:
        return Health(ok=False, told=f"{', '.join(mute)} cannot take SMS: buy a number with the SMS capability")
    return Health(ok=True, told=f"messages to {len(wanted)} number(s) of {account} can be read")
