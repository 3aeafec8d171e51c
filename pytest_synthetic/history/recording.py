"""Keeps every record that it is given: in the history, else in the file beside it, else here until that can be done.

It works for a session of minutes and for a scheduler of months. A history that cannot be written is tried again, not
with each run: one that is silent costs seconds to try. When it is back, what waits goes in first.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.errors import HistoryDamaged, HistoryRefused, HistoryUnavailable
from pytest_synthetic.history import opening

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.model.run import RunResult

PAUSES = (1.0, 2.0, 5.0)
"""Seconds until what failed is tried again: the last of them again and again."""
MOST_UNKEPT = 10_000
"""Records that are held here when not even the file can be written; of more, the oldest are lost."""
ADVICE = "Give this user room and the right to write there"
TOO_LATE = "the history holds that day as a whole already, so that it takes no run of it any more"


class Recording:
    """Records runs at one address, which is opened with the first of them.

    Threads may share it: one at a time writes, and the others wait for it, some 10 seconds at most at a database that
    is locked, 5 at a server that is silent. So a thread that must not wait hands its runs to one that may. Nothing is
    raised for a run: `say` hears, once an outage, why records wait, and of each record that cannot be kept.
    """

    def __init__(  # noqa: PLR0913  where, and for a short or a long life
        self,
        url: str,
        folder: Path,
        say: Callable[[str], object],
        *,
        pauses: Sequence[float] = PAUSES,
        advice: str = ADVICE,
        clock: Clock | None = None,
    ) -> None:
        """`folder` is where records wait for a server. Without `pauses` nothing is tried again before `close`.

        `advice` says what to do when records are lost.
        """
        self._url = url
        self._folder = folder
        self._say = say
        self._waiting = opening.waiting_of(url, folder)
        self._store: SqlHistory | None = None
        self._database = Tries(pauses, clock or SystemClock())
        self._file = Tries(pauses, clock or SystemClock())
        self._unkept: list[RunResult] = []
        self._lost = 0
        self._why_not = ""
        self._advice = advice
        self._guard = threading.RLock()

    @property
    def is_away(self) -> bool:
        """Whether records wait: the history could not be written when that was tried last."""
        return self._database.failed > 0

    def record(self, runs: Sequence[RunResult]) -> bool:
        """Keep runs, many in one transaction. False while some are held in memory alone: these die with the process.

        To record a run again changes nothing.
        """
        with self._guard:
            if not self._is_recorded(runs):
                self._wait(runs)
            return not self._unkept

    def tend(self) -> None:
        """Try once more what failed, if its pause is over: to be called while no run ends."""
        with self._guard:
            if self._database.failed or self._unkept:
                self.record(())

    def mend(self, error: HistoryDamaged) -> None:
        """Put a file aside that somebody else found damaged, or gone. Raises nothing."""
        with self._guard, suppress(HistoryUnavailable):
            self._let_go()
            opening.put_aside(self._url, error, self._say)

    def close(self) -> None:
        """Let go of the database, and try once more to keep what could not be kept. Says what is lost."""
        with self._guard:
            self._let_go()
            self._file.again()
            self._wait(())
            if lost := self._lost + len(self._unkept):
                self._say(f"{lost} records are LOST: {self._why_not}. {self._advice}")

    # -- the database ------------------------------------------------------------------------------------------------

    def _is_recorded(self, runs: Sequence[RunResult]) -> bool:
        if not self._database.are_due:
            return False
        try:
            self._write([*self._unkept, *runs])
        except HistoryUnavailable as error:
            self._let_go()  # when it is back, it is opened anew, and takes what waits
            if not self._database.failed:
                self._say(f"the history cannot be written: {error}. The records wait in {self._waiting.path}")
            self._database.fail()
            return False
        self._database.again()
        self._file.again()
        self._unkept.clear()
        return True

    def _write(self, runs: Sequence[RunResult]) -> None:
        try:
            new = self._opened().record(runs, refuse=self._refused)
        except HistoryDamaged as error:
            self._let_go()
            opening.put_aside(self._url, error, self._say)
            new = self._opened().record(runs, refuse=self._refused)
        if new < len(runs):
            for run in self._opened().came_too_late(runs):
                self._set_aside(run, f"{TOO_LATE} ({run.started_at} by this machine's clock): the record")

    def _refused(self, run: RunResult, why: HistoryRefused) -> None:
        self._set_aside(run, f"{why}. Please report it; the record")

    def _set_aside(self, run: RunResult, why: str) -> None:
        told = f"{why} of {one_line(run.name, 60)!r} is"
        try:
            self._waiting.set_aside(run)
        except OSError as error:
            self._say(f"{told} LOST: {self._waiting.damaged} cannot be written: {error.strerror or error}")
        else:
            self._say(f"{told} kept in {self._waiting.damaged}")

    def _opened(self) -> SqlHistory:
        if self._store is None:
            self._store = opening.ready(self._url, self._folder, self._say)
        return self._store

    def _let_go(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    # -- the file, and the memory ------------------------------------------------------------------------------------

    def _wait(self, runs: Sequence[RunResult]) -> None:
        self._unkept += runs
        if not self._unkept or not self._file.are_due:
            return self._drop()
        try:
            self._waiting.add(self._unkept)
        except OSError as error:
            self._why_not = f"{self._waiting.path} cannot be written either: {error.strerror or error}"
            self._file.fail()
            return self._drop()
        self._file.again()
        self._unkept.clear()
        return None

    def _drop(self) -> None:
        """Let go of the oldest records that are held here, when they are too many."""
        if (more := len(self._unkept) - MOST_UNKEPT) > 0:
            if not self._lost:
                self._say(f"records are being LOST: {self._why_not}. {self._advice}")
            self._lost += more
            del self._unkept[:more]


class Tries:
    """When something that failed is tried again."""

    def __init__(self, pauses: Sequence[float], clock: Clock) -> None:
        self.failed = 0
        self._pauses = tuple(pauses)
        self._clock = clock
        self._next = 0.0

    @property
    def are_due(self) -> bool:
        """Whether it is to be tried now."""
        return not self.failed or bool(self._pauses and self._clock.monotonic() >= self._next)

    def fail(self) -> None:
        """It failed once more."""
        if self._pauses:
            self._next = self._clock.monotonic() + self._pauses[min(self.failed, len(self._pauses) - 1)]
        self.failed += 1

    def again(self) -> None:
        """It worked, or is to be tried whatever was before."""
        self.failed = 0
