"""Apdex: one number between 0 and 1 for how content customers are with the time a journey takes.

Source: Apdex Alliance, "Application Performance Index - Technical Specification", version 1.1 (2007).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.verdict import UNSAID, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

TOLERATED = 4
"""So many times the limit a customer bears, and is not content."""
SMALL_GROUP = 100
"""Fewer runs than these are marked: the specification shows a star beside the number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Apdex:
    """Runs within the `limit` (seconds), within four times the limit, and all others, failed ones among them."""

    limit: float
    satisfied: int
    tolerating: int
    frustrated: int

    @property
    def said(self) -> int:
        """Runs that count."""
        return self.satisfied + self.tolerating + self.frustrated

    @property
    def score(self) -> float | None:
        """`(satisfied + tolerating / 2) / all`; None when there is no run."""
        return (self.satisfied + self.tolerating / 2) / self.said if self.said else None

    @property
    def is_small(self) -> bool:
        """Whether the runs are too few for the number to say much."""
        return self.said < SMALL_GROUP


def apdex(runs: Iterable[tuple[Verdict, float | None]], limit: float) -> Apdex:
    """The index of runs, given as verdict and duration in seconds. `limit` is the journey's SLA.

    A failed run is frustrating however quick it was. A run that could not say anything, or has no duration, is left
    out. Raises UsageError for a limit that is no time.
    """
    if not limit > 0:
        raise UsageError(f"limit={limit!r}: expected seconds above zero, the SLA of the journey")
    counted = [0, 0, 0]
    for verdict, duration in runs:
        if verdict is Verdict.FAILED:
            counted[2] += 1
        elif verdict not in UNSAID and duration is not None:
            counted[(duration > limit) + (duration > TOLERATED * limit)] += 1
    return Apdex(limit=limit, satisfied=counted[0], tolerating=counted[1], frustrated=counted[2])
