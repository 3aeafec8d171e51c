"""The record: to JSON and back without loss, and as its published schema says."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pytest_synthetic.model
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.evidence import Artifact
from pytest_synthetic.model.run import SCHEMA, Failure, Measurement, RunResult, StepResult, walk
from pytest_synthetic.model.sla import Breach

PUBLISHED: dict[str, Any] = json.loads(
    Path(pytest_synthetic.model.__file__).with_name("run.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = jsonschema.Draft202012Validator(PUBLISHED)
HEX = st.text("0123456789abcdef", min_size=32, max_size=32)
FINITE = st.floats(allow_nan=False, allow_infinity=False, min_value=0, max_value=1e9)

st.register_type_strategy(float, FINITE)


def records() -> st.SearchStrategy[RunResult]:
    failure = st.builds(Failure, phase=st.sampled_from(["setup", "call", "teardown"]))
    step = st.builds(
        StepResult,
        occurrence=st.integers(1, 9),
        duration=FINITE,
        failure=st.none() | failure,
        steps=st.just(()),
        verdict=st.sampled_from(list(pytest_synthetic.Verdict)),
    )
    artifact = st.builds(Artifact, size=st.integers(0), sha256=st.text("0123456789abcdef", min_size=64, max_size=64))
    return st.builds(
        RunResult,
        schema=st.just(SCHEMA),
        run_id=HEX,
        session_id=HEX,
        attempt=st.integers(1, 5),
        started_at=st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
        parameters=st.dictionaries(st.text(), st.text(), max_size=2),
        failure=st.none() | failure,
        steps=st.lists(step | step.map(lambda inner: dataclasses.replace(inner, steps=(inner,))), max_size=2).map(
            tuple
        ),
        measurements=st.lists(
            st.builds(Measurement, labels=st.dictionaries(st.text(), st.text(), max_size=2)), max_size=2
        ).map(tuple),
        breaches=st.lists(st.builds(Breach, kind=st.sampled_from(["total", "step", "measurement"])), max_size=2).map(
            tuple
        ),
        artifacts=st.lists(artifact, max_size=2).map(tuple),
    )


@given(records())
def test_a_record_survives_json(run: RunResult) -> None:
    assert RunResult.from_json(json.loads(json.dumps(run.to_json()))) == run


@given(records())
def test_a_record_is_what_the_published_schema_says(run: RunResult) -> None:
    VALIDATOR.validate(run.to_json())


@pytest.mark.parametrize(
    ("kind", "published"),
    [
        (RunResult, PUBLISHED),
        *((kind, PUBLISHED["$defs"][name]) for name, kind in (
            ("failure", Failure), ("step", StepResult), ("measurement", Measurement), ("breach", Breach),
            ("artifact", Artifact),
        )),
    ],
)  # fmt: skip
def test_the_schema_names_every_field(kind: Any, published: dict[str, Any]) -> None:
    assert set(published["properties"]) == {field.name for field in dataclasses.fields(kind)}


def example() -> dict[str, Any]:
    text = {"fingerprint": "", "step": None, "frame": None}
    failure = {"type": "X", "message": "m", "claim": "m", "fault": "product", "reason": "r", "phase": "call", **text}
    nothing = dict.fromkeys(
        [
            "stage",
            "owner",
            "runbook",
            "revenue_per_hour",
            "device",
            "network",
            "browser",
            "browser_version",
            "git_commit",
            "worker",
            "duration",
            "setup_duration",
            "teardown_duration",
            "promised",
            "fault",
            "reason",
        ]
    )
    return {
        "schema": 1, "run_id": "a" * 32, "session_id": "b" * 32, "attempt": 1, "journey": "j", "name": "J",
        "criticality": "high", "depends_on": [], "currency": "EUR", "mutates": False, "nodeid": "n", "parameters": {},
        "region": "local", "tool_version": "1", "started_at": "2026-01-01T00:00:00Z", "verdict": "failed",
        "failure": failure, "steps": [], "measurements": [], "breaches": [], "artifacts": [], **nothing,
    }  # fmt: skip


def test_keys_that_a_newer_version_added_are_passed_over() -> None:
    record = example() | {"carrier": "Orange"}
    record["failure"]["colour"] = "red"

    assert RunResult.from_json(record).journey == "j"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"schema": 2}, "upgrade pytest-synthetic"),
        ({"schema": "1"}, "not a record"),
        ({"verdict": "fine"}, "not a whole record"),
        ({"attempt": "first"}, "not a whole record"),
        ({"steps": None}, "not a whole record"),
        ({"duration": "quick"}, "not a whole record"),
        ({"duration": 10**400}, "not a whole record"),
        ({"parameters": {"size": [1]}}, "not a whole record"),
        ({"parameters": ["size"]}, "not a whole record"),
        ({"failure": {"type": "X"}}, "not a whole record"),
    ],
)
def test_what_is_no_record_is_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        RunResult.from_json(example() | change)


@pytest.mark.parametrize("thing", [None, [], "text", 3, {}])
def test_what_is_not_even_an_object_is_refused(thing: Any) -> None:
    with pytest.raises(UsageError, match="not a record"):
        RunResult.from_json(thing)


def test_walk_gives_paths_parents_first() -> None:
    def step(name: str, *steps: StepResult) -> StepResult:
        passed = pytest_synthetic.Verdict.PASSED
        return StepResult(name=name, occurrence=1, start=0.0, duration=0.0, verdict=passed, steps=steps)

    tree = (step("buy", step("cart"), step("pay", step("card"))), step("leave"))

    assert [path for path, _ in walk(tree)] == ["buy", "buy > cart", "buy > pay", "buy > pay > card", "leave"]
