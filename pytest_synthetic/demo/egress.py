"""A region's way out: a forward proxy in a process of its own, that ends when whoever started it does.

proxy.py forks, and a process in which the shop's threads run must not be forked. The proxy's process reads a pipe
until its other end is closed: by `Egress.close`, or by the system when its parent was killed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Self

from pytest_synthetic.errors import MonitorError

if TYPE_CHECKING:
    from types import TracebackType

LOOPBACK = "127.0.0.1"
GRACE = 5.0
"""Seconds a proxy may take to end; it needs one."""


class Egress:
    """A forward proxy on the loopback interface; starts at once, and ends with `close` or the `with` block."""

    def __init__(self) -> None:
        """Start the process and do not wait for it: it needs a second, and several can start side by side."""
        self._port: str | None = None
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "pytest_synthetic.demo.egress"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # Ctrl-C is for the journeys; the proxies end after them
        )

    @property
    def url(self) -> str:
        """Where it listens, such as `http://127.0.0.1:40123`; waits until it does. Raises MonitorError."""
        if self._port is None and self._process.stdout:
            self._port = self._process.stdout.readline().strip()
        if not self._port:
            raise MonitorError("the forward proxy of a demo region did not start; is proxy.py installed?")
        return f"http://{LOOPBACK}:{self._port}"

    def close(self) -> None:
        """Ask the proxy to end and do not wait for it."""
        if self._process.stdin:
            self._process.stdin.close()

    def __enter__(self) -> Self:
        """Return the proxy, which may not listen yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the proxy and wait for it."""
        self.close()
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


def main() -> None:
    """Run one proxy, tell its port in a line, and end with the standard input."""
    from proxy import Proxy

    with tempfile.TemporaryDirectory(prefix="synthetic-egress-") as folder:
        quiet = ["--log-level", "CRITICAL", "--data-dir", folder, "--cache-dir", folder]
        small = ["--num-acceptors", "1", "--num-workers", "1", "--local-executor", "1"]
        with Proxy(["--hostname", LOOPBACK, "--port", "0", *small, *quiet]) as running:
            sys.stdout.write(f"{running.flags.port}\n")
            sys.stdout.flush()
            sys.stdin.read()


if __name__ == "__main__":
    main()
