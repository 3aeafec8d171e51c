"""The last API exchanges of a run as people read them, and as `curl` commands that can be tried by hand."""

from __future__ import annotations

import re
import shlex
from collections import deque
from typing import TYPE_CHECKING

from pytest_synthetic.channels.exchange import SAMPLE, Exchange
from pytest_synthetic.core.addresses import masked, path
from pytest_synthetic.core.plaintext import one_line, plain
from pytest_synthetic.model.sla import spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

KEPT = 10
"""Exchanges of a run that are kept, the last ones."""
BODY_SHOWN = 4_000
"""Characters of one body."""

_SECRET = re.compile(r"auth|cookie|token|secret|session|passw|signature|key", re.IGNORECASE)
_NOT_SENT_BY_HAND = frozenset({"connection", "content-length", "accept-encoding", "traceparent"})


class ExchangeLog:
    """Keeps the last exchanges of a run. `take` may be called from any thread."""

    def __init__(self, step: Callable[[], str | None]) -> None:
        """`step` names the step under way."""
        self._step = step
        self._kept: deque[tuple[Exchange, str | None]] = deque(maxlen=KEPT)
        self.count = 0

    def take(self, exchange: Exchange) -> None:
        """An exchange has ended."""
        self.count += 1
        self._kept.append((exchange, self._step()))

    def clue(self) -> str | None:
        """The last exchange, if it was answered with an error of the server or not at all; in one line."""
        if not self._kept:
            return None
        exchange, _ = self._kept[-1]
        return _head(exchange, path) if exchange.error or (exchange.status or 0) >= 500 else None

    def text(self) -> str | None:
        """All that is kept, oldest first; None when there was no exchange."""
        kept = list(self._kept)
        if not kept:
            return None
        left_out = f"{self.count - len(kept)} earlier ones are left out.\n\n" if self.count > len(kept) else ""
        return left_out + "\n\n".join("\n".join(_told(exchange, step)) for exchange, step in kept) + "\n"


def _told(exchange: Exchange, step: str | None) -> Iterator[str]:
    yield "=" * 78
    yield _head(exchange, masked) + (f', in step "{step}"' if step else "")
    yield "=" * 78
    request = exchange.request
    if request is not None:
        yield from _side(">", request.headers, _sent(request.body))
    if exchange.status is not None:
        yield f"< {exchange.status}"
        yield from _side("<", exchange.headers, _received(exchange))
    if request is not None:
        yield ""
        yield curl(exchange)


def _head(exchange: Exchange, shown: Callable[[str], str]) -> str:
    url = (exchange.request.url if exchange.request else None) or exchange.url
    took = f", {spoken(exchange.total)}" if exchange.total is not None else ""
    return one_line(f"{exchange.method} {shown(url)} -> {exchange.error or exchange.status}{took}", 400)


def _side(mark: str, headers: Mapping[str, str], body: str) -> Iterator[str]:
    for name, value in headers.items():
        yield f"{mark} {name}: {one_line(_header(name, value), 400)}"
    if body:
        yield mark
        yield from (f"{mark} {line}" for line in body.splitlines())


# -- what is shown of each part --------------------------------------------------------------------------------------


def _header(name: str, value: object) -> str:
    """The value, or what stands for it: `$AUTHORIZATION`. The scheme before it (Bearer, Basic) is no secret."""
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    if name.lower() in ("location", "referer"):
        return masked(text)
    if not _SECRET.search(name):
        return text
    scheme = re.match(r"(?:Basic|Bearer|Digest|Token) ", text, re.IGNORECASE)
    return f"{scheme[0] if scheme else ''}{_variable(name)}"


def _variable(name: str) -> str:
    return "$" + re.sub(r"\W", "_", name, flags=re.ASCII).upper()


def _sent(body: object) -> str:
    if body is None:
        return ""
    if isinstance(body, str):
        return _cut(plain(body[:BODY_SHOWN]), len(body))
    return _readable(body, len(body)) if isinstance(body, bytes) else "(a stream)"


def _received(exchange: Exchange) -> str:
    return _readable(exchange.sample, exchange.received or 0)


def _readable(body: bytes, size: int) -> str:
    """Text as it is; of anything else its size alone."""
    start = body[:SAMPLE]
    text = start.decode("utf-8", "replace")
    if "\x00" in text or text.count("\N{REPLACEMENT CHARACTER}") > max(2, len(text) // 20):
        return f"({size} bytes that are no text)"
    return _cut(plain(text[:BODY_SHOWN]), size)


def _cut(text: str, size: int) -> str:
    return f"{text}\n... cut, {size} bytes in all" if size > len(text.encode()) else text


def curl(exchange: Exchange) -> str:
    """The request as a command for a POSIX shell; a header with a secret is a variable of the shell's, name and all.

    With the name beside it, the redactor would take the variable for the secret.
    """
    request = exchange.request
    if request is None:
        return ""
    parts = ["curl -i"] + ([] if request.method == "GET" else [f"-X {request.method}"])
    for name, value in request.headers.items():
        if _SECRET.search(name):
            parts.append(f'-H "{_variable(name)}"')
        elif name.lower() not in _NOT_SENT_BY_HAND:
            parts.append(f"-H {shlex.quote(one_line(f'{name}: {_header(name, value)}'))}")
    if request.body is not None:
        body = request.body.decode("utf-8", "replace") if isinstance(request.body, bytes) else request.body
        fits = isinstance(body, str) and len(body) <= BODY_SHOWN and body.isprintable()
        parts.append(f"--data-raw {shlex.quote(body)}" if fits and isinstance(body, str) else "--data-binary @body")
    return " \\\n  ".join([*parts, shlex.quote(plain(masked(request.url or "", 2_000)))])
