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
import threading
import time
import uuid
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import and_, case, delete, func, or_, select, tuple_, update

from pytest_synthetic.core.agenda import BACK
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.errors import HistoryDamaged, HistoryUnavailable
from pytest_synthetic.history import book, database, stand_ins, store
from pytest_synthetic.history.book import Claim, State
from pytest_synthetic.history.holding import this_process
from pytest_synthetic.history.missing import Records
from pytest_synthetic.history.names import inserting
from pytest_synthetic.history.tables import OPEN, tick, watched
from pytest_synthetic.history.writing import milliseconds, name_of
from pytest_synthetic.model import wire
from pytest_synthetic.model.plan import Missed, Plan, Tick

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.history.stand_ins import Row

    Key = tuple[str, str]
    T = TypeVar("T")

PATIENCE = 15.0
"""Seconds that a claim must be seen unrenewed before it counts as over: whoever lives renews at least twice in them."""
KEPT = timedelta(days=1)
"""How long it is known of a tick that it is done. What is older is in the book by `accounted` alone."""
PART = timedelta(hours=6)
"""Ticks of so long a time are dropped in one transaction."""
FORGOTTEN = timedelta(days=35)
"""How long it is known of a journey that it was watched."""
REST = 0.02
"""Seconds between two parts of `miss` in which others may write: SQLite does not hand its lock to who waits longest."""


