"""A selection as conditions of a query, and what rows can be grouped by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from pytest_synthetic.errors import UsageError, did_you_mean
from pytest_synthetic.history import tables
from pytest_synthetic.history.writing import milliseconds, name_of, storable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Table

    from pytest_synthetic.model.history import Selection

HOUR = 3_600_000
"""Milliseconds."""
DAY = 24 * HOUR
BY = ("journey", "region", "device", "owner", "release", "commit", "attempt", "hour", "day", "step", "verdict")
"""What rows can be grouped by; `hour` is that of the day, `day` counts days since 1970, both in UTC."""


def conditions(connection: Connection, chosen: Selection, table: Table) -> Iterator[ColumnElement[bool]]:
    """What a row of `run`, `step` or `measurement` must fulfil."""
    if chosen.journeys:
        key = tables.journey.c.key
        numbers = connection.scalars(select(tables.journey.c.id).where(key.in_(map(name_of, chosen.journeys)))).all()
        yield table.c.journey_id.in_(numbers)
    if chosen.regions or chosen.devices:
        yield table.c.place_id.in_(_places(connection, chosen))
    if chosen.since:
        yield table.c.started_ms >= milliseconds(chosen.since)
    if chosen.until:
        yield table.c.started_ms < milliseconds(chosen.until)
    yield from _of_the_run(chosen, table)


def _of_the_run(chosen: Selection, table: Table) -> Iterator[ColumnElement[bool]]:
    """What only `run` itself knows: of its parts, those whose run is so."""
    run = tables.run.c
    asked: list[ColumnElement[bool]] = []
    if chosen.owners:
        asked.append(run.owner.in_(map(storable, chosen.owners)))
    if chosen.release is not None:
        asked.append(run.release == storable(chosen.release))
    if chosen.commit is not None:
        asked.append(begins(run.commit, chosen.commit))
    if chosen.first_attempts:
        if "first" in table.c:
            yield table.c.first == 1
        else:
            asked.append(run.attempt == 1)
    if table is tables.run:
        yield from asked
    elif asked:
        yield table.c.run.in_(select(run.id).where(*asked))


def begins(column: ColumnElement[str], beginning: str) -> ColumnElement[bool]:
    """Whether a text begins so. (A pattern of LIKE may not be of any length.)"""
    told = str(storable(beginning))
    return func.substr(column, 1, len(told)) == told


def _places(connection: Connection, chosen: Selection) -> Sequence[int]:
    query = select(tables.place.c.id)
    if chosen.regions:
        query = query.where(tables.place.c.region.in_(map(name_of, chosen.regions)))
    if chosen.devices:
        query = query.where(tables.place.c.device.in_(map(name_of, chosen.devices)))
    return connection.scalars(query).all()


class Groups:
    """Columns to group by, and the texts that their numbers stand for."""

    def __init__(self, connection: Connection, by: Sequence[str], table: Table) -> None:
        """`by` are names of BY. Raises UsageError for one that `table` cannot be grouped by."""
        self._connection = connection
        self._table = table
        made = [self._made(name) for name in by]
        self.columns = [column for column, _ in made]
        self._named = [named for _, named in made]

    def key(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """What the values of the columns stand for."""
        return tuple(named(value) for named, value in zip(self._named, values, strict=True))

    def _made(self, name: str) -> tuple[Any, Callable[[Any], Any]]:
        own = self._table.c
        if name == "journey":
            return own.journey_id, self._texts(tables.journey.c.id, tables.journey.c.key)
        if name in {"region", "device"}:
            # Two places may share it: whoever groups adds them up.
            return own.place_id, self._texts(tables.place.c.id, tables.place.c[name])
        if name == "step" and "step_id" in own:
            return own.step_id, self._texts(tables.step_name.c.id, tables.step_name.c.path)
        if name == "hour":
            return (own.started_ms % DAY).op("/")(HOUR), int
        if name == "day":
            return own.started_ms.op("/")(DAY), int
        if name in own and name in {*BY, "carrier"}:
            return own[name], lambda value: value
        valid = [known for known in BY if known in own or known in {"journey", "region", "device", "hour", "day"}]
        raise UsageError(f"runs cannot be grouped by {name!r} here. {did_you_mean(name, valid)}")

    def _texts(self, number: ColumnElement[int], text: ColumnElement[str]) -> Callable[[int], str]:
        rows = self._connection.execute(select(number, text)).all()
        return {key: said for key, said in rows}.__getitem__  # noqa: C416  a row is no pair to mypy
