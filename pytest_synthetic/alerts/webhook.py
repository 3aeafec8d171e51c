"""Alerts for programs: the facts as JSON, signed, to an address of yours."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

import requests

from pytest_synthetic.alerts.bounded import within
from pytest_synthetic.alerts.sending import NotSent, is_final
from pytest_synthetic.alerts.signature import HEADER, signature
from pytest_synthetic.asking import Asking

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_synthetic.model.alerting import Letter

_LONGEST_WAIT = 3600.0


class Webhook:
    """A receiver of signed JSON. `now` reads the time, which is signed as well."""

    def __init__(self, address: str, secret: str | None, *, timeout: float, now: Callable[[], datetime]) -> None:
        self._address = address
        self._secret = secret
        self._timeout = timeout
        self._now = now

    def send(self, letter: Letter) -> None:
        """Post it. Raises NotSent."""
        within(self._timeout, lambda: self._post(letter))

    def _post(self, letter: Letter) -> None:
        body = json.dumps(letter.facts).encode()
        with Asking(self._timeout) as session:
            try:
                answer: Any = session.request(
                    "POST",
                    self._address,
                    data=body,
                    headers=self._headers(letter, body),
                    auth=_login(self._address),
                    stream=True,
                )
            except requests.RequestException:
                raise NotSent(session.why) from None
            except ValueError:  # urllib3 has no better name for some addresses
                raise NotSent("its address cannot be used", final=True) from None
            answer.close()  # the body is nobody's business, and might have no end
            self._check(answer, session.why)

    def _headers(self, letter: Letter, body: bytes) -> dict[str, str]:
        told = {
            "Content-Type": "application/json",
            "User-Agent": "pytest-synthetic",
            "X-Synthetic-Event": f"incident.{letter.turn}",
            "Idempotency-Key": quote(letter.key, safe="/:@+ "),
        }
        if self._secret:
            told[HEADER] = signature(self._secret, body, self._now())
        return told

    def _check(self, answer: requests.Response, why: str) -> None:
        status = answer.status_code
        if status < 300:
            return
        if status < 400:
            raise NotSent(f"{why}: it leads elsewhere, and alerts are not sent on; give that address", final=True)
        raise NotSent(why, final=is_final(status), after=_after(answer.headers.get("Retry-After"), self._now()))


def _login(address: str) -> tuple[str, str] | None:
    """That of an address, for HTTP Basic."""
    parts = urlsplit(address)
    return (unquote(parts.username), unquote(parts.password or "")) if parts.username else None


def _after(told: str | None, now: datetime) -> float | None:
    """The seconds of a Retry-After, which has seconds or a date; None when it has neither."""
    if told is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", told.strip()):
        return min(float(told), _LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (aware - now).total_seconds()), _LONGEST_WAIT)
