"""Alerts beside a watcher: a thread that looks at what was recorded as soon as it is, and has people told."""

from __future__ import annotations

import os
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Self

from pytest_synthetic.alerts.sending import check
from pytest_synthetic.config import redactor
from pytest_synthetic.config.history import home_of
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.core.settling import Settling
from pytest_synthetic.errors import HistoryUnavailable, UsageError
from pytest_synthetic.history import opening
from pytest_synthetic.history.leading import Leading
from pytest_synthetic.incidents.alerter import Alerter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.incidents.courier import Report

LOOK = 1.0
"""Seconds between two looks when nobody says that there is something new."""
AGAIN = 2.0
"""Seconds until a history that is away is tried again."""
TROUBLE = "alerts"
NAME = "alerts"
"""What one process at a time leads in."""


def are_asked_for(settings: Settings) -> bool:
    """Whether anybody is to be told of anything, or incidents are to be kept."""
    return bool(settings.alerts or settings.policies)


class AlertService:
    """A context manager: its thread decides and sends while it is open. Several may be: one of them decides."""

    def __init__(
        self,
        settings: Settings,
        root: Path,
        *,
        read: Callable[[], Settings],
        say: Callable[[str], object],
        trouble: Callable[[str, str | None], object],
    ) -> None:
        """`read` reads the settings anew when their file changed. `trouble` hears what does not work.

        Raises ConfigError for secrets that cannot be had, and addresses that nothing can be sent to.
        """
        self._settings = settings
        self._root = root
        self._read = read
        self._say = say
        self._trouble = trouble
        self._hidden, _ = redactor.opened(settings, os.environ, root)
        self._clock = SystemClock()
        self._news = threading.Event()
        self._over = threading.Event()
        self._tries: dict[str, Report] = {}
        self._warned: str | None = None
        self._settling = Settling(self._settings_mark())
        for route in settings.alerts.values():
            check(route)
        self._thread = threading.Thread(target=self._work, name="synthetic-alerts", daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End: what is on its way is waited for, some seconds at most."""
        self._over.set()
        self._news.set()
        self._thread.join(15.0)

    def wake(self) -> None:
        """There is something new in the history."""
        self._news.set()

    def _work(self) -> None:
        url, folder = home_of(self._settings, self._root)
        with closing(Leading(url, [NAME], say=_nothing, kind="alerter")) as leading:
            leading.begin()
            while not self._over.is_set():
                try:
                    self._decide(url, folder, leading)
                except HistoryUnavailable as error:
                    self._trouble(TROUBLE, f"nothing is decided, the history is away: {error}")
                except Exception as error:  # noqa: BLE001  nobody is above this thread, and it must go on
                    told = one_line(self._hidden.text(f"{type(error).__name__}: {error}"), 300)
                    self._trouble(TROUBLE, f"nothing is decided: {told}")
                self._over.wait(AGAIN)

    def _decide(self, url: str, folder: Path, leading: Leading) -> None:
        """Go on until the end, or until something does not work."""
        with closing(opening.ready(url, folder, self._say)) as history:
            alerter = Alerter(
                history,
                self._settings,
                root=self._root,
                clock=self._clock,
                redact=self._redacted,
                say=self._say,
                wake=self.wake,
                trouble=self._trouble,
                tries=self._tries,
            )
            with closing(alerter):
                while not self._over.is_set():
                    self._news.wait(LOOK)
                    self._news.clear()
                    self._keep_up(alerter)
                    if not leading.leads(NAME):
                        alerter.forget()
                        continue
                    while alerter.turn() and not self._over.is_set():
                        pass
                    self._trouble(TROUBLE, None)
                    self._warn(history.verdicts.complaint)
                if leading.leads(NAME):
                    alerter.turn()

    def _warn(self, told: str | None) -> None:
        """Say what somebody should know of the history, once."""
        if told and told != self._warned:
            self._warned = told
            self._say(self._redacted(told))

    def _redacted(self, told: str) -> str:
        """By the secrets of the newest settings."""
        return self._hidden.text(told)

    # -- settings ----------------------------------------------------------------------------------------------------

    def _keep_up(self, alerter: Alerter) -> None:
        """Read the settings again when their file changed and rests; those that cannot be read leave the old ones."""
        mark = self._settings_mark()
        if not self._settling.ready(mark, self._clock.monotonic()):
            return
        self._settling.take(mark)
        try:
            settings = self._read()
            self._hidden, _ = redactor.opened(settings, os.environ, self._root)
            for route in settings.alerts.values():
                check(route)
        except UsageError as error:
            self._trouble("settings of alerts", f"those of before count on: {error}")
            return
        self._trouble("settings of alerts", None)
        self._settings = settings
        alerter.settings(settings)

    def _settings_mark(self) -> tuple[int, int] | None:
        source = self._settings.source
        try:
            found = source.stat() if source else None
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size) if found else None


def _nothing(_told: str) -> None:
    """Who decides is nobody's news."""
