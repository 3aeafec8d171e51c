"""`synthetic incidents` over incidents of every kind, at 80 columns."""

from __future__ import annotations

import json
import re
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic import cli
from pytest_synthetic.analysis.alerting import words
from pytest_synthetic.history import store
from pytest_synthetic.history.alert_book import AlertBook, Saved
from pytest_synthetic.model.alerting import Kind, Turn, What
from tests.incidents import a_post
from tests.nights import NIGHT, Night, at, found, problem
from tests.runs import NOON, a_run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pytest_synthetic.model.alerting import Incident, Post
    from pytest_synthetic.model.run import RunResult

    Shown = Callable[..., str]


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shown:
    """Keep an incident, and show it: in one line of text, and of 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "synthetic.toml").write_text(f'[history]\nurl = "sqlite:///{tmp_path}/history.db"\n', encoding="utf-8")

    def show(incident: Incident, *arguments: str, runs: Sequence[RunResult] = (), posts: Sequence[Post] = ()) -> str:
        with closing(store.opened(f"sqlite:///{tmp_path}/history.db")) as history:
            history.record(runs)
            AlertBook(history.engine).save(Saved(incidents=[incident], posts=posts))
        with pytest.raises(SystemExit) as ended:
            cli.main(("incidents", *arguments))
        out = capsys.readouterr().out
        assert ended.value.code == 0
        if "json" not in arguments:
            assert max(map(len, out.splitlines())) <= 80
        return " ".join(out.split())

    return show


def whole(shown: Shown, incident: Incident) -> str:
    return shown(incident, "show", incident.id)


def gone(*journeys: str) -> Incident:
    """Two journeys, of which those given are seen no more, and the others are well again."""
    night = Night()
    told = [problem(name, well=("us-east", "ap-south"), variants=("amex",)) for name in ("checkout", "sign-up")]
    night.takes(0, *(found(What.OPENED, each, 0) for each in told))
    for each in told:
        action, case = found(What.RESOLVED, each, 10)
        reasons = (words.left(["eu-west"]),) if each.journey in journeys else (words.over(2),)
        night.takes(10, (action._replace(reasons=reasons, why=words.said(reasons)), case))
    return night.one


def test_what_was_seen_no_more_is_closed_and_not_over(shown: Shown) -> None:
    incident = gone("checkout", "sign-up")

    assert "closed: it ended, and nothing was seen to be well again." in shown(incident, "--since", "2026-01-01")
    told = whole(shown, incident)
    assert "is closed: nothing was seen to be well again" in told
    assert not re.search("Over at|resolved", told)


def test_one_that_was_seen_no_more_is_told_apart_from_the_others(shown: Shown) -> None:
    told = whole(shown, gone("sign-up"))

    assert "is over" in told
    assert told.count("closed since") == 1


def test_of_what_is_over_no_region_is_good_and_bad_at_once(shown: Shown) -> None:
    told = whole(shown, gone())

    assert "was bad in eu-west, us-east" in told
    assert "good in" not in told
    assert "What was wrong" in told


def test_of_what_is_over_all_runs_until_then_are_counted_in_all_of_its_regions(shown: Shown) -> None:
    night = Night()
    night.opens(problem())
    night.ends(problem(regions=("us-east",), failed=2, said=3), 10)
    noon = (NOON - NIGHT) / timedelta(minutes=1)
    runs = [
        a_run(verdict, minutes=minutes - noon, journey="checkout", region=region)
        for region in ("eu-west", "us-east", "ap-south")
        for minutes, verdict in ((-5, "failed"), (0, "failed"), (5, "passed"), (9, "passed"), (11, "failed"))
    ]

    assert "4 of 8 was bad in eu-west, us-east" in shown(night.one, "show", night.one.id, runs=runs)


def test_a_letter_waits_as_long_as_the_one_before_it(shown: Shown) -> None:
    night = Night()
    night.opens(problem())
    first = a_post(incident=night.one.id, not_before=at(30), tries=2, why="no answer within 10 s")
    second = a_post("k2", Turn.REMINDED, incident=night.one.id, not_before=at(20))
    other = a_post("k3", Turn.REMINDED, incident=night.one.id, not_before=at(20), address="beef")

    told = shown(night.one, "show", night.one.id, "--format", "json", posts=[first, second, other])
    assert [each["until"][11:16] for each in json.loads(told)["letters"]] == ["03:30", "03:30", "03:20"]


def test_of_a_monitor_that_is_silent_no_runs_are_counted(shown: Shown) -> None:
    night = Night()
    night.opens(problem(kind=Kind.MISSED, failed=2, said=2))

    told = whole(shown, night.one)
    assert "last heard of: synthetic runs show 8f3a8f3a" in told
    assert "2 of 2" not in told


def test_what_came_back_lasted_since_it_did(shown: Shown) -> None:
    night = Night()
    night.opens(problem())
    night.ends(problem(), 20)
    night.opens(problem(minutes=30))
    night.ends(problem(minutes=30), 35)

    assert "after 10 min this time" in whole(shown, night.one)
    (row,) = json.loads(shown(night.one, "--since", "2026-01-01", "--format", "json"))["incidents"]
    assert (row["lasted"], row["began"] < row["since"], row["came_and_went"], row["gone"]) == (
        600.0,
        True,
        False,
        False,
    )


def test_people_see_twenty_of_a_thousand_journeys_and_programs_all(shown: Shown) -> None:
    night = Night()
    night.takes(0, *(found(What.OPENED, problem(f"j{number}"), 0) for number in range(1000)))

    told = whole(shown, night.one)
    assert "And 980 journeys more: `--format json` tells all." in told
    assert len(json.loads(shown(night.one, "show", night.one.id, "--format", "json"))["cases"]) == 1000


def test_one_of_its_variants_is_named(shown: Shown) -> None:
    night = Night()
    night.opens(problem(variants=("amex",)))

    assert "Checkout [amex]" in shown(night.one)


def test_what_the_columns_do_not_hold_is_in_json(shown: Shown) -> None:
    told: dict[str, Any] = json.loads(shown(gone("sign-up"), "show", gone("sign-up").id, "--format", "json"))

    assert [(case["name"], case["gone"]) for case in told["cases"]] == [("Sign-Up", True), ("Checkout", False)]
    assert all(set(case["regions"]).isdisjoint(case["well"]) for case in told["cases"])
