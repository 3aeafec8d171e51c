"""The plugin installed, and no journey anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import sides
from benchmarks.figures import Figure, added_ms, ratios, side_by_side, typical

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STARTS = 15
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
    scale = f"on {typical(starts['without'])}"
    more = added_ms(starts["without"], starts["installed"])
    yield Figure(name="start: installed over not installed", each=more, unit="ms", limit=10, note=scale)
    more = added_ms(starts["disabled"], starts["installed"])
    yield Figure(name="start: installed over -p no:synthetic", each=more, unit="ms", limit=10)
    runs = side_by_side(
        {"without": lambda: without.pytest(thousand), "installed": lambda: installed.pytest(thousand)}, THOUSANDS
    )
    scale = f"on {typical(runs['without'])}"
    each = ratios(runs["without"], runs["installed"])
    yield Figure(name="1,000 trivial tests: installed, start included", each=each, unit="x", limit=1.01, note=scale)
