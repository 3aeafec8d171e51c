"""pytest's hooks around one run. Registered only where journeys were collected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic.config.settings import SlaMode
from pytest_synthetic.core.judge import Judgement
from pytest_synthetic.errors import JourneyError
from pytest_synthetic.model.verdict import Verdict
from pytest_synthetic.plugin import last_good, outcomes, safe_reports
from pytest_synthetic.plugin.attempt import ATTEMPT, Attempt
from pytest_synthetic.plugin.blocking import Blocking
from pytest_synthetic.plugin.flight import Flight
from pytest_synthetic.plugin.job import Whereabouts
from pytest_synthetic.plugin.markers import SPEC
from pytest_synthetic.plugin.redaction import Hearing

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_synthetic.model.run import RunResult
    from pytest_synthetic.plugin.session import Session

SEEN = "__synthetic_seen__"


class Runs:
    """Records every journey of this process. Wrappers are registered last, so they stand around all others."""

    def __init__(self, session: Session) -> None:
        """`session` holds the settings and the specs."""
        self.session = session
        self.flight = Flight(session)
        self.blocking = Blocking(session)
        session.config.pluginmanager.register(self.blocking, "synthetic-blocking")
        self.allure = self._allure()

    def _allure(self) -> Any:
        if not self.session.config.pluginmanager.hasplugin("allure_listener"):
            return None
        from pytest_synthetic.reports.allure import AllureBridge

        bridge = AllureBridge(product=self.session.settings.product)
        self.session.config.add_cleanup(bridge.register())
        return bridge

    # -- one test ------------------------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """What ends the session in the middle of a run (Ctrl-C, pytest.exit) still leaves a record.

        The innermost wrapper: Allure's closes its result of the test on the way out, and must hear the verdict first.
        """
        try:
            return (yield)
        except BaseException as error:
            if attempt := item.stash.get(ATTEMPT, None):
                if not attempt.recorder.failures:
                    attempt.recorder.fail(error)
                self.flight.note(attempt.result())  # removing what the run created may take longer than is granted
                attempt.created.close(attempt.recorder.complaints)
                self._deliver(attempt)
            raise
        finally:
            if ATTEMPT in item.stash:
                del item.stash[ATTEMPT]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Begin an attempt."""
        if SPEC not in item.stash:
            return (yield)
        attempt = item.stash[ATTEMPT] = Attempt(item, self.session)
        attempt.compared = last_good.begun(attempt)
        attempt.recorder.listeners += self._listeners(item)
        self.flight.started(attempt)
        with attempt.phase("setup"):
            try:
                result = yield
            except outcomes.SKIPS:
                raise
            except Exception as error:
                self._blocked_by_fixture(attempt, error)
                raise
            attempt.recorder.end_of_phase()
            return result

    def _listeners(self, item: pytest.Item) -> list[object]:
        own = item.ihook.pytest_synthetic_listeners(item=item)
        told = [listener for some in own for listener in some]
        if self.session.job:
            told.append(Whereabouts(self.session.job))
        return [*([self.allure] if self.allure else []), *(Hearing(each, self.session.redactor) for each in told)]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Tell a job how many runs there will be."""
        if self.session.job:
            self.session.job.collected(session.items)

    def _blocked_by_fixture(self, attempt: Attempt, error: Exception) -> None:
        """A fixture shared by several journeys raises the same exception for each: it counts once."""
        first = getattr(error, SEEN, None)
        if first is None:
            setattr(error, SEEN, attempt.spec.name)
            return
        why = f'a fixture it needs has failed already, counted in journey "{first}": {type(error).__name__}'
        attempt.stopped = Judgement(verdict=Verdict.BLOCKED, reason=why)
        raise pytest.skip.Exception(f"blocked: {why}", _use_item_location=True) from error

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Judge what the body did: its exception, its soft steps, its promises."""
        attempt = item.stash.get(ATTEMPT, None)
        if attempt is None:
            return (yield)
        with attempt.phase("call"):
            result, error = None, None
            try:
                result = yield
            except BaseException as raised:  # noqa: BLE001  judged, then raised again below
                error = raised
            error = self._settled(attempt, error)
            if error is not None:
                raise error
            attempt.recorder.guarded(attempt.evidence.settled)
            return result

    def _settled(self, attempt: Attempt, error: BaseException | None) -> BaseException | None:
        """What the call phase must raise, once all that the run said is weighed."""
        if isinstance(error, (*outcomes.SKIPS, *outcomes.STOPS)):
            return error
        try:
            attempt.recorder.end_of_phase()
            error = error or _soft(attempt.recorder.raised_softly)
            for weigh in attempt.weighing:
                error = weigh(error)
            if attempt.compared and error is None:
                attempt.compared.body_ended()
            attempt.recorder.judge_promises(expected=error is None and self.session.sla is not SlaMode.OFF)
        except JourneyError as misuse:
            return error or outcomes.told(misuse)
        if error is None and attempt.recorder.breaches and self.session.sla is SlaMode.FAIL:
            return outcomes.Degraded("\n".join(breach.message for breach in attempt.recorder.breaches))
        return error

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Run the journey's clock around the test function alone."""
        attempt = pyfuncitem.stash.get(ATTEMPT, None)
        if attempt is None:
            return (yield)
        with attempt.body():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Note what the tear-down raises; what the run created is removed before the fixtures it needed are."""
        attempt = item.stash.get(ATTEMPT, None)
        if attempt is None:
            return (yield)
        with attempt.phase("teardown"):
            attempt.created.remove(attempt.recorder.complaints)
            try:
                return (yield)
            finally:
                attempt.created.close(attempt.recorder.complaints)

    # -- its reports ---------------------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put the verdict on the reports, and the record on the last of them."""
        report = yield
        attempt = item.stash.get(ATTEMPT, None)
        if attempt is None:
            return report
        if attempt.in_body:  # a subtest reports for itself, in the middle of the body
            if call.excinfo and not isinstance(call.excinfo.value, outcomes.SKIPS):
                attempt.recorder.fail(call.excinfo.value)
            return report
        self._read(attempt, report, call)
        safe_reports.clean(report)
        vars(report)["synthetic_verdict"] = attempt.verdict().verdict.value
        if report.when == "teardown":
            self._finish(attempt, report)
        else:
            attempt.last_report = report
        return report

    def _read(self, attempt: Attempt, report: pytest.TestReport, call: pytest.CallInfo[None]) -> None:
        if report.skipped and hasattr(report, "wasxfail"):
            attempt.xfailed(report.wasxfail)
        elif report.failed and call.excinfo is None and not attempt.recorder.failures:
            attempt.unexpected(str(report.longrepr))

    def _finish(self, attempt: Attempt, report: pytest.TestReport) -> None:
        run = self._told(attempt)
        # A worker's report is sent to the controller; in one process the record need not become JSON and be read again.
        told = run if self.session.worker is None else run.to_json()
        record = {"run": told, "complaints": self._complaints(attempt)}
        vars(report)["synthetic"] = record
        if attempt.last_report and hasattr(attempt.item, "execution_count"):
            # pytest-rerunfailures logs the reports of an attempt after its tear-down, and of one that is to be
            # repeated none after the failed one: the record travels on that one too. The sink takes it once.
            vars(attempt.last_report)["synthetic"] = record
        del attempt.item.stash[ATTEMPT]

    def _told(self, attempt: Attempt) -> RunResult:
        if attempt.compared:
            attempt.recorder.guarded(attempt.compared.finish)
        run = attempt.result()
        self.blocking.finished(run)
        attempt.recorder.tell("run_finished", run)
        attempt.recorder.guarded(attempt.evidence.close)
        return run

    def _complaints(self, attempt: Attempt) -> list[str]:
        return [self.session.redactor.text(told) for told in attempt.recorder.complaints]

    def _deliver(self, attempt: Attempt) -> None:
        """Hand a record over when no report will carry it. A worker's is read by the controller from its note."""
        run = self._told(attempt)
        if self.session.worker is None:
            sink = self.session.config.pluginmanager.getplugin("synthetic-sink")
            sink.take({"run": run, "complaints": self._complaints(attempt)})
        else:
            self.flight.note(run)


def _soft(errors: list[BaseException]) -> BaseException | None:
    if len(errors) < 2:
        return errors[0] if errors else None
    return BaseExceptionGroup(f"{len(errors)} soft steps failed", errors)
