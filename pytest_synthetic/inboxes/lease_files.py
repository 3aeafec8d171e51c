"""Leases of addresses among the processes of one machine: a lock and a small file an address.

The lock is the system's: whoever dies gives it back. The file remembers what was given up on; messages that come late
are told in `late.jsonl` beside it.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from pytest_synthetic.config import folders
from pytest_synthetic.core.deliveries import ASK_AGAIN, TAINT, none_free, rests, told_of
from pytest_synthetic.errors import InboxUnavailable, UsageError
from pytest_synthetic.model import wire
from pytest_synthetic.model.message import Address, AddressState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pytest_synthetic.core.ports import Clock, Lease
    from pytest_synthetic.model.message import LateMessage


class FileLease:
    """One address, held by this process."""

    def __init__(self, address: Address, path: Path, lock: FileLock, clock: Clock, *, minted: bool = False) -> None:
        """`path` is the address's file; `lock` is held. A `minted` address leaves nothing that nobody waits for."""
        self._address = address
        self._path = path
        self._lock = lock
        self._clock = clock
        self._minted = minted

    @property
    def address(self) -> Address:
        """The address."""
        return self._address

    def state(self) -> AddressState:
        """What is remembered of the address. A file that cannot be read is moved aside, and the address distrusted."""
        try:
            return wire.build(AddressState, json.loads(self._path.read_text(encoding="utf-8")), called="state")
        except FileNotFoundError:
            return AddressState()
        except (ValueError, UsageError):
            self._path.replace(self._path.with_suffix(".damaged"))
            distrusted = AddressState(tainted_until=self._clock.now() + TAINT)
            self.save(distrusted)
            return distrusted

    def save(self, state: AddressState, late: Sequence[LateMessage] = ()) -> None:
        """Remember `state`, whole or not at all; append what came late."""
        draft = self._path.with_suffix(".draft")
        with draft.open("w", encoding="utf-8") as file:
            json.dump(wire.plain(state), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        if late:
            with (self._path.parent / "late.jsonl").open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(wire.plain(message)) + "\n" for message in late)

    def release(self) -> None:
        """Let others have the address."""
        self._path.with_suffix(".holder").unlink(missing_ok=True)
        if self._minted and not self.state().awaited:
            self._path.unlink(missing_ok=True)
            self._path.with_suffix(".lock").unlink(missing_ok=True)
        self._lock.release()


class FileLeases:
    """Gives out the addresses of this machine. `folder` must be on a local disk."""

    def __init__(self, folder: Path, *, clock: Clock, sleep: Callable[[float], None]) -> None:
        """`sleep` waits so many seconds."""
        self._folder = folder
        self._clock = clock
        self._sleep = sleep

    def take(
        self,
        channel: str,
        addresses: Sequence[Address],
        holder: str,
        timeout: float,
        is_clean: Callable[[Lease], bool],
    ) -> FileLease:
        """Lease a free and clean address, the one that rested longest first. Raises InboxUnavailable."""
        folders.ready(self._folder)
        ends = self._clock.monotonic() + timeout
        while True:
            for address in sorted(addresses, key=lambda a: self._used(channel, a)):
                if lease := self._try(channel, address, holder, is_clean):
                    return lease
            if self._clock.monotonic() >= ends:
                held = (self._told(channel, address) for address in addresses)
                raise InboxUnavailable(none_free(channel, timeout, held))
            self._sleep(ASK_AGAIN)

    def hold(self, channel: str, address: Address) -> FileLease:
        """Hold an address made for one run."""
        folders.ready(self._folder)
        path = self._path(f"{channel}-minted", address)
        lock = FileLock(path.with_suffix(".lock"))
        lock.acquire(timeout=0)
        return FileLease(address, path, lock, self._clock, minted=True)

    def forsaken(self, channel: str) -> Iterator[FileLease]:
        """The addresses made for runs that gave up. Those whose run goes on, or that another process looks at, rest."""
        for path in sorted(self._folder.glob(f"{channel}-minted-*.json")):
            lock = FileLock(path.with_suffix(".lock"))
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            unknown = FileLease(Address(value=""), path, lock, self._clock, minted=True)
            if awaited := unknown.state().awaited:
                yield FileLease(Address(value=awaited[0].address), path, lock, self._clock, minted=True)
            else:
                unknown.release()

    def _try(self, channel: str, address: Address, holder: str, is_clean: Callable[[Lease], bool]) -> FileLease | None:
        path = self._path(channel, address)
        lock = FileLock(path.with_suffix(".lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return None
        lease = FileLease(address, path, lock, self._clock)
        try:
            if not rests(lease.state(), self._clock.now()) and is_clean(lease):
                path.with_suffix(".holder").write_text(f"run {holder}, process {os.getpid()}", encoding="utf-8")
                path.with_suffix(".lock").touch()  # its time says when the address was leased last
                return lease
        except BaseException:
            lock.release()
            raise
        lock.release()
        return None

    def _used(self, channel: str, address: Address) -> float:
        try:
            return self._path(channel, address).with_suffix(".lock").stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def _told(self, channel: str, address: Address) -> str:
        holder = self._path(channel, address).with_suffix(".holder")
        try:
            return told_of(address, holder.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return told_of(address, None)

    def _path(self, channel: str, address: Address) -> Path:
        name = hashlib.sha256(f"{channel}\0{address.value}".encode()).hexdigest()[:24]
        return self._folder / f"{channel}-{name}.json"
