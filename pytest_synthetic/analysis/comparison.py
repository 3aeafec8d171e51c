"""Which steps take longer than before, told by arithmetic and not by eye.

A step is `slower` or `faster` when chance is no explanation, and the shift is at least the floor; `same` when the whole
interval of the shift lies within the floor; else it is `unknown`, and the reason says how many runs would tell.

Where many steps are looked at, some differ by chance. The limit is therefore on the share of false ones among those
that are told as changed, 5 % (Benjamini and Hochberg, "Controlling the false discovery rate", Journal of the Royal
Statistical Society B 57, 1995).

Measured with 100 steps of log-normal durations around one second (sigma 0.3). Without any change, a step was told as
changed in 52 of 1,000 comparisons with 10 runs a side, in 27 of 400 with 20, and in 9 of 200 with 50. Of steps that
became 20 % slower, 50 runs a side found 108 of 300; of steps that became 10 % slower, 300 runs found 78 of 100.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

from pytest_synthetic.analysis.percentiles import summary
from pytest_synthetic.analysis.rank_sum import MOST, RISK, shift
from pytest_synthetic.model.sla import spoken

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from pytest_synthetic.analysis.percentiles import Timing
    from pytest_synthetic.analysis.rank_sum import Shift

FEWEST = 8
"""Durations needed on either side.

With 7, even sets that do not overlap at all (a chance of 1 in 1,716) could not stand out among 100 steps; with 8, a
chance of 1 in 6,435, they do.
"""

Step = TypeVar("Step", bound="Hashable")


class Change(StrEnum):
    """What became of a step."""

    SLOWER = "slower"
    FASTER = "faster"
    SAME = "same"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The smallest shift that matters: `share` of the median before, and never less than `seconds`.

    By default 5 % and 20 ms: a customer notices neither 3 % of ten seconds nor 10 ms of forty.
    """

    share: float = 0.05
    seconds: float = 0.020

    def of(self, median: float) -> float:
        """The floor of a step that took `median` seconds before."""
        return max(self.share * median, self.seconds)


FLOOR = Floor()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What became of one step, and why it is told so.

    `before` and `after` are None where nothing was measured; `shift` and `floor` (in seconds) are None where there was
    too little. `chance` is that of the shift, raised for the number of steps that were compared with it.
    """

    change: Change
    reason: str
    before: Timing | None
    after: Timing | None
    shift: Shift | None = None
    chance: float | None = None
    floor: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared(Generic[Step]):
    """The steps of both sides in the order they had before, and those of one side only."""

    steps: Mapping[Step, Comparison]
    new: tuple[Step, ...]
    gone: tuple[Step, ...]


def compare(before: Sequence[float], after: Sequence[float], *, floor: Floor = FLOOR) -> Comparison:
    """Compare the durations of one step, in seconds and in order of time. Raises UsageError for what is no duration."""
    return compare_steps({"": before}, {"": after}, floor=floor).steps[""]


def compare_steps(
    before: Mapping[Step, Sequence[float]], after: Mapping[Step, Sequence[float]], *, floor: Floor = FLOOR
) -> Compared[Step]:
    """Compare each step of two sides: its durations in seconds, in order of time. Raises UsageError."""
    both = [step for step in before if step in after]
    timings = {step: (summary(before[step]), summary(after[step])) for step in both}
    shifts = {step: _shift(before[step], after[step]) for step in both}
    known = {step: found for step, found in shifts.items() if found}
    chances = dict(zip(known, adjusted([found.chance for found in known.values()]), strict=True))
    return Compared(
        steps={step: _compared(*timings[step], shifts[step], chances.get(step, 1.0), floor) for step in both},
        new=tuple(step for step in after if step not in before),
        gone=tuple(step for step in before if step not in after),
    )


def adjusted(chances: Sequence[float]) -> list[float]:
    """Each chance raised for the number of them, in their order: below 5 % it stands out among all."""
    order = sorted(range(len(chances)), key=lambda place: -chances[place])
    raised = [1.0] * len(chances)
    least = 1.0
    for rank, place in zip(range(len(chances), 0, -1), order, strict=True):
        least = min(least, chances[place] * len(chances) / rank)
        raised[place] = least
    return raised


def _shift(before: Sequence[float], after: Sequence[float]) -> Shift | None:
    return shift(before, after) if min(len(before), len(after)) >= FEWEST else None


def _compared(
    before: Timing | None, after: Timing | None, found: Shift | None, chance: float, floor: Floor
) -> Comparison:
    if not found or not before or not after:
        counts = f"{before.count if before else 0} runs before and {after.count if after else 0} after"
        reason = f"too few: {counts}; at least {FEWEST} each are needed"
        return Comparison(change=Change.UNKNOWN, reason=reason, before=before, after=after)
    least = floor.of(before.p50)
    change = _change(found, chance, least)
    said = _range(found)
    if change is Change.SAME:
        said += f"; less than {spoken(least)} counts as the same"
    elif change is Change.UNKNOWN:
        said += f"; {_what_would_tell(found, chance, least, before.count, after.count)}"
    return Comparison(change=change, reason=said, before=before, after=after, shift=found, chance=chance, floor=least)


def _change(found: Shift, chance: float, floor: float) -> Change:
    if -floor < found.low and found.high < floor:
        return Change.SAME
    if chance <= RISK and abs(found.seconds) >= floor:
        return Change.SLOWER if found.seconds > 0 else Change.FASTER
    return Change.UNKNOWN


def _range(found: Shift) -> str:
    """The interval in words: `30 ms to 90 ms slower`."""
    low, high = spoken(abs(found.low)), spoken(abs(found.high))
    if found.low >= 0:
        return f"{low} to {high} slower"
    if found.high <= 0:
        return f"{high} to {low} faster"
    return f"between {low} faster and {high} slower"


def _what_would_tell(found: Shift, chance: float, floor: float, before: int, after: int) -> str:
    """About how many runs would tell: the interval narrows with their root, and mostly does so at 0.6 floors a side."""
    if found.low * found.high > 0 and chance > RISK:
        return "among so many steps that may be chance"
    half = (found.high - found.low) / 2
    had = 2 / (1 / min(before, MOST) + 1 / min(after, MOST))
    runs = had * (half / (0.6 * floor)) ** 2
    if runs <= had:
        return f"that is about as much as counts, {spoken(floor)}"
    if runs > MOST:
        return f"its durations differ too much among themselves to tell {spoken(floor)}"
    return f"about {max(_rounded(runs), FEWEST)} runs on each side would tell {spoken(floor)}"


def _rounded(runs: float) -> int:
    """Up, to two digits: it is an estimate."""
    unit: int = 10 ** max(0, len(str(math.ceil(runs))) - 2)
    return math.ceil(runs / unit) * unit
