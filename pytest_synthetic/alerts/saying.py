"""Moments, durations, numbers and lists as a language says them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pytest_synthetic.alerts import words_en, words_fr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_synthetic.alerts.words import Words
    from pytest_synthetic.analysis.impact import Amount

BY_LANGUAGE = {"en": words_en.WORDS, "fr": words_fr.WORDS}
"""The words of each of `model.alerting.LANGUAGES`."""

_SPELLED = 3


def number(told: int, words: Words) -> str:
    """`25,807`."""
    return f"{told:,}".replace(",", words.thousands)


def percent(share: float, words: Words) -> str:
    """`0.5 %`."""
    return words.percent.format(number=f"{100 * share:.3g}".replace(".", words.decimal))


def duration(length: timedelta, words: Words) -> str:
    """`3 d 2 h`, `1 h 4 min`, `14 min`: the two greatest units, whole ones."""
    minutes = int(length.total_seconds()) // 60
    if minutes < 1:
        return words.under_a_minute
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, words.units[0]), (hours, words.units[1]), (minutes, words.units[2])]
    first = next(at for at, (count, _) in enumerate(parts) if count)
    return " ".join(f"{count}{unit}" for count, unit in parts[first : first + 2] if count)


def moment(at: datetime, words: Words, zone: str | None) -> str:
    """`2026-03-01 03:02 UTC (04:02 Europe/Paris)`; in UTC alone when the zone is none or not known."""
    utc = at.astimezone(UTC)
    local = _local(at, zone)
    if local is None:
        return f"{utc:%Y-%m-%d %H:%M} UTC"
    day = "" if local.date() == utc.date() else f"{local:%Y-%m-%d} "
    return words.local.format(utc=f"{utc:%Y-%m-%d %H:%M}", local=f"{day}{local:%H:%M}", zone=zone)


def clock(at: datetime) -> str:
    """`03:02 UTC`."""
    return f"{at.astimezone(UTC):%H:%M} UTC"


def _local(at: datetime, zone: str | None) -> datetime | None:
    if not zone or zone in {"UTC", "Etc/UTC"}:
        return None
    try:
        return at.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):  # an alert without local times is better than none
        return None


def several(names: Sequence[str], words: Words, most: int = _SPELLED) -> str:
    """`A, B and C`; of more than `most`, `A, B and 998 more`."""
    if len(names) <= 1:
        return "".join(names)
    if len(names) <= most:
        return words.last_of.format(names=", ".join(names[:-1]), last=names[-1])
    rest = len(names) - (most - 1)
    return words.last_of.format(names=", ".join(names[: most - 1]), last=more(rest, words))


def more(count: int, words: Words) -> str:
    """`1 more`, `998 more`."""
    return words.one_more if count == 1 else words.more.format(count=number(count, words))


def amount(told: Amount, currency: str, words: Words) -> str:
    """`EUR 2,330 (between 1,900 and 2,500)`; no more digits than such an estimate has."""
    low, likely, high = (number(_rounded(part), words) for part in told)
    return words.amount.format(currency=currency, low=low, likely=likely, high=high)


def _rounded(money: float) -> int:
    """To two digits, from 100 on: `2,300`."""
    whole = round(money)
    return whole if whole < 100 else round(whole, 2 - len(str(whole)))
