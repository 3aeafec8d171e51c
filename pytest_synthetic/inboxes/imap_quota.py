"""How full a mailbox is (RFC 9208), in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How much of a mailbox is used, in bytes or in messages (`unit`)."""

    used: int
    limit: int
    unit: str


def read_quotas(told: str) -> list[Quota]:
    """Out of a server's QUOTA answers: `"User" (STORAGE 10 512)`, where storage is in units of 1024 bytes."""
    found = re.findall(r"\b(STORAGE|MESSAGE) (\d+) (\d+)", told, re.IGNORECASE)
    return [
        Quota(used=int(used), limit=int(limit), unit="messages")
        if kind.upper() == "MESSAGE"
        else Quota(used=int(used) * 1024, limit=int(limit) * 1024, unit="bytes")
        for kind, used, limit in found
    ]


def fullness(quotas: Sequence[Quota], share: float) -> str | None:
    """What is to be told of the fullest quota, when at least `share` of it is used."""
    fullest = max(quotas, key=lambda quota: quota.used / max(quota.limit, 1), default=None)
    if fullest is None or fullest.limit == 0 or fullest.used < share * fullest.limit:
        return None
    most = f"{fullest.limit} messages" if fullest.unit == "messages" else _size(fullest.limit)
    percent = f"{100 * fullest.used // fullest.limit} % of {most}"
    if fullest.used >= fullest.limit:
        return f"the mailbox is full: {percent}; messages are refused. Delete old ones"
    return f"the mailbox is nearly full: {percent}. Delete old messages"


def _size(size: int) -> str:
    return f"{size / 1024**2:.3g} MB" if size >= 1024**2 else f"{size / 1024:.3g} kB"
