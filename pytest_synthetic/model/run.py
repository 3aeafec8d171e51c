"""The record of one run: what every report, history and alert reads.

Durations are in seconds on a monotonic clock; `started_at` is in UTC. The JSON form is described by
`run.schema.json` beside this file, and carries its version in `schema`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_synthetic.model import wire
from pytest_synthetic.model.evidence import Artifact
from pytest_synthetic.model.journey import Criticality, Schedule, Stage
from pytest_synthetic.model.sla import Breach, Slo
from pytest_synthetic.model.verdict import Fault, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = 1
"""Version of the JSON form. Grows when a reader of the older form could misread the newer one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a run, or a step of it, did not pass.

    `claim` is the message in one line, with the value inside it. `reason` says how the fault was told.
    `frame` is the place in the user's own code: `path:line in function`. `phase` is setup, call or teardown.
    """

    type: str
    message: str
    claim: str
    fault: Fault
    reason: str
    phase: str
    step: str | None
    frame: str | None
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A named number with a unit: `s`, `ms`, `B`, or `""` for a bare number.

    `step` is the path of the step in which it was taken; `labels` say of what (page, method, carrier).
    """

    name: str
    value: float
    unit: str
    step: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """A step as it went. `start` is seconds since the run started; `occurrence` counts steps of one name."""

    name: str
    occurrence: int
    start: float
    duration: float
    verdict: Verdict
    sla: float | None = None
    owner: str | None = None
    depends_on: tuple[str, ...] = ()
    soft: bool = False
    failure: Failure | None = None
    steps: tuple[StepResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """One execution of one journey in one region.

    `journey` is the journey's id, `name` what people read. `duration` is that of the test's body, None when the
    body never ran. `promised` is the SLA on it. `reason` says why a run was skipped, blocked or broken. `notes` say
    what else is known of a run that did not pass. `slo` and `schedule` are the journey's at that time, `release` names
    the product that was watched, `scheduled_at` is the tick (UTC) that asked for the run. `blocked_by` is the id of the
    journey in `depends_on` that blocked it.
    """

    schema: int = SCHEMA
    run_id: str
    session_id: str
    attempt: int
    journey: str
    name: str
    stage: Stage | None
    owner: str | None
    criticality: Criticality
    depends_on: tuple[str, ...]
    runbook: str | None
    revenue_per_hour: float | None
    currency: str
    mutates: bool
    nodeid: str
    parameters: Mapping[str, str]
    region: str
    device: str | None
    network: str | None
    browser: str | None
    browser_version: str | None
    git_commit: str | None
    tool_version: str
    worker: str | None
    started_at: str
    duration: float | None
    setup_duration: float | None
    teardown_duration: float | None
    promised: float | None
    verdict: Verdict
    fault: Fault | None
    reason: str | None
    failure: Failure | None
    steps: tuple[StepResult, ...]
    measurements: tuple[Measurement, ...]
    breaches: tuple[Breach, ...]
    artifacts: tuple[Artifact, ...]
    notes: tuple[str, ...] = ()
    slo: Slo | None = None
    schedule: Schedule | None = None
    release: str | None = None
    scheduled_at: str | None = None
    blocked_by: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The record as plain JSON values."""
        plain: dict[str, Any] = wire.plain(self)
        return plain

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> RunResult:
        """Read a record; keys that a newer version added are passed over.

        Raises UsageError when the record is of a newer schema or not a record.
        """
        return wire.read(cls, record, newest=SCHEMA)


def walk(steps: tuple[StepResult, ...], parent: str = "") -> Iterator[tuple[str, StepResult]]:
    """Every step with its path (`"checkout > pay"`), parents first."""
    for step in steps:
        path = f"{parent} > {step.name}" if parent else step.name
        yield path, step
        yield from walk(step.steps, path)
