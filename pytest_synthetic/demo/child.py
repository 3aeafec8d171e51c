"""A process that the demo starts as a user would: a pytest, a `synthetic watch`."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

GRACE = 20.0
"""Seconds it is given, after Ctrl-C, to close its browsers and to write what it has."""

# What a user's own settings for pytest and for us could change in the demo.
_NOT_OURS = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "SYNTHETIC_HERE")


def environment() -> dict[str, str]:
    """The variables of this process, but for those that would change what the demo does."""
    mine = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
    return {**mine, "PYTHONSAFEPATH": "1"}


@contextmanager
def started(command: Sequence[str], folder: Path, **streams: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Start it in `folder`; it ends with the block, in order if it can. Ctrl-C in a terminal does not reach it."""
    process = subprocess.Popen(  # noqa: S603  our own command
        command, cwd=folder, env=environment(), stdin=subprocess.DEVNULL, process_group=0, **streams
    )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Let it end as after Ctrl-C; it, and what it started, is killed if it does not."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        process.wait(GRACE)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
