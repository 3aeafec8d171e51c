"""The owner's side of the fork server: started when it is needed, and again when it has gone."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.scheduler.processes import Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SERVER = "pytest_synthetic.plugin.fork_server"
_READY = 60.0
"""Seconds that it may take to load everything, on a machine that is busy."""
_REST = 600.0
"""Seconds until it is tried again when it cannot be had."""
_NOT_ITS = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "SYNTHETIC_HERE")
"""Variables that are for the sessions, and not for the one that warms it up."""


class ForkServer:
    """Gives keepers that begin quickly, or none. Threads may share it."""

    def __init__(self, folder: str, environ: Mapping[str, str], say: Callable[[str], object]) -> None:
        """`folder` and `environ` are those of the jobs; `say` hears once why there are no quick starts."""
        self._folder = folder
        self._environ = {name: value for name, value in environ.items() if name not in _NOT_ITS}
        self._say = say
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self._not_before = 0.0
        self._told: str | None = None

    def begin(self) -> None:
        """Start it, and do not wait: what it loads takes seconds."""
        with self._lock:
            self._start()

    def wait(self) -> None:
        """Until it is ready, or known not to be had."""
        with self._lock:
            self._running()

    def keeper(self) -> Kept | None:
        """One that is there and has begun nothing; None when it cannot be had from here."""
        for _ in range(2):  # a server that is out of date goes as it is asked
            with self._lock:
                server = self._running()
            if server is None:
                return None
            kept = server.keeper()
            if kept.is_there():
                return kept
            kept.close()
            self._gone(server)
        return None

    def _start(self) -> None:
        if self._server is None and time.monotonic() >= self._not_before:
            try:
                self._server = _Server(self._folder, self._environ)
            except _NotToBeHad as error:
                self._rest(error)

    def _running(self) -> _Server | None:
        self._start()
        if self._server:
            try:
                self._server.wait()
            except _NotToBeHad as error:
                self._server.close()
                self._server = None
                self._rest(error)
        return self._server

    def _rest(self, error: _NotToBeHad) -> None:
        self._not_before = time.monotonic() + _REST
        if self._told != str(error):
            self._told = str(error)
            self._say(f"runs start slowly, each in a fresh process: {error}")

    def _gone(self, server: _Server) -> None:
        with self._lock:
            if self._server is server:
                self._server = None
        server.close()

    @property
    def pid(self) -> int | None:
        """The number of its process, for those who watch it."""
        server = self._server
        return server.process.pid if server else None

    def close(self) -> None:
        """Let it go. Jobs that run go on."""
        with self._lock:
            server, self._server, self._not_before = self._server, None, float("inf")
        if server:
            server.close()


class _NotToBeHad(Exception):
    pass


class _Server:
    def __init__(self, folder: str, environ: Mapping[str, str]) -> None:
        self._owner, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                self.process = subprocess.Popen(  # noqa: S603  our own module
                    [sys.executable, "-P", "-m", _SERVER, str(theirs.fileno())],
                    pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL, start_new_session=True, cwd=folder,
                    env={**environ, "PYTHONUNBUFFERED": "1"},
                )  # fmt: skip
            except OSError as error:
                self._owner.close()
                raise _NotToBeHad(f"the fork server cannot be started: {error.strerror}") from None
        self._is_ready = False
        self._late = time.monotonic() + _READY

    def wait(self) -> None:
        """Until it is ready. Raises _NotToBeHad."""
        if not self._is_ready:
            if (why := self._cannot()) is not None:
                raise _NotToBeHad(why)
            self._is_ready = True

    def _cannot(self) -> str | None:
        """Why it cannot serve; None when it can."""
        self._owner.settimeout(max(0.001, self._late - time.monotonic()))
        try:
            told = json.loads(self._owner.recv(65_536) or b'{"cannot": "it ended at once"}')
        except TimeoutError:
            told = {"cannot": f"it was not ready after {_READY:g} s"}
        why = told.get("cannot")
        return None if why is None else f"the fork server cannot be used: {one_line(why, 500)}"

    def keeper(self) -> Kept:
        """One that it may fork."""
        ours, theirs = socket.socketpair()
        with theirs, suppress(OSError):  # it is gone: so is the other end, which the keeper's user notices
            socket.send_fds(self._owner, [b"job"], [theirs.fileno()])
        return Kept(ours)

    def close(self) -> None:
        """End it, however it is."""
        self._owner.close()
        self.process.kill()
        self.process.wait()
