"""The demo shop, in a process of its own that is not measured."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def opened() -> Iterator[str]:
    """The address of a running shop."""
    command = [sys.executable, "-m", "pytest_synthetic.demo.server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            told = server.stdout.readline() if server.stdout else ""
            yield next(word for word in told.split() if word.startswith("http://"))
        finally:
            server.terminate()
