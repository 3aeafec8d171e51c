"""Allure's results of any tool: what is in them comes in, and nothing in them ends in a traceback."""

from __future__ import annotations

import io
import json
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.history import allure_own, allure_results, jsonl
from pytest_synthetic.history.foreign import BadEntry
from pytest_synthetic.model.run import RunResult, walk
from pytest_synthetic.model.sla import breach, spoken
from pytest_synthetic.model.verdict import Fault, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    Told = list[RunResult | BadEntry]

NOON = 1_772_366_400_000  # 2026-03-01T12:00:00Z
UUID = "11111111-2222-4333-8444-555555555555"
RESULT: dict[str, Any] = {
    "uuid": UUID,
    "historyId": "9f86d081",
    "fullName": "shop.spec.ts#pays",
    "name": "pays",
    "status": "passed",
    "stage": "finished",
    "start": NOON,
    "stop": NOON + 2_500,
    "labels": [{"name": "epic", "value": "Shop"}, {"name": "owner", "value": "payments"}],
    "parameters": [{"name": "card", "value": "visa"}, {"name": "pin", "value": "1234", "mode": "masked"}],
}


def step(name: str, start: Any, stop: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "status": "passed", "start": start, "stop": stop} | more


@pytest.fixture
def brought(tmp_path: Path) -> Callable[..., Told]:
    """What is read of a folder with these results."""

    def run(*given: Any, **how: Any) -> Told:
        for number, result in enumerate(given):
            text = result if isinstance(result, str | bytes) else json.dumps(result)
            data = text.encode() if isinstance(text, str) else text
            (tmp_path / f"{number:03}-result.json").write_bytes(data)
        return list(allure_results.read(tmp_path, **how))

    return run


def only(told: Told) -> RunResult:
    (run,) = told
    assert isinstance(run, RunResult), str(run)
    return run


def test_a_result_is_a_run(brought: Callable[..., Told]) -> None:
    run = only(brought(RESULT))

    assert run.run_id == uuid.UUID(UUID).hex
    assert (run.journey, run.name, run.owner, run.region) == ("shop.spec.ts#pays", "pays", "payments", "local")
    assert (run.started_at, run.duration, run.verdict) == ("2026-03-01T12:00:00.000Z", 2.5, Verdict.PASSED)
    assert run.parameters == {"card": "visa"}


@pytest.mark.parametrize(
    ("status", "verdict", "fault"),
    [
        ("failed", Verdict.FAILED, Fault.PRODUCT),
        ("broken", Verdict.BROKEN, Fault.TEST),
        ("unknown", Verdict.BROKEN, Fault.TEST),
        (None, Verdict.BROKEN, Fault.TEST),
        ("skipped", Verdict.SKIPPED, None),
    ],
)
def test_what_did_not_pass_is_told(
    brought: Callable[..., Told], status: str | None, verdict: Verdict, fault: Fault | None
) -> None:
    details = {"message": "TimeoutError: no order\nmore", "trace": "at pay.ts:3"}
    run = only(brought(RESULT | {"status": status, "statusDetails": details}))

    assert (run.verdict, run.fault) == (verdict, fault)
    if run.failure:
        assert (run.failure.type, run.failure.claim) == ("TimeoutError", "TimeoutError: no order")
        assert status not in (None, "unknown") or run.reason == "Allure does not say how it ended"
    else:
        assert (run.reason, run.duration) == ("TimeoutError: no order more", None)


def test_steps_come_with_their_times(brought: Callable[..., Told]) -> None:
    inner = step("confirm", NOON + 200, NOON + 300, status="failed", statusDetails={"message": "Error: no"})
    steps = [step("set up", NOON - 500, NOON), step("pay", NOON + 100, NOON + 400, status="failed", steps=[inner])]
    run = only(brought(RESULT | {"status": "failed", "steps": [*steps, step("pay", NOON + 400, NOON + 500)]}))

    assert run.started_at == "2026-03-01T11:59:59.500Z"
    assert [(path, s.occurrence, s.start, s.duration, s.verdict) for path, s in walk(run.steps)] == [
        ("set up", 1, 0.0, 0.5, Verdict.PASSED),
        ("pay", 1, 0.6, 0.3, Verdict.FAILED),
        ("pay > confirm", 1, 0.7, 0.1, Verdict.FAILED),
        ("pay", 2, 0.9, 0.1, Verdict.PASSED),
    ]
    assert run.failure
    assert run.failure.step == "pay > confirm"
    confirm = run.steps[1].steps[0]
    assert confirm.failure
    assert confirm.failure.claim == "Error: no"


