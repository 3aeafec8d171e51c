"""To whom a mail was sent: the address that its server delivered it to, before the one that its sender wrote."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.message import Address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HEADERS = ("delivered-to", "x-original-to", "x-delivered-to", "envelope-to", "to", "cc")
"""Where an address may stand, the most trustworthy first: servers write the first four, the sender the others."""

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"@]+@[^\s<>()\[\],;:\"@]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """The addresses whose mail lies in one folder: a fixed `pool`, else those made from `box` by plus-addressing.

    Raises UsageError when there is neither, or `box` is no address.
    """

    box: str | None
    pool: Sequence[Address] = ()

    def __post_init__(self) -> None:
        """Check what is given."""
        for value in (self.box, *(address.value for address in self.pool)):
            if value is not None and not _ADDRESS.fullmatch(value):
                raise UsageError(f'{value!r} is no mail address: expected one such as "box@shop.example"')
        if self.box is None and not self.pool:
            raise UsageError('no address: write address = "box@shop.example", the address of the mailbox')

    def mint(self, nonce: str) -> Address:
        """`box+NONCE@shop.example`. Raises UsageError for a fixed pool without a box."""
        if self.box is None:
            raise UsageError('addresses can be made of one address only: write address = "box@shop.example"')
        local, _, domain = self.box.partition("@")
        return Address(value=f"{local}+{nonce}@{domain}")

    def is_to(self, address: str, headers: Mapping[str, Sequence[str]]) -> bool:
        """Whether the mail with `headers` (by name in lower case) was sent to `address`.

        The first header that names an address of ours decides. One that only names the mailbox itself does not: some
        servers take the tag away.
        """
        for name in HEADERS:
            for value in headers.get(name, ()):
                named = {found.lower() for found in _ADDRESS.findall(value)}
                if address.lower() in named:
                    return True
                if any(self._is_ours(one) for one in named):
                    return False
        return False

    def _is_ours(self, address: str) -> bool:
        if self.pool:
            return any(address == known.value.lower() for known in self.pool)
        local, _, domain = (self.box or "").lower().partition("@")
        return address.startswith(f"{local}+") and address.endswith(f"@{domain}")
