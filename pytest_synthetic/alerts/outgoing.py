"""What waits to be sent to one address: when it is tried again, and what need not be sent any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_synthetic.model.alerting import Turn

if TYPE_CHECKING:
    from collections.abc import Sequence

PAUSES = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
"""Seconds before the second try, the third, and so on; the last one is that of all that follow."""


class Waiting(NamedTuple):
    """A turn of an incident that one address is to be told of.

    `tries` are those that were begun: of none of them is it known that nothing arrived. `webhook`: a program reads it.
    """

    id: int
    incident: str
    turn: Turn
    tries: int
    webhook: bool


def pause(tries: int, after: float | None = None) -> float:
    """Seconds to wait after so many tries that failed. `after` is what the receiver asks for; a longer wait counts."""
    own = PAUSES[min(max(tries, 1), len(PAUSES)) - 1]
    return max(own, min(after or 0.0, PAUSES[-1] * 12))


def stale(rows: Sequence[Waiting]) -> frozenset[int]:
    """The ids of those that need not be sent any more, of what waits for one address and one incident, oldest first.

    People get one letter, for it says how the incident stands when it is sent: its opening when that waits, else the
    last turn. When it is over, they are told that, but nothing if they cannot have heard of it. Programs get all.
    """
    if not rows or rows[-1].webhook:
        return frozenset()
    opening = rows[0].turn is Turn.OPENED
    kept: int | None = rows[0].id if opening else rows[-1].id
    if rows[-1].turn is Turn.RESOLVED:
        unheard = opening and not any(row.tries for row in rows)
        kept = None if unheard else rows[-1].id
    return frozenset(row.id for row in rows if row.id != kept)
