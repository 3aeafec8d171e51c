"""Peak memory of a session with many runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import sides
from benchmarks.figures import Figure, side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RUNS = 10_000
REPEATS = 2


def measure(workshop: Path) -> Iterator[Figure]:
    """Limit: 2 KB a run more than the same tests without the plugin."""
    without, installed = sides.both(workshop)
    bare, journey = sides.suite(workshop, "many_bare"), sides.suite(workshop, "many_journeys")
    env = {"BENCHMARK_RUNS": str(RUNS)}
    runs = side_by_side(
        {
            "bare": lambda: without.pytest(bare, env=env),
            "journey": lambda: installed.pytest(journey, "--synthetic-jsonl", "runs.jsonl", env=env),
        },
        REPEATS,
    )
    pairs = list(zip(runs["bare"], runs["journey"], strict=True))
    each = [(mine.peak - its.peak) / RUNS / 1000 for its, mine in pairs]
    scale = f"on {runs['bare'][0].peak / RUNS / 1000:.1f} KB"
    yield Figure(name="peak memory of 10,000 runs, plugin included", each=each, unit="KB a run", limit=2, note=scale)
    each = [(mine.cpu - its.cpu) / RUNS * 1000 for its, mine in pairs]
    scale = f"on {runs['bare'][0].cpu / RUNS * 1000:.2f} ms"
    yield Figure(name="CPU of one trivial journey with its record", each=each, unit="ms more", note=scale)
