"""Keeps one process and all that it starts, until nothing of it is left. Linux.

The process that asked for it holds the other end of a socket:

    keeper -> "hello"                   nothing is begun yet; the owner may be gone by now
    owner  -> {"command": ..., ...}     an Order, one line; where the socket ends instead, the keeper does too
    keeper -> "begun"
    owner  -> "end"                     end it: SIGTERM, and SIGKILL after the grace
    keeper -> {"code": ..., ...}        an Ended, one line; nothing of the process is left

When the owner dies the process is ended in the same way, and the Ended lies in the folder of the order.

Whatever the process starts is a descendant of the keeper, for the keeper is a subreaper (prctl(2)): a daemon that left
its session and lost its parent becomes the keeper's child. So when the keeper has no child any more, nothing is left:
that is exact. Should the keeper itself be killed, the process gets SIGKILL.

Needs the standard library alone, and is started as `python -I -S keeper.py FD`: that takes 20 ms.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOCK = "keeper.lock"
LOG = "log.txt"
OLDER = "log.older.txt"
ENDED = "ended.json"
HALF_A_LOG = 1_000_000
"""Bytes of each of the two files that the log is kept in: what was said before them is forgotten."""
LINGER = 1.0
"""Seconds that what a finished process left behind may take to go by itself, as a browser does when its pipe closes."""
STUCK = 10.0
"""Seconds after which what cannot be killed (it waits for a disk, it is another user's) is left, and told."""
CANNOT_START = 126
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
ROUND = 0.02
"""Seconds between two looks for what is still there while it is killed."""
MORE_LIKELY = 300
"""Of 1,000: a browser's pages have 300 too (proc(5), oom_score_adj)."""


class Order(TypedDict):
    """What is to be run. `limit` and `grace` in seconds."""

    command: list[str]
    cwd: str
    env: dict[str, str]
    folder: str
    limit: float
    grace: float


class Ended(TypedDict):
    """How it ended. `code` as in subprocess: -9 is SIGKILL; None is unknown.

    `why` it was ended: "limit", "asked", "orphaned", or None: it ended by itself. `killed`: not in order. `strays` are
    the names of processes that outlived it and were killed; `stuck` are those that could not be. `cpu` in seconds, of
    all of them.
    """

    code: int | None
    why: str | None
    killed: bool
    seconds: float
    strays: list[str]
    stuck: list[str]
    cpu: float


def keep(control: socket.socket, start: Callable[[Order], NoReturn]) -> None:
    """Run what the owner at the other end of `control` orders: `start`, called in the new process, begins it."""
    order = _ordered(control)
    if order is None:
        return
    ended = _Keeper(control, order).run(start)
    told = json.dumps(ended) + "\n"
    try:
        if ended["why"] == "orphaned":
            raise BrokenPipeError
        control.sendall(told.encode())
    except OSError:
        draft = os.path.join(order["folder"], f"{ENDED}.draft")
        with open(draft, "w", encoding="utf-8") as file:
            file.write(told)
        os.replace(draft, os.path.join(order["folder"], ENDED))


def executed(order: Order) -> NoReturn:
    """Begin an order as a program."""
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # by Python; a program would inherit it
        signal.signal(ignored, signal.SIG_DFL)
    command = order["command"]
    os.execve(command[0], command, order["env"])  # noqa: S606  the owner's command


def _ordered(control: socket.socket) -> Order | None:
    """What is asked for; None when the owner is gone. Nothing is begun before that is known."""
    line = b""
    try:
        control.sendall(b"hello\n")
        while not line.endswith(b"\n"):  # the owner says nothing more before the end of this line has come
            said = control.recv(65_536)
            if not said:
                return None
            line += said
    except OSError:
        return None
    order: Order = json.loads(line)
    return order


class _Keeper:
    def __init__(self, control: socket.socket, order: Order) -> None:
        self._control = control
        self._order = order
        self._why: str | None = None
        self._code: int | None = None
        self._killed = False
        self._strays: dict[int, str] = {}
        self._cpu = 0.0
        self._pid = os.getpid()
        self._child = 0
        self._due = time.monotonic() + order["limit"]
        self._given_up: float | None = None
        self._lock = os.open(os.path.join(order["folder"], LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._log = Log(order["folder"])

    def run(self, start: Callable[[Order], NoReturn]) -> Ended:
        """Begin the order by `start`, and stay until it is over."""
        import fcntl  # not everywhere, and neither is this

        began = time.monotonic()
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        said, says = os.pipe()
        self._child = os.fork()
        if not self._child:
            self._become(start, says, said)
        for told_to_all in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):  # by systemd, as a service ends
            signal.signal(told_to_all, signal.SIG_IGN)
        with suppress(OSError):
            self._control.sendall(b"begun\n")
        os.close(says)
        os.set_blocking(said, False)
        self._watch(said)
        self._log.take(said)
        return {
            "code": self._code,
            "why": self._why,
            "killed": self._killed,
            "seconds": time.monotonic() - began,
            "strays": sorted(self._strays.values()),
            "stuck": sorted(map(_name, descendants())),
            "cpu": self._cpu + time.process_time(),
        }

    def _become(self, start: Callable[[Order], NoReturn], says: int, said: int) -> NoReturn:
        """In the child: a session of its own, nothing to read, and what it says goes to the log."""
        try:
            os.setsid()
            _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != self._pid:  # it died before it could be said what is to happen then
                os._exit(CANNOT_START)
            nothing = os.open(os.devnull, os.O_RDONLY)
            for source, target in ((nothing, 0), (says, 1), (says, 2)):
                os.dup2(source, target)
            for ours in (nothing, says, said, self._lock, self._log.descriptor, self._control.fileno()):
                os.close(ours)
            _first_to_go()
            os.chdir(self._order["cwd"])
            start(self._order)
        except OSError as error:
            told = f"cannot be started in {self._order['cwd']}: {error.strerror}: {error.filename}\n"
            os.write(2, told.encode("utf-8", "replace"))
        finally:
            os._exit(CANNOT_START)

    # -- until it is gone --------------------------------------------------------------------------------------------

    def _watch(self, said: int) -> None:
        poll, wakes = select.poll(), _woken_by_children()
        for source in (said, wakes, self._control.fileno()):
            poll.register(source, select.POLLIN)
        while not self._all_gone() and not self._stuck():
            if time.monotonic() >= self._due:
                self._go_on()
            for source, _ in poll.poll(max(0.0, self._due - time.monotonic()) * 1000 + 1):
                if (
                    (source == said and not self._log.take(said))
                    or (source == wakes and not os.read(wakes, 4096))
                    or (source == self._control.fileno() and not self._hear())
                ):
                    poll.unregister(source)

    def _hear(self) -> bool:
        """Whether the owner may say more."""
        try:
            heard = self._control.recv(4096)
        except OSError:
            heard = b""
        if self._code is None:
            self._end("asked" if heard else "orphaned")
        return bool(heard)

    def _go_on(self) -> None:
        """What is due: to end it for its limit, or to kill what should be gone by now."""
        if self._code is None and self._why is None:
            self._end("limit")
        else:
            self._kill()

    def _end(self, why: str) -> None:
        """In order, unless that was asked for already."""
        grace = 0.0 if self._why else self._order["grace"]
        self._why = self._why or why
        os.kill(self._child, signal.SIGTERM)  # not reaped yet, so that it is nobody else's number
        self._due = min(self._due, time.monotonic() + grace) if grace == 0 else time.monotonic() + grace

    def _kill(self) -> None:
        self._killed = self._killed or self._code is None
        for pid in descendants():
            if self._code is not None and pid not in self._strays:
                self._strays[pid] = _name(pid)
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        now = time.monotonic()
        self._due = now + ROUND
        self._given_up = self._given_up or now + STUCK

    def _stuck(self) -> bool:
        return self._given_up is not None and time.monotonic() >= self._given_up

    def _all_gone(self) -> bool:
        """Reap what has ended. No child of ours is left: nothing of what was begun is."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return True
            if not pid:
                return False
            self._cpu += usage.ru_utime + usage.ru_stime
            if pid == self._child:
                self._code = os.waitstatus_to_exitcode(status)
                if self._given_up is None:
                    self._due = time.monotonic() + LINGER


class Log:
    """What the process says, in two files: when the one is full it takes the place of the older one."""

    def __init__(self, folder: str) -> None:
        """They lie in `folder`."""
        self._path = os.path.join(folder, LOG)
        self._older = os.path.join(folder, OLDER)
        self._size = 0
        self.descriptor = self._opened()

    def _opened(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)

    def take(self, said: int) -> bool:
        """Keep what can be read of `said` now; whether more may come."""
        while True:
            try:
                data = os.read(said, 65_536)
            except BlockingIOError:
                return True
            if not data:
                return False
            with suppress(OSError):  # a disk that is full must not make the process wait for us
                self.keep(data)

    def keep(self, data: bytes) -> None:
        """Keep a piece of it. Raises OSError."""
        if self._size >= HALF_A_LOG:
            os.replace(self._path, self._older)
            os.close(self.descriptor)
            self.descriptor, self._size = self._opened(), 0
        self._size += os.write(self.descriptor, data)


def descendants() -> list[int]:
    """The children of this process, their children, and so on."""
    found: list[int] = []
    waiting = [os.getpid()]
    while waiting:
        children = list(_children(waiting.pop()))
        found += children
        waiting += children
    return found


def _children(pid: int) -> Iterator[int]:
    """Of all its threads; none of a process that is gone."""
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with suppress(OSError), open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                yield from map(int, file.read().split())


def _name(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return "?"


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}) is refused")


def _first_to_go() -> None:
    """When memory runs out, the kernel takes this process and what it starts before the one that watches it."""
    with suppress(OSError), open("/proc/self/oom_score_adj", "r+", encoding="ascii") as file:
        if int(file.read()) < MORE_LIKELY:
            file.write(str(MORE_LIKELY))


def _woken_by_children() -> int:
    """What can be read as soon as a child has ended."""
    wakes, woken = os.pipe()
    for end in (wakes, woken):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    return wakes


if __name__ == "__main__":
    keep(socket.socket(fileno=int(sys.argv[1])), executed)
