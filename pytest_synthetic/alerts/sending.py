"""Letters sent to addresses: one of a service of apprise, or a webhook of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pytest_synthetic.model.alerting import Letter, Route


class NotSent(Exception):
    """A letter did not get through. The message says why in words, and never holds the address.

    `final`: trying again is of no use. `after`: seconds that the receiver asks to be left alone.
    """

    def __init__(self, reason: str, *, final: bool = False, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final
        self.after = after


class Sender(Protocol):
    """Takes letters to one address."""

    def send(self, letter: Letter) -> None:
        """Send it, within the time-out. Raises NotSent."""


def sender_of(address: str, route: Route, *, timeout: float = 10.0) -> Sender:
    """A sender to one address of a route. `timeout` in seconds is what one letter may take in all.

    Raises ConfigError for a service that is not known, an address that it does not take, and when apprise is missing.
    """
    raise NotImplementedError


def check(route: Route) -> None:
    """Raise ConfigError for the first address of a route that nothing can be sent to. Nothing is sent."""
    raise NotImplementedError


def label(address: str) -> str:
    """What people may see of an address: the scheme, and of a webhook the host."""
    raise NotImplementedError


def is_webhook(address: str) -> bool:
    """Whether a program reads what is sent there: an http:// or https:// address that is no service's own."""
    raise NotImplementedError
