"""Times as settings and marks give them: moments, time zones, cron expressions."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime

from pytest_synthetic.config.tables import text
from pytest_synthetic.errors import UsageError, did_you_mean


def timezone(value: object) -> str:
    """Read the name of an IANA time zone, such as `Europe/Paris`."""
    import zoneinfo

    name = text(value)
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"{name!r} is no IANA time zone. {did_you_mean(name, zoneinfo.available_timezones())}"
        ) from None
    return name


def cron(value: object) -> str:
    """Read a cron expression of five fields that comes at all; short names such as `@daily` are written out."""
    from pytest_synthetic.core.cron import read

    return read(text(value))


def moment(value: object) -> datetime:
    """Read a date with a time, of TOML or as text; without a zone when it has none."""
    told = value
    if isinstance(told, str) and len(told.strip()) > len("2026-03-01"):
        with suppress(ValueError):
            told = datetime.fromisoformat(told.strip())
    if isinstance(told, datetime):
        return told
    shown = told.isoformat() if isinstance(told, date) else repr(told)
    raise UsageError(f"expected a date with a time, such as 2026-03-01T22:00:00+01:00, got {shown}")


def in_zone(told: datetime, zone: str | None) -> datetime:
    """`told` in UTC; one without a zone is what clocks in `zone` show.

    Raises UsageError where there is none, and for a time that clocks there show twice or never that day.
    """
    from zoneinfo import ZoneInfo

    if told.tzinfo is not None:
        return _utc(told)
    if zone is None:
        raise UsageError(
            f"{told.isoformat()} has no time zone: write it as {told.isoformat()}+01:00, or give `timezone`"
        )
    earlier, later = (told.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    if earlier.utcoffset() != later.utcoffset():
        back = _utc(earlier).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        often = "twice" if back == told else "never"
        raise UsageError(
            f"clocks in {zone} show {told.isoformat()} {often}, they are changed that night: write it with its offset, "
            f"such as {earlier.isoformat()}"
        )
    return _utc(earlier)


def _utc(told: datetime) -> datetime:
    try:
        return told.astimezone(UTC)
    except OverflowError:
        raise UsageError(f"{told.isoformat()} is no usable time") from None
