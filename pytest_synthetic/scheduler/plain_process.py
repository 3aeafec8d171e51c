"""A process without a keeper, where there is none (macOS, Windows): it is ended as well as that goes.

Its descendants are looked for while it runs. One that was never seen, because it left its parent at once, is not found.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

from pytest_synthetic.keeper import LINGER, STUCK, Log

if TYPE_CHECKING:
    from pytest_synthetic.keeper import Ended, Order

LOOK = 0.5
"""Seconds between two looks at what it has started."""


class PlainProcess:
    """As processes.Kept."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._again = threading.Event()
        self._family: set[psutil.Process] = set()

    def is_there(self) -> bool:
        """Nobody else need be."""
        return True

    def begin(self, order: Order) -> None:
        """Let it run. Raises OSError."""
        self._order = order
        self._log = Log(order["folder"])
        self._process = subprocess.Popen(  # noqa: S603  the owner's command
            order["command"], cwd=order["cwd"], env=order["env"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        with suppress(psutil.Error):
            self._family.add(psutil.Process(self._process.pid))
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        while data := os.read(self._process.stdout.fileno(), 65_536) if self._process.stdout else b"":
            with suppress(OSError):
                self._log.keep(data)

    def end(self) -> None:
        """Ask for the end; a second time, for one without grace."""
        (self._again if self._asked.is_set() else self._asked).set()

    def wait(self) -> Ended:
        """Wait for the end, and see that nothing is left which can be found."""
        began = time.monotonic()
        why, killed = None, False
        if not self._gone_by(began + self._order["limit"], self._asked):
            why = "asked" if self._asked.is_set() else "limit"
            self._process.send_signal(signal.SIGTERM)
            if not self._gone_by(time.monotonic() + self._order["grace"], self._again):
                killed = True
        strays = [] if killed else self._left()
        names = sorted(filter(None, map(_name, strays)))
        stuck = self._kill()
        return {
            "code": self._process.poll(),
            "why": why,
            "killed": killed,
            "seconds": time.monotonic() - began,
            "strays": names,
            "stuck": stuck,
            "cpu": 0.0,
        }

    def close(self) -> None:
        """It is over."""
        self._listener.join(LINGER)
        if self._process.stdout and not self._listener.is_alive():
            self._process.stdout.close()

    def _gone_by(self, moment: float, unless: threading.Event) -> bool:
        """Whether the process ends by then, or before somebody asks."""
        while self._process.poll() is None:
            rest = moment - time.monotonic()
            if rest <= 0 or unless.is_set():
                return False
            self._look()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(min(rest, LOOK))
        return True

    def _look(self) -> None:
        for known in tuple(self._family):
            with suppress(psutil.Error):
                self._family.update(known.children(recursive=True))

    def _left(self) -> list[psutil.Process]:
        """What outlives it, and does not go by itself."""
        return list(psutil.wait_procs(self._others(), timeout=LINGER)[1])

    def _others(self) -> list[psutil.Process]:
        return [process for process in self._family if process.pid != self._process.pid]

    def _kill(self) -> list[str]:
        """Kill all; the names of those that stay."""
        self._look()
        for process in self._family:
            with suppress(psutil.Error):
                process.kill()
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        return sorted(filter(None, map(_name, psutil.wait_procs(self._others(), timeout=STUCK)[1])))


def _name(process: psutil.Process) -> str | None:
    try:
        return process.name() if process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None
