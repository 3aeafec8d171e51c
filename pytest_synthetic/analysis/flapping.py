"""Whether something comes and goes: Icinga's formula, over moments instead of checks.

Icinga 2 (icinga.com/docs/icinga-2, "Check Flapping") looks at the last 20 checks. Each one whose state differs from
that before counts, the newest most: its weight grows in equal steps of 0.02 from 0.8 to 1.18. The sum of the weights of
the changes, divided by 20, is the flapping value. Above 30 % something flaps, below 25 % it no longer does.

An incident is not checked: it is over or comes back at some moment, a flip. So the last 100 minutes are cut into 20
slots of 5 minutes, and a slot with at least one flip counts as a check with another state. An example:

    a flip in each of the 5 newest slots   (1.10 + 1.12 + 1.14 + 1.16 + 1.18) / 20 = 28.5 %
    and in the one before                  28.5 % + 1.08 / 20 = 33.9 %: it flaps
    the same six, 55 minutes later         (0.86 + 0.88 + 0.90 + 0.92 + 0.94 + 0.96) / 20 = 27.3 %: it flaps still
    the same six, 75 minutes later         the first is forgotten, (0.80 + ... + 0.88) / 20 = 21 %: it is still

What is down for 20 minutes of every 40 has too few flips in 100 minutes, and would be told of 70 times a day. So the
same value is taken over 20 slots of 20 minutes too: six flips in as many slots are flapping there. That ends an hour
after the last flip: what stays down must not be kept quiet for longer.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

SLOTS = 20
SLOT = timedelta(minutes=5)
SLOW_SLOT = timedelta(minutes=20)
STILL = timedelta(hours=1)
"""After so long without a flip, nothing flaps slowly any more."""
WINDOW = SLOTS * SLOW_SLOT
"""Flips before it are forgotten."""

LEAST_WEIGHT = 0.8
STEP = 0.02
ON = 0.30
OFF = 0.25


def flapping_value(flips: Iterable[datetime], now: datetime, slot: timedelta = SLOT) -> float:
    """Icinga's flapping value of the flips of the last 20 slots, 100 minutes, as a share: between 0 and 0.99."""
    ages = ((now - flip) // slot for flip in flips)
    slots = {SLOTS - 1 - max(0, age) for age in ages if age < SLOTS}
    return sum(LEAST_WEIGHT + STEP * slot for slot in slots) / SLOTS


def flaps(flips: Collection[datetime], now: datetime, *, flapping: bool) -> bool:
    """Whether it flaps now. What flaps already does so until its value is below the lower threshold."""
    values = [flapping_value(flips, now)]
    if any(now - flip < STILL for flip in flips):
        values.append(flapping_value(flips, now, SLOW_SLOT))
    return max(values) >= OFF if flapping else max(values) > ON
