"""Policies on runs of the past: beside the live alerter, and beside what was really wrong."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic.config.settings import Settings
from pytest_synthetic.errors import ConfigError
from pytest_synthetic.history import store
from pytest_synthetic.history.alert_book import AlertBook, Heard
from pytest_synthetic.history.queries import JourneyFacts
from pytest_synthetic.history.windows import Windows
from pytest_synthetic.incidents.alerter import Alerter
from pytest_synthetic.incidents.backtest import Found, Past, past, real_of, tried
from pytest_synthetic.incidents.journeys import Journeys, Usual, known_as
from pytest_synthetic.incidents.replay import Replay, as_they_ended
from pytest_synthetic.model.alerting import Policy, Severity, Turn
from pytest_synthetic.model.history import Counts, Span
from pytest_synthetic.model.journey import JourneySpec, Schedule
from pytest_synthetic.model.maintenance import Maintenance
from pytest_synthetic.model.plan import Plan
from pytest_synthetic.model.verdict import Verdict
from pytest_synthetic.testing.clock import FakeClock
from tests.incidents import minutes
from tests.runs import NOON, a_run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pytest_synthetic.model.alerting import Incident
    from pytest_synthetic.model.run import RunResult

CHECKOUT, SEARCH = "test_shop.test_checkout", "test_shop.test_search"
REGIONS = ("eu-west", "us-east", "ap-south")
DAY = 288


def facts(*journeys: str) -> dict[str, JourneyFacts]:
    return {
        key: JourneyFacts(key=key, name=key.rpartition("_")[2].title(), stage=None, owner=None, slo=None, schedule=None)
        for key in journeys
    }


def heard(
    rounds: int,
    ends: Callable[[int, str, str], Verdict] = lambda *_: Verdict.PASSED,
    journeys: Sequence[str] = (CHECKOUT,),
    *,
    scheduled: bool = True,
) -> list[Heard]:
    """A run of each journey in each region every 5 minutes, from NOON on."""
    found: list[Heard] = []
    for number in range(rounds):
        for place, (journey, region) in enumerate((journey, region) for journey in journeys for region in REGIONS):
            at = NOON + timedelta(minutes=5 * number, seconds=place)
            verdict = ends(number, journey, region)
            bad = verdict is not Verdict.PASSED
            row = len(found) + 1
            found.append(
                Heard(
                    *(row, journey, f"{row:032x}", region, "desktop", at, at if scheduled else None, verdict, 4.0),
                    step="pay" if bad else None,
                    claim="expected a number, got none" if bad else None,
                    fingerprint="f00d" if bad else None,
                )
            )
    return found


def the_past(runs: Sequence[Heard], days: float = 1, **more: Any) -> Past:
    known = facts(*{run.journey for run in runs})
    told = {"before": {}, "plans": (), "away": Windows((), known), **more}
    span = Span(start=NOON, end=NOON + timedelta(days=days))
    return past(runs, told.pop("before"), known, told.pop("plans"), span=span, **told)


def set_to(**policy: Any) -> Settings:
    return Settings(policies={"p": Policy(name="p", **policy)})


def outage(first: int, last: int) -> Callable[[int, str, str], Verdict]:
    return lambda number, _journey, _region: Verdict.FAILED if first <= number < last else Verdict.PASSED


# -- figures -----------------------------------------------------------------------------------------------------------


def test_an_outage_is_found_by_a_page_that_is_not_false() -> None:
    told = the_past(heard(DAY, outage(100, 112)))
    done = tried(told, set_to(failures=2))
    score = done.overall
    assert (score.pages, score.false_pages, score.tickets) == (1, 0, 0)
    assert (score.real, score.found, score.missed) == (1, 1, 0)
    assert done.found == (Found(Severity.PAGE, 304.0),)
    assert (score.median, score.p95) == (304.0, 304.0)
    (mine,) = done.journeys
    assert replace(mine, journey=None, name="all") == score
    assert mine.name == "Checkout"


def test_what_fails_with_one_card_alone_is_found_among_the_others() -> None:
    def with_card(run: Heard, number: int, card: str) -> Heard:
        bad = card == "amex" and minutes(500) <= run.started < minutes(560)
        return run._replace(
            number=4 * run.number + number,
            run_id=f"{4 * run.number + number:032x}",
            parameters=card,
            started=run.started + timedelta(seconds=10 * number),
            verdict=Verdict.FAILED if bad else Verdict.PASSED,
        )

    cards = ("visa", "amex", "mastercard", "paypal")
    runs = [with_card(run, number, card) for run in heard(DAY) for number, card in enumerate(cards)]
    runs.sort(key=lambda run: run.started)

    score = tried(the_past(runs), set_to(failures=3)).overall
    assert (score.pages, score.false_pages, score.real, score.found) == (1, 0, 1, 1)


def test_a_hiccup_of_one_region_makes_a_false_page() -> None:
    runs = heard(
        DAY,
        lambda number, _, region: (
            Verdict.FAILED if (number, region) in {(50, "eu-west"), (51, "eu-west")} else Verdict.PASSED
        ),
    )
    score = tried(the_past(runs), set_to(failures=2)).overall
    assert (score.pages, score.false_pages, score.real, score.median) == (1, 1, 0, None)
    assert tried(the_past(runs), set_to(failures=2, regions=2)).overall.pages == 0


def test_what_a_policy_does_not_see_is_missed() -> None:
    drawn = random.Random(1)
    runs = heard(
        3 * DAY,
        lambda number, *_: Verdict.FAILED if DAY <= number < 2 * DAY and drawn.random() < 0.1 else Verdict.PASSED,
    )
    told = the_past(runs, days=3)
    assert len(real_of(told)) == 1
    score = tried(told, set_to(failures=4, of=4)).overall
    assert (score.real, score.found, score.missed, score.median, score.p95) == (1, 0, 1, None, None)


def test_the_policy_of_those_who_set_none_finds_an_outage_at_once() -> None:
    done = tried(the_past(heard(DAY, outage(100, 112))), Settings())
    assert done.overall.found == 1
    assert done.overall.false_pages == 0
    assert done.found[0].after is not None
    assert done.found[0].after < 360


def test_an_incident_of_several_journeys_counts_once_in_all_and_once_in_each() -> None:
    runs = heard(DAY, outage(100, 112), [CHECKOUT, SEARCH])
    done = tried(the_past(runs), set_to(failures=2))
    assert done.overall.pages == 1
    assert [score.pages for score in done.journeys] == [1, 1]
    assert done.overall.real == 2


def test_reminders_are_counted_also_where_no_run_comes() -> None:
    runs = heard(DAY // 2, outage(DAY // 2 - 4, DAY))
    score = tried(the_past(runs), set_to(failures=2, remind=3600.0)).overall
    assert score.reminders == 12
    assert tried(the_past(runs), set_to(failures=2, remind=False)).overall.reminders == 0


def test_broken_runs_make_a_ticket_and_nothing_real() -> None:
    runs = heard(DAY, lambda number, *_: Verdict.BROKEN if 100 <= number < 110 else Verdict.PASSED)
    score = tried(the_past(runs), set_to(failures=2)).overall
    assert (score.pages, score.tickets, score.real) == (0, 1, 0)


def test_bad_runs_that_last_are_asked_for_without_a_run() -> None:
    done = tried(the_past(heard(DAY, outage(100, 112))), set_to(lasts=420.0))
    assert done.found == (Found(Severity.PAGE, 420.0),)


# -- what is known -----------------------------------------------------------------------------------------------------


def test_what_is_usual_is_learnt_before_where_enough_ran_before() -> None:
    runs = heard(DAY, outage(100, 112))
    before = the_past(runs, before={CHECKOUT: Counts(passed=990, failed=10)})
    assert before.learnt_before == {CHECKOUT}
    assert before.usual[CHECKOUT][2:] == (10, 1000)
    few = the_past(runs, before={CHECKOUT: Counts(passed=9, failed=1)})
    assert few.learnt_before == frozenset()
    assert few.usual[CHECKOUT] == Usual(tuple(sorted(REGIONS)), 864.0, 0, 864 - 36)


def test_what_ran_in_maintenance_is_neither_real_nor_told() -> None:
    known = facts(CHECKOUT)
    window = Maintenance(name="move", start=NOON + timedelta(minutes=495), end=NOON + timedelta(minutes=570))
    told = the_past(heard(DAY, outage(100, 112)), away=Windows([window], known))
    score = tried(told, set_to(failures=2)).overall
    assert (score.real, score.pages) == (0, 0)


def test_what_people_started_beside_a_scheduler_does_not_count() -> None:
    by_hand = [
        run._replace(scheduled=None, started=run.started + timedelta(seconds=30))
        for run in heard(DAY, outage(100, 101))
    ]
    both = sorted(
        [*heard(DAY), *(run for run in by_hand if run.verdict is Verdict.FAILED)], key=lambda run: run.started
    )
    told = the_past(both)
    assert len(told.heard) == 3 * DAY
    assert tried(told, set_to(failures=1)).overall.pages == 0
    assert tried(the_past(heard(DAY, outage(100, 112), scheduled=False)), set_to(failures=1)).overall.pages == 1


def test_silence_is_told_of_what_is_scheduled() -> None:
    spec = JourneySpec(id=CHECKOUT, name="Checkout", schedule=Schedule(every=300.0, spread=False))
    plans = [Plan(spec=spec, region=region, nodeid="test_shop.py::test_checkout") for region in REGIONS]
    runs = [run for run in heard(DAY) if not NOON + timedelta(hours=6) <= run.started < NOON + timedelta(hours=9)]
    score = tried(the_past(runs, plans=plans), Settings()).overall
    assert (score.tickets, score.pages, score.real) == (1, 0, 0)
    assert tried(the_past(runs), Settings()).overall.tickets == 0


def test_what_began_this_hour_runs_as_often_as_its_schedule_says() -> None:
    spec = JourneySpec(id=CHECKOUT, name="Checkout", schedule=Schedule(every=300.0, spread=False))
    plans = [Plan(spec=spec, region=region, nodeid="test_shop.py::test_checkout") for region in REGIONS]

    assert the_past(heard(12), plans=plans).usual[CHECKOUT].runs_per_day == pytest.approx(3 * DAY)
    assert the_past(heard(2 * DAY, scheduled=False), plans=plans).usual[CHECKOUT].runs_per_day > 3 * DAY - 10
    assert the_past(heard(12)).usual[CHECKOUT].runs_per_day == 36


def test_policies_that_clash_are_a_mistake() -> None:
    both = Settings(policies={name: Policy(name=name, failures=1) for name in "ab"})
    with pytest.raises(ConfigError, match="equally specific"):
        tried(the_past(heard(3)), both)


def test_runs_are_taken_in_the_order_in_which_they_ended() -> None:
    runs = heard(2)
    slow = [runs[0]._replace(duration=400.0), *runs[1:]]
    order = [each.number for _, each in as_they_ended(slow)]
    assert order == [2, 3, 4, 5, 6, 1]
    assert [at for at, _ in as_they_ended(slow)] == sorted(at for at, _ in as_they_ended(slow))


# -- beside the live alerter -------------------------------------------------------------------------------------------


def records(seed: int, rounds: int, *, minutes: float = 0.0) -> list[RunResult]:
    """Two journeys with two outages, a broken monitor, and what fails by chance."""
    drawn, found = random.Random(seed), []
    for number in range(rounds):
        for place, (journey, region) in enumerate(
            (journey, region) for journey in (CHECKOUT, SEARCH) for region in REGIONS[:2]
        ):
            verdict = "passed"
            if drawn.random() < 0.03 or number in range(20, 24) or (journey == SEARCH and number in range(40, 50)):
                verdict = "failed"
            elif journey == CHECKOUT and region == "eu-west" and number in range(30, 34):
                verdict = "broken"
            found.append(
                a_run(verdict, minutes=minutes + 5 * number + place / 10, journey=journey, name=journey, region=region)
            )
    return found


@pytest.mark.parametrize(
    "policy", [{"failures": 2}, {"failures": 2, "of": 3, "regions": 2}, {"failures": 1, "successes": 1}]
)
def test_the_stored_history_becomes_the_incidents_of_the_live_alerter(tmp_path: Path, policy: dict[str, Any]) -> None:
    settings, clock = set_to(**policy), FakeClock(now=NOON)
    history = store.opened(f"sqlite:///{tmp_path}/history.db")
    history.record(records(7, 1, minutes=-120))
    said: list[str] = []
    alerter = Alerter(history, settings, root=tmp_path, clock=clock, redact=str, say=said.append, wake=lambda: None)
    alerter.turn()
    for run in records(7, 60):
        clock.set(datetime.fromisoformat(run.started_at) + timedelta(seconds=run.duration or 0.0))
        history.record([run])
        alerter.turn()
    alerter.close(0)
    book = AlertBook(history.engine)
    live = book.incidents(NOON)
    known = facts(CHECKOUT, SEARCH)
    usual = Usual(REGIONS[:2], 576.0, 10, 1000)
    replay = Replay(Journeys([known_as(settings, key, known[key], {}, usual) for key in known]), Windows((), known))
    replay.run(book.replayed(NOON, clock.now() + timedelta(seconds=1)), clock.now())
    history.close()
    assert len(live) > 1
    assert [_told(each) for each in live] == [_told(each) for each in replay.incidents.values()]
    assert sum(each.turn is Turn.OPENED for each in replay.told) == sum(" opened: " in line for line in said)


def _told(incident: Incident) -> tuple[object, ...]:
    problems = {
        (case.problem.journey, case.problem.kind, case.problem.regions, case.resolved) for case in incident.cases
    }
    turns = [(entry.at, entry.what) for entry in incident.entries]
    return incident.id, incident.severity, incident.opened, incident.resolved, problems, turns
