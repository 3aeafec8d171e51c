"""A region's way out: a forward proxy in a process of its own, that ends when whoever started it does.

proxy.py forks, and a process with the shop's threads in it must not be forked; so it gets one of its own, which
reads a pipe until its other end is closed, be it by `Egress.close` or by a kill -9.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

LOOPBACK = "127.0.0.1"
PATIENCE = 10.0
"""Seconds a proxy is given to end before it is killed."""


class Egress:
    """A forward proxy on the loopback interface, at `url` once it is asked for; also a context manager."""

    def __init__(self) -> None:
        """Start the process, without waiting for it."""
        self._process = subprocess.Popen(  # noqa: S603  our own module
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # Ctrl-C is for pytest; the proxies end after it
        )

    @property
    def url(self) -> str:
        """Where the proxy listens; waits until it does. Raises RuntimeError when it could not start."""
        if not hasattr(self, "_port"):
            assert self._process.stdout  # noqa: S101  for mypy: it is a pipe
            self._port = self._process.stdout.readline().strip()
        if not self._port:
            raise RuntimeError("the forward proxy of a demo region did not start")
        return f"http://{LOOPBACK}:{self._port}"

    def close(self) -> None:
        """Ask the proxy to end; `wait` waits until it has."""
        if self._process.stdin:
            self._process.stdin.close()
