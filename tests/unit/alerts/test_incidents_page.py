"""The page on incidents shows what is really written, and the numbers that are really used."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import pytest_synthetic
from pytest_synthetic.alerts.inert import inert
from pytest_synthetic.alerts.message import letter
from pytest_synthetic.analysis.flapping import flapping_value
from pytest_synthetic.analysis.incident_causes import SAME_CAUSE, TOGETHER
from pytest_synthetic.analysis.incident_draft import BETWEEN_UPDATES
from pytest_synthetic.analysis.incidents import REOPENS_WITHIN
from pytest_synthetic.model.alerting import Ending, Kind, Letter, Turn
from tests.nights import Night, at, problem

PAGE = (Path(pytest_synthetic.__file__).parents[1] / "docs/explanation/incidents.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)


def example(language: str, *, over: bool = False) -> Letter:
    night = Night()
    claim = 'expected heading "Thank you", got "Sorry *again*"'
    that = problem(step="pay", claim=claim, fingerprint="3f9a", well=("ap-south",))
    told: dict[str, Any] = {
        "owner": "payments",
        "runbook": "https://wiki.example.com/pay",
        "revenue_per_hour": 10_000,
        "blocked": ("Refund",),
    }
    night.opens(that, **told)
    if over:
        night.ends(that, 20, **told, ending=Ending(failed=6, said=10, good_since=at(11)))
    return letter(
        night.notices[0],
        product="Kettle Shop",
        language=language,
        links={"report": "https://reports.example.com/8f3a"},
        now=at(20 if over else 1),
        key="k",
        redact=str,
        zone="Europe/Paris",
    )


@pytest.mark.parametrize(("language", "block"), [("en", 0), ("fr", 1)])
def test_the_examples_are_real(language: str, block: int) -> None:
    told = example(language)

    assert BLOCKS[block].split() == f"{told.title} {told.body}".split()


def test_the_sms_is_real() -> None:
    assert BLOCKS[2].strip() == example("en").short


def test_the_end_is_real() -> None:
    told = example("en", over=True)

    assert BLOCKS[3].split() == f"{told.title} {told.body}".split()


def test_the_numbers_are_those_of_the_code() -> None:
    minutes = {found.seconds // 60 for found in (TOGETHER, BETWEEN_UPDATES)}
    six = [at(-5 * number) for number in range(6)]

    assert minutes == {5}
    assert f"{REOPENS_WITHIN.seconds // 60} minutes" in PAGE
    assert SAME_CAUSE.seconds == 3_600
    for flips, later, told in ((six[:5], 0, "28.5"), (six, 0, "33.9"), (six, 55, "27.3"), (six, 75, "21")):
        assert f"{100 * flapping_value(flips, at(later)):.3g}" == told
        assert f"| {told} %" in PAGE


def test_kinds_and_turns_are_all_there() -> None:
    assert all(f"`{kind}`" in PAGE for kind in Kind)
    assert all(f"| {turn} |" in PAGE for turn in Turn)


@pytest.mark.parametrize(("text", "told"), [("<b>", "‹b›"), ("@here", "＠here"), ("*", "∗")])
def test_look_alikes_are_those_shown(text: str, told: str) -> None:
    assert inert(text) == told
    assert f"`{told}`" in PAGE
