"""How [maintenance.NAME] is read, and what is said of mistakes in it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.config import files
from pytest_synthetic.errors import ConfigError
from pytest_synthetic.model.maintenance import Maintenance

if TYPE_CHECKING:
    from pathlib import Path


def read(folder: Path, text: str) -> dict[str, Maintenance]:
    path = folder / "synthetic.toml"
    path.write_text(text, encoding="utf-8")
    return dict(files.load(path, {"TEAM": "payments"}).maintenance)


def test_both_ways_to_say_when(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        """
[maintenance.move]
start = 2026-11-22T22:00:00
end = "2026-11-23T04:00+01:00"
timezone = "Europe/Paris"
journeys = ["Checkout"]
owners = ["${TEAM}"]
reason = "The database moves"

[maintenance.weekly]
cron = "0 2 * * SUN"
duration = "2h"
timezone = "Europe/Paris"
stages = ["purchase"]
regions = ["eu-west"]
""",
    )
    assert found == {
        "move": Maintenance(
            name="move",
            start=datetime(2026, 11, 22, 21, tzinfo=UTC),
            end=datetime(2026, 11, 23, 3, tzinfo=UTC),
            timezone="Europe/Paris",
            journeys=("Checkout",),
            owners=("payments",),
            reason="The database moves",
        ),
        "weekly": Maintenance(
            name="weekly",
            cron="0 2 * * SUN",
            duration=7200.0,
            timezone="Europe/Paris",
            stages=("purchase",),
            regions=("eu-west",),
        ),
    }


FROM = "start = 2026-11-22T22:00:00Z\n"
TO = "end = 2026-11-23T22:00:00Z\n"


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("", 1, "maintenance.x: does not say when: give `start` and `end`, or `cron`, `duration` and `timezone`"),
        ('reason = "none"', 1, "does not say when"),
        (FROM, 1, "maintenance.x: misses end"),
        (FROM + TO + 'cron = "0 2 * * *"', 1, "not both"),
        ('cron = "0 2 * * *"', 1, "misses duration, timezone"),
        ('cron = "0 2 * * *"\nduration = "2h"', 1, "misses timezone"),
        ("start = 2026-11-22T22:00:00\n" + TO, 2, "maintenance.x.start: 2026-11-22T22:00:00 has no time zone"),
        ("start = 2026-11-22\n" + TO, 2, "expected a date with a time, such as 2026-03-01T22:00:00+01:00, got 2026-11"),
        ('start = "2026-11-22"\n' + TO, 2, "expected a date with a time"),
        ('start = "tomorrow at ten"\n' + TO, 2, "expected a date with a time"),
        ("start = true\n" + TO, 2, "expected a date with a time"),
        (FROM + "end = 2026-11-22T22:00:00Z", 3, "maintenance.x.end: is not after `start`"),
        (FROM + 'end = "9999-12-31T23:59:59-12:00"', 3, "no usable time"),
        ('start = 2026-03-29T02:30:00\ntimezone = "Europe/Paris"\n' + TO, 2, "show 2026-03-29T02:30:00 never"),
        ('start = 2026-10-25T02:30:00\ntimezone = "Europe/Paris"\n' + TO, 2, "show 2026-10-25T02:30:00 twice"),
        ('cron = "0 25 * * *"', 2, "is no cron expression: Bad hour"),
        ('cron = "0 2 31 2 *"\nduration = "1h"\ntimezone = "UTC"', 2, "maintenance.x.cron"),
        ('cron = "0 2 * * *"\nduration = "2"\ntimezone = "UTC"', 3, "is not a duration"),
        ('cron = "0 2 * * *"\nduration = "9000h"\ntimezone = "UTC"', 3, "longer than a year"),
        ('cron = "0 2 * * *"\nduration = "2h"\ntimezone = "Europe/Pari"', 4, 'Did you mean "Europe/Paris"?'),
        (FROM + TO + "journeys = []", 4, "leave the key out for all"),
        (FROM + TO + 'journeys = "Checkout"', 4, "expected a list of texts"),
        (FROM + TO + "owners = [3]", 4, "expected a list of texts"),
        (FROM + TO + 'regions = ["${NOPE}"]', 4, "NOPE is not set"),
        (FROM + TO + 'stages = ["purchas"]', 4, 'Did you mean "purchase"?'),
        (FROM + TO + 'journey = ["Checkout"]', 4, 'Did you mean "journeys"?'),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, line: int, told: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(told)) as raised:
        read(tmp_path, f"[maintenance.x]\n{text}\n")
    assert f"synthetic.toml:{line}: maintenance.x" in str(raised.value)


def test_a_table_without_a_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=re.escape("expected tables [maintenance.NAME]")):
        read(tmp_path, f"[maintenance]\n{FROM}{TO}")
