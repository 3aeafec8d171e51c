"""What tells the runs of one journey apart: pytest's id of the test, without what is ours."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_synthetic.core.variants import LONGEST, parameters_of, variant
from tests.runs import a_run


def of(brackets: str, parameters: dict[str, str] | None = None, **changed: Any) -> str:
    nodeid = f"test_shop.py::test_checkout[{brackets}]" if brackets else "test_shop.py::test_checkout"
    return parameters_of(a_run(nodeid=nodeid, parameters=parameters or {}, **changed))


@pytest.mark.parametrize(
    ("brackets", "parameters", "told"),
    [
        ("", {}, ""),
        ("eu-west", {}, ""),
        ("visa", {"card": "visa"}, "visa"),
        ("visa-eu-west", {"card": "visa"}, "visa"),
        ("3-visa-eu-west-chromium", {"n": "3", "card": "visa"}, "3-visa"),
        ("visa-eu-west-firefox", {"card": "visa"}, "visa-firefox"),
        ("firefox-eu-west", {}, "firefox"),
        ("eu-west-eu-west", {"shop": "eu-west"}, "eu-west"),
        ("chromium-eu-west-chromium", {"agent": "chromium"}, "chromium"),
        ("card0-eu-west", {"card": "<Card object at 0x7fbf1c084bd0>"}, "card0"),
        ("american express-eu-west", {"card": "<Card object at 0x7fbf1c084bd0>"}, "american express"),
        ("caf\\xe9-eu-west", {"shop": "café"}, "café"),
        ("a\\nb-eu-west", {"text": "a b"}, "a\\nb"),
        ("[redacted:token]-eu-west", {"key": "[redacted:token]"}, "[redacted:token]"),
        ("", {"card": "visa", "n": "3"}, "visa-3"),
        ("", {"card": "<Card object at 0x7fbf1c084bd0>"}, "<Card object at 0x…>"),
        ("a-1", {"card": "a"}, "a-1"),
    ],
)
def test_parameters_are_as_pytest_names_them(brackets: str, parameters: dict[str, str], told: str) -> None:
    assert of(brackets, parameters) == told


def test_a_device_and_the_name_of_a_group_are_no_parameters() -> None:
    assert of("visa-iPhone 15-eu-west", {"card": "visa"}, device="iPhone 15") == "visa"
    assert of("card0-iPhone 15-eu-west", {"card": "<object>"}, device="iPhone 15") == "card0"
    assert of("desktop-chromium", {"site": "desktop"}, device="desktop") == "desktop"
    assert of("site0-local", {"site": "<object>"}, region="local") == "site0-local"
    run = a_run(nodeid="test_shop.py::test_checkout[visa-eu-west]@group", parameters={"card": "visa"})
    assert parameters_of(run) == "visa"


def test_a_record_in_place_of_a_run_has_none() -> None:
    assert parameters_of(a_run(nodeid="tests/test_shop.py::test_checkout", region="visa")) == ""


def test_a_long_one_is_cut_and_stays_another_one_than_those_that_begin_like_it() -> None:
    one, other = (of(f"{'x' * 100_000}{end}", {"text": "x" * 199 + "…"}) for end in "ab")

    assert len(one) == len(other) == LONGEST
    assert one != other
    assert one.startswith("xxx")


def test_device_and_parameters_in_one_text() -> None:
    assert variant(None, "") == variant("", "") == ""
    assert variant("desktop", "") == "desktop"
    assert variant("desktop", "amex") == variant(None, "amex") == "amex"
    assert variant("iPhone 15", "amex") == "iPhone 15 · amex"
