"""Up to where alerts looked at the runs of a history: one mark, which each turn that is written replaces."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from pytest_synthetic.history import tables
from pytest_synthetic.history.names import inserting

if TYPE_CHECKING:
    from sqlalchemy import Connection

_NAME = "alerts_upto"
_ABOUT = tables.about
_HERE = _ABOUT.c.name == _NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class Upto:
    """Which runs were looked at: all up to the row `low`, and those of the rows `above` it.

    Two servers of one database number rows in another order than that in which others see them.
    """

    low: int
    above: frozenset[int] = frozenset()
    text: str | None = None
    """As it stands in the database, where each turn that is written makes it another one."""


class Overtaken(Exception):
    """Another process decided meanwhile: nothing was written, and what is known here is old."""


def read(connection: Connection) -> Upto | None:
    """The mark; None when there is none, or none that can be read."""
    text = stored(connection)
    with suppress(ValueError, KeyError, TypeError):
        told = json.loads(text or "")
        return Upto(low=int(told["low"]), above=frozenset(map(int, told["above"])), text=text)
    return None


def stored(connection: Connection) -> str | None:
    """The mark as it stands there."""
    return connection.scalar(select(_ABOUT.c.value).where(_HERE))


def go_on(connection: Connection, upto: Upto) -> Upto:
    """Write the mark. Raises Overtaken when it is not the one that was read, even if it says the same."""
    text = json.dumps({"low": upto.low, "above": sorted(upto.above), "turn": _turn(upto.text) + 1})
    if upto.text is None:
        add = inserting(connection, _ABOUT).values(name=_NAME, value=text).on_conflict_do_nothing()
        done = connection.execute(add.returning(_ABOUT.c.name)).first() is not None
    else:
        change = update(_ABOUT).where(_HERE, _ABOUT.c.value == upto.text).values(value=text)
        done = connection.execute(change).rowcount == 1
    if not done:
        raise Overtaken
    return replace(upto, text=text)


def lowered(connection: Connection) -> None:
    """After runs were removed: SQLite gives the numbers of the last ones to others, which nobody has looked at."""
    if connection.dialect.name != "sqlite":
        return
    upto = read(connection)
    last = connection.scalar(select(func.max(tables.run.c.id))) or 0
    if upto and upto.low > last:
        go_on(connection, replace(upto, low=last))


def _turn(text: str | None) -> int:
    with suppress(ValueError, KeyError, TypeError):
        return int(json.loads(text or "")["turn"])
    return 0
