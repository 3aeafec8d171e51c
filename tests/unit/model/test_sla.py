"""Durations, limits and the words of a breach."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.region import bytes_per_second
from pytest_synthetic.model.sla import breach, limit, seconds, spoken


@pytest.mark.parametrize(
    ("written", "read"),
    [("3s", 3.0), ("250ms", 0.25), ("2m", 120.0), ("1h", 3600.0), ("30d", 2_592_000.0), ("1h30m", 5400.0), ("1.5s", 1.5),
     ("2 m", 120.0), (" 3s ", 3.0), ("1m 30s", 90.0), (2, 2.0), (0.5, 0.5)],
)  # fmt: skip
def test_durations_are_read_in_seconds(written: Any, read: float) -> None:
    assert seconds(written) == pytest.approx(read)


@pytest.mark.parametrize(
    "written",
    ["", "3", "s", "-3s", "3 sec", "3x", "1s2", "٣s", "0s", 0, -1, float("nan"), float("inf"), True, None, [3], "3S"],
)
def test_what_is_no_duration_is_refused(written: Any) -> None:
    with pytest.raises(UsageError, match="expected a duration above zero"):
        seconds(written)


@given(st.floats(min_value=0.0011, max_value=1e8))
def test_a_number_of_seconds_is_itself(value: float) -> None:
    assert seconds(value) == value


@pytest.mark.parametrize(
    ("duration", "text"),
    [(0.25, "250 ms"), (0.9999, "1 s"), (4.309, "4.31 s"), (3.0, "3 s"), (119.0, "119 s"), (125.0, "2 min 5 s"),
     (120.0, "2 min"), (7200.0, "2 h"), (9000.0, "2 h 30 min"), (0.0, "0 ms")],
)  # fmt: skip
def test_durations_are_spoken(duration: float, text: str) -> None:
    assert spoken(duration) == text


def test_a_breach_reads_as_a_sentence() -> None:
    said = breach(kind="step", name="pay", measured=4.31, promised=3.0, timed=True).message

    assert said == 'step "pay" took 4.31 s, promised 3 s'


@given(st.floats(0.001, 200), st.floats(1e-7, 10))
def test_a_breach_never_shows_the_same_number_twice(promised: float, more: float) -> None:
    told = breach(kind="total", name="total", measured=promised + more, promised=promised, timed=True)
    took, _, limit_said = told.message.removeprefix("the journey took ").partition(", promised ")

    assert took != limit_said or promised >= 120


def test_a_bare_number_is_was_not_took() -> None:
    said = breach(kind="measurement", name="cls of /", measured=0.25, promised=0.1, timed=False).message

    assert said == "cls of / was 0.25, promised 0.1"


@pytest.mark.parametrize("value", ["fast", "-1s", -0.1, float("nan"), True, None, ["2s"]])
def test_what_is_no_limit_is_refused(value: Any) -> None:
    with pytest.raises(UsageError):
        limit("lcp", value)


@pytest.mark.parametrize(("text", "rate"), [("8 bit/s", 1.0), ("400 kbit/s", 50_000.0), ("1.6 Mbit/s", 200_000.0)])
def test_rates_are_read_in_bytes_a_second(text: str, rate: float) -> None:
    assert bytes_per_second(text) == rate


@pytest.mark.parametrize("text", ["fast", "400", "400 kb", "-1 Mbit/s", "", 3, None, "nan bit/s", "inf bit/s"])
def test_what_is_no_rate_is_refused(text: Any) -> None:
    with pytest.raises(UsageError, match="is not a rate"):
        bytes_per_second(text)
