"""What [metrics] asks for: the receivers that hear of each run, in the controlling process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pytest_synthetic.config import folders
from pytest_synthetic.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_synthetic.model.run import RunResult
    from pytest_synthetic.plugin.session import Session


class Receiver(Protocol):
    """One place that figures go to."""

    def run_finished(self, run: RunResult) -> None:
        """A run has its verdict."""

    def end(self) -> None:
        """No run will follow: send what is left."""

    def wait(self, patience: float) -> str | None:
        """Wait for what is under way, at most `patience` seconds; what to tell people of what did not arrive."""


class Metrics:
    """Hands the runs to all receivers, and tells what these did not take. One that fails keeps nothing from others."""

    def __init__(self, session: Session, guarded: Callable[..., None], complain: Callable[[str], object]) -> None:
        """Load what the settings ask for. `guarded` calls what it is given, and tells what that raises.

        Raises ConfigError when a package is not installed.
        """
        self._clock = session.clock
        self._patience = session.settings.metrics.timeout
        self._guarded = guarded
        self._complain = complain
        self._receivers = tuple(_receivers(session))
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


def opened(session: Session, guarded: Callable[..., None], complain: Callable[[str], object]) -> Metrics | None:
    """The receivers of the settings; None when there are none. Raises ConfigError."""
    asked = session.settings.metrics
    return Metrics(session, guarded, complain) if asked.prometheus or asked.otlp or asked.push else None


def _receivers(session: Session) -> Iterator[Receiver]:
    asked = session.settings.metrics
    if asked.otlp:
        yield _otlp(session, asked.otlp)
    if asked.push:
        from pytest_synthetic.reports.push import StatusPage

        yield from (StatusPage(page, timeout=asked.timeout) for page in asked.push.values())
    if asked.prometheus:
        yield _prometheus(session, asked.prometheus)


def _prometheus(session: Session, path: str) -> Receiver:
    try:
        from pytest_synthetic.reports.prometheus_file import PrometheusFile
    except ModuleNotFoundError as error:
        raise _missing(session, "prometheus", error.name, "metrics") from None
    base = folders.base_of(session.settings.source, session.config.rootpath)
    return PrometheusFile(base / path, session.clock.now)


def _otlp(session: Session, address: str) -> Receiver:
    from pytest_synthetic.plugin.attempt import TOOL_VERSION

    try:
        from pytest_synthetic.reports.otlp import Collector
    except ModuleNotFoundError as error:
        raise _missing(session, "otlp", error.name, "otel") from None
    asked = session.settings.metrics
    return Collector(
        address,
        headers=asked.otlp_headers,
        timeout=asked.timeout,
        product=session.settings.product,
        tool_version=TOOL_VERSION,
    )


def _missing(session: Session, key: str, package: str | None, extra: str) -> ConfigError:
    told = f"{session.settings.source}: metrics.{key} needs {(package or extra).partition('.')[0]}"
    return ConfigError(f"{told}. Run: pip install 'pytest-synthetic[{extra}]'")
