"""How the ticks of a schedule follow each other: evenly, or with nights and weekends between them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice
from typing import NamedTuple


class Stretch(NamedTuple):
    """So many times in a row the next tick comes after `gap` seconds."""

    gap: float
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """The gaps between ticks, in order; after the last they are taken to begin again. There is at least one."""

    stretches: tuple[Stretch, ...]

    @property
    def even(self) -> bool:
        """Whether all gaps are as long."""
        return self.shortest == self.longest

    @property
    def shortest(self) -> float:
        """The shortest gap, in seconds."""
        return min(stretch.gap for stretch in self.stretches)

    @property
    def longest(self) -> float:
        """The longest gap, in seconds."""
        return max(stretch.gap for stretch in self.stretches)

    @property
    def mean(self) -> float:
        """The mean gap, in seconds."""
        gaps = sum(stretch.times for stretch in self.stretches)
        return sum(stretch.gap * stretch.times for stretch in self.stretches) / gaps

    def most(self, ticks: int) -> float:
        """The most seconds from right after a tick until so many more have come.

        That begins with a gap that is longer than others: to leave out a short one in front of it, and to take one
        more at the end, makes no time shorter.
        """
        if self.even:
            return ticks * self.longest
        long = [number for number, stretch in enumerate(self.stretches) if stretch.gap > self.shortest]
        return max(self._after(number, ticks) for number in long)

    def _after(self, number: int, ticks: int) -> float:
        found = 0.0
        for stretch in islice(cycle(self.stretches), number, None):
            taken = min(stretch.times, ticks)
            found += taken * stretch.gap
            ticks -= taken
            if not ticks:
                break
        return found
