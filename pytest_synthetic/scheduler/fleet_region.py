"""What a scheduler knows of its agents: who is there, in which region, and how their clocks go."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from pytest_synthetic.scheduler.fleet_messages import Health

SILENT = 2.5
"""Intervals without a word after which an agent counts as gone: two, and time for the message to come."""
EVERY = 10.0
"""Seconds of an interval, until an agent says another one."""
SAMPLES = 6


@dataclass(slots=True, kw_only=True)
class Heard:
    """An agent, as it told last. `ahead` are the last differences of its clock and ours, in seconds."""

    health: Health
    at: float
    ahead: deque[float] = field(default_factory=lambda: deque(maxlen=SAMPLES))

    @property
    def clock_ahead(self) -> float:
        """By how many seconds its clock is ahead of ours, at least: a message on its way makes it seem behind."""
        return max(self.ahead)

    def is_silent(self, now: float) -> bool:
        """Whether it has not been heard of for two intervals."""
        return now - self.at > SILENT * self.health.every


class Agents:
    """All agents that were heard of. Threads may share it."""

    def __init__(self, now: Callable[[], float], say: Callable[[str], object], *, every: float = EVERY) -> None:
        """`now` are seconds that only grow; `say` hears when a region has no agent, and when it has one again."""
        self._now, self._say, self._every = now, say, every
        self._heard: dict[tuple[str, str], Heard] = {}
        self._listening: float | None = None
        self._deserted: set[str] = set()
        self._guard = threading.Lock()

    def listen(self, *, begins: bool) -> None:
        """From now on agents can be heard, or cannot: nobody is taken for gone because we are deaf."""
        with self._guard:
            if begins and self._listening is None:
                self._listening = self._now()
                for heard in self._heard.values():
                    heard.at = max(heard.at, self._listening)
            elif not begins:
                self._listening = None

    def hear(self, health: Health, moment: datetime) -> None:
        """An agent told how it is; it came in at `moment`."""
        key = health.region, health.agent
        with self._guard:
            known = self._heard.get(key)
            if known is None or known.health.boot != health.boot:
                known = Heard(health=health, at=self._now())
            known.health, known.at = health, self._now()
            known.ahead.append((health.at - moment).total_seconds())
            self._heard[key] = known

    def deserted(self, region: str) -> str | None:
        """Why nobody will run what is sent to `region`, as the end of a sentence; None when somebody may."""
        now = self._now()
        with self._guard:
            if self._listening is None or now - self._listening <= SILENT * self._every:
                return None  # whoever is there may not have had the time to say so
            there = [heard for (where, _), heard in self._heard.items() if where == region]
            alive = [heard for heard in there if not heard.is_silent(now) and not heard.health.draining]
            gone = max((heard for heard in there), key=lambda heard: heard.at, default=None)
        self._tell(region, deserted=not alive)
        if alive:
            return None
        if gone is None:
            return f"no agent of {region} was there: start one with `synthetic agent --region {region}`"
        return f"no agent of {region} was there: {gone.health.agent} was the last, {now - gone.at:.0f} s before"

    def is_gone(self, region: str, agent: str) -> bool:
        """Whether an agent that was heard of is silent now, while we listen."""
        with self._guard:
            heard = self._heard.get((region, agent))
            return self._listening is not None and heard is not None and heard.is_silent(self._now())

    def has_other(self, region: str, agent: str) -> bool:
        """Whether a region has an agent beside this one."""
        with self._guard:
            others = (heard for (where, name), heard in self._heard.items() if where == region and name != agent)
            return any(not heard.is_silent(self._now()) and not heard.health.draining for heard in others)

    def all(self) -> Sequence[Heard]:
        """Who was heard of, by region and name."""
        with self._guard:
            return [self._heard[key] for key in sorted(self._heard)]

    def _tell(self, region: str, *, deserted: bool) -> None:
        if deserted and region not in self._deserted:
            self._deserted.add(region)
            self._say(f"REGION {region} HAS NO AGENT: its runs are missed until one is there")
        elif not deserted and region in self._deserted:
            self._deserted.discard(region)
            self._say(f"region {region} has an agent again")
