"""Every run goes into the history, in the process that hears of all; one that cannot be written changes no verdict."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pytest_synthetic.config.history import home_of
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.errors import HistoryDamaged, HistoryRefused, HistoryUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.history.waiting import Waiting
    from pytest_synthetic.model.run import RunResult
    from pytest_synthetic.plugin.session import Session

TOO_LATE = "the history holds that day as a whole already, so that it takes no run of it any more"


class History:
    """Records runs; the database is opened with the first of them.

    A record goes into the database, else into the file beside it, else it stays here until the session ends.
    """

    def __init__(self, session: Session, say: Callable[[str], object]) -> None:
        """`say` hears, once, why records wait, and how many are lost when not even that is possible."""
        self._url, self._folder = home_of(session.settings, session.config.rootpath)
        self._say = say
        self._store: SqlHistory | None = None
        self._away = False
        self._unkept: list[RunResult] = []

    def run_finished(self, run: RunResult) -> None:
        """Write one run, or let it wait beside the history."""
        if not self._away:
            try:
                self._record(run)
            except HistoryRefused as error:
                self._set_aside(run, f"{error}. Please report it; the record")
            except HistoryUnavailable as error:
                self._away = True  # a server that is down costs its time-out once, not once a run
                self._say(f"the history cannot be written: {error}. The records wait in {self._waiting.path}")
            else:
                return
        if self._away:
            self._wait(run)

    def _wait(self, run: RunResult) -> None:
        if not self._unkept:
            try:
                self._waiting.add([run])
            except OSError:
                pass  # tried once more when the session ends: see close
            else:
                return
        self._unkept.append(run)

    def _set_aside(self, run: RunResult, why: str) -> None:
        self._waiting.set_aside(run)
        self._say(f"{why} of {one_line(run.name, 60)!r} is kept in {self._waiting.damaged}")

    @cached_property
    def _waiting(self) -> Waiting:
        from pytest_synthetic.history import opening

        return opening.waiting_of(self._url, self._folder)

    def _record(self, run: RunResult) -> None:
        from pytest_synthetic.history import opening

        try:
            new = self._opened().record([run])
        except HistoryDamaged as error:
            self._let_go()
            opening.put_aside(self._url, error, self._say)
            new = self._opened().record([run])
        if not new and self._opened().came_too_late(run):
            self._set_aside(run, f"{TOO_LATE} ({run.started_at} by this machine's clock): the record")

    def _opened(self) -> SqlHistory:
        from pytest_synthetic.history import opening

        if self._store is None:
            self._store = opening.ready(self._url, self._folder, self._say)
        return self._store

    def close(self) -> None:
        """Let go of the database, and try once more to keep what could not be kept."""
        self._let_go()
        if self._unkept:
            try:
                self._waiting.add(self._unkept)
            except OSError as error:
                self._say(
                    f"{len(self._unkept)} records are LOST: {self._waiting.path} cannot be written either: "
                    f"{error.strerror or error}. Give this user room and the right to write there, or keep the records "
                    "of a session elsewhere with --synthetic-jsonl FILE"
                )

    def _let_go(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None


def begun(session: Session, say: Callable[[str], object]) -> History | None:
    """The history of [history]; None where there is no such table."""
    return History(session, say) if session.settings.history else None
