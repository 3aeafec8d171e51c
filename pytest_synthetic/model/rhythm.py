"""How the ticks of a schedule follow each other: evenly, or with nights and weekends between them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    def usual(self) -> float:
        """The gap, in seconds, than which most are no longer: by day 5 min, whatever there is at night."""
        ordered = sorted(self.stretches)
        counted = list(accumulate(stretch.times for stretch in ordered))
        return ordered[bisect_right(counted, counted[-1] // 2)].gap

    @property
    def mean(self) -> float:
        """The mean gap, in seconds."""
        gaps = sum(stretch.times for stretch in self.stretches)
        return sum(stretch.gap * stretch.times for stretch in self.stretches) / gaps

    def most(self, ticks: int) -> float:
        """The most seconds from right after a tick until so many more have come."""
        return max(self._spans(ticks))

    def least(self, ticks: int) -> float:
        """The least seconds from a tick until so many more have come."""
        return min(self._spans(ticks))

    def within(self, seconds: float) -> int:
        """The most ticks that come after one in so many seconds, the last moment included."""
        return bisect_right(range(1, int(seconds // self.shortest) + 1), seconds, key=self.least)

    def _spans(self, ticks: int) -> Iterator[float]:
        """How long so many gaps in a row take that begin where the gap changes, and that end there.

        To begin a gap later makes all of it longer, or shorter, until one of its ends is where the gap changes: so no
        others take more, or less.
        """
        twice, count = self.stretches * 2, len(self.stretches)
        ends = list(accumulate((stretch.times for stretch in twice), initial=0))
        moments = list(accumulate((stretch.gap * stretch.times for stretch in twice), initial=0.0))
        whole, rest = divmod(ticks, ends[count])

        def at(tick: int) -> float:
            number = max(0, bisect_left(ends, tick) - 1)
            return moments[number] + (tick - ends[number]) * twice[number].gap

        for number in range(count):
            yield whole * moments[count] + at(ends[number] + rest) - moments[number]
            yield whole * moments[count] + moments[number + count] - at(ends[number + count] - rest)
