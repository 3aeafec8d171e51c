"""The plugin installed, and no journey anywhere; and a job of the scheduler, forked or in a fresh process."""

from __future__ import annotations

import os
import statistics
import sys
import uuid
from typing import TYPE_CHECKING

from benchmarks import sides
from benchmarks.figures import Figure, ratios, side_by_side, typical
from pytest_synthetic.model.journey import JourneySpec
from pytest_synthetic.model.plan import Job, Plan
from pytest_synthetic.scheduler import processes
from pytest_synthetic.scheduler.fork_client import ForkServer
from pytest_synthetic.scheduler.job_folder import JobFolder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_synthetic.scheduler.processes import Kept

STARTS = 15
ALONE = 5
"""Starts without company, the quickest of which gives the scale: two that share a core take longer each."""
THOUSANDS = 9
JOBS = 25
JOURNEY = """
import pytest

@pytest.mark.journey("One")
def test_one(journey):
    with journey.step("ask"):
        pass
"""


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
    yield from _jobs(workshop)


def _jobs(workshop: Path) -> Iterator[Figure]:
    """Limits: 100 ms of CPU for a forked job, its keeper and all; the two kinds take turns."""
    folder = workshop / "jobs"
    folder.mkdir()
    (folder / "test_one.py").write_text(JOURNEY, encoding="utf-8")
    server = ForkServer(str(folder), os.environ, print)
    forked, fresh = [], []
    try:
        for _ in range(JOBS):
            kept = server.keeper()
            if kept is None:
                return
            forked.append(_spent(kept, folder))
            kept = processes.fresh()
            kept.is_there()
            fresh.append(_spent(kept, folder))
    finally:
        server.close()
    scale = f"in a fresh process {statistics.median(fresh):.0f} ms"
    yield Figure(name="a job of one API journey: forked", each=forked, unit="ms", limit=100, note=scale)
    share = [one / other for one, other in zip(forked, fresh, strict=True)]
    yield Figure(name="a job of one API journey: forked over fresh", each=share, unit="x", limit=0.2)


def _spent(kept: Kept, folder: Path) -> float:
    """Milliseconds of CPU that a job takes."""
    plan = Plan(spec=JourneySpec(id="test_one.test_one", name="One"), region="local", nodeid="test_one.py::test_one")
    job = JobFolder.create(folder / "jobs", Job(id=uuid.uuid4().hex, plan=plan))
    kept.begin(
        {
            "command": [sys.executable, "-m", "pytest", f"--synthetic-job={job.path}", plan.nodeid],
            "cwd": str(folder),
            "env": dict(os.environ),
            "folder": str(job.path),
            "limit": 60.0,
            "grace": 1.0,
        }
    )
    ended = kept.wait()
    kept.close()
    passed = [run.verdict for run in job.records()] == ["passed"]
    job.remove()
    if not passed:
        raise RuntimeError(f"the job did not pass: {ended}")
    return float(ended["cpu"]) * 1000
