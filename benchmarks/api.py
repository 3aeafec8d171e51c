"""An API journey against the same test with a bare requests.Session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import shop, sides
from benchmarks.figures import Figure, ratios, side_by_side, typical

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPEATS = 11


def measure(workshop: Path) -> Iterator[Figure]:
    """Limit: 1.10 times the CPU, records on."""
    without, installed = sides.both(workshop)
    bare, journey = sides.suite(workshop, "api_bare"), sides.suite(workshop, "api_journey")
    with shop.opened() as address:
        given = ("--base-url", address)
        runs = side_by_side(
            {
                "bare": lambda: without.pytest(bare, *given),
                "journey": lambda: installed.pytest(journey, *given, "--synthetic-jsonl", "runs.jsonl"),
            },
            REPEATS,
        )
    each = ratios(runs["bare"], runs["journey"])
    yield Figure(
        name="50 API journeys of 10 requests", each=each, unit="x", limit=1.10, note=f"on {typical(runs['bare'])}"
    )
