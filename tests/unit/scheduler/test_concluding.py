"""What became of a job is told by what it left: never that it passed unless its record says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.core import unrun
from pytest_synthetic.model.journey import JourneySpec
from pytest_synthetic.model.plan import Job, Plan
from pytest_synthetic.model.run import RunResult
from pytest_synthetic.model.verdict import Verdict
from pytest_synthetic.scheduler.concluding import Ending, Left, concluded

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAN = Plan(spec=JourneySpec(id="shop.buy", name="Buy"), region="eu", nodeid="test_shop.py::test_buy")
JOB = Job(id="j1", plan=PLAN, at=AT)


def record(number: int, verdict: Verdict = Verdict.PASSED) -> RunResult:
    run = unrun.broken(PLAN, None, AT, "", attempt=2)
    return replace(run, run_id=f"r{number}", nodeid=f"test_shop.py::test_buy[{number}]", verdict=verdict, reason=None,
                   failure=None, fault=None)  # fmt: skip


def reasons(left: Left, ending: Ending) -> list[tuple[str, str | None]]:
    return [(run.verdict.value, run.reason) for run in concluded(JOB, left, ending, AT)]


def test_records_are_taken_as_they_are() -> None:
    left = Left(records=(record(1), record(2, Verdict.FAILED)), note=record(2), count=2)

    assert concluded(JOB, left, Ending(code=1), AT) == left.records


@pytest.mark.parametrize(
    ("said", "ending", "reason"),
    [
        ("", Ending(code=0), "pytest ended well, but ran nothing that was recorded"),
        ("ERROR: no such file\n", Ending(code=4), "pytest refused to run it: no such file"),
        ("E   SyntaxError: invalid\n=== 1 error in 0.1s ===\n", Ending(code=2),
         "pytest was interrupted or could not collect the test: SyntaxError: invalid"),
        ("ERROR: usage: pytest [options]\npytest: error: unrecognized arguments: --x\n", Ending(code=4),
         "pytest refused to run it: unrecognized arguments: --x"),
        ("INTERNALERROR> KeyError: 1\n", Ending(code=3), "pytest had an internal error: KeyError: 1"),
        ("", Ending(code=77), "pytest ended with 77"),
        ("", Ending(code=-11), "pytest died with signal 11 (SIGSEGV)"),
        ("", Ending(code=-9), "pytest died with signal 9 (SIGKILL: perhaps the machine had no memory left)"),
        ("", Ending(code=-9, why="limit", killed=True), "killed after 300 s, its time limit"),
        ("", Ending(code=2, why="limit"), "stopped after 300 s, its time limit"),
        ("", Ending(), "it ended and nobody saw how: its runner, or the whole machine, went down"),
        ("cannot be started in /x: No such file or directory: /x\n", Ending(code=126),
         "pytest ended with 126: in /x: No such file or directory: /x"),
    ],
)  # fmt: skip
def test_a_job_without_a_record_is_broken_and_says_why(said: str, ending: Ending, reason: str) -> None:
    assert reasons(Left(said=said), ending) == [("broken", reason)]
    assert concluded(JOB, Left(said=said), ending, AT)[0].run_id == unrun.run_id_of("shop.buy", "eu", AT)


def test_the_run_that_had_begun_is_told_with_its_step() -> None:
    left = Left(records=(record(1),), note=record(2), count=2, where="pay > card")

    assert reasons(left, Ending(code=-9)) == [
        ("passed", None),
        ("broken", "pytest died with signal 9 (SIGKILL: perhaps the machine had no memory left); it was in the step "
         '"pay > card"'),
    ]  # fmt: skip


def test_variants_that_never_began_are_told() -> None:
    told = reasons(Left(records=(record(1),), note=record(1), count=3), Ending(code=2, why="asked"))

    assert told[1:] == [
        ("broken", "2 of 3 variants did not run: stopped before it was over: its runner was asked to end")
    ]


def test_what_went_wrong_after_the_last_record_is_a_note() -> None:
    (run,) = concluded(JOB, Left(records=(record(1),), note=record(1), count=1), Ending(code=-11), AT)

    assert run.verdict == "passed"
    assert run.notes == ("its record was written, then: pytest died with signal 11 (SIGSEGV)",)


def test_what_was_left_running_is_a_note() -> None:
    ending = Ending(code=0, strays=("node", "sleep"), stuck=("dd",))
    (run,) = concluded(JOB, Left(records=(record(1),), note=record(1), count=1), ending, AT)

    assert run.notes == ("could not be killed and still runs: dd", "left running, and were killed: node, sleep")


@given(
    code=st.none() | st.integers(-64, 255),
    why=st.sampled_from([None, "limit", "asked", "orphaned"]),
    count=st.integers(0, 4),
    records=st.lists(st.integers(0, 3), unique=True, max_size=4),
    note=st.none() | st.integers(0, 3),
)
def test_no_run_passes_without_a_record(
    code: int | None, why: str | None, count: int, records: list[int], note: int | None
) -> None:
    left = Left(records=tuple(map(record, records)), note=None if note is None else record(note), count=count)
    runs = concluded(JOB, left, Ending(code=code, why=why), AT)

    assert runs
    assert {run.run_id for run in runs if run.verdict is Verdict.PASSED} == {f"r{number}" for number in records}
    assert len({run.run_id for run in runs}) == len(runs)


@given(
    st.dictionaries(
        st.sampled_from(["code", "why", "killed", "strays", "stuck"]), st.none() | st.integers() | st.text()
    )
)
def test_an_ending_can_be_read_from_anything(told: dict[str, object]) -> None:
    assert isinstance(Ending.of(told), Ending)
