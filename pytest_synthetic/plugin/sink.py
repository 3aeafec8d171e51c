"""What becomes of the records: the one place, in the controlling process, that every run passes once."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

from pytest_synthetic.core import unrun
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.errors import ConfigError, UsageError
from pytest_synthetic.model.run import RunResult
from pytest_synthetic.model.verdict import Verdict
from pytest_synthetic.plugin import blocking, evidence, films, flight, history
from pytest_synthetic.reports.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_synthetic.plugin.job import JobRoom
    from pytest_synthetic.plugin.session import Session
    from pytest_synthetic.reports.receivers import Receivers

_SHOWN = {
    Verdict.DEGRADED: ("D", ("DEGRADED", {"yellow": True})),
    Verdict.BROKEN: ("B", ("BROKEN", {"red": True})),
    Verdict.BLOCKED: ("b", ("BLOCKED", {"yellow": True})),
}


class Sink:
    """Takes each record once and hands it to the console, the JSONL file, Allure, the metrics and the users' hook."""

    def __init__(self, session: Session) -> None:
        """Open what will be written to.

        Raises pytest.UsageError for a JSONL path that cannot be written, and for metrics whose package is missing.
        """
        self.session = session
        self.config = session.config
        self.console = Console(region_given=bool(session.regions))
        self.complaints: list[str] = []
        self.folder: Path | None = None
        self._taken: set[str] = set()
        self._jsonl = self._open_jsonl()
        self._allure = self._allure_files()
        self._job = self._job_opened()
        # Whoever started a job delivers its records.
        self._history = None if self._job else history.begun(session, self.complaints.append)
        self._metrics = None if self._job else self._metrics_asked()

    def _open_jsonl(self) -> IO[str] | None:
        given = self.config.getoption("synthetic_jsonl")
        if not given:
            return None
        try:
            path = Path(given)
            path.parent.mkdir(parents=True, exist_ok=True)
            opened = path.open("a", encoding="utf-8")
        except OSError as error:
            raise pytest.UsageError(f"--synthetic-jsonl {given}: cannot be written: {error.strerror}") from None
        self.config.add_cleanup(opened.close)
        return opened

    def _allure_files(self) -> Any:
        folder = self.config.getoption("allure_report_dir", None)
        if not folder:
            return None
        from pytest_synthetic.reports.allure_files import AllureFiles

        return AllureFiles(Path(folder), self.session.settings.product)

    def _job_opened(self) -> JobRoom | None:
        if self.session.job:
            try:
                self.session.job.open()
            except UsageError as error:
                raise pytest.UsageError(str(error)) from None
        return self.session.job

    def _metrics_asked(self) -> Receivers | None:
        from pytest_synthetic.plugin import metrics

        try:
            return metrics.opened(self.session, self.complaints.append)
        except ConfigError as error:
            raise pytest.UsageError(str(error)) from None

    @property
    def has_runs(self) -> bool:
        """Whether a journey ran, or was stopped before it could."""
        return bool(self._taken)

    # -- records in ----------------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the record off the report that carries it; write that of a run whose worker died."""
        record = report.__dict__.pop("synthetic", None)
        if record is not None:
            self.take(record)
        elif str(report.when) == "???":
            self._crashed(report)

    def take(self, record: dict[str, Any]) -> None:
        """Deliver one record, once; its `run` is JSON when it comes from a worker."""
        self.complaints += record["complaints"]
        told = record["run"]
        run = told if isinstance(told, RunResult) else RunResult.from_json(told)
        if run.run_id not in self._taken:
            self._taken.add(run.run_id)
            self.session.redaction.harmless |= films.kept_in(run)
            self._deliver(run)

    def _deliver(self, run: RunResult) -> None:
        if self._job:
            self._guarded(self._job.run_finished, run)
        self.console.run_finished(run)
        if self._jsonl:
            self._guarded(self._write_line, run)
        if self._allure:
            self._guarded(self._allure.run_finished, run)
        if self._history:
            self._guarded(self._history.run_finished, run)
        if self._metrics:
            self._metrics.run_finished(run)
        self._guarded(lambda: self.config.hook.pytest_synthetic_run_finished(run=run, config=self.config))

    def _write_line(self, run: RunResult) -> None:
        if self._jsonl:
            self._jsonl.write(json.dumps(run.to_json(), separators=(",", ":")) + "\n")
            self._jsonl.flush()

    def _guarded(self, call: Callable[..., object], *facts: Any) -> None:
        try:
            call(*facts)
        except Exception as error:  # noqa: BLE001  a listener changes no verdict, whatever it does
            name = getattr(call, "__qualname__", "a hook")
            self.complaints.append(f"{name} failed: {type(error).__name__}: {one_line(str(error), 200)}")

    # -- xdist ---------------------------------------------------------------------------------------------------

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker the session it belongs to."""
        if self.folder is None:
            self.folder = Path(tempfile.mkdtemp(prefix="pytest-synthetic-"))
        node.workerinput["synthetic"] = {
            "session_id": self.session.id,
            "dist": self.config.getoption("dist", "no"),
            "folder": str(self.folder),
        }

    def _crashed(self, report: pytest.TestReport) -> None:
        node = getattr(report, "node", None)
        worker = node.gateway.id if node else None
        if self.folder and worker:
            note = flight.read(self.folder).get(worker)
            if note and note.nodeid == self.session.redactor.text(report.nodeid):
                self._lost(note, f"worker {worker} died during the run")

    def _lost(self, run: RunResult, reason: str) -> None:
        """Deliver the record of a run that could not finish."""
        if run.run_id in self._taken:
            return
        self._taken.add(run.run_id)
        if self.folder:
            blocking.tell(self.folder, run.journey, run.region, Verdict.BROKEN)
        lost = run if run.verdict is Verdict.BROKEN else unrun.interrupted(run, reason)
        if self._allure:
            self._guarded(self._allure.lost, lost)
        self._deliver(lost)

    def pytest_sessionfinish(self) -> None:
        """Deliver what workers left unfinished, and close."""
        if self.folder:
            for worker, note in flight.read(self.folder).items():
                self._lost(note, f"the session was stopped while worker {worker} ran this journey")
            shutil.rmtree(self.folder, ignore_errors=True)
        if self._allure:
            self._guarded(self._allure.close)
        if self._job:
            self._guarded(self._job.close)
        if self._history:
            self._guarded(self._history.close)
        if self._metrics:
            self._metrics.close()
        if self._taken:
            self._guarded(evidence.prune, self.session)

    # -- what people see -----------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, object] | None:
        """Show DEGRADED, BROKEN and BLOCKED by name; pytest's own counts stay as they are."""
        verdict = getattr(report, "synthetic_verdict", None)
        if verdict not in _SHOWN or str(report.outcome) == "rerun":
            return None
        letter, word = _SHOWN[Verdict(verdict)]
        if report.failed:
            return ("failed" if report.when == "call" else "error"), letter, word
        if report.when == "call" and verdict == Verdict.DEGRADED:
            return "passed", letter, word
        if report.skipped and verdict == Verdict.BLOCKED:
            return "skipped", letter, word
        return None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write one line a journey and region."""
        if not self.console.lines and not self.complaints:
            return
        terminalreporter.write_sep("=", "journeys")
        width = max(60, min(terminalreporter._tw.fullwidth, 120))  # noqa: SLF001  pytest gives no other way
        for line, markup in self.console.summary(width):
            terminalreporter.write_line(line, **markup)
        for told in dict.fromkeys(self.complaints):
            terminalreporter.write_line(f"note: {told}", yellow=True)
