"""Owners' own promises beside the customers', and the minutes in which only the customers' was broken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.analysis.owners import JourneySeen, Promises, RunSeen, StepSeen, is_silo, journeys, owners
from pytest_synthetic.model.verdict import Verdict

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
IN_TIME = StepSeen(Verdict.PASSED, 1.0, 3.0)
LATE = StepSeen(Verdict.DEGRADED, 4.0, 3.0)
FAILED = StepSeen(Verdict.FAILED, 1.0, 3.0)
BROKEN = StepSeen(Verdict.BROKEN, 1.0, 3.0)
BARE = StepSeen(Verdict.PASSED, 9.0)


def run(minute: float, verdict: Verdict = Verdict.PASSED, *steps: StepSeen, **more: str) -> RunSeen:
    given = {"journey": "Checkout", "region": "eu-west", **more}
    return RunSeen(started=NOON + timedelta(minutes=minute), verdict=verdict, steps=steps or (IN_TIME,), **given)


def told(runs: list[RunSeen], until: float | None = None) -> JourneySeen:
    (journey,) = journeys(runs, until=None if until is None else NOON + timedelta(minutes=until))
    return journey


@pytest.mark.parametrize(
    ("verdict", "steps", "silo"),
    [
        (Verdict.DEGRADED, (IN_TIME, BARE), True),
        (Verdict.FAILED, (IN_TIME,), True),
        (Verdict.PASSED, (IN_TIME,), False),
        (Verdict.BROKEN, (IN_TIME,), False),
        (Verdict.DEGRADED, (IN_TIME, LATE), False),
        (Verdict.DEGRADED, (IN_TIME, LATE._replace(verdict=Verdict.PASSED)), False),
        (Verdict.FAILED, (IN_TIME, FAILED), False),
        (Verdict.FAILED, (IN_TIME, BARE._replace(verdict=Verdict.FAILED)), False),
        (Verdict.FAILED, (IN_TIME, BROKEN), False),
        (Verdict.FAILED, (BARE,), False),
        (Verdict.FAILED, (), False),
    ],
)
def test_a_silo_is_a_broken_promise_that_no_step_shows(
    verdict: Verdict, steps: tuple[StepSeen, ...], silo: bool
) -> None:
    assert is_silo(RunSeen("Checkout", "eu-west", NOON, verdict, steps)) is silo


def test_a_run_stands_for_the_time_to_the_next() -> None:
    seen = told([run(0), run(5, Verdict.DEGRADED), run(10, Verdict.FAILED), run(16), run(20)], until=22)

    assert seen == JourneySeen(journey="Checkout", kept=3, said=5, silos=2, silo_minutes=11, minutes=22)
    assert seen.share == 0.6


def test_but_not_for_a_night_in_which_nothing_ran() -> None:
    seen = told([run(0), run(5), run(10, Verdict.FAILED), run(600), run(605)])

    assert (seen.silo_minutes, seen.minutes) == (10, 30)


@pytest.mark.parametrize(("until", "minutes"), [(None, 5), (11, 1), (999, 10), (3, 0)])
def test_the_last_run_stands_until_the_end_that_is_given(until: float | None, minutes: float) -> None:
    assert told([run(0), run(5), run(10, Verdict.FAILED)], until).silo_minutes == minutes


def test_runs_that_could_not_say_end_the_time_and_stand_for_none() -> None:
    seen = told([run(0, Verdict.FAILED), run(5, Verdict.BROKEN), run(10), run(15)])

    assert (seen.said, seen.silos, seen.silo_minutes, seen.minutes) == (3, 1, 5, 15)


def test_of_a_single_run_no_time_is_known() -> None:
    assert told([run(0, Verdict.FAILED)], until=60) == JourneySeen(
        journey="Checkout", kept=0, said=1, silos=1, silo_minutes=None, minutes=None
    )


def test_without_runs_that_could_say_nothing_is_known() -> None:
    seen = told([run(0, Verdict.SKIPPED), run(5, Verdict.SKIPPED)])

    assert (seen.share, seen.silo_minutes, seen.minutes) == (None, None, None)
    assert (journeys([]), owners([])) == ((), ())


def test_regions_and_variants_have_their_own_time() -> None:
    here = [run(minute, Verdict.FAILED) for minute in (0, 5, 10)]
    there = [run(minute, region="us-east") for minute in (1, 6, 11)]
    mobile = [run(minute, Verdict.FAILED, variant="mobile") for minute in (0, 60)]
    seen = told([*here, *there, *mobile])

    assert (seen.silos, seen.silo_minutes, seen.minutes) == (5, 135, 150)


def test_owners_see_their_own_promises_beside_the_journey() -> None:
    web, psp = IN_TIME._replace(owner="web team"), IN_TIME._replace(owner="payments")
    runs = [
        run(0, Verdict.PASSED, web, psp, owner="shop"),
        run(5, Verdict.DEGRADED, web, psp, owner="shop"),
        run(10, Verdict.DEGRADED, web, LATE._replace(owner="payments"), owner="shop"),
        run(15, Verdict.FAILED, web, FAILED._replace(owner="payments"), owner="shop"),
        run(20, Verdict.BROKEN, web, BROKEN._replace(owner="payments"), BARE, owner="shop"),
        run(0, Verdict.PASSED, BARE._replace(owner="web team"), owner="web team", journey="Home page"),
    ]
    payments, shop, team = owners(runs)
    checkout = JourneySeen(journey="Checkout", kept=1, said=4, silos=1, silo_minutes=5, minutes=20)
    home = JourneySeen(journey="Home page", kept=1, said=1, silos=0, silo_minutes=None, minutes=None)

    assert (payments.name, payments.steps, payments.journeys) == (
        "payments", Promises(kept=2, late=1, failed=1), (checkout,)
    )  # fmt: skip
    assert payments.steps.share == 0.5
    assert (shop.name, shop.steps.share, shop.journeys) == ("shop", None, (checkout,))
    assert (team.name, team.steps, team.journeys) == ("web team", Promises(kept=5, late=0, failed=0), (checkout, home))


def test_a_step_without_an_owner_is_the_journeys_and_what_nobody_owns_comes_last() -> None:
    told = owners([run(0, owner="shop"), run(5, Verdict.PASSED, IN_TIME, LATE._replace(owner="zoo"))])

    assert [owner.name for owner in told] == ["shop", "zoo", None]
    assert [owner.steps.kept for owner in told] == [1, 0, 1]


STEPS = st.sampled_from([IN_TIME, LATE, FAILED, BROKEN, BARE])
RUNS = st.builds(
    lambda minute, verdict, steps, region: run(minute, verdict, *steps, region=region),
    st.integers(0, 600),
    st.sampled_from(Verdict),
    st.lists(STEPS, max_size=3),
    st.sampled_from(["eu-west", "us-east"]),
)


@given(st.lists(RUNS, min_size=1, max_size=30))
def test_silo_minutes_are_part_of_the_minutes_and_of_the_time(runs: list[RunSeen]) -> None:
    seen = told(runs, until=600)

    assert seen.silos + seen.kept <= seen.said <= len(runs)
    if seen.minutes is not None and seen.silo_minutes is not None:
        assert 0 <= seen.silo_minutes <= seen.minutes <= 2 * 600


def test_parameters_that_never_come_twice_stand_for_the_time_to_each_other() -> None:
    seen = told([run(minute, variant=str(minute)) for minute in (0, 5, 10)], until=15)

    assert seen.minutes == 15
