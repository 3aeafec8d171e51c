"""Reads [maintenance.NAME]: when the product is worked on, and whom that concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_synthetic.config import scopes, times
from pytest_synthetic.config.tables import text
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.maintenance import Maintenance
from pytest_synthetic.model.sla import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pytest_synthetic.config.tables import Source

ONCE = ("start", "end")
AGAIN = ("cron", "duration", "timezone")
LONGEST = 366 * 86_400.0
"""Seconds. What takes longer is no maintenance, and most likely a slip of the unit."""


def maintenance(source: Source, value: object, keys: tuple[str, ...]) -> dict[str, Maintenance]:
    """Read the tables. Raises ConfigError."""
    if not isinstance(value, dict) or not all(isinstance(table, dict) for table in value.values()):
        raise UsageError(f"expected tables [{'.'.join(keys)}.NAME] with `start` and `end`, or with `cron`")
    return {name: window(source, name, table, (*keys, name)) for name, table in value.items()}


def window(source: Source, name: str, table: object, keys: tuple[str, ...]) -> Maintenance:
    """Read one. Raises ConfigError."""
    values = source.read(table, keys, readers(source))
    _check(source, values, keys)
    if "start" in values:
        values |= _once(source, values, keys)
    return Maintenance(name=name, **values)


def readers(source: Source) -> dict[str, Any]:
    """What reads its keys."""
    return {
        **scopes.readers(source),
        "start": times.moment,
        "end": times.moment,
        "cron": times.cron,
        "duration": duration,
        "timezone": times.timezone,
        "regions": scopes.names(source),
        "reason": text,
    }


def duration(value: object) -> float:
    """Read how long it takes, in seconds. Raises UsageError."""
    read = seconds(value)
    if read > LONGEST:
        raise UsageError(f"{value!r} is longer than a year: expected such as 2h")
    return read


def _check(source: Source, values: Mapping[str, object], keys: tuple[str, ...]) -> None:
    """Raises ConfigError unless it says when, in one of the two ways."""
    once, again = any(key in values for key in ONCE), any(key in values for key in ("cron", "duration"))
    if once and again:
        raise source.complaint(keys, "give `start` and `end`, or `cron`, `duration` and `timezone`: not both")
    if not once and not again:
        raise source.complaint(keys, "does not say when: give `start` and `end`, or `cron`, `duration` and `timezone`")
    if missing := [key for key in (ONCE if once else AGAIN) if key not in values]:
        raise source.complaint(keys, f"misses {', '.join(missing)}")


def _once(source: Source, values: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, datetime]:
    read = {}
    for key in ONCE:
        try:
            read[key] = times.in_zone(values[key], values.get("timezone"))
        except UsageError as error:
            raise source.complaint((*keys, key), str(error)) from None
    if read["start"] >= read["end"]:
        raise source.complaint((*keys, "end"), "is not after `start`")
    return read
