"""Runs a journey N times, one after the other, through the scheduler's Runner: FOLDER NODEID browser|api N."""

import os
import sys
import uuid
from pathlib import Path

from pytest_synthetic.config import files
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.model.journey import JourneySpec
from pytest_synthetic.model.plan import Job, Plan
from pytest_synthetic.scheduler.runner import ProcessRunner, Workplace

folder, nodeid, kind, count = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
settings = files.load(folder / "synthetic.toml", os.environ)
at = Workplace(settings=settings, folder=folder, environ=dict(os.environ))
runner = ProcessRunner(at, SystemClock(), lambda told: sys.exit(str(told)))
plan = Plan(spec=JourneySpec(id=nodeid, name=nodeid), region="local", nodeid=nodeid, browser=kind == "browser")
for _ in range(count):
    outcome = runner.run(Job(id=uuid.uuid4().hex, plan=plan))
    if [run.verdict.value for run in outcome.runs] != ["passed"]:
        sys.exit(f"{outcome.runs}\n{outcome.log}")
    runner.delivered(outcome.job)
runner.stop()
