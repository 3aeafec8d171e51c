"""Which message answers an expectation, how late it was, and what an address remembers. Pure: time comes in."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pytest_synthetic.model.message import AddressState, Expectation, LateMessage, Message

if TYPE_CHECKING:
    from collections.abc import Sequence

TAINT = timedelta(minutes=15)
"""How long a message that was given up on is still expected: no code is valid longer."""
TWICE = timedelta(minutes=2)
"""Two messages of the same sender and text within this time are one, delivered twice."""


REMEMBERED = timedelta(hours=1)
"""How long a message is known as used: longer than `TAINT`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How long a message took, in seconds, as far as can be told: it was not there at `lower`, it was at `upper`."""

    lower: float
    upper: float

    def __str__(self) -> str:
        """`between 2.1 and 2.4 s`."""
        return f"between {self.lower:.1f} and {self.upper:.1f} s"


def answers(message: Message, *, matching: str | None, sender: str | None) -> bool:
    """Whether `message` is awaited: `matching` is looked for in its text, subject and HTML, `sender` in its sender."""
    told = (message.text, message.subject or "", message.html or "")
    return (matching is None or any(re.search(matching, part) for part in told)) and (
        sender is None or bool(re.search(sender, message.sender))
    )


def fingerprints(message: Message) -> tuple[str, str]:
    """The two names of a message: its provider's id, and its sender with its text."""
    told = hashlib.sha256("\0".join((message.sender, message.text, message.html or "")).encode()).hexdigest()[:24]
    return f"id:{message.id}", f"told:{told}"


def unused(messages: Sequence[Message], state: AddressState, now: datetime) -> list[Message]:
    """The messages that were not used before: by id, and by sender and text within two minutes."""
    if not messages:
        return []
    taken = {mark for mark, at in state.consumed if mark.startswith("id:") or now - at <= TWICE}
    fresh = []
    for message in messages:
        marks = set(fingerprints(message))
        if not marks & taken:
            fresh.append(message)
        taken |= marks
    return fresh


def consumed(state: AddressState, messages: Sequence[Message], now: datetime) -> AddressState:
    """`state` with `messages` marked as used; older marks are forgotten, such messages lie behind every cursor."""
    kept = [(mark, at) for mark, at in state.consumed if now - at <= REMEMBERED]
    marks = [(mark, now) for message in messages for mark in fingerprints(message)]
    return replace(state, consumed=(*kept, *marks))


def awaiting(state: AddressState, expectation: Expectation, now: datetime) -> AddressState:
    """`state` while a message is awaited, and after that was given up: tainted until it comes, or for 15 minutes."""
    others = answered(state, expectation).awaited
    return replace(state, tainted_until=now + TAINT, awaited=(*others, expectation))


def answered(state: AddressState, expectation: Expectation) -> AddressState:
    """`state` after the message has come: clean, unless another one is awaited."""
    left = tuple(other for other in state.awaited if other.id != expectation.id)
    return replace(state, awaited=left, tainted_until=state.tainted_until if left else None)


def is_tainted(state: AddressState, now: datetime) -> bool:
    """Whether a message of an earlier run may still come here."""
    return bool(state.tainted_until and now < state.tainted_until)


def rests(state: AddressState, now: datetime) -> bool:
    """Whether nothing but time clears the address: nobody knows what is still to come."""
    return is_tainted(state, now) and not state.awaited


def reconciled(
    state: AddressState, messages: Sequence[Message], now: datetime
) -> tuple[AddressState, tuple[LateMessage, ...]]:
    """Set what arrived since against what was given up on, oldest first; an address that awaits nothing is clean."""
    waiting, late = list(state.awaited), []
    fresh = unused(messages, state, now)
    for message in fresh:
        if awaited := next((e for e in waiting if answers(message, matching=e.matching, sender=e.sender)), None):
            waiting.remove(awaited)
            delay = _delay(awaited, message, now)
            late.append(LateMessage(expectation=awaited, message_id=message.id, seen_at=now, delay=delay))
    left = tuple(waiting) if is_tainted(state, now) else ()
    after = replace(consumed(state, fresh, now), awaited=left, tainted_until=state.tainted_until if left else None)
    return after, tuple(late)


def _delay(expectation: Expectation, message: Message, now: datetime) -> float:
    """At least so long: the provider's own time when it makes sense, else now, which is an upper bound."""
    arrived = message.arrived_at
    if arrived is None or arrived < expectation.opened_at:
        arrived = now
    return (arrived - expectation.opened_at).total_seconds()


def pause_after(waited: float) -> float:
    """Seconds until a provider without `wait_hint` is asked again, after `waited` seconds: ever less often."""
    if waited < 2:
        return 0.1
    return 0.5 if waited < 20 else 2.0
