"""Whose a request is: the product's own, or another party's."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_SHARED = frozenset({"ac", "co", "com", "edu", "gob", "gouv", "gov", "ne", "net", "nom", "or", "org"})
"""Second labels under which a country's registry gives out names, as in `shop.co.uk`. The list of all such names has
10,000 entries and changes weekly; these few cover what shops are called."""


def site(url: str | None) -> str | None:
    """The name somebody registered: `shop.example` for `https://www.shop.example/cart`; None where there is no host.

    An address of digits, and a name without a dot, stand for themselves.
    """
    try:
        host = (urlsplit(url or "").hostname or "").rstrip(".")
    except ValueError:
        return None
    labels = host.split(".")
    if len(labels) < 3 or _is_address(host):
        return host or None
    shared = len(labels[-1]) == 2 and labels[-2] in _SHARED
    return ".".join(labels[-3:] if shared else labels[-2:])


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
