"""Journeys that are asked although no run of them came: silent ones, and those whose policy has `for`."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterator
    from datetime import datetime

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.incidents.journeys import Journeys
    from pytest_synthetic.incidents.memory import Memory

LASTING = timedelta(seconds=5)
"""How often policies with `for` are asked without a new run."""
AT_ONCE = 0.25
"""Seconds of one turn: when 10,000 pipelines stop together, the page of another journey does not wait for all of it.

What has become of them takes as long again to be written, where all of them are cases of one incident.
"""


class Asking:
    """Whom to ask in each turn. What there is no time for waits for the next turn, so that nobody is left out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: deque[str] = deque()
        self._looked: datetime | None = None

    @property
    def goes_on(self) -> bool:
        """Whether some are still to be asked."""
        return bool(self._waiting)

    def journeys(self, memory: Memory, journeys: Journeys, now: datetime, decided: Container[str]) -> Iterator[str]:
        """Those for which there is time, one at least; without what is decided on in this turn."""
        if not self._waiting and (self._looked is None or not timedelta(0) <= now - self._looked < LASTING):
            self._looked = now
            self._waiting.extend(_due(memory, journeys, now))
        until = self._clock.monotonic() + AT_ONCE
        while self._waiting:
            journey = self._waiting.popleft()
            if journey not in decided:
                yield journey
                if self._clock.monotonic() >= until:
                    return


def _due(memory: Memory, journeys: Journeys, now: datetime) -> Iterator[str]:
    for journey, known in journeys.by_id.items():
        silent = memory.silent_from.get(journey)
        if known.rule.policy.lasts or (silent and silent <= now and journey in memory.states):
            yield journey
