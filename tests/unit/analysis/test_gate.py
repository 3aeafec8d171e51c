"""May a release go out? What it adds to what was there, and what one failed run of it means."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pytest_synthetic.analysis.gate import Candidate, GateDecision, Outcome, decide
from pytest_synthetic.analysis.slo import elapsed, report
from pytest_synthetic.model.history import Counts
from pytest_synthetic.model.sla import Slo, slo

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TARGET = slo(0.995, "30d")
HEALTHY = Counts(passed=8_625, failed=15)
NONE = Counts()


def candidate(before: Counts, release: Counts = NONE, *, target: Slo = TARGET, journey: str = "Checkout") -> Candidate:
    return Candidate(journey=journey, before=report(target, before, span=elapsed(target, NOW)), release=release)


def judged(
    before: Counts, release: Counts = NONE, *, target: Slo = TARGET, allow_unknown: bool = False
) -> GateDecision:
    return decide([candidate(before, release, target=target)], allow_unknown=allow_unknown)


def told(decision: GateDecision) -> list[str]:
    return [reason.text for reason in decision.reasons]


# -- pass ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "release", [NONE, Counts(passed=1), Counts(passed=3, degraded=1), Counts(passed=35, failed=1), Counts(skipped=3)]
)
def test_a_promise_that_is_kept_with_the_release_passes(release: Counts) -> None:
    found = judged(HEALTHY, release)

    assert (found.outcome, found.exit_code, found.reasons) == (Outcome.PASS, 0, ())


# -- block ---------------------------------------------------------------------------------------------------------


def test_a_spent_budget_blocks() -> None:
    found = judged(Counts(passed=8_570, failed=70), Counts(passed=9))

    assert found.exit_code == 3
    assert told(found) == ["Checkout: the availability budget is spent: 70 of 8,640 runs failed, 99.5 % allows 43.2"]


def test_a_budget_that_the_release_would_spend_blocks() -> None:
    found = judged(Counts(passed=943, failed=7), Counts(passed=45, failed=5))

    assert found.exit_code == 3
    assert told(found) == [
        "Checkout: the availability budget would be spent by this release: with its runs 12 of 1,000 runs failed, "
        "99.5 % allows 5"
    ]


def test_a_release_that_does_not_work_blocks_whatever_is_left() -> None:
    found = judged(HEALTHY, Counts(passed=1, failed=2))

    assert found.exit_code == 3
    assert told(found) == [
        "Checkout: this release does not keep its availability: 2 of 3 runs failed, so that it is 3.87 to 82.32 %, "
        "promised 99.5 %"
    ]


def test_a_release_without_history_that_fails_again_blocks() -> None:
    assert judged(NONE, Counts(passed=1, failed=2)).exit_code == 3


def test_latency_is_judged_as_well() -> None:
    found = judged(Counts(passed=8_000, degraded=640), Counts(degraded=3), target=slo(0.9, "30d", 0.9))

    assert found.exit_code == 3
    assert told(found) == [
        "Checkout: this release does not keep its latency: 3 of 3 runs broke the SLA, so that it is 0 to 53.55 %, "
        "promised 90 %"
    ]


# -- not enough data -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [HEALTHY, NONE, Counts(passed=2)])
def test_one_failed_run_of_few_is_neither_chance_nor_a_fault(before: Counts) -> None:
    found = judged(before, Counts(passed=1, failed=1))

    assert found.exit_code == 4
    assert told(found) == [
        "Checkout: 1 of 2 runs of this release failed: too few to tell a fault from chance. Run it again"
    ]


@pytest.mark.parametrize(
    ("before", "exit_code"), [(HEALTHY, 0), (Counts(passed=100), 4), (Counts(passed=2_400, failed=11), 4)]
)
def test_runs_that_work_clear_one_that_failed_if_the_target_is_kept_with_them(before: Counts, exit_code: int) -> None:
    assert judged(before, Counts(passed=2, failed=1)).exit_code == exit_code


def test_the_more_journeys_the_surer_must_a_block_be() -> None:
    unlucky = candidate(HEALTHY, Counts(passed=58, failed=2))
    others = [candidate(HEALTHY, Counts(passed=60), journey=f"{number}") for number in range(99)]

    assert decide([unlucky], allow_unknown=False).exit_code == 3
    assert decide([unlucky, *others], allow_unknown=False).exit_code == 0


def test_a_release_that_is_broken_blocks_among_many_journeys() -> None:
    broken = candidate(HEALTHY, Counts(failed=3))
    others = [candidate(HEALTHY, Counts(passed=3), journey=f"{number}") for number in range(999)]

    assert decide([broken, *others], allow_unknown=False).exit_code == 3


def test_one_failed_run_after_one_before_is_no_anecdote_any_more() -> None:
    assert judged(Counts(passed=3, failed=1), Counts(failed=1)).exit_code == 3


def test_little_history_cannot_say() -> None:
    found = judged(Counts(passed=33), Counts(passed=3))

    assert found.exit_code == 4
    assert told(found) == [
        "Checkout: not enough data on availability: 0 of 36 runs failed, so that it is 93.3 to 100 %, promised 99.5 %"
    ]


def test_no_history_and_no_run_cannot_say() -> None:
    found = judged(NONE)

    assert found.exit_code == 4
    assert told(found) == ["Checkout: not enough data on availability: no run could say anything"]


def test_a_release_of_which_nothing_is_known_does_not_pass_for_its_history() -> None:
    found = judged(HEALTHY, Counts(broken=2, missed=1, skipped=4))

    assert found.exit_code == 4
    assert told(found) == ["Checkout: none of the 3 runs of this release could say anything of availability"]


def test_without_a_target_nothing_is_judged() -> None:
    found = decide([], allow_unknown=False)

    assert found.exit_code == 4
    assert told(found) == ["no journey has a target: there is nothing to judge. Give journeys the mark slo"]


def test_not_enough_data_can_be_allowed_and_is_still_told() -> None:
    found = judged(Counts(passed=33), allow_unknown=True)

    assert (found.outcome, found.exit_code) == (Outcome.PASS, 0)
    assert len(found.reasons) == 1


def test_what_blocks_comes_first_and_is_never_allowed() -> None:
    found = decide(
        [
            candidate(NONE, journey="Search"),
            candidate(Counts(passed=9_000, failed=999)),
            candidate(HEALTHY, journey="A"),
        ],
        allow_unknown=True,
    )

    assert found.exit_code == 3
    assert [(reason.journey, reason.target, reason.outcome) for reason in found.reasons] == [
        ("Checkout", "availability", Outcome.BLOCK),
        ("Search", "availability", Outcome.UNKNOWN),
    ]
