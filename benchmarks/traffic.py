"""Runs once a minute whose messages are sometimes late or lost, and a provider that tells of them as Twilio does."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from heapq import heappop, heappush
from math import ceil
from typing import TYPE_CHECKING

from pytest_synthetic.model.message import Address, Message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_synthetic.model.message import Cursor
    from pytest_synthetic.testing import FakeClock

STEP = 1.0
"""Seconds between two questions to the provider."""
KEPT = 100
"""Messages of a number that the provider keeps: more than come while one is awaited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """`runs` of them, one each `every` seconds, wait for `wait` seconds.

    Messages take from `quick[0]` to `quick[1]` seconds, evenly spread; the share `late` of them `slow` instead, and the
    share `lost` never comes.
    """

    runs: int = 60_000
    every: float = 60.0
    wait: float = 30.0
    late: float = 0.02
    lost: float = 0.01
    quick: tuple[float, float] = (1.0, 10.0)
    slow: tuple[float, float] = (60.0, 600.0)
    seed: int = 1

    def delays(self) -> Iterator[float | None]:
        """Seconds that each run's message takes, None for one that is lost: the same at every call."""
        chance = random.Random(self.seed)
        for _ in range(self.runs):
            fate = chance.random()
            if fate < self.lost:
                yield None
            else:
                yield chance.uniform(*(self.slow if fate < self.lost + self.late else self.quick))

    def is_in_time(self, delay: float | None) -> bool:
        """Whether a message that takes `delay` comes while its run waits."""
        return delay is not None and delay <= self.wait

    def __str__(self) -> str:
        """All of it, in words."""
        return (
            f"{self.runs:,} runs, one each {self.every:g} s, wait {self.wait:g} s. A message takes "
            f"{_spoken(self.quick)};\n  {self.late:.0%} take {_spoken(self.slow)}, {self.lost:.0%} are lost. "
            f"Times are told in whole seconds."
        )


def _spoken(span: tuple[float, float]) -> str:
    return f"{span[0]:g}-{span[1]:g} s"


@dataclass(slots=True)
class _Line:
    """One number: what is on its way to it, what has arrived lately, and how much that was in all."""

    due: list[tuple[float, int]] = field(default_factory=list)
    arrived: deque[Message] = field(default_factory=deque)
    count: int = 0


class SimulatedInbox:
    """An inbox provider on a fake clock; times are told in whole seconds. Its waits let the clock pass.

    A cursor is the number of messages that came to the address so far. A message's id is the number of its run.
    """

    channel = "sms"

    def __init__(self, clock: FakeClock, numbers: int) -> None:
        """Give it `numbers` addresses."""
        self._clock = clock
        self._lines = {f"+336{number:08d}": _Line() for number in range(numbers)}
        self._addresses = [Address(value=number) for number in self._lines]

    def send(self, run: int, to: str, delay: float | None) -> None:
        """The product sends the message of `run`, which takes `delay` seconds; None loses it."""
        if delay is not None:
            heappush(self._lines[to].due, (self._clock.monotonic() + delay, run))

    def newest(self, address: Address) -> Message | None:
        """The message that arrived last."""
        arrived = self._line(address).arrived
        return arrived[-1] if arrived else None

    def addresses(self) -> Sequence[Address]:
        """The numbers."""
        return self._addresses

    def snapshot(self, address: Address) -> Cursor:
        """How many messages came so far."""
        return self._line(address).count

    def fetch_new(self, address: Address, cursor: Cursor) -> tuple[Sequence[Message], Cursor]:
        """The messages after the first `cursor`."""
        line = self._line(address)
        assert isinstance(cursor, int)
        new = line.count - cursor
        assert new <= len(line.arrived), "a message was asked for that is kept no longer: the simulation cannot answer"
        return [line.arrived[index] for index in range(-new, 0)], line.count

    def wait_hint(self, address: Address, cursor: Cursor, timeout: float) -> None:
        """Let steps of the clock pass until something is there that `cursor` lacks, `timeout` seconds at the most."""
        line = self._line(address)
        if line.count != cursor:
            return
        left = line.due[0][0] - self._clock.monotonic() if line.due else timeout
        self._clock.advance(min(ceil(left / STEP) * STEP, timeout))

    def _line(self, address: Address) -> _Line:
        """The line of `address`, with all that has arrived by now."""
        line, now = self._lines[address.value], self._clock.monotonic()
        while line.due and line.due[0][0] <= now:
            moment, run = heappop(line.due)
            at = (self._clock.now() - timedelta(seconds=now - moment)).replace(microsecond=0)
            text = f"{run:06d} is your code"
            line.arrived.append(Message(id=str(run), to=address.value, sender="Shop", text=text, arrived_at=at))
            line.count += 1
            if len(line.arrived) > KEPT:
                line.arrived.popleft()
        return line
