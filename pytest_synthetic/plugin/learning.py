"""What a run meets that is sensitive: addresses leased, codes, cookies, tokens. From then on it is in no report."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_synthetic.channels.exchange import Exchange
    from pytest_synthetic.core.redact import Redactor
    from pytest_synthetic.model.message import Message

LONG_COOKIE = 16
"""Characters from which on any cookie is kept secret; shorter ones hold a language or an answer, and are words."""
_SET_COOKIE = re.compile(r"(?:^|,\s*)[^=;,\s]+=\"?([^;,\"]+)")
_TOKEN = re.compile(r"\s*(?:Bearer|Token)\s+(\S+)", re.IGNORECASE)


class Learning:
    """Teaches the redactor of its process what one run meets."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._contexts: list[Any] = []
        self.kinds: set[str] = set()
        """The kinds of what this run met."""

    def learn(self, kind: str, value: str) -> None:
        """Keep `value` secret, unless it is too short or too common."""
        if self._redactor.learn(kind, value):
            self.kinds.add(kind)

    def message_came(self, _channel: str, message: Message) -> None:
        """A message holds a code, whether or not the test reads it (see core.ports.Listener)."""
        from pytest_synthetic.core import codes, redact_codes

        try:
            code = codes.find_code(message.text, html=message.html)
        except codes.AmbiguousCode as error:
            found = error.candidates
        else:
            found = (code,) if code else ()
        for each in found:
            self.learn("code", each)
            for written in redact_codes.as_sent(each, f"{message.text}\n{message.subject or ''}"):
                self.learn("code", written)

    def exchanged(self, exchange: Exchange) -> None:
        """The tokens and cookies of an exchange of `api`."""
        sent: Mapping[str, str] = exchange.request.headers if exchange.request is not None else {}
        if token := _TOKEN.match(_text(sent.get("Authorization", ""))):
            self.learn("token", token[1])
        given = exchange.headers.get("Set-Cookie", "")
        for value in _SET_COOKIE.findall(given):
            self._cookie(value.strip(), hidden="httponly" in given.lower())

    def watch(self, context: Any) -> None:
        """Ask Playwright's `context` for its cookies when the run has ended."""
        self._contexts.append(context)

    def collect(self) -> None:
        """Learn the cookies of the browser, before evidence is kept."""
        for context in self._contexts:
            try:
                cookies = context.cookies()
            except Exception:  # noqa: BLE001, S112  it was closed, or the browser died: headers are masked by name
                continue
            for cookie in cookies:
                self._cookie(cookie["value"], hidden=bool(cookie["httpOnly"]))

    def _cookie(self, value: str, *, hidden: bool) -> None:
        if hidden or len(value) >= LONG_COOKIE:
            self.learn("cookie", value)


def _text(header: str | bytes) -> str:
    return header.decode("latin-1") if isinstance(header, bytes) else header
