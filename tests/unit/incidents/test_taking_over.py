"""From a pipeline to a scheduler of ours and back: who promised the next run, and whose runs count; nothing is stored."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pytest_synthetic.analysis.alerting import State
from pytest_synthetic.analysis.alerting.state import Place
from pytest_synthetic.config.settings import Settings
from pytest_synthetic.history.alert_book import Heard, Watch
from pytest_synthetic.incidents.journeys import Journeys, Usual, alive, known_as
from pytest_synthetic.model.verdict import Verdict
from tests.incidents import minutes
from tests.runs import NOON
from tests.watching import a_plan

HOUR = 60.0


def journeys(*, watched: bool = True, since: float = 0, upto: float = 0) -> Journeys:
    """Checkout, which is watched each hour from "eu"."""
    plans = {"eu": a_plan(every=3600)} if watched else {}
    known = known_as(Settings(), "checkout", None, plans, Usual(("eu",), 24.0, 0, 0))
    return Journeys([known], watches={("checkout", "eu"): Watch(minutes(since), minutes(upto))} if watched else {})


def heard(at: float, *, scheduled: bool = False, region: str = "eu") -> Heard:
    started = minutes(at)
    tick = started if scheduled else None
    return Heard(1, "checkout", "r", region, "", started, tick, Verdict.PASSED, None, None, None, None)


@pytest.mark.parametrize(
    ("at", "next_by", "since", "due"),
    [
        pytest.param(-108, 42, 20, 2 * HOUR + 1, id="it began to watch before the pipeline was silent"),
        pytest.param(-1, 12.5, 1, 2 * HOUR + 1, id="the pipeline ran every 5 minutes"),
        pytest.param(-1, None, 1, 2 * HOUR + 1, id="the pipeline promised nothing"),
        pytest.param(55, 66, -600, 2 * HOUR + 1, id="the schedule was every 5 minutes until now"),
        pytest.param(0, 2 * HOUR + 3, -600, 2 * HOUR + 3, id="a run that took two minutes"),
        pytest.param(0, 3 * HOUR, -600, 3 * HOUR, id="the moment is to come"),
    ],
)
def test_who_takes_over_is_silent_by_its_own_ticks(at: float, next_by: float | None, since: float, due: float) -> None:
    now = minutes(2 * HOUR + 30)
    until = None if next_by is None else minutes(next_by)
    state = State(checksum="", places=(Place(region="eu", variant="", at=minutes(at), run_id="r", next_by=until),))
    known = journeys(since=since)

    settled = known.settled(known.by_id["checkout"], state, now)
    assert settled
    assert settled.places[0].next_by == minutes(due)
    assert (settled is state) is (until == minutes(due))


def test_the_first_run_of_a_scheduler_is_news() -> None:
    pipeline = journeys(watched=False)
    assert pipeline.knows(heard(1))
    assert not pipeline.knows(heard(1, scheduled=True))
    assert not pipeline.knows(heard(1, region="us"))
    assert journeys().knows(heard(1, scheduled=True))


@pytest.mark.parametrize(
    ("at", "counts"),
    [(30, False), (2 * HOUR + 2, False), (26 * HOUR, False), (26 * HOUR + 2, True)],
    ids=["it lives", "it fell silent", "that is a day ago", "that is more than a day ago"],
)
def test_what_others_start_counts_when_the_scheduler_is_dead(at: float, *, counts: bool) -> None:
    assert journeys().counts(heard(at)) is counts
    assert journeys().counts(heard(at, scheduled=True))
    assert journeys(watched=False).counts(heard(at))


@pytest.mark.parametrize(("now", "lives"), [(2 * HOUR, True), (2 * HOUR + 2, False)])
def test_a_scheduler_lives_until_two_of_its_ticks_passed(now: float, *, lives: bool) -> None:
    plan = a_plan(every=3600)
    assert alive(plan, {plan.key: Watch(NOON - timedelta(days=9), NOON)}, minutes(now)) is lives
    assert not alive(plan, {}, NOON)
