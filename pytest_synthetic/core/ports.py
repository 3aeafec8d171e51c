"""The seams: what the core asks of the world, as Protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_synthetic.model.evidence import Artifact
    from pytest_synthetic.model.run import Failure, RunResult


class Clock(Protocol):
    """Where time comes from."""

    def monotonic(self) -> float:
        """Seconds that only grow, from an arbitrary start."""

    def now(self) -> datetime:
        """The present moment in UTC, aware of its zone."""


class Classifier(Protocol):
    """Tells who is at fault for an exception of one channel."""

    def __call__(self, error: BaseException, /) -> tuple[str, str] | None:
        """The name of a Fault and one sentence on how it is told; None when the exception is not this channel's."""


class ArtifactWriter(Protocol):
    """Keeps a file that explains a run."""

    def __call__(self, name: str, data: bytes, media_type: str, step: str | None) -> Artifact:
        """Write `data` and say where it lies. `name` is shown to people and may be any text."""


class Listener(Protocol):
    """Hears what happens in a run. Every method is optional; one that fails is reported and changes no verdict."""

    def step_started(self, name: str) -> None:
        """A step begins."""

    def step_finished(self, name: str, failure: Failure | None) -> None:
        """The step begun last ends."""

    def attached(self, artifact: Artifact) -> None:
        """A file was kept."""

    def run_finished(self, run: RunResult) -> None:
        """The run has its verdict."""
