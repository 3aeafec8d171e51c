"""Jobs are run on this machine: a thread waits for each, its journey runs in a process of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING

from pytest_synthetic.scheduler.dispatch import Begun, Event, Finished

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_synthetic.core.ports import Clock, Runner
    from pytest_synthetic.model.plan import Job, Plan
    from pytest_synthetic.scheduler.admission import Admission


LOOK = 5.0
"""Seconds between two looks for jobs that are left over."""


class Local:
    """A Dispatcher over a Runner."""

    outlives = False

    def __init__(self, runner: Runner, admission: Admission, clock: Clock) -> None:
        """What an earlier process left of its jobs is told at once, and what another one leaves meanwhile."""
        self.events: SimpleQueue[Event] = SimpleQueue()
        self._runner = runner
        self._admission = admission
        self._threads = ThreadPoolExecutor(admission.most, thread_name_prefix="synthetic-run")
        self._clock = clock
        self._looked = float("-inf")
        self.tend()

    def tend(self) -> None:
        """Tell of jobs that are left over: their run may have ended after the process that began it."""
        if (moment := self._clock.monotonic()) >= self._looked + LOOK:
            self._looked = moment
            for outcome in self._runner.left_over():
                self.events.put(Finished(outcome=outcome))

    def full(self, plan: Plan) -> str | None:
        """Why a run of `plan` must wait."""
        return self._admission.full(plan)

    def refusal(self, _plan: Plan) -> str | None:
        """None: this machine is there."""
        return None

    def take(self, job: Job, _until: datetime) -> None:
        """Run a job now."""
        self._admission.enter(job.plan)
        self.events.put(Begun(job=job, at=self._clock.now()))
        self._threads.submit(self._run, job)

    def _run(self, job: Job) -> None:
        try:
            outcome = self._runner.run(job)
        finally:
            self._admission.leave(job.plan)
        self.events.put(Finished(outcome=outcome))

    def delivered(self, job: Job) -> None:
        """Forget a job."""
        self._runner.delivered(job)

    def stop(self) -> None:
        """End what runs, and wait for it."""
        self._runner.stop()
        self._threads.shutdown(wait=True)
