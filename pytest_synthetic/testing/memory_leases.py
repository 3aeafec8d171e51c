"""Leases that last as long as the object."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_synthetic.core.leasing import Taking
from pytest_synthetic.model.message import Address, AddressState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.model.message import LateMessage


@dataclass(slots=True)
class _Remembered:
    """One address: what is known of it, who holds it, and its place in the order of use."""

    state: AddressState = field(default_factory=AddressState)
    holder: str | None = None
    used: int = 0


class MemoryLease:
    """One address, held by one holder."""

    def __init__(self, address: Address, remembered: _Remembered, late: list[LateMessage]) -> None:
        """`late` is the list that all leases share."""
        self._address = address
        self.remembered = remembered
        self._late = late

    @property
    def address(self) -> Address:
        """The address."""
        return self._address

    def state(self) -> AddressState:
        """What is remembered of the address."""
        return self.remembered.state

    def save(self, state: AddressState, late: Sequence[LateMessage] = ()) -> None:
        """Remember `state`; keep what came late."""
        self.remembered.state = state
        self._late += late

    def release(self) -> None:
        """Let others have the address."""
        self.remembered.holder = None


class MemoryLeases(Taking[MemoryLease]):
    """Gives out addresses within one process and one thread, as FileLeases does among the processes of a machine."""

    def __init__(self, *, clock: Clock, sleep: Callable[[float], object]) -> None:
        """`sleep` waits so many seconds: `FakeClock.advance` waits none."""
        super().__init__(clock=clock, sleep=sleep)
        self._remembered: dict[tuple[str, str], _Remembered] = {}
        self._minted: dict[tuple[str, str], _Remembered] = {}
        self._turns = itertools.count(1)
        self.late: list[LateMessage] = []
        """The messages that came after their run had given up."""

    def hold(self, channel: str, address: Address) -> MemoryLease:
        """Hold an address made for one run."""
        remembered = self._minted[channel, address.value] = _Remembered(holder="the run it was made for")
        return MemoryLease(address, remembered, self.late)

    def forsaken(self, channel: str) -> Iterator[MemoryLease]:
        """The addresses made for runs that gave up; those that await nothing are forgotten."""
        free = [key for key, one in self._minted.items() if key[0] == channel and one.holder is None]
        for key in free:
            remembered = self._minted[key]
            if remembered.state.awaited:
                remembered.holder = "a look for what came late"
                yield MemoryLease(Address(value=key[1]), remembered, self.late)
            else:
                del self._minted[key]

    def _of(self, channel: str, address: Address) -> _Remembered:
        return self._remembered.setdefault((channel, address.value), _Remembered())

    def _by_rest(self, channel: str, addresses: Sequence[Address]) -> Sequence[Address]:
        return sorted(addresses, key=lambda address: self._of(channel, address).used)

    def _grab(self, channel: str, address: Address, holder: str) -> MemoryLease | None:
        remembered = self._of(channel, address)
        if remembered.holder is not None:
            return None
        remembered.holder = f"run {holder}"
        return MemoryLease(address, remembered, self.late)

    def _taken(self, lease: MemoryLease, _holder: str) -> None:
        lease.remembered.used = next(self._turns)

    def _holder(self, channel: str, address: Address) -> str | None:
        return self._of(channel, address).holder
