"""What every history does, in SQLite and in PostgreSQL."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from click.testing import CliRunner
from sqlalchemy import text

from pytest_synthetic import cli
from pytest_synthetic.config.settings import HistorySettings
from pytest_synthetic.errors import HistoryUnavailable, UsageError
from pytest_synthetic.history import database, opening, schema, store, tables
from pytest_synthetic.history.alert_book import AlertBook, Upto
from pytest_synthetic.model.evidence import Artifact
from pytest_synthetic.model.history import Counts, Selection, Span
from pytest_synthetic.model.journey import Schedule
from pytest_synthetic.model.run import Measurement, RunResult
from pytest_synthetic.model.sla import Slo
from pytest_synthetic.model.verdict import Verdict
from tests.runs import NOON, a_run, a_step

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.history.store import SqlHistory

ALL = Selection(first_attempts=False)


# -- what is written -------------------------------------------------------------------------------------------------


def test_a_run_comes_back_whole(history: SqlHistory) -> None:
    run = a_run(
        "degraded",
        steps=(a_step("cart", steps=(a_step("cart inside"),)), a_step("payer 支払い \x00", sla=0.5, owner="psp")),
        measurements=(Measurement(name="sms.delivery", value=3.5, unit="s", labels={"carrier": "Orange"}),),
        artifacts=(Artifact(name="page", path="a.png", media_type="image/png", size=3, sha256="0" * 64, step=None),),
        slo=Slo(availability=0.99, window=2_592_000.0),
        schedule=Schedule(every=300.0),
        release="7.1",
        parameters={"x": "\ud800"},
    )
    assert history.record([run]) == 1
    assert history.run(run.run_id) == run
    assert history.run(run.run_id[:8]) == run
    assert list(history.records(ALL)) == [run.to_json()]


def test_a_run_that_comes_twice_changes_nothing(history: SqlHistory, url: str) -> None:
    run = a_run(steps=(a_step(),))
    other = store.opened(url)
    assert [
        history.record([run, run]),
        history.record([run]),
        other.record([replace(run, verdict=Verdict.FAILED)]),
    ] == [
        1,
        0,
        0,
    ]
    assert history.counts(ALL) == {(): Counts(passed=1)}
    assert history.durations(ALL, steps=True) == {("pay",): [1.0]}
    other.close()


def test_what_the_newest_run_says_of_the_journey_counts(history: SqlHistory) -> None:
    history.record([a_run(minutes=10, name="Purchase", owner="shop")])
    history.record([a_run(minutes=5, name="Older name", owner="nobody"), a_run(minutes=11, name="Buy", owner="shop")])
    found = history.journeys()["test_shop.test_checkout"]
    assert (found.name, found.owner, found.slo) == ("Buy", "shop", None)


def test_runs_within_spans(history: SqlHistory) -> None:
    history.record(
        [a_run("failed" if n % 2 else "passed", minutes=n, region="eu" if n % 3 else "us") for n in range(900)]
    )
    spans = [Span(start=NOON + timedelta(minutes=n), end=NOON + timedelta(minutes=n + 1)) for n in range(0, 900, 2)]
    chosen = Selection(since=NOON, until=NOON + timedelta(minutes=900))
    found = history.counts_within(chosen, ("journey", "region"), spans)
    key = "test_shop.test_checkout"
    assert found == {(key, "eu"): Counts(passed=300), (key, "us"): Counts(passed=150)}
    only = replace(chosen, journeys=(key,), regions=("us",))
    assert history.counts_within(only, (), spans[:10]) == {(): Counts(passed=4)}
    assert history.counts_within(replace(chosen, journeys=("other",)), (), spans) == {}
    assert (history.regions(), history.began()) == (["eu", "us"], NOON)


def test_nothing_began_in_an_empty_history(history: SqlHistory) -> None:
    assert (history.regions(), history.began(), history.days_there(Selection(), {1})) == ([], None, {})


def test_ten_thousand_steps(history: SqlHistory) -> None:
    run = a_run(steps=tuple(a_step(f"step {number}") for number in range(10_000)))
    history.record([run])
    assert len(history.durations(ALL, steps=True)) == 10_000


def test_many_writers_lose_nothing(history: SqlHistory, url: str) -> None:
    def write(region: str) -> None:
        own = store.opened(url)
        for number in range(15):
            own.record([a_run(region=region, minutes=number, steps=(a_step(), a_step("ship")))])
        own.close()

    threads = [threading.Thread(target=write, args=(f"region-{number % 3}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert history.counts(ALL, ["region"]) == {(f"region-{number}",): Counts(passed=30) for number in range(3)}


# -- what is asked ---------------------------------------------------------------------------------------------------


@pytest.fixture
def filled(history: SqlHistory) -> SqlHistory:
    took = {"duration": 2.0, "steps": (a_step("pay", duration=0.4, verdict=Verdict.DEGRADED),)}
    history.record(
        [
            a_run(minutes=0, release="1", git_commit="aaa1"),
            a_run("degraded", minutes=5, release="1", git_commit="aaa1", region="us-east", **took),
            a_run("failed", minutes=10, release="2", git_commit="bbb2", device="Pixel 7", steps=(a_step(duration=9.0, verdict=Verdict.FAILED),)),
            a_run("failed", minutes=15, attempt=1, release="2"),
            a_run("passed", minutes=16, attempt=2, release="2"),
            a_run("broken", minutes=20, duration=None),
            a_run("missed", minutes=25, duration=None, journey="other", name="Other", owner="shop"),
        ]
    )  # fmt: skip
    return history


def test_counts(filled: SqlHistory) -> None:
    assert filled.counts(Selection()) == {(): Counts(passed=1, degraded=1, failed=2, broken=1, missed=1)}
    assert filled.counts(ALL)[()].passed == 2
    assert filled.counts(Selection(), ["region"]) == {
        ("eu-west",): Counts(passed=1, failed=2, broken=1, missed=1),
        ("us-east",): Counts(degraded=1),
    }
    assert filled.counts(Selection(), ["journey", "owner"])["other", "shop"] == Counts(missed=1)
    assert filled.counts(Selection(devices=("Pixel 7",)), ["device"]) == {("Pixel 7",): Counts(failed=1)}
    assert filled.counts(Selection(release="2")) == {(): Counts(failed=2)}
    assert filled.counts(Selection(commit="aaa")) == {(): Counts(passed=1, degraded=1)}
    assert filled.counts(Selection(owners=("shop",))) == {(): Counts(missed=1)}
    assert filled.counts(Selection(journeys=("nobody",))) == {}
    later = Selection(since=NOON + timedelta(minutes=5), until=NOON + timedelta(minutes=15))
    assert filled.counts(later) == {(): Counts(degraded=1, failed=1)}


def test_durations_are_of_what_worked(filled: SqlHistory) -> None:
    assert filled.durations(Selection()) == {(): [2.0, 2.0]}
    assert filled.durations(Selection(), ["region"], steps=True) == {("us-east", "pay"): [0.4]}
    assert filled.durations(Selection(), ["hour"]) == {(12,): [2.0, 2.0]}
    assert filled.durations(Selection(owners=("payments",), release="1"), steps=True) == {("pay",): [0.4]}


def test_measurements_by_carrier(history: SqlHistory) -> None:
    for carrier, value in (("Orange", 3.0), ("Free", 9.0), (None, 1.0)):
        labels = {"carrier": carrier} if carrier else {}
        history.record([a_run(measurements=(Measurement(name="sms.delivery", value=value, unit="s", labels=labels),))])
    assert history.measurements(Selection(), "sms.delivery", ["carrier"]) == {
        ("Orange",): [3.0],
        ("Free",): [9.0],
        (None,): [1.0],
    }


def test_runs_newest_first(filled: SqlHistory) -> None:
    lines = filled.runs(ALL, limit=2)
    assert [(line.verdict, line.journey) for line in lines] == [("missed", "other"), ("broken", lines[1].journey)]
    assert filled.runs(ALL, limit=2, newest_first=False) == lines[::-1]
    assert len(filled.runs(Selection())) == 6


def test_a_run_that_is_not_there(filled: SqlHistory) -> None:
    with pytest.raises(UsageError, match="no run begins with 'zzz'"):
        filled.run("zzz")
    with pytest.raises(UsageError, match="several runs begin with ''"):
        filled.run("")


def test_an_unknown_group(filled: SqlHistory) -> None:
    with pytest.raises(UsageError, match='Did you mean "region"'):
        filled.counts(Selection(), ["regoin"])


# -- what is old -----------------------------------------------------------------------------------------------------


def test_old_runs_become_days(history: SqlHistory, url: str) -> None:
    month = 60 * 24 * 40
    old = [a_run(minutes=number, duration=1.0 + number, steps=(a_step(),)) for number in range(20)]
    late = a_run("failed", minutes=3)
    young = a_run(minutes=month)
    history.record([*old, young])
    now = NOON + timedelta(minutes=month)
    pruned = history.prune(HistorySettings(keep_days=35), now)
    assert (pruned.runs, pruned.days) == (20, 0)
    assert [line.run_id for line in history.runs(ALL)] == [young.run_id]
    # What is in the days already is not counted again, and no late run is counted in part.
    assert history.record([old[0], late]) == 0
    other = store.opened(url)
    assert other.record([old[0], late]) == 0
    other.close()
    assert history.prune(HistorySettings(keep_days=35), now).runs == 0
    with history.engine.connect() as connection:
        assert connection.execute(text("SELECT counts FROM day")).scalars().all() == ['{"passed": 20}']
        assert len(connection.execute(text("SELECT histogram FROM day_timing")).all()) == 2
    assert history.prune(HistorySettings(keep_days=35, keep_daily_days=39), now).days == 1


# -- the schema ------------------------------------------------------------------------------------------------------


def test_the_migrations_make_these_tables(history: SqlHistory) -> None:
    with history.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_runs_from_before_parameters_were_kept_stay_and_have_none(url: str) -> None:
    run = a_run(parameters={"card": "visa"}, nodeid="test_shop.py::test_checkout[visa]")
    history = store.opened(url)
    history.record([run])
    with database.writing(history.engine) as connection:
        connection.execute(text("ALTER TABLE run DROP COLUMN parameters"))
        connection.execute(text("ALTER TABLE run DROP COLUMN blocked_by"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0006'"))
    history.close()

    history = store.opened(url)
    assert history.record([run, a_run(minutes=1, parameters={"card": "amex"})]) == 1
    heard = AlertBook(history.engine).unread(Upto(low=0))
    assert [each.parameters for each in heard] == ["", "amex"]
    assert [each.blocked_by for each in heard] == [None, None]
    assert history.run(run.run_id) == run
    history.close()


def test_two_who_open_at_once(url: str) -> None:
    opened: list[SqlHistory] = []
    threads = [threading.Thread(target=lambda: opened.append(store.opened(url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 4
    for history in opened:
        history.close()


def test_a_schema_of_a_newer_version_is_refused(history: SqlHistory, url: str) -> None:
    with database.writing(history.engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("UPDATE about SET value = '42.0' WHERE name = 'written_by'"))
    with pytest.raises(HistoryUnavailable, match=r"schema 9999, written by pytest-synthetic 42\.0.*Upgrade"):
        store.opened(url)
    assert schema.REVISIONS[-1] != "9999"


def test_records_are_records(filled: SqlHistory) -> None:
    assert all(RunResult.from_json(told).run_id for told in filled.records(ALL))


# -- what commands say -----------------------------------------------------------------------------------------------

NOW_ONLY = {"since", "until", "runs_out"}
"""What a command says of the moment at which it is called."""
COMMANDS = (
    "history --since 2026-02-01 --limit 50",
    "history checkout --since 2026-02-01 --region us-east --until 2026-03-02",
    "slo",
    "slo checkout",
    "steps --since 2026-02-01",
    "steps --since 2026-02-01 --by region",
    "steps --since 2026-02-01 --by hour",
    "steps --since 2026-02-01 --by carrier",
    "compare --release 1 2 --since 2026-02-01",
    "owners --since 2026-02-01 --until 2026-03-02",
    "flakes --since 2026-02-01",
    "gate --release 2 --allow-unknown",
)


def told_by(command: str, url: str, folder: Path) -> object:
    folder.mkdir(exist_ok=True)
    (folder / "synthetic.toml").write_text(f'[history]\nurl = "{url}"\n', encoding="utf-8")
    arguments = [*command.split(), "--format", "json", "--config", str(folder / "synthetic.toml")]
    result = CliRunner().invoke(cli.synthetic, arguments)
    assert result.exception is None, result.output
    return lasting(json.loads(result.stdout))


def lasting(told: Any) -> Any:
    if isinstance(told, dict):
        return {name: lasting(part) for name, part in told.items() if name not in NOW_ONLY}
    return [lasting(part) for part in told] if isinstance(told, list) else told


def runs_to_ask_of() -> list[RunResult]:
    target = Slo(availability=0.99, window=3_650 * 86_400.0, latency=0.9)
    runs = []
    for number in range(60):
        fail = number % 17 == 5
        for journey, name in (("test_shop.test_checkout", "Checkout"), ("b", "été"), ("a", "Browse")):
            runs.append(
                a_run(
                    "failed" if fail else "degraded" if number % 11 == 3 else "passed",
                    minutes=number * 25,
                    journey=journey,
                    name=name,
                    region=("eu-west", "us-east")[number % 2],
                    device=("desktop", None)[number % 3 == 0],
                    release=str(1 + number // 30),
                    duration=1.0 + number / 100,
                    slo=target if name != "Browse" else None,
                    schedule=Schedule(every=1500.0),
                    steps=(a_step("pay", duration=0.5 + number / 100, sla=0.9, owner="psp"), a_step("Zahlen")),
                    measurements=(
                        Measurement(name="otp", value=number / 7, unit="s", labels={"carrier": "AB"[number % 2]}),
                    ),
                )
            )
    return runs


def test_commands_say_the_same_of_both(history: SqlHistory, url: str, tmp_path: Path) -> None:
    runs = runs_to_ask_of()
    history.record(runs)
    file = f"sqlite:///{tmp_path}/same.db"
    other = store.opened(file)
    other.record(runs)
    other.close()
    for command in COMMANDS:
        assert told_by(command, url, tmp_path / "one") == told_by(command, file, tmp_path / "other"), command


def test_a_database_without_a_history_is_left_so(url: str, tmp_path: Path) -> None:
    told = told_by("history", url, tmp_path / "one")
    assert isinstance(told, dict)
    assert "There is no history yet" in told["notes"][0]
    assert not opening.is_there(url, tmp_path)


def test_days_that_are_folded_are_told(history: SqlHistory) -> None:
    month = 40 * 24 * 60.0
    runs = [
        a_run(verdict, minutes=minutes, region=region, steps=(a_step(duration=2.0),))
        for minutes, verdict in ((0, "passed"), (10, "failed"), (24 * 60, "passed"))
        for region in ("eu-west", "us-east")
    ]
    history.record([*runs, a_run(minutes=month)])
    history.prune(HistorySettings(keep_days=35), NOON + timedelta(minutes=month))
    assert history.day_counts(Selection()) == {(): Counts(passed=4, failed=2)}
    assert history.day_counts(Selection(regions=("eu-west",)), ("region",)) == {
        ("eu-west",): Counts(passed=2, failed=1)
    }
    # A day counts when it lies in the selection whole.
    assert history.day_counts(Selection(since=NOON)) == {(): Counts(passed=2)}
    assert history.day_counts(Selection(until=NOON + timedelta(days=1))) == {(): Counts(passed=2, failed=2)}
    assert history.day_counts(Selection(release="1")) == {}
    assert history.day_counts(Selection(), ("hour",)) == {}
    (timing,) = history.day_timings(Selection(), ("journey",), steps=True).items()
    assert timing[0] == ("test_shop.test_checkout", "pay")
    assert timing[1].count == 6
    assert history.day_timings(Selection(journeys=("nothing",))) == {}
