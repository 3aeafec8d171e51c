"""Runs that come late: an upload that took a while counts, an import of yesterday wakes nobody; nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import pytest

from pytest_synthetic.analysis.alerting import Decision, State
from pytest_synthetic.config.settings import Settings
from pytest_synthetic.history.alert_book import Heard
from pytest_synthetic.history.queries import JourneyFacts
from pytest_synthetic.history.windows import Windows
from pytest_synthetic.incidents.deciding import Deciding
from pytest_synthetic.incidents.journeys import Journeys, Usual, known_as
from pytest_synthetic.model.alerting import Kind, Policy, What
from pytest_synthetic.model.journey import Schedule
from pytest_synthetic.model.verdict import Verdict
from tests.incidents import minutes
from tests.watching import a_plan

HOUR = 60.0
DAY = 24 * HOUR
NUMBERS = count(1)


def failed(*at: float, verdict: Verdict = Verdict.FAILED) -> list[Heard]:
    return [
        Heard(number, "checkout", f"r{number}", "eu", "", minutes(each), None, verdict, 2.0, "pay", "no", None)
        for each, number in zip(at, NUMBERS, strict=False)
    ]


def decided(
    heard: Sequence[Heard],
    *,
    every: float | None,
    caught_up: float | None = -1,
    state: State | None = None,
    watched: bool = False,
) -> Decision:
    """What is decided at NOON with two failed runs in a row, where nothing was left to read `caught_up` minutes ago."""
    schedule = Schedule(every=every * 60, spread=False) if every else None
    facts = JourneyFacts(key="checkout", name="Checkout", stage=None, owner=None, slo=None, schedule=schedule)
    settings = Settings(policies={"two": Policy(name="two", failures=2)})
    plans = {"eu": a_plan(every=every * 60)} if every and watched else {}
    known = known_as(settings, "checkout", facts, plans, Usual(("eu",), 24.0, 0, 0))
    known_until = None if caught_up is None else minutes(caught_up)
    return Deciding(Journeys([known]), Windows((), {}), known_until).decided(known, state, heard, minutes(0))


@pytest.mark.parametrize(
    ("at", "every", "caught_up", "opens"),
    [
        pytest.param((-300, -240), 60, -1, False, id="an import of hours ago"),
        pytest.param((-55, -50), 5, -1, True, id="a spool that was sent less than an hour later"),
        pytest.param((-300, -60), 60, -1, True, id="the newest one is new"),
        pytest.param((-300, -240), 60, -250, True, id="nobody read it, as there was too much to read"),
        pytest.param((-300, -240), 60, None, True, id="the alerter was not there"),
        pytest.param((-2 * DAY, -1.9 * DAY), 60, None, False, id="a day ago, and the alerter was not there"),
        pytest.param((-300, -240), None, -1, True, id="it has no schedule"),
        pytest.param((-1.9 * DAY, -1.8 * DAY), None, -1, False, id="it has no schedule, and that is a day ago"),
        pytest.param((-2 * DAY, -DAY), DAY, -1, True, id="it runs each day, and this is the newest that there can be"),
    ],
)
@pytest.mark.parametrize("watched", [False, True])
def test_old_news_opens_nothing(
    at: tuple[float, ...], every: float | None, caught_up: float | None, *, opens: bool, watched: bool
) -> None:
    decision = decided(failed(*at), every=every, caught_up=caught_up, watched=watched)
    assert [action.what for action in decision.actions if action.problem.kind is Kind.OUTAGE] == [What.OPENED] * opens


@pytest.mark.parametrize("caught_up", [None, -500, -1])
def test_an_outage_that_goes_on_is_told_at_once_whoever_was_away(caught_up: float | None) -> None:
    (opened,) = decided(failed(*range(-480, 0, 5)), every=5, caught_up=caught_up).actions
    assert (opened.what, opened.problem.first_bad) == (What.OPENED, minutes(-480))


def test_what_still_fails_after_old_news_is_told_with_all_of_it() -> None:
    before = decided(failed(-300, -240), every=60)
    (opened,) = decided(failed(-1), every=60, state=before.state).actions
    assert (opened.what, opened.problem.first_bad) == (What.OPENED, minutes(-300))


def test_that_a_monitor_did_not_run_is_news_whenever_it_is_told() -> None:
    (opened,) = decided(failed(-300, -240, verdict=Verdict.MISSED), every=60).actions
    assert opened.problem.kind is Kind.MISSED
