"""Windows of maintenance of all sources, on both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from pytest_synthetic.config.settings import HistorySettings, Settings
from pytest_synthetic.errors import UsageError
from pytest_synthetic.history import database, schema, store, windows
from pytest_synthetic.history.excluding import exclusion
from pytest_synthetic.history.windows import Windows, begin, end, every
from pytest_synthetic.model.history import Selection
from pytest_synthetic.model.maintenance import Maintenance
from tests.runs import NOON, a_run

if TYPE_CHECKING:
    from pytest_synthetic.history.store import SqlHistory

HOUR = timedelta(hours=1)


def window(name: str = "move", hours: float = 1, **more: object) -> Maintenance:
    """One that begins at NOON."""
    plain = Maintenance(name=name, start=NOON, end=NOON + hours * HOUR, reason="The database moves")
    return replace(plain, **more)  # type: ignore[arg-type]


def stored(history: SqlHistory) -> dict[str, Maintenance]:
    return {kept.window.name: kept.window for kept in every(Settings(), Path(), history, pytest.fail)}


# -- by command --------------------------------------------------------------------------------------------------------


def test_a_window_begins_once_and_ends_early(history: SqlHistory) -> None:
    whole = window(journeys=("Checkout",), stages=("purchase",), owners=("payments",), regions=("eu-west",))
    assert begin(history.engine, whole, source="command")
    assert not begin(history.engine, window(hours=9), source="command")
    assert stored(history) == {"move": whole}

    assert end(history.engine, "move", NOON + HOUR / 2) == whole
    assert stored(history) == {"move": replace(whole, end=NOON + HOUR / 2)}
    with pytest.raises(UsageError, match=r"maintenance 'move' is over: it ended at 20.*30:00 UTC"):
        end(history.engine, "move", NOON + HOUR)


def test_one_that_lies_in_the_time_to_come_goes(history: SqlHistory) -> None:
    begin(history.engine, window(), source="command")
    end(history.engine, "move", NOON)
    assert stored(history) == {}


def test_one_that_nobody_began(history: SqlHistory) -> None:
    begin(history.engine, window(), source="command")
    begin(history.engine, window("old", hours=0.1), source="command")
    with pytest.raises(UsageError, match=r"no maintenance was begun as 'mov', .* Valid: move\. Did you mean"):
        end(history.engine, "mov", NOON + HOUR / 2)


def test_of_many_who_begin_one_at_once_one_does(history: SqlHistory) -> None:
    answers: list[bool] = []
    every_one = [
        threading.Thread(target=lambda: answers.append(begin(history.engine, window(), source="command")))
        for _ in range(8)
    ]
    for thread in every_one:
        thread.start()
    for thread in every_one:
        thread.join()
    assert sorted(answers) == [False] * 7 + [True]


def test_windows_go_with_the_days_that_they_are_about(history: SqlHistory) -> None:
    begin(history.engine, window("old"), source="command")
    begin(history.engine, window("new", hours=48), source="command")
    history.prune(HistorySettings(keep_days=1, keep_daily_days=10), NOON + 11 * 24 * HOUR)
    assert list(stored(history)) == ["new"]


# -- all sources -------------------------------------------------------------------------------------------------------


def test_the_settings_the_history_and_the_file_are_one(history: SqlHistory, tmp_path: Path) -> None:
    told = tmp_path / "windows.json"
    settings = Settings(
        source=tmp_path / "synthetic.toml", maintenance={"a": window("a")}, maintenance_file="windows.json"
    )
    begin(history.engine, window("b"), source="command")
    assert [tuple(kept.source for kept in every(settings, tmp_path, history, pytest.fail))] == [
        ("synthetic.toml", "command")
    ]
    told.write_text('[{"name": "c", "start": "2026-11-22T22:00Z", "end": "2026-11-22T22:30Z"}]')
    found = every(settings, tmp_path, history, pytest.fail)
    assert [(kept.window.name, kept.source) for kept in found] == [
        ("a", "synthetic.toml"), ("b", "command"), ("c", "windows.json"),
    ]  # fmt: skip
    assert windows.all_windows(settings, tmp_path, history, pytest.fail) == tuple(kept.window for kept in found)


def test_what_cannot_be_read_is_said_and_the_rest_counts(history: SqlHistory, tmp_path: Path) -> None:
    settings = Settings(source=tmp_path / "synthetic.toml", maintenance_file="windows.json")
    (tmp_path / "windows.json").write_text("[{")
    for name in ("bad", "good", "newer"):
        begin(history.engine, window(name), source="command")
    with database.writing(history.engine) as connection:
        connection.execute(text("UPDATE maintenance SET told = '{' WHERE name = 'bad'"))
        connection.execute(text("UPDATE maintenance SET told = '{\"name\": 3}' WHERE name = 'newer'"))
    said: list[str] = []
    assert [one.name for one in windows.all_windows(settings, tmp_path, history, said.append)] == ["good"]
    assert [told.partition(" cannot be read")[0] for told in said] == [
        "maintenance 'bad' of the history",
        "maintenance 'newer' of the history",
        f"{tmp_path / 'windows.json'}: what it says of maintenance",
    ]
    assert list(exclusion(settings, tmp_path, history).notes()) == said


def test_targets_are_kept_without_what_a_command_began(history: SqlHistory, tmp_path: Path) -> None:
    history.record([a_run("failed", minutes=minutes) for minutes in (-10, 10, 50, 70)])
    begin(history.engine, window(regions=("eu-west",)), source="command")
    chosen = Selection(since=NOON - HOUR, until=NOON + 2 * HOUR)
    away = exclusion(Settings(), tmp_path, history)
    assert [counts.failed for counts in away.counts(chosen).values()] == [2]
    assert list(away.reasons(history.journeys(), NOON, NOON + HOUR)) == [
        'Left out, maintenance "move": The database moves'
    ]
    assert list(away.reasons(history.journeys(), NOON + HOUR, NOON + 2 * HOUR)) == []


def test_a_history_of_the_schema_before(url: str, tmp_path: Path) -> None:
    engine = database.connect(url)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        config = Config()
        config.set_main_option("script_location", str(schema.MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        connection.execute(text("INSERT INTO about (name, value) VALUES ('written_by', '0')"))
        for later in ("parameters", "blocked_by"):  # else today's code writes no run
            connection.execute(text(f"ALTER TABLE run ADD COLUMN {later} VARCHAR"))
    old = store.SqlHistory(engine)
    old.record([a_run()])
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        for later in ("parameters", "blocked_by"):
            connection.execute(text(f"ALTER TABLE run DROP COLUMN {later}"))
    old.close()

    opened = store.opened(url)
    assert len(opened.runs(Selection())) == 1
    assert begin(opened.engine, window(), source="command")
    assert windows.all_windows(Settings(), tmp_path, opened, pytest.fail) == (window(),)
    opened.close()


# -- asked often -------------------------------------------------------------------------------------------------------


def test_whether_it_is_maintenance(history: SqlHistory) -> None:
    history.record([a_run(), a_run(journey="test_shop.test_find", name="Search", stage=None, owner=None)])
    known = history.journeys()
    longer = window("longer", hours=2, stages=("purchase",))
    nightly = Maintenance(name="nightly", cron="30 23 * * *", duration=7200.0, timezone="UTC", journeys=("search",))
    asked = Windows([window(regions=("eu-west",)), longer, nightly, window("slip", journeys=("Serch",))], known)

    def held(journey: str, stage: str | None, region: str, moment: datetime) -> str | None:
        found = asked.held(journey, stage, None, region, moment)
        return found.name if found else None

    checkout, search = "test_shop.test_checkout", "test_shop.test_find"
    assert held(checkout, "purchase", "eu-west", NOON) == "longer"  # it ends last
    assert held(checkout, "purchase", "us-east", NOON) == "longer"
    assert held(search, None, "eu-west", NOON) == "move"
    assert held(search, None, "us-east", NOON) is None
    assert held(search, None, "eu-west", NOON + HOUR) is None
    assert held(search, None, "eu-west", NOON - timedelta(microseconds=1)) is None
    midnight = NOON.replace(hour=0)
    assert held(search, None, "us-east", midnight + HOUR) == "nightly"
    assert held(search, None, "us-east", midnight - HOUR / 4) == "nightly"
    assert held(search, None, "us-east", midnight + 2 * HOUR) is None
    assert held(checkout, None, "us-east", midnight + HOUR) is None
    for odd in (datetime(9999, 12, 31, tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC)):
        assert held(search, "purchase", "eu-west", odd) is None
    assert Windows([], known).held(search, None, None, "eu-west", NOON) is None


def test_it_is_asked_for_months_and_for_many() -> None:
    asked = Windows([Maintenance(name="nightly", cron="0 2 * * *", duration=3600.0, timezone="Europe/Paris")], {})
    moments = [NOON + timedelta(minutes=30 * number) for number in range(48 * 100)]
    held = [moment for moment in moments if asked.held(f"journey {moment.day}", None, None, "eu-west", moment)]
    assert len(held) == 2 * 100
