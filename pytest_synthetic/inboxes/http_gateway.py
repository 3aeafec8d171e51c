"""The way to one catcher or gateway: a GET that ends in time and whose failure is told in words.

Importing this imports `requests`: it is imported by the first call that needs it.
"""

from __future__ import annotations

import json
import uuid
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import requests
from requests.auth import HTTPBasicAuth

from pytest_synthetic.channels.api import ApiSession, DeadlineExceeded, ResponseTooLarge
from pytest_synthetic.channels.exchange import bare
from pytest_synthetic.channels.network_faults import classify
from pytest_synthetic.errors import InboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_synthetic.core.ports import Clock

MAX_BODY = 20_000_000
"""Bytes of one answer. 200 mails are listed in about 200,000."""
PAUSE = 2.0
LONGEST_PAUSE = 600.0
"""Seconds for which nothing is asked after a 429: without a Retry-After, and at most."""

_BY_STATUS = {
    401: "it does not accept the credentials: check `headers` or `basic`",
    403: "the credentials may not read messages: give them the right to, or check `headers` and `basic`",
    404: "it knows no such address: check `url`, `list` and `message`",
    407: "the proxy on the way asks for a user name and password",
}


class Gateway:
    """Asks with the credentials. It follows no redirect: they would travel along, and a log-in page is no list."""

    def __init__(
        self, *, headers: Mapping[str, str], basic: tuple[str, str] | None, timeout: float, clock: Clock
    ) -> None:
        """`timeout` is the most that one call may take, in seconds."""
        self._clock = clock
        self._timeout = timeout
        self._refusal = ""
        self.closed_until = 0.0
        self._session = ApiSession(
            base_url=None,
            proxy=None,
            headers={"Accept": "application/json", **headers},
            user_agent="pytest-synthetic",
            trace_id=uuid.uuid4().hex,
            deadline=timeout,
            connect_timeout=min(5.0, timeout),
            max_body=MAX_BODY,
        )
        # Without one of its own, requests takes a login from ~/.netrc and replaces the header with it.
        self._session.auth = _login(basic) if basic else _as_it_is

    def ask(self, url: str, *, ends: float, missing_ok: bool = False) -> Any:
        """The JSON at `url`, or {} for a 404 if `missing_ok`; at the clock's `ends` latest. Raises InboxUnavailable."""
        now = self._clock.monotonic()
        if now < self.closed_until:
            raise InboxUnavailable(self._refusal)
        where = bare(url)
        if now >= ends:
            raise InboxUnavailable(f"{where} cannot be asked: one look took longer than {self._timeout:g} s in all")
        self._session.deadline = ends - now
        try:
            response = self._session.get(url, allow_redirects=False)
        except (requests.RequestException, ValueError, OSError) as error:
            # Cut from its cause: frames below hold the credentials, and some reports print the locals of frames.
            raise InboxUnavailable(f"{where} cannot be asked: {self._in_words(error)}") from None
        if missing_ok and response.status_code == 404:
            return {}
        self._check(response, where)
        try:
            return json.loads(response.content)
        except (ValueError, RecursionError):
            kind = response.headers.get("Content-Type", "of no type").partition(";")[0]
            told = f"its answer is no JSON ({kind[:40]}): a log-in page, or another service? Check `list` and `message`"
        raise InboxUnavailable(f"{where} cannot be asked: {told}")

    def _check(self, response: requests.Response, where: str) -> None:
        status = response.status_code
        if status < 300:
            return
        told = _BY_STATUS.get(status)
        if status == 429:
            told = self._closed(response.headers.get("Retry-After", ""))
        elif 300 <= status < 400:
            target = bare(response.headers.get("Location", ""))[:200]
            told = f"it redirects to {target or 'nowhere'}: write the address that answers, or check the credentials"
        elif told is None:
            told = "it is in trouble itself" if status >= 500 else "it does not understand the request: check `list`"
        text = f"{where} cannot be asked: {told} (HTTP {status})"
        if status == 429:
            self._refusal = text
        raise InboxUnavailable(text)

    def _closed(self, retry_after: str) -> str:
        """Remember not to ask before it said, and say so."""
        pause = min(max(_seconds(retry_after, self._clock), 0.0), LONGEST_PAUSE)
        self.closed_until = self._clock.monotonic() + pause
        return f"it has too many requests, and is asked again in {pause:.3g} s: ask less often with `poll`"

    def _in_words(self, error: Exception) -> str:
        if isinstance(error, DeadlineExceeded):
            phase = error.phase.replace("_", " ")
            return f"it did not answer within {self._timeout:g} s (still at {phase}): see to it, or raise `timeout`"
        if isinstance(error, ResponseTooLarge):
            return f"its answer is larger than {MAX_BODY // 1_000_000} MB: empty it, or let `list` say less"
        found = classify(error)
        if found is None:
            return "it cannot be reached by this address: check `url`, `list` and `message`"
        words = found[1].replace("the product's", "its").replace("the product", "it").replace("the region's", "the")
        certificate = ", or name its authority in the variable REQUESTS_CA_BUNDLE" if "certificate" in words else ""
        return f"{words}. Check `url` and the network{certificate}"


def _login(basic: tuple[str, str]) -> HTTPBasicAuth:
    user, password = basic
    return HTTPBasicAuth(user.encode(), password.encode())


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _seconds(retry_after: str, clock: Clock) -> float:
    """The seconds of a Retry-After, which is a number or a date."""
    text = retry_after.strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        until = parsedate_to_datetime(text)
        return (until - clock.now()).total_seconds()
    except (ValueError, TypeError):  # no date, or one that does not say its zone
        return PAUSE
