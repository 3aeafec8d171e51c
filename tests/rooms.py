"""An alerter as tests of alerts need it: over a history that others write, at a time that the tests set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.history.alert_book import AlertBook
from pytest_synthetic.incidents.alerter import PATIENCE, Alerter
from pytest_synthetic.testing.clock import FakeClock
from tests.incidents import minutes
from tests.runs import NOON

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.model.run import RunResult


class Room:
    """`said` are the notices it tells of, `troubles` what does not work. A secret is `hunter2-hunter2`."""

    patience = PATIENCE

    def __init__(self, history: SqlHistory, root: Path, settings: Settings) -> None:
        self.history, self.root, self.settings = history, root, settings
        self.clock = FakeClock(now=NOON)
        self.said: list[str] = []
        self.troubles: dict[str, str | None] = {}
        self.begin()

    def begin(self) -> None:
        """As the next process would, after this one was killed."""
        self.alerter = self.another()

    def another(self) -> Alerter:
        """One more over the same history."""
        return Alerter(
            self.history,
            self.settings,
            root=self.root,
            clock=self.clock,
            redact=lambda told: told.replace("hunter2-hunter2", "***"),
            say=self.said.append,
            wake=lambda: None,
            trouble=self.troubles.__setitem__,
            patience=self.patience,
        )

    def at(self, number: float, *recorded: RunResult) -> list[str]:
        """The notices when so many minutes after NOON these were recorded."""
        self.clock.set(minutes(number))
        self.history.record(recorded)
        before = len(self.said)
        while self.alerter.turn():
            pass
        return self.said[before:]

    @property
    def book(self) -> AlertBook:
        """What it keeps."""
        return AlertBook(self.history.engine)
