"""How soon a page is there: from the record that decides it to the receiver, through the database and HTTP."""

from __future__ import annotations

import threading
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

from benchmarks.figures import Figure
from pytest_synthetic.config.settings import HistorySettings, Settings
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.history import store
from pytest_synthetic.incidents.service import AlertService
from pytest_synthetic.model.alerting import Policy, Route
from tests.runs import a_run
from tests.webhooks import received

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_synthetic.model.run import RunResult

TIMES = 10


def measure(folder: Path) -> Iterator[Figure]:
    """Limit: a page is there within 2 s of the record that decides it, of which it waits 1 s for others of its kind."""
    took = [_one(folder / str(number)) for number in range(TIMES)]
    yield Figure(name="record to receiver", each=took, unit="s", limit=2.0, note=f"longest {max(took):.2f} s")


def _one(folder: Path) -> float:
    """A fresh history, and a journey that fails for the second time."""
    folder.mkdir()
    url = f"sqlite:///{folder}/history.db"
    history = store.opened(url)
    with received() as receiver:
        settings = Settings(
            history=HistorySettings(url=url),
            alerts={"oncall": Route(name="oncall", to=(receiver.url,), secret="a secret of both")},
            policies={"twice": Policy(name="twice", failures=2)},
        )
        decided = threading.Event()
        service = AlertService(
            settings, folder, read=lambda: settings, say=lambda _: decided.set(), trouble=lambda *_: None
        )
        with service:
            history.record([_failed(0)])
            service.wake()
            while not history.journeys():
                pass
            began = monotonic()
            history.record([_failed(1)])
            service.wake()
            receiver.wait_for(1)
            took = monotonic() - began
    history.close()
    return took


def _failed(later: int) -> RunResult:
    stamp = (SystemClock().now() + timedelta(milliseconds=later)).isoformat(timespec="milliseconds")
    return a_run("failed", started_at=stamp.replace("+00:00", "Z"), scheduled_at=stamp.replace("+00:00", "Z"))