def test_steps_without_times_are_left_out_and_said(brought: Callable[..., Told]) -> None:
    steps = [step("a", None, NOON), step("b", NOON, NOON - 1), step("c", 1, 2), step("d", NOON, NOON + 1)]
    run = only(brought(RESULT | {"steps": steps}))

    assert [s.name for s in run.steps] == ["d"]
    assert "steps left out because their times are not known: 3" in run.notes


def test_attachments_are_named_as_missing(brought: Callable[..., Told]) -> None:
    attached = {"attachments": [{"name": "page", "source": "x-attachment.png", "type": "image/png"}]}
    run = only(brought(RESULT | attached | {"steps": [step("pay", NOON, NOON + 1, **attached)]}))

    assert [(a.name, a.path, a.step) for a in run.artifacts] == [("page", None, None), ("page", None, "pay")]
    assert run.artifacts[0].missing == "not brought in: it stayed with Allure's results as x-attachment.png"


@pytest.mark.parametrize(
    ("changed", "journey"),
    [({"fullName": ""}, "9f86d081"), ({"fullName": None, "historyId": 3}, "pays"), ({"fullName": " a\x1b[1mb "}, "ab")],
)
def test_the_journey_is_named_by_what_there_is(
    brought: Callable[..., Told], changed: dict[str, Any], journey: str
) -> None:
    assert only(brought(RESULT | changed)).journey == journey


def test_without_a_uuid_the_run_is_the_same_at_every_reading(brought: Callable[..., Told]) -> None:
    given = [RESULT | {"uuid": None}, RESULT | {"uuid": None, "start": NOON + 1}, RESULT | {"uuid": "no uuid"}]

    first = [run.run_id for run in brought(*given) if isinstance(run, RunResult)]

    assert [run.run_id for run in brought(*given) if isinstance(run, RunResult)] == first
    assert len(set(first)) == 3


def test_labels_alone_make_no_run_of_ours(brought: Callable[..., Told]) -> None:
    labels = [{"name": "verdict", "value": "great"}, {"name": "journey", "value": "x"}]
    hidden = [{"name": "run_id", "value": "a" * 32, "excluded": True}]

    assert only(brought(RESULT | {"labels": labels, "parameters": hidden})).run_id == uuid.UUID(UUID).hex


def test_texts_pass_the_redactor_and_become_plain(brought: Callable[..., Told]) -> None:
    details = {"message": "x" * 3_996 + "s3cret \u202e"}
    given = RESULT | {
        "status": "failed",
        "statusDetails": details,
        "name": "s3cret\x00",
        "steps": [step("s3cret", NOON, NOON)],
    }

    run = only(brought(given, redact=lambda text: text.replace("s3cret", "•")))

    assert "s3c" not in repr(run)
    assert (run.name, run.steps[0].name) == ("•\N{REPLACEMENT CHARACTER}", "•")


def nested(depth: int) -> dict[str, Any]:
    told = step("s", NOON, NOON)
    for _ in range(depth):
        told = step("s", NOON, NOON, steps=[told])
    return told


# -- files that are no results ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ('{\n"name": "half', "result.json:2: not JSON: Unterminated string starting at at column 9"),
        ("", "not JSON"),
        ("[]", "not a result: expected an object"),
        (b"\xff\xfe", "not UTF-8: invalid start byte at byte 1"),
        ("[" * 200_000, "cannot be read"),
        ({}, "has no start: when it ran is not known"),
        (RESULT | {"start": "noon"}, "has no start"),
        (RESULT | {"start": -1}, "has no start"),
        (RESULT | {"start": 1e300}, "has no start"),
        (RESULT | {"start": float("nan")}, "has no start"),
        ({"start": NOON}, "names no test"),
        (RESULT | {"steps": [nested(120)]}, "more than 100 deep"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_told_and_the_rest_goes_in(brought: Callable[..., Told], given: Any, told: str) -> None:
    bad, good = brought(given, RESULT)

    assert isinstance(bad, BadEntry)
    assert told in str(bad)
    assert isinstance(good, RunResult)


def test_other_files_are_passed_over(tmp_path: Path, brought: Callable[..., Told]) -> None:
    for name in ("1-container.json", "categories.json", "x-attachment.png", "environment.properties"):
        (tmp_path / name).write_text("{", encoding="utf-8")

    assert only(brought(RESULT)).name == "pays"


def test_a_pipe_or_a_folder_is_no_result(tmp_path: Path, brought: Callable[..., Told]) -> None:
    os.mkfifo(tmp_path / "a-result.json")
    (tmp_path / "b-result.json").mkdir()

    assert [type(item) for item in brought(RESULT)] == [RunResult, BadEntry, BadEntry]


@pytest.mark.parametrize(
    ("name", "told"), [("nothing", "cannot be read: No such file"), ("", "holds no *-result.json"), ("\0", "cannot be")]
)
def test_a_folder_without_results_is_told(tmp_path: Path, name: str, told: str) -> None:
    (bad,) = allure_results.read(tmp_path / name)

    assert told in str(bad)


WORDS = ["pays", "passed", "failed", "name", "status", "degraded", "DEGRADED: x was 1, promised y", "\x00\ud800"]
LEAVES = st.none() | st.booleans() | st.sampled_from([NOON, 0, -1, 10**400, 1e308]) | st.sampled_from(WORDS)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*RESULT, "steps", "value", "statusDetails", "message", "source"]), inner)
    ),
    max_leaves=12,
)
OURS = [{"name": "verdict", "value": "degraded"}, {"name": "journey", "value": "x"}]


