"""SMS of a modem with a real SIM: the files that the daemon gammu-smsd writes into its inbox folder."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_synthetic.errors import InboxUnavailable, UsageError, did_you_mean
from pytest_synthetic.inboxes.gammu_files import Found, found_in, text_of
from pytest_synthetic.model.message import Address, Health, Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.model.message import Cursor

PLACES = ("folder", "pid_file")
KEYS = ("numbers", *PLACES)
EXAMPLE = 'numbers = [{ number = "+33612345678", folder = "/var/spool/gammu/inbox", carrier = "Orange" }]'

SETTLED = 0.25
"""Seconds since a message was last written to. The daemon writes all parts of one within milliseconds."""
LOOK = 0.05
"""Seconds between two looks at the time of the folder."""
LONGEST_LOOK = 1.0
"""Seconds after which the files are looked at in any case: some folders tell their time late."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sim:
    """A number, the folder its messages are written to, and the file in which its daemon says what process it is."""

    address: Address
    folder: Path
    pid_file: Path | None = None


def make(
    options: Mapping[str, Any],
    *,
    clock: Clock,
    sleep: Callable[[float], None],
    folder: Path,  # noqa: ARG001  as all factories are called
) -> GammuInbox:
    """Make the inbox from its table in synthetic.toml. Raises UsageError for what cannot work."""
    for key in options:
        if key not in KEYS:
            raise UsageError(f"the gammu inbox has no setting {key!r}. {did_you_mean(key, KEYS)}")
    numbers = options.get("numbers")
    if not isinstance(numbers, list) or not numbers:
        raise UsageError(f"the gammu inbox misses its numbers: {EXAMPLE}")
    sims = [_sim(given, options) for given in numbers]
    if len({sim.folder for sim in sims}) < len(sims) or len({sim.address.value for sim in sims}) < len(sims):
        raise UsageError(
            "numbers of the gammu inbox: the files do not say which SIM got them, so each number is there once and has "
            "a folder of its own, with a daemon of its own"
        )
    return GammuInbox(sims, clock=clock, sleep=sleep)


class GammuInbox:
    """The numbers of the modems of this machine; an InboxProvider. Nothing is deleted or moved.

    A cursor is `{"mark": UTC, "seen": [file name, ...]}`: it covers the messages of `seen`, and all that were written
    before `mark`, a day before the snapshot.
    """

    channel = "sms"

    def __init__(self, sims: Sequence[Sim], *, clock: Clock, sleep: Callable[[float], None]) -> None:
        """Read nothing yet. The folders are on this machine: their times are compared with its clock."""
        self._sims = {sim.address.value: sim for sim in sims}
        self._clock = clock
        self._sleep = sleep
        self._looked: dict[str, int | None] = {}

    def addresses(self) -> Sequence[Address]:
        """The numbers, with their labels."""
        return tuple(sim.address for sim in self._sims.values())

    def snapshot(self, address: Address) -> Cursor:
        """What is in the folder now, also what is just being written. Raises InboxUnavailable."""
        mark = self._clock.now() - DAY
        seen = [one.id for one in self._look(self._sims[address.value]) if _moment(one) >= mark]
        return {"mark": mark.isoformat(), "seen": seen}

    def fetch_new(self, address: Address, cursor: Cursor) -> tuple[Sequence[Message], Cursor]:
        """What was written since and is complete, as it was written. Raises InboxUnavailable."""
        mark, seen = _read(cursor)
        sim = self._sims[address.value]
        found = [one for one in self._look(sim) if _moment(one) >= mark and one.id not in seen and self._settled(one)]
        with _reading(sim.folder):
            messages = [_message(sim, one) for one in found]
        return messages, {"mark": mark.isoformat(), "seen": sorted({*seen, *(one.id for one in found)})}

    def wait_hint(self, address: Address, cursor: Cursor, timeout: float) -> None:  # noqa: ARG002  of the Protocol
        """Wait up to `timeout` seconds, and no longer than until a message is complete."""
        folder, ends = self._sims[address.value].folder, self._clock.monotonic() + timeout
        looked = self._looked.get(address.value)
        until = min(ends, self._clock.monotonic() + LONGEST_LOOK)
        while looked is not None and looked == _stamp(folder):
            left = until - self._clock.monotonic()
            if left <= 0:
                return
            self._sleep(min(LOOK, left))
        self._sleep(max(0.0, min(SETTLED, ends - self._clock.monotonic())))

    def probe(self) -> Health:
        """Whether the folders can be read, and the daemons run where that can be told."""
        try:
            told = [f"{sim.folder} holds {len(self._look(sim))} message(s)" for sim in self._sims.values()]
        except InboxUnavailable as error:
            return Health(ok=False, told=str(error))
        return Health(ok=True, told="; ".join(told))

    def _look(self, sim: Sim) -> list[Found]:
        if sim.pid_file is not None:
            _check_running(sim.pid_file)
        with _reading(sim.folder):
            stamp = _stamp(sim.folder)
            found = found_in(sim.folder)
        self._looked[sim.address.value] = stamp if all(map(self._settled, found)) else None
        return found

    def _settled(self, found: Found) -> bool:
        return abs((self._clock.now() - _moment(found)).total_seconds()) >= SETTLED


