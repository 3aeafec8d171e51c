"""The JSON of the webhook is as its published schema says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import pytest_synthetic.alerts
from pytest_synthetic.alerts.facts import SCHEMA
from pytest_synthetic.alerts.saying import BY_LANGUAGE
from pytest_synthetic.model.alerting import Kind, Turn
from tests.nights import at
from tests.unit.alerts.test_inert import HOSTILE
from tests.unit.alerts.test_message import FULL, STEP, hostile, many, one, written

PUBLISHED: dict[str, Any] = json.loads(
    Path(pytest_synthetic.alerts.__file__).with_name("webhook.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = jsonschema.Draft202012Validator(PUBLISHED, format_checker=jsonschema.FormatChecker())


def test_the_schema_is_one_and_says_what_each_fact_is() -> None:
    jsonschema.Draft202012Validator.check_schema(PUBLISHED)
    assert PUBLISHED["properties"]["schema"]["const"] == SCHEMA
    for part in (PUBLISHED, PUBLISHED["$defs"]["case"], PUBLISHED["$defs"]["risk"]):
        assert set(part["required"]) == set(part["properties"])
        assert all(told.get("description") for told in part["properties"].values())


@pytest.mark.parametrize("language", BY_LANGUAGE)
@pytest.mark.parametrize("turn", Turn)
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_and_turn_is_as_the_schema_says(language: str, turn: Turn, kind: Kind) -> None:
    facts = written(one(turn, told={"kind": kind, **STEP}, **FULL), language).facts

    VALIDATOR.validate(json.loads(json.dumps(facts)))
    assert (facts["turn"], facts["cases"][0]["kind"]) == (turn.value, kind.value)
    assert set(facts) == set(PUBLISHED["properties"])


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_as_the_schema_says_and_in_one_line(text: str) -> None:
    facts = written(hostile(text), product=text, links={text: text}).facts
    told = json.dumps(facts, ensure_ascii=False)

    VALIDATOR.validate(json.loads(told))
    told.encode()
    assert "\\n" not in json.dumps({name: value for name, value in facts.items() if name != "text"})
    assert "\\u001b" not in told


def test_a_thousand_journeys_are_counted_and_a_hundred_told() -> None:
    facts = written(many(1_000)).facts

    VALIDATOR.validate(facts)
    assert (facts["journeys"], len(facts["cases"])) == (1_000, 100)


def test_what_is_known_is_told() -> None:
    notice = one(told=STEP, **FULL)
    seen = notice._replace(incident=replace(notice.incident, before=at(-60), before_id="k3x9q2aa"))

    facts = written(seen, links={"report": "https://reports.example.com/8f3a"}).facts

    assert facts["product"] == "Kettle Shop"
    assert facts["before"] == {"at": "2026-03-01T02:00:00+00:00", "incident": "k3x9q2aa"}
    assert facts["cases"][0]["claim"] == "[status] (503) == 200", "as it was said: JSON formats nothing"
    assert facts["risk"][0]["per_hour"] == {"low": 3701.58, "likely": 6000.0, "high": 6666.67}
    assert facts["links"] == {"report": "https://reports.example.com/8f3a"}
    assert facts["resolved"] is None
    assert (facts["revision"], facts["key"], facts["test"]) == (1, "fr6c7xxv-1-oncall", False)
