"""What arrives in an inbox, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

Cursor: TypeAlias = bool | int | float | str | Sequence["Cursor"] | Mapping[str, "Cursor"] | None
"""What a provider has seen of an address so far, as plain JSON values: it may be kept and read by another process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where messages arrive: a phone number in E.164, a mail address, a path.

    `labels` say what people choose and judge by: `carrier`, `country`, `region`.
    """

    value: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as its provider tells of it.

    `id` is the provider's own and never comes twice for two messages. `arrived_at` is when the provider received it,
    in UTC, None when it does not say; `resolution` is how exact that is, in seconds. `text` is what a person reads;
    `html` is the source of the formatted part, if there is one.
    """

    id: str
    to: str
    sender: str
    text: str
    html: str | None = None
    subject: str | None = None
    arrived_at: datetime | None = None
    resolution: float = 1.0
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether a provider can be asked; `told` says in words what it is, or what is wrong and how to mend it."""

    ok: bool
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """A message awaited at `address`, opened before what triggers it.

    `cursor` (a Cursor) is what was there at `opened_at`; `within` is the promise and `give_up` the end of patience,
    in seconds; `matching` and `sender` say which messages answer.
    """

    id: str
    run_id: str
    journey: str
    channel: str
    address: str
    opened_at: datetime
    within: float | None
    give_up: float
    cursor: object = None
    matching: str | None = None
    sender: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressState:
    """What is remembered of an address between runs.

    `tainted_until`: a message given up on may still come until then, and would be taken for another run's.
    `awaited`: the expectations that were given up on. `consumed`: fingerprints of the messages already used, with the
    moment of use.
    """

    tainted_until: datetime | None = None
    awaited: tuple[Expectation, ...] = ()
    consumed: tuple[tuple[str, datetime], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LateMessage:
    """A message that came after its run had given up: `delay` is at least so many seconds since it was expected."""

    expectation: Expectation
    message_id: str
    seen_at: datetime
    delay: float
