"""Texts, times and numbers that nobody sane would write, in every field of a record, on both databases."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from pytest_synthetic import cli
from pytest_synthetic.history import jsonl
from pytest_synthetic.model.evidence import Artifact
from pytest_synthetic.model.history import Counts, Selection
from pytest_synthetic.model.run import Failure, Measurement, RunResult
from pytest_synthetic.model.verdict import Fault, Verdict
from tests.runs import a_run, a_step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_synthetic.history.store import SqlHistory

ALL = Selection(first_attempts=False)
LONG = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(34_000))
"""100 kB that no index can compress."""
TEXTS = {
    "scripts": "Zahlung é 支払い الدفع оплата \N{TEAPOT} e\u0301",
    "nul": "a\0b",
    "half a character": "a\ud800b\udcff",
    "control": "\x1b]0;owned\x07\u202e\u2028\x85",
    "long": LONG,
    "empty": "",
}


def all_fields(told: str) -> RunResult:
    """A run that failed, with `told` in every text that a user, a product or the environment has a say in."""
    failure = Failure(
        type=told, message=told, claim=told, fault=Fault.PRODUCT, reason=told, phase="call", step=told, frame=told,
        fingerprint=told,
    )  # fmt: skip
    inner = a_step(told, owner=told, depends_on=(told,), verdict=Verdict.FAILED, failure=failure)
    return a_run(
        "failed", journey=told, name=told, owner=told, depends_on=(told,), runbook=told, currency=told, nodeid=told,
        parameters={told: told}, region=told, device=told, network=told, browser=told, browser_version=told,
        git_commit=told, worker=told, reason=told, failure=failure, notes=(told,), release=told, session_id=told,
        steps=(a_step(told, owner=told, steps=(inner,)),),
        measurements=(Measurement(name=told, value=1.0, unit=told, step=told, labels={"carrier": told, told: told}),),
        artifacts=(Artifact(name=told, path=told, media_type=told, size=3, sha256=told, step=told),),
    )  # fmt: skip


@pytest.mark.parametrize("told", TEXTS.values(), ids=TEXTS)
def test_any_text_in_every_field(history: SqlHistory, told: str) -> None:
    run = all_fields(told)
    other = a_run()

    assert history.record([run, other]) == 2
    assert history.run(run.run_id) == run
    assert history.counts(ALL)[()] == Counts(passed=1, failed=1)
    chosen = Selection(journeys=(told,), regions=(told,), devices=(told,), owners=(told,), release=told, commit=told)
    assert history.counts(chosen) == {(): Counts(failed=1)}
    assert [line.run_id for line in history.runs(chosen)] == [run.run_id]
    assert history.measurements(chosen, told) == {(): [1.0]}
    assert len(history.step_verdicts(chosen)[run.run_id]) == 2
    assert history.day_counts(Selection(journeys=(told,), regions=(told,), devices=(told,))) == {}


def test_two_long_names_stay_two(history: SqlHistory) -> None:
    history.record([a_run(journey=LONG + end, region=LONG + end, steps=(a_step(LONG + end),)) for end in "ab"])

    assert len(history.journeys()) == 2
    assert len(history.counts(ALL, ["region"])) == 2
    assert len(history.durations(ALL, steps=True)) == 2
    assert history.counts(Selection(journeys=(f"{LONG}a",))) == {(): Counts(passed=1)}


COMMANDS = ("history", "slo", "steps", "steps --by carrier", "owners", "flakes", "gate --allow-unknown")


def test_commands_bear_any_text(history: SqlHistory, url: str, tmp_path: Path) -> None:
    history.record([all_fields(told) for told in TEXTS.values()])
    settings = tmp_path / "synthetic.toml"
    settings.write_text(f'[history]\nurl = "{url}"\n', encoding="utf-8")
    for command in COMMANDS:
        for form, forbidden in (("table", "\0\x1b\u202e\ud800"), ("json", "\0\x1b\ud800")):
            since = [] if command.split()[0] in {"slo", "gate"} else ["--since", "2026-02-01"]
            arguments = [*command.split(), *since, "--format", form, "--config", str(settings)]
            result = CliRunner().invoke(cli.synthetic, arguments)
            assert result.exception is None or isinstance(result.exception, SystemExit), (command, form, result.output)
            assert not set(forbidden) & set(result.stdout), (command, form)


def line(run: RunResult, **changed: Any) -> str:
    return json.dumps({**run.to_json(), **changed})


@pytest.mark.parametrize(
    "changed",
    [
        {"started_at": "2026-03-01T12:00:00"},
        {"started_at": "0001-01-01T00:00:00+14:00"},
        {"started_at": "9999-12-31T23:59:59.999-12:00"},
        {"started_at": "yesterday"},
        {"started_at": ""},
        {"started_at": "x" * 100_000},
        {"scheduled_at": "9999-12-31T23:59:59Z"},
        {"duration": float("inf")},
        {"duration": float("nan")},
        {"duration": -1.0},
        {"duration": 1e300},
        {"promised": float("nan")},
        {"attempt": 2**31},
        {"attempt": 40_000},
        {"artifacts": [{"name": "a", "path": None, "media_type": "b", "size": 10**30, "sha256": None, "step": None}]},
        {"run_id": "0' OR 1=1"},
    ],
)
def test_what_cannot_be_is_told_by_line(changed: dict[str, Any]) -> None:
    (bad,) = jsonl.read([line(a_run(), **changed)], name="runs.jsonl")

    assert isinstance(bad, jsonl.BadLine)
    assert str(bad).startswith("runs.jsonl:1: ")
    assert len(str(bad)) < 400


@pytest.mark.parametrize("at", ["1970-01-01T00:00:00Z", "2026-03-01T14:00:00+02:00", "2999-12-31T23:59:59.9999Z"])
def test_times_that_a_clock_may_say(history: SqlHistory, at: str) -> None:
    def runs() -> Iterator[RunResult]:
        for told in jsonl.read([line(a_run(), started_at=at)], name="x"):
            assert isinstance(told, RunResult)
            yield told

    assert history.record(runs()) == 1
    (found,) = history.runs(ALL)
    assert found.started.utcoffset() is not None
    assert found.started.hour in {0, 12}


def test_a_time_without_a_zone_is_in_utc(history: SqlHistory) -> None:
    history.record([replace(a_run(), started_at="2026-03-01T12:00:00")])

    assert f"{history.runs(ALL)[0].started:%H:%M %Z}" == "12:00 UTC"
