"""The fake SMS gateway: what the shop sends waits in an outbox until it is due."""

import re
import threading
from dataclasses import dataclass
from datetime import datetime

CARRIERS = ("Alto Mobile", "Bravo Telecom", "Cirrus")
"""Invented carriers; a number belongs to the one at its last digit modulo three."""

_E164 = re.compile(r"\+[1-9]\d{7,14}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """One text message; times are aware UTC, and `arrives_at` is None for a message that is lost on its way."""

    id: str
    to: str
    body: str
    sent_at: datetime
    arrives_at: datetime | None
    sender: str = "KETTLESHOP"

    @property
    def carrier(self) -> str:
        """The carrier of the receiving number."""
        return CARRIERS[int(self.to[-1]) % len(CARRIERS)]

    def to_json(self) -> dict[str, str]:
        """Return `{"id", "to", "from", "body", "sent_at", "carrier"}`; `sent_at` is ISO 8601 in UTC."""
        return {
            "id": self.id,
            "to": self.to,
            "from": self.sender,
            "body": self.body,
            "sent_at": self.sent_at.isoformat(),
            "carrier": self.carrier,
        }


def read_phone(text: str) -> str | None:
    """Return an international number as `+33612345678`, or None if `text` is not one."""
    digits = re.sub(r"[\s.()-]", "", text)
    number = "+" + digits[2:] if digits.startswith("00") else digits
    return number if _E164.fullmatch(number) else None


class Gateway:
    """Accepts messages and shows those that have arrived; may be used from any thread."""

    def __init__(self) -> None:
        """Start with an empty outbox."""
        self._lock = threading.Lock()
        self._accepted: list[Sms] = []

    def send(self, sms: Sms) -> None:
        """Accept a message, to be shown from its `arrives_at` on."""
        with self._lock:
            self._accepted.append(sms)

    def delivered(self, to: str, now: datetime) -> list[Sms]:
        """Return the messages to the number `to` that have arrived by `now`, the first to arrive first."""
        with self._lock:
            accepted = tuple(self._accepted)
        arrived = [
            (sms.arrives_at, sms)
            for sms in accepted
            if sms.to == to and sms.arrives_at is not None and sms.arrives_at <= now
        ]
        return [sms for _, sms in sorted(arrived, key=lambda pair: pair[0])]
