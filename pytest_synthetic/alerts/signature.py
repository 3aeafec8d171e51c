"""How webhooks are signed: HMAC-SHA256 over the time and the body, as Stripe's are."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

HEADER = "X-Synthetic-Signature"


def signature(secret: str, body: bytes, at: datetime) -> str:
    """The value of the header: `t=SECONDS,v1=HEX`, the hexadecimal HMAC of `SECONDS.BODY`."""
    seconds = int(at.timestamp())
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"
