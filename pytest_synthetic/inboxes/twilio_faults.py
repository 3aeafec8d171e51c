"""Why Twilio cannot be asked, and why a message of it did not arrive, in words that say what to do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_synthetic.channels.network_faults import classify
from pytest_synthetic.errors import InboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

_CREDENTIALS = "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN (or the API key and its secret) in the Twilio Console"
_SUSPENDED = "the account is suspended or closed: see Billing and the notices in the Twilio Console"
_TOO_MANY = "it has too many requests: run fewer inboxes on this account at once, or ask Twilio for a higher limit"
_ITS_OWN = "it is in trouble itself: see https://status.twilio.com"

# Twilio's codes (https://www.twilio.com/docs/api/errors); a status says less, and is looked at after them.
_BY_CODE = {
    20003: f"it does not accept the credentials, or {_SUSPENDED}; {_CREDENTIALS}",
    20005: _SUSPENDED,
    20404: "it knows no such account or resource: check TWILIO_ACCOUNT_SID, the region and the base URL",
    20429: _TOO_MANY,
    30001: "its queue of this account is full: send less, or ask Twilio for a higher throughput",
    30002: _SUSPENDED,
}
_BY_STATUS = {
    401: _BY_CODE[20003],
    402: "it wants to be paid: see Billing in the Twilio Console",
    403: "the credentials may not do this: give the API key the right to read messages and phone numbers",
    404: _BY_CODE[20404],
    429: _TOO_MANY,
}

_UNDELIVERED = {
    30001: "its queue is full (queue overflow): the product sends faster than its account may",
    30002: "the product's Twilio account was suspended between accepting and sending",
    30003: "the handset was unreachable: switched off, without signal, or not taking messages",
    30004: "the message was blocked: the recipient or the carrier refuses messages from this sender",
    30005: "the handset is unknown: the number does not exist any more, or is not a mobile's",
    30006: "the number is a landline, or its carrier cannot be reached",
    30007: "the carrier or Twilio filtered the message as spam or against its rules",
    30008: "the carrier did not say why (unknown error)",
    30009: "a segment of the message never came to Twilio",
}
_UNDER_WAY = {
    "accepted": "Twilio has accepted it and not sent it yet",
    "scheduled": "the product scheduled it for later",
    "queued": "it waits in Twilio's queue: the product may be sending more than its account may",
    "sending": "Twilio is handing it to the carrier",
    "sent": "Twilio handed it to the carrier, which has not said that it arrived",
    "delivered": "the carrier says that it was delivered",
    "read": "the carrier says that it was read",
    "partially_delivered": "only a part of it was delivered",
    "canceled": "the product cancelled it",
}


class TooManyRequests(InboxUnavailable):
    """Twilio refuses for now (429). `retry_after` is the seconds it asks to wait, None when it does not say."""

    def __init__(self, message: str, *, retry_after: float | None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """An answer of Twilio's that is no success."""

    status: int
    code: int | None
    told: str
    retry_after: float | None


def unavailable(error: BaseException, *, doing: str, where: str) -> InboxUnavailable:
    """What `error`, raised by the client while `doing`, says in words; TooManyRequests for a 429.

    The text of `error` is not repeated: the answer of Twilio is, by its own `message`.
    """
    answer = _answer(error)
    if answer is None:
        return InboxUnavailable(f"{where} cannot be asked to {doing}: {_in_words(error)}")
    text = f"{where} cannot be asked to {doing}: {_advice(answer)} ({_said(answer)})"
    if answer.status == 429:
        return TooManyRequests(text, retry_after=answer.retry_after)
    return InboxUnavailable(text)


def why_missing(status: str, code: int | None) -> str:
    """Why an outbound message in `status` with the error `code` did not arrive."""
    if code is not None:
        return f"{_UNDELIVERED.get(code, f'see https://www.twilio.com/docs/api/errors/{code}')} (code {code}, {status})"
    return f"{_UNDER_WAY.get(status, 'Twilio says no more')} ({status})"


def _answer(error: BaseException) -> _Answer | None:
    """The failure, read from whichever way the client tells it; None when there was no answer at all."""
    # TwilioException("Unable to fetch page", response)
    response: Any = error.args[1] if len(error.args) == 2 else None
    if hasattr(response, "status_code"):
        body = _json(getattr(response, "text", ""))
        return _Answer(
            status=int(response.status_code),
            code=_int(body.get("code")),
            told=str(body.get("message") or body.get("title") or ""),
            retry_after=_seconds(getattr(response, "headers", None) or {}),
        )
    status = _int(getattr(error, "status", None))  # TwilioRestException, TwilioServiceException
    if status is None:
        return None
    told = str(getattr(error, "msg", "") or getattr(error, "title", ""))
    return _Answer(status=status, code=_int(getattr(error, "code", None)), told=told, retry_after=None)


def _advice(answer: _Answer) -> str:
    known = _BY_CODE.get(answer.code or 0) or _BY_STATUS.get(answer.status)
    if known:
        return known
    return _ITS_OWN if answer.status >= 500 else "it does not understand the request: check the base URL"


def _said(answer: _Answer) -> str:
    code = f", code {answer.code}" if answer.code and answer.code != answer.status else ""
    told = f": {answer.told[:200]}" if answer.told else ""
    return f"HTTP {answer.status}{code}{told}"


def _in_words(error: BaseException) -> str:
    found = classify(error)
    if found is None:
        return "its answer is not what Twilio's API answers: check the base URL, or what stands between here and there"
    words = found[1].replace("the product's", "its").replace("the product", "it").replace("the region's", "the")
    return f"{words}. Check the network, the proxy and the base URL; https://status.twilio.com tells of outages"


def _json(text: object) -> Mapping[str, Any]:
    try:
        body = json.loads(str(text))
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _int(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


def _seconds(headers: Mapping[str, str]) -> float | None:
    """The seconds of a Retry-After. Twilio sends a number; a date there would need its clock, and counts as none."""
    text = str(headers.get("Retry-After", "")).strip()
    return float(text) if text.isascii() and text.replace(".", "", 1).isdigit() else None
