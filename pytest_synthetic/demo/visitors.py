"""Who is in the shop: carts, addresses and sign-ups, by the id in the visitor's cookie."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Where an order goes."""

    name: str
    email: str
    street: str
    postcode: str
    city: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """A number to which a code was sent; `confirmed` once the code came back."""

    phone: str
    code: str
    confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """What the shop knows of one visitor; `cart` is quantity by slug."""

    cart: Mapping[str, int] = field(default_factory=dict)
    delivery: Delivery | None = None
    sign_up: SignUp | None = None

    @property
    def articles(self) -> int:
        """How many articles lie in the cart."""
        return sum(self.cart.values())

    def with_added(self, slug: str, quantity: int) -> "Visitor":
        """Return this visitor with `quantity` more of a product."""
        return replace(self, cart={**self.cart, slug: self.cart.get(slug, 0) + quantity})

    def with_removed(self, slug: str) -> "Visitor":
        """Return this visitor with none of a product."""
        return replace(self, cart={kept: quantity for kept, quantity in self.cart.items() if kept != slug})

    def with_empty_cart(self) -> "Visitor":
        """Return this visitor as they leave the till."""
        return replace(self, cart={})


class Visitors:
    """Every visitor of one shop; may be used from any thread."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._lock = threading.Lock()
        self._visitors: dict[str, Visitor] = {}

    def get(self, visitor_id: str | None) -> Visitor:
        """Return the visitor, or a new one if the id is not known."""
        with self._lock:
            return self._visitors.get(visitor_id or "", Visitor())

    def change(self, visitor_id: str, change: Callable[[Visitor], Visitor]) -> tuple[Visitor, Visitor]:
        """Apply `change` with nobody in between; returns the visitor before and after."""
        with self._lock:
            before = self._visitors.get(visitor_id, Visitor())
            after = change(before)
            self._visitors[visitor_id] = after
        return before, after
