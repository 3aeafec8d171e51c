"""What `synthetic demo --watch` watches: a folder as a user would have it, with journeys that run every few seconds."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_synthetic.demo.expected import EXPECTED
from pytest_synthetic.demo.faults import Fault
from pytest_synthetic.demo.runner import JOURNEYS

if TYPE_CHECKING:
    from pathlib import Path

REGIONS = ("us-east", "eu-west")
"""In the order in which they are broken."""

DESKS = ("oncall", "keepers")
"""Who is told: the routes of the settings."""

TESTS = {
    "Browse the catalogue": "test_browse.py::test_browse_the_catalogue",
    "Choose a kettle": "test_browse.py::test_choose_a_kettle",
    "The shop in French": "test_browse.py::test_the_shop_in_french",
    "Buy a kettle": "test_checkout.py::test_buy_a_kettle",
    "Sign up by SMS": "test_sign_up.py::test_sign_up_by_sms",
    "Catalogue API": "test_shop_api.py::test_catalogue_api",
    "Orders API": "test_shop_api.py::test_orders_api",
}
"""Where each journey is."""
ONE_REGION = ("The shop in French",)
PATIENT = (Fault.SLOW_PAYMENT, Fault.LATE_CODE, Fault.LOST_CODE)
"""Their runs take ten seconds and more, whatever is changed here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast everything goes: seconds between two runs, until a reminder, and until a click or a page is given up."""

    every: int = 10
    remind: int = 20
    patience: int = 4


UNHURRIED = Pace(every=20, remind=40, patience=12)
WHOLE_SHOP = Pace(every=30, patience=12)


def pace_of(fault: Fault | None) -> Pace:
    """The fastest at which the runs of a fault do not overtake each other."""
    if fault is None:
        return WHOLE_SHOP
    return UNHURRIED if fault in PATIENT else Pace()


def slower(pace: Pace) -> Pace:
    """For a machine that is busy with other things."""
    return replace(pace, every=2 * pace.every, remind=2 * pace.remind)


def watched(fault: Fault | None) -> tuple[str, ...]:
    """The journeys: all, or the one that the fault breaks and another one to compare it with."""
    if fault is None:
        return tuple(TESTS)
    broken = EXPECTED[fault].journey
    return broken, "Catalogue API" if broken == "Orders API" else "Orders API"


def write_journeys(folder: Path, pace: Pace) -> None:
    """Copy the demo's journeys into `folder`, so that they run as often as `pace` has it, on one device."""
    for source in JOURNEYS.glob("*.py"):
        text = hurried(source.read_text(encoding="utf-8"), pace)
        (folder / source.name).write_text(text, encoding="utf-8")


def hurried(journeys: str, pace: Pace) -> str:
    """The source of journeys, changed in these places and no others."""
    text = re.sub(r'(mark\.schedule\()"\w+"', rf'\1"{pace.every}s"', journeys)
    text = re.sub(r"@pytest\.mark\.device\(.*\n", "", text)
    text = text.replace('["Alto Mobile", "Bravo Telecom"]', '["Alto Mobile"]')
    text = re.sub(r"timeout=12_000", f"timeout={pace.patience * 1000}", text)
    return re.sub(r"^PATIENCE = .*$", f"PATIENCE = {pace.patience * 1000}", text, flags=re.MULTILINE)


SETTINGS = """\
# Written by `synthetic demo --watch`.
product = "The Kettle Shop"
base_url = "{shop}"
artifacts = "artifacts"

[history]
url = "sqlite:///history.db"

# Who is told. Yours are such as "slack://..." and "mailto://..."; these two are desks of the demo.
[alerts.oncall]
to = ["{desk}/oncall"]
secret = "{secret}"

[alerts.keepers]
to = ["{desk}/keepers"]
on = ["degraded", "broken", "missed"]
secret = "{secret}"

# When something is wrong: after two bad runs in a row, in one region or more.
[policies.demo]
failures = 2
remind = "{remind}s"
on = ["failed", "degraded", "broken"]  # a machine that is busy with something else may miss a run

[runner]
time_limit = "{every}s"  # a run that took longer would be in the way of the next
share_browser = true

[evidence]
trace = "off"

[regions.us-east]
proxy = "{us_east}"
locale = "en-US"
timezone = "America/New_York"
headers = {{ X-Visitor-Region = "us-east" }}

[regions.eu-west]
proxy = "{eu_west}"
locale = "fr-FR"
timezone = "Europe/Paris"
headers = {{ X-Visitor-Region = "eu-west" }}
"""

PYTEST_SETTINGS = """\
# Written by `synthetic demo --watch`. This file makes the folder pytest's root.
[pytest]
addopts = -p no:synthetic-leftovers
"""
