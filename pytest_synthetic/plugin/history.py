"""Every run goes into the history, in the process that hears of all; one that cannot be written changes no verdict."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pytest_synthetic.config import folders
from pytest_synthetic.config.history import url_of
from pytest_synthetic.errors import HistoryDamaged, HistoryUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.history.waiting import Waiting
    from pytest_synthetic.model.run import RunResult
    from pytest_synthetic.plugin.session import Session


class History:
    """Records runs; the database is opened with the first of them."""

    def __init__(self, session: Session, say: Callable[[str], object]) -> None:
        """`say` hears, once, why records wait."""
        source, root = session.settings.source, session.config.rootpath
        self._url = url_of(session.settings, root)
        self._folder = folders.base_of(source, root) / ".synthetic"
        self._say = say
        self._store: SqlHistory | None = None
        self._away = False

    def run_finished(self, run: RunResult) -> None:
        """Write one run, or let it wait beside the history. Raises OSError when not even that is possible."""
        if not self._away:
            try:
                self._record(run)
            except HistoryUnavailable as error:
                self._away = True  # a server that is down costs its time-out once, not once a run
                self._say(f"the history cannot be written: {error}. The records wait in {self._waiting.path}")
            else:
                return
        self._waiting.add(run)

    @cached_property
    def _waiting(self) -> Waiting:
        from pytest_synthetic.history import opening

        return opening.waiting_of(self._url, self._folder)

    def _record(self, run: RunResult) -> None:
        try:
            self._opened().record([run])
        except HistoryDamaged:
            self.close()
            self._opened().record([run])

    def _opened(self) -> SqlHistory:
        from pytest_synthetic.history import opening

        if self._store is None:
            self._store = opening.ready(self._url, self._folder, self._say)
        return self._store

    def close(self) -> None:
        """Let go of the database."""
        if self._store is not None:
            self._store.close()
            self._store = None


def begun(session: Session, say: Callable[[str], object]) -> History | None:
    """The history of [history]; None where there is no such table."""
    return History(session, say) if session.settings.history else None
