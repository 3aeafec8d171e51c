"""Who hears of a run that has its record: the history, the metrics, the monitor's own health, and people."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_synthetic.history.recording import Recording
    from pytest_synthetic.model.run import RunResult
    from pytest_synthetic.reports.receivers import Receivers
    from pytest_synthetic.scheduler.board import Board
    from pytest_synthetic.scheduler.pulse import Pulse


class Deliveries:
    """Tells all of them. Raises nothing: what the history cannot take waits beside it."""

    def __init__(self, recording: Recording, receivers: Receivers | None, pulse: Pulse, board: Board) -> None:
        self._recording = recording
        self._receivers = receivers
        self._pulse = pulse
        self._board = board

    def ran(self, runs: Sequence[RunResult]) -> bool:
        """Runs that have their records, wherever these were written. False while some are held in memory alone."""
        kept = self._recording.record(runs)
        for run in runs:
            if run.verdict is not Verdict.MISSED:
                self._pulse.ran(run, _late(run))
            self.told(run)
        return kept

    def kept(self) -> bool:
        """Try again what could not be written; whether nothing is held in memory alone any more."""
        return self._recording.record(())

    def told(self, run: RunResult) -> None:
        """A record that is in the history already: that of a tick that was missed."""
        if self._receivers:
            self._receivers.run_finished(run)
        self._board.ran(run)

    def close(self) -> None:
        """Send what is left."""
        if self._receivers:
            self._receivers.close()
        self._recording.close()


def _late(run: RunResult) -> float | None:
    """Seconds from its tick to its start; None for a run that no tick asked for, and for a repeat."""
    if run.scheduled_at is None or run.attempt > 1:
        return None
    return (datetime.fromisoformat(run.started_at) - datetime.fromisoformat(run.scheduled_at)).total_seconds()