@given(
    st.dictionaries(st.sampled_from([*RESULT, "steps", "statusDetails", "attachments", "links"]), VALUES), st.booleans()
)
def test_whatever_a_result_holds_a_run_or_a_reason_comes_of_it(
    tmp_path_factory: pytest.TempPathFactory, changed: dict[str, Any], ours: bool
) -> None:
    folder = tmp_path_factory.mktemp("results")
    given = RESULT | changed | ({"labels": OURS} if ours else {})
    (folder / "a-result.json").write_text(json.dumps(given), encoding="utf-8")

    (told,) = allure_results.read(folder)

    if isinstance(told, RunResult):
        jsonl.write([told], file := io.StringIO())
        assert list(jsonl.read([file.getvalue()], name="again")) == [told]


# -- what this plugin wrote ------------------------------------------------------------------------------------------


@given(st.floats(0.001, 1e7))
def test_spoken_durations_are_read(seconds: float) -> None:
    read = allure_own.spoken_seconds(spoken(seconds))

    assert read is not None
    assert abs(read - seconds) <= max(0.01, seconds * 0.01)


@pytest.mark.parametrize("text", ["", "soon", "3", "3 s and more", "٣ s", "-3 s"])
def test_what_is_no_spoken_duration_is_not_read(text: str) -> None:
    assert allure_own.spoken_seconds(text) is None


@pytest.mark.parametrize(
    "given",
    [
        breach(kind="total", name="total", measured=14.0, promised=12.0, timed=True),
        breach(kind="step", name='pay > "now", please', measured=4.31, promised=3.0, timed=True),
        breach(kind="measurement", name="lcp of /checkout", measured=2.6, promised=2.5, timed=True),
        breach(kind="measurement", name="cls", measured=0.25, promised=0.1, timed=False),
    ],
)
def test_breaches_are_read(given: Any) -> None:
    told = allure_own.told(Verdict.DEGRADED, f"DEGRADED: {given.message}\na note")

    assert (told.breaches, told.notes, told.reason) == ((given,), ("a note",), given.message)


@pytest.mark.parametrize(
    ("verdict", "message", "expected"),
    [
        (
            Verdict.BROKEN,
            "BROKEN: at fault: inbox: InboxUnavailable: no token\n(the inbox's provider cannot be asked)\nin step: a > b"
            "\nat test_shop.py:9 in test_checkout\na note",
            allure_own.Told(
                claim="no token", kind="InboxUnavailable", fault=Fault.INBOX, step="a > b",
                reason="the inbox's provider cannot be asked", frame="test_shop.py:9 in test_checkout", notes=("a note",),
            ),
        ),
        (Verdict.FAILED, "FAILED: no order", allure_own.Told(claim="no order", fault=Fault.PRODUCT)),
        (Verdict.BROKEN, "in other words", allure_own.Told(claim="in other words")),
        (Verdict.BROKEN, "", allure_own.Told()),
        (Verdict.BLOCKED, "BLOCKED: login failed", allure_own.Told(reason="login failed")),
        (Verdict.MISSED, "", allure_own.Told()),
        (Verdict.DEGRADED, "", allure_own.Told(fault=Fault.PRODUCT)),
    ],
)  # fmt: skip
def test_messages_are_read(verdict: Verdict, message: str, expected: allure_own.Told) -> None:
    assert allure_own.told(verdict, message) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pay: took 4.31 s, promised 3 s", ("pay", 3.0)),
        ("pay: took 3 min, promised 2 min 5 s", ("pay", 125.0)),
        ("pay: took ages, promised soon", ("pay: took ages, promised soon", None)),
        ("pay", ("pay", None)),
    ],
)
def test_late_steps_are_read(name: str, expected: tuple[str, float | None]) -> None:
    assert allure_own.late_step(name) == expected
