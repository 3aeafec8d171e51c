"""Every run goes into the history, in the process that hears of all; one that cannot be written changes no verdict."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pytest_synthetic.config.history import home_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_synthetic.history.recording import Recording
    from pytest_synthetic.model.run import RunResult
    from pytest_synthetic.plugin.session import Session


class History:
    """Records runs. A history that cannot be written is not tried again in a session: that costs its time-out once."""

    def __init__(self, session: Session, say: Callable[[str], object]) -> None:
        """`say` hears, once, why records wait, and how many are lost when not even that is possible."""
        self._home = home_of(session.settings, session.config.rootpath)
        self._say = say

    def run_finished(self, run: RunResult) -> None:
        """Write one run, or let it wait beside the history."""
        self._recording.record([run])

    def close(self) -> None:
        """Let go of the database, and try once more to keep what could not be kept."""
        if "_recording" in self.__dict__:
            self._recording.close()

    @cached_property
    def _recording(self) -> Recording:
        from pytest_synthetic.history.recording import ADVICE, Recording

        advice = f"{ADVICE}, or keep the records of a session elsewhere with --synthetic-jsonl FILE"
        return Recording(*self._home, self._say, pauses=(), advice=advice)


def begun(session: Session, say: Callable[[str], object]) -> History | None:
    """The history of [history]; None where there is no such table."""
    return History(session, say) if session.settings.history else None
