"""What a process holds in a database, over all machines: renewed while it lives, free again soon after it died.

Who holds something is told by a token. A lease that is over stays with its holder until somebody else wants it; then
the token changes, and whoever comes back later finds that it was lost. All times are by the clock of the database:
those of the machines may differ.
"""

from __future__ import annotations

import os
import platform
import threading
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, delete, not_, or_, select, update

from pytest_synthetic.errors import HistoryDamaged, HistoryUnavailable
from pytest_synthetic.history import database, store
from pytest_synthetic.history.names import inserting
from pytest_synthetic.history.tables import lease

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

LASTS = 60.0
"""Seconds that what a dead process held stays its own."""
BEATS = 6
"""How often in that time a living process renews."""
SOON = 1.0
"""Seconds until it tries again when it could not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One thing held: the lease of a `name` among those of its `kind`."""

    kind: str
    name: str
    token: str

    @property
    def row(self) -> ColumnElement[bool]:
        """Its row, as long as it is not lost."""
        return and_(lease.c.kind == self.kind, lease.c.name == self.name, lease.c.token == self.token)


def this_process() -> str:
    """The machine and the number of this process, for people."""
    return f"{platform.node() or 'a machine'}, process {os.getpid()}"


class Holding:
    """All that this process holds in one database, which is opened when it is first needed."""

    def __init__(self, url: str, *, lasts: float = LASTS) -> None:
        """`lasts` is in seconds: how long what this process holds is its own once it is dead."""
        self._url = url
        self._lasts = lasts
        self._engine: Engine | None = None
        self._tokens: set[str] = set()
        self._guard = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def where(self) -> str:
        """Its address, without a password."""
        return database.shown(self._url)

    @property
    def engine(self) -> Engine:
        """The database, its tables made. Raises HistoryUnavailable."""
        if self._engine is None:
            self._engine = store.opened(self._url).engine
        return self._engine

    @property
    def now(self) -> ColumnElement[int]:
        """The present moment by the clock of the database, in milliseconds since 1970."""
        return database.now(self.engine)

    @property
    def is_free(self) -> ColumnElement[bool]:
        """Whether nobody holds a row of `lease`, or nobody who lives."""
        return or_(lease.c.token.is_(None), lease.c.until_ms < self.now)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that soon ends. Raises HistoryUnavailable."""
        with self._anew_when_damaged(), database.briefly(self.engine) as connection:
            yield connection

    @contextmanager
    def _anew_when_damaged(self) -> Iterator[None]:
        """A file that was removed or replaced is found, with its tables, by whoever comes next."""
        try:
            yield
        except HistoryDamaged:
            engine, self._engine = self._engine, None
            if engine is not None:
                engine.dispose()
            raise

    def grab(self, kind: str, name: str, run: str) -> Hold | None:
        """Hold what nobody holds, as long as this process lives; None for what somebody does.

        Raises HistoryUnavailable.
        """
        hold = self.taken(kind, name, f"run {run} on {this_process()}")
        if hold is not None:
            self._keep(hold)
        return hold

    def taken(self, kind: str, name: str, holder: str) -> Hold | None:
        """Hold what nobody holds until it runs out: see `renewed`. Raises HistoryUnavailable."""
        hold = Hold(kind=kind, name=name, token=uuid.uuid4().hex)
        mine: dict[str, Any] = {"token": hold.token, "holder": holder, "until_ms": self._until}
        with self.writing() as connection:
            add = inserting(connection, lease).values(kind=kind, name=name, used_ms=0, **mine)
            taken = add.on_conflict_do_update(index_elements=["kind", "name"], set_=mine, where=self.is_free)
            return hold if connection.execute(taken.returning(lease.c.token)).first() else None

    def renewed(self, hold: Hold) -> bool:
        """Hold it for as long again; False when it was lost. Raises HistoryUnavailable."""
        with self.writing() as connection:
            return connection.execute(update(lease).where(hold.row).values(until_ms=self._until)).rowcount == 1

    def holder_of(self, kind: str, name: str) -> str | None:
        """Who holds it, for people; None when nobody does who lives. Raises HistoryUnavailable."""
        held = select(lease.c.holder).where(lease.c.kind == kind, lease.c.name == name, not_(self.is_free))
        with self._anew_when_damaged(), database.reading(self.engine) as connection:
            return connection.execute(held).scalar()

    def is_held(self, connection: Connection, hold: Hold) -> bool:
        """Whether it is still held, and stays so until the transaction ends."""
        return connection.execute(select(lease.c.token).where(hold.row).with_for_update()).first() is not None

    def let_go(self, hold: Hold, *, forget: bool = False) -> None:
        """Let others have it, with `forget` as if it had never been. Raises nothing: it would be free soon anyway."""
        with self._guard:
            self._tokens.discard(hold.token)
        free = update(lease).where(hold.row).values(token=None, holder=None)
        with suppress(HistoryUnavailable), self.writing() as connection:
            connection.execute(delete(lease).where(hold.row) if forget else free)

    def close(self) -> None:
        """Let go of the database. What is still held is held on, until this process ends."""
        with self._guard:
            if self._tokens:
                return
            self._over.set()
        if self._thread is not None:
            self._thread.join(SOON)
        if self._engine is not None:
            self._engine.dispose()

    # -- the heart ---------------------------------------------------------------------------------------------------

    @property
    def _until(self) -> ColumnElement[int]:
        return self.now + int(self._lasts * 1000)

    def _keep(self, hold: Hold) -> None:
        with self._guard:
            self._tokens.add(hold.token)
            if self._thread is None:
                self._thread = threading.Thread(target=self._beat, name="synthetic-leases", daemon=True)
                self._thread.start()

    def _beat(self) -> None:
        often = self._lasts / BEATS
        pause = often
        while not self._over.wait(pause):
            pause = often if self._renewed() else min(SOON, often)

    def _renewed(self) -> bool:
        with self._guard:
            mine = list(self._tokens)
        try:
            if mine:
                with self.writing() as connection:
                    connection.execute(update(lease).where(lease.c.token.in_(mine)).values(until_ms=self._until))
        except HistoryUnavailable:
            return False
        return True
