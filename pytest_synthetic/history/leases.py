"""Leases of addresses among the runs of several machines that share a database.

A message counts only if the address was this run's after it was read: see `SqlLease.state`.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from sqlalchemy import insert, select, update

from pytest_synthetic.core.deliveries import TAINT
from pytest_synthetic.core.leasing import Taking
from pytest_synthetic.errors import HistoryUnavailable, InboxUnavailable, LeaseLost, UsageError
from pytest_synthetic.history import database
from pytest_synthetic.history.tables import late_message, lease
from pytest_synthetic.history.writing import milliseconds
from pytest_synthetic.model import wire
from pytest_synthetic.model.message import Address, AddressState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.history.holding import Hold, Holding
    from pytest_synthetic.model.message import LateMessage


class SqlLease:
    """One address, held by this process until another one finds it dead."""

    def __init__(self, holding: Holding, hold: Hold, address: Address, clock: Clock, *, minted: bool = False) -> None:
        """`hold` is held. A `minted` address leaves nothing that nobody waits for."""
        self.hold = hold
        self._holding = holding
        self._address = address
        self._clock = clock
        self._minted = minted

    @property
    def address(self) -> Address:
        """The address."""
        return self._address

    def state(self) -> AddressState:
        """What is remembered of the address; one with a state that cannot be read is distrusted.

        Raises LeaseLost when the address is not this run's any more: what was read there before may be another's.
        """
        with _told(), database.reading(self._holding.engine) as connection:
            row = connection.execute(select(lease.c.state).where(self.hold.row)).first()
        if row is None:
            self._lost()
        try:
            return _read(row.state)
        except (ValueError, UsageError):
            distrusted = AddressState(tainted_until=self._clock.now() + TAINT)
            self.save(distrusted)
            return distrusted

    def save(self, state: AddressState, late: Sequence[LateMessage] = ()) -> None:
        """Remember `state` and what came late, both or neither. Raises LeaseLost."""
        channel = self.hold.kind.rpartition(":")[2]
        rows = [
            {"channel": channel, "seen_ms": milliseconds(one.seen_at), "told": json.dumps(wire.plain(one))}
            for one in late
        ]
        told = json.dumps(wire.plain(state))
        with _told(), self._holding.writing() as connection:
            if connection.execute(update(lease).where(self.hold.row).values(state=told)).rowcount == 0:
                self._lost()
            if rows:
                connection.execute(insert(late_message), rows)

    def release(self) -> None:
        """Let others have the address. Raises nothing: who cannot say so is found dead."""
        self._holding.let_go(self.hold, forget=self._minted and not self.awaits())

    def awaits(self) -> bool:
        """Whether a message is still awaited here, or nobody can tell."""
        try:
            return bool(self.state().awaited)
        except (InboxUnavailable, LeaseLost):
            return True

    def _lost(self) -> NoReturn:
        raise LeaseLost(
            f"{self._address.value} went to another run: this process was not heard of for too long (a machine that "
            "stood still, or that could not reach its database). What came there is not read: it may be the other run's"
        )


class SqlLeases(Taking[SqlLease]):
    """Gives out the addresses of all machines that share a database."""

    def __init__(self, holding: Holding, *, scope: str, clock: Clock, sleep: Callable[[float], None]) -> None:
        """`scope` names the inbox: addresses made for its runs are looked at by its other runs alone."""
        super().__init__(clock=clock, sleep=sleep)
        self._holding = holding
        self._scope = scope

    def hold(self, channel: str, address: Address) -> SqlLease:
        """Hold an address made for one run. Raises InboxUnavailable."""
        with _told():
            held = self._holding.grab(self._made(channel), address.value, "it was made for")
        if held is None:
            raise InboxUnavailable(f"{address.value} was made twice: another run holds it")
        return SqlLease(self._holding, held, address, self._clock, minted=True)

    def forsaken(self, channel: str) -> Iterator[SqlLease]:
        """The addresses made for runs that gave up or died. Those whose run goes on, or that another looks at, rest."""
        kind = self._made(channel)
        with self._reading() as connection:
            free = select(lease.c.name).where(lease.c.kind == kind, self._holding.is_free)
            names = connection.execute(free.order_by(lease.c.name)).scalars().all()
        for name in names:
            with _told():
                held = self._holding.grab(kind, name, "that looks for what came late")
            if held is None:
                continue
            found = SqlLease(self._holding, held, Address(value=name), self._clock, minted=True)
            if found.awaits():
                yield found
            else:
                found.release()

    def _by_rest(self, channel: str, addresses: Sequence[Address]) -> Sequence[Address]:
        known = (lease.c.kind == _pool(channel)) & lease.c.name.in_({address.value for address in addresses})
        with self._reading() as connection:
            facts = select(lease.c.name, lease.c.used_ms, self._holding.is_free.label("free"))
            rows = connection.execute(facts.where(known)).all()
        used = {row.name: row.used_ms for row in rows}
        busy = {row.name for row in rows if not row.free}
        free = [address for address in addresses if address.value not in busy]
        return sorted(free, key=lambda address: used.get(address.value, 0))

    def _grab(self, channel: str, address: Address, holder: str) -> SqlLease | None:
        with _told():
            held = self._holding.grab(_pool(channel), address.value, holder)
        return SqlLease(self._holding, held, address, self._clock) if held else None

    def _taken(self, taken: SqlLease, _holder: str) -> None:
        with _told(), self._holding.writing() as connection:
            connection.execute(update(lease).where(taken.hold.row).values(used_ms=self._holding.now))

    def _holder(self, channel: str, address: Address) -> str | None:
        row = (lease.c.kind == _pool(channel)) & (lease.c.name == address.value)
        with self._reading() as connection:
            return connection.execute(select(lease.c.holder).where(row, ~self._holding.is_free)).scalar()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _told(), database.reading(self._holding.engine) as connection:
            yield connection

    def _made(self, channel: str) -> str:
        return f"made:{self._scope}:{channel}"


def _pool(channel: str) -> str:
    return f"pool:{channel}"


def _read(state: str | None) -> AddressState:
    return AddressState() if state is None else wire.build(AddressState, json.loads(state), called="state")


@contextmanager
def _told() -> Iterator[None]:
    """Without the database nobody knows whose an address is."""
    try:
        yield
    except HistoryUnavailable as error:
        raise InboxUnavailable(
            f"the history, where it is noted who holds an address, cannot be asked: {error}"
        ) from None
