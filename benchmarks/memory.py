"""Peak memory of a session with many runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import sides
from benchmarks.figures import Figure, side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.meter import Spent

FEW, MANY = 1_000, 10_000


def measure(workshop: Path) -> Iterator[Figure]:
    """Limit: 2 KB a run more than the same tests without the plugin. One pair: memory hardly scatters."""
    without, installed = sides.both(workshop)
    bare, journeys = sides.suite(workshop, "many_bare"), sides.suite(workshop, "many_journeys")

    def pair(count: int) -> tuple[Spent, Spent]:
        env = {"BENCHMARK_RUNS": str(count)}
        runs = side_by_side(
            {
                "bare": lambda: without.pytest(bare, env=env),
                "journeys": lambda: installed.pytest(journeys, "--synthetic-jsonl", "runs.jsonl", env=env),
            },
            repeats=1,
            warm=count == FEW,
        )
        return runs["bare"][0], runs["journeys"][0]

    (few_bare, few), (many_bare, many) = pair(FEW), pair(MANY)
    scale = f"on {many_bare.peak / MANY / 1000:.1f} KB"
    each = [(many.peak - many_bare.peak) / MANY / 1000]
    yield Figure(name="peak memory of 10,000 runs, plugin included", each=each, unit="KB a run", limit=2, note=scale)
    each = [((many.peak - few.peak) - (many_bare.peak - few_bare.peak)) / (MANY - FEW) / 1000]
    yield Figure(name="growth from 1,000 to 10,000 runs", each=each, unit="KB a run", limit=2)
    scale = f"on {many_bare.cpu / MANY * 1000:.2f} ms"
    each = [(many.cpu - many_bare.cpu) / MANY * 1000]
    yield Figure(name="CPU of one trivial journey with its record", each=each, unit="ms more", note=scale)
