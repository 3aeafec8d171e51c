"""The plugin installed, and no journey anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import sides
from benchmarks.figures import Figure, ratios, side_by_side, typical

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STARTS = 15
ALONE = 5
"""Starts without company, the quickest of which gives the scale: two that share a core take longer each."""
THOUSANDS = 9


def measure(workshop: Path) -> Iterator[Figure]:
    """Limits: +10 ms on pytest's start, +1 % over 1,000 trivial tests."""
    without, installed = sides.both(workshop)
    one, thousand = sides.suite(workshop, "one"), sides.suite(workshop, "thousand")
    starts = side_by_side(
        {
            "without": lambda: without.pytest(one, "--collect-only"),
            "disabled": lambda: installed.pytest(one, "--collect-only", "-p", "no:synthetic"),
            "installed": lambda: installed.pytest(one, "--collect-only"),
        },
        STARTS,
    )
    alone = min(without.pytest(one, "--collect-only").cpu for _ in range(ALONE)) * 1000
    scale = f"on {alone:.0f} ms"
    more = [(ratio - 1) * alone for ratio in ratios(starts["without"], starts["installed"])]
    yield Figure(name="start: installed over not installed", each=more, unit="ms", limit=10, note=scale)
    more = [(ratio - 1) * alone for ratio in ratios(starts["disabled"], starts["installed"])]
    yield Figure(name="start: installed over -p no:synthetic", each=more, unit="ms", limit=10, note=scale)
    runs = side_by_side(
        {"without": lambda: without.pytest(thousand), "installed": lambda: installed.pytest(thousand)}, THOUSANDS
    )
    scale = f"on {typical(runs['without'])}"
    each = ratios(runs["without"], runs["installed"])
    yield Figure(name="1,000 trivial tests: installed, start included", each=each, unit="x", limit=1.01, note=scale)
