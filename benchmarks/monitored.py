"""Ten monitored runs against ten of elastic/synthetics, the same journey in the same browser: all that either starts.

Ours go through the scheduler's Runner: each run in a process of its own, forked, and in a context of its own of the
browser that they share; the start of the fork server, of the browser and of the scheduler's own process is counted in.
Theirs are ten runs of their command line.

What is recorded: ours keeps for each run its record (steps, web vitals) and has a trace, a network log and a console
log ready for the case that it fails (the default of [evidence]); theirs keeps for each a picture a step and listens to
the console. As Heartbeat runs it (`--rich-events`), theirs also logs network, trace and metrics: a second figure.

Theirs is looked for in the folder BENCHMARK_ELASTIC, or ~/.cache/pytest-synthetic-benchmarks:
PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm install @elastic/synthetics
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import shop, sides
from benchmarks.browser import BROWSERS
from benchmarks.figures import Figure, ratios, side_by_side, typical
from benchmarks.meter import Spent, spent

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS = 10
REPEATS = {"api": 2, "browser": 1}
LIMITS = {"api": 0.2, "browser": 0.55}
LONGEST = 600.0
"""Seconds that ten runs may take, with the other side on the same core."""
JOURNEYS = {"api": ("monitored_api", "test_order"), "browser": ("monitored_browser", "test_put_into_cart")}
THEIRS = {"api": "order.journey.ts", "browser": "cart.journey.ts"}
SETTINGS = 'base_url = "{shop}"\n[runner]\nshare_browser = true\n'


def measure(workshop: Path) -> Iterator[Figure | str]:
    """Limits: 0.2 times the CPU for runs over an API, 0.55 times for runs in a browser."""
    installed = Path(os.environ.get("BENCHMARK_ELASTIC", Path.home() / ".cache/pytest-synthetic-benchmarks"))
    if not (installed / "node_modules/.bin/elastic-synthetics").exists():
        yield f"  skipped: {installed} has no elastic-synthetics: npm install @elastic/synthetics there"
        return
    _, ours = sides.both(workshop)
    with shop.opened() as address:
        for kind, repeats in REPEATS.items():
            mine = _our_folder(workshop, kind, address)
            theirs = _their_folder(workshop, kind, installed)
            runs = side_by_side(
                {
                    "theirs": lambda: _theirs(theirs, address),  # noqa: B023  called before the next turn
                    "ours": lambda: _ours(ours, mine, kind),  # noqa: B023  likewise
                },
                repeats,
            )
            yield Figure(
                name=f"{RUNS} monitored runs, {kind}",
                each=ratios(runs["theirs"], runs["ours"]),
                unit="x",
                limit=LIMITS[kind],
                note=f"{typical(runs['ours'])} of {typical(runs['theirs'])}",
            )
            if kind == "browser":
                yield _rich(runs["ours"], theirs, address)


def _rich(ours: list[Spent], theirs: Path, address: str) -> Figure:
    runs = side_by_side({"theirs": lambda: _theirs(theirs, address, "--rich-events")}, 1, warm=False)["theirs"]
    return Figure(
        name=f"{RUNS} monitored runs, browser, --rich-events",
        each=ratios(runs * len(ours), ours),
        unit="x",
        note=f"on {typical(runs)}, theirs measured once",
    )


def _our_folder(workshop: Path, kind: str, address: str) -> Path:
    name, _ = JOURNEYS[kind]
    folder = sides.suite(workshop, name)
    (folder / "synthetic.toml").write_text(SETTINGS.format(shop=address), encoding="utf-8")
    return folder


def _their_folder(workshop: Path, kind: str, installed: Path) -> Path:
    folder = workshop / f"elastic_{kind}"
    folder.mkdir()
    for name in (THEIRS[kind], "synthetics.config.ts"):
        shutil.copy(sides.SUITES / "elastic" / name, folder)
    (folder / "package.json").write_text('{"name": "journeys", "version": "1.0.0"}', encoding="utf-8")
    (folder / "node_modules").symlink_to(installed / "node_modules")
    return folder


def _ours(side: sides.Side, folder: Path, kind: str) -> Spent:
    name, test = JOURNEYS[kind]
    asked = (str(folder), f"test_{name}.py::{test}", kind, str(RUNS))
    return side.python(folder, str(sides.SUITES / "monitored.py"), *asked, limit=LONGEST)


def _theirs(folder: Path, address: str, *options: str) -> Spent:
    command = [str(folder / "node_modules/.bin/elastic-synthetics"), ".", "--no-throttling", *options]
    given = [*command, "--params", json.dumps({"shop": address})]
    env = {"BENCHMARK_BROWSER": next(filter(None, map(shutil.which, BROWSERS)), "")}
    runs = [spent(given, cwd=folder, env=env, limit=LONGEST / RUNS) for _ in range(RUNS)]
    return Spent(
        cpu=sum(run.cpu for run in runs),
        peak=max(run.peak for run in runs),
        processes=sum(run.processes for run in runs),
    )
