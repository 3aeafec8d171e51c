"""A fake Twilio for this machine: messages that arrive, and every way in which they or Twilio may fail.

It answers the part of Twilio's REST API that an inbox needs (2010-04-01: Messages, IncomingPhoneNumbers, the account)
in the shapes of Twilio's published OpenAPI description:

    with serve(numbers=["+33612345678"]) as twilio:
        twilio.deliver("+33612345678", "Your code is 123456", after=0.5)
        Client(ACCOUNT_SID, AUTH_TOKEN, http_client=...)   # redirected to twilio.base_url
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from flask import Flask, Response, jsonify, request

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.demo.serving import Served
from pytest_synthetic.demo.twilio_account import ACCOUNT_SID, API, AUTH_TOKEN, NUMBERS, FakeTwilio, Sms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_synthetic.core.ports import Clock

_THREADS = 8
_IN_MEMORY = 64_000_000
"""Bytes of an answer that are kept in memory: waitress leaves the temporary files of larger ones open."""
_CREATED = format_datetime(datetime(2026, 1, 1, tzinfo=UTC))
_UNSET_URLS = ("sms_url", "sms_fallback_url", "status_callback", "voice_url", "voice_fallback_url")
_UNSET_SIDS = (
    "address_sid", "bundle_sid", "emergency_address_sid", "identity_sid", "sms_application_sid", "trunk_sid",
    "voice_application_sid",
)  # fmt: skip
_METHODS = ("sms_method", "sms_fallback_method", "status_callback_method", "voice_method", "voice_fallback_method")
_ERRORS = {20001: "Invalid parameter", 20003: "Authenticate", 20404: "The requested resource was not found"}


class RunningTwilio(Served, FakeTwilio):
    """A fake Twilio that serves at `base_url` (no slash at the end) until `close()`; also a context manager."""

    def __init__(self, *, port: int, **account: Any) -> None:
        """Bind and start to serve; see `serve`."""
        Served.__init__(self)
        FakeTwilio.__init__(self, **account)
        app = create_app(self, pause=self.closing.wait)
        self.serve_app(app, port=port, name="fake-twilio", threads=_THREADS, outbuf_overflow=_IN_MEMORY)

    def push(self, sid: str, url: str, *, public_url: str) -> int:
        """Post the message `sid` to the webhook at `url`, signed for `public_url`; returns the status."""
        sms = next(sms for sms in self._messages if sms.sid == sid)
        fields = {
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
            "Body": sms.body,
            "From": sms.sender,
            "MessageSid": sid,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "To": sms.to,
        }
        post = Request(url, urlencode(fields).encode())  # noqa: S310  the caller's own receiver
        post.add_header("X-Twilio-Signature", signature(self.auth_token, public_url, fields))
        with urlopen(post, timeout=5) as answer:  # noqa: S310
            return int(answer.status)


def serve(
    *,
    account_sid: str = ACCOUNT_SID,
    auth_token: str = AUTH_TOKEN,
    numbers: Sequence[str] = NUMBERS,
    port: int = 0,
    clock: Clock | None = None,
) -> RunningTwilio:
    """Start a fake Twilio on the loopback interface; port 0 takes a free one. Raises OSError for a taken one."""
    return RunningTwilio(
        port=port, account_sid=account_sid, auth_token=auth_token, numbers=tuple(numbers), clock=clock or SystemClock()
    )


def signature(token: str, url: str, fields: Mapping[str, str]) -> str:
    """The X-Twilio-Signature of a form: HMAC-SHA1 over the URL and all fields in the order of their names."""
    text = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def create_app(twilio: FakeTwilio, *, pause: Callable[[float | None], object]) -> Flask:
    """The WSGI application; `pause(seconds)` is how it is slow, and how it hangs (None)."""
    app = Flask(__name__)
    root = f"{API}/Accounts/<account>"

    @app.before_request
    def refuse() -> Response | None:
        twilio.calls[f"{request.method} {request.path}"] += 1
        if twilio.faults.slow:
            pause(twilio.faults.slow)
        return _in_trouble(twilio, pause) or _unauthorised(twilio)

    @app.after_request
    def date(response: Response) -> Response:
        response.headers["Date"] = format_datetime(twilio.now(), usegmt=True)
        return response

    @app.get(f"{root}/Messages.json")
    def messages(account: str) -> Response:
        return _page(account, "messages", [sms for sms in twilio.shown() if _is_asked_for(sms)], twilio)

    @app.post(f"{root}/Messages.json")
    def create(account: str) -> Response:
        return _created(twilio, account)

    @app.get(f"{root}/Messages/<sid>.json")
    def message(account: str, sid: str) -> Response:
        found = [sms for sms in twilio.shown() if sms.sid == sid]
        return jsonify(found[0].to_json(account)) if found else _error(404, 20404)

    @app.get(f"{root}/IncomingPhoneNumbers.json")
    def numbers(account: str) -> Response:
        return _page(account, "incoming_phone_numbers", list(twilio.numbers), twilio)

    @app.get(f"{root}.json")
    def account_of(account: str) -> Response:
        return jsonify(_account(account))

    app.register_error_handler(404, _unknown)
    return app


def _unknown(_: Exception | None = None) -> Response:
    return _error(404, 20404, f"The requested resource {request.path} was not found")


def _created(twilio: FakeTwilio, account: str) -> Response:
    to, body, sender = (request.form.get(name, "") for name in ("To", "Body", "From"))
    if not to or not body or not sender:
        return _error(400, 21604, "A 'To' phone number, a 'From' and a 'Body' are required.")
    sent = twilio.send(to, body, sender).to_json(account)
    answer = jsonify({**sent, "status": "queued", "error_code": None, "error_message": None})
    answer.status_code = 201
    return answer


def _in_trouble(twilio: FakeTwilio, pause: Callable[[float | None], object]) -> Response | None:
    faults = twilio.faults
    if faults.hang > 0:
        faults.hang -= 1
        pause(None)
    if faults.refuse > 0:
        faults.refuse -= 1
        answer = _error(429, 20429, "Too Many Requests")
        if faults.retry_after is not None:
            answer.headers["Retry-After"] = faults.retry_after
        return answer
    if faults.break_down > 0:
        faults.break_down -= 1
        return _error(503, 20503, "Service Unavailable")
    return None


def _unauthorised(twilio: FakeTwilio) -> Response | None:
    given = request.authorization
    if given is None or (given.username, given.password) != (twilio.account_sid, twilio.auth_token):
        return _error(401, 20003)
    if twilio.faults.suspended:
        return _error(401, 20005, "Account not active")
    account = (request.view_args or {}).get("account")
    if account not in {None, twilio.account_sid}:
        return _unknown()
    return None


def _error(status: int, code: int, message: str | None = None) -> Response:
    """An error as Twilio writes it."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    answer = jsonify({"code": code, "message": message or _ERRORS[code], "more_info": more, "status": status})
    answer.status_code = status
    return answer


