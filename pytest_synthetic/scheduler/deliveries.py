"""Who hears of a run that has its record: the history, the metrics, the monitor's own health, and people."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from pytest_synthetic.core import unrun
from pytest_synthetic.scheduler.pulse import OVERLAP

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_synthetic.errors import HistoryDamaged
    from pytest_synthetic.history.recording import Recording
    from pytest_synthetic.model.plan import Missed
    from pytest_synthetic.model.run import RunResult
    from pytest_synthetic.reports.receivers import Rounds
    from pytest_synthetic.scheduler.board import Board
    from pytest_synthetic.scheduler.pulse import Pulse

FEW = 10
"""Missed ticks that are told one by one."""
APART = 15.0
"""Seconds from one round of figures to the next: a file for Prometheus is written anew in each, as a whole."""
NEWS = timedelta(minutes=10)
"""What was missed before is no news for metrics: it goes into the history alone."""


class Deliveries:
    """Tells all of them. Raises nothing: what the history cannot take waits beside it."""

    def __init__(
        self,
        recording: Recording,
        rounds: Rounds | None,
        pulse: Pulse,
        board: Board,
        alert: Callable[[], object] | None = None,
    ) -> None:
        """`rounds` are told from a thread of their own: a collector that is silent must hold up nothing.

        `alert` is called when the history has something new that alerts may be of.
        """
        self._recording = recording
        self._pulse = pulse
        self._board = board
        self._figures = Figures(rounds) if rounds else None
        self._alert = alert or _nobody

    def ran(self, runs: Sequence[RunResult]) -> bool:
        """Runs that have their records, wherever these were written. False while some are held in memory alone."""
        kept = self._recording.record(runs)
        for run in runs:
            self._pulse.ran(run, _late(run))
            self.told(run)
        self._alert()
        return kept

    def kept(self) -> bool:
        """Try again what could not be written; whether nothing is held in memory alone any more."""
        return self._recording.record(())

    def tend(self) -> None:
        """While nothing ends: what waits beside the history goes in as soon as that is back."""
        self._recording.tend()

    def mend(self, error: HistoryDamaged) -> None:
        """The file of the history is damaged, or gone: put it aside, so that a new one is begun."""
        self._recording.mend(error)

    def given_up(self, ticks: Sequence[Missed]) -> None:
        """Ticks that were claimed, and are missed now: their records are made here."""
        self._recording.record([unrun.missed(each.plan, each.at, each.reason) for each in ticks])
        self.missed(ticks, None, kind="other")

    def missed(self, ticks: Sequence[Missed], now: datetime | None, *, kind: str = "late") -> None:
        """Ticks that were missed, of which the history has the records already. Without `now`, all of them are news."""
        for each in ticks:
            journey, region = each.plan.key
            self._pulse.missed(journey, region, each.reason, kind=OVERLAP if each.overlap else kind)
            if now is None or now - each.at < NEWS:
                self.told(unrun.missed(each.plan, each.at, each.reason), aloud=len(ticks) <= FEW)
        if len(ticks) > FEW:
            self._board.note(_in_short(ticks))
        self._alert()

    def told(self, run: RunResult, *, aloud: bool = True) -> None:
        """A record that is in the history already: that of a tick that was missed. `aloud`: people hear of it alone."""
        if self._figures:
            self._figures.add(run)
        self._board.ran(run, aloud=aloud)

    def close(self) -> None:
        """Send what is left."""
        if self._figures:
            self._figures.close()
        self._recording.close()


class Figures:
    """Hands runs to the receivers, all that came meanwhile together."""

    def __init__(self, rounds: Rounds) -> None:
        self._rounds = rounds
        self._runs: SimpleQueue[RunResult | None] = SimpleQueue()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="synthetic-metrics", daemon=True)
        self._thread.start()

    def add(self, run: RunResult) -> None:
        """One more."""
        self._runs.put(run)

    def close(self) -> None:
        """Wait until all are told: each round ends in its own time."""
        self._runs.put(None)
        self._over.set()
        self._thread.join()

    def _work(self) -> None:
        going_on = True
        while going_on:
            batch = [self._runs.get()]
            try:
                while batch[-1] is not None:
                    batch.append(self._runs.get_nowait())
            except Empty:
                pass
            going_on = batch[-1] is not None
            self._rounds.deliver([run for run in batch if run])
            self._over.wait(APART)


def _nobody() -> None:
    """Nobody is to be told."""


def _late(run: RunResult) -> float | None:
    """Seconds from its tick to its start; None for what no tick asked for, for a repeat, and where nobody saw it."""
    if run.scheduled_at is None or run.attempt > 1 or unrun.stands_in(run):
        return None
    return (datetime.fromisoformat(run.started_at) - datetime.fromisoformat(run.scheduled_at)).total_seconds()


def _in_short(missed: Sequence[Missed]) -> str:
    journeys = {each.plan.spec.name for each in missed}
    whose = next(iter(journeys)) if len(journeys) == 1 else f"{len(journeys)} journeys"
    first, last = (f"{moment:%Y-%m-%d %H:%M:%S}" for moment in (missed[0].at, missed[-1].at))
    why = missed[0].reason.partition(": ")[2] or missed[0].reason
    return f"{len(missed)} ticks of {whose} were missed, {first} to {last} UTC: {why}"
