"""Tells a dead own network from a dead product: journeys that failed while no control target answered are `broken`."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from pytest_synthetic.model.verdict import Fault, Verdict
from pytest_synthetic.scheduler import control_probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_synthetic.config.settings import ControlSettings, Settings
    from pytest_synthetic.core.ports import Clock, Runner
    from pytest_synthetic.model.plan import Job, Outcome
    from pytest_synthetic.model.region import Region
    from pytest_synthetic.model.run import Failure, RunResult, StepResult
    from pytest_synthetic.scheduler.control_probe import Probe

SILENCE_LASTS = 10.0
"""Seconds for which silence of the control target counts, for runs that had begun by then."""
ANSWER_LASTS = 2.0
"""Seconds for which its answer counts. The network may die in them: then a run is `failed` that should be `broken`."""
CHECKED_AGAIN = 600.0
"""Seconds after which the control target is asked while journeys pass, to know whether its silence means anything."""
_WORKED = (Verdict.PASSED, Verdict.DEGRADED)


class Controlled:
    """A Runner around another. Without `[control]` in the settings it changes nothing.

    `trouble` hears what is wrong, by name, and None when it is over: `Pulse.trouble`. `between`: seconds between two
    tries.
    """

    def __init__(
        self,
        runner: Runner,
        settings: Settings,
        clock: Clock,
        *,
        trouble: Callable[[str, str | None], object] | None = None,
        between: float = 1.0,
    ) -> None:
        self._runner = runner
        self._settings = settings
        self._clock = clock
        self._trouble = trouble or _nobody
        self._between = between
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._regions: dict[str, _Control] = {}

    def run(self, job: Job) -> Outcome:
        """As Runner.run."""
        began = self._clock.monotonic()
        outcome = self._runner.run(job)
        settings = self._settings.control
        region = self._settings.region(job.plan.region)
        if settings is None or not _can_be_asked(region, job):
            return outcome
        control = self._of(region, settings)
        control.heard(outcome.runs)
        runs = tuple(control.judged(run, began) if run.verdict is Verdict.FAILED else run for run in outcome.runs)
        if all(run.verdict in _WORKED for run in outcome.runs):
            control.check(began)
        return replace(outcome, runs=runs)

    def delivered(self, job: Job) -> None:
        """As Runner.delivered."""
        self._runner.delivered(job)

    def left_over(self) -> Iterable[Outcome]:
        """As Runner.left_over. They are not judged: nobody knows how the network was then."""
        return self._runner.left_over()

    def stop(self) -> None:
        """As Runner.stop."""
        self._stopped.set()
        self._runner.stop()

    def _of(self, region: Region, settings: ControlSettings) -> _Control:
        with self._lock:
            if region.name not in self._regions:
                self._regions[region.name] = _Control(
                    self._clock, self._trouble, region.name, self._ask(region, settings)
                )
            return self._regions[region.name]

    def _ask(self, region: Region, settings: ControlSettings) -> Callable[[], Probe]:
        def ask() -> Probe:
            probe = control_probe.ask(settings.url, region, settings.timeout)
            if not probe.silent:
                return probe
            self._stopped.wait(self._between)
            return control_probe.ask(settings.url, region, settings.timeout)

        return ask


def _can_be_asked(region: Region, job: Job) -> bool:
    """Whether this machine's way out is that of the job: the browser of a remote machine has its own."""
    return not region.remote_browser or bool(region.egress and not job.plan.browser)


@dataclass(frozen=True, slots=True)
class _Heard:
    """The last probe, and when it ended."""

    probe: Probe
    ended: float


