"""Repeats that meet the same load on all sides, and the figure they give: a median, how sure it is, and its limit."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from benchmarks.meter import Spent


def side_by_side(
    sides: Mapping[str, Callable[[], Spent]], repeats: int, *, warm: bool = True
) -> dict[str, list[Spent]]:
    """Measure the sides `repeats` times, all at once on one core, which switches between them every few milliseconds.

    So whatever else the machine does meets all alike: a tenth of the scatter of runs that take turns, when it is busy.
    With `warm` each is run once before, uncounted: it fills the caches of compiled files.
    """
    found: dict[str, list[Spent]] = {name: [] for name in sides}
    with _one_core(), ThreadPoolExecutor(len(sides)) as threads:
        for _ in range(repeats + warm):
            running = {name: threads.submit(measure) for name, measure in sides.items()}
            for name, future in running.items():
                found[name].append(future.result())
    return {name: runs[-repeats:] for name, runs in found.items()}


@contextmanager
def _one_core() -> Iterator[None]:
    """Keep this thread, and the threads and processes it starts, on the last core."""
    all_cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(all_cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_cores)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number: the median of what `each` pair of neighbouring runs gave, to be at most `limit`, in `unit`."""

    name: str
    each: Sequence[float]
    unit: str
    limit: float | None = None
    note: str = ""

    def __str__(self) -> str:
        """The figure in one line, with the range that holds the true median 95 times of 100."""
        value = median(self.each)
        low, high = sure(self.each)
        line = f"  {self.name:<46} {value:7.3f} {self.unit:<10} [{low:.3f} .. {high:.3f}, n={len(self.each)}]"
        if self.limit is not None:
            verdict = "ok" if value <= self.limit else "OVER"
            doubt = " (not sure)" if low <= self.limit < high else ""
            line += f"  limit {self.limit:g}: {verdict}{doubt}"
        return line + (f"  {self.note}" if self.note else "")


def sure(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of the median that assumes nothing of the distribution (sign test; Conover 1999, 3.2)."""
    ordered, n = sorted(values), len(values)
    outside, rank = 0.0, 0
    while (outside := outside + math.comb(n, rank) / 2**n) <= 0.025:
        rank += 1
    rank = max(0, rank - 1)
    return ordered[rank], ordered[n - 1 - rank]


def ratios(base: Sequence[Spent], ours: Sequence[Spent]) -> list[float]:
    """CPU of `ours` for each second of `base`, pair by pair."""
    return [mine.cpu / its.cpu for its, mine in zip(base, ours, strict=True)]


def typical(runs: Sequence[Spent]) -> str:
    """What one run takes, for scale."""
    return f"{median(run.cpu for run in runs) * 1000:.0f} ms"


def load() -> str:
    """How busy the machine is: figures of CPU time shift by some percent when others use the same cores."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
