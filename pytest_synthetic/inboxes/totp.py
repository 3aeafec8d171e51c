"""Codes of an authenticator app, computed from its secret (RFC 6238)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from pytest_synthetic.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pytest_synthetic.core.ports import Clock

ALGORITHMS = ("sha1", "sha256", "sha512")
MARGIN = 3.0
"""Seconds before the end of a window in which no code is handed out: typing and sending it takes about as long."""

_EXPECTED = 'the base32 text shown beside the QR code ("JBSW Y3DP EHPK 3PXP"), or its otpauth:// address'


class Claims:
    """The windows of one account whose codes were handed out by this process."""

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def __call__(self, window: int) -> bool:
        """Take a window; false when it was taken before."""
        if window in self._taken:
            return False
        self._taken.add(window)
        return True


class Totp:
    """The codes of one account.

    `secret` is base32 of any length, in any case, with or without spaces, dashes and padding, or an `otpauth://totp/`
    address, whose own digits, period and algorithm then count. `digits` is 6 to 10, `period` in seconds.
    Raises UsageError, which never shows the secret. Keep one for each account: it remembers what it handed out.
    """

    def __init__(  # noqa: PLR0913 -- RFC 6238 has this many parameters
        self,
        secret: str,
        *,
        clock: Clock,
        sleep: Callable[[float], None] | None = None,
        claim: Callable[[int], bool] | None = None,
        digits: int = 6,
        period: int = 30,
        algorithm: str = "sha1",
    ) -> None:
        """`sleep` waits for as many seconds as it is given; without it `fresh` cannot be asked.

        `claim` takes a window (its number) for this account, and is false when its code was handed out already.
        """
        given = {"secret": secret, "digits": digits, "period": period, "algorithm": algorithm}
        if secret.strip().lower().startswith("otpauth:"):
            given |= _read_address(secret.strip())
        self._key = _decode(str(given["secret"]))
        self._digits = _whole("digits", given["digits"], 6, 10)
        self._period = _whole("period", given["period"], 1, 86_400)
        self._hash = _algorithm(str(given["algorithm"]))
        self._clock, self._sleep = clock, sleep
        self._claim = claim or Claims()

    def __repr__(self) -> str:
        """Without the secret: this stands in tracebacks."""
        return f"Totp({self._digits} digits, {self._period} s, {self._hash})"

    def code(self, at: datetime) -> str:
        """The code at a moment, which must know its zone (else ValueError)."""
        if at.tzinfo is None:
            raise ValueError(f"{at!r} does not know its zone: a code depends on it")
        return self._at(int(at.timestamp() // self._period))

    def fresh(self) -> str:
        """A code that is new and stays valid for at least 3 s (a tenth of the period when that is less).

        Waits for the next window when the present one is about to end or its code was handed out already: servers
        refuse a code they have seen (RFC 6238, section 5.2). Raises UsageError when there is no `sleep`.
        """
        if self._sleep is None:
            raise UsageError("Totp(sleep=...) is missing: fresh() may have to wait for the next window")
        margin = min(MARGIN, self._period / 10)
        while True:
            now = self._clock.now().timestamp()
            window = int(now // self._period)
            left = (window + 1) * self._period - now
            if left >= margin and self._claim(window):
                return self._at(window)
            self._sleep(max(left, 0.001))

    def _at(self, window: int) -> str:
        digest = hmac.new(self._key, window.to_bytes(8, "big"), self._hash).digest()
        offset = digest[-1] & 15  # RFC 4226, section 5.3
        number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
        return str(number % 10**self._digits).zfill(self._digits)


def _decode(secret: str) -> bytes:
    text = re.sub(r"[\s=-]", "", secret).upper()
    if not text:
        raise UsageError(f"the TOTP secret is empty; expected {_EXPECTED}")
    if strange := sorted(set(text) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")):
        raise UsageError(
            f"the TOTP secret is not base32: {len(strange)} of its characters are neither A-Z nor 2-7"
            f"{' (0, 1, 8 and 9 do not occur in base32)' if set(strange) & set('0189') else ''}; expected {_EXPECTED}"
        )
    try:
        return base64.b32decode(text + "=" * (-len(text) % 8))
    except binascii.Error:
        raise UsageError(
            f"the TOTP secret is cut off: base32 never has {len(text)} characters; expected {_EXPECTED}"
        ) from None  # the cause's frames hold the secret


def _read_address(address: str) -> dict[str, str]:
    """The parameters of a key URI (github.com/google/google-authenticator/wiki/Key-Uri-Format)."""
    try:
        parts = urlsplit(address)
    except ValueError:
        raise UsageError(f"the otpauth:// address cannot be read; expected {_EXPECTED}") from None
    if parts.netloc.lower() != "totp":
        raise UsageError("the otpauth:// address is not of the kind totp: codes that count (hotp) have no time")
    known = {"secret", "digits", "period", "algorithm"}
    found = {name.lower(): value for name, value in parse_qsl(parts.query) if name.lower() in known}
    if "secret" not in found:
        raise UsageError(f"the otpauth:// address has no secret=; expected {_EXPECTED}")
    return found


def _whole(name: str, value: object, least: int, most: int) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and least <= int(text[:9]) <= most):
        raise UsageError(f"TOTP {name}={value!r} cannot be; expected a whole number from {least} to {most}")
    return int(text)


def _algorithm(name: str) -> str:
    plain = name.lower().replace("-", "").removeprefix("hmac")
    if plain not in ALGORITHMS or plain not in hashlib.algorithms_available:
        raise UsageError(f"TOTP algorithm={name!r} is unknown. Valid: {', '.join(ALGORITHMS)}.")
    return plain
