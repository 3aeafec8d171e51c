"""What recording evidence costs a browser journey that passes, against the same test under bare pytest-playwright."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from benchmarks import shop, sides
from benchmarks.browser import BROWSERS
from benchmarks.figures import Figure, ratios, side_by_side, typical

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPEATS = 5
NO_TRACE = '[evidence]\ntrace = "off"\n'


def measure(workshop: Path) -> Iterator[Figure]:
    """Limit: 1.15 times the CPU, everything recorded and nothing kept."""
    without, installed = sides.both(workshop)
    bare = sides.suite(workshop, "browser_bare", beside=["same_browser"])
    journey = sides.suite(workshop, "browser_journey", beside=["same_browser"])
    (workshop / "no-trace.toml").write_text(NO_TRACE, encoding="utf-8")
    untraced = ("--synthetic-config", str(workshop / "no-trace.toml"))
    path = next(filter(None, map(shutil.which, BROWSERS)), "")
    with shop.opened() as address:
        given, env = ("--base-url", address), {"BENCHMARK_BROWSER": path}
        runs = side_by_side(
            {
                "bare": lambda: without.pytest(bare, *given, env=env),
                "on-failure": lambda: installed.pytest(journey, *given, env=env),
                "no trace": lambda: installed.pytest(journey, *given, *untraced, env=env),
                "never": lambda: installed.pytest(journey, *given, "--synthetic-evidence", "never", env=env),
            },
            REPEATS,
        )
    limits = {"on-failure": 1.15, "no trace": None, "never": None}
    for name, limit in limits.items():
        each = ratios(runs["bare"], runs[name])
        yield Figure(
            name=f"5 browser journeys, evidence {name}",
            each=each,
            unit="x",
            limit=limit,
            note=f"on {typical(runs['bare'])}",
        )
