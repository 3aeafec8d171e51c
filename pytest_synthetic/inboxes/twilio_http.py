"""The way to one Twilio account: the client of the `twilio` package, with a deadline, a redirection and one retry.

Importing this imports `twilio` (0.3 s): it is imported by the first call that needs it.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import requests
from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from pytest_synthetic.channels.exchange import bare
from pytest_synthetic.channels.transport import Transport
from pytest_synthetic.inboxes.twilio_faults import unavailable
from pytest_synthetic.inboxes.twilio_listing import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.inboxes.twilio_access import Access

log = logging.getLogger("pytest_synthetic")

MAX_BODY = 64_000_000
"""Bytes of one answer. A page of 1,000 messages of 1,600 characters takes less than 4 million."""

PAUSE = 0.2
"""Seconds between an attempt that failed and the only other one."""

QUICK = 1.0
"""Seconds an answer may take for its `Date` to say what time it is there."""

CLOCKS_AGREE = 2.0
"""Seconds two clocks may differ and count as one: their difference is known to about one second."""

# What the client raises for an answer it cannot read: it takes the JSON apart without looking.
_NOT_TWILIO = (ValueError, KeyError, TypeError, AttributeError)


class _Http(TwilioHttpClient):  # type: ignore[misc]  # twilio ships no types
    """Every request ends within the time-out, whatever the other side does; a GET has two attempts in it.

    The redirection happens here because the client builds hosts from TWILIO_EDGE and TWILIO_REGION by splitting them
    at their dots, which no other base URL survives.
    """

    def __init__(self, access: Access, clock: Clock, sleep: Callable[[float], object]) -> None:
        half = max(access.timeout - PAUSE, access.timeout / 2) / 2
        super().__init__(timeout=half)
        self._base = urlsplit(access.base_url) if access.base_url else None
        self._clock = clock
        self._sleep = sleep
        self.offset = 0.0
        way = Transport(proxy=None, deadline=half, connect_timeout=min(5.0, half), max_body=MAX_BODY, on_exchange=None)
        self.session.mount("https://", way)
        self.session.mount("http://", way)

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """As TwilioHttpClient.request; a GET that met a time-out, a broken connection or a 5xx is made once more."""
        url = self._redirected(url)
        if method.upper() != "GET":
            return self._once(method, url, *args, **kwargs)
        try:
            response = self._once(method, url, *args, **kwargs)
            if response.status_code < 500:
                return response
        except requests.exceptions.SSLError:
            raise
        except (requests.exceptions.Timeout, requests.exceptions.ConnectionError) as error:
            log.debug("Twilio is asked once more: %s", type(error).__name__)
        self._sleep(PAUSE)
        return self._once(method, url, *args, **kwargs)

    def _once(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        began = self._clock.monotonic()
        response = super().request(method, url, *args, **kwargs)
        if self._clock.monotonic() - began < QUICK:
            self._compare_clocks(response.headers.get("Date"))
        return response

    def _redirected(self, url: str) -> str:
        if self._base is None:
            return url
        parts = urlsplit(url)
        path = self._base.path.rstrip("/") + parts.path
        return urlunsplit((self._base.scheme, self._base.netloc, path, parts.query, ""))

    def _compare_clocks(self, date: str | None) -> None:
        """Note how far the other clock is ahead, in seconds. Its `Date` is cut to the second: half of one too early."""
        try:
            there = parsedate_to_datetime(date or "")
        except ValueError:
            return
        if there.tzinfo is None:
            return
        offset = (there - self._clock.now()).total_seconds() + 0.5
        if abs(offset - self.offset) > CLOCKS_AGREE:  # it is kept as it is while it can be: times move with it
            self.offset = offset


class Account:
    """One account, asked. Whatever goes wrong is raised as InboxUnavailable, TooManyRequests among it."""

    def __init__(self, access: Access, *, clock: Clock, sleep: Callable[[float], object]) -> None:
        self._http = _Http(access, clock, sleep)
        self._where = f"Twilio ({bare(access.base_url)})" if access.base_url else "Twilio"
        self._client = Client(access.username, access.password, access.account_sid, http_client=self._http)

    @property
    def offset(self) -> float:
        """Seconds that Twilio's clock is ahead of ours, exact to about two; 0 while they agree."""
        return self._http.offset

    def pages(self, to: str | None, after: datetime, size: int) -> Iterator[tuple[Sequence[Record], bool]]:
        """Pages of `size` messages (at most 1,000), each asked for when it is iterated to, and whether more follow.

        `to` None means all numbers. `after` is in UTC, and cut to its day: nothing finer is promised by Twilio.
        """
        day = after.replace(hour=0, minute=0, second=0, microsecond=0)
        filters = {"date_sent_after": day} if to is None else {"to": to, "date_sent_after": day}
        with self._asking("list messages"):
            page = self._client.messages.page(**filters, page_size=size)
        while page is not None:
            with self._asking("list messages"):
                records = [_record(instance) for instance in page]
                more = page.next_page_url is not None
            yield records, more
            with self._asking("list messages"):
                page = page.next_page()

    def outbound(self, to: str, after: datetime, limit: int) -> Sequence[Any]:
        """The newest messages sent to `to` by this account, newest first."""
        with self._asking("list outbound messages"):
            page_size = min(limit, 1000)
            every = self._client.messages.list(to=to, date_sent_after=after, limit=limit, page_size=page_size)
            return [message for message in every if str(message.direction).startswith("outbound")]

    def numbers(self, limit: int = 1000) -> dict[str, bool]:
        """The phone numbers of the account, and whether each takes SMS."""
        with self._asking("list phone numbers"):
            every = self._client.incoming_phone_numbers.list(limit=limit, page_size=limit)
            return {one.phone_number: (one.capabilities or {}).get("sms", True) is not False for one in every}

    def status(self) -> str:
        """`active`, `suspended` or `closed`. Standard API keys may not ask."""
        with self._asking("read the account"):
            return str(self._client.api.v2010.accounts(self._client.account_sid).fetch().status)

    @contextmanager
    def _asking(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (TwilioException, requests.RequestException, *_NOT_TWILIO) as error:
            # Cut from its cause: frames of the client hold the token, and some reports print the locals of frames.
            raise unavailable(error, doing=doing, where=self._where) from None


def _record(instance: Any) -> Record:
    return Record(
        sid=str(instance.sid),
        to=str(instance.to or ""),
        sender=str(instance.from_ or ""),
        text=str(instance.body or ""),
        created=instance.date_created,
        inbound=instance.direction == "inbound",
        settled=instance.status != "receiving" or bool(instance.body),
    )
