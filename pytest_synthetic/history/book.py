"""The rows of the book of ticks: see `ticks`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import and_, select, true, tuple_

from pytest_synthetic.errors import UsageError
from pytest_synthetic.history import database
from pytest_synthetic.history.stand_ins import MANY, Row
from pytest_synthetic.history.tables import OPEN, tick, watched
from pytest_synthetic.history.writing import milliseconds, name_of
from pytest_synthetic.model import wire
from pytest_synthetic.model.journey import JourneySpec
from pytest_synthetic.model.plan import Plan, Tick

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Select

    Key = tuple[str, str]
    T = TypeVar("T")

OLDEST = (tick.c.at_ms, tick.c.journey, tick.c.region)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class State(StrEnum):
    """What a claim says of its tick."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A tick that somebody took: `holder` says who, until it is done. `until` is by the clock of the database."""

    plan: Plan
    at: datetime
    state: State
    holder: str | None
    until: datetime

    @property
    def tick(self) -> Tick:
        """The tick."""
        return Tick(*self.plan.key, self.at)


KEY = tuple_(tick.c.journey, tick.c.region, tick.c.at_ms)
JOINED = select(tick, watched.c.told).outerjoin_from(
    tick, watched, and_(watched.c.journey == tick.c.journey, watched.c.region == tick.c.region)
)


def inserted(connection: Connection, rows: Collection[Row], values: Mapping[str, object]) -> set[Row]:
    """Add the ticks that are not in the book. In the same order everywhere: two who add do not wait for each other."""
    few = watched.c.journey.in_({row.journey for row in rows}) if len(rows) <= MANY else true()
    upto = accounted_for(connection, few)
    new = [{**row._asdict(), **values} for row in sorted(rows) if row.at_ms > upto.get((row.journey, row.region), 0)]
    return {Row._make(told) for told in database.insert_new(connection, tick, new, Row._fields)}


def there(connection: Connection, rows: Iterable[Row]) -> set[Row]:
    """Which of these ticks are in the book."""
    query = select(tick.c.journey, tick.c.region, tick.c.at_ms)
    return {Row(*told) for part in parts(sorted(rows)) for told in connection.execute(query.where(KEY.in_(part)))}


def still_open(connection: Connection, rows: Iterable[Row], *more: ColumnElement[bool]) -> set[Row]:
    """Which of these ticks are not done, and stay so until the transaction ends."""
    found: set[Row] = set()
    for part in parts(sorted(rows)):
        query = select(tick.c.journey, tick.c.region, tick.c.at_ms).where(KEY.in_(part), OPEN, *more)
        ordered = query.order_by(tick.c.journey, tick.c.region, tick.c.at_ms).with_for_update()
        found |= {Row(*told) for told in connection.execute(ordered)}
    return found


def accounted_for(connection: Connection, *chosen: ColumnElement[bool]) -> dict[Key, int]:
    """Up to which moment each plan that is watched is accounted for."""
    query = select(watched.c.journey, watched.c.region, watched.c.upto_ms).where(
        watched.c.upto_ms.is_not(None), *chosen
    )
    return {(journey, region): upto for journey, region, upto in connection.execute(query)}


def claims_of(connection: Connection, query: Select[Any]) -> dict[Row, Claim]:
    """What a query of JOINED finds, in its order."""
    return {Row(told.journey, told.region, told.at_ms): _claim(told) for told in connection.execute(query)}


def _claim(told: Any) -> Claim:
    return Claim(
        plan=plan_of(told),
        at=moment(told.at_ms),
        state=State(told.state),
        holder=told.holder,
        until=moment(told.until_ms),
    )


def plan_of(told: Any) -> Plan:
    """The plan of a row; what is known of it without one, where a newer version wrote it or nobody watches it."""
    try:
        plan: Plan = wire.build(Plan, json.loads(told.told), called="plan")
    except (UsageError, ValueError, TypeError):
        return Plan(spec=JourneySpec(id=told.journey, name=told.journey), region=told.region, nodeid="")
    return plan


def watched_plans(connection: Connection) -> tuple[Plan, ...]:
    """All plans that are watched, as they were told last."""
    query = select(watched).where(watched.c.upto_ms.is_not(None)).order_by(watched.c.journey, watched.c.region)
    return tuple(map(plan_of, connection.execute(query)))


def row_of(asked: Tick) -> Row:
    """A tick as rows have it."""
    return Row(*key_of(asked[:2]), milliseconds(asked.at))


def key_of(key: Key) -> Key:
    """A journey and a region as rows have them."""
    return name_of(key[0]), name_of(key[1])


def until(now: int, lasts: float) -> dict[str, Any]:
    """A claim that lasts so many seconds from now."""
    long = round(lasts * 1000)
    return {"until_ms": now + long, "lasts_ms": long}


def moment(at_ms: int) -> datetime:
    """A moment of a row."""
    return EPOCH + timedelta(milliseconds=at_ms)


def parts(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """Rows in so many as one statement takes."""
    return (rows[first : first + MANY] for first in range(0, len(rows), MANY))
