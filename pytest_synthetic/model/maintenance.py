"""When the product is worked on, and whom that concerns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  wire.build resolves the annotations


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """Either once, from `start` until `end` (both with a zone), or each time that `cron` comes in `timezone`.

    `duration` is in seconds of real time. `journeys` are what they are called. Of each list one must fit;
    an empty one fits all.
    """

    name: str
    start: datetime | None = None
    end: datetime | None = None
    cron: str | None = None
    duration: float | None = None
    timezone: str | None = None
    journeys: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    reason: str | None = None
