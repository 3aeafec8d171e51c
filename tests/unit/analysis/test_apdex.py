"""Apdex and uptime: runs folded into one number, and runs folded into rounds."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.analysis.apdex import apdex
from pytest_synthetic.analysis.rounds import uptime
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.history import Counts
from pytest_synthetic.model.verdict import UNSAID, Verdict

PASSED, DEGRADED, FAILED, BROKEN = Verdict.PASSED, Verdict.DEGRADED, Verdict.FAILED, Verdict.BROKEN
VERDICTS = st.sampled_from(list(Verdict))


def test_the_limit_and_four_times_the_limit() -> None:
    found = apdex([(PASSED, 3.0), (DEGRADED, 3.01), (DEGRADED, 12.0), (DEGRADED, 12.01)], 3.0)

    assert (found.satisfied, found.tolerating, found.frustrated) == (1, 2, 1)
    assert found.score == 0.5
    assert found.is_small


def test_a_failed_run_is_frustrating_however_quick() -> None:
    assert apdex([(FAILED, 0.1), (FAILED, None), (PASSED, 1.0)], 3.0).score == pytest.approx(1 / 3)


def test_what_said_nothing_counts_nowhere() -> None:
    found = apdex([*((verdict, 1.0) for verdict in UNSAID), (PASSED, None)], 3.0)

    assert found.said == 0
    assert found.score is None


@given(st.lists(st.tuples(VERDICTS, st.none() | st.floats(0, 100))), st.floats(0.1, 50))
def test_the_score_is_a_share(runs: list[tuple[Verdict, float | None]], limit: float) -> None:
    score = apdex(runs, limit).score

    assert score is None or 0 <= score <= 1


@pytest.mark.parametrize("limit", [0.0, -1.0, float("nan")])
def test_a_limit_that_is_no_time_is_refused(limit: float) -> None:
    with pytest.raises(UsageError, match="expected seconds above zero"):
        apdex([], limit)


# -- uptime --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdicts", "counted"),
    [((PASSED, FAILED, FAILED), Counts(passed=1)), ((DEGRADED, FAILED), Counts(degraded=1)),
     ((FAILED, FAILED), Counts(failed=1)), ((FAILED, BROKEN), Counts(failed=1)), ((BROKEN, PASSED), Counts(passed=1)),
     ((BROKEN, Verdict.SKIPPED), Counts(broken=1)), ((Verdict.MISSED, Verdict.BLOCKED), Counts(missed=1)), ((), Counts())],
)  # fmt: skip
def test_a_round_has_the_best_verdict_of_its_runs(verdicts: tuple[Verdict, ...], counted: Counts) -> None:
    for order in itertools.permutations(verdicts):
        assert uptime((1, verdict) for verdict in order) == counted


def test_rounds_come_mixed() -> None:
    found = uptime([("08:00", FAILED), ("08:05", FAILED), ("08:00", PASSED), ("08:05", FAILED), ("08:10", BROKEN)])

    assert found == Counts(passed=1, failed=1, broken=1)
    assert (found.good, found.said, found.all) == (1, 2, 3)


@given(st.lists(st.tuples(st.integers(0, 9), VERDICTS)))
def test_every_round_is_counted_once(runs: list[tuple[int, Verdict]]) -> None:
    assert uptime(runs).all == len({round_id for round_id, _ in runs})
