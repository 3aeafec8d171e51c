"""Which address a run gets: the one that rested longest, of those that are free and clean. Every Leases follows it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, TypeVar

from pytest_synthetic.core.deliveries import TAINT, rests
from pytest_synthetic.core.ports import Lease
from pytest_synthetic.errors import InboxUnavailable
from pytest_synthetic.model.sla import spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.model.message import Address

ASK_AGAIN = 0.2
"""Seconds between two looks for a free address."""

Held = TypeVar("Held", bound=Lease)


class Taking(ABC, Generic[Held]):
    """`take` for all that give out addresses; where these are noted, and what keeps others away, is each one's own."""

    def __init__(self, *, clock: Clock, sleep: Callable[[float], object]) -> None:
        """`sleep` waits so many seconds."""
        self._clock = clock
        self._sleep = sleep

    def take(
        self,
        channel: str,
        addresses: Sequence[Address],
        holder: str,
        timeout: float,
        is_clean: Callable[[Lease], bool],
    ) -> Held:
        """Lease a free and clean address, the one that rested longest first. Raises InboxUnavailable."""
        ends = self._clock.monotonic() + timeout
        while True:
            for address in self._by_rest(channel, addresses):
                if lease := self._try(channel, address, holder, is_clean):
                    return lease
            if self._clock.monotonic() >= ends:
                raise InboxUnavailable(_none_free(channel, timeout, self._whereabouts(channel, addresses)))
            self._sleep(ASK_AGAIN)

    def _try(self, channel: str, address: Address, holder: str, is_clean: Callable[[Lease], bool]) -> Held | None:
        lease = self._grab(channel, address, holder)
        if lease is None:
            return None
        try:
            if not rests(lease.state(), self._clock.now()) and is_clean(lease):
                self._taken(lease, holder)
                return lease
        except BaseException:
            lease.release()
            raise
        lease.release()
        return None

    def _whereabouts(self, channel: str, addresses: Sequence[Address]) -> Iterable[str]:
        return (_told(address, self._holder(channel, address)) for address in addresses)

    @abstractmethod
    def _by_rest(self, channel: str, addresses: Sequence[Address]) -> Sequence[Address]:
        """The addresses worth a try, the one that rested longest first."""

    @abstractmethod
    def _grab(self, channel: str, address: Address, holder: str, /) -> Held | None:
        """Hold an address that nobody holds; None for one that somebody does."""

    @abstractmethod
    def _taken(self, lease: Held, holder: str, /) -> None:
        """Note that the use of an address begins: it rests no longer."""

    @abstractmethod
    def _holder(self, channel: str, address: Address) -> str | None:
        """Who holds an address, such as `run 5f2c, process 12`; None when nobody does."""


def _none_free(channel: str, timeout: float, whereabouts: Iterable[str]) -> str:
    return (
        f"no {channel} address was free within {spoken(timeout)}: {'; '.join(whereabouts)}. Give the inbox more "
        "addresses, or run fewer journeys at once"
    )


def _told(address: Address, holder: str | None) -> str:
    """Why `address` is not free: who holds it, or what may still come there."""
    if holder is not None:
        return f"{address.value} is held by {holder}"
    rest = spoken(TAINT.total_seconds())
    return f"{address.value} may still get a message an earlier run gave up on (it rests for {rest})"
