"""The server of the SMTP inbox: mail comes in, and goes nowhere but into the spool."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pytest_synthetic.errors import ConfigError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Iterator

    from aiosmtpd.smtp import SMTP, Envelope
    from aiosmtpd.smtp import Session as Connection

    from pytest_synthetic.inboxes.spool import Spool

LARGEST = 25_000_000
"""Bytes of a message, announced to whoever sends."""
REST_LIMIT = 60.0
"""Seconds a connection may say nothing."""


@contextmanager
def serving(spool: Spool, host: str, port: int) -> Iterator[None]:
    """Take mail for any recipient into `spool`. Raises OSError for a taken port, ConfigError without aiosmtpd."""
    try:
        from aiosmtpd.controller import Controller
        from aiosmtpd.smtp import AuthResult
    except ImportError:
        raise ConfigError("the SMTP inbox needs aiosmtpd. Run: pip install 'pytest-synthetic[email]'") from None

    listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)

    class Bound(Controller):
        def _create_server(self) -> Awaitable[asyncio.AbstractServer]:  # its own tells of a taken port after 5 s
            return self.loop.create_server(self._factory_invoker, sock=listening)

    # A product that logs in need not be set up otherwise. A "success" would be logged with a warning of aiosmtpd's own.
    welcome = AuthResult(success=False, handled=False, message="235 2.7.0 any login will do")
    controller = Bound(
        _Keep(spool),
        hostname=host,
        port=port,
        server_hostname="pytest-synthetic",  # else the machine's own name is looked up for every connection
        ident="takes mail for tests",
        data_size_limit=LARGEST,
        timeout=REST_LIMIT,
        auth_require_tls=False,
        authenticator=lambda *_: welcome,
    )
    try:
        controller.start()
        yield
    finally:
        controller.stop()


class _Keep:
    """What the SMTP server calls: the sender hears 250 once the mail is kept for every recipient."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    async def handle_DATA(self, server: SMTP, session: Connection, envelope: Envelope) -> str:  # noqa: ARG002, N802  aiosmtpd's
        try:
            for to in dict.fromkeys(envelope.rcpt_tos):
                self._spool.keep(to, _delivered(envelope, to))
        except OSError as error:
            return f"452 4.3.1 the mail cannot be kept: {error.strerror}"
        return "250 2.0.0 kept"


def _delivered(envelope: Envelope, to: str) -> bytes:
    """The mail below the lines in which a mail server says for whom and from whom it was."""
    lines = f"Return-Path: <{envelope.mail_from or ''}>\r\nDelivered-To: {to}\r\n"
    return lines.encode("utf-8", "surrogateescape") + bytes(envelope.original_content or b"")
