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
from pytest_synthetic.core.deliveries import TAINT
from pytest_synthetic.core.leasing import Taking
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model import wire
from pytest_synthetic.model.message import Address, AddressState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.model.message import LateMessage


class FileLease:
    """One address, held by this process."""

    def __init__(self, address: Address, path: Path, lock: FileLock, clock: Clock, *, minted: bool = False) -> None:
        """`path` is the address's file; `lock` is held. A `minted` address leaves nothing that nobody waits for."""
        self._address = address
        self.path = path
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
            return wire.build(AddressState, json.loads(self.path.read_text(encoding="utf-8")), called="state")
        except FileNotFoundError:
            return AddressState()
        except (ValueError, UsageError):
            self.path.replace(self.path.with_suffix(".damaged"))
            distrusted = AddressState(tainted_until=self._clock.now() + TAINT)
            self.save(distrusted)
            return distrusted

    def save(self, state: AddressState, late: Sequence[LateMessage] = ()) -> None:
        """Remember `state`, whole or not at all; append what came late."""
        draft = self.path.with_suffix(".draft")
        with draft.open("w", encoding="utf-8") as file:
            json.dump(wire.plain(state), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)
        if late:
            with (self.path.parent / "late.jsonl").open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(wire.plain(message)) + "\n" for message in late)

    def release(self) -> None:
        """Let others have the address."""
        self.path.with_suffix(".holder").unlink(missing_ok=True)
        if self._minted and not self.state().awaited:
            self.path.unlink(missing_ok=True)
            self.path.with_suffix(".lock").unlink(missing_ok=True)
        self._lock.release()


class FileLeases(Taking[FileLease]):
    """Gives out the addresses of this machine. `folder` must be on a local disk."""

    def __init__(self, folder: Path, *, clock: Clock, sleep: Callable[[float], None]) -> None:
        """`sleep` waits so many seconds."""
        super().__init__(clock=clock, sleep=sleep)
        self._folder = folder

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

    def _by_rest(self, channel: str, addresses: Sequence[Address]) -> Sequence[Address]:
        return sorted(addresses, key=lambda address: self._used(channel, address))

    def _used(self, channel: str, address: Address) -> float:
        try:
            return self._path(channel, address).with_suffix(".lock").stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def _grab(self, channel: str, address: Address, _holder: str) -> FileLease | None:
        folders.ready(self._folder)
        path = self._path(channel, address)
        lock = FileLock(path.with_suffix(".lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return None
        return FileLease(address, path, lock, self._clock)

    def _taken(self, lease: FileLease, holder: str) -> None:
        lease.path.with_suffix(".holder").write_text(f"run {holder}, process {os.getpid()}", encoding="utf-8")
        lease.path.with_suffix(".lock").touch()  # its time says when the address was leased last

    def _holder(self, channel: str, address: Address) -> str | None:
        try:
            return self._path(channel, address).with_suffix(".holder").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def _path(self, channel: str, address: Address) -> Path:
        name = hashlib.sha256(f"{channel}\0{address.value}".encode()).hexdigest()[:24]
        return self._folder / f"{channel}-{name}.json"
