"""Which mailbox is read, and how its server is reached."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_synthetic.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

PORTS = {"tls": 993, "starttls": 143, "none": 143}
"""The kinds of security, each with its usual port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One folder of one mailbox. `secret` is the password, or an OAuth access token; `timeout` is in seconds.

    Raises UsageError for what cannot work.
    """

    host: str
    user: str
    secret: str = field(repr=False)
    oauth: bool = False
    security: str = "tls"
    port: int = 0
    """0 stands for the usual one of `security`."""
    folder: str = "INBOX"
    timeout: float = 10.0
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        """Check what belongs together."""
        if self.security not in PORTS:
            raise UsageError(f"security = {self.security!r} is none. {did_you_mean(self.security, PORTS)}")
        if self.security == "none" and not _is_loopback(self.host):
            raise UsageError(
                f'security = "none" sends the password to {self.host} as plain text: expected "tls" or "starttls" for '
                "a host that is not this machine"
            )
        for name in ("host", "user", "secret", "folder"):
            value = getattr(self, name)
            if not value or not value.isprintable():
                called = name if name != "secret" else "token" if self.oauth else "password"
                raise UsageError(f"{called} is empty, or holds line breaks or control characters")
        object.__setattr__(self, "port", self.port or PORTS[self.security])

    @property
    def where(self) -> str:
        """The server, as people write it."""
        return f"{self.host}:{self.port}"

    def tls(self) -> ssl.SSLContext:
        """What the server's certificate is checked with. Raises UsageError for a `ca_file` that cannot be read."""
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:
            raise UsageError(f"ca_file = {str(self.ca_file)!r} cannot be used: {error}") from None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
