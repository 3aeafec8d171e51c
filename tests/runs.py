"""Records as tests need them: a passed run, with what is given changed."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pytest_synthetic.model.journey import Criticality, Stage
from pytest_synthetic.model.run import RunResult, StepResult
from pytest_synthetic.model.verdict import Verdict

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PASSED = RunResult(
    run_id="0af7651916cd43dd8448eb211c80319c", session_id="5e55", attempt=1, journey="test_shop.test_checkout",
    name="Checkout", stage=Stage.PURCHASE, owner="payments", criticality=Criticality.CRITICAL, depends_on=(),
    runbook=None, revenue_per_hour=None, currency="EUR", mutates=False, nodeid="tests/test_shop.py::test_checkout",
    parameters={}, region="eu-west", device=None, network=None, browser=None, browser_version=None, git_commit=None,
    tool_version="1", worker=None, started_at="2026-03-01T12:00:00.000Z", duration=2.0, setup_duration=0.5,
    teardown_duration=0.25, promised=None, verdict=Verdict.PASSED, fault=None, reason=None, failure=None, steps=(),
    measurements=(), breaches=(), artifacts=(),
)  # fmt: skip


def a_run(verdict: Verdict | str = Verdict.PASSED, *, minutes: float = 0.0, **changed: Any) -> RunResult:
    """A run of its own, `minutes` after NOON."""
    started = (NOON + timedelta(minutes=minutes)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    known = {"run_id": uuid.uuid4().hex, "started_at": started, "verdict": Verdict(verdict), **changed}
    return replace(PASSED, **known)


def a_step(name: str = "pay", **changed: Any) -> StepResult:
    """A step that passed."""
    plain = StepResult(name=name, occurrence=1, start=0.5, duration=1.0, verdict=Verdict.PASSED)
    return replace(plain, **changed)
