"""Hooks that users may implement in a conftest.py or a plugin of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from pytest_synthetic.model.run import RunResult


def pytest_synthetic_run_finished(run: RunResult, config: pytest.Config) -> None:
    """A run has its verdict. Called once a run; with xdist in the controller.

    An exception raised here is shown in the summary and changes no verdict.
    """


def pytest_synthetic_listeners(item: pytest.Item) -> Sequence[object]:  # type: ignore[empty-body]
    """Give objects that hear the run of `item` as it happens (see core/ports.py: Listener).

    Called in the process that runs the test, as the run starts.
    """
