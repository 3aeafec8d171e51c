"""Time that a test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FakeClock:
    """A clock that stands still until it is moved: `clock.advance(2.5)`."""

    def __init__(self, *, now: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        """`now` is where it starts; it must know its zone."""
        self._start = now.astimezone(UTC)
        self._passed = 0.0

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._passed

    def now(self) -> datetime:
        """The present moment in UTC."""
        return self._start + timedelta(seconds=self._passed)

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass, zero or more; raises ValueError for less."""
        if seconds < 0:
            raise ValueError(f"time does not go back: advance({seconds})")
        self._passed += seconds

    def set(self, now: datetime) -> None:
        """Let somebody set the clock; `monotonic` does not notice."""
        self._start = now.astimezone(UTC) - timedelta(seconds=self._passed)
