"""Leases that last as long as the object."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_synthetic.core.deliveries import ASK_AGAIN, none_free, rests, told_of
from pytest_synthetic.errors import InboxUnavailable
from pytest_synthetic.model.message import Address, AddressState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_synthetic.core.ports import Clock, Lease
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
        self._remembered = remembered
        self._late = late

    @property
    def address(self) -> Address:
        """The address."""
        return self._address

    def state(self) -> AddressState:
        """What is remembered of the address."""
        return self._remembered.state

    def save(self, state: AddressState, late: Sequence[LateMessage] = ()) -> None:
        """Remember `state`; keep what came late."""
        self._remembered.state = state
        self._late += late

    def release(self) -> None:
        """Let others have the address."""
        self._remembered.holder = None


class MemoryLeases:
    """Gives out addresses within one process and one thread, as FileLeases does among the processes of a machine."""

    def __init__(self, *, clock: Clock, sleep: Callable[[float], object]) -> None:
        """`sleep` waits so many seconds: `FakeClock.advance` waits none."""
        self._clock = clock
        self._sleep = sleep
        self._remembered: dict[tuple[str, str], _Remembered] = {}
        self._minted: dict[tuple[str, str], _Remembered] = {}
        self._turns = itertools.count(1)
        self.late: list[LateMessage] = []
        """The messages that came after their run had given up."""

    def take(
        self,
        channel: str,
        addresses: Sequence[Address],
        holder: str,
        timeout: float,
        is_clean: Callable[[Lease], bool],
    ) -> MemoryLease:
        """Lease a free and clean address, the one that rested longest first. Raises InboxUnavailable."""
        ends = self._clock.monotonic() + timeout
        while True:
            for address in sorted(addresses, key=lambda a: self._of(channel, a).used):
                if lease := self._try(channel, address, holder, is_clean):
                    return lease
            if self._clock.monotonic() >= ends:
                held = (self._told(channel, address) for address in addresses)
                raise InboxUnavailable(none_free(channel, timeout, held))
            self._sleep(ASK_AGAIN)

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

    def _try(
        self, channel: str, address: Address, holder: str, is_clean: Callable[[Lease], bool]
    ) -> MemoryLease | None:
        remembered = self._of(channel, address)
        if remembered.holder is not None:
            return None
        if rests(remembered.state, self._clock.now()):
            return None
        lease = MemoryLease(address, remembered, self.late)
        remembered.holder = holder
        try:
            clean = is_clean(lease)
        except BaseException:
            lease.release()
            raise
        if not clean:
            lease.release()
            return None
        remembered.used = next(self._turns)
        return lease

    def _told(self, channel: str, address: Address) -> str:
        holder = self._of(channel, address).holder
        return told_of(address, f"run {holder}" if holder is not None else None)
