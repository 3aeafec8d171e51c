"""What every clock must do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.core.ports import Clock
from pytest_synthetic.testing import FakeClock


@pytest.fixture(params=[SystemClock, FakeClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    return made


def test_monotonic_never_goes_back(clock: Clock) -> None:
    readings = [clock.monotonic() for _ in range(100)]

    assert readings == sorted(readings)


def test_now_is_in_utc(clock: Clock) -> None:
    assert clock.now().utcoffset() == timedelta(0)


def test_a_fake_clock_moves_both_hands_together() -> None:
    clock = FakeClock(now=datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))))
    clock.advance(90)

    assert clock.monotonic() == 90
    assert clock.now() == datetime(2026, 1, 1, 0, 1, 30, tzinfo=UTC)
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)
