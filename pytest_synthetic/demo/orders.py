"""Orders, kept in memory."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Channel = Literal["web", "api"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """So many of one product; `cents` is the price of one, in euro cents, when it was ordered."""

    slug: str
    quantity: int
    cents: int

    @property
    def total(self) -> int:
        """The price of the line in euro cents."""
        return self.quantity * self.cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a customer bought; `channel` says whether through the pages or the API."""

    id: str
    lines: tuple[Line, ...]
    email: str
    channel: Channel
    created_at: datetime

    @property
    def total(self) -> int:
        """The price of the order in euro cents."""
        return sum(line.total for line in self.lines)

    def to_json(self) -> dict[str, object]:
        """Return the order as the API gives it; prices and `total` are numbers of euros."""
        items = [{"slug": line.slug, "quantity": line.quantity, "price": line.cents / 100} for line in self.lines]
        return {
            "id": self.id,
            "items": items,
            "total": self.total / 100,
            "currency": "EUR",
            "email": self.email,
            "channel": self.channel,
            "created_at": self.created_at.isoformat(),
        }


class OrderBook:
    """Every order of one shop; may be used from any thread."""

    def __init__(self, tag: str) -> None:
        """Start without orders; the first will be `KS-<tag>-0001`."""
        # The tag differs from one start of the shop to the next: a clean-up left over from before a restart
        # must not delete the order that has the same number today.
        self._tag = tag
        self._lock = threading.Lock()
        self._count = 0
        self._orders: dict[str, Order] = {}

    def create(self, *, lines: Sequence[Line], email: str, channel: Channel, now: datetime) -> Order:
        """Add an order under a number that no other order has had."""
        with self._lock:
            self._count += 1
            order = Order(
                id=f"KS-{self._tag}-{self._count:04d}",
                lines=tuple(lines),
                email=email,
                channel=channel,
                created_at=now,
            )
            self._orders[order.id] = order
        return order

    def get(self, order_id: str) -> Order | None:
        """Return the order, or None if there is none (any more)."""
        with self._lock:
            return self._orders.get(order_id)

    def delete(self, order_id: str) -> bool:
        """Remove the order; False if there was none."""
        with self._lock:
            return self._orders.pop(order_id, None) is not None
