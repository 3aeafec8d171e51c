"""What a journey may be called: one table, for all places in which people name journeys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.alerts.routing import takers
from pytest_synthetic.config.policies import policy_of
from pytest_synthetic.config.scopes import unknown_names
from pytest_synthetic.config.settings import Settings
from pytest_synthetic.core.journey_names import ANYBODY, JourneyNames
from pytest_synthetic.errors import UsageError
from pytest_synthetic.history.answers_journeys import ids
from pytest_synthetic.history.windows import Windows
from pytest_synthetic.model.alerting import Policy, Route
from pytest_synthetic.model.journey import JourneySpec
from pytest_synthetic.model.maintenance import Maintenance
from tests.incidents import a_case, an_incident

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KNOWN = {
    journey: JourneySpec(id=journey, name=name)
    for journey, name in {
        "checkout": "Check out and pay",
        "shop.checkout": "Checkout of the shop",
        "shop.test_search": "Search",
        "shop.test_find": "SEARCH",
        "shop.test_order": "Order",
        "old.test_order": "Order, as it was",
        "shop.test_pay": "Pay",
        "shop.test_cart": "test_pay",
    }.items()
}
CALLED = JourneyNames(KNOWN)
CASES = {
    "checkout": {"checkout"},
    "Checkout": {"checkout", "shop.checkout"},
    "shop.test_search": {"shop.test_search"},
    "Shop.test_search": set(),
    "check OUT and pay": {"checkout"},
    "search": {"shop.test_search", "shop.test_find"},
    "test_FIND": {"shop.test_find"},
    "test_order": {"shop.test_order", "old.test_order"},
    "old.test_order": {"old.test_order"},
    "test_pay": {"shop.test_cart"},
    "shop.test_pay": {"shop.test_pay"},
    "Serch": set(),
    "shop": set(),
}
"""What people write, and the journeys that are meant."""


def commands(told: str) -> set[str]:
    try:
        return set(ids(KNOWN, [told]))
    except UsageError:
        return set()


def maintenance(told: str) -> set[str]:
    window = Maintenance(name="move", start=NOON, end=NOON + timedelta(hours=1), journeys=(told,))
    windows = Windows([window], KNOWN)
    return {journey for journey in KNOWN if windows.held(journey, None, None, "eu", NOON)}


def policies(told: str) -> set[str]:
    settings = Settings(policies={"it": Policy(name="it", journeys=(told,))})
    return {
        spec.id
        for spec in KNOWN.values()
        if policy_of(settings, journey_id=spec.id, name=spec.name, stage=None, owner=None, called=CALLED).name == "it"
    }


def routes(told: str) -> set[str]:
    both = {"it": Route(name="it", to=("slack://it",), journeys=(told,)), "rest": Route(name="rest", to=("slack://a",))}
    cases = {spec.id: a_case(spec.id, name=spec.name) for spec in KNOWN.values()}
    return {key for key, case in cases.items() if both["it"] in takers(an_incident("i", case), both, CALLED)}


def known_names(told: str) -> set[str]:
    """Whether somebody is called so at all."""
    settings = Settings(alerts={"it": Route(name="it", to=("slack://it",), journeys=(told,))})
    return set() if list(unknown_names(settings, KNOWN.values())) else CASES[told]


@pytest.mark.parametrize("told", CASES)
@pytest.mark.parametrize("meant", [commands, maintenance, policies, routes, known_names])
def test_a_journey_is_called_the_same_wherever_people_name_it(meant: Callable[[str], set[str]], told: str) -> None:
    assert meant(told) == CASES[told]


@pytest.mark.parametrize("told", ["shop.test_pay", "PAY", "Test_Pay"])
def test_a_journey_that_is_not_known_is_judged_by_itself(told: str) -> None:
    assert ANYBODY.is_called(told, "shop.test_pay", "Pay")
    assert CALLED.is_called(told, "new.test_pay", "Pay") is (told != "shop.test_pay")
    assert not ANYBODY.is_called(told, "shop.test_search", "Search")
