"""The agents of a fleet, as they told last how they are: for whoever can read the history."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import delete, select

from pytest_synthetic.history import database
from pytest_synthetic.history.names import inserting
from pytest_synthetic.history.tables import agent
from pytest_synthetic.history.writing import milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Engine

FORGOTTEN = timedelta(days=7)
"""How long an agent that is silent is shown."""


class Seen(NamedTuple):
    """An agent, when it was heard of last, and what it told then."""

    region: str
    name: str
    at: datetime
    told: Mapping[str, Any]


def note(engine: Engine, seen: Iterable[Seen]) -> None:
    """Write down what agents told, in place of what they told before. Raises HistoryUnavailable."""
    known = list(seen)
    rows = [
        {"region": each.region, "name": each.name, "seen_ms": milliseconds(each.at), "told": json.dumps(each.told)}
        for each in known
    ]
    if not rows:
        return
    with database.writing(engine) as connection:
        add = inserting(connection, agent)
        news = {"seen_ms": add.excluded.seen_ms, "told": add.excluded.told}
        connection.execute(add.on_conflict_do_update(index_elements=["region", "name"], set_=news), rows)
        long_ago = max(each.at for each in known) - FORGOTTEN
        connection.execute(delete(agent).where(agent.c.seen_ms < milliseconds(long_ago)))


def all_of(engine: Engine) -> Sequence[Seen]:
    """All agents that were heard of lately, by region and name. Raises HistoryUnavailable."""
    with database.reading(engine) as connection:
        rows = connection.execute(select(agent).order_by(agent.c.region, agent.c.name)).all()
    return [
        Seen(row.region, row.name, datetime.fromtimestamp(row.seen_ms / 1000, UTC), json.loads(row.told))
        for row in rows
    ]
