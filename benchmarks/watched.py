"""A folder of monitors with `synthetic watch` in it, looked at from outside."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 300.0
"""Seconds in which a watcher is ready, or ends: a busy machine is slow."""
MEGABYTE = 1_000_000
REGIONS = ("eu", "us", "asia")
SETTINGS = "".join(f'[regions.{name}]\nproxy = "http://127.0.0.1:9"\n' for name in REGIONS)
FILE = "import pytest\nimport time\n"
JOURNEY = """

@pytest.mark.journey("Monitor {number}", id="monitor-{number}")
@pytest.mark.schedule("{every}")
@pytest.mark.region({regions})
def test_{number}(journey):
    with journey.step("wait"):
        time.sleep({lasts})
"""


def monitors(folder: Path, count: int, *, every: str, lasts: float = 0.05, in_a_file: int = 1) -> list[tuple[str, str]]:
    """Write journeys until there are `count` monitors, each a journey in one region. Returns ids and regions."""
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "synthetic.toml").write_text(SETTINGS, encoding="utf-8")
    made: list[tuple[str, str]] = []
    number = 0
    while len(made) < count:
        path = folder / f"test_{number // in_a_file}.py"
        regions = REGIONS[: count - len(made)]
        with path.open("a", encoding="utf-8") as file:
            file.write("" if number % in_a_file else FILE)
            names = ", ".join(f'"{name}"' for name in regions)
            file.write(JOURNEY.format(number=number, every=every, regions=names, lasts=lasts))
        made += [(f"monitor-{number}", region) for region in regions]
        number += 1
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the watcher and its fork server have cost: CPU in seconds, memory in bytes. Runs are not in it."""

    at: float
    cpu: float
    memory: int
    server_cpu: float
    server_memory: int


class Watched:
    """A watcher that goes on."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self.process = process
        self._watcher = psutil.Process(process.pid)
        self._server: psutil.Process | None = None

    @property
    def history(self) -> Path:
        """Its database."""
        return self.folder / ".synthetic" / "history.db"

    def said(self) -> str:
        """All that it printed."""
        return (self.folder / "said.txt").read_text(encoding="utf-8")

    def seen(self) -> Seen:
        """What it has cost up to now."""
        spent, memory = _cost(self._watcher)
        server_spent, server_memory = _cost(self._fork_server())
        return Seen(at=time.monotonic(), cpu=spent, memory=memory, server_cpu=server_spent, server_memory=server_memory)

    def _fork_server(self) -> psutil.Process | None:
        if self._server is None or not self._server.is_running():
            found = (child for child in self._watcher.children() if any("fork_server" in it for it in child.cmdline()))
            self._server = next(found, None)
        return self._server


def _cost(process: psutil.Process | None) -> tuple[float, int]:
    if process is None:
        return 0.0, 0
    with process.oneshot():
        spent = process.cpu_times()
        return spent.user + spent.system, process.memory_info().rss


@contextmanager
def watching(folder: Path) -> Iterator[Watched]:
    """Watch the monitors of `folder` from when it says so on. In the end it is asked to go, and waited for."""
    command = [sys.executable, "-c", "from pytest_synthetic.cli import main; main()", "watch", "--plain"]
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONUNBUFFERED": "1"}
    with (folder / "said.txt").open("wb") as said:
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said, env=env)
    watched = Watched(folder, process)
    try:
        ends = time.monotonic() + PATIENCE
        while "Watching" not in watched.said():
            if process.poll() is not None or time.monotonic() > ends:
                raise RuntimeError(f"synthetic watch did not begin:\n{watched.said()}")
            time.sleep(0.1)
        yield watched
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