def _is_asked_for(sms: Sms) -> bool:
    """Whether the filters of the request let `sms` through. Dates are days, whatever finer is given."""
    asked, day = request.args, sms.at.date().isoformat()
    return (
        asked.get("To", sms.to) == sms.to
        and asked.get("From", sms.sender) == sms.sender
        and asked.get("DateSent", day)[:10] == day
        and asked.get("DateSent>", day)[:10] <= day <= asked.get("DateSent<", day)[:10]
    )


def _page(account: str, name: str, records: list[Any], twilio: FakeTwilio) -> Response:
    """A page of `records`. The next begins after the last record of this one: what arrives meanwhile shifts nothing."""
    size = request.args.get("PageSize", "50")
    if not re.fullmatch(r"[0-9]{1,4}", size) or not 1 <= int(size) <= 1000:
        return _error(400, 20001, f"PageSize {size} is not between 1 and 1000")
    number, start, size_ = int(request.args.get("Page", "0")), 0, int(size)
    if token := request.args.get("PageToken"):
        start = 1 + next((i for i, one in enumerate(records) if f"PA{_sid(one)}" == token), len(records))
    shown = records[start : start + size_]
    more = start + size_ < len(records)
    first = number * size_
    body = {
        "end": first + max(0, len(shown) - 1),
        "first_page_uri": _uri(0),
        "next_page_uri": _uri(number + 1, f"PA{_sid(shown[-1])}") if more else None,
        "page": number,
        "page_size": size_,
        "previous_page_uri": _uri(number - 1) if number else None,
        name: [_number(account, one, twilio) if isinstance(one, str) else one.to_json(account) for one in shown],
        "start": first,
        "uri": _uri(number, request.args.get("PageToken")),
    }
    return jsonify(body)


def _sid(record: Any) -> str:
    return record if isinstance(record, str) else str(record.sid)


def _uri(page: int, token: str | None = None) -> str:
    filters = {key: value for key, value in request.args.items() if key not in {"Page", "PageToken"}}
    filters.setdefault("PageSize", "50")
    query = {**filters, "Page": str(page)} | ({"PageToken": token} if token else {})
    return f"{request.path}?{urlencode(query)}"


def _number(account: str, number: str, twilio: FakeTwilio) -> dict[str, Any]:
    sid = f"PN{twilio.numbers.index(number):032x}"
    unset = dict.fromkeys((*_UNSET_URLS, *_UNSET_SIDS))
    methods = dict.fromkeys(_METHODS, "POST")
    return (
        unset
        | methods
        | {
            "account_sid": account,
            "address_requirements": "none",
            "api_version": "2010-04-01",
            "beta": False,
            "capabilities": {"voice": True, "sms": True, "mms": False, "fax": False},
            "date_created": _CREATED,
            "date_updated": _CREATED,
            "emergency_status": "Inactive",
            "emergency_address_status": "unregistered",
            "friendly_name": number,
            "origin": "twilio",
            "phone_number": number,
            "sid": sid,
            "status": "in-use",
            "type": "mobile",
            "uri": f"{API}/Accounts/{account}/IncomingPhoneNumbers/{sid}.json",
            "voice_caller_id_lookup": False,
            "voice_receive_mode": "voice",
        }
    )


def _account(account: str) -> dict[str, Any]:
    """The account; without its `auth_token`, which the real one shows."""
    return {
        "date_created": _CREATED,
        "date_updated": _CREATED,
        "friendly_name": "The Kettle Shop",
        "owner_account_sid": account,
        "sid": account,
        "status": "active",
        "subresource_uris": {"messages": f"{API}/Accounts/{account}/Messages.json"},
        "type": "Full",
        "uri": f"{API}/Accounts/{account}.json",
    }
