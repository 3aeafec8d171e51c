"""What a journey is: everything its marks say, read once."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from pytest_synthetic.model.sla import Sla, Slo


class Stage(StrEnum):
    """Where in a customer's life with the product a journey belongs."""

    AWARENESS = "awareness"
    EVALUATION = "evaluation"
    PURCHASE = "purchase"
    RETENTION = "retention"
    ADVOCACY = "advocacy"


class Criticality(StrEnum):
    """How much a failure hurts."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a journey runs: `every` so many seconds, or a `cron` expression in a time zone.

    Nothing runs in the `quiet` hours, which are of the time zone too (UTC without one). A run that could not begin
    within `max_lateness` seconds is not begun; None stands for half the way to the next one. `spread`: not all
    journeys at the same moment, each has a little offset.
    """

    every: float | None = None
    cron: str | None = None
    timezone: str | None = None
    quiet: tuple[str, ...] = ()
    max_lateness: float | None = None
    spread: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneySpec:
    """One journey, as its marks describe it.

    `id` is its identity in every report and history; `name` is what people read. `where` is `file:line`.
    `revenue_per_hour` is in `currency` (ISO 4217).
    """

    id: str
    name: str
    where: str = ""
    stage: Stage | None = None
    owner: str | None = None
    criticality: Criticality = Criticality.HIGH
    revenue_per_hour: float | None = None
    currency: str = "EUR"
    depends_on: tuple[str, ...] = ()
    runbook: str | None = None
    regions: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    network: str | None = None
    mutates: bool = False
    sla: Sla = field(default_factory=Sla)
    slo: Slo | None = None
    schedule: Schedule | None = None
