"""One attempt at one journey: from its set-up to the record."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic.channels import browser_faults, network_faults, page_claims
from pytest_synthetic.core.judge import Judgement
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.core.recorder import Recorder
from pytest_synthetic.model.region import DESKTOP
from pytest_synthetic.model.run import RunResult
from pytest_synthetic.model.verdict import Fault, Verdict
from pytest_synthetic.plugin import outcomes
from pytest_synthetic.plugin.created import CreatedByRun
from pytest_synthetic.plugin.evidence import Evidence, root_of
from pytest_synthetic.plugin.learning import Learning
from pytest_synthetic.plugin.markers import SPEC
from pytest_synthetic.plugin.redaction import redacted
from pytest_synthetic.plugin.session import BROWSER_FIXTURES
from pytest_synthetic.reports.artifacts import ArtifactFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_synthetic.core.ports import Classifier
    from pytest_synthetic.plugin.last_good import Compared
    from pytest_synthetic.plugin.session import Session

ATTEMPT = pytest.StashKey["Attempt"]()
OWN_PARAMETERS = frozenset({"synthetic_region", "synthetic_device", "browser_name"})
TOOL_VERSION = version("pytest-synthetic")
CLASSIFIERS: tuple[Classifier, ...] = (
    page_claims.classify,
    browser_faults.classify,
    network_faults.classify,
    outcomes.classify,
)


class Attempt:
    """What pytest's hooks tell of one attempt, and the record it becomes."""

    def __init__(self, item: pytest.Item, session: Session) -> None:
        """Begin an attempt; its clock starts now."""
        self.item = item
        self.session = session
        self.spec = item.stash[SPEC]
        self.region = session.region(item)
        self.number = getattr(item, "execution_count", 1)  # pytest-rerunfailures counts from 1
        if session.job:
            self.number = session.job.attempt(self.number)
        self.params: dict[str, Any] = item.callspec.params if hasattr(item, "callspec") else {}
        self.browser: str | None = None
        self.browser_version: str | None = None
        self.in_body = False
        self.on_failure: list[Callable[[], None]] = []
        self.weighing: list[Callable[[BaseException | None], BaseException | None]] = []
        self.compared: Compared | None = None
        self.stopped: Judgement | None = None
        self.last_report: pytest.TestReport | None = None
        run_id = uuid.uuid4().hex
        began = session.clock.now()
        folder = root_of(session) / f"{began:%Y%m%d-%H%M%S}-{run_id[:8]}"
        started_in = session.config.invocation_params.dir
        files = ArtifactFolder(folder, started_in=started_in, redact=session.redaction.checked)
        self.created = CreatedByRun(session, item, run_id=run_id, spec=self.spec, region=self.region)
        self.recorder = Recorder(
            spec=self.spec,
            run_id=run_id,
            clock=session.clock,
            root=session.config.rootpath,
            classifiers=(session.lent_browser.suspect, *CLASSIFIERS) if session.lent_browser else CLASSIFIERS,
            keep=lambda name, *file: files.keep(session.redactor.text(name), *file),
            ledger=self.created,
            soft_errors=outcomes.SOFT,
            skip_errors=outcomes.SKIPS,
        )
        self.learning = Learning(session.redactor)
        self.recorder.listeners.append(self.learning)
        self.recorder.before_judging.append(self.learning.collect)
        self.on_failure.append(self.learning.collect)
        self.evidence = Evidence(session, self.recorder, self.number, self.learning)

    @property
    def device(self) -> str | None:
        """The device emulated; None for a journey that drives no browser."""
        if not BROWSER_FIXTURES & set(getattr(self.item, "fixturenames", ())):
            return None
        return self.params.get("synthetic_device") or self.item.config.getoption("device", None) or DESKTOP

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time a phase and note what it raises."""
        self.recorder.phase = name
        started = self.recorder.elapsed()
        try:
            yield
        except outcomes.SKIPS as skip:
            if self.stopped is None and name != "teardown":
                self.stopped = Judgement(verdict=Verdict.SKIPPED, reason=one_line(str(skip), 300))
            raise
        except BaseException as error:
            self.recorder.fail(error)
            if not isinstance(error, outcomes.STOPS):
                for explain in self.on_failure if name != "teardown" else ():
                    self.recorder.guarded(explain)
                self.recorder.guarded(self.evidence.gather)
                if self.compared:
                    self.recorder.guarded(self.compared.explain)
            raise
        finally:
            self.recorder.durations[name] = self.recorder.elapsed() - started

    @contextmanager
    def body(self) -> Iterator[None]:
        """The journey's own clock: the test function, without fixtures."""
        started = self.recorder.elapsed()
        self.in_body = True
        try:
            yield
        finally:
            self.in_body = False
            self.recorder.body_duration = self.recorder.elapsed() - started

    def verdict(self) -> Judgement:
        """What the attempt says, as far as it has come."""
        judged = self.recorder.judgement()
        if self.stopped and (judged.failure is None or self.stopped.failure):
            return self.stopped
        if judged.failure is None and self.recorder.body_duration is None:
            reason = "set up only: the test's body never ran"
            return Judgement(verdict=Verdict.SKIPPED, reason=reason)
        return judged

    def xfailed(self, reason: str) -> None:
        """The test was expected to fail and did: asked not to count, the failure stays in the record."""
        failure = self.recorder.judgement().failure
        told = f"expected to fail: {reason}" if reason else "expected to fail"
        self.stopped = Judgement(verdict=Verdict.SKIPPED, failure=failure, reason=one_line(told, 300))

    def unexpected(self, told: str) -> None:
        """Pytest failed the test though nothing was raised (a strict xfail that passed)."""
        self.stopped = Judgement(verdict=Verdict.BROKEN, fault=Fault.TEST, reason=one_line(told, 300))

    def result(self) -> RunResult:
        """The record as of now, without what is secret."""
        recorder, spec, judged = self.recorder, self.spec, self.verdict()
        run = RunResult(
            run_id=recorder.run_id,
            session_id=self.session.id,
            attempt=self.number,
            journey=spec.id,
            name=one_line(spec.name),
            stage=spec.stage,
            owner=spec.owner,
            criticality=spec.criticality,
            depends_on=spec.depends_on,
            runbook=spec.runbook,
            revenue_per_hour=spec.revenue_per_hour,
            currency=spec.currency,
            mutates=spec.mutates,
            nodeid=self.item.nodeid,
            parameters={k: one_line(str(v), 200) for k, v in self.params.items() if k not in OWN_PARAMETERS},
            region=self.region.name,
            device=self.device,
            network=spec.network,
            browser=self.browser,
            browser_version=self.browser_version,
            git_commit=self.session.git_commit,
            tool_version=TOOL_VERSION,
            worker=self.session.worker_id,
            started_at=recorder.started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            duration=recorder.body_duration,
            setup_duration=recorder.durations.get("setup"),
            teardown_duration=recorder.durations.get("teardown"),
            promised=spec.sla.total,
            verdict=judged.verdict,
            fault=judged.fault,
            reason=judged.reason,
            failure=judged.failure,
            steps=recorder.steps,
            measurements=tuple(recorder.measurements),
            breaches=recorder.breaches,
            artifacts=tuple(recorder.artifacts),
            notes=tuple(recorder.notes),
            slo=spec.slo,
            schedule=spec.schedule,
            release=self.session.release,
            blocked_by=judged.blocked_by,
        )
        told = self.session.job.told(run) if self.session.job else run
        return redacted(told, self.session.redactor)
