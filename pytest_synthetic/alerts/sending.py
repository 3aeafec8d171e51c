"""Letters sent to addresses: those of services that apprise knows, and webhooks of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from pytest_synthetic.errors import ConfigError

if TYPE_CHECKING:
    from pytest_synthetic.model.alerting import Letter, Route

_WEB = ("http", "https")
_NATIVE = (
    "hooks.slack.com",
    "discord.com",
    "discordapp.com",
    "webhook.office.com",
    "logic.azure.com",
    "powerplatform.com",
    "chat.googleapis.com",
)
"""Hosts of services whose own addresses apprise takes: without it they must not be sent what a webhook of ours is."""
_ASKS_FOR_LATER = {408, 425, 429}


class NotSent(Exception):
    """A letter did not get through. The message says why in words, and never holds the address.

    `final`: trying again is of no use. `after`: seconds that the receiver asks to be left alone.
    """

    def __init__(self, reason: str, *, final: bool = False, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final
        self.after = after


def is_final(status: int) -> bool:
    """Whether it is of no use to try again after an answer with this status, from 300 on."""
    return status < 500 and status not in _ASKS_FOR_LATER


class Sender(Protocol):
    """Takes letters to one address."""

    def send(self, letter: Letter) -> None:
        """Send it, within the time-out. Raises NotSent."""


def sender_of(address: str, route: Route, *, timeout: float = 10.0) -> Sender:
    """A sender to one address of a route. `timeout` in seconds is what one letter may take in all.

    Raises ConfigError for a service that is not known, an address that it does not take, and when apprise is missing.
    """
    try:
        if is_webhook(address):
            from pytest_synthetic.alerts.webhook import Webhook
            from pytest_synthetic.core.clock import SystemClock

            _must_be_ours(address)
            return Webhook(address, route.secret, timeout=timeout, now=SystemClock().now)
        from pytest_synthetic.alerts.service import Service

        return Service(address, timeout=timeout)
    except ConfigError as error:
        raise ConfigError(f"alerts.{route.name}: {error}") from None


def _must_be_ours(address: str) -> None:
    _host(address)
    if _is_native_host(address):
        raise ConfigError(f"{label(address)}: not a whole address of this service: copy it once more")


def check(route: Route) -> None:
    """Raise ConfigError for the first address of a route that is not set, or takes nothing. Nothing is sent."""
    for address in route.addresses():
        sender_of(address, route)


def label(address: str) -> str:
    """What people may see of an address: the scheme, and of a webhook the host."""
    if not is_webhook(address):
        return f"{_scheme(address)}://…"
    try:
        return f"{_scheme(address)}://{_host(address)}/…"
    except ConfigError:
        return f"{_scheme(address)}://…"


def is_webhook(address: str) -> bool:
    """Whether a program reads what is sent there: an http:// or https:// address that is no service's own."""
    if _scheme(address) not in _WEB:
        return False
    try:
        from pytest_synthetic.alerts import apprise_services

        return not apprise_services.is_native(address)
    except ConfigError:
        return not _is_native_host(address)


def _is_native_host(address: str) -> bool:
    """Whether an address is at a service whose own addresses apprise takes."""
    try:
        host = _host(address).partition(":")[0]
    except ConfigError:
        return False
    return any(host == known or host.endswith(f".{known}") for known in _NATIVE)


def _scheme(address: str) -> str:
    return address.partition("://")[0].lower()


def _host(address: str) -> str:
    """The host of a webhook, with its port when it has one. Raises ConfigError."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host:
        raise ConfigError(f"{_scheme(address)}://…: no usable address: expected {_scheme(address)}://host/path")
    return host if port is None else f"{host}:{port}"
