"""`--synthetic-gate`: the session's runs are judged by the targets of their journeys, once the history is written."""

from __future__ import annotations

import textwrap
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.config.history import home_of
from pytest_synthetic.errors import HistoryUnavailable

if TYPE_CHECKING:
    from pytest_synthetic.analysis.gate import GateDecision
    from pytest_synthetic.history.answers_gate import Release
    from pytest_synthetic.history.excluding import Exclusion
    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.model.run import RunResult
    from pytest_synthetic.model.sla import Slo
    from pytest_synthetic.plugin.session import Session

JUDGED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
"""Of a session that ended otherwise, pytest's own exit code says more."""
WORDS = {
    "pass": ("PASS", {"green": True}),
    "block": ("BLOCK, exit code 3", {"red": True}),
    "unknown": ("NOT ENOUGH DATA, exit code 4", {"yellow": True}),
}


class Gate:
    """Hears of every run in the controlling process, and decides when all are written."""

    def __init__(self, session: Session) -> None:
        """Raises pytest.UsageError without a history."""
        if session.settings.history is None:
            where = session.settings.source or "synthetic.toml"
            raise pytest.UsageError(f"--synthetic-gate needs a history: write a table [history] in {where}")
        self._session = session
        self._allow_unknown: bool = session.config.getoption("gate_allow_unknown")
        self._targets: dict[str, Slo] = {}
        self._ended: list[RunResult] = []
        self._notes: list[str] = []
        self._decision: GateDecision | None = None

    def pytest_synthetic_run_finished(self, run: RunResult) -> None:
        """Count a first attempt; what customers meet is not tried again."""
        if run.slo:
            self._targets[run.journey] = run.slo
        if run.attempt == 1:
            self._ended.append(run)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Decide, and let pytest end with the exit code of the gate unless the release may go out."""
        if session.exitstatus in JUDGED:
            self._decision = self._decided()
            session.exitstatus = self._decision.exit_code or session.exitstatus

    def _decided(self) -> GateDecision:
        from pytest_synthetic.history import answers_gate
        from pytest_synthetic.history.excluding import exclusion

        try:
            with closing(self._opened()) as history:
                maintenance = exclusion(self._session.settings, self._session.config.rootpath, history)
                self._notes += maintenance.notes()
                told = answers_gate.judged(
                    history,
                    self._targets,
                    self._release(history, maintenance),
                    self._session.began,
                    maintenance=maintenance,
                    allow_unknown=self._allow_unknown,
                )
                self._notes += filter(None, [history.verdicts.complaint])
                return told.decision
        except HistoryUnavailable as error:
            why = f"the history cannot be read: {error}"
            return answers_gate.doubted(None, why, allow_unknown=self._allow_unknown)

    def _opened(self) -> SqlHistory:
        from pytest_synthetic.history import opening

        url, folder = home_of(self._session.settings, self._session.config.rootpath)
        return opening.ready(url, folder, self._notes.append)

    def _release(self, history: SqlHistory, maintenance: Exclusion) -> Release:
        """The session, with the runs that the history has of the same release from before."""
        from pytest_synthetic.history import answers_gate

        ended = (answers_gate.Ended(run.journey, run.region, run.started_at, run.verdict.value) for run in self._ended)
        own, away = answers_gate.count(ended, maintenance)
        if self._session.release:
            before = answers_gate.of_release(history, self._session.release, maintenance)
            return replace(before, own=own, own_away=away)
        return answers_gate.Release(called="this session", own=own, own_away=away)

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was decided, and why."""
        terminalreporter.write_sep("=", "gate")
        if self._decision is None:
            terminalreporter.write_line("The gate did not judge: pytest did not end by itself.", yellow=True)
            return
        word, markup = WORDS[self._decision.outcome]
        terminalreporter.write_line(word, **markup)
        width = max(60, min(terminalreporter._tw.fullwidth, 120))  # noqa: SLF001  pytest gives no other way
        for text in (*(reason.text for reason in self._decision.reasons), *self._notes):
            for line in textwrap.wrap(text, width - 2, break_on_hyphens=False):
                terminalreporter.write_line(f"  {line}")
