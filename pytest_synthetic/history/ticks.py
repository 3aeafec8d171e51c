"""The book of ticks: which journeys are watched, and who runs which of their ticks. Nothing twice, nothing silent.

The row of a tick is its claim: who adds it runs the journey then, and nobody else ever does, whatever is delivered
twice and however many schedulers there are. A claim is `waiting` until its run begins, then `running`, and `done` when
what became of it is in the history. It never changes hands.

A process may die at any moment. What the next one finds:

| it died after | in the book | what the next one makes of it |
|---|---|---|
| nothing: a tick was due | no row; it is later than `watch` says | due again, or missed when it is too late |
| the claim | `waiting`, not renewed | `over` gives it: the run was missed |
| the run began | `running`, not renewed | `over` gives it: the run is broken, and not repeated |
| the run was recorded | `running`, a run in the history | `over` settles it and says nothing |
| it was settled | `done` | nothing |
| a part of `miss` | rows and records of that part | misses all again: what is there is left as it is |
| a commit of which it heard nothing | the claim, or not | who claims once more gets what is its own |

What was taken for dead and comes back does no harm: its record replaces the one that stands in (see `stand_ins`).

Claims end by the clock of the database, which may be set as well. So `over` gives none that this process has not seen
unrenewed for PATIENCE seconds of its own monotonic clock: whoever lives renews more often. The moments of ticks are
those of the schedulers' clocks. All is in whole transactions; each raises HistoryUnavailable, and has done nothing
then, or what a second try finds done.
"""

from __future__ import annotations

import json
import os
import platform
import threading
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import and_, case, delete, func, or_, select, true, tuple_, update

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.errors import HistoryDamaged, HistoryUnavailable, UsageError
from pytest_synthetic.history import database, stand_ins, store
from pytest_synthetic.history.missing import Records
from pytest_synthetic.history.names import inserting
from pytest_synthetic.history.stand_ins import MANY, Row
from pytest_synthetic.history.tables import OPEN, tick, watched
from pytest_synthetic.history.writing import milliseconds, name_of
from pytest_synthetic.model import wire
from pytest_synthetic.model.journey import JourneySpec
from pytest_synthetic.model.plan import Missed, Plan, Tick

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Select

    from pytest_synthetic.core.ports import Clock

    Key = tuple[str, str]
    T = TypeVar("T")

