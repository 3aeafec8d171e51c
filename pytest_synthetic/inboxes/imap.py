"""Mail that arrives in a mailbox with IMAP: one folder of it, for as many addresses as lead there."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from pytest_synthetic.errors import InboxUnavailable
from pytest_synthetic.inboxes import imap_faults
from pytest_synthetic.inboxes.imap_client import FAREWELL, LOOK_UP
from pytest_synthetic.inboxes.imap_mark import Mark
from pytest_synthetic.inboxes.imap_quota import fullness
from pytest_synthetic.inboxes.mail_text import message_of
from pytest_synthetic.model.message import Health

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.inboxes.imap_account import Account
    from pytest_synthetic.inboxes.imap_connection import Connection, Envelope
    from pytest_synthetic.inboxes.imap_recipients import Recipients
    from pytest_synthetic.model.message import Address, Cursor, Message

T = TypeVar("T")

POLLS = ((2.0, 0.1), (30.0, 0.5))
"""While the first seconds of a wait have not passed, the pause until the server is asked again; then it is to tell.

Asking sees a mail sooner than IDLE: servers hold their news back for half a second.
"""
IDLE_LIMIT = 10.0
"""Seconds of one IDLE. A connection may be dead without a word, and what was asked last bounds how late a mail is."""
POLL_WITHOUT_IDLE = 1.0
FIRST_BYTES = 2_000_000
"""Bytes of a mail that are read; the rest are attachments, unless there is no text before them."""
MOST_BYTES = 32_000_000
REMEMBERED = 10_000
"""Envelopes kept in memory, so that none is asked for twice."""
LOGIN_PAUSE = 60.0
"""Seconds without another login after one was refused: some servers lock the account."""
LONGEST_PAUSE = 5.0
"""Seconds between two attempts to connect, at most."""
TURNS = 3
"""How many others may use the connection before one who waits for it gives up."""
NEARLY_FULL = 0.9


class ImapInbox:
    """One folder of one mailbox; an InboxProvider. It keeps one connection, which threads take in turns.

    A cursor is what `Mark` says, as JSON.
    """

    channel = "email"

    def __init__(
        self, account: Account, *, recipients: Recipients, clock: Clock, sleep: Callable[[float], object]
    ) -> None:
        """Ask nothing yet."""
        self._account = account
        self._recipients = recipients
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._held: list[Connection] = []
        self._envelopes: OrderedDict[tuple[int, int], tuple[Envelope, datetime]] = OrderedDict()
        self._began: OrderedDict[str, float] = OrderedDict()
        self._failures = 0
        self._closed: tuple[float, InboxUnavailable] | None = None
        weakref.finalize(self, _close, self._held, clock)  # also when the process ends

    def __repr__(self) -> str:
        """Without the secret."""
        return f"ImapInbox({self._account.user!r} at {self._account.where})"

    def close(self) -> None:
        """Take leave of the server. What is asked afterwards connects again."""
        with self._turn():
            _close(self._held, self._clock)

    def addresses(self) -> Sequence[Address]:
        """The fixed addresses, with their labels; none where they are made."""
        return self._recipients.pool

    def mint(self, nonce: str) -> Address:
        """`box+NONCE@shop.example`: plus-addressing, which the mail server must know."""
        return self._recipients.mint(nonce)

    def snapshot(self, address: Address) -> Cursor:
        """What is there now. Raises InboxUnavailable."""
        at = self._clock.now()
        self._began.pop(address.value, None)

        def mark(connection: Connection) -> Mark:
            start = Mark(uidvalidity=connection.uidvalidity, uidnext=1, at=at, newest=None)
            newest = connection.newest()
            return start.after([newest] if newest else [], connection.uidvalidity, at)

        return self._ask(mark).cursor()

    def fetch_new(self, address: Address, cursor: Cursor) -> tuple[Sequence[Message], Cursor]:
        """Mails to `address` that `cursor` does not cover, in the order they arrived.

        Raises InboxUnavailable, and UsageError for a cursor of another provider.
        """
        mark, at = Mark.read(cursor), self._clock.now()

        def look(connection: Connection) -> tuple[list[Message], Mark]:
            seen = self._seen(connection, mark)
            mine = [
                (envelope, first)
                for envelope, first in seen
                if self._recipients.is_to(address.value, envelope.headers)
                and not (connection.uidvalidity != mark.uidvalidity and mark.is_old(envelope))
            ]
            read = (self._message(connection, envelope, address, mark.at, first) for envelope, first in mine)
            after = mark.after([envelope for envelope, _ in seen], connection.uidvalidity, at)
            return [message for message in read if message is not None], after

        messages, after = self._ask(look)
        if messages:
            self._began.pop(address.value, None)
        return messages, after.cursor()

    def wait_hint(self, address: Address, cursor: Cursor, timeout: float) -> None:  # noqa: ARG002  IDLE knows none
        """Wait up to `timeout` seconds until it is time to ask again, or the server tells that a mail came.

        Raises nothing: the `fetch_new` that follows tells what is wrong.
        """
        began = self._began.setdefault(address.value, self._clock.monotonic())
        while len(self._began) > REMEMBERED:
            self._began.popitem(last=False)
        waited = self._clock.monotonic() - began
        pause = next((pause for until, pause in POLLS if waited < until), None)
        if pause is not None:
            self._sleep(min(pause, timeout))
        elif not self._idle(min(timeout, IDLE_LIMIT)):
            self._sleep(min(timeout, POLL_WITHOUT_IDLE))

    def probe(self) -> Health:
        """Whether the folder can be read, and whether there is room for mails."""
        try:
            quotas, idle = self._ask(lambda connection: (connection.quotas(), connection.can_idle))
        except InboxUnavailable as error:
            return Health(ok=False, told=str(error))
        if full := fullness(quotas, 1.0):
            return Health(ok=False, told=f"{self._account.user} at {self._account.where}: {full}")
        told = f"{self._account.folder} of {self._account.user} at {self._account.where} can be read"
        notes = [fullness(quotas, NEARLY_FULL), None if idle else "the server has no IDLE: it is asked every second"]
        return Health(ok=True, told="; ".join(filter(None, (told, *notes))))

    def explain(self, to: str, since: datetime) -> str | None:
        """Why a mail is missing: the mailbox is full, or it lies among the spam; else None. Raises InboxUnavailable."""
        quotas, (junk, spam) = self._ask(lambda connection: (connection.quotas(), connection.in_junk(since)))
        for mail in spam:
            late = mail.arrived is None or mail.arrived >= since.replace(microsecond=0)
            if late and self._recipients.is_to(to, mail.headers):
                return f"a mail to {to} lies in the folder {junk!r}: the mail server takes it for spam"
        return fullness(quotas, 1.0)

    # -- mails ---------------------------------------------------------------------------------------------------

    def _seen(self, connection: Connection, mark: Mark) -> list[tuple[Envelope, datetime]]:
        """The envelopes that `mark` may not cover, each with the moment it was first seen here."""
        validity = connection.uidvalidity
        numbered_anew = validity != mark.uidvalidity
        uids = connection.uids(mark.search()) if numbered_anew else connection.uids_from(mark.uidnext)
        unknown = [uid for uid in uids if (validity, uid) not in self._envelopes]
        for envelope in connection.envelopes(unknown):
            self._envelopes[validity, envelope.uid] = envelope, self._clock.now()
        found = [self._envelopes[validity, uid] for uid in uids if (validity, uid) in self._envelopes]
        while len(self._envelopes) > REMEMBERED:
            self._envelopes.popitem(last=False)
        return found

    def _message(
        self, connection: Connection, envelope: Envelope, address: Address, since: datetime, first: datetime
    ) -> Message | None:
        """The mail of `envelope`; None when it was deleted meanwhile."""
        raw = connection.mail(envelope.uid, FIRST_BYTES)
        if raw is None:
            return None
        id_ = f"{connection.uidvalidity}.{envelope.uid}"
        arrived = envelope.arrived and min(max(envelope.arrived, since), first)
        message = message_of(raw, id=id_, to=address.value, arrived_at=arrived)
        if envelope.size > FIRST_BYTES and not message.text:
            whole = connection.mail(envelope.uid, MOST_BYTES)
            message = message_of(whole or raw, id=id_, to=address.value, arrived_at=arrived)
        if arrived != envelope.arrived and arrived is not None:
            # The clocks differ: the mail was not there at `since` and was at `first`, by the clock of this machine.
            return replace(message, resolution=max(1.0, (first - since).total_seconds()))
        return message

    # -- the connection ------------------------------------------------------------------------------------------

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """The connection for one thread alone; one that waits for news gives it up to who wants it."""
        tries = 1 + int(TURNS * self._account.timeout / LOOK_UP)
        while not self._lock.acquire(timeout=LOOK_UP):
            self._wanted.set()
            tries -= 1
            if not tries:
                raise InboxUnavailable(
                    f"the mailbox {self._account.user} at {self._account.where} is being read by too many at once: "
                    "run fewer tests in one process"
                )
        self._wanted.clear()
        try:
            yield
        finally:
            self._lock.release()

    def _ask(self, work: Callable[[Connection], T]) -> T:
        """Have `work` done within the account's timeout. A connection that was dropped is made again, once."""
        from pytest_synthetic.inboxes.imap_connection import ERRORS

        with self._turn():
            ends = self._clock.monotonic() + self._account.timeout
            try:
                if self._held:
                    with suppress(*ERRORS):
                        return self._again(work, ends)
                    self._drop()
                return self._anew(work, ends)
            except BaseException:  # Ctrl-C too: what the server still says would be taken for another answer
                self._drop()
                raise

    def _again(self, work: Callable[[Connection], T], ends: float) -> T:
        """On the connection there is. It may be dead without a word: a third of the time is for finding that out."""
        connection = self._held[0]
        connection.client.ends = self._clock.monotonic() + self._account.timeout / 3
        connection.refresh()
        connection.client.ends = ends
        return work(connection)

    def _anew(self, work: Callable[[Connection], T], ends: float) -> T:
        from pytest_synthetic.inboxes.imap_connection import ERRORS, Connection

        if self._closed is not None and self._clock.monotonic() < self._closed[0]:
            raise InboxUnavailable(str(self._closed[1]))
        try:
            self._held.append(Connection(self._account, clock=self._clock, ends=ends))
            done = work(self._held[0])
        except (*ERRORS, InboxUnavailable) as error:
            raise self._noted(error) from None
        self._failures, self._closed = 0, None
        return done

    def _noted(self, error: Exception) -> InboxUnavailable:
        """`error` in words, remembered for a while in which the server is left alone."""
        told = error if isinstance(error, InboxUnavailable) else imap_faults.unavailable(error, self._account)
        pause = min(0.5 * 2.0**self._failures, LONGEST_PAUSE)
        self._failures = min(self._failures + 1, 10)
        pause = LOGIN_PAUSE if isinstance(error, imap_faults.LoginRefused) else pause
        self._closed = self._clock.monotonic() + pause, told
        return told

    def _drop(self) -> None:
        for connection in self._held:
            connection.client.shutdown()
        self._held.clear()

    def _idle(self, seconds: float) -> bool:
        """Whether the server could tell of mails, and did, or the time is over, or the connection is wanted."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            return bool(self._held) and self._held[0].can_idle and self._is_told(seconds)
        finally:
            self._lock.release()

    def _is_told(self, seconds: float) -> bool:
        from pytest_synthetic.inboxes.imap_connection import ERRORS

        done = False
        try:
            with suppress(*ERRORS):
                self._held[0].idle(self._clock.monotonic() + seconds, self._wanted.is_set)
                done = True
        finally:
            if not done:
                self._drop()
        return done


def _close(held: list[Connection], clock: Clock) -> None:
    while held:
        held.pop().close(clock.monotonic() + FAREWELL)
