"""Ten monitored runs against ten of elastic/synthetics, the same journey in the same browser: all that either starts.

Ours go through the scheduler's Runner: each run in a process of its own, forked, and in a context of its own of the
browser that they share; the start of the fork server, of the browser and of the scheduler's own process is counted in.
Theirs are ten runs of their command line.

What is recorded: theirs keeps a picture of each step and listens to the console. Ours keeps a record (steps, vitals),
and has logs of network and console ready for the case that the run fails. By default it has a trace of Playwright's
ready too, with the DOM before and after each action, which theirs has not: a second figure. As Heartbeat runs it
(`--rich-events`), theirs also logs network, trace events and metrics: a third one, without a limit.

Theirs is looked for in the folder BENCHMARK_ELASTIC, or ~/.cache/pytest-synthetic-benchmarks:
PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm install @elastic/synthetics
"""

from __future__ import annotations

import json
import os
import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import shop, sides
from benchmarks.browser import BROWSERS
from benchmarks.figures import Figure, ratios, side_by_side, typical
from benchmarks.meter import Spent, spent

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS = 10
REPEATS = {"api": 5, "browser": 3}
LIMITS = {"api": 0.2, "browser": 0.55}
LONGEST = 600.0
"""Seconds that ten runs may take, with the other side on the same core."""
JOURNEYS = {"api": ("monitored_api", "test_order"), "browser": ("monitored_browser", "test_put_into_cart")}
THEIRS = {"api": "order.journey.ts", "browser": "cart.journey.ts"}
SETTINGS = 'base_url = "{shop}"\n[runner]\nshare_browser = true\n[evidence]\ntrace = "{trace}"\n'


def measure(workshop: Path) -> Iterator[Figure | str]:
    """Limits: 0.2 times the CPU for runs over an API, 0.55 times for runs in a browser."""
    installed = Path(os.environ.get("BENCHMARK_ELASTIC", Path.home() / ".cache/pytest-synthetic-benchmarks"))
    if not (installed / "node_modules/.bin/elastic-synthetics").exists():
        yield f"  skipped: {installed} has no elastic-synthetics: npm install @elastic/synthetics there"
        return
    _, side = sides.both(workshop)
    with shop.opened() as address:
        yield from _compared(side, workshop, installed, address, "api")
        yield from _compared(side, workshop, installed, address, "browser")


def _compared(side: sides.Side, workshop: Path, installed: Path, address: str, kind: str) -> Iterator[Figure]:
    theirs = _their_folder(workshop, kind, installed)
    traces = {"api": ("off",), "browser": ("off", "on")}[kind]
    mine = {trace: _our_folder(workshop / trace, kind, address, trace) for trace in traces}
    ours = {trace: partial(_ours, side, folder, kind) for trace, folder in mine.items()}
    runs = side_by_side({"theirs": lambda: _theirs(theirs, address), **ours}, REPEATS[kind])
    for trace in traces:
        yield Figure(
            name=f"{RUNS} monitored runs, {kind}" + (", with traces" if trace == "on" else ""),
            each=ratios(runs["theirs"], runs[trace]),
            unit="x",
            limit=LIMITS[kind],
            note=f"{typical(runs[trace])} of {typical(runs['theirs'])}",
        )
    if kind == "browser":
        yield _rich(runs["on"], theirs, address)


def _rich(ours: list[Spent], theirs: Path, address: str) -> Figure:
    runs = side_by_side({"theirs": lambda: _theirs(theirs, address, "--rich-events")}, 1, warm=False)["theirs"]
    return Figure(
        name=f"{RUNS} monitored runs, browser, both with all",
        each=ratios(runs * len(ours), ours),
        unit="x",
        note=f"on {typical(runs)}, theirs measured once",
    )


def _our_folder(workshop: Path, kind: str, address: str, trace: str) -> Path:
    name, _ = JOURNEYS[kind]
    workshop.mkdir(exist_ok=True)
    folder = sides.suite(workshop, name)
    (folder / "synthetic.toml").write_text(SETTINGS.format(shop=address, trace=trace), encoding="utf-8")
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
