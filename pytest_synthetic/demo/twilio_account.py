"""The fake Twilio's account: its numbers, its messages, and what is wrong with it."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from pytest_synthetic.core.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pytest_synthetic.core.ports import Clock

API = "/2010-04-01"
ACCOUNT_SID = "AC" + "5" * 32
AUTH_TOKEN = "not-a-secret-" + "7" * 19
NUMBERS = ("+33612345670", "+33612345671", "+33612345672")


@dataclass(kw_only=True)
class Faults:
    """What goes wrong; change it at any time. Counters go down with each request they meet."""

    refuse: int = 0
    """Requests still to be answered with 429."""
    retry_after: str | None = "1"
    """The header of a 429; None leaves it out."""
    break_down: int = 0
    """Requests still to be answered with 503."""
    hang: int = 0
    """Requests still to be left without an answer until the server closes."""
    slow: float = 0.0
    """Seconds before every answer."""
    suspended: bool = False
    """The account may not ask: 401 and code 20005."""
    delay: float = 0.3
    """Seconds that a message posted by the product takes to one of our numbers."""
    lose: int = 0
    """Posted messages still to be lost on their way."""
    error_code: int | None = None
    """What outbound messages that are lost fail with, such as 30003."""
    clock_offset: float = 0.0
    """Seconds that the server's clock is ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """One message; `at` is when it appears, on the server's clock, and `due` the same on the monotonic one."""

    sid: str
    to: str
    sender: str
    body: str
    direction: str
    at: datetime
    due: float
    status: str
    error_code: int | None = None

    def to_json(self, account: str) -> dict[str, Any]:
        """The `message` of Twilio's API, its fields in the order of the published examples."""
        uri = f"{API}/Accounts/{account}/Messages/{self.sid}"
        date = format_datetime(self.at)
        return {
            "account_sid": account,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": date,
            "date_sent": date,
            "date_updated": date,
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": None if self.error_code is None else f"Error {self.error_code}",
            "from": self.sender,
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": str(max(1, -(-len(self.body) // 153))),
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }


@dataclass(kw_only=True)
class FakeTwilio:
    """The account behind the server: its numbers, its messages, what is wrong with it, and who asked."""

    account_sid: str = ACCOUNT_SID
    auth_token: str = field(default=AUTH_TOKEN, repr=False)
    numbers: Sequence[str] = NUMBERS
    clock: Clock = field(default_factory=SystemClock)
    faults: Faults = field(default_factory=Faults)
    calls: Counter[str] = field(default_factory=Counter)
    """Requests by method and path: `calls["GET /2010-04-01/Accounts/AC.../Messages.json"]`."""
    newest_first: bool = True
    _messages: list[Sms] = field(default_factory=list)
    _count: itertools.count[int] = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def listings(self) -> int:
        """Requests so far for a page of the list of messages."""
        return self.calls[f"GET {API}/Accounts/{self.account_sid}/Messages.json"]

    def now(self) -> datetime:
        """The server's time, cut to the second as in its answers."""
        return (self.clock.now() + timedelta(seconds=self.faults.clock_offset)).replace(microsecond=0)

    def deliver(self, to: str, body: str, *, sender: str = "+33700000000", after: float = 0.0, copies: int = 1) -> str:
        """Let a message arrive in `after` seconds, as `copies` with SIDs of their own; returns the SID of the first."""
        sids = [self._arrive(to, body, sender, "inbound", after, "received") for _ in range(copies)]
        return sids[0]

    def send(
        self, to: str, body: str, sender: str, *, delay: float | None = None, error_code: int | None = None
    ) -> Sms:
        """What the product sends: an outbound message, and at one of our numbers an inbound one `delay` seconds later.

        With an `error_code` it is lost. What is not given, the `faults` say.
        """
        with self._lock:
            lost, self.faults.lose = self.faults.lose > 0 or bool(error_code), max(0, self.faults.lose - 1)
        code = error_code or (self.faults.error_code if lost else None)
        status = "undelivered" if code else "sent" if lost else "delivered"
        sid = self._arrive(to, body, sender, "outbound-api", 0.0, status, code)
        if not lost and to in self.numbers:
            self.deliver(to, body, sender=sender, after=self.faults.delay if delay is None else delay)
        return next(sms for sms in self._messages if sms.sid == sid)

    def _arrive(  # noqa: PLR0913, PLR0917  a message's columns
        self, to: str, body: str, sender: str, direction: str, after: float, status: str, code: int | None = None
    ) -> str:
        with self._lock:
            sms = Sms(
                sid=f"SM{next(self._count):032x}",
                to=to,
                sender=sender,
                body=body,
                direction=direction,
                at=(self.clock.now() + timedelta(seconds=after + self.faults.clock_offset)).replace(microsecond=0),
                due=self.clock.monotonic() + after,
                status=status,
                error_code=code,
            )
            self._messages.append(sms)
        return sms.sid

    def shown(self) -> list[Sms]:
        """The messages that are there by now, the newest first (or last, when `newest_first` is False)."""
        now = self.clock.monotonic()
        with self._lock:
            there = sorted((sms for sms in self._messages if sms.due <= now), key=lambda sms: sms.due)
        return there[::-1] if self.newest_first else there
