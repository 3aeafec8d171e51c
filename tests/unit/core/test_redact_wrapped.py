"""Secrets in long values, as pprint breaks them over lines."""

from __future__ import annotations

import pprint

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.core.redact import Redactor
from pytest_synthetic.core.redact_forms import why_not

SECRET = "correct horse 'battery' \"staple\" é\\z of the kiwi"


def lines(text: str) -> int:
    return text.count("\n")


@pytest.mark.parametrize("width", [20, 40, 60, 80])
@pytest.mark.parametrize(
    "value", [SECRET, f"before {SECRET} after it", [SECRET], {"word": [SECRET, SECRET], "x": ("a", SECRET)}]
)
def test_what_pprint_breaks_over_lines(width: int, value: object) -> None:
    door = Redactor()
    door.declare("PP", SECRET)
    shown = pprint.pformat(value, width=width)

    told = door.text(shown)

    assert not any(word in told for word in ("correct", "horse", "battery", "staple", "kiwi"))
    assert "[redacted:PP]" in told
    assert lines(told) == lines(shown)


@given(
    secret=st.text(st.sampled_from("abc'\"\\é日 \n\t"), min_size=8, max_size=60).filter(
        lambda value: why_not(value) is None and len(value.split()) > 1
    ),
    width=st.integers(10, 40),
)
def test_wherever_it_breaks(secret: str, width: int) -> None:
    door = Redactor()
    door.declare("PP", f"Q7 {secret} 7Q")

    told = door.text(pprint.pformat([f"Q7 {secret} 7Q"], width=width))

    assert "Q7" not in told
    assert "7Q" not in told


def test_lines_of_an_assertion_keep_their_marks() -> None:
    door = Redactor()
    door.declare("PP", "correct horse battery staple")
    shown = "E         +     'correct horse '\nE         +     'battery staple',"

    assert door.text(shown) == "E         +     '[redacted:PP]'\nE         +     '[redacted:PP]',"


def test_many_breaks_are_looked_at_in_passing() -> None:
    door = Redactor()
    door.declare("PP", " ".join(f"word{number}" for number in range(200)))
    text = "'word1 '\n  'word1 '\n" * 2_000

    assert door.text(text) == text
