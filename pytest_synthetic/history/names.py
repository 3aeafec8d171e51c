"""The numbers that stand for journeys, places and steps in all rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy import select

from pytest_synthetic.history import tables, writing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Table

    from pytest_synthetic.model.run import RunResult


def inserting(connection: Connection, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT, in the words of this database."""
    from sqlalchemy.dialects import postgresql, sqlite

    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)


class Names:
    """Finds or makes the numbers. What a transaction made counts when it is whole: see `forget`."""

    def __init__(self) -> None:
        self._journeys: dict[str, tuple[int, dict[str, Any]]] = {}
        self._places: dict[tuple[str, str], int] = {}
        self._steps: dict[tuple[int, str], int] = {}

    def forget(self) -> None:
        """A transaction failed: some of these numbers may not be there."""
        self._journeys.clear()
        self._places.clear()
        self._steps.clear()

    def of(self, connection: Connection, runs: Sequence[RunResult]) -> list[writing.Ids]:
        """The numbers of each run's names, in order of the runs."""
        self._see_journeys(connection, runs)
        self._see_places(connection, runs)
        self._see_steps(connection, runs)
        return [self._ids(run) for run in runs]

    def _ids(self, run: RunResult) -> writing.Ids:
        journey = self._journeys[writing.name_of(run.journey)][0]
        steps = {path: self._steps[journey, path] for _, path in writing.paths([run])}
        return writing.Ids(journey, self._places[_place(run)], steps)

    def _see_journeys(self, connection: Connection, runs: Sequence[RunResult]) -> None:
        newest = {
            writing.name_of(run.journey): run
            for run in sorted(runs, key=lambda run: writing.milliseconds(run.started_at))
        }
        rows = [row for key in sorted(newest) if self._is_news(row := writing.journey_row(newest[key]))]
        if not rows:
            return
        insert = inserting(connection, tables.journey)
        facts = {name: insert.excluded[name] for name in rows[0] if name != "key"}
        newer = tables.journey.c.seen_ms <= insert.excluded.seen_ms
        connection.execute(insert.on_conflict_do_update(index_elements=["key"], set_=facts, where=newer), rows)
        known = select(tables.journey).where(_among(tables.journey.c.key, rows, "key"))
        for told in connection.execute(known).mappings():  # it may know a newer run than these
            row = dict(told)
            self._journeys[row["key"]] = row.pop("id"), row

    def _is_news(self, row: dict[str, Any]) -> bool:
        """Whether it says something of a journey that nobody knew, or knew otherwise."""
        _, known = self._journeys.get(row["key"], (0, None))
        return known is None or (row["seen_ms"] >= known["seen_ms"] and {**row, "seen_ms": known["seen_ms"]} != known)

    def _see_places(self, connection: Connection, runs: Sequence[RunResult]) -> None:
        table = tables.place
        new = sorted(set(map(_place, runs)) - self._places.keys())
        if new:
            rows = [{"region": region, "device": device} for region, device in new]
            connection.execute(inserting(connection, table).on_conflict_do_nothing(), rows)
            for number, region, device in connection.execute(select(table.c.id, table.c.region, table.c.device)):
                self._places[region, device] = number

    def _see_steps(self, connection: Connection, runs: Sequence[RunResult]) -> None:
        table = tables.step_name
        wanted = {(self._journeys[journey][0], path) for journey, path in writing.paths(runs)}
        new = sorted(wanted - self._steps.keys())
        if new:
            rows = [{"journey_id": journey, "path": path} for journey, path in new]
            connection.execute(inserting(connection, table).on_conflict_do_nothing(), rows)
            known = select(table.c.id, table.c.journey_id, table.c.path).where(
                _among(table.c.journey_id, rows, "journey_id")
            )
            for number, journey, path in connection.execute(known):
                self._steps[journey, path] = number


def _place(run: RunResult) -> tuple[str, str]:
    return writing.name_of(run.region), writing.name_of(run.device or "")


def _among(column: sqlalchemy.Column[Any], rows: Iterable[dict[str, Any]], name: str) -> Any:
    return column.in_({row[name] for row in rows})
