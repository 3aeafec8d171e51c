"""The ledger of created data that several machines share: a row an object, a lease a run.

Whoever dies gives its lease back after a minute, and what its run created can be removed from any other machine.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import and_, delete, func, insert, select, update

from pytest_synthetic.errors import HistoryUnavailable, UsageError
from pytest_synthetic.history import database
from pytest_synthetic.history.tables import created as table
from pytest_synthetic.history.tables import lease
from pytest_synthetic.model import wire
from pytest_synthetic.model.created import Created, Entry, FailedRemoval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Row

    from pytest_synthetic.history.holding import Hold, Holding

KIND = "created"
"""What the leases of runs are called among the others."""


class SqlRun:
    """What one run created, held by this process: nobody else removes it. A context manager that lets go."""

    def __init__(self, holding: Holding, hold: Hold, product: str) -> None:
        """`hold` is held."""
        self._holding = holding
        self._hold = hold
        self._product = product
        self._for_good = False

    def __enter__(self) -> Self:
        """The run, held."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go."""
        self.release()

    def note(self, created: Created) -> Entry:
        """Write down an object. Raises HistoryUnavailable, also when the run was taken for dead meanwhile."""
        with self._holding.writing() as connection:
            if not self._holding.is_held(connection, self._hold):
                raise self._taken_over()
            last = connection.execute(select(func.max(table.c.seq)).where(self._own)).scalar() or 0
            row = {"run_id": self._hold.name, "seq": last + 1, "product": self._product, "tries": "[]"}
            connection.execute(insert(table), {**row, "told": json.dumps(wire.plain(created))})
        return Entry(key=str(last + 1), where=_where(self._holding, self._hold.name, last + 1), created=created)

    def entries(self) -> Sequence[Entry]:
        """What the run created, newest first, as far as it can be read. Raises HistoryUnavailable."""
        with database.reading(self._holding.engine) as connection:
            rows = connection.execute(select(table).where(self._own).order_by(table.c.seq.desc())).all()
        return [entry for row in rows if (entry := _read(self._holding, row))]

    def settle(self, entry: Entry, failed: FailedRemoval | None) -> None:
        """Strike out an object that is gone, or note why it is not.

        Raises HistoryUnavailable, also when the run was taken for dead meanwhile: another process removes the rest.
        """
        row = and_(self._own, table.c.seq == int(entry.key))
        with self._holding.writing() as connection:
            held = self._holding.is_held(connection, self._hold)
            if failed is None:  # gone is gone, whoever says so
                connection.execute(delete(table).where(row))
            elif held:
                tries = json.loads(connection.execute(select(table.c.tries).where(row)).scalar() or "[]")
                told = json.dumps([*tries, wire.plain(failed)])
                connection.execute(update(table).where(row).values(tries=told))
        if not held:
            raise self._taken_over()

    def hold_for_good(self) -> None:
        """Let go when this process ends, not before: a removal that did not end in time still goes on."""
        self._for_good = True

    def release(self) -> None:
        """Let others have what is left of the run."""
        if not self._for_good:
            self._holding.let_go(self._hold, forget=True)

    @property
    def _own(self) -> ColumnElement[bool]:
        return table.c.run_id == self._hold.name

    def _taken_over(self) -> HistoryUnavailable:
        return HistoryUnavailable(
            f"{self._holding.where}: run {self._hold.name} was not heard of for too long, and another process may "
            "remove what it created"
        )


class SqlLedger:
    """The ledger of all machines that share a database, as far as it is about one `product`."""

    def __init__(self, holding: Holding, *, product: str) -> None:
        """Nothing is read or opened."""
        self._holding = holding
        self._product = product

    @property
    def where(self) -> str:
        """The address of the database, without a password."""
        return self._holding.where

    def begin(self, run_id: str) -> SqlRun:
        """Hold a run that begins to create. Raises HistoryUnavailable."""
        held = self.hold(run_id)
        if held is None:
            raise HistoryUnavailable(f"{self.where}: another process holds run {run_id}")
        return held

    def hold(self, run_id: str) -> SqlRun | None:
        """Hold a run; None when it goes on, or another process removes what it created. Raises HistoryUnavailable."""
        held = self._holding.grab(KIND, run_id, run_id)
        return SqlRun(self._holding, held, self._product) if held else None

    def runs(self) -> Sequence[str]:
        """The ids of the runs that have something in the ledger. Raises HistoryUnavailable."""
        query = select(table.c.run_id).where(table.c.product == self._product).distinct().order_by(table.c.run_id)
        with database.reading(self._holding.engine) as connection:
            return connection.execute(query).scalars().all()

    def left(self) -> Sequence[Entry]:
        """What runs created that are over. Raises HistoryUnavailable."""
        holding = self._holding
        with database.reading(holding.engine) as connection:
            alive = select(lease.c.name).where(lease.c.kind == KIND, ~holding.is_free)
            rows = self._rows(connection, table.c.run_id.not_in(alive))
        return [entry for row in rows if (entry := _read(holding, row))]

    def damaged(self) -> Sequence[str]:
        """The rows that cannot be read: something exists that nobody knows. Raises HistoryUnavailable."""
        with database.reading(self._holding.engine) as connection:
            rows = self._rows(connection)
        return [_where(self._holding, row.run_id, row.seq) for row in rows if _read(self._holding, row) is None]

    def _rows(self, connection: Connection, *which: ColumnElement[bool]) -> Sequence[Row[Any]]:
        query = select(table).where(table.c.product == self._product, *which)
        return connection.execute(query.order_by(table.c.run_id, table.c.seq)).all()


def _read(holding: Holding, row: Row[Any]) -> Entry | None:
    try:
        created = wire.build(Created, json.loads(row.told), called="entry of the ledger")
        failed = [wire.build(FailedRemoval, told, called="try") for told in json.loads(row.tries)]
    except (ValueError, UsageError, RecursionError):
        return None
    where = _where(holding, row.run_id, row.seq)
    return Entry(key=str(row.seq), where=where, created=created, failed=tuple(failed))


def _where(holding: Holding, run_id: str, seq: int) -> str:
    return f"{holding.where}, table {table.name}, run {run_id}, seq {seq}"
