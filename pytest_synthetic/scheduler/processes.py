"""Starts a process with all it needs to be ended again, and waits for it: what the runner knows of the system."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from pytest_synthetic import keeper

if TYPE_CHECKING:
    from pytest_synthetic.keeper import Ended, Order

JOB = "PYTEST_SYNTHETIC_JOB"
"""The variable that all processes of a job have, with its id."""
_HELLO = 30.0
"""Seconds that a keeper may take to begin, on a machine that is busy."""
_GOING = 30.0
"""Seconds that a keeper may take to go when all is told."""
_SLACK = 60.0
"""Seconds beyond all limits after which the keeper itself is taken to hang."""


class KeeperLost(Exception):
    """The keeper died or hangs."""


class Process(Protocol):
    """One process, and all that it starts."""

    def is_there(self) -> bool:
        """Whether it can begin. It has begun nothing, and will not when this is closed now."""

    def begin(self, order: Order) -> None:
        """Let it run. Raises KeeperLost, OSError."""

    def wait(self) -> Ended:
        """Wait for the end. Raises KeeperLost."""

    def end(self) -> None:
        """Ask for the end; a second time, for one without grace."""

    def close(self) -> None:
        """It is over."""


class Kept:
    """One process under a keeper, from this side."""

    def __init__(self, control: socket.socket) -> None:
        """`control` is this side's end of the socket."""
        self._control = control
        self._lines = control.makefile("rb")
        self._sending = threading.Lock()

    def is_there(self) -> bool:
        """Whether a keeper is. It has begun nothing, and will not when this is closed now."""
        self._control.settimeout(_HELLO)
        try:
            self._expect(b"hello\n")
        except OSError:
            return False
        return True

    def begin(self, order: Order) -> None:
        """Let it run. Raises KeeperLost."""
        try:
            self._control.sendall(json.dumps(order).encode() + b"\n")
            self._expect(b"begun\n")
        except OSError:
            raise KeeperLost from None
        self._control.settimeout(order["limit"] + order["grace"] + keeper.STUCK + keeper.LINGER + _SLACK)

    def _expect(self, word: bytes) -> None:
        if self._lines.readline() != word:
            raise OSError

    def wait(self) -> Ended:
        """Wait for what the keeper tells in the end. Raises KeeperLost."""
        try:
            told: Ended = json.loads(self._lines.readline())
        except (OSError, ValueError):
            raise KeeperLost from None
        return told

    def end(self) -> None:
        """Ask for the end; a second time, for one without grace."""
        with self._sending, suppress(OSError):
            self._control.sendall(b"end\n")

    def close(self) -> None:
        """It is over."""
        self._lines.close()
        self._control.close()


def end_all_of(job: str) -> None:
    """Kill what is left of a job whose keeper died: what has its name in the environment."""
    import psutil

    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(JOB) == job:
                process.kill()


def begun_anew() -> Process:
    """A process that is no fork of another. Raises OSError."""
    if sys.platform == "linux":
        return fresh()
    from pytest_synthetic.scheduler.plain_process import PlainProcess

    return PlainProcess()


def fresh() -> Kept:
    """A keeper that starts programs anew. Raises OSError."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(  # noqa: S603  our own file
            [sys.executable, "-I", "-S", keeper.__file__, str(theirs.fileno())],
            pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, cwd="/",
        )  # fmt: skip
    return FreshKept(ours, process)


class FreshKept(Kept):
    """The keeper is our child: it is waited for."""

    def __init__(self, control: socket.socket, process: subprocess.Popen[bytes]) -> None:
        super().__init__(control)
        self._process = process

    def close(self) -> None:
        """It is over, and leaves no zombie."""
        super().close()
        try:
            self._process.wait(_GOING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
