"""What [metrics] asks for: the receivers that hear of runs, and what these did not take."""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import TYPE_CHECKING, Protocol

from pytest_synthetic.config import folders
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.model.run import RunResult


class Receiver(Protocol):
    """One place that figures go to."""

    def run_finished(self, run: RunResult) -> None:
        """A run has its verdict."""

    def end(self) -> None:
        """No run will follow: send what is left."""

    def wait(self, patience: float) -> str | None:
        """Wait for what is under way, at most `patience` seconds; what to tell people of what did not arrive."""


class Receivers:
    """Hands the runs of a session to all receivers, and tells what these did not take.

    One that fails keeps nothing from others. One thread uses it.
    """

    def __init__(self, settings: Settings, root: Path, clock: Clock, complain: Callable[[str], object]) -> None:
        """Load what the settings ask for. `root` is their folder where they are in no file.

        Raises ConfigError when a package is not installed.
        """
        self._clock = clock
        self._patience = settings.metrics.timeout
        self._complain = complain
        self._receivers = tuple(_receivers(settings, root, clock))
        self._has_runs = False

    def run_finished(self, run: RunResult) -> None:
        """Tell every receiver."""
        self._has_runs = True
        for receiver in self._receivers:
            self._guarded(receiver.run_finished, run)

    def close(self) -> None:
        """End all, and wait for all together no longer than the settings say."""
        if not self._has_runs:
            return
        for receiver in self._receivers:
            self._guarded(receiver.end)
        ends = self._clock.monotonic() + self._patience
        for receiver in self._receivers:
            self._guarded(self._wait, receiver, ends)

    def _wait(self, receiver: Receiver, ends: float) -> None:
        if told := receiver.wait(ends - self._clock.monotonic()):
            self._complain(f"metrics: {told}")

    def _guarded(self, call: Callable[..., object], *facts: object) -> None:
        try:
            call(*facts)
        except Exception as error:  # noqa: BLE001  a receiver changes no verdict, whatever it does
            name = getattr(call, "__qualname__", "a receiver")
            self._complain(f"{name} failed: {type(error).__name__}: {one_line(str(error), 200)}")


class Rounds:
    """Hands runs to the receivers for as long as a process lives: each round of runs as a session of its own.

    So figures arrive while it lives, nothing grows, and a receiver that was away is tried again in the next round. A
    repeat of a run is not told: the first attempt is what counts. One thread uses it; a round takes `timeout` of
    [metrics] at most when a receiver is silent.
    """

    def __init__(self, settings: Settings, root: Path, clock: Clock, say: Callable[[str], object]) -> None:
        """`say` hears what was not taken, once as long as it is the same. Raises ConfigError."""
        self._settings = settings
        self._root = root
        self._clock = clock
        self._say = say
        self._told: set[str] = set()
        self._opened([])

    def deliver(self, runs: Sequence[RunResult]) -> None:
        """Tell all receivers of these runs, and wait until they have taken them. Raises nothing."""
        first = [run for run in runs if run.attempt == 1]
        if not first:
            return
        complaints: list[str] = []
        receivers = self._opened(complaints)
        for run in first:
            receivers.run_finished(run)
        receivers.close()
        kinds = {re.sub(r"\d+", "#", complaint): complaint for complaint in complaints}
        for kind in kinds.keys() - self._told:
            self._say(kinds[kind])
        self._told = set(kinds)

    def _opened(self, complaints: list[str]) -> Receivers:
        return Receivers(self._settings, self._root, self._clock, complaints.append)


def are_asked_for(settings: Settings) -> bool:
    """Whether figures go anywhere."""
    asked = settings.metrics
    return bool(asked.prometheus or asked.otlp or asked.push)


def _receivers(settings: Settings, root: Path, clock: Clock) -> Iterator[Receiver]:
    asked = settings.metrics
    if asked.otlp:
        yield _otlp(settings, asked.otlp)
    if asked.push:
        from pytest_synthetic.reports.push import StatusPage

        yield from (StatusPage(page, timeout=asked.timeout) for page in asked.push.values())
    if asked.prometheus:
        yield _prometheus(settings, folders.base_of(settings.source, root) / asked.prometheus, clock)


def _prometheus(settings: Settings, path: Path, clock: Clock) -> Receiver:
    try:
        from pytest_synthetic.reports.prometheus_file import PrometheusFile
    except ModuleNotFoundError as error:
        raise _missing(settings, "prometheus", error.name, "metrics") from None
    return PrometheusFile(path, clock.now)


def _otlp(settings: Settings, address: str) -> Receiver:
    try:
        from pytest_synthetic.reports.otlp import Collector
    except ModuleNotFoundError as error:
        raise _missing(settings, "otlp", error.name, "otel") from None
    asked = settings.metrics
    return Collector(
        address,
        headers=asked.otlp_headers,
        timeout=asked.timeout,
        product=settings.product,
        tool_version=version("pytest-synthetic"),
    )


def _missing(settings: Settings, key: str, package: str | None, extra: str) -> ConfigError:
    told = f"{settings.source}: metrics.{key} needs {(package or extra).partition('.')[0]}"
    return ConfigError(f"{told}. Run: pip install 'pytest-synthetic[{extra}]'")
