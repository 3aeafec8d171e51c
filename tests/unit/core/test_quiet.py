"""Quiet hours: how they are read, and when they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pytest_synthetic.core import quiet
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.history import Span


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def quiet_minutes(text: str, day: str, zone: str | None = None) -> list[str]:
    """Where quiet begins and ends within two days, as UTC."""
    hours, found, was = quiet.read((text,)), [], False
    for minute in range(2 * 24 * 60):
        moment = at(day) + timedelta(minutes=minute)
        now = quiet.around(hours, zone, moment) is not None
        found += [moment.strftime("%d %H:%M")] if now != was else []
        was = now
    return found


@pytest.mark.parametrize(
    ("text", "zone", "day", "found"),
    [
        ("22:00-06:00", None, "2026-11-20T12:00", ["20 22:00", "21 06:00", "21 22:00", "22 06:00"]),
        ("12:30-13:00", None, "2026-11-20", ["20 12:30", "20 13:00", "21 12:30", "21 13:00"]),
        # Friday's night belongs to Friday, Sunday's to nobody
        ("mon-fri 22:00-06:00", None, "2026-11-20T12:00", ["20 22:00", "21 06:00"]),
        ("mon-fri 22:00-06:00", None, "2026-11-22T00:00", ["23 22:00"]),
        ("sat-sun 00:00-24:00", None, "2026-11-20T12:00", ["21 00:00"]),
        ("SUN 00:00 - 24:00", None, "2026-11-22", ["22 00:00", "23 00:00"]),
        ("fri-mon,wed 9:00-10:00", None, "2026-11-23", ["23 09:00", "23 10:00"]),
        ("22:00-06:00", "Europe/Paris", "2026-07-01T12:00", ["01 20:00", "02 04:00", "02 20:00", "03 04:00"]),
        ("22:00-06:00", "Europe/Paris", "2026-03-28T12:00", ["28 21:00", "29 04:00", "29 20:00", "30 04:00"]),
        ("22:00-06:00", "Europe/Paris", "2026-10-24T12:00", ["24 20:00", "25 05:00", "25 21:00", "26 05:00"]),
        ("02:00-03:00", "Europe/Paris", "2026-10-25T00:00", ["25 00:00", "25 02:00", "26 01:00", "26 02:00"]),
        ("02:00-03:00", "Europe/Paris", "2026-03-28T12:00", ["30 00:00", "30 01:00"]),
        ("02:15-04:00", "Europe/Paris", "2026-03-28T12:00", ["29 01:00", "29 02:00", "30 00:15", "30 02:00"]),
    ],
)
def test_when_it_is_quiet(text: str, zone: str | None, day: str, found: list[str]) -> None:
    assert quiet_minutes(text, day, zone) == found


def test_what_comes_next() -> None:
    hours = quiet.read(("sat 10:00-11:00", "22:00-24:00"))
    assert quiet.next_start(hours, None, at("2026-11-20T22:00")) == at("2026-11-21T10:00")
    weekly = quiet.read(("sat 10:00-11:00",))
    assert quiet.next_start(weekly, None, at("2026-11-21T10:00")) == at("2026-11-28T10:00")
    assert quiet.around(weekly, None, at("2026-11-21T10:30")) == Span(
        start=at("2026-11-21T10:00"), end=at("2026-11-21T11:00")
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("night", "expected times such as"),
        ("22-06", "expected times such as"),
        ("", "expected times such as"),
        ("25:00-06:00", "25:00 is no time of the day"),
        ("24:01-06:00", "24:01 is no time of the day"),
        ("22:60-06:00", "22:60 is no time of the day"),
        ("24:00-06:00", "begins where it ends"),
        ("06:00-06:00", 'a whole day is "00:00-24:00"'),
        ("fry 22:00-06:00", '^.fry 22:00-06:00.: .fry. is no day. Valid: .* Did you mean "fri"'),
        ("mon- 22:00-06:00", "'' is no day"),
        ("00:00-24:00", "no time is left"),
    ],
)
def test_what_cannot_be_read(text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        quiet.read((text,))


def test_hours_that_are_all_there_are_together() -> None:
    with pytest.raises(UsageError, match=r"'mon-fri 00:00-24:00', 'sat-sun 00:00-24:00': these hours are all"):
        quiet.read(("mon-fri 00:00-24:00", "sat-sun 00:00-24:00"))
    assert quiet.read(("mon-fri 00:00-24:00", "sat-sun 00:00-23:59"))
