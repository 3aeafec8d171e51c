"""The one place that reads the time."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """The clock of this machine."""

    __slots__ = ()

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back."""
        return time.perf_counter()

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)
