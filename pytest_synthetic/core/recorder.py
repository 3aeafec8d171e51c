"""The heart: steps, measurements and failures of one run, gathered into its record."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_synthetic.core import failures, judge
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.errors import JourneyError, SyntheticError
from pytest_synthetic.model.run import Measurement, StepResult, walk
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pytest_synthetic.core.ledger import RunLedger
    from pytest_synthetic.core.ports import ArtifactWriter, Classifier, Clock
    from pytest_synthetic.model.evidence import Artifact
    from pytest_synthetic.model.journey import JourneySpec
    from pytest_synthetic.model.run import Failure
    from pytest_synthetic.model.sla import Breach

log = logging.getLogger("pytest_synthetic")


@dataclass(slots=True, kw_only=True, eq=False)
class OpenStep:
    """A step under way."""

    name: str
    occurrence: int
    path: str
    started: float
    sla: float | None
    owner: str | None
    depends_on: tuple[str, ...]
    soft: bool
    done: list[StepResult] = field(default_factory=list)


class Recorder:
    """Gathers one attempt at one journey. Used by one thread; never raises for what a listener does."""

    def __init__(  # noqa: PLR0913  all that a run needs, by name
        self,
        *,
        spec: JourneySpec,
        run_id: str,
        clock: Clock,
        root: Path,
        classifiers: Sequence[Classifier] = (),
        listeners: Sequence[object] = (),
        keep: ArtifactWriter | None = None,
        ledger: RunLedger | None = None,
        soft_errors: tuple[type[BaseException], ...] = (Exception,),
        skip_errors: tuple[type[BaseException], ...] = (),
    ) -> None:
        """`soft_errors` are what a soft step swallows, `skip_errors` end a run without a failure.

        `keep` writes what `attach` is given, `ledger` what the run creates in the product.
        """
        self.spec = spec
        self.run_id = run_id
        self.clock = clock
        self.listeners = list(listeners)
        self.soft_errors = soft_errors
        self.skip_errors = skip_errors
        self.phase = "setup"
        self.started_at = clock.now()
        self.body_duration: float | None = None
        self.durations: dict[str, float] = {}
        self.failures: list[Failure] = []
        self.raised_softly: list[BaseException] = []
        self.measurements: list[Measurement] = []
        self.artifacts: list[Artifact] = []
        self.breaches: tuple[Breach, ...] = ()
        self.complaints: list[str] = []
        self._broken_promises: list[Breach] = []
        self.before_judging: list[Callable[[], None]] = []
        self.contradictors: list[Callable[[], BaseException | None]] = []
        self.notes: list[str] = []
        self._root = root
        self._classifiers = classifiers
        self._keep = keep
        self._ledger = ledger
        self.last_step: str | None = None
        self._own = 0.0
        self._zero = self.elapsed()
        self._thread = threading.get_ident()
        self._open: list[OpenStep] = []
        self._steps: list[StepResult] = []
        self._occurrences: dict[str, int] = {}
        self._unentered: list[OpenStep] = []
        self._misuse: list[str] = []

    # -- time ----------------------------------------------------------------------------------------------------

    def elapsed(self) -> float:
        """Seconds on the journey's own clock, which stands still during `own_time`."""
        return self.clock.monotonic() - self._own

    @contextmanager
    def own_time(self) -> Iterator[None]:
        """What the monitor waits for itself, such as a free address, is no part of a step or of the journey."""
        began = self.clock.monotonic()
        try:
            yield
        finally:
            self._own += self.clock.monotonic() - began

    # -- steps ---------------------------------------------------------------------------------------------------

    @property
    def steps(self) -> tuple[StepResult, ...]:
        """The steps that have ended, as a tree."""
        return tuple(self._steps)

    @property
    def current_step(self) -> str | None:
        """The path of the innermost step under way, such as `"checkout > pay"`."""
        return self._open[-1].path if self._open else None

    def announce(self, step: OpenStep) -> None:
        """A step object was made; it must be entered."""
        self._unentered.append(step)

    def open_step(self, step: OpenStep) -> None:
        """Begin a step. Raises JourneyError when another thread than the run's asks for it."""
        if step in self._unentered:
            self._unentered.remove(step)
        if threading.get_ident() != self._thread:
            told = (
                f'step "{step.name}" was opened in another thread; the steps of a journey belong to the thread of its '
                "test: time the work there and call journey.measure() in the test"
            )
            self._misuse.append(told)
            raise JourneyError(told)
        step.path = f"{self._open[-1].path} > {step.name}" if self._open else step.name
        self._occurrences[step.path] = step.occurrence = self._occurrences.get(step.path, 0) + 1
        step.done, step.started = [], self.elapsed()
        self._open.append(step)
        self.tell("step_started", step.name)
        step.started = self.elapsed()  # what listeners took is not the customer's time

    def close_step(self, step: OpenStep, error: BaseException | None) -> bool:
        """End a step; true when its failure was swallowed because it is soft."""
        if step not in self._open:
            return False
        while self._open[-1] is not step:
            self._left_open(self._open[-1])
        skipped = isinstance(error, self.skip_errors)
        failure = None
        if error is None:
            failure = self._contradicted()
        elif not skipped:
            failure = next((self.describe(leaf) for leaf in failures.leaves(error)), None)
        soft = step.soft and not skipped and isinstance(error, self.soft_errors)
        self._end(step, failure, skipped=skipped)
        if soft and failure and error is not None:
            self.failures.append(failure)
            self.raised_softly.append(error)
        return soft

    def _contradicted(self) -> Failure | None:
        """What fails the step under way though its code went well; who says so raises it when the run is weighed."""
        with self.own_time():
            said = [error for contradict in self.contradictors if (error := contradict())]
        return self.describe(said[0]) if said else None

    def _end(self, step: OpenStep, failure: Failure | None, *, skipped: bool = False) -> None:
        duration = self.elapsed() - step.started
        self._open.remove(step)
        if not step.done:
            self.last_step = step.path
        result = StepResult(
            name=step.name,
            occurrence=step.occurrence,
            start=step.started - self._zero,
            duration=duration,
            verdict=Verdict.SKIPPED if skipped else judge.verdict_of_step(failure, duration, step.sla),
            sla=step.sla,
            owner=step.owner,
            depends_on=step.depends_on,
            soft=step.soft,
            failure=failure,
            steps=tuple(step.done),
        )
        (self._open[-1].done if self._open else self._steps).append(result)
        self.tell("step_finished", step.name, failure)

    def _left_open(self, step: OpenStep) -> None:
        self._misuse.append(f'step "{step.path}" was left open: write `with journey.step(...):`')
        self._end(step, None)

    # -- what a run is made of -----------------------------------------------------------------------------------

    def measure(self, name: str, value: float, unit: str, **labels: str) -> None:
        """Take a measurement, in the step under way."""
        self.measure_in(self.current_step, name, value, unit, **labels)

    def measure_in(self, step: str | None, name: str, value: float, unit: str, **labels: str) -> None:
        """Take a measurement that belongs to the step with the path `step`."""
        self.measurements.append(Measurement(name=name, value=float(value), unit=unit, step=step, labels=labels))

    @property
    def ledger(self) -> RunLedger:
        """Where the run notes what it creates. Raises JourneyError where nothing keeps it."""
        if self._ledger is None:
            raise JourneyError("no ledger is kept here: journey.created belongs into a journey that pytest runs")
        return self._ledger

    @property
    def failed_step(self) -> str | None:
        """The path of the step that failed last."""
        return self.failures[-1].step if self.failures else None

    def promise_broken(self, told: Breach) -> None:
        """Note a promise that was seen broken as the run went; the others are judged at its end."""
        self._broken_promises.append(told)

    def attach(self, name: str, data: bytes, media_type: str, *, step: str | None = None) -> bool:
        """Keep a file, under `step` or the step under way; say whether it could be written: it changes no verdict."""
        if self._keep is None:
            return False
        try:
            self.listed(self._keep(name, data, media_type, step or self.current_step))
        except (OSError, SyntheticError) as error:
            self.complaints.append(f"attachment {one_line(name, 60)!r} could not be kept: {error}")
            return False
        return True

    def listed(self, artifact: Artifact) -> None:
        """List a file, or one that is missing, in the record."""
        self.artifacts.append(artifact)
        self.tell("attached", artifact)

    def fail(self, error: BaseException) -> None:
        """Note what ended a phase; an exception that a step let through is noted with that step."""
        for leaf in failures.leaves(error):
            if not any(leaf is soft for soft in self.raised_softly):
                failure = self.describe(leaf)
                self.failures.append(self._known_to_a_step(failure) or failure)

    def _known_to_a_step(self, failure: Failure) -> Failure | None:
        """The same failure as the deepest step saw it; by now the steps are closed and the path is gone."""
        for _, step in reversed(list(walk(self.steps))):
            seen = step.failure
            if seen and (seen.type, seen.message, seen.frame) == (failure.type, failure.message, failure.frame):
                return seen
        return None

    def describe(self, error: BaseException) -> Failure:
        """Read an exception, in the step under way or the `step` it names itself."""
        step = self.current_step or getattr(error, "step", None)
        return failures.describe(error, classifiers=self._classifiers, phase=self.phase, step=step, root=self._root)

    # -- the end -------------------------------------------------------------------------------------------------

    def end_of_phase(self) -> None:
        """Close the steps that were left open, and fail for how the journey was written."""
        while self._open:
            self._left_open(self._open[-1])
        for step in self._unentered:
            self._misuse.append(f'step "{step.name}" was made but never entered: write `with journey.step(...):`')
        self._unentered.clear()
        if self._misuse:
            told, self._misuse = "\n".join(self._misuse), []
            raise JourneyError(told)

    def judge_promises(self, *, expected: bool) -> None:
        """Ask everything that measures, then find the breaches if the promises are `expected` to hold.

        Raises JourneyError (see judge.breaches).
        """
        for collect in self.before_judging:
            self.guarded(collect)
        if expected and self.body_duration is not None:
            found = judge.breaches(self.spec.sla, self.body_duration, self.steps, self.measurements)
            self.breaches = (*found, *self._broken_promises)

    def judgement(self) -> judge.Judgement:
        """The verdict on all that was noted; a run that has failed is not also degraded."""
        if any(judge.verdict_of(failure) is Verdict.FAILED for failure in self.failures):
            self.breaches = ()
        return judge.judge(self.failures, self.breaches)

    def tell(self, event: str, *facts: Any) -> None:
        """Tell every listener that has a method of the event's name."""
        for listener in self.listeners:
            if hear := getattr(listener, event, None):
                self.guarded(hear, *facts)

    def guarded(self, call: Callable[..., object], *facts: Any) -> None:
        """Call what must not change the verdict; a failure is a complaint, shown in the summary."""
        try:
            call(*facts)
        except Exception as error:  # noqa: BLE001  a listener may fail in any way
            told = f"{getattr(call, '__qualname__', call)} failed: {type(error).__name__}: {one_line(str(error), 200)}"
            self.complaints.append(told)
            log.warning(told)
