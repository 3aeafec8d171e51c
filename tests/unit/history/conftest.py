"""Records and files to bring in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic.model.journey import Criticality, Stage
from pytest_synthetic.model.run import Measurement, RunResult, StepResult
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

PASSED = RunResult(
    run_id="0af7651916cd43dd8448eb211c80319c", session_id="5e55" * 8, attempt=1, journey="test_shop.test_checkout",
    name="Checkout", stage=Stage.PURCHASE, owner="payments", criticality=Criticality.CRITICAL, depends_on=(),
    runbook=None, revenue_per_hour=None, currency="EUR", mutates=False, nodeid="tests/test_shop.py::test_checkout",
    parameters={"size": "L"}, region="eu-west", device=None, network=None, browser=None, browser_version=None,
    git_commit=None, tool_version="1", worker=None, started_at="2026-03-01T12:00:00.000Z", duration=2.0,
    setup_duration=0.5, teardown_duration=0.25, promised=None, verdict=Verdict.PASSED, fault=None, reason=None,
    failure=None, steps=(StepResult(name="pay", occurrence=1, start=0.5, duration=1.0, verdict=Verdict.PASSED),),
    measurements=(Measurement(name="lcp", value=1.5, unit="s", labels={"page": "/"}),), breaches=(), artifacts=(),
)  # fmt: skip


@pytest.fixture
def a_record() -> Callable[..., RunResult]:
    """A passed run of a checkout, with what is given changed."""

    def make(**changed: Any) -> RunResult:
        return replace(PASSED, **changed)

    return make
