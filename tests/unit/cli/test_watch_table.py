"""The table of `synthetic watch`."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from pytest_synthetic.cli.watch import _table
from pytest_synthetic.core import unrun
from pytest_synthetic.scheduler.board import Board
from tests.watching import NOON, a_plan

PLANS = (a_plan(), a_plan("search", "us"), a_plan("long " * 40))


def shown(board: Board) -> list[str]:
    console = Console(file=io.StringIO(), width=80, record=True)
    console.print(_table(board))
    return [line.rstrip() for line in console.export_text().splitlines()]


@pytest.fixture
def board() -> Board:
    board = Board()
    board.planned(PLANS)
    return board


def test_below_the_table_stands_why_the_last_run_did_not_pass(board: Board) -> None:
    board.ran(unrun.broken(PLANS[0], NOON, NOON, "nobody answered " * 20))
    (why,) = [line for line in shown(board) if "nobody answered" in line]
    assert why.startswith(f"{PLANS[0].spec.name}, {PLANS[0].region}: nobody answered")
    assert why.endswith("…")


def test_a_long_name_leaves_room_for_the_reason(board: Board) -> None:
    board.ran(unrun.broken(PLANS[2], NOON, NOON, "nobody answered"))
    assert any("…: nobody answered" in line for line in shown(board))


def test_where_there_is_no_room_the_journeys_come_first(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINES", "12")
    board.ran(unrun.broken(PLANS[0], NOON, NOON, "nobody answered"))
    assert any("nobody answered" in line for line in shown(board))
    board.planned([*PLANS, a_plan("pay")])
    lines = shown(board)
    assert not any("nobody answered" in line for line in lines)
    assert any(line.startswith("Pay") for line in lines)
