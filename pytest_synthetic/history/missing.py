"""Records of ticks that were missed, many at once: after a night asleep a machine has some 100,000 of them to write.

They are the same as `unrun.missed` makes them. What is equal in all of a plan is made once, and no row is looked for
that cannot be there: whoever writes them holds their ticks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_synthetic.core import unrun
from pytest_synthetic.history import database, store, tables, writing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.model.plan import Missed
    from pytest_synthetic.model.run import RunResult


class Ready(NamedTuple):
    """A record as rows, but for the numbers of names."""

    form: RunResult
    run_id: str
    at_ms: int
    zlib: bytes


class Records:
    """Makes and writes the records of one call of `miss`."""

    def __init__(self, history: SqlHistory) -> None:
        self._history = history
        self._forms: dict[tuple[int, str], tuple[RunResult, dict[str, Any]]] = {}
        self._rows: dict[int, dict[str, Any]] = {}

    def ready(self, missed: Missed) -> Ready:
        """Do what can be done before the database is locked. `missed` must live as long as this."""
        form, told = self._form(missed)
        run_id, stamp = unrun.run_id_of(*missed.plan.key, missed.at), unrun.stamp(missed.at)
        its = {"run_id": run_id, "session_id": run_id, "started_at": stamp, "scheduled_at": stamp}
        return Ready(form, run_id, writing.milliseconds(missed.at), writing.packed({**told, **its}))

    def _form(self, missed: Missed) -> tuple[RunResult, dict[str, Any]]:
        """A record of the same plan and reason."""
        known = id(missed.plan), missed.reason
        if known not in self._forms:
            form = unrun.missed(missed.plan, missed.at, missed.reason)
            self._forms[known] = form, form.to_json()
        return self._forms[known]

    def write(self, connection: Connection, records: Sequence[Ready]) -> None:
        """Write records of ticks that this transaction added, but for those of days that are folded."""
        horizon = store.gone_before(connection)
        young = [record for record in records if record.at_ms >= horizon]
        self._name(connection, young)
        rows = [
            {**self._rows[id(told.form)], "run_id": told.run_id, "started_ms": told.at_ms, "scheduled_ms": told.at_ms}
            for told in young
        ]
        numbers = store.numbered(connection, rows)
        whole = [{"id": numbers[told.run_id], "zlib": told.zlib} for told in young if told.run_id in numbers]
        if whole:
            database.insert_many(connection, tables.record, whole)

    def _name(self, connection: Connection, records: Sequence[Ready]) -> None:
        new = {id(record.form): record.form for record in records if id(record.form) not in self._rows}
        ids = self._history.numbers_of(connection, list(new.values()))
        for (known, form), its in zip(new.items(), ids, strict=True):
            self._rows[known] = writing.run_row(form, its)
