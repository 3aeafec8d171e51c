"""Codes as messages write them."""

from __future__ import annotations

import pytest

from pytest_synthetic.core.redact_codes import as_sent, grouped, is_number


@pytest.mark.parametrize(
    ("code", "text", "ways"),
    [
        ("283549", "Your code is 283-549.", ["283-549"]),
        ("283549", "Code 2, 8, 3, 5, 4, 9, again: 2 8 3 5 4 9", ["2, 8, 3, 5, 4, 9", "2 8 3 5 4 9"]),
        ("283549", "\uff12\uff18\uff13 \uff15\uff14\uff19", ["\uff12\uff18\uff13 \uff15\uff14\uff19"]),
        ("283549", "283549, not 1283-549 nor 283-5491", []),
        ("K7P9QX", "code k7p\u00b79qx", ["k7p\u00b79qx"]),
    ],
)
def test_the_ways_in_which_a_message_writes_its_code(code: str, text: str, ways: list[str]) -> None:
    assert as_sent(code, text) == ways


def test_groups_are_numbers() -> None:
    assert all(is_number(form) for digits in ("0417", "283549", "12345678") for form in grouped(digits))
    assert not any(is_number(form) for form in ("+15005550006", "MjgzNTQ5", "G-283549", "12a", "", "-12"))
