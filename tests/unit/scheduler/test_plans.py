"""What comes of a catalogue: a plan for each journey in each region, also while its file cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.config.settings import Settings
from pytest_synthetic.errors import ConfigError
from pytest_synthetic.model.journey import JourneySpec, Schedule
from pytest_synthetic.model.plan import Catalogue, Listed, Plan, Unreadable
from pytest_synthetic.model.region import Region
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
