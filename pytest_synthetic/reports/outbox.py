"""Sends from a thread of its own: no test waits for a receiver, and the end of a session waits for it in bounds."""

from __future__ import annotations

import logging
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_FAILURES = 3
"""So often in a row a receiver may not answer before the rest of the session is not sent to it."""
_NOISY = ("opentelemetry", "urllib3", "requests")


class NotTaken(Exception):
    """The receiver answered, and did not take it. The message says what it said."""


class NoAnswer(NotTaken):
    """The receiver cannot be reached, or is silent."""


class Outbox:
    """Jobs for one receiver, done in order. A job raises NotTaken or NoAnswer with the reason."""

    def __init__(self, called: str, what: str) -> None:
        """`called` says to people what the receiver is, `what` the things it is sent (`results`)."""
        self._called = called
        self._what = what
        self._jobs: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._overheard = Overheard()
        self._reasons: dict[str, int] = {}
        self._given = 0
        self._taken = 0
        self._silent = 0
        self._ending = threading.Event()
        self._over = threading.Event()

    def put(self, job: Callable[[], object]) -> None:
        """Do `job` soon. Returns at once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=f"to {self._called}", daemon=True)
            self._overheard.begin(self._thread)
            self._thread.start()
        self._given += 1
        self._jobs.put(job)

    def end(self) -> None:
        """Nothing more will be put. From now on the first silence is the last: somebody waits."""
        self._ending.set()
        self._jobs.put(None)

    def wait(self, patience: float) -> str | None:
        """Wait for what was put, at most `patience` seconds; what to tell people when something did not arrive."""
        if self._thread is None:
            return None
        self._thread.join(max(0.0, patience))
        self._over.set()
        late = self._thread.is_alive()
        self._overheard.end()
        if self._taken == self._given:
            return None
        reason = next(iter(self._reasons), "it had not answered when the session ended" if late else "not tried")
        more = " (and for other reasons)" if len(self._reasons) > 1 else ""
        return f"{self._called} took {self._taken} of {self._given} {self._what}: {reason}{more}"

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None and not self._over.is_set():
            if self._silent < (1 if self._ending.is_set() else MOST_FAILURES):
                self._do(job)

    def _do(self, job: Callable[[], object]) -> None:
        try:
            job()
        except NotTaken as error:
            self._silent = self._silent + 1 if isinstance(error, NoAnswer) else 0
            self._note(str(error))
        except Exception as error:  # noqa: BLE001  nobody is above a thread; it is told when the session ends
            self._note(type(error).__name__)
        else:
            self._silent = 0
            self._taken += 1

    def _note(self, reason: str) -> None:
        self._reasons[reason] = self._reasons.get(reason, 0) + 1


class Overheard(logging.Filter):
    """Keeps what libraries log in one thread out of the logs of the tests that run beside it."""

    def __init__(self) -> None:
        super().__init__()
        self._thread: threading.Thread | None = None
        self._loggers: list[logging.Logger] = []

    def begin(self, thread: threading.Thread) -> None:
        """Listen to what is logged in `thread`."""
        self._thread = thread
        names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in _NOISY]
        self._loggers = [logging.getLogger(name) for name in names]
        for logger in self._loggers:
            logger.addFilter(self)

    def end(self) -> None:
        """Leave the loggers as they were."""
        for logger in self._loggers:
            logger.removeFilter(self)

    def filter(self, _record: logging.LogRecord) -> bool:
        """As logging.Filter.filter."""
        return threading.current_thread() is not self._thread
