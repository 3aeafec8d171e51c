"""What is known of agents, on both databases, and what `synthetic agents` says of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_synthetic.cli import main
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.history import agents, store
from pytest_synthetic.history.agents import Seen

NOW = SystemClock().now().replace(microsecond=0)


def seen(name: str, region: str = "eu-west", at: datetime = NOW, **told: Any) -> Seen:
    return Seen(region, name, at, {"version": "0.1.0", "every": 3600.0, "slots": 3, "busy": 1, **told})


def test_an_agent_is_known_as_it_told_last_and_forgotten_after_a_week(url: str) -> None:
    history = store.opened(url)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    agents.note(history.engine, [seen("old", at=long_ago), seen("two", "us-east", at=long_ago + timedelta(days=6))])
    agents.note(history.engine, [seen("one", at=long_ago + timedelta(days=6)), seen("one", "asia")])
    agents.note(history.engine, [])
    agents.note(history.engine, [seen("one", busy=2)])

    assert [(each.region, each.name) for each in agents.all_of(history.engine)] == [("asia", "one"), ("eu-west", "one")]
    assert agents.all_of(history.engine)[1] == seen("one", busy=2)
    history.close()


def test_what_is_wrong_with_an_agent_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "synthetic.toml").write_text('[history]\nurl = "sqlite:///history.db"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    history = store.opened(f"sqlite:///{tmp_path}/history.db")
    told = (
        seen("a"),
        seen("b", at=NOW - timedelta(days=1)),
        seen("c", draining=True),
        seen("d", refuses="the scheduler has commit abc of the journeys, this agent def", revision="def"),
        seen("e", ahead=-61.2, last_run=NOW.isoformat()),
    )
    agents.note(history.engine, told)
    history.close()

    with pytest.raises(SystemExit) as ended:
        main(["agents", "--format", "json"])
    assert ended.value.code == 0
    rows = json.loads(capsys.readouterr().out)["agents"]
    assert [row["state"] for row in rows] == ["well", "silent", "draining", "refuses", "clock"]
    assert rows[4]["why"] == "its clock is 61 s behind the scheduler's"
    assert rows[3]["why"].startswith("the scheduler has commit abc")
    with pytest.raises(SystemExit):
        main(["agents"])
    assert "refuses" in capsys.readouterr().out
