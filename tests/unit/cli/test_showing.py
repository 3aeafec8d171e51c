from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pytest

from pytest_synthetic.cli import cells
from pytest_synthetic.cli.showing import Answer, Column, Section, show
from pytest_synthetic.history.answers_runs import Point
from pytest_synthetic.model.journey import Schedule
from pytest_synthetic.model.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    name: str
    verdict: Verdict
    at: datetime
    share: float | None
    tags: tuple[str, ...] = ()


AT = datetime(2026, 3, 1, 13, 0, 5, tzinfo=timezone(timedelta(hours=1)))
ROWS = (
    Row(name="Pay | *now* [x](http://a) <b>", verdict=Verdict.FAILED, at=AT, share=None, tags=("a", "b")),
    Row(name="支払い\x1b[31m\nsecond", verdict=Verdict.PASSED, at=AT, share=0.5),
)
ANSWER = Answer(
    sections=(
        Section(
            name="rows",
            rows=ROWS,
            columns=(
                Column(title="name", cell=lambda row: row.name, wraps=True),
                Column(title="share", cell=lambda row: cells.share(row.share), right=True),
                Column(title="verdict", cell=lambda row: row.verdict, style=lambda row: cells.colour(row.verdict)),
            ),
        ),
    ),
    head=("A head.",),
    notes=("A note.",),
    legend=("A legend.",),
    facts={"outcome": Verdict.FAILED},
)


def shown(capsys: pytest.CaptureFixture[str], form: str, answer: Answer = ANSWER) -> str:
    show(answer, form)
    return capsys.readouterr().out


def test_json_is_all_that_is_known_with_null_for_what_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(shown(capsys, "json"))
    assert list(told) == ["outcome", "rows", "notes"]
    assert told["rows"][0] == {
        "name": "Pay | *now* [x](http://a) <b>",
        "verdict": "failed",
        "at": "2026-03-01T12:00:05.000Z",
        "share": None,
        "tags": ["a", "b"],
    }


def test_csv_is_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(shown(capsys, "csv"))))
    assert rows[0] == {
        "name": "Pay | *now* [x](http://a) <b>",
        "verdict": "failed",
        "at": "2026-03-01T12:00:05.000Z",
        "share": "",
        "tags": '["a", "b"]',
    }
    assert rows[1]["name"] == "支払い\nsecond"


def test_what_is_to_be_known_stays_out_of_the_csv(capsys: pytest.CaptureFixture[str]) -> None:
    show(ANSWER, "csv")
    assert capsys.readouterr().err == "A note.\n"


def test_markdown_shows_texts_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, "markdown").splitlines()
    assert "| name | share | verdict |" in lines
    assert "|---|--:|---|" in lines
    assert r"| Pay \| \*now\* \[x\](http://a) \<b\> | - | failed |" in lines
    assert "| 支払い<br>second | 50 % | passed |" in lines
    assert lines[-1] == "A legend."


def test_a_table_fits_the_terminal_and_has_no_colour_when_piped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    told = shown(capsys, "table")
    assert "\x1b" not in told
    assert max(map(len, told.splitlines())) <= 40
    assert told.startswith("A head.\n")
    assert "支払い" in told


def test_sections_without_rows_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    empty = Answer(sections=(Section(name="rows", rows=(), columns=(), title="Title"),), notes=("Nothing.",))
    assert shown(capsys, "table", empty) == "Nothing.\n"
    assert shown(capsys, "markdown", empty) == "Nothing.\n"
    assert shown(capsys, "csv", empty) == ""
    assert json.loads(shown(capsys, "json", empty)) == {"rows": [], "notes": ["Nothing."]}


# -- cells -----------------------------------------------------------------------------------------------------------


def test_a_trend_says_how_long_runs_took_and_which_failed() -> None:
    points = [Point(verdict=Verdict(verdict), duration=took) for verdict, took in (
        ("passed", 1.0), ("degraded", 8.0), ("failed", 9.0), ("broken", 2.0), ("missed", None), ("passed", 4.0),
    )]  # fmt: skip
    told = cells.trend(points)
    assert len(told) == 6
    assert told[2] == cells.FAILED
    assert told[3] == told[4] == cells.UNSAID_SIGN
    assert told[0] < told[5] < told[1]
    assert cells.trend([]) == ""


def test_what_is_not_known_is_no_zero() -> None:
    assert [cells.duration(None), cells.share(None), cells.number(None), cells.sure(None, None, None)] == ["-"] * 4
    assert cells.number(-0.01) == "0"
    assert cells.number(-12.34) == "-12.3"
    assert cells.share(0.999999) == "99.99 %"


def test_times_say_their_offset() -> None:
    summer, winter = datetime(2026, 7, 1, 12, tzinfo=UTC), datetime(2026, 1, 1, 12, tzinfo=UTC)
    alike = cells.when([summer], lambda at: at)
    assert alike.title.startswith("time UTC")
    assert "UTC" not in alike.cell(summer)
    assert cells.moment(winter).partition(" UTC")[1] == " UTC"


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        (Schedule(every=300.0), "every 5 min"),
        (Schedule(cron="0 7 * * 1-5"), "0 7 * * 1-5, UTC"),
        (Schedule(cron="0 7 * * 1-5", timezone="Europe/Paris"), "0 7 * * 1-5, Europe/Paris"),
        (Schedule(every=30.0, quiet=("22:00-06:00",)), "every 30 s\nnot 22:00-06:00 UTC"),
        (
            Schedule(cron="* * * * *", timezone="Europe/Paris", quiet=("22:00-06:00", "Sun 00:00-24:00")),
            "* * * * *, Europe/Paris\nnot 22:00-06:00\nnot Sun 00:00-24:00",
        ),
    ],
)
def test_a_schedule_in_words(schedule: Schedule, told: str) -> None:
    assert cells.schedule(schedule) == told


TOLD = ("Checkout", "Pages when more runs fail than chance explains; " * 2, "degraded, broken, missed: NOBODY!")
WORDS = Section(
    name="rows",
    rows=ROWS[:1],
    columns=(
        Column(title="a", cell=lambda _: TOLD[0], wraps=True, least=12),
        Column(title="b", cell=lambda _: TOLD[1], wraps=True, least=34),
        Column(title="c", cell=lambda _: TOLD[2], wraps=True, least=20),
    ),
)


@pytest.mark.parametrize("width", range(40, 100))
def test_no_table_loses_its_last_characters(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    written = shown(capsys, "table", Answer(sections=(WORDS,)))

    assert max(map(len, written.splitlines())) <= width
    assert sorted("".join(written.split("─")[-1].split())) == sorted("".join("".join(TOLD).split()))
