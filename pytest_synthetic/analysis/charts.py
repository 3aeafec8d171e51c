"""Charts that tell more failures from chance: their steps, their thresholds, and how often they are wrong.

A chart is a Bernoulli CUSUM (E. S. Page, "Continuous Inspection Schemes", Biometrika 41, 1954; M. R. Reynolds and
Z. G. Stoumbos, "A CUSUM chart for monitoring a proportion when inspecting continuously", Journal of Quality Technology
31, 1999). It asks whether a share p1 of runs fails rather than the usual p0. On whole numbers it rises by m with a
failed run and falls by 1 with a good one, never below 0, and alarms at h:

    m = log(p1 / p0) / log((1 - p0) / (1 - p1)), rounded

**An outage** has one chart for each region, from which the failures of that region are struck out. Something is wrong
when every chart is at h: whichever region is left out, the others say so. One bad region leaves its own chart at 0
however long it is bad. False alarms are bounded: at one, the newest failure is in some region r, and the chart without
r was at h before it. That chart knows nothing of r's failures, so that in n runs no more than n p0 P(chart >= h) false
alarms are expected. The probability is that of the chart in the long run, with its cap, from the balance of what
climbs over each level and what falls through it, where q = p0 (1 - 1 / regions):

    P(i) (1 - p0) = q (P(i - m) + ... + P(i - 1))

**A region, a leak, an outage as seen from one region alone** have a single chart. Its average run length is exact. With
W(1) = 1, V(1) = 0, both 0 before, W(y + 1) = (W(y) - p0 W(y - m)) / (1 - p0) and V(y + 1) = (1 + V(y) - p0 V(y - m)) /
(1 - p0), a chart at m is back at 0 before h with probability W(h - m) / W(h), and

    ARL = (1 / p0 + V(h) W(h - m) / W(h) - V(h - m)) / (1 - W(h - m) / W(h))

At 864 runs a day and one false alarm in 90 days: p0 = 1 %, p1 = 20 % gives m = 14 and h = 41, which three failures in a
row reach; 0.5 % and 10 % give 30 and 80; 0.5 % and 2 % give 91 and 394.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pytest_synthetic.analysis.intervals import jeffreys

if TYPE_CHECKING:
    from collections.abc import Iterator

A_FALSE_ALARM = 90.0
"""Days in which each kind of alarm may be false once."""
OUTAGE_SHARE, OUTAGE_TIMES = 0.07, 5
"""An outage is looked for where so many runs fail, and at least so many times as many as usual.

With 3 regions, a run each every 5 minutes: a chart for larger shares finds 10 % later, one for smaller shares 30 %.
"""
LEAK_TIMES = 4
LONGEST_HICCUP = 1500.0
"""Seconds that one region may be bad by itself: routes and proxies have such moments. See `_fewest`."""
FEWEST, MOST = 3, 6
LEAST_P0, MOST_P0 = 0.002, 0.1
PRIOR_FAILED, PRIOR_SAID = 1.0, 200.0
FARTHEST = 20_000
"""No threshold is looked for above."""


class Limits(NamedTuple):
    """What a journey's charts rise by, and at which values they alarm. A chart stops at its `most`."""

    step: int
    outage: int
    region: int
    slow_step: int
    slow: int

    @property
    def most(self) -> int:
        """Half a step above the threshold: high enough for failures a while apart, low enough to be down soon."""
        return self.outage + self.step // 2


def step(p0: float, p1: float) -> int:
    """What a chart rises by with a failed run."""
    return max(2, round(math.log(p1 / p0) / math.log((1 - p0) / (1 - p1))))


def run_lengths(p0: float, rise: int) -> Iterator[float]:
    """The average run lengths of a single chart with the thresholds 1, 2, 3 and so on, exactly."""
    w, v = [0.0] * rise + [0.0, 1.0], [0.0] * (rise + 2)  # of -rise to 1
    for h in range(1, FARTHEST):
        here, back = h + rise, h  # the places of h and h - rise
        home = w[back] / w[here]
        yield (1 / p0 + v[here] * home - v[back]) / (1 - home)
        w.append((w[here] - p0 * w[back]) / (1 - p0))
        v.append((1 + v[here] - p0 * v[back]) / (1 - p0))