@dataclass(slots=True)
class _Control:
    """The control target as one region sees it. Times are monotonic."""

    clock: Clock
    trouble: Callable[[str, str | None], object]
    region: str
    ask: Callable[[], Probe]
    asking: threading.Lock = field(default_factory=threading.Lock)
    heard_last: _Heard | None = None
    worked: float = float("-inf")
    """When the last run ended that worked."""
    checked: float = float("-inf")
    silences: int = 0
    """How often it was silent right after a journey had passed, without an answer in between."""

    @property
    def misleads(self) -> bool:
        """Whether its silence says nothing. Once would not do: the network may have died after the journey."""
        return self.silences >= 2

    def heard(self, runs: tuple[RunResult, ...]) -> None:
        """Remember when the last of these runs ended that reached the product."""
        for run in runs:
            if run.verdict in _WORKED:
                self.worked = max(self.worked, self._moment(run.started_at, _lasted(run)))

    def judged(self, run: RunResult, job_began: float) -> RunResult:
        """A failed run: as it is, or `broken` when nothing answers there."""
        began = max(job_began, self._moment(run.started_at, 0.0))
        if self.worked > began:
            return run
        probe = self._probe(began)
        if not probe.silent or self.worked > began:
            return run
        if self.misleads:
            note = f"the control target says nothing, it was silent while journeys passed: {probe.told}"
            return replace(run, notes=(*run.notes, note))
        return _broken(run, probe, self.region)

    def check(self, job_began: float) -> None:
        """A job went well: the control target should answer as well. Asked now and then, by one thread at a time."""
        if not self._is_to_be_checked(job_began) or not self.asking.acquire(blocking=False):
            return
        try:
            probe = self._asked()
            self.checked = self.clock.monotonic()
            if probe.silent:
                self.silences += 1
            if self.misleads:
                why = (
                    f"it is silent while journeys pass, so failed runs stay failed. Is its address right? {probe.told}"
                )
                self.trouble(f"control from {self.region}", why)
        finally:
            self.asking.release()

    def _is_to_be_checked(self, job_began: float) -> bool:
        return self.clock.monotonic() - self.checked >= CHECKED_AGAIN or (
            self.silences == 1 and job_began > self.checked
        )

    def _probe(self, began: float) -> Probe:
        """What is heard now; of many that ask at once, one does."""
        with self.asking:
            last, now = self.heard_last, self.clock.monotonic()
            if last:
                lasts = SILENCE_LASTS if last.probe.silent else ANSWER_LASTS
                if now - last.ended < lasts and began < last.ended:
                    return last.probe
            return self._asked()

    def _asked(self) -> Probe:
        probe = self.ask()
        self.heard_last = _Heard(probe, self.clock.monotonic())
        if not probe.silent:
            self.silences = 0
        self.trouble(f"control from {self.region}", f"no answer from {probe.told}" if probe.silent else None)
        return probe

    def _moment(self, started_at: str, lasted: float) -> float:
        """A moment of a record on our monotonic clock; now for one that seems to come later."""
        ago = (self.clock.now() - datetime.fromisoformat(started_at)).total_seconds() - lasted
        return self.clock.monotonic() - max(0.0, ago)


def _lasted(run: RunResult) -> float:
    return sum(part or 0.0 for part in (run.setup_duration, run.duration, run.teardown_duration))


def _broken(run: RunResult, probe: Probe, region: str) -> RunResult:
    """The run, which cannot say; what it said stays in a note."""
    fault = probe.fault or Fault.NETWORK
    reason = (
        f'it cannot be told whether the product works: from region "{region}" the control target did not answer '
        f"either ({probe.told})"
    )
    said = run.failure.claim if run.failure else run.reason or "the run failed"
    failure = _not_the_products(run.failure, fault, reason)
    return replace(
        run,
        verdict=Verdict.BROKEN,
        fault=fault,
        reason=reason,
        failure=failure and replace(failure, claim=reason),  # people read the claim first
        steps=tuple(_broken_step(step, fault, reason) for step in run.steps),
        notes=(*run.notes, f"before the control target was asked, the run was failed: {said}"),
    )


def _broken_step(step: StepResult, fault: Fault, reason: str) -> StepResult:
    failed = step.verdict is Verdict.FAILED
    return replace(
        step,
        verdict=Verdict.BROKEN if failed else step.verdict,
        failure=_not_the_products(step.failure, fault, reason),
        steps=tuple(_broken_step(inner, fault, reason) for inner in step.steps),
    )


def _not_the_products(failure: Failure | None, fault: Fault, reason: str) -> Failure | None:
    if failure is None or failure.fault is not Fault.PRODUCT:
        return failure
    return replace(failure, fault=fault, reason=reason)


def _nobody(_what: str, _why: str | None) -> None:
    """Nobody listens."""
