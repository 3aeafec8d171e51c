"""When a letter is tried again, and which need not be sent any more."""

from __future__ import annotations

from itertools import pairwise

import pytest

from pytest_synthetic.alerts.outgoing import pause, stale
from pytest_synthetic.model.alerting import Post, Turn
from tests.incidents import a_post

OPENED, UPDATED, REMINDED, RESOLVED, REOPENED = (
    Turn.OPENED, Turn.UPDATED, Turn.REMINDED, Turn.RESOLVED, Turn.REOPENED,
)  # fmt: skip


def waiting(*turns: Turn, tries: int = 0) -> list[Post]:
    return [a_post(turn=turn, id=number, tries=tries) for number, turn in enumerate(turns)]


@pytest.mark.parametrize(
    ("turns", "tries", "kept"),
    [
        ([], 0, []),
        ([OPENED], 0, [OPENED]),
        ([OPENED, RESOLVED], 0, []),
        ([OPENED, UPDATED, RESOLVED], 0, []),
        ([OPENED, RESOLVED], 1, [RESOLVED]),
        ([OPENED, UPDATED, REMINDED], 0, [OPENED]),
        ([UPDATED, RESOLVED], 0, [RESOLVED]),
        ([RESOLVED], 0, [RESOLVED]),
        ([UPDATED, REMINDED], 0, [REMINDED]),
        ([RESOLVED, REOPENED], 0, [REOPENED]),
        ([OPENED, RESOLVED, REOPENED], 0, [OPENED]),
    ],
)
def test_people_get_one_letter_about_how_it_stands(turns: list[Turn], tries: int, kept: list[Turn]) -> None:
    rows = waiting(*turns, tries=tries)
    gone = stale(rows)
    assert [row.turn for row in rows if row.id not in gone] == kept


def test_programs_get_all_in_order() -> None:
    assert stale(waiting(OPENED, UPDATED, RESOLVED), webhook=True) == frozenset()


def test_pauses_grow_up_to_five_minutes() -> None:
    pauses = [pause(tries) for tries in range(1, 20)]
    assert pauses[:6] == [1, 2, 5, 15, 60, 300]
    assert all(first <= second for first, second in pairwise(pauses))
    assert pauses[-1] == 300


def test_a_receiver_may_ask_for_a_longer_pause_within_an_hour() -> None:
    assert pause(1, after=30.0) == 30.0
    assert pause(6, after=30.0) == 300.0
    assert pause(1, after=1e9) == 3600.0
    assert pause(0, after=-5.0) == 1.0
