"""Reads [runner]: how scheduled runs are run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.config.evidence import size
from pytest_synthetic.config.settings import Isolation, RunnerSettings
from pytest_synthetic.errors import UsageError, did_you_mean
from pytest_synthetic.model.sla import seconds

if TYPE_CHECKING:
    from pytest_synthetic.config.tables import Source

LONGEST = 86_400.0
"""Seconds in a day: what takes longer is no run of a monitor."""


def runner(source: Source, value: object, keys: tuple[str, ...]) -> RunnerSettings:
    """Read the table. Raises ConfigError."""
    readers = {
        "browsers": _count,
        "api": _count,
        "time_limit": _limit,
        "grace": _limit,
        "memory_floor": size,
        "isolation": _isolation,
        "share_browser": _switch,
        "shared_browser_runs": _count,
        "shared_browser_age": _limit,
        "shared_browser_memory": size,
    }
    values = source.read(value, keys, readers)
    return RunnerSettings(**values, limited="time_limit" in values)


def at_once(settings: RunnerSettings, cpus: int) -> tuple[int, int]:
    """How many journeys run at once, with a browser and without, on a machine of so many CPUs.

    A page that loads keeps a CPU busy; a journey without a browser waits most of its time.
    """
    return settings.browsers or cpus, settings.api or 4 * cpus


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise UsageError(f"expected a whole number, 1 or more, got {value!r}")
    return value


def _limit(value: object) -> float:
    found = seconds(value)
    if found > LONGEST:
        raise UsageError(f"{value!r} is more than a day")
    return found


def _isolation(value: object) -> Isolation:
    if value not in list(Isolation):
        raise UsageError(f"{value!r} is no isolation. {did_you_mean(value, Isolation)}")
    return Isolation(str(value))


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"expected true or false, got {value!r}")
    return value
