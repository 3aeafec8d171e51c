"""A browser journey against the same test under bare pytest-playwright."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from benchmarks import shop, sides
from benchmarks.figures import Figure, ratios, side_by_side, typical

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPEATS = 6
RECORDS = ("--synthetic-jsonl", "runs.jsonl", "--synthetic-evidence", "never")
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def measure(workshop: Path) -> Iterator[Figure]:
    """Limit: 1.03 times the CPU, records on; what evidence costs is measured by evidence.py."""
    without, installed = sides.both(workshop)
    bare = sides.suite(workshop, "browser_bare", beside=["same_browser"])
    journey = sides.suite(workshop, "browser_journey", beside=["same_browser"])
    path = next(filter(None, map(shutil.which, BROWSERS)), "")
    with shop.opened() as address:
        given = ("--base-url", address)
        env = {"BENCHMARK_BROWSER": path}
        runs = side_by_side(
            {
                "bare": lambda: without.pytest(bare, *given, env=env),
                "journey": lambda: installed.pytest(journey, *given, *RECORDS, env=env),
            },
            REPEATS,
        )
    each = ratios(runs["bare"], runs["journey"])
    yield Figure(name="5 browser journeys", each=each, unit="x", limit=1.03, note=f"on {typical(runs['bare'])}")