PATIENCE = 15.0
"""Seconds that a claim must be seen unrenewed before it counts as over: whoever lives renews at least twice in them."""
KEPT = timedelta(days=1)
"""How long it is known of a tick that it is done. What is older is in the book by `accounted` alone."""
FORGOTTEN = timedelta(days=35)
"""How long it is known of a journey that it was watched."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
REST = 0.02
"""Seconds between two parts of `miss` in which others may write: SQLite does not hand its lock to who waits longest."""


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


class Ticks:
    """The book in one database, which is opened when it is first needed. Threads may share it."""

    def __init__(self, url: str, *, clock: Clock | None = None, sleep: Callable[[float], None] = time.sleep) -> None:
        """`clock` tells how long this process has waited, never when a claim ends."""
        self._url = url
        self._clock = clock or SystemClock()
        self._sleep = sleep
        self._token = uuid.uuid4().hex
        self._holder = f"process {os.getpid()} on {platform.node() or 'a machine'}"
        self._history: store.SqlHistory | None = None
        self._guard = threading.Lock()
        self._unsure: set[Row] = set()
        self._seen: dict[Row, tuple[datetime, float]] = {}

    @property
    def where(self) -> str:
        """Its address, without a password."""
        return database.shown(self._url)

    def close(self) -> None:
        """Let go of the database. It is opened again when it is needed again."""
        with self._guard:
            history, self._history = self._history, None
        if history is not None:
            history.close()

    # -- what is watched ---------------------------------------------------------------------------------------------

    def watch(self, plans: Iterable[Plan], now: datetime, *, regions: Collection[str] = ()) -> dict[Key, datetime]:
        """Say what is watched. Returns for each plan the moment after which its ticks are not in the book yet.

        That of a new plan is `now`. All that was watched in `regions` and is not among the plans is not watched any
        more: if it comes back, it begins anew.
        """
        wanted = {_key(plan.key): plan for plan in plans}
        at = milliseconds(now)
        rows = [
            {
                "journey": key[0],
                "region": key[1],
                "since_ms": at,
                "upto_ms": at,
                "seen_ms": at,
                "told": json.dumps(wire.plain(plan)),
            }
            for key, plan in sorted(wanted.items())
        ]
        with self._writing() as (connection, _):
            before = _upto(connection)
            add = inserting(connection, watched)
            new, anew = add.excluded, watched.c.upto_ms.is_(None)
            news = {
                "told": new.told,
                "seen_ms": new.seen_ms,
                "since_ms": case((anew, new.since_ms), else_=watched.c.since_ms),
                "upto_ms": func.coalesce(watched.c.upto_ms, new.upto_ms),
            }
            if rows:
                connection.execute(add.on_conflict_do_update(index_elements=["journey", "region"], set_=news), rows)
            left = [key for key in before if key not in wanted and key[1] in set(map(name_of, regions))]
            for part in _parts(left):
                those = tuple_(watched.c.journey, watched.c.region).in_(part)
                connection.execute(update(watched).where(those).values(upto_ms=None))
        return {plan.key: _moment(before.get(key, at)) for key, plan in wanted.items()}

    def accounted(self, keys: Iterable[Key], upto: datetime) -> None:
        """Say that all ticks of these plans up to then are in the book, claimed or missed: none is taken after that."""
        at = milliseconds(upto)
        with self._writing() as (connection, _):
            for part in _parts(sorted(map(_key, keys))):
                those = and_(tuple_(watched.c.journey, watched.c.region).in_(part), watched.c.upto_ms < at)
                connection.execute(update(watched).where(those).values(upto_ms=at))

    # -- claims ------------------------------------------------------------------------------------------------------

    def claim(self, ticks: Iterable[Tick], *, lasts: float, state: State = State.WAITING) -> set[Tick]:
        """Take ticks for `lasts` seconds. Returns those that are ours to run: all others were taken, or missed."""
        asked = {_row(each): each for each in ticks}
        try:
            with self._writing() as (connection, now):
                mine = {"state": state.value, "token": self._token, "holder": self._holder, **_until(now, lasts)}
                ours = _inserted(connection, asked, mine)
                if unsure := self._unsure & asked.keys() - ours:
                    ours |= _locked(connection, unsure, tick.c.token == self._token)
        except HistoryUnavailable:
            with self._guard:
                self._unsure |= asked.keys()  # it may have been done, and the answer lost
            raise
        with self._guard:
            self._unsure -= asked.keys()
        return {asked[row] for row in ours}

    def begun(self, ticks: Iterable[Tick], *, lasts: float) -> set[Tick]:
        """Say that claims run now, for at most `lasts` seconds unless renewed. Returns those that are not done yet."""
        return self._changed(ticks, state=State.RUNNING.value, lasts=lasts)

    def renew(self, ticks: Iterable[Tick], *, lasts: float) -> set[Tick]:
        """Hold claims for `lasts` seconds from now. Returns those that are not done yet: of the rest, others told."""
        return self._changed(ticks, lasts=lasts)

    def settle(self, ticks: Iterable[Tick]) -> set[Tick]:
        """Say that what became of these ticks is in the history. Returns those of which that was not known before."""
        return self._changed(ticks, state=State.DONE.value, token=None, holder=None)

    def miss(self, missed: Iterable[Missed]) -> int:
        """Put ticks into the book that are not run, and a `missed` record of each into the history.

        A tick that is in the book already stays as it is. Returns how many are new. It writes in parts, oldest first,
        and lets others write between them.
        """
        rows = sorted(((_row(Tick(*each.plan.key, each.at)), each) for each in missed), key=lambda pair: pair[0].at_ms)
        records = Records(self._opened())
        new = 0
        for number, part in enumerate(_parts(rows)):
            if number:
                self._sleep(REST)
            new += self._missed(dict(part), records)
        return new

    def _missed(self, part: Mapping[Row, Missed], records: Records) -> int:
        with self._reading() as (connection, _):
            known = _there(connection, part)
        ready = {row: records.ready(told) for row, told in part.items() if row not in known}
        if not ready:
            return 0
        with self._writing() as (connection, now):
            done = {"state": State.DONE.value, "token": None, "holder": None, **_until(now, 0.0)}
            new = _inserted(connection, ready, done)
            records.write(connection, [ready[row] for row in sorted(new)])
        return len(new)

    # -- what is asked -----------------------------------------------------------------------------------------------

    def over(self, but: Collection[Tick] = ()) -> Sequence[Claim]:
        """The claims whose time is over, oldest first: a `waiting` one was missed, a `running` one is broken.

        Whoever asks records that and settles them. `but` are those that the asking process still has in hand. A claim
        whose run is in the history is not given: it is settled here.
        """
        with self._reading() as (connection, now):
            late = or_(tick.c.until_ms < now, tick.c.until_ms > now + tick.c.lasts_ms)  # a clock that was set back
            claims = _claims(connection, JOINED.where(OPEN, late).order_by(tick.c.at_ms))
        spared = set(map(_row, but))
        dead = self._unrenewed({row: claim for row, claim in claims.items() if row not in spared})
        if not dead:
            return []
        with self._reading() as (connection, _):
            recorded = stand_ins.ran(connection, dead)
        if recorded:
            self.settle(dead[row].tick for row in recorded)
        return [claim for row, claim in dead.items() if row not in recorded]

    def going_on(self) -> Sequence[Claim]:
        """All claims that are not done, oldest first."""
        with self._reading() as (connection, _):
            return list(_claims(connection, JOINED.where(OPEN).order_by(tick.c.at_ms)).values())

    def latest(self) -> dict[Key, Claim]:
        """The newest tick of each plan that is watched; nothing of those that had none for a day."""
        other = tick.alias()
        same = and_(other.c.journey == watched.c.journey, other.c.region == watched.c.region)
        newest = select(func.max(other.c.at_ms)).where(same).scalar_subquery()
        with self._reading() as (connection, _):
            found = _claims(connection, JOINED.where(watched.c.upto_ms.is_not(None), tick.c.at_ms == newest))
        return {claim.plan.key: claim for claim in found.values()}

    def prune(self, now: datetime) -> int:
        """Drop what was done a day ago and is accounted for, and plans not watched for long. Returns how many ticks."""
        horizon = milliseconds(now - KEPT)
        with self._reading() as (connection, _):
            keys = connection.execute(select(tick.c.journey, tick.c.region).distinct()).all()
            upto = _upto(connection)
        gone = 0
        for part in _parts(keys):
            with self._writing() as (connection, _):
                for journey, region in part:
                    those = and_(tick.c.journey == journey, tick.c.region == region, tick.c.state == State.DONE.value)
                    old = tick.c.at_ms < min(horizon, upto.get((journey, region), horizon))
                    gone += connection.execute(delete(tick).where(those, old)).rowcount
        with self._writing() as (connection, _):
            last = milliseconds(now - FORGOTTEN)
            connection.execute(delete(watched).where(watched.c.upto_ms.is_(None), watched.c.seen_ms < last))
        return gone

    # -- how ---------------------------------------------------------------------------------------------------------

    def _changed(self, ticks: Iterable[Tick], *, lasts: float | None = None, **values: str | None) -> set[Tick]:
        asked = {_row(each): each for each in ticks}
        with self._writing() as (connection, now):
            still = _locked(connection, asked)
            until = {} if lasts is None else _until(now, lasts)
            for part in _parts(sorted(still)):
                connection.execute(update(tick).where(KEY.in_(part)).values(**values, **until))
        return {asked[row] for row in still}

    def _unrenewed(self, claims: Mapping[Row, Claim]) -> dict[Row, Claim]:
        """Those that this process has seen as they are for long enough: clocks can be set, this one cannot."""
        now = self._clock.monotonic()
        with self._guard:
            before = self._seen
            self._seen = {}
            for row, claim in claims.items():
                until, since = before.get(row, (claim.until, now))
                self._seen[row] = (until, since) if until == claim.until else (claim.until, now)
            return {row: claim for row, claim in claims.items() if now - self._seen[row][1] >= PATIENCE}

    def _opened(self) -> store.SqlHistory:
        with self._guard:
            if self._history is None:
                self._history = store.opened(self._url)
            return self._history

    @contextmanager
    def _writing(self) -> Iterator[tuple[Connection, ColumnElement[int]]]:
        history = self._opened()
        try:
            with database.briefly(history.engine) as connection:
                yield connection, database.now(history.engine)
        except HistoryUnavailable as error:
            history.forget_names()
            if isinstance(error, HistoryDamaged):
                self.close()  # the next one finds the file that is there then
            raise

    @contextmanager
    def _reading(self) -> Iterator[tuple[Connection, ColumnElement[int]]]:
        engine = self._opened().engine
        with database.reading(engine) as connection:
            yield connection, database.now(engine)


KEY = tuple_(tick.c.journey, tick.c.region, tick.c.at_ms)
JOINED = select(tick, watched.c.told).outerjoin_from(
    tick, watched, and_(watched.c.journey == tick.c.journey, watched.c.region == tick.c.region)
)


def _inserted(connection: Connection, rows: Collection[Row], values: Mapping[str, object]) -> set[Row]:
    """Add the ticks that are not in the book. In the same order everywhere: two who add do not wait for each other."""
    upto = _upto(connection, watched.c.journey.in_({row.journey for row in rows}) if len(rows) <= MANY else true())
    new = [row._asdict() for row in sorted(rows) if row.at_ms > upto.get((row.journey, row.region), 0)]
    if not new:
        return set()
    add = inserting(connection, tick).values(**values).on_conflict_do_nothing()
    return {Row(*told) for told in connection.execute(add.returning(tick.c.journey, tick.c.region, tick.c.at_ms), new)}


def _there(connection: Connection, rows: Iterable[Row]) -> set[Row]:
    """Which of these ticks are in the book."""
    query = select(tick.c.journey, tick.c.region, tick.c.at_ms)
    parts = _parts(sorted(rows))
    return {Row(*told) for part in parts for told in connection.execute(query.where(KEY.in_(part)))}


def _locked(connection: Connection, rows: Iterable[Row], *more: ColumnElement[bool]) -> set[Row]:
    """Which of these ticks are not done, and stay so until the transaction ends."""
    found: set[Row] = set()
    for part in _parts(sorted(rows)):
        query = select(tick.c.journey, tick.c.region, tick.c.at_ms).where(KEY.in_(part), OPEN, *more)
        ordered = query.order_by(tick.c.journey, tick.c.region, tick.c.at_ms).with_for_update()
        found |= {Row(*told) for told in connection.execute(ordered)}
    return found


def _upto(connection: Connection, *chosen: ColumnElement[bool]) -> dict[Key, int]:
    """Up to which moment each plan that is watched is accounted for."""
    query = select(watched.c.journey, watched.c.region, watched.c.upto_ms).where(
        watched.c.upto_ms.is_not(None), *chosen
    )
    return {(journey, region): upto for journey, region, upto in connection.execute(query)}


def _claims(connection: Connection, query: Select[Any]) -> dict[Row, Claim]:
    return {Row(told.journey, told.region, told.at_ms): _claim(told) for told in connection.execute(query)}


def _claim(told: Any) -> Claim:
    return Claim(
        plan=_plan(told),
        at=_moment(told.at_ms),
        state=State(told.state),
        holder=told.holder,
        until=_moment(told.until_ms),
    )


def _plan(told: Any) -> Plan:
    """The plan of a tick; what is known of it without one, where a newer version wrote it or nobody watches it."""
    try:
        plan: Plan = wire.build(Plan, json.loads(told.told), called="plan")
    except (UsageError, ValueError, TypeError):
        return Plan(spec=JourneySpec(id=told.journey, name=told.journey), region=told.region, nodeid="")
    return plan


def _row(asked: Tick) -> Row:
    return Row(*_key(asked[:2]), milliseconds(asked.at))


def _key(key: Key) -> Key:
    return name_of(key[0]), name_of(key[1])


def _until(now: ColumnElement[int], lasts: float) -> dict[str, Any]:
    long = round(lasts * 1000)
    return {"until_ms": now + long, "lasts_ms": long}


def _moment(at_ms: int) -> datetime:
    return EPOCH + timedelta(milliseconds=at_ms)


def _parts(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    return (rows[first : first + MANY] for first in range(0, len(rows), MANY))
