"""Doubles for users' own tests, under the same contract tests as the real parts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pytest_synthetic.errors import InboxUnavailable
from pytest_synthetic.model.message import Address, Health, Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.model.message import Cursor

__all__ = ["FakeClock", "HandFedInbox"]


class FakeClock:
    """A clock that stands still until it is moved: `clock.advance(2.5)`."""

    def __init__(self, *, now: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        """`now` is where it starts; it must know its zone."""
        self._start = now.astimezone(UTC)
        self._passed = 0.0

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._passed

    def now(self) -> datetime:
        """The present moment in UTC."""
        return self._start + timedelta(seconds=self._passed)

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass, zero or more; raises ValueError for less."""
        if seconds < 0:
            raise ValueError(f"time does not go back: advance({seconds})")
        self._passed += seconds


class HandFedInbox:
    """An inbox provider fed by hand: `inbox.deliver("+33612345678", "123456 is your code")`.

    It keeps everything in memory and takes part in the contract tests of all providers.
    """

    channel = "sms"

    def __init__(self, *addresses: Address, clock: Clock | None = None) -> None:
        """`addresses` can be leased; without any, one is minted for each run."""
        self._addresses = addresses
        self._clock = clock or FakeClock()
        self._messages: list[Message] = []
        self.down: str | None = None
        """Words that say why the provider cannot be asked, while it cannot."""

    def deliver(self, to: str, text: str, *, sender: str = "Shop", id: str | None = None) -> Message:  # noqa: A002
        """Let a message arrive now."""
        number = str(len(self._messages) + 1)
        arrived = self._clock.now()
        message = Message(id=id or number, to=to, sender=sender, text=text, arrived_at=arrived)
        self._messages.append(message)
        return message

    def addresses(self) -> Sequence[Address]:
        """The addresses given."""
        return self._addresses

    def mint(self, nonce: str) -> Address:
        """An address of its own for `nonce`."""
        return Address(value=f"inbox-{nonce}")

    def snapshot(self, address: Address) -> Cursor:
        """How many messages there are."""
        self._ask()
        return sum(message.to == address.value for message in self._messages)

    def fetch_new(self, address: Address, cursor: Cursor) -> tuple[Sequence[Message], Cursor]:
        """The messages after the first `cursor`."""
        self._ask()
        mine = [message for message in self._messages if message.to == address.value]
        seen = cursor if isinstance(cursor, int) else 0
        return mine[seen:], len(mine)

    def probe(self) -> Health:
        """Well, unless `down` says otherwise."""
        return Health(ok=self.down is None, told=self.down or "fed by hand")

    def _ask(self) -> None:
        if self.down is not None:
            raise InboxUnavailable(self.down)
