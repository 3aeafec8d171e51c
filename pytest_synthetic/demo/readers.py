"""Readers of what clients send: JSON bodies and forms into values, or a complaint a person can act on."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pytest_synthetic.demo.catalogue import CATALOGUE
from pytest_synthetic.demo.orders import Line
from pytest_synthetic.demo.visitors import Delivery

MOST_OF_ONE = 99
"""The largest quantity of one product that is sold at once."""

_EXAMPLE = '{"items": [{"slug": "kettle", "quantity": 1}], "email": "a@b.example"}'
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class UnreadableError(ValueError):
    """What a client sent cannot be used; the message says where and what was expected."""


def read_order(body: Any) -> tuple[list[Line], str]:
    """Read `{"items": [{"slug", "quantity"}], "email"}` into priced lines and the email; raises UnreadableError."""
    if not isinstance(body, dict):
        msg = f"the body must be a JSON object like {_EXAMPLE}"
        raise UnreadableError(msg)
    items = body.get("items")
    if not isinstance(items, list) or not items:
        msg = "items: expected a list of at least one item"
        raise UnreadableError(msg)
    lines = [read_line(item, where=f"items[{index}]") for index, item in enumerate(items)]
    return lines, _read_email(body.get("email"))


def read_line(item: Any, *, where: str = "item") -> Line:
    """Read `{"slug", "quantity"}` at today's price; raises UnreadableError, whose message starts with `where`."""
    if not isinstance(item, dict):
        msg = f'{where}: expected an object like {{"slug": "kettle", "quantity": 1}}'
        raise UnreadableError(msg)
    slug, quantity = item.get("slug"), item.get("quantity")
    if not isinstance(slug, str) or slug not in CATALOGUE:
        msg = f"{where}.slug: {no_such_product(slug)}"
        raise UnreadableError(msg)
    # bool is an int to Python, and true is no quantity to a customer.
    if isinstance(quantity, bool) or not isinstance(quantity, int) or not 1 <= quantity <= MOST_OF_ONE:
        msg = f"{where}.quantity: expected a whole number from 1 to {MOST_OF_ONE}, got {quantity!r}"
        raise UnreadableError(msg)
    return Line(slug=slug, quantity=quantity, cents=CATALOGUE[slug].cents)


def no_such_product(slug: object) -> str:
    """Say that no product has this slug, and which one is nearest."""
    close = get_close_matches(str(slug), CATALOGUE, n=1, cutoff=0.0)
    return f"no product is called {slug!r}; the nearest is {close[0]!r}"


def read_delivery(form: Mapping[str, str]) -> Delivery | None:
    """Read the address form; None if a field is empty or the email is not one."""
    values = {name: form.get(name, "").strip() for name in Delivery.__slots__}
    if not all(values.values()) or not _EMAIL.fullmatch(values["email"]):
        return None
    return Delivery(**values)


def _read_email(value: object) -> str:
    if isinstance(value, str) and _EMAIL.fullmatch(value):
        return value
    msg = f"email: expected an address like a@b.example, got {value!r}"
    raise UnreadableError(msg)
