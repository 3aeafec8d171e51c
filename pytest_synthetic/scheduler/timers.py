"""What is done now and then."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_synthetic.core.ports import Clock


class Timers:
    """Several of them, by name: `timers("prune", 3600.0)` is true when that was not so for an hour."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: dict[str, float] = {}

    def __call__(self, what: str, every: float) -> bool:
        """Whether `every` seconds have passed since this was true for `what`; at first it is."""
        moment = self._clock.monotonic()
        if what in self._last and moment < self._last[what] + every:
            return False
        self._last[what] = moment
        return True
