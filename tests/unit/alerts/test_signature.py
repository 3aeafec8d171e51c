"""Receivers can check who sent a webhook: with the function that the documentation gives them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from pytest_synthetic.alerts.signature import signature

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "send-alerts.md"
SECRET = "5b0f3cf2a87e4d0f9f0ce0b71f0a2f66"
BODY = b'{"incident": "a1b2c3"}'


@pytest.fixture
def is_ours() -> Callable[[str, bytes, str], bool]:
    """The function of the how-to page."""
    (source,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    space: dict[str, object] = {}
    exec(compile(source, str(PAGE), "exec"), space)
    return cast("Callable[[str, bytes, str], bool]", space["is_ours"])


def test_a_signature_of_ours_is_known(is_ours: Callable[[str, bytes, str], bool]) -> None:
    assert is_ours(SECRET, BODY, signature(SECRET, BODY, datetime.now(UTC)))


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_one_is_not(is_ours: Callable[[str, bytes, str], bool], minutes: int) -> None:
    assert not is_ours(SECRET, BODY, signature(SECRET, BODY, datetime.now(UTC) + timedelta(minutes=minutes)))


def test_another_secret_or_body_is_not(is_ours: Callable[[str, bytes, str], bool]) -> None:
    header = signature(SECRET, BODY, datetime.now(UTC))
    assert not is_ours("another secret", BODY, header)
    assert not is_ours(SECRET, BODY + b" ", header)


@pytest.mark.parametrize("header", ["", "t=,v1=", "v1=abc", "t=1e9,v1=abc", "t=99999999999999999999,v1=é", "x"])
def test_what_is_no_signature_is_not(is_ours: Callable[[str, bytes, str], bool], header: str) -> None:
    assert not is_ours(SECRET, BODY, header)


def test_the_signature_is_that_of_the_time_and_the_body() -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert signature("secret", b"{}", at) == (
        "t=1772366400,v1=b0c2c5e288833b007355aa343b97fd4bb8f9825725b0961e7aaa0f867a720061"
    )
