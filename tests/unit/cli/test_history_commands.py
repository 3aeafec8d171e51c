"""The commands over a real history, a file of SQLite, as users call them."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic import cli
from pytest_synthetic.core import unrun
from pytest_synthetic.history import answers_slo, store
from pytest_synthetic.history.excluding import Exclusion
from pytest_synthetic.model.evidence import Artifact
from pytest_synthetic.model.journey import JourneySpec, Schedule
from pytest_synthetic.model.plan import Plan
from pytest_synthetic.model.run import Failure, Measurement
from pytest_synthetic.model.sla import Breach, Slo
from pytest_synthetic.model.verdict import Fault, Verdict
from tests.runs import NOON, a_run, a_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_synthetic.model.run import RunResult

FAILURE = Failure(
    type="AssertionError", message="m", claim="expected '€49.90', got €4.99", fault=Fault.PRODUCT,
    reason="a claim does not hold", phase="call", step="pay", frame="test_shop.py:12 in test_checkout",
    fingerprint="ab",
)  # fmt: skip
TARGET = Slo(availability=0.9, window=30 * 86_400.0, latency=0.8)


def ago() -> float:
    """Minutes from NOON to now: the commands read the real clock."""
    return (datetime.now(UTC) - NOON).total_seconds() / 60


def some_runs(number: int = 40) -> list[RunResult]:
    """Two journeys from two regions, every 20 minutes; the newest half is release 2."""
    runs, now = [], ago()
    for count in range(number):
        release = "2" if count < number // 2 else "1"
        took = (1.0 + (count % 7) / 100) * (1.5 if release == "2" else 1.0)
        shared: dict[str, Any] = {
            "minutes": now - 10 - 20 * count,
            "release": release,
            "git_commit": release * 40,
            "duration": took,
        }
        for region in ("eu-west", "us-east"):
            failed = count == 3 and region == "eu-west"
            runs.append(
                a_run(
                    "failed" if failed else "passed",
                    **shared,
                    region=region,
                    failure=FAILURE if failed else None,
                    promised=4.0,
                    slo=TARGET,
                    schedule=Schedule(every=1200.0),
                    steps=(
                        a_step("open", duration=0.2, sla=1.0),
                        a_step(
                            "pay",
                            duration=took - 0.2,
                            owner="psp",
                            sla=3.0,
                            verdict=Verdict.FAILED if failed else Verdict.PASSED,
                            steps=(a_step("code", duration=0.1),),
                        ),
                    ),
                    measurements=(
                        Measurement(name="sms.delivery", value=3.0 + count, unit="s", labels={"carrier": "Orange"}),
                    ),
                )
            )
        runs.append(a_run(**shared, journey="test_shop.test_browse", name="Browse", owner=None, region="eu-west"))
    return runs  # fmt: skip


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, 80 columns wide, in which nobody has set anything."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("SYNTHETIC_RELEASE", raising=False)
    return tmp_path


@pytest.fixture
def filled(here: Path) -> list[RunResult]:
    runs = some_runs()
    record(here, *runs)
    return runs


def record(folder: Path, *runs: RunResult) -> None:
    history = store.opened(f"sqlite:///{folder}/.synthetic/history.db")
    history.record(runs)
    history.close()


@pytest.fixture
def ends(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[object, str, str]]:
    """Call `synthetic`: its exit code, what it printed, and what it said of mistakes."""

    def run(*arguments: str) -> tuple[object, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
        told = capsys.readouterr()
        return ended.value.code, told.out, told.err

    return run


@pytest.fixture
def said(ends: Callable[..., tuple[object, str, str]]) -> Callable[..., str]:
    def run(*arguments: str) -> str:
        code, out, err = ends(*arguments)
        assert code == 0, err
        return out

    return run


@pytest.fixture
def told(said: Callable[..., str]) -> Callable[..., dict[str, Any]]:
    def run(*arguments: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(said(*arguments, "--format", "json"))
        return answer

    return run


READING = ("history", "slo", "steps", "owners", "flakes")


# -- nothing there ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", READING)
def test_no_history_is_said_and_none_is_made(
    said: Callable[..., str], told: Callable[..., dict[str, Any]], here: Path, command: str
) -> None:
    out = " ".join(said(command).split())
    assert "There is no history yet: looked for" in out
    assert "[history]" in out
    assert "100 %" not in out
    assert not any(rows for name, rows in told(command).items() if name != "notes")
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("command", READING)
def test_an_empty_history_says_so(said: Callable[..., str], here: Path, command: str) -> None:
    record(here)
    assert "holds no runs yet" in " ".join(said(command).split())


def test_a_run_of_no_history(ends: Callable[..., tuple[object, str, str]], here: Path) -> None:
    code, _, err = ends("runs", "show", "0af7")
    assert code == 2
    assert "There is no history yet" in err
    assert list(here.iterdir()) == []


def test_the_gate_never_passes_without_data(ends: Callable[..., tuple[object, str, str]]) -> None:
    code, out, _ = ends("gate")
    assert code == 4
    assert "no journey has a target" in out
    assert ends("gate", "--allow-unknown")[0] == 0


@pytest.mark.parametrize("command", [*READING, "gate"])
def test_a_history_that_cannot_be_opened_is_one_line(
    ends: Callable[..., tuple[object, str, str]], here: Path, command: str
) -> None:
    (here / "synthetic.toml").write_text('[history]\nurl = "postgresql://me:secret@127.0.0.1:1/x"\n', encoding="utf-8")
    pytest.importorskip("psycopg")
    code, out, err = ends(command)
    assert (code, out) == (2, "")
    assert len(err.strip().splitlines()) == 1
    assert "secret" not in err


def test_what_waits_beside_a_history_is_read(told: Callable[..., dict[str, Any]], here: Path) -> None:
    (here / ".synthetic").mkdir()
    run = a_run(minutes=ago() - 5)
    (here / ".synthetic/history.waiting.jsonl").write_text(json.dumps(run.to_json()) + "\n", encoding="utf-8")
    assert [line["run_id"] for line in told("history")["runs"]] == [run.run_id]


# -- history and runs ------------------------------------------------------------------------------------------------


def test_runs_newest_first_and_how_each_journey_did(filled: list[RunResult], told: Callable[..., Any]) -> None:
    answer = told("history", "--limit", "500", "--since", "30d")
    times = [run["started"] for run in answer["runs"]]
    assert times == sorted(times, reverse=True)
    assert len(times) == len(filled)
    browse, checkout = answer["journeys"]
    assert (browse["name"], browse["availability"], browse["coverage"]) == ("Browse", 1.0, 1.0)
    assert checkout["availability"] == 79 / 80
    assert checkout["low"] < 79 / 80 < checkout["high"]
    assert len(checkout["trend"]) == 24


@pytest.mark.parametrize("name", ["checkout", "test_shop.test_checkout", "TEST_CHECKOUT"])
def test_a_journey_is_called_by_its_name_or_id(filled: object, told: Callable[..., Any], name: str) -> None:
    assert {run["name"] for run in told("history", name)["runs"]} == {"Checkout"}


def test_an_unknown_journey_names_the_nearest(filled: object, ends: Callable[..., Any]) -> None:
    code, _, err = ends("history", "chekout")
    assert code == 2
    assert 'Did you mean "Checkout"?' in err


@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        (("--region", "us-east"), 40),
        (("--region", "us-east", "--region", "eu-west", "--owner", "payments"), 80),
        (("--release", "1"), 60),
        (("--since", "1h"), 9),
        (("--since", "30d", "--until", "1h"), 111),
        (("--region", "moon"), 0),
        (("--device", "desktop"), 0),
    ],
)
def test_runs_are_chosen(filled: object, told: Callable[..., Any], arguments: tuple[str, ...], number: int) -> None:
    assert len(told("history", "--limit", "500", *arguments)["runs"]) == number


def test_nothing_that_fits_says_what_there_is(filled: object, said: Callable[..., str]) -> None:
    out = " ".join(said("history", "--region", "moon").split())
    assert "No run fits. The history holds 120 runs" in out
    assert "regions: eu-west, us-east" in out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--since", "soon"), "'soon' is no time"),
        (("--since", "1h", "--until", "2h"), "--since is not before --until"),
        (("--format", "xml"), "'xml' is not one of"),
    ],
)
def test_mistakes_are_told(filled: object, ends: Callable[..., Any], arguments: tuple[str, ...], expected: str) -> None:
    code, _, err = ends("history", *arguments)
    assert code == 2
    assert expected in err


@pytest.mark.parametrize("command", ["history", "slo", "slo checkout", "steps", "steps --by region", "owners",
                                     "flakes", "compare --release 1 2"])  # fmt: skip
def test_tables_are_80_columns_wide_and_plain(filled: object, said: Callable[..., str], command: str) -> None:
    out = said(*command.split())
    assert max(map(len, out.splitlines())) <= 80
    assert "\x1b" not in out
    assert "…" not in out


def test_why_a_run_failed_stands_beside_it(filled: object, said: Callable[..., str]) -> None:
    out = " ".join(said("history", "checkout", "--limit", "100").split())
    assert "FAILED" in out
    assert "pay: expected '€49.90', got €4.99" in out


def test_csv_has_the_fields_of_json(filled: object, said: Callable[..., str], told: Callable[..., Any]) -> None:
    rows = list(csv.DictReader(io.StringIO(said("history", "--format", "csv"))))
    assert list(rows[0]) == list(told("history")["runs"][0])


def test_a_whole_run(here: Path, said: Callable[..., str], ends: Callable[..., Any]) -> None:
    run = a_run(
        "failed", minutes=ago() - 5, failure=FAILURE, promised=1.5, parameters={"size": "L"}, attempt=2, browser="chromium",
        steps=(a_step("cart", steps=(a_step("add"),)), a_step("pay", sla=0.5, owner="psp", verdict=Verdict.FAILED)),
        artifacts=(
            Artifact(name="page", path="a/01.png", media_type="image/png", size=3, sha256="0" * 64, step=None),
            Artifact(name="film", path=None, media_type="video/webm", size=None, sha256=None, step=None, missing="off"),
        ),
        breaches=(Breach(kind="total", name="", measured=2.0, promised=1.5, unit="s", message="the journey took 2 s"),),
        measurements=(Measurement(name="lcp", value=1.25, unit="s", labels={"page": "/cart"}),), notes=("a note",),
    )  # fmt: skip
    record(here, run)
    out = said("runs", "show", run.run_id[:9])
    for part in ("FAILED: Checkout, eu-west, L, attempt 2", run.run_id, "promised 1.5 s", "At fault: product",
                 "test_shop.py:12", "- add", "psp", "a/01.png", "none: off", "the journey took 2 s", "1.25 s", "a note"):  # fmt: skip
        assert part in out, part
    assert json.loads(said("runs", "show", run.run_id, "--format", "json")) == run.to_json()
    steps = list(csv.DictReader(io.StringIO(said("runs", "show", run.run_id, "--format", "csv"))))
    assert [(step["step"], step["depth"]) for step in steps] == [("cart", "0"), ("cart > add", "1"), ("pay", "0")]
    assert ends("runs", "show", "nothing")[0] == 2


# -- targets ---------------------------------------------------------------------------------------------------------


def test_targets_and_what_is_left(filled: object, told: Callable[..., Any], said: Callable[..., str]) -> None:
    answer = told("slo")
    availability, latency = answer["targets"]
    assert (availability["indicator"], availability["said"], availability["good"]) == ("availability", 80, 79)
    assert availability["state"] == latency["state"] == "kept"
    assert availability["budget_runs"] == pytest.approx(8)
    assert availability["budget_runs_left"] == pytest.approx(7)
    assert answer["notes"] == ["Without a target: Browse. Give the journey the mark slo."]
    assert "kept" in said("slo")


def test_few_runs_are_not_enough(here: Path, told: Callable[..., Any], said: Callable[..., str]) -> None:
    record(here, a_run(minutes=ago() - 5, slo=TARGET))
    assert told("slo")["targets"][0]["state"] == "unknown"
    assert "not enough" in said("slo")


def test_runs_that_could_not_say_leave_all_unknown(here: Path, told: Callable[..., Any]) -> None:
    record(here, a_run("broken", minutes=ago() - 5, slo=TARGET))
    row = told("slo")["targets"][0]
    assert [row[name] for name in ("share", "low", "high", "budget_runs", "burn")] == [None] * 5
    assert (row["coverage"], row["state"]) == (0.0, "unknown")


def test_one_journey_in_detail(filled: object, told: Callable[..., Any]) -> None:
    answer = told("slo", "checkout")
    shares = {row["name"]: row for row in answer["shares"]}
    assert (shares["uptime"]["good"], shares["uptime"]["said"]) == (40, 40)
    assert (shares["reachability"]["good"], shares["reachability"]["said"]) == (79, 80)
    assert [row["window"] for row in answer["burns"]] == ["5m", "30m", "1h", "2h", "6h", "1d", "3d"]
    assert answer["apdex"]["frustrated"] == 1


def shares_of(told: Callable[..., Any]) -> dict[str, tuple[int, int]]:
    return {row["name"]: (row["good"], row["said"]) for row in told("slo", "checkout")["shares"]}


@pytest.mark.parametrize("schedule", [Schedule(every=1200.0), Schedule(cron="*/20 * * * *")])
def test_a_round_is_one_whatever_the_offsets_of_its_regions(
    here: Path, told: Callable[..., Any], schedule: Schedule
) -> None:
    minutes = (ago() // 20 - 10) * 20
    for number in range(4):
        for region, offset, verdict in (("eu-west", 0.0, "failed"), ("us-east", 0.45, "passed")):
            at = NOON + timedelta(minutes=minutes + 20 * number + offset)
            stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            known: dict[str, Any] = {"region": region, "slo": TARGET, "schedule": schedule, "scheduled_at": stamp}
            failure = FAILURE if verdict == "failed" else None
            record(here, a_run(verdict, minutes=minutes + 20 * number + 0.5, failure=failure, **known))

    assert shares_of(told) == {"uptime": (4, 4), "reachability": (4, 8)}


@pytest.mark.parametrize(
    ("quiet", "every"), [((), 1200.0), (("00:00-12:00",), 2400.0), (("brought in from elsewhere",), None)]
)
def test_quiet_hours_have_no_runs_to_come(here: Path, quiet: tuple[str, ...], every: float | None) -> None:
    record(here, a_run(journey="checkout", slo=TARGET, schedule=Schedule(every=1200.0, quiet=quiet)))
    history = store.opened(f"sqlite:///{here}/.synthetic/history.db")
    now = NOON + timedelta(days=1)
    report = answers_slo.reports(history, {"checkout": TARGET}, now, maintenance=Exclusion(history))["checkout"]
    history.close()
    assert report.every == every


def test_openslo_out_and_in(filled: object, said: Callable[..., str], told: Callable[..., Any], here: Path) -> None:
    (here / "targets.yaml").write_text(said("slo", "--openslo"), encoding="utf-8")
    given, marked = told("slo", "--targets", "targets.yaml"), told("slo")
    same = ("journey", "indicator", "target", "window", "good", "said", "state")
    assert [[row[name] for name in same] for row in given["targets"]] == [
        [row[name] for name in same] for row in marked["targets"]
    ]


def test_openslo_of_nothing_is_a_mistake(ends: Callable[..., Any]) -> None:
    code, out, err = ends("slo", "--openslo")
    assert (code, out) == (2, "")
    assert "There is no history yet" in err


def test_days_that_are_folded_still_count(here: Path, told: Callable[..., Any], said: Callable[..., str]) -> None:
    (here / "synthetic.toml").write_text("[history]\nkeep_days = 2\n", encoding="utf-8")
    runs = [a_run("failed" if day == 4 else "passed", minutes=ago() - 1440 * day - 1, slo=TARGET) for day in range(10)]
    record(here, *runs)
    before = told("slo")["targets"][0]
    assert " runs older than 2 days were folded into days" in said("history", "prune")
    after = told("slo")["targets"][0]
    assert (after["good"], after["said"]) == (before["good"], before["said"]) == (9, 10)
    steps = told("steps")["steps"]
    assert steps[0]["count"] == 9
    assert steps[0]["p50"] == pytest.approx(2.0, rel=0.01)


# -- steps, comparisons, owners, flakes ------------------------------------------------------------------------------


def test_steps(filled: object, told: Callable[..., Any]) -> None:
    rows = told("steps", "checkout")["steps"]
    assert [row["step"] for row in rows] == [None, "open", "pay", "pay > code"]
    assert rows[1]["p50"] == rows[1]["p99"] == 0.2
    assert rows[0]["count"] == 79


@pytest.mark.parametrize(
    ("by", "groups"), [("region", {"eu-west", "us-east"}), ("carrier", {"Orange"}), ("device", {None})]
)
def test_steps_told_apart(filled: object, told: Callable[..., Any], by: str, groups: set[str | None]) -> None:
    assert {row["group"] for row in told("steps", "checkout", "--by", by)["steps"]} == groups


def test_hours_are_those_of_the_day(filled: object, told: Callable[..., Any]) -> None:
    hours = {row["group"] for row in told("steps", "--by", "hour")["steps"]}
    assert hours <= set(range(24))


def test_two_releases_compared(filled: object, told: Callable[..., Any]) -> None:
    answer = told("compare", "--release", "1", "2")
    changes = {(row["name"], row["step"]): row for row in answer["steps"]}
    assert changes["Checkout", "pay"]["change"] == "slower"
    assert changes["Checkout", "open"]["change"] == "same"
    assert changes["Checkout", "pay"]["low"] < changes["Checkout", "pay"]["shift"] < changes["Checkout", "pay"]["high"]
    assert {row["change"] for row in answer["failures"]} == {"unknown"}


@pytest.mark.parametrize(
    "by", [("--region", "eu-west", "us-east"), ("--period", "7h"), ("--commit", "1111", "2222"), ("--period", "30d")]
)
def test_other_sides_compared(filled: object, said: Callable[..., str], by: tuple[str, ...]) -> None:
    assert "Before: " in said("compare", *by)


def test_a_side_without_runs_is_said(filled: object, told: Callable[..., Any]) -> None:
    answer = told("compare", "--release", "1", "7")
    assert answer["notes"] == ["No run of release 7 could say anything."]
    assert {row["change"] for row in answer["steps"]} == {"unknown"}


@pytest.mark.parametrize("wrong", [(), ("--release", "1", "2", "--period", "7d"), ("--commit", "", "1")])
def test_what_to_compare_must_be_said_once(filled: object, ends: Callable[..., Any], wrong: tuple[str, ...]) -> None:
    assert ends("compare", *wrong)[0] == 2


def test_tags_are_what_git_knows_them_as(here: Path, told: Callable[..., Any]) -> None:
    def git(*arguments: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@b")
        env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
        return subprocess.run(["git", *who, *arguments], check=True, capture_output=True, text=True, env=env).stdout

    git("init", "-q", ".")
    commits = []
    for tag in ("v1", "v2"):
        git("commit", "-q", "--allow-empty", "-m", tag)
        git("tag", "-a", tag, "-m", tag)
        commits.append(git("rev-parse", "HEAD").strip())
    record(here, *(a_run(minutes=ago() - 5, git_commit=commit) for commit in commits))
    (row,) = told("compare", "--commit", "v1", "v2")["failures"]
    assert (row["before_said"], row["after_said"]) == (1, 1)


def test_owners(filled: object, told: Callable[..., Any]) -> None:
    answer = told("owners")
    owners = {row["owner"]: row for row in answer["owners"]}
    assert (owners["psp"]["kept"], owners["psp"]["failed"]) == (79, 1)
    assert owners["payments"]["share"] == 1.0
    assert {(row["owner"], row["name"]) for row in answer["journeys"]} >= {
        ("psp", "Checkout"),
        ("payments", "Checkout"),
    }


def test_flakes(filled: object, told: Callable[..., Any]) -> None:
    rows = told("flakes")["flakes"]
    assert (rows[0]["name"], rows[0]["changes"]) == ("Checkout", 2)
    assert rows[1]["score"] == 0.0


# -- moving runs -----------------------------------------------------------------------------------------------------


def test_what_is_exported_is_imported_once(
    filled: list[RunResult], said: Callable[..., str], ends: Callable[..., Any], here: Path
) -> None:
    said("history", "export", "all.jsonl")
    lines = (here / "all.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 120
    assert said("history", "export") == "\n".join([*lines, ""])
    (here / "other.toml").write_text('[history]\nurl = "sqlite:///other.db"\n', encoding="utf-8")
    there = ("--config", "other.toml")
    assert said("history", "import", "all.jsonl", *there).startswith("120 new, 0 known already")
    assert said("history", "import", "all.jsonl", *there).startswith("0 new, 120 known already")
    assert sorted(said("history", "export", *there).splitlines()) == sorted(lines)
    assert ends("history", "export", "--since", "1h")[2] == "9 runs written.\n"


def test_a_damaged_line_is_named_and_the_rest_goes_in(ends: Callable[..., Any], here: Path) -> None:
    good = json.dumps(a_run(minutes=ago()).to_json())
    (here / "runs.jsonl").write_text(f"{good}\n{{broken\n", encoding="utf-8")
    code, out, err = ends("history", "import", "runs.jsonl")
    assert code == 1
    assert out == "1 new, 0 known already or of days that are folded, 1 damaged.\n"
    assert err.startswith("runs.jsonl:2: ")


def test_secrets_of_the_settings_stay_out(
    ends: Callable[..., Any], said: Callable[..., str], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2-hunter2")
    (here / "synthetic.toml").write_text(
        '[redact]\npatterns = ["cust-[0-9]+"]\n[secrets]\nSHOP_PASSWORD = { env = "SHOP_PASSWORD" }\n', encoding="utf-8"
    )
    run = a_run("broken", minutes=ago(), reason="no login for cust-4711 with hunter2-hunter2")
    (here / "runs.jsonl").write_text(json.dumps(run.to_json()) + "\n", encoding="utf-8")
    assert ends("history", "import", "runs.jsonl")[0] == 0
    out = said("history", "export")
    assert "hunter2" not in out
    assert "cust-4711" not in out


def test_junit_and_allure_are_imported(said: Callable[..., str], here: Path) -> None:
    (here / "junit.xml").write_text(
        '<testsuite name="s" timestamp="2026-03-01T12:00:00"><testcase classname="c" name="t" time="1"/></testsuite>',
        encoding="utf-8",
    )
    (here / "results").mkdir()
    result = {"uuid": "0af76519-16cd-43dd-8448-eb211c80319c", "name": "t", "fullName": "a#t", "status": "passed",
              "start": 1_772_366_400_000, "stop": 1_772_366_401_000}  # fmt: skip
    (here / "results/0af76519-16cd-43dd-8448-eb211c80319c-result.json").write_text(json.dumps(result), encoding="utf-8")
    arguments = ("history", "import", "--junit", "junit.xml", "--allure", "results")
    assert said(*arguments).startswith("2 new, 0 known")
    assert said(*arguments).startswith("0 new, 2 known")


def test_an_import_of_nothing_is_a_mistake(ends: Callable[..., Any], here: Path) -> None:
    assert ends("history", "import")[0] == 2
    assert ends("history", "import", "nowhere.jsonl")[0] == 2
    assert list(here.iterdir()) == []


# -- the gate --------------------------------------------------------------------------------------------------------


def test_a_good_release_passes(filled: object, ends: Callable[..., Any], told: Callable[..., Any]) -> None:
    assert ends("gate", "--release", "2")[0] == 0
    (row,) = told("gate", "--release", "2")["journeys"]
    assert (row["before_said"], row["release_said"], row["release_good"]) == (40, 40, 39)


def test_a_release_that_spends_the_budget_is_blocked(filled: object, here: Path, ends: Callable[..., Any]) -> None:
    record(here, *(a_run("failed", minutes=ago() - 1, slo=TARGET, release="3", failure=FAILURE) for _ in range(30)))
    code, out, _ = ends("gate", "--release", "3")
    assert code == 3
    assert "would be spent by this release" in " ".join(out.split())
    assert ends("gate", "--release", "3", "--allow-unknown")[0] == 3
    assert ends("gate", "--since", "3m")[0] == 3
    assert ends("gate", "--release", "1")[0] == 3  # what another release spent is spent


def test_a_release_without_runs_is_unknown(
    filled: object, ends: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = ends("gate", "--release", "9", "--format", "json")
    assert code == 4
    assert "no run of release 9" in json.loads(out)["reasons"][0]["text"]
    monkeypatch.setenv("SYNTHETIC_RELEASE", "9")
    assert ends("gate")[0] == 4
    assert ends("gate", "--allow-unknown")[0] == 0


def test_the_runs_of_a_session(filled: object, here: Path, ends: Callable[..., Any]) -> None:
    record(
        here, *(a_run("failed", minutes=ago() - 1, slo=TARGET, session_id="feed", failure=FAILURE) for _ in range(30))
    )
    assert ends("gate", "--session", "fee")[0] == 3
    assert ends("gate", "--session", "beef")[0] == 3  # what is known of the past counts, whoever asks
    assert ends("gate", "--session", "a", "--release", "1")[0] == 2


def test_a_journey_that_is_gone_stops_nobody(filled: object, here: Path, told: Callable[..., Any]) -> None:
    record(here, a_run(minutes=ago() - 60 * 24 * 31, journey="gone", name="Old checkout", slo=TARGET))
    answer = told("gate", "--release", "2")
    assert [row["name"] for row in answer["journeys"]] == ["Checkout"]
    assert answer["notes"] == ["Not judged, as it did not run in the window of its target: Old checkout."]


def test_a_gate_over_nothing_but_the_past_does_not_pass(here: Path, ends: Callable[..., Any]) -> None:
    record(here, a_run(minutes=ago() - 60 * 24 * 31, slo=TARGET))
    code, out, _ = ends("gate")
    assert code == 4
    assert "Not judged" in out


# -- what never ran --------------------------------------------------------------------------------------------------


def test_a_tick_that_was_missed_is_shown_exported_and_imported(
    here: Path, said: Callable[..., str], tmp_path: Path
) -> None:
    plan = Plan(
        spec=JourneySpec(id="test_shop.test_checkout", name="Checkout"), region="eu-west", nodeid="t.py::test_it"
    )
    missed = unrun.missed(plan, NOON, "the machine slept")
    began = unrun.stamp(NOON + timedelta(seconds=1))
    later = NOON + timedelta(minutes=1)
    record(
        here, missed, unrun.missed(plan, later, "too late"), a_run(scheduled_at=unrun.stamp(later), started_at=began)
    )
    told = said("runs", "show", missed.run_id)
    assert told.startswith("MISSED: Checkout, eu-west\n")
    assert "Was to begin then, and never did\n" in told
    assert "Why: the machine slept\n" in told
    everything = said("history", "export")
    assert len(everything.splitlines()) == 2
    (here / ".synthetic" / "history.db").unlink()
    record(here, unrun.missed(plan, later, "no agent took it"))
    (tmp_path / "runs.jsonl").write_text(everything, encoding="utf-8")
    said("history", "import", str(tmp_path / "runs.jsonl"))
    assert {json.loads(line)["verdict"] for line in said("history", "export").splitlines()} == {"missed", "passed"}
    assert len(said("history", "export").splitlines()) == 2