def tail(p0: float, rise: int, threshold: int, regions: int) -> float:
    """The share of time that a chart with one of several regions struck out is at its threshold or above."""
    climb = p0 * (1 - 1 / regions) / (1 - p0)
    most = threshold + rise // 2
    at, window = [1.0], 1.0
    for i in range(1, most + 1):
        at.append(climb * window)
        window += at[i] - (at[i - rise] if i >= rise else 0.0)
    return math.fsum(at[threshold:]) / math.fsum(at)


def limits(p0: float, regions: int, runs_per_day: float) -> Limits:
    """The charts of a journey that is seen from so many regions."""
    return _limits(_up(min(max(p0, LEAST_P0), MOST_P0)), max(regions, 1), _up(max(runs_per_day, 1.0)))


def _up(value: float) -> float:
    """Two digits, rounded up: journeys that hardly differ share their thresholds."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return round(math.ceil(round(value / unit, 9)) * unit, 9)


@lru_cache(maxsize=4096)
def _limits(p0: float, regions: int, runs_per_day: float) -> Limits:
    p1 = max(OUTAGE_SHARE, OUTAGE_TIMES * p0)
    rise, slow_rise = step(p0, p1), step(p0, LEAK_TIMES * p0)
    runs = A_FALSE_ALARM * runs_per_day
    alone = _single(p0, rise, runs)
    return Limits(
        step=rise,
        outage=alone if regions == 1 else _joint(p0, rise, regions, runs),
        region=max(alone, _fewest(runs_per_day / regions) * rise),
        slow_step=slow_rise,
        slow=_single(p0, slow_rise, runs),
    )


def _single(p0: float, rise: int, runs: float) -> int:
    """The lowest threshold of a single chart with one false alarm in so many runs, or fewer."""
    return next((h for h, length in enumerate(run_lengths(p0, rise), 1) if length >= runs), FARTHEST)


def _joint(p0: float, rise: int, regions: int, runs: float) -> int:
    """Likewise of charts that must all be above."""
    low, high, allowed = 0, 1, 1 / (runs * p0)
    while high < FARTHEST and tail(p0, rise, high, regions) > allowed:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if tail(p0, rise, middle, regions) > allowed else (low, middle)
    return high


def _fewest(runs_per_day: float) -> int:
    """Failures in a row without which no single region is a problem: more than fit into a hiccup."""
    return min(max(math.ceil(LONGEST_HICCUP * runs_per_day / 86_400) + 1, FEWEST), MOST)


@lru_cache(maxsize=4096)
def surprising(failed: int, said: int) -> int:
    """After how many good runs in a row it would be a surprise if an incident with so many failures went on.

    Were the share of failures as low as the counts allow (the 5 % point of Jeffreys), n good runs would follow a
    failure with probability (1 - share)^n. It is asked after each failure, so that each has its part of the 5 %: in
    an incident of 65 failures a wrong "over" would come 3 times otherwise. (A. Wald, Sequential
    Analysis, 1947, for deciding
    while runs come in.)
    """
    found = jeffreys(failed, max(failed, said), 0.9)
    if found is None or failed == 0:
        return 1
    return max(1, math.ceil(math.log(0.05 / failed) / math.log1p(-min(found[0], 0.999))))


def learnt(failed: int, said: int) -> float:
    """The share of runs that fail although nothing is wrong, of a history that leaves out what was wrong.

    The mean of Beta(1 + failed, 199 + said - failed). That prior says 0.5 %, what journeys through a browser usually
    have, and weighs as much as 200 runs: little beside a day of runs every 5 minutes, and enough that a new journey is
    neither blind nor jumpy. Between 0.2 and 10 %: below, one failure would be an outage; above, the journey needs
    repair and no chart can help.
    """
    share = (PRIOR_FAILED + failed) / (PRIOR_SAID + max(said, failed))
    return min(max(share, LEAST_P0), MOST_P0)
