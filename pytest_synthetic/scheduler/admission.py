"""How much runs at once: so many browsers, so many API journeys, and no browser where memory is short."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_synthetic.model.plan import Plan

MEGABYTE = 1_000_000


class Admission:
    """Counts what runs. One thread asks and enters, any may leave."""

    def __init__(self, browsers: int, api: int, memory_floor: int, free: Callable[[], int]) -> None:
        """`free` says how many bytes of memory can be had now."""
        self._most = {True: browsers, False: api}
        self._floor = memory_floor
        self._free = free
        self._running = {True: 0, False: 0}
        self._guard = threading.Lock()

    def full(self, plan: Plan) -> str | None:
        """Why a run must wait; None when it may begin."""
        most, key = self._most[plan.browser], "browsers" if plan.browser else "api"
        if self._running[plan.browser] >= most:
            return f"{most} others ran already, which is the most ([runner] {key})"
        if plan.browser and (free := self._free()) < self._floor:
            least = f"{self._floor // MEGABYTE} MB ([runner] memory_floor)"
            return f"{free // MEGABYTE} MB of memory were free, and a browser is only started with {least} or more"
        return None

    @property
    def most(self) -> int:
        """How many may run together."""
        return sum(self._most.values())

    def enter(self, plan: Plan) -> None:
        """A run begins."""
        with self._guard:
            self._running[plan.browser] += 1

    def leave(self, plan: Plan) -> None:
        """A run has ended."""
        with self._guard:
            self._running[plan.browser] -= 1


def free_memory() -> int:
    """Bytes that this process may still take: what the machine has, and what its control group leaves (Linux)."""
    import psutil

    return min(int(psutil.virtual_memory().available), _left_in_group())


def _left_in_group() -> int:
    """What cgroup v2 leaves, pages of files not counted, since those give way."""
    folder = Path("/sys/fs/cgroup")
    try:
        most = (folder / "memory.max").read_text(encoding="ascii").strip()
        if most == "max":
            return 1 << 62
        used = int((folder / "memory.current").read_text(encoding="ascii"))
        facts = dict(line.split() for line in (folder / "memory.stat").read_text(encoding="ascii").splitlines())
        return int(most) - used + int(facts.get("inactive_file", 0))
    except (OSError, ValueError):
        return 1 << 62
