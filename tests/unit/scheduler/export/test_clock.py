"""What exported scripts ask when they start."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pytest_synthetic.scheduler.export import clock

SUMMER = datetime(2027, 7, 1, 5, 3, tzinfo=UTC)  # 07:03 in Paris, a Thursday


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["due", "Europe/Paris", "0 7 * * 1-5"], 0),
        (["due", "Europe/Paris", "3 7 * * *"], 0),
        (["due", "Europe/Paris", "4 7 * * *"], 3),
        (["due", "UTC", "0 7 * * 1-5"], 3),
        (["due", "Europe/Paris", "0 7 * * 6"], 3),
        (["quiet", "Europe/Paris", "22:00-08:00"], 0),
        (["quiet", "UTC", "22:00-05:00", "sat 00:00-24:00"], 3),
        (["quiet", "Europe/Pari", "22:00-08:00"], 2),
        (["quiet", "UTC", "at night"], 2),
        (["due", "UTC", "61 * * * *"], 2),
        (["when"], 2),
    ],
)
def test_answers(arguments: list[str], answer: int) -> None:
    assert clock.main(arguments, SUMMER) == answer