def _sim(given: object, options: Mapping[str, Any]) -> Sim:
    entry = {"number": given} if isinstance(given, str) else given
    if not isinstance(entry, dict) or not entry.get("number") or not all(isinstance(v, str) for v in entry.values()):
        raise UsageError(f"numbers of the gammu inbox: expected {EXAMPLE}, got {given!r}")
    labels = {key: value for key, value in entry.items() if key not in {"number", *PLACES}}
    folder, pid_file = (_path(key, entry.get(key, options.get(key))) for key in PLACES)
    if folder is None:
        raise UsageError(f"the gammu inbox misses the folder of {entry['number']}: {EXAMPLE}")
    if pid_file is not None and os.name != "posix":
        raise UsageError("pid_file of the gammu inbox: whether a process runs cannot be asked so on this system")
    return Sim(address=Address(value=entry["number"], labels=labels), folder=folder, pid_file=pid_file)


def _path(key: str, given: object) -> Path | None:
    if given is None:
        return None
    if not isinstance(given, str) or not Path(given).is_absolute():
        raise UsageError(f'{key} of the gammu inbox: expected a path from the root, such as "/var/spool/gammu/inbox"')
    return Path(given)


def _message(sim: Sim, found: Found) -> Message:
    first = found.parts[0]
    return Message(
        id=found.id,
        to=sim.address.value,
        sender=first.sender,
        text=text_of(sim.folder, found),
        arrived_at=_moment(found),
        headers={"sent": first.sent, "parts": str(len(found.parts))},
    )


def _moment(found: Found) -> datetime:
    return datetime.fromtimestamp(found.written / 1e9, UTC)


def _stamp(folder: Path) -> int | None:
    try:
        return folder.stat().st_mtime_ns
    except OSError:  # the next look tells
        return None


@contextmanager
def _reading(folder: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        gone = error.filename if error.filename != str(folder) else None
        told = f"{gone} was removed while it was read" if gone else "it is not there: is it the daemon's inboxpath?"
    except NotADirectoryError:
        told = "it is no folder: give the daemon's inboxpath"
    except PermissionError as error:
        told = f"{error.filename} may not be read: let this user read it, by the group of the daemon"
    except OSError as error:
        told = f"{error.strerror or error}"
    else:
        return
    raise InboxUnavailable(f"the inbox of gammu-smsd {folder} cannot be read: {told}")


def _check_running(pid_file: Path) -> None:
    """Raise InboxUnavailable unless the process runs that `pid_file` names: else nothing would ever arrive."""
    try:
        pid = int(pid_file.read_text(encoding="ascii"))
        os.kill(pid if pid > 0 else sys.maxsize, 0)  # others are no process but groups of them
    except PermissionError as error:
        if error.filename is None:  # it runs, as another user
            return
        told = f"{pid_file} may not be read"
    except FileNotFoundError:
        told = f"there is no {pid_file}: start the daemon, with --pid {pid_file}"
    except ProcessLookupError:
        told = f"the process that {pid_file} names is gone: start the daemon, and look into its log"
    except (OSError, ValueError, OverflowError):
        told = f"{pid_file} names no process: start the daemon with --pid {pid_file}"
    else:
        return
    raise InboxUnavailable(f"gammu-smsd does not run, so no SMS would be seen: {told}")


def _read(cursor: Cursor) -> tuple[datetime, set[str]]:
    try:
        return datetime.fromisoformat(cursor["mark"]), set(cursor["seen"])  # type: ignore[index, call-overload, arg-type]
    except (TypeError, KeyError, ValueError) as error:
        raise UsageError(f"this is no cursor of a gammu inbox: {str(cursor)[:80]}") from error
