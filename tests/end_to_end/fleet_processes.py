"""Schedulers and agents as processes of a fleet, with runs that take no more than their time.

`python -m tests.end_to_end.fleet_processes agent FOLDER REGION NAME`, `... scheduler FOLDER NAME`. All that a real run
costs is left out; what a run leaves behind is as the real runner leaves it. The node id of a plan is how many seconds
its run takes.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_synthetic.config import files
from pytest_synthetic.config.fleet import fleet_of
from pytest_synthetic.core import unrun
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.model.journey import JourneySpec, Schedule
from pytest_synthetic.model.plan import Job, Outcome, Plan
from pytest_synthetic.model.verdict import Verdict
from pytest_synthetic.scheduler import fleet_agent, fleet_link, fleet_scheduling, job_folder
from pytest_synthetic.scheduler.admission import Admission
from pytest_synthetic.scheduler.job_folder import JobFolder

CLOCK = SystemClock()


def a_plan(journey: str, region: str, takes: float = 0.0, every: float | None = None) -> Plan:
    schedule = Schedule(every=every, max_lateness=30.0, spread=False) if every else None
    return Plan(spec=JourneySpec(id=journey, name=journey, schedule=schedule), region=region, nodeid=str(takes))


class Sleeper:
    """A Runner whose runs sleep, each with a line in `ran.txt`: nothing may run twice."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.over = threading.Event()
        self.held: dict[str, JobFolder] = {}

    def run(self, job: Job) -> Outcome:
        began = CLOCK.now()
        with (self.folder / "ran.txt").open("a", encoding="utf-8") as file:
            file.write(f"{job.plan.spec.id} {job.plan.region} {job.at} {os.getpid()}\n")
        self.held[job.id] = JobFolder.create(self.folder / ".synthetic" / "jobs", job)
        if self.over.wait(float(job.plan.nodeid)):
            return Outcome(job=job, runs=(unrun.broken(job.plan, job.at, began, "ended in order"),))
        run = replace(unrun.broken(job.plan, job.at, began, ""), run_id=f"0000{job.id[4:]}", verdict=Verdict.PASSED)
        return Outcome(job=job, runs=(replace(run, fault=None, reason=None, failure=None),))

    def delivered(self, job: Job) -> None:
        self.held.pop(job.id).remove()

    def left_over(self) -> Iterator[Outcome]:
        for folder in job_folder.left_over(self.folder / ".synthetic" / "jobs"):
            job = folder.job()
            self.held[job.id] = folder
            yield Outcome(job=job, runs=(unrun.broken(job.plan, job.at, CLOCK.now(), "it was killed"),))

    def stop(self) -> None:
        self.over.set()


class Unchanging:
    """In place of what collects: the plans are given."""

    def follow(self, *_: object) -> None: ...

    def close(self) -> None: ...


def agent(folder: Path, region: str, name: str) -> None:
    settings = files.load(folder / f"{region}.toml", {})
    link = fleet_link.link_of(settings, folder)
    place = fleet_agent.Place(
        region=region,
        name=name,
        folder=folder / "agents" / name,
        admission=Admission(1, 2, 0, lambda: 1 << 40),
        every=0.5,
        grace=1.0,
        revision=lambda: (folder / "revision").read_text().strip() if (folder / "revision").exists() else None,
    )
    home = folder / "agents" / name
    home.mkdir(parents=True, exist_ok=True)
    (home / "ran.txt").touch()
    this = fleet_agent.Agent(link, place, Sleeper(home), say)
    on_signals(this.stop)
    this.work()


def scheduler(folder: Path, name: str) -> None:
    settings = files.load(folder / "scheduler.toml", {})
    plans = (
        a_plan("quick", "eu-west", 0.1, every=2),
        a_plan("quick", "us-east", 0.1, every=2),
        a_plan("slow", "eu-west", 4.0, every=6),
    )
    over = threading.Event()
    on_signals(over.set)
    home = folder / name  # where records wait
    home.mkdir(exist_ok=True)
    fleet = replace(fleet_of(settings), ca=str(folder / "ca.pem"))
    settings = replace(settings, source=home / "synthetic.toml", fleet=fleet)
    collecting: Any = Unchanging()
    with fleet_scheduling.opened(settings, home, plans, collecting, say, lasts=3.0) as this:
        this.board.each = lambda run: say(f"{run.verdict} {run.journey} {run.region} {run.scheduled_at} {run.reason}")
        while not over.is_set():
            this.turn()


def on_signals(call: Any) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: call())


def say(told: str) -> None:
    print(f"{CLOCK.now():%H:%M:%S.%f} {told}", flush=True)  # noqa: T201  what the tests read


if __name__ == "__main__":
    faulthandler.register(signal.SIGUSR1)
    kind, where, *names = sys.argv[1:]
    (agent if kind == "agent" else scheduler)(Path(where), *names)
