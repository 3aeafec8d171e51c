"""Runs whose messages come late or never: our inbox is never fooled, and simpler ways are."""

from __future__ import annotations

import pytest

from benchmarks.strategies import Tally, newest_wins, ours, watermark
from benchmarks.traffic import Traffic

TRAFFIC = Traffic(runs=3000)
IN_TIME = sum(TRAFFIC.is_in_time(delay) for delay in TRAFFIC.delays())


def ended(tally: Tally) -> int:
    return tally.own + tally.wrong + tally.alarms + tally.false_alarms + tally.skipped


@pytest.mark.parametrize(("numbers", "traffic"), [(1, Traffic(runs=600)), (3, TRAFFIC)])
def test_our_inbox_takes_no_message_of_another_run(numbers: int, traffic: Traffic) -> None:
    tally = ours(traffic, numbers)

    assert ended(tally) == traffic.runs
    assert (tally.wrong, tally.false_alarms, tally.late_wrong) == (0, 0, 0)
    assert tally.skipped > 0


def test_with_numbers_enough_every_run_knows_and_every_late_message_is_told() -> None:
    tally = ours(TRAFFIC, 6)
    late = sum(delay is not None and not TRAFFIC.is_in_time(delay) for delay in TRAFFIC.delays())

    assert tally == Tally(own=IN_TIME, alarms=TRAFFIC.runs - IN_TIME, late_told=late, late_wrong=0)
    assert late > 0


def test_the_newest_message_is_that_of_the_run_before() -> None:
    tally = newest_wins(TRAFFIC)

    assert ended(tally) == TRAFFIC.runs
    assert (tally.own, tally.wrong) == (1, TRAFFIC.runs - 1)
    assert tally.hiding == TRAFFIC.runs - IN_TIME


@pytest.mark.parametrize("numbers", [1, 3])
def test_a_time_does_not_tell_whose_message_it_is(numbers: int) -> None:
    tally = watermark(TRAFFIC, numbers)

    assert ended(tally) == TRAFFIC.runs
    assert tally.wrong > 0


def test_an_outage_is_hidden_by_a_late_message() -> None:
    assert watermark(TRAFFIC, 1).hiding > 0
