"""What is left of days whose runs are gone: how they ended, and how long they and their steps took."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from pytest_synthetic.analysis.histogram import Histogram
from pytest_synthetic.history import tables
from pytest_synthetic.history.pruning import WHOLE
from pytest_synthetic.history.selecting import DAY, Groups
from pytest_synthetic.history.writing import milliseconds, name_of
from pytest_synthetic.model.history import Counts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Table

    from pytest_synthetic.history.verdicts import Verdicts
    from pytest_synthetic.model.history import Selection

BY = frozenset({"journey", "region", "device"})
"""What days can be grouped by."""


def answer(chosen: Selection, by: Sequence[str] = ()) -> bool:
    """Whether days can tell of `chosen`: they know neither owners, releases, commits nor repeated attempts."""
    asked = (chosen.owners, chosen.release, chosen.commit)
    return chosen.first_attempts and not any(asked) and BY.issuperset(by)


def counts(
    connection: Connection, verdicts: Verdicts, chosen: Selection, by: Sequence[str] = ()
) -> dict[tuple[Any, ...], Counts]:
    """How the first attempts of the chosen days ended. A day counts when it lies in the selection whole."""
    table = tables.day
    groups = Groups(connection, by, table)
    query = select(*groups.columns, table.c.counts).where(*_conditions(connection, chosen, table))
    found: dict[tuple[Any, ...], Counts] = defaultdict(Counts)
    for *values, told in connection.execute(query):
        found[groups.key(values)] += verdicts.counts(json.loads(told))
    return dict(found)


def there(connection: Connection, chosen: Selection, among: Collection[int]) -> dict[str, int]:
    """For each journey how many of the chosen days `among` these there are."""
    table = tables.day
    groups = Groups(connection, ("journey",), table)
    query = select(*groups.columns, func.count(table.c.day.distinct())).where(
        table.c.day.in_(among), *_conditions(connection, chosen, table)
    )
    return {groups.key(values)[0]: number for *values, number in connection.execute(query.group_by(*groups.columns))}


def timings(
    connection: Connection, chosen: Selection, by: Sequence[str] = (), *, steps: bool = False
) -> dict[tuple[Any, ...], Histogram]:
    """How long the runs of the chosen days took, or their steps: then the path is the last part of each key."""
    table = tables.day_timing
    groups = Groups(connection, [*by, "step"] if steps else by, table)
    part = table.c.step_id != WHOLE if steps else table.c.step_id == WHOLE
    query = select(*groups.columns, table.c.histogram).where(part, *_conditions(connection, chosen, table))
    found: dict[tuple[Any, ...], Histogram] = defaultdict(Histogram)
    for *values, told in connection.execute(query):
        found[groups.key(values)] += Histogram.from_json(json.loads(told))
    return dict(found)


def _conditions(connection: Connection, chosen: Selection, table: Table) -> Iterator[ColumnElement[bool]]:
    if chosen.journeys:
        query = select(tables.journey.c.id).where(tables.journey.c.key.in_(map(name_of, chosen.journeys)))
        yield table.c.journey_id.in_(connection.scalars(query).all())
    if chosen.regions:
        yield table.c.place_id.in_(
            select(tables.place.c.id).where(tables.place.c.region.in_(map(name_of, chosen.regions)))
        )
    if chosen.devices:
        yield table.c.place_id.in_(
            select(tables.place.c.id).where(tables.place.c.device.in_(map(name_of, chosen.devices)))
        )
    if chosen.since:
        yield table.c.day >= -(-milliseconds(chosen.since) // DAY)
    if chosen.until:
        yield table.c.day < milliseconds(chosen.until) // DAY