class Ticks:
    """The book in one database, which is opened when it is first needed. Threads may share it."""

    def __init__(self, url: str, *, clock: Clock | None = None, sleep: Callable[[float], None] = time.sleep) -> None:
        """`clock` tells how long this process has waited, never when a claim ends."""
        self._url = url
        self._clock = clock or SystemClock()
        self._sleep = sleep
        self._token = uuid.uuid4().hex
        self._holder = this_process()
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

    def watch(
        self,
        plans: Iterable[Plan],
        now: datetime,
        *,
        regions: Collection[str] = (),
        known: Mapping[Key, datetime] | None = None,
    ) -> dict[Key, datetime]:
        """Say what is watched. Returns for each plan the moment after which its ticks are not in the book yet.

        That of a new plan is `now`, or the earlier one that is `known` when the book itself is new. One that is later
        than BACK after `now` was written while a clock was wrong: it does not count, and what was said to be missed in
        that future is taken back. All that was watched in `regions` and is not among the plans is not watched any more:
        if it comes back, it begins anew.
        """
        wanted = {book.key_of(plan.key): plan for plan in plans}
        at, wrong = milliseconds(now), milliseconds(now + BACK)
        earlier = {book.key_of(key): milliseconds(moment) for key, moment in (known or {}).items() if moment < now}
        rows = [
            {
                "journey": key[0],
                "region": key[1],
                "since_ms": at,
                "upto_ms": earlier.get(key, at),
                "seen_ms": at,
                "told": json.dumps(wire.plain(plan)),
            }
            for key, plan in sorted(wanted.items())
        ]
        with self._writing() as (connection, _):
            before = book.accounted_for(connection)
            add = inserting(connection, watched)
            new, anew = add.excluded, watched.c.upto_ms.is_(None)
            news = {
                "told": new.told,
                "seen_ms": new.seen_ms,
                "since_ms": case((anew, new.since_ms), else_=watched.c.since_ms),
                "upto_ms": case((or_(anew, watched.c.upto_ms > wrong), new.upto_ms), else_=watched.c.upto_ms),
            }
            if rows:
                connection.execute(add.on_conflict_do_update(index_elements=["journey", "region"], set_=news), rows)
            unreal = [plan for key, plan in wanted.items() if before.get(key, 0) > wrong]
            stand_ins.unsay(connection, unreal, after=at)
            left = [key for key in before if key not in wanted and key[1] in set(map(name_of, regions))]
            for part in book.parts(left):
                those = tuple_(watched.c.journey, watched.c.region).in_(part)
                connection.execute(update(watched).where(those).values(upto_ms=None, seen_ms=at))
        upto = {**earlier, **{key: upto for key, upto in before.items() if upto <= wrong}}
        return {plan.key: book.moment(upto.get(key, at)) for key, plan in wanted.items()}

    def accounted(self, keys: Iterable[Key], upto: datetime) -> None:
        """Say that all ticks of these plans up to then are in the book, claimed or missed: none is taken after that."""
        at = milliseconds(upto)
        with self._writing() as (connection, _):
            for part in book.parts(sorted(map(book.key_of, keys))):
                those = and_(tuple_(watched.c.journey, watched.c.region).in_(part), watched.c.upto_ms < at)
                connection.execute(update(watched).where(those).values(upto_ms=at))

    # -- claims ------------------------------------------------------------------------------------------------------

    def claim(self, ticks: Iterable[Tick], *, lasts: float, state: State = State.WAITING) -> set[Tick]:
        """Take ticks for `lasts` seconds. Returns those that are ours to run: all others were taken, or missed."""
        asked = {book.row_of(each): each for each in ticks}
        try:
            with self._writing() as (connection, now):
                mine = {"state": state.value, "token": self._token, "holder": self._holder, **book.until(now, lasts)}
                ours = book.inserted(connection, asked, mine)
                if unsure := self._unsure & asked.keys() - ours:
                    ours |= book.still_open(connection, unsure, tick.c.token == self._token)
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

    def miss(self, missed: Iterable[Missed]) -> Sequence[Missed]:
        """Put ticks into the book that are not run, and a `missed` record of each into the history.

        A tick that is in the book already stays as it is. Returns those that are new. It writes in parts, oldest first,
        and lets others write between them.
        """
        due = {book.row_of(Tick(*each.plan.key, each.at)): each for each in missed}
        rows = sorted(due.items(), key=lambda pair: pair[1].at)
        records = Records(self._opened())
        new: list[Missed] = []
        for number, part in enumerate(book.parts(rows)):
            if number:
                self._sleep(REST)
            new += self._missed(dict(part), records)
        return new

    def _missed(self, part: Mapping[Row, Missed], records: Records) -> Sequence[Missed]:
        with self._reading() as (connection, _):
            known = book.there(connection, part)
        ready = {row: records.ready(told) for row, told in part.items() if row not in known}
        if not ready:
            return []
        with self._writing() as (connection, now):
            done = {"state": State.DONE.value, "token": None, "holder": None, **book.until(now, 0.0)}
            new = book.inserted(connection, ready, done)
            records.write(connection, [ready[row] for row in sorted(new)])
        return [told for row, told in part.items() if row in new]

    # -- what is asked -----------------------------------------------------------------------------------------------

    def over(self, but: Collection[Tick] = ()) -> Sequence[Claim]:
        """The claims whose time is over, oldest first: a `waiting` one was missed, a `running` one is broken.

        Whoever asks records that and settles them. `but` are those that the asking process still has in hand. A claim
        whose run is in the history is not given: it is settled here.
        """
        with self._reading() as (connection, now):
            late = or_(tick.c.until_ms < now, tick.c.until_ms > now + tick.c.lasts_ms)  # a clock that was set back
            claims = book.claims_of(connection, book.JOINED.where(OPEN, late).order_by(*book.OLDEST))
        spared = set(map(book.row_of, but))
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
            return list(book.claims_of(connection, book.JOINED.where(OPEN).order_by(*book.OLDEST)).values())

    def watched(self) -> tuple[Plan, ...]:
        """All plans that are watched, as they were told last."""
        with self._reading() as (connection, _):
            return book.watched_plans(connection)

    def latest(self) -> dict[Key, Claim]:
        """The newest tick of each plan that is watched; nothing of those that had none for a day."""
        other = tick.alias()
        same = and_(other.c.journey == watched.c.journey, other.c.region == watched.c.region)
        newest = select(func.max(other.c.at_ms)).where(same).scalar_subquery()
        query = book.JOINED.where(watched.c.upto_ms.is_not(None), tick.c.at_ms == newest)
        with self._reading() as (connection, _):
            found = book.claims_of(connection, query)
        return {claim.plan.key: claim for claim in found.values()}

    def prune(self, now: datetime) -> int:
        """Drop what was done a day ago and is accounted for, and plans not watched for long. Returns how many ticks."""
        horizon, step = milliseconds(now - KEPT), round(PART.total_seconds() * 1000)
        same = and_(watched.c.journey == tick.c.journey, watched.c.region == tick.c.region)
        accounted = func.coalesce(select(watched.c.upto_ms).where(same).scalar_subquery(), horizon)
        done = tick.c.state == State.DONE.value
        with self._reading() as (connection, _):
            first = connection.execute(select(func.min(tick.c.at_ms)).where(done)).scalar()
        gone = 0
        for begin in range(horizon if first is None else first, horizon, step):
            with self._writing() as (connection, _):
                part = tick.c.at_ms < min(begin + step, horizon)
                gone += connection.execute(delete(tick).where(done, part, tick.c.at_ms < accounted)).rowcount
        with self._writing() as (connection, _):
            last = milliseconds(now - FORGOTTEN)
            connection.execute(delete(watched).where(watched.c.upto_ms.is_(None), watched.c.seen_ms < last))
        return gone

    # -- how ---------------------------------------------------------------------------------------------------------

    def _changed(self, ticks: Iterable[Tick], *, lasts: float | None = None, **values: str | None) -> set[Tick]:
        asked = {book.row_of(each): each for each in ticks}
        with self._writing() as (connection, now):
            still = book.still_open(connection, asked)
            until = {} if lasts is None else book.until(now, lasts)
            for part in book.parts(sorted(still)):
                connection.execute(update(tick).where(book.KEY.in_(part)).values(**values, **until))
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
    def _writing(self) -> Iterator[tuple[Connection, int]]:
        history = self._opened()
        try:
            with self._anew_when_damaged(), database.briefly(history.engine) as connection:
                yield connection, _now(connection)
        except HistoryUnavailable:
            history.forget_names()
            raise

    @contextmanager
    def _reading(self) -> Iterator[tuple[Connection, int]]:
        engine = self._opened().engine
        with self._anew_when_damaged(), database.reading(engine) as connection:
            yield connection, _now(connection)

    @contextmanager
    def _anew_when_damaged(self) -> Iterator[None]:
        try:
            yield
        except HistoryDamaged:
            self.close()  # the next one finds the file that is there then
            raise


def _now(connection: Connection) -> int:
    """The present moment by the clock of the database."""
    return connection.execute(select(database.now(connection.engine))).scalar_one()
