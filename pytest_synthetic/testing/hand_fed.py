"""An inbox that a test fills."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pytest_synthetic.errors import InboxUnavailable
from pytest_synthetic.model.message import Address, Health, Message
from pytest_synthetic.testing.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.model.message import Cursor


class HandFedInbox:
    """An inbox provider fed by hand: `inbox.deliver("+33612345678", "123456 is your code")`.

    It keeps everything in memory and takes part in the contract tests of all providers.
    """

    channel = "sms"

    def __init__(self, *addresses: Address, clock: Clock | None = None) -> None:
        """`addresses` can be leased; without any, one is minted for each run."""
        self._addresses = addresses
        self._clock = clock or FakeClock()
        self._messages: list[tuple[float, Message]] = []
        self.down: str | None = None
        """Words that say why the provider cannot be asked, while it cannot."""

    def deliver(  # noqa: PLR0913  what a message is made of, by name
        self,
        to: str,
        text: str,
        *,
        sender: str = "Shop",
        id: str | None = None,  # noqa: A002  as in Message
        html: str | None = None,
        subject: str | None = None,
        after: float = 0.0,
    ) -> Message:
        """Let a message arrive `after` so many seconds of the inbox's clock; its `arrived_at` is that moment."""
        message = Message(
            id=id or str(len(self._messages) + 1),
            to=to,
            sender=sender,
            text=text,
            html=html,
            subject=subject,
            arrived_at=self._clock.now() + timedelta(seconds=after),
        )
        self._messages.append((self._clock.monotonic() + after, message))
        return message

    def addresses(self) -> Sequence[Address]:
        """The addresses given."""
        return self._addresses

    def mint(self, nonce: str) -> Address:
        """An address of its own for `nonce`."""
        return Address(value=f"inbox-{nonce}")

    def snapshot(self, address: Address) -> Cursor:
        """How many messages there are."""
        return len(self._arrived(address))

    def fetch_new(self, address: Address, cursor: Cursor) -> tuple[Sequence[Message], Cursor]:
        """The messages after the first `cursor`."""
        mine = self._arrived(address)
        seen = cursor if isinstance(cursor, int) else 0
        return mine[seen:], len(mine)

    def probe(self) -> Health:
        """Well, unless `down` says otherwise."""
        return Health(ok=self.down is None, told=self.down or "fed by hand")

    def _arrived(self, address: Address) -> list[Message]:
        """What is there, in the order of arrival; a message that comes later is never sorted before one that came."""
        if self.down is not None:
            raise InboxUnavailable(self.down)
        now = self._clock.monotonic()
        there = sorted((due for due in self._messages if due[0] <= now), key=lambda due: due[0])
        return [message for _, message in there if message.to == address.value]
