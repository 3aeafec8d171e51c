"""Twilio's webhook for incoming messages: a WSGI application, and a small server for it on the loopback interface."""

from __future__ import annotations

import hmac
import threading
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from pytest_synthetic.inboxes.twilio_listing import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import datetime
    from types import TracebackType
    from wsgiref.types import StartResponse, WSGIEnvironment

LOOPBACK = "127.0.0.1"
"""The server is not an option for the internet: a proxy with TLS and the public name stands in front of it."""
MAX_BODY = 65_536
REST_LIMIT = 10.0
"""Seconds a connection may say nothing."""

_NOTHING_TO_SAY = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'


class Receiver:
    """Takes what Twilio posts, when its signature is right.

    A signature is made over the public URL, whatever the proxies in between made of it. It does not age, so a request
    whose message is known is answered with 403 as a replay; what was taken before this process began is only known
    once its number has been listed.
    """

    def __init__(  # noqa: PLR0913  made in one place
        self,
        *,
        public_url: str,
        secret: str,
        account_sid: str,
        numbers: Collection[str],
        accept: Callable[[Record], bool],
        there: Callable[[], datetime],
    ) -> None:
        """`accept` takes a message, and says whether it is new; `there` tells Twilio's time."""
        from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

        self._url = public_url
        self._validator = RequestValidator(secret)
        self._account = account_sid
        self._numbers = numbers
        self._accept = accept
        self._there = there

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Receiver({self._url!r})"

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request: 200, or 403, 405, 413 for what is refused."""
        status = self._status(environ)
        body = _NOTHING_TO_SAY if status is HTTPStatus.OK else f"{status.phrase}\n".encode()
        kind = "text/xml" if status is HTTPStatus.OK else "text/plain"
        start_response(f"{status.value} {status.phrase}", [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    def serve(self, port: int = 0) -> Serving:
        """Serve on the loopback interface until `close()`; port 0 takes a free one. Raises OSError for a taken one."""
        return Serving(self, port)

    def _status(self, environ: WSGIEnvironment) -> HTTPStatus:
        if environ.get("REQUEST_METHOD") != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED
        length = str(environ.get("CONTENT_LENGTH") or "0")
        if not length.isdecimal() or int(length) > MAX_BODY:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        try:
            text = environ["wsgi.input"].read(int(length)).decode("utf-8")
            # A field twice is nothing Twilio sends, and its signature would cover both: the last one stands.
            fields = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=200))
        except ValueError:
            return HTTPStatus.FORBIDDEN
        return self._taken(fields) if self._is_signed(environ, fields) else HTTPStatus.FORBIDDEN

    def _is_signed(self, environ: WSGIEnvironment, fields: dict[str, str]) -> bool:
        from twilio.request_validator import get_signature_algorithm

        signature = str(environ.get("HTTP_X_TWILIO_SIGNATURE", ""))
        algorithm = get_signature_algorithm(environ.get("HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS", ""))
        valid = bool(signature) and self._validator.validate(self._url, fields, signature, algorithm)
        return valid and hmac.compare_digest(fields.get("AccountSid", "").encode(), self._account.encode())

    def _taken(self, fields: dict[str, str]) -> HTTPStatus:
        """Take the message. One to a number that is not ours is none of our business, and not refused."""
        sid, to = fields.get("MessageSid") or fields.get("SmsSid", ""), fields.get("To", "")
        if not sid or to not in self._numbers:
            return HTTPStatus.OK
        record = Record(
            sid=sid,
            to=to,
            sender=fields.get("From", ""),
            text=fields.get("Body", ""),
            created=self._there(),
            inbound=True,
        )
        return HTTPStatus.OK if self._accept(record) else HTTPStatus.FORBIDDEN


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False
    multithread = True


class _Handler(WSGIRequestHandler):
    timeout = REST_LIMIT

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  as in http.server
        """Say nothing: bodies and signatures have no place on a terminal."""


class Serving:
    """A receiver that listens at `url` until `close()`; also a context manager."""

    url: str

    def __init__(self, receiver: Receiver, port: int) -> None:
        """Bind and begin to serve."""
        self._server = _Server((LOOPBACK, port), _Handler)
        self._server.set_app(receiver)
        self.url = f"http://{LOOPBACK}:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="twilio-webhook", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop, and free the port; returns when both are done. A second call does nothing."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        """Return the running server."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving."""
        self.close()
