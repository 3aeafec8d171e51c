"""Plans made by hand."""

from __future__ import annotations

from pytest_synthetic.model.journey import JourneySpec, Schedule
from pytest_synthetic.model.plan import Plan
from pytest_synthetic.scheduler.export import writing
from pytest_synthetic.scheduler.export.batches import Project
from pytest_synthetic.scheduler.export.writing import Export

PARIS = "Europe/Paris"


def plan(nodeid: str, schedule: Schedule | None, region: str = "local", *, browser: bool = False) -> Plan:
    spec = JourneySpec(id=nodeid, name=nodeid, schedule=schedule)
    return Plan(spec=spec, region=region, nodeid=nodeid, browser=browser)


ODD = "journeys/test_it's.py::test_${{x}}_$HOME_`id`_%"
"""A node id that shells, YAML, Groovy, systemd and GitHub would each take for something else."""

MANY = (
    plan("journeys/test_shop.py::test_checkout", Schedule(every=300), "eu-west", browser=True),
    plan("journeys/test_shop.py::test_checkout", Schedule(every=300), "us-east", browser=True),
    plan(ODD, Schedule(every=300), "eu-west"),
    plan(ODD, Schedule(every=300), "us-east"),
    plan("journeys/test_api.py::test_hourly", Schedule(every=3600, quiet=("22:00-06:00",), timezone=PARIS)),
    plan("journeys/test_api.py::test_morning", Schedule(cron="0 7 * * 1-5", timezone=PARIS), "eu-west"),
    plan("journeys/test_api.py::test_either", Schedule(cron="5 0 13 * 5")),
    plan("journeys/test_api.py::test_daily", Schedule(every=86400)),
)
"""Schedules that every host can keep."""

HARD = (
    plan("journeys/test_api.py::test_seconds", Schedule(every=30)),
    plan("journeys/test_api.py::test_uneven", Schedule(every=420)),
    plan("journeys/test_api.py::test_last", Schedule(cron="0 0 L,13 * *")),
    plan("journeys/test_api.py::test_second_monday", Schedule(cron="0 9 * * 1#2,5L")),
    plan("journeys/test_api.py::test_both", Schedule(cron="0 9 */2 * 1")),
)
"""Schedules that some hosts cannot keep."""


def project(**given: object) -> Project:
    told: dict[str, object] = {"name": "shop", "secrets": ("SHOP_PASSWORD",), "tool": "1.2.3", "place": "/srv/shop"}
    return Project(**(told | given))  # type: ignore[arg-type]


def exported(target: str, plans: tuple[Plan, ...] = MANY, **given: object) -> Export:
    return writing.export(target, project(**given), plans)


def texts(target: str, plans: tuple[Plan, ...] = MANY, **given: object) -> dict[str, str]:
    """The exported files by their names."""
    return {file.path.rpartition("/")[2]: file.text for file in exported(target, plans, **given).files}
