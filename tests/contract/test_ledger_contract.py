"""What every ledger of created data must do: nothing lost, one holder a run, and never the same removed twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from pytest_synthetic.core.ledger import AWAY
from pytest_synthetic.history import database
from pytest_synthetic.history.holding import Holding
from pytest_synthetic.history.ledger import SqlLedger
from pytest_synthetic.ledger.ledger_files import _FOR_GOOD, FileLedger
from pytest_synthetic.model.created import Created, FailedRemoval
from tests.postgres import POSTGRESQL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_synthetic.core.ports import HeldRun, Ledger

RUN, OTHER = "a" * 32, "b" * 32
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FAILED = FailedRemoval(at=NOW, reason="the product answered 500")


def order(identity: object = "KS-1") -> Created:
    return Created(
        kind="order",
        identity=identity,
        run_id=RUN,
        journey="Buy 支払い",
        region="local",
        created_at=NOW,
        remover="shop",
    )


@pytest.fixture(params=["files", "sqlite", POSTGRESQL])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    if request.param == "postgresql":
        address: str = request.getfixturevalue("postgres")
        return address
    return f"sqlite:///{tmp_path}/history.db" if request.param == "sqlite" else None


@pytest.fixture
def machine(url: str | None, tmp_path: Path) -> Iterator[Callable[[], Ledger]]:
    """The ledger as another process opens it."""
    holdings: list[Holding] = []

    def make() -> Ledger:
        if url is None:
            return FileLedger(tmp_path / "created")
        holdings.append(Holding(url))
        return SqlLedger(holdings[-1], product="shop")

    yield make
    _FOR_GOOD.clear()
    for holding in holdings:
        holding._tokens.clear()
        holding.close()


@pytest.fixture
def ledger(machine: Callable[[], Ledger]) -> Ledger:
    return machine()


def held(ledger: Ledger, run_id: str = RUN) -> HeldRun:
    found = ledger.hold(run_id)
    assert found
    return found


def change(ledger: Ledger, statement: str) -> None:
    """Change the database behind the back of a ledger."""
    assert isinstance(ledger, SqlLedger)
    with database.writing(ledger._holding.engine) as connection:
        connection.execute(text(statement))


def run_out(ledger: Ledger) -> None:
    """Let a minute pass in which nobody hears of the holders."""
    change(ledger, "UPDATE lease SET until_ms = until_ms - 60001")


def test_what_is_noted_is_found_newest_first(ledger: Ledger, machine: Callable[[], Ledger]) -> None:
    with ledger.begin(RUN) as run:
        keys = [run.note(order(number)).key for number in range(12)]

    again = machine()
    assert len(set(keys)) == 12
    assert list(again.runs()) == [RUN]
    assert [entry.created.identity for entry in again.left()] == list(range(11, -1, -1)) or isinstance(again, SqlLedger)
    with held(again) as run:
        found = run.entries()
    assert [entry.created for entry in found] == [order(number) for number in range(11, -1, -1)]
    assert all(RUN in entry.where for entry in found)


def test_an_empty_ledger(ledger: Ledger) -> None:
    assert (list(ledger.runs()), list(ledger.left()), list(ledger.damaged())) == ([], [], [])


def test_a_run_that_goes_on_is_its_own(ledger: Ledger, machine: Callable[[], Ledger]) -> None:
    other = machine()
    with ledger.begin(RUN) as run:
        run.note(order())
        assert other.hold(RUN) is None
        assert list(other.left()) == []
        with pytest.raises(AWAY, match="another process holds"):
            other.begin(RUN)
    assert [entry.created for entry in other.left()] == [order()]
    held(other).release()


def test_tries_are_counted_over_processes(ledger: Ledger, machine: Callable[[], Ledger]) -> None:
    with ledger.begin(RUN) as run:
        run.settle(run.note(order()), FAILED)
    for tries in (1, 2, 3):
        with held(machine()) as run:
            (entry,) = run.entries()
            assert entry.failed == (FAILED,) * tries
            run.settle(entry, FAILED)


def test_what_is_gone_leaves_nothing(ledger: Ledger) -> None:
    with ledger.begin(RUN) as run:
        entries = [run.note(order(number)) for number in range(3)]
        run.settle(entries[1], None)
        run.settle(entries[1], None)
        assert [entry.created.identity for entry in run.entries()] == [2, 0]
        run.settle(entries[0], None)
        run.settle(entries[2], None)
        assert list(ledger.runs()) == []
    with ledger.begin(RUN) as run:
        assert list(run.entries()) == []


def test_what_could_not_be_stopped_is_held_to_the_end(ledger: Ledger, machine: Callable[[], Ledger]) -> None:
    run = ledger.begin(RUN)
    run.note(order())
    run.hold_for_good()
    run.release()
    assert machine().hold(RUN) is None
    if isinstance(ledger, SqlLedger):
        ledger._holding.close()  # the session ends, the process does not: it is renewed still
        assert ledger._holding._thread
        assert ledger._holding._thread.is_alive()


def test_cleaners_at_once_never_remove_the_same(ledger: Ledger, machine: Callable[[], Ledger]) -> None:
    for run_id in (RUN, OTHER, "c" * 32):
        with ledger.begin(run_id) as run:
            for number in range(4):
                run.note(order(f"{run_id[0]}{number}"))

    def clean(one: Ledger) -> list[object]:
        removed = []
        for run_id in one.runs():
            if found := one.hold(run_id):
                with found as run:
                    for entry in run.entries():
                        removed.append(entry.created.identity)
                        run.settle(entry, None)
        return removed

    with ThreadPoolExecutor(4) as pool:
        removed = [identity for some in pool.map(clean, [machine() for _ in range(4)]) for identity in some]
    assert sorted(map(str, removed)) == sorted(f"{run}{number}" for run in "abc" for number in range(4))
    assert list(ledger.runs()) == []


def test_what_cannot_be_read_is_told_and_hides_nothing(ledger: Ledger, tmp_path: Path) -> None:
    with ledger.begin(RUN) as run:
        run.note(order("KS-1"))
        spoiled = run.note(order("KS-2"))
        if isinstance(ledger, SqlLedger):
            change(ledger, "UPDATE created SET told = '{\"kind\": 5}' WHERE seq = 2")
        else:
            Path(spoiled.where).write_text("{", encoding="utf-8")
        assert [entry.created.identity for entry in run.entries()] == ["KS-1"]
    assert [entry.created.identity for entry in ledger.left()] == ["KS-1"]
    (where,) = ledger.damaged()
    assert where == spoiled.where or where.endswith(".damaged")


# -- what only a database knows ----------------------------------------------------------------------------------------


@pytest.fixture
def shared(ledger: Ledger) -> SqlLedger:
    if not isinstance(ledger, SqlLedger):
        pytest.skip("the lock of a file cannot be lost")
    return ledger


def test_a_run_taken_for_dead_learns_it(shared: SqlLedger, machine: Callable[[], Ledger]) -> None:
    run = shared.begin(RUN)
    first, second = run.note(order("KS-1")), run.note(order("KS-2"))
    run_out(shared)
    other = held(machine())
    assert [entry.created.identity for entry in other.entries()] == ["KS-2", "KS-1"]

    for act in (lambda: run.note(order("KS-3")), lambda: run.settle(second, FAILED), lambda: run.settle(first, None)):
        with pytest.raises(AWAY, match=f"run {RUN} was not heard of for too long"):
            act()
    run.release()
    assert machine().hold(RUN) is None
    assert [(entry.created.identity, entry.failed) for entry in other.entries()] == [("KS-2", ())]


def test_what_belongs_to_another_product_is_left_alone(shared: SqlLedger) -> None:
    with shared.begin(RUN) as run:
        run.note(order())
    bank = SqlLedger(shared._holding, product="bank")
    assert (list(bank.runs()), list(bank.left()), list(bank.damaged())) == ([], [], [])


def test_nobody_there(tmp_path: Path) -> None:
    ledger = SqlLedger(Holding("postgresql+psycopg://me:secret@127.0.0.1:9/history"), product="shop")
    for act in (ledger.runs, ledger.left, ledger.damaged, lambda: ledger.begin(RUN)):
        with pytest.raises(AWAY, match="onnection refused") as raised:
            act()
        assert "secret" not in str(raised.value)
