"""A watcher over a real book of ticks, whose time and whose runs are in the hands of a test."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from pytest_synthetic.config.settings import ConfirmSettings, Settings
from pytest_synthetic.core import unrun
from pytest_synthetic.history import store
from pytest_synthetic.history.recording import Recording
from pytest_synthetic.history.ticks import Ticks
from pytest_synthetic.model.history import Selection
from pytest_synthetic.model.journey import JourneySpec, Schedule
from pytest_synthetic.model.plan import Job, Outcome, Plan
from pytest_synthetic.model.verdict import Verdict
from pytest_synthetic.scheduler.board import Board
from pytest_synthetic.scheduler.deliveries import Deliveries
from pytest_synthetic.scheduler.dispatch import Begun, Event, Finished
from pytest_synthetic.scheduler.pulse import Pulse
from pytest_synthetic.scheduler.watching import Watching
from pytest_synthetic.testing.clock import FakeClock

if TYPE_CHECKING:
    from pytest_synthetic.model.run import RunResult

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_plan(
    journey: str = "checkout",
    region: str = "eu",
    *,
    every: float = 60.0,
    cron: str | None = None,
    mutates: bool = False,
) -> Plan:
    schedule = Schedule(every=None if cron else every, cron=cron, timezone="Europe/Paris", spread=False)
    spec = JourneySpec(id=journey, name=journey.title(), schedule=schedule, mutates=mutates)
    return Plan(spec=spec, region=region, nodeid=f"test_{journey}.py::test_it")


class Desk:
    """A dispatcher that does nothing by itself."""

    outlives = False

    def __init__(self) -> None:
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.taken: list[Job] = []
        self.delivered_jobs: list[Job] = []
        self.no_room: str | None = None
        self.nobody: str | None = None
        self.left: list[Event] = []

    def full(self, _plan: Plan) -> str | None:
        return self.no_room

    def refusal(self, _plan: Plan) -> str | None:
        return self.nobody

    def take(self, job: Job, _until: datetime) -> None:
        self.taken.append(job)

    def delivered(self, job: Job) -> None:
        self.delivered_jobs.append(job)

    def stop(self) -> None:
        for event in self.left:
            self.events.put(event)


class Room:
    """A watcher over a real book of ticks, whose time is set by hand."""

    def __init__(
        self,
        url: str,
        *plans: Plan,
        confirm: ConfirmSettings | None = None,
        now: datetime | None = None,
        folder: Path = Path("nowhere"),
    ) -> None:
        self.clock = FakeClock(now=now or NOON)
        self.url = url
        self.desk, self.board, self.pulse = Desk(), Board(), Pulse(self.clock)
        self.runs: list[RunResult] = []
        self.done = 0
        self.said: list[str] = []
        self.board.each = self.runs.append
        recording = Recording(url, folder, self.said.append, clock=self.clock)
        self.ticks = Ticks(url, clock=self.clock, sleep=lambda _: None)
        self.watching = Watching(
            settings=Settings(confirm=confirm or ConfirmSettings()),
            ticks=self.ticks,
            dispatcher=self.desk,
            deliveries=Deliveries(recording, None, self.pulse, self.board),
            clock=self.clock,
            pulse=self.pulse,
            board=self.board,
            regions=["eu", "us"],
        )
        self.watching.plan(plans)
        self.watching.turn()

    def after(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.watching.turn()

    def begin(self, job: Job) -> None:
        self.desk.events.put(Begun(job=job, at=self.clock.now()))
        self.watching.turn()

    def finish(self, job: Job, verdict: Verdict = Verdict.PASSED) -> None:
        self.desk.events.put(Finished(outcome=outcome(job, verdict, self.clock.now())))
        self.watching.turn()

    def close(self) -> None:
        self.watching.stop()
        self.ticks.close()

    def live(self, seconds: float, step: float = 5.0) -> None:
        """Let time pass; each run that is handed on passes at once."""
        for _ in range(round(seconds / step)):
            self.after(step)
            self.finish_all()

    def finish_all(self) -> None:
        while self.done < len(self.desk.taken):
            self.done += 1
            self.finish(self.desk.taken[self.done - 1])

    def verdicts(self) -> dict[str, str]:
        """How each tick ended, by its time, as the history has it."""
        history = store.opened(self.url)
        try:
            told = history.records(Selection())
            return {run["scheduled_at"][11:19]: run["verdict"] for run in told}
        finally:
            history.close()


def outcome(job: Job, verdict: Verdict, now: datetime) -> Outcome:
    run = unrun.broken(job.plan, job.at, now, "x", attempt=job.attempt)
    run = replace(run, run_id=job.id[::-1], verdict=verdict, fault=None, failure=None, reason=None)
    return Outcome(job=job, runs=(run,))
