"""What comes of a catalogue: a plan for each journey in each region, also while its file cannot be read."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.config.settings import HistorySettings, RunnerSettings, Settings
from pytest_synthetic.errors import ConfigError
from pytest_synthetic.model.alerting import Policy
from pytest_synthetic.model.journey import JourneySpec, Schedule
from pytest_synthetic.model.plan import Catalogue, Listed, Plan, Unreadable
from pytest_synthetic.model.region import Region
from pytest_synthetic.model.sla import slo
from pytest_synthetic.scheduler.catalogue import plans

if TYPE_CHECKING:
    from collections.abc import Iterable

OFTEN = Schedule(every=300.0)
PROXY = "http://127.0.0.1:9"
HERE = Settings(
    source=Path("synthetic.toml"),
    regions={name: Region(name=name, proxy=PROXY) for name in ("eu", "us")} | {"mars": Region(name="mars")},
)


def listed(name: str, *regions: str, schedule: Schedule | None = OFTEN, file: str = "test_shop.py") -> Listed:
    spec = JourneySpec(id=name, name=name, regions=regions, schedule=schedule)
    return Listed(spec=spec, nodeid=f"{file}::test_{name}", browser=name == "buy")


def keys(found: Iterable[Plan]) -> list[tuple[str, str]]:
    return [plan.key for plan in found]


def unreadable(file: str) -> Catalogue:
    return Catalogue(journeys=(listed("search"),), unreadable=(Unreadable(file=file, why="ImportError: nowhere"),))


KNOWN = plans(Catalogue(journeys=(listed("buy", "eu", "us", file="shop/test_buy.py"),)), HERE)


def test_a_journey_has_a_plan_in_each_of_its_regions() -> None:
    found = plans(Catalogue(journeys=(listed("buy", "eu", "us"), listed("search"))), HERE)

    assert keys(found) == [("buy", "eu"), ("buy", "us"), ("search", "local")]
    assert [plan.nodeid for plan in found] == ["test_shop.py::test_buy"] * 2 + ["test_shop.py::test_search"]
    assert [plan.browser for plan in found] == [True, True, False]


def test_a_journey_without_a_schedule_has_none() -> None:
    assert plans(Catalogue(journeys=(listed("buy", schedule=None),)), HERE) == []


def test_regions_that_are_asked_for_restrict_as_they_do_for_pytest() -> None:
    catalogue = Catalogue(journeys=(listed("buy", "eu"), listed("pay", "us"), listed("search")))

    assert keys(plans(catalogue, HERE, ("eu",))) == [("buy", "eu"), ("search", "eu")]
    assert keys(plans(catalogue, HERE, ("eu", "us", "eu"))) == [
        ("buy", "eu"), ("pay", "us"), ("search", "eu"), ("search", "us"),
    ]  # fmt: skip
    assert keys(plans(catalogue, HERE, ("local",))) == [("search", "local")]


@pytest.mark.parametrize("file", ["shop/test_buy.py", "shop", "."])
def test_what_is_known_of_a_file_that_cannot_be_read_stays(file: str) -> None:
    found = plans(unreadable(file), HERE, known=KNOWN)

    assert keys(found) == [("search", "local"), ("buy", "eu"), ("buy", "us")]
    assert [plan.unreadable for plan in found] == [None, "ImportError: nowhere", "ImportError: nowhere"]
    assert plans(Catalogue(journeys=(listed("buy", "eu", "us", file="shop/test_buy.py"),)), HERE, known=found) == KNOWN


@pytest.mark.parametrize("file", ["test_buy.py", "shop/test_buy.py.py", "sho", "shop/test"])
def test_another_files_journeys_do_not_stay(file: str) -> None:
    assert keys(plans(unreadable(file), HERE, known=KNOWN)) == [("search", "local")]


def test_a_journey_that_moved_to_another_file_is_read_there() -> None:
    moved = Catalogue(
        journeys=(listed("buy", "eu", file="test_new.py"),),
        unreadable=(Unreadable(file="shop/test_buy.py", why="ImportError"),),
    )
    (plan,) = plans(moved, HERE, known=KNOWN)

    assert plan.nodeid == "test_new.py::test_buy"
    assert plan.unreadable is None


def test_what_is_known_of_other_regions_does_not_stay() -> None:
    assert keys(plans(unreadable("shop/test_buy.py"), HERE, ("us",), KNOWN)) == [("search", "us"), ("buy", "us")]


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_region_that_is_not_defined(elsewhere: bool) -> None:
    with pytest.raises(ConfigError, match=r'region "euu" is not defined in synthetic.toml.*Did you mean "eu"\?'):
        plans(Catalogue(), HERE, ("euu",), elsewhere=elsewhere)
    with pytest.raises(ConfigError, match='region "eu" is not defined; write a'):
        plans(Catalogue(journeys=(listed("buy", "eu"),)), Settings(), elsewhere=elsewhere)


def test_a_region_that_this_machine_cannot_reach() -> None:
    catalogue = Catalogue(journeys=(listed("buy", "mars"),))

    with pytest.raises(ConfigError, match='region "mars" cannot be reached from this machine'):
        plans(catalogue, HERE)
    assert keys(plans(catalogue, HERE, elsewhere=True)) == [("buy", "mars")]


def with_policy(policy: Policy) -> Settings:
    return replace(HERE, policies={"money": policy})


def test_a_policy_that_cannot_do_what_it_says_is_refused_with_the_arithmetic() -> None:
    found = Catalogue(journeys=(listed("buy", "eu"), listed("pay", "eu", "us"), listed("look", schedule=None)))
    wrong = (
        'synthetic.toml: policies.money: "buy": `regions = 2` can never be: it runs from 1 (eu), and 1 < 2. Expected 1 or '
        "less, or run it from more regions"
    )
    for asked in ((), ("eu",)):
        with pytest.raises(ConfigError) as raised:
            plans(found, with_policy(Policy(name="money", regions=2)), asked)
        assert str(raised.value) == wrong
    assert plans(found, with_policy(Policy(name="money", regions=2, journeys=("pay", "look"))))
    assert plans(found, with_policy(Policy(name="money", regions=2)), ("us",)) == plans(found, HERE, ("us",))


def test_a_journey_without_a_region_mark_may_be_asked_to_run_elsewhere_by_others() -> None:
    found, both = Catalogue(journeys=(listed("search"),)), with_policy(Policy(name="money", regions=2))
    with pytest.raises(ConfigError, match=r"it runs from 1 \(local\), and 1 < 2"):
        plans(found, both)
    assert keys(plans(found, both, ("eu",))) == [("search", "eu")]


def test_two_policies_that_are_equally_specific_are_refused() -> None:
    twins = replace(HERE, policies={name: Policy(name=name, failures=2) for name in ("a", "b")})
    with pytest.raises(ConfigError, match=re.escape('[policies.a] and [policies.b] are for the journey "search"')):
        plans(Catalogue(journeys=(listed("search"),)), twins)


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        (Schedule(every=60.0), "a run may take 4 min (`time_limit` of [runner]), and the next is due after 60 s"),
        (Schedule(every=3600.0), "`for = 10 min` is shorter than the 60 min from one run to the next"),
        (Schedule(cron="0 7 * * *"), "`failures = 40` takes 40 runs, and a region has at most 30 in 30 days: 40 days"),
        (Schedule(cron="0 7 * 6 *"), "`failures = 40` takes 40 runs, and a region has at most 30 in 30 days: 375 days"),
        (Schedule(cron="*/20 * * * *", timezone="Europe/Paris"), "is shorter than the 20 min from one run to the next"),
        (
            Schedule(cron="0 7 * * 1-5"),
            "`failures = 40` takes 40 runs, and a region has at most 22 in 30 days: 56 days",
        ),
    ],
)
def test_policies_are_held_against_schedules_of_all_kinds(schedule: Schedule, told: str) -> None:
    policy = Policy(name="money", failures=40, lasts=600.0)
    with pytest.raises(ConfigError, match=re.escape(told)):
        plans(
            Catalogue(journeys=(listed("search", schedule=schedule),)),
            replace(with_policy(policy), runner=RunnerSettings(time_limit=240.0)),
        )


@pytest.mark.parametrize(
    ("runner", "fine"),
    [
        (RunnerSettings(), True),
        (RunnerSettings(limited=True), False),
        (RunnerSettings(time_limit=61.0), False),
        (RunnerSettings(time_limit=60.0, limited=True), True),
    ],
)
@pytest.mark.parametrize("given", [HERE, with_policy(Policy(name="money", failures=2))], ids=["default", "own"])
def test_a_time_limit_that_somebody_chose_is_held_against_schedules_whatever_the_policy(
    given: Settings, runner: RunnerSettings, fine: bool
) -> None:
    found = Catalogue(journeys=(listed("search", schedule=Schedule(every=60.0)), listed("pay", "eu")))
    chosen = replace(given, runner=runner)
    if fine:
        assert plans(found, chosen)
        return
    with pytest.raises(ConfigError, match=r'^synthetic.toml: runner.time_limit: "search": a run may take [^\n]*$'):
        plans(found, chosen)


@pytest.mark.parametrize(
    ("window", "schedule", "told"),
    [
        (
            "1d",
            Schedule(every=172_800.0),
            "its target looks at 24 h, and from one run to the next it is 2 days or more",
        ),
        (
            "week",
            Schedule(cron="0 7 1 * *"),
            "its target looks at 7 days, and from one run to the next it is 28 days or",
        ),
        (
            "quarter",
            Schedule(cron="0 7 1 6 *"),
            "its target looks at 91 days, and from one run to the next it is 365 days",
        ),
        ("1d", Schedule(cron="0 7 * * 1-5"), None),
        ("month", Schedule(cron="0 7 1 * *"), None),
        ("1h", Schedule(every=3600.0, quiet=("22:00-06:00",)), None),
        ("1h", Schedule(cron="*/5 8-20 * * *", timezone="Europe/Paris"), None),
        (
            "quarter",
            Schedule(cron="0 0 29 2 *"),
            "its target looks at 91 days, and from one run to the next it is 1,461 days",
        ),
    ],
)
def test_a_schedule_is_not_longer_than_the_window_of_its_target(
    window: str, schedule: Schedule, told: str | None
) -> None:
    journey = listed("search", schedule=schedule)
    spec = replace(journey.spec, slo=slo(0.99, window), where="test_shop.py:3")
    found = Catalogue(journeys=(replace(journey, spec=spec),))
    if told is None:
        assert plans(found, HERE)
        return
    with pytest.raises(ConfigError, match=f'^test_shop.py:3: "search": {told}'):
        plans(found, HERE)


def test_policies_are_held_against_how_long_runs_are_kept() -> None:
    found = Catalogue(journeys=(listed("search"),))
    with pytest.raises(ConfigError, match="`for = 400 days` is longer than the 35 days that runs are kept"):
        plans(found, with_policy(Policy(name="money", lasts=400 * 86_400.0)))
    kept = replace(with_policy(Policy(name="money", lasts=400 * 86_400.0)), history=HistorySettings(keep_days=500))
    assert plans(found, kept)
