"""Why people are told: every reason in every language, and nothing of ours in another one."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from pytest_synthetic.alerts import words_fr
from pytest_synthetic.alerts.because import because
from pytest_synthetic.alerts.headline import Pen
from pytest_synthetic.alerts.saying import BY_LANGUAGE
from pytest_synthetic.incidents.trial import example
from pytest_synthetic.model.alerting import Entry, Kind, Severity, Turn
from pytest_synthetic.model.reasons import Because, Reason
from pytest_synthetic.model.verdict import Verdict
from tests.nights import Night, at, problem
from tests.unit.alerts.test_message import one, plain, written

NEUTRAL: dict[str, Any] = {
    "regions": ("R1", "R2"),
    "well": ("R3",),
    "step": "S1",
    "claim": "C1",
    "run_id": "R9",
    "fingerprint": "F1",
}
FACTS: dict[str, Any] = {
    "name": "N1",
    "owner": "O1",
    "runbook": "B1",
    "carriers": ("P1",),
    "blocked": ("N2",),
    "evidence": "E1",
}
COMMANDS = {
    "synthetic",
    "runs",
    "incidents",
    "show",
    "UTC",
    "R",
    "N",
    "O",
    "B",
    "P",
    "E",
    "S",
    "C",
    "Kettle",
    "Shop",
} | {"eu", "us", "west", "east"}
WORD = re.compile(r"[^\W\d_]+")


def line(*reasons: Reason, others: int = 0) -> Entry:
    return Entry(at=at(0), what=Turn.UPDATED, why="in English", reasons=reasons, others=others)


def told(language: str, *reasons: Reason, others: int = 0) -> str:
    return because(line(*reasons, others=others), Pen(language, None, plain, at(0))).replace("\u00a0", " ")


def full(reason: Because, number: int) -> Reason:
    regions = ("eu-west", "us-east")[:number]
    return Reason(
        because=reason, regions=regions, verdict=Verdict.BROKEN, bad=number, of=3, share=0.0051, since=at(0), name="Pay"
    )


@pytest.mark.parametrize("language", BY_LANGUAGE)
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("reason", Because)
def test_every_reason_has_a_sentence(language: str, number: int, reason: Because) -> None:
    said = told(language, full(reason, number))

    assert said.startswith("Pay")
    assert not re.search(r"[{}]|None|0\.51" if language == "fr" else r"[{}]|None|0,51", said)


@pytest.mark.parametrize(
    ("reason", "english", "french"),
    [
        (
            Reason(because=Because.OF_THE_LAST, regions=("eu",), verdict=Verdict.FAILED, bad=2, of=3),
            "eu: 2 of 3 runs failed",
            "eu : 2 exécutions sur 3 ont échoué",
        ),
        (
            Reason(because=Because.OF_THE_LAST, regions=("eu", "us"), verdict=Verdict.DEGRADED, bad=1, of=3),
            "eu and us: 1 of 3 runs was degraded",
            "eu et us : 1 exécution sur 3 n'a pas tenu une promesse",
        ),
        (
            Reason(because=Because.NEWEST, verdict=Verdict.BROKEN, bad=1, of=1),
            "the newest run was broken",
            "la dernière exécution n'a rien pu dire",
        ),
        (
            Reason(because=Because.CHANCE, share=0.005),
            "more runs failed than chance explains (0.5 % do when nothing is wrong)",
            "plus d'échecs que le hasard n'en explique (en temps normal, 0,5 % des exécutions échouent)",
        ),
        (Reason(because=Because.GROWN, regions=("eu",)), "eu is bad as well", "problème vu aussi depuis eu"),
        (
            Reason(because=Because.GROWN, regions=("eu", "us")),
            "eu and us are bad as well",
            "problème vu aussi depuis eu et us",
        ),
        (
            Reason(because=Because.GOOD_AGAIN, of=1),
            "the newest run was good",
            "la dernière exécution a réussi",
        ),
    ],
)
def test_reasons_are_said_in_both_languages(reason: Reason, english: str, french: str) -> None:
    assert told("en", reason) == english
    assert told("fr", reason) == french


def test_of_many_journeys_some_are_spelled_out_and_the_others_counted() -> None:
    grown = Reason(because=Because.GROWN, name="Pay", regions=("eu",))
    both = (grown, replace(grown, because=Because.ALONE_NOW), replace(grown, name="Sign-up"))

    assert told("en", *both, others=2) == (
        "Pay: eu is bad as well; it fails from eu alone now; Sign-up: eu is bad as well; and 2 more"
    )
    assert told("fr", *both, others=1).endswith(" ; Sign-up : problème vu aussi depuis eu ; et 1 autre")


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("turn", Turn)
def test_in_a_french_letter_all_that_is_ours_is_french(kind: Kind, turn: Turn) -> None:
    notice = one(turn, told={"kind": kind, **NEUTRAL}, **FACTS)

    sent = written(notice, "fr", product="Kettle Shop")

    french = {word.lower() for word in WORD.findall(repr(words_fr.WORDS))}
    whole = re.sub(r"\S+…$", "", sent.title)
    for text in (whole, sent.body.replace(sent.incident, "")):
        assert not {word for word in WORD.findall(text) if word not in COMMANDS and word.lower() not in french}, text
    assert not re.search(r"(?<!\u00a0)[;:!?»] |[^\W\d] [;:!?»]|\d (j|h|min|EUR|%)", sent.body), "spaces that may break"


def test_the_example_of_a_test_is_in_the_language_of_the_route_too() -> None:
    sent = written(example(at(0), "test-1", Severity.PAGE, "fr"), "fr", test=True)

    assert "Checkout (un exemple)" in sent.title
    assert "Constat\u00a0: numéro de commande attendu, rien obtenu\n" in sent.body


@pytest.mark.parametrize("language", BY_LANGUAGE)
def test_a_line_of_an_earlier_version_is_not_told_in_one_language_to_all(language: str) -> None:
    notice = one()
    old = tuple(replace(entry, reasons=()) for entry in notice.incident.entries)
    notice = notice._replace(incident=replace(notice.incident, entries=old))

    assert BY_LANGUAGE[language].labels["why"] not in written(notice, language).body  # type: ignore[index]


def test_who_hears_of_it_later_reads_why_it_was_opened_and_not_that_it_stands_still() -> None:
    night = Night()
    night.opens(problem())
    night.waits(65)
    (reminded,) = night.notices
    first = reminded._replace(turn=Turn.OPENED)

    assert "Why this alert: Checkout: eu-west and us-east: 2 of 3 runs failed\n" in written(first, minutes=65).body
    assert "Why this alert" not in written(reminded, minutes=65).body
