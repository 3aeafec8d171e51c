"""The text file that node_exporter's textfile collector reads. It is the state as well: sessions add to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.errors import UsageError
from pytest_synthetic.reports import replacing
from pytest_synthetic.reports.conclusive import counted
from pytest_synthetic.reports.prometheus_series import MOST_VARIANTS, Series

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from pytest_synthetic.model.run import RunResult

FOR_ALL = 0o644
"""A new file's mode: node_exporter reads it as another user."""


class PrometheusFile:
    """Gathers the runs of a session, and adds them to the file when it ends."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        """Nothing is read or written before `wait`."""
        self._path = path
        self._now = now
        self._runs: list[RunResult] = []

    def run_finished(self, run: RunResult) -> None:
        """Remember a run."""
        self._runs.append(run)

    def end(self) -> None:
        """Nothing is under way before `wait`."""

    def wait(self, patience: float) -> str | None:
        """Write the file, whole or not at all; other sessions may hold it for `patience` seconds."""
        lost = f"{self._path} is without this session's runs"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self._path.with_name(f".{self._path.name}.lock"), timeout=max(0.1, patience)):
                return self._add()
        except Timeout:
            return f"{lost}: another session holds it for too long"
        except UsageError as error:
            return f"{lost}: it {error}. Give `metrics.prometheus` a file of its own"
        except OSError as error:
            return f"{lost}: {error.strerror or error}"

    def _add(self) -> str | None:
        series, told = self._read()
        now = self._now()
        for run in counted(self._runs):
            series.add(run, now=now.timestamp())
        if dropped := series.forget(now):
            told = (
                f"{self._path} holds {MOST_VARIANTS} variants of journeys, the most it may; {dropped} with older runs "
                "left it. Does a parameter have a new value in every run?"
            )
        replacing.replace(self._path.resolve(), [series.text()], new=FOR_ALL)
        return told

    def _read(self) -> tuple[Series, str | None]:
        try:
            return Series.parsed(self._path.read_text(encoding="utf-8")), None
        except FileNotFoundError:
            return Series(), None
        except ValueError as error:  # no text, or not of this format; UsageError is none
            aside = self._path.with_name(f"{self._path.name}.damaged")
            self._path.replace(aside)
            return Series(), f"{self._path} could not be read and is now {aside.name}: {one_line(str(error), 100)}"
