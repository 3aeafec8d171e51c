"""`synthetic alerts` and `synthetic incidents` over a real history, with a real receiver, as users call them."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from pytest_synthetic import cli
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.history import database, store, tables
from pytest_synthetic.history.leading import Leading
from pytest_synthetic.history.ticks import Ticks
from pytest_synthetic.incidents.service import NAME
from pytest_synthetic.model.journey import Schedule
from pytest_synthetic.model.run import Failure
from pytest_synthetic.model.verdict import Fault
from tests.runs import NOON, a_run
from tests.watching import a_plan
from tests.webhooks import received

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_synthetic.model.run import RunResult

    Ends = Callable[..., tuple[object, str, str]]

SECRET = "tok-1234567890abcdef"
DEAD = f"http://127.0.0.1:9/{SECRET}"
HOSTILE = "expected [red]a number[/red]\x1b[2J,\ngot none"
FAILURE = Failure(
    type="AssertionError", message="m", claim=HOSTILE, fault=Fault.PRODUCT, reason="a claim does not hold",
    phase="call", step="pay", frame=None, fingerprint="ab",
)  # fmt: skip


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, 80 columns wide, in which nobody has set anything."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.fixture
def ends(here: Path, capsys: pytest.CaptureFixture[str]) -> Ends:
    """Call `synthetic` with these settings: its exit code, what it printed, and what it said of mistakes."""

    def run(*arguments: str, toml: str = "") -> tuple[object, str, str]:
        (here / "synthetic.toml").write_text(toml, encoding="utf-8")
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
        told = capsys.readouterr()
        return ended.value.code, told.out, told.err

    return run


@pytest.fixture
def told(ends: Ends) -> Callable[..., dict[str, Any]]:
    def run(*arguments: str, toml: str = "") -> dict[str, Any]:
        code, out, err = ends(*arguments, "--format", "json", toml=toml)
        assert code == 0, err
        answer: dict[str, Any] = json.loads(out)
        return answer

    return run


def minutes_ago(minutes: float) -> float:
    """As minutes after NOON: the commands read the real clock."""
    return (datetime.now(UTC) - NOON).total_seconds() / 60 - minutes


def record(folder: Path, *, hours: float = 3.0) -> None:
    """Runs in two regions every 5 minutes up to now, of which the last quarter of an hour failed."""
    runs: list[RunResult] = []
    for number in range(int(hours * 12)):
        bad = number < 3
        for region in ("eu-west", "us-east"):
            at = minutes_ago(5.0 * number + 0.5)
            runs.append(
                a_run("failed" if bad else "passed", minutes=at, region=region, failure=FAILURE if bad else None)
            )
            runs.append(a_run(minutes=at, region=region, journey="test_shop.test_search", name="Search", owner="find"))
    history = store.opened(f"sqlite:///{folder}/.synthetic/history.db")
    history.record(runs)
    history.close()


def flat(text: str) -> str:
    return " ".join(text.split())


# -- test --------------------------------------------------------------------------------------------------------------


def test_a_test_is_sent_to_each_address_and_says_so(ends: Ends) -> None:
    with received() as one, received(410) as other:
        toml = (
            f'product = "Shop"\n[alerts.oncall]\nto = ["{one.url}-{SECRET}", "{other.url}-{SECRET}"]\nlanguage = "fr"'
        )
        code, out, err = ends("alerts", "test", "oncall", toml=toml)
        assert (code, err) == (1, "")
        assert "sent" in out
        assert "NOT SENT" in out
        assert "1 of 2 addresses did not take it." in out
        assert SECRET not in out
        one.wait_for(1)
        letter = json.loads(one.bodies[0])
        assert letter["test"] is True
        assert "Ceci est un test" in letter["text"]
        code, out, _ = ends("alerts", "test", "oncall", "--lang", "en", toml=f'[alerts.oncall]\nto = "{one.url}"')
        assert code == 0
        assert "its text begins with [TEST" in out
        one.wait_for(2)
        assert "This is a test" in json.loads(one.bodies[1])["text"]


def test_an_address_of_no_service_is_said(ends: Ends) -> None:
    code, out, _ = ends("alerts", "test", "oncall", toml=f'[alerts.oncall]\nto = "slak://{SECRET}"')
    assert code == 1
    assert "NOT SENT" in out
    assert SECRET not in out


def test_an_unknown_route_names_the_nearest(ends: Ends) -> None:
    code, _, err = ends("alerts", "test", "onkall", toml=f'[alerts.oncall]\nto = "{DEAD}"')
    assert code == 2
    assert 'Did you mean "oncall"?' in err


def test_without_routes_four_lines_say_what_to_write(ends: Ends) -> None:
    code, _, err = ends("alerts", "test", "oncall")
    assert code == 2
    assert "[alerts.oncall]\n  to = [" in err
    assert "synthetic.toml" in err


# -- explain -----------------------------------------------------------------------------------------------------------


def test_explain_says_when_and_whom(ends: Ends, told: Callable[..., dict[str, Any]], here: Path) -> None:
    record(here)
    toml = f"""
[alerts.oncall]
to = "{DEAD}"
on = "failed"
owners = ["paymentz"]
[alerts.keepers]
to = "{DEAD}-2"
on = "broken"
[policies.strict]
failures = 2
journeys = ["search"]
[maintenance.move]
cron = "* * * * *"
duration = "1h"
timezone = "UTC"
regions = ["eu-west"]
"""
    rows = {row["name"]: row for row in told("alerts", "explain", toml=toml)["journeys"]}
    assert rows["Search"]["policy"] == "strict"
    assert rows["Checkout"]["policy"] == "default"
    assert (rows["Checkout"]["page"], rows["Checkout"]["broken"]) == ([], ["keepers"])
    assert (rows["Checkout"]["ticket"], rows["Checkout"]["degraded"], rows["Checkout"]["missed"]) == ([], [], [])
    assert rows["Search"]["ticket"] is None  # by its policy, what fails is a page
    assert rows["Checkout"]["maintenance"] == ["move"]
    assert rows["Checkout"]["learnt_from"] == 36  # the others are in maintenance
    _, out, _ = ends("alerts", "explain", "search", toml=toml)
    assert "Checkout" not in out.partition("NOBODY")[0]
    said = flat(out)
    assert "[policies.strict]" in said
    assert "page, degraded, missed: NOBODY" in said
    assert "broken: keepers" in said
    assert "Nobody would be told of a page or degraded runs or missed runs of Search: every route has `on`." in said
    assert "alerts.oncall: no journey has the owner 'paymentz'." in said
    assert "mostly a guess" in said
    assert max(map(len, out.splitlines())) <= 80
    assert SECRET not in out


def test_explain_names_addresses_that_nothing_can_be_sent_to(ends: Ends, here: Path) -> None:
    record(here)
    _, out, _ = ends("alerts", "explain", toml=f'[alerts.oncall]\nto = "slak://{SECRET}"')
    assert "alerts.oncall: " in out
    assert SECRET not in out


def test_explain_of_an_unknown_journey_names_the_nearest(ends: Ends, here: Path) -> None:
    record(here)
    code, _, err = ends("alerts", "explain", "Chekcout")
    assert code == 2
    assert 'Did you mean "Checkout"?' in err


def test_explain_without_a_history_collects(told: Callable[..., dict[str, Any]], here: Path) -> None:
    (here / "test_shop.py").write_text(
        "import pytest\n@pytest.mark.journey('Checkout')\n@pytest.mark.schedule('5m')\n"
        "def test_checkout(journey): ...\n"
    )
    answer = told("alerts", "explain")
    (row,) = answer["journeys"]
    assert (row["name"], row["learnt_from"], row["runs_per_day"]) == ("Checkout", 0, 288.0)
    assert any("Nothing is in the history yet" in note for note in answer["notes"])
    assert any("there is no route" in note for note in answer["notes"])


@pytest.mark.parametrize(
    ("schedule", "policy", "said"),
    [
        (Schedule(every=60.0), "failures = 2", "a run every 60 s from 1 region, as its schedule says, that is within 2 min of"),
        (Schedule(every=30.0), "failures = 3", "a run every 30 s from 1 region, as its schedule says, that is within 90 s of"),
        (Schedule(every=60.0), "", "a run every 60 s from 1 region, as its schedule says, that is within "),
        (Schedule(cron="0 7 * * 1-5"), "failures = 1", "a run every 24 h to 72 h from 1 region, as its schedule says, that "
         "is within at most 72 h of a full outage"),
        (Schedule(cron="0 7 1 6 *"), "failures = 1", "a run every 8760 h to 8784 h from 1 region"),
        (Schedule(every=0.1), "failures = 1", "Pages when a run fails in a region. "),
        (None, "failures = 1", "Pages when a run fails in a region. "),
    ],
)  # fmt: skip
def test_explain_after_one_run_goes_by_its_schedule(
    told: Callable[..., dict[str, Any]], here: Path, schedule: Schedule | None, policy: str, said: str
) -> None:
    history = store.opened(f"sqlite:///{here}/.synthetic/history.db")
    history.record([a_run(minutes=minutes_ago(1), schedule=schedule)])
    history.close()
    (row,) = told("alerts", "explain", toml=f"[policies.all]\n{policy}\n")["journeys"]
    assert said in row["words"]
    assert row["runs_per_day"] == pytest.approx(1 / 7)


UNSET = '[alerts.oncall]\nto = ["${NOT_SET_HERE}"]\n[alerts.desk]\nto = "{DEAD}"'.replace("{DEAD}", DEAD)
NOT_SET = "synthetic.toml:2: alerts.oncall.to: the environment variable NOT_SET_HERE is not set"


@pytest.mark.parametrize(
    "command", [("watch",), ("scheduler",), ("alerts", "run"), ("alerts", "test", "oncall")], ids=" ".join
)
def test_what_sends_stops_at_its_start_when_an_address_is_not_set(
    ends: Ends, here: Path, command: tuple[str, ...]
) -> None:
    code, out, err = ends(*command, toml=UNSET)
    assert (code, out) == (2, "")
    assert NOT_SET in err
    assert [each.name for each in here.iterdir()] == ["synthetic.toml"]


@pytest.mark.parametrize(
    "command", [("alerts", "explain"), ("alerts", "backtest"), ("incidents",), ("history",), ("maintenance", "list")]
)
def test_what_sends_nothing_needs_no_address(ends: Ends, here: Path, command: tuple[str, ...]) -> None:
    record(here)
    code, out, err = ends(*command, toml=UNSET)
    assert (code, err) == (0, "")
    assert ("oncall has an address or a secret that is not set here" in flat(out)) is (command[-1] == "explain")


def test_explain_says_whether_silence_is_noticed(ends: Ends, told: Callable[..., dict[str, Any]], here: Path) -> None:
    record(here)
    hourly = Schedule(every=3600.0)
    history = store.opened(f"sqlite:///{here}/.synthetic/history.db")
    kept = [a_run(minutes=minutes_ago(60 * hour + 0.1), schedule=hourly) for hour in range(30)]
    history.record([*kept, a_run(minutes=minutes_ago(0.2), schedule=hourly, region="lab")])
    history.close()

    rows = {row["name"]: row for row in told("alerts", "explain")["journeys"]}
    assert rows["Search"]["silence"] == "Silence is not noticed: it has no schedule."
    assert (rows["Search"]["listened"], rows["Checkout"]["listened"]) == ([], ["eu-west"])
    _, out, _ = ends("alerts", "explain", "checkout")
    assert "Silence from eu-west is noticed after two and a half intervals: 24 of its last 24 ticks had" in flat(out)
    assert "Silence from lab is not noticed: 1 of its last 24 ticks had a run" in flat(out)


# -- retire ------------------------------------------------------------------------------------------------------------


def test_what_is_retired_is_said_and_what_cannot_be_names_the_nearest(ends: Ends, here: Path) -> None:
    assert ends("alerts", "retire", "checkout")[0] == 2
    record(here)
    code, out, _ = ends("alerts", "retire", "checkout", "--region", "us-east")
    assert (code, "Checkout is gone from us-east: its silence is no alert." in flat(out)) == (0, True)
    code, _, err = ends("alerts", "retire", "checkout", "--region", "us-eas")
    assert code == 2
    assert 'Did you mean "us-east"?' in err
    assert 'Did you mean "Checkout"?' in ends("alerts", "retire", "chekcout")[2]

    ticks = Ticks(f"sqlite:///{here}/.synthetic/history.db", clock=SystemClock())
    ticks.watch([a_plan("test_shop.test_checkout", "eu-west")], datetime.now(UTC), regions=["eu-west"], known={})
    ticks.close()
    code, _, err = ends("alerts", "retire", "checkout")
    assert code == 2
    assert "a scheduler watches Checkout from eu-west" in err

    ticks = Ticks(f"sqlite:///{here}/.synthetic/history.db", clock=SystemClock())
    ticks.watch([], datetime.now(UTC), regions=["eu-west"])
    hours_ago = datetime.now(UTC) - timedelta(hours=3)
    ticks.watch([a_plan("test_shop.test_checkout", "eu-west")], hours_ago, regions=["eu-west"])
    assert ends("alerts", "retire", "checkout")[0] == 0
    assert ticks.watched() == ()
    ticks.close()


# -- backtest ----------------------------------------------------------------------------------------------------------


def test_backtest_sets_policies_side_by_side(ends: Ends, told: Callable[..., dict[str, Any]], here: Path) -> None:
    record(here, hours=48)
    (here / "proposed.toml").write_text("[policies.never]\nfailures = 50\n")
    asked = ("alerts", "backtest", "--policies", "proposed.toml", "--days", "2")
    answer = told(*asked)
    scores = {(row["policies"], row["name"]): row for row in answer["scores"]}
    assert scores["present", "all"]["found"] == scores["present", "all"]["real"] == 1
    assert scores["proposed", "all"]["missed"] == 1
    assert scores["proposed", "all"]["median"] is None
    assert set(scores) == {(which, name) for which in ("present", "proposed") for name in ("all", "Checkout", "Search")}
    (real,) = answer["real"]
    assert real["found"] == ["page", None]
    assert (real["failed"], real["said"], real["regions"]) == (6, 6, ["eu-west", "us-east"])
    _, out, _ = ends(*asked)
    assert "Policies: present: by statistics, none is set; proposed: never." in flat(out)
    assert "1 of 1    0 of 1" in out
    assert "missed" in out
    assert max(map(len, out.splitlines())) <= 80
    code, csv, _ = ends(*asked, "--format", "csv")
    assert code == 0
    assert csv.startswith("policies,journey,name,pages")
    assert "| pages |" in ends(*asked, "--format", "markdown")[1]


def test_backtest_of_one_journey(told: Callable[..., dict[str, Any]], here: Path) -> None:
    record(here, hours=24)
    answer = told("alerts", "backtest", "--journey", "search")
    assert {row["name"] for row in answer["scores"]} == {"all", "Search"}
    assert answer["real"] == []
    assert any("Nothing was really wrong" in note for note in answer["notes"])
    assert any("The history holds runs of the last 1 day" in note for note in answer["notes"])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--days", "0"), "0 is not in the range"),
        (("--journey", "Chekcout"), 'Did you mean "Checkout"?'),
        (("--policies", "empty.toml"), "no policies are proposed there"),
        (("--policies", "wrong.toml"), "failures"),
        (("--policies", "not.toml"), "not valid TOML"),
        (("--policies", "clash.toml"), "equally specific"),
        (("--policies", "none.toml"), "does not exist"),
    ],
)
def test_backtest_of_what_cannot_be_is_a_mistake(ends: Ends, here: Path, arguments: tuple[str, str], why: str) -> None:
    record(here)
    (here / "empty.toml").write_text("")
    (here / "wrong.toml").write_text("[policies.p]\nfailures = 0\n")
    (here / "not.toml").write_text("[policies.p\n")
    (here / "clash.toml").write_text("[policies.p]\nfailures = 1\n[policies.q]\nfailures = 2\n")
    code, _, err = ends("alerts", "backtest", *arguments)
    assert code == 2
    assert why in err


@pytest.mark.parametrize("command", [("alerts", "backtest"), ("alerts", "run"), ("incidents",)])
def test_no_history_is_said_and_none_is_made(ends: Ends, here: Path, command: tuple[str, ...]) -> None:
    code, out, _ = ends(*command)
    assert code == 0
    assert "There is no history yet" in flat(out)
    assert [each.name for each in here.iterdir()] == ["synthetic.toml"]


# -- run and incidents -------------------------------------------------------------------------------------------------


def test_run_decides_and_sends_once(ends: Ends, told: Callable[..., dict[str, Any]], here: Path) -> None:
    record(here)
    with received() as receiver:
        toml = f'[alerts.oncall]\nto = "{receiver.url}-{SECRET}"'
        code, out, err = ends("alerts", "run", toml=toml)
        assert (code, err) == (0, "")
        assert "opened: Checkout (eu-west, us-east), outage" in out
        code, out, _ = ends("alerts", "run", toml=toml)
        assert (code, out) == (0, "Nothing new to tell.\n")
        assert len(receiver.bodies) == 1
    (row,) = told("incidents", toml=toml)["incidents"]
    assert (row["severity"], row["kinds"], row["journeys"]) == ("page", ["outage"], ["Checkout"])
    assert (row["regions"], row["told"], row["resolved"]) == (["eu-west", "us-east"], ["oncall"], None)
    assert row["lasted"] > 600
    _, out, _ = ends("incidents", toml=toml)
    assert row["id"] in out
    assert max(map(len, out.splitlines())) <= 80
    whole = told("incidents", "show", row["id"][:5], toml=toml)
    assert whole["id"] == row["id"]
    (case,) = whole["cases"]
    assert (case["step"], case["name"], case["resolved"]) == ("pay", "Checkout", None)
    assert case["failed"] == case["said"] > 1
    assert [entry["what"] for entry in whole["entries"]] == ["opened"]
    assert [(letter["route"], letter["state"], letter["why"]) for letter in whole["letters"]] == [
        ("oncall", "sent", None)
    ]
    _, out, _ = ends("incidents", "show", row["id"], toml=toml)
    assert "pay: expected [red]a number[/red]" in flat(out)
    assert "\x1b" not in out
    assert SECRET not in out
    assert max(map(len, out.splitlines())) <= 80
    assert told("alerts", "explain", "Checkout", toml=toml)["journeys"][0]["standing"] == [f"page {row['id']}"]


@pytest.mark.parametrize(
    "command", [("alerts", "run"), ("alerts", "backtest"), ("history",), ("owners",), ("flakes",)], ids=" ".join
)
def test_a_verdict_of_a_newer_version_is_said_once(ends: Ends, here: Path, command: tuple[str, ...]) -> None:
    record(here)
    with closing(store.opened(f"sqlite:///{here}/.synthetic/history.db")) as history:
        with database.writing(history.engine) as connection:
            newer = tables.run.c.verdict == "failed"
            connection.execute(update(tables.run).where(newer).values(verdict="\x1b[2Jflaky"))
    code, out, err = ends(*command)
    assert code == 0
    assert err.count("update pytest-synthetic here") == 1
    assert "a verdict that this version does not know: 'flaky'. Such runs count as broken." in flat(err)
    assert "\x1b" not in out + err


def test_what_cannot_be_sent_is_said_and_waits(ends: Ends, told: Callable[..., dict[str, Any]], here: Path) -> None:
    record(here)
    toml = f'[alerts.oncall]\nto = "{DEAD}"'
    code, _, err = ends("alerts", "run", "--wait", "2s", toml=toml)
    assert code == 1
    assert "Not sent: alerts to http://127.0.0.1:9/…: " in err
    assert SECRET not in err
    (row,) = [each for each in told("incidents", toml=toml)["incidents"] if "outage" in each["kinds"]]
    assert row["told"] == []
    (letter,) = told("incidents", "show", row["id"], toml=toml)["letters"]
    assert letter["state"] == "waits"
    code, _, err = ends("alerts", "run", "--wait", "2s", toml=toml)
    assert code == 1
    assert "Not sent: alerts to http://127.0.0.1:9/…: " in err
    assert letter["tries"] >= 1
    assert letter["until"]
    out = flat(ends("incidents", "show", row["id"], toml=toml)[1])
    assert "What waits is sent by" in out
    with received() as receiver:
        ends("alerts", "run", toml=f'[alerts.oncall]\nto = "{receiver.url}"')
        assert all(SECRET.encode() not in body for body in receiver.bodies)


def test_beside_a_watcher_nothing_is_decided(ends: Ends, here: Path) -> None:
    record(here)
    leading = Leading(f"sqlite:///{here}/.synthetic/history.db", [NAME], say=lambda _: None, kind="alerter")
    with closing(leading):
        leading.begin()
        code, out, _ = ends("alerts", "run", toml=f'[alerts.oncall]\nto = "{DEAD}"')
    assert code == 0
    assert "Alerts are decided by " in out
    assert ", process " in out
    assert "No incident stands" in ends("incidents", toml=f'[alerts.oncall]\nto = "{DEAD}"')[1]


def test_run_without_routes_decides_and_says_that_nobody_is_told(ends: Ends, here: Path) -> None:
    record(here)
    code, out, err = ends("alerts", "run")
    assert code == 0
    assert "opened: Checkout" in out
    assert "Nobody is told: there is no route." in err


def test_a_file_of_maintenance_that_cannot_be_read_is_a_note(ends: Ends, here: Path) -> None:
    record(here)
    (here / "windows.json").write_text("[{")
    with received() as receiver:
        code, _, err = ends(
            "alerts", "run", toml=f'maintenance_file = "windows.json"\n[alerts.oncall]\nto = "{receiver.url}"'
        )
    assert code == 0
    assert "note: maintenance: windows.json" in err.replace(f"{here}/", "")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("incidents", "show", "zz"), "no incident begins with 'zz'. The newest are: none"),
        (("incidents", "--since", "soon"), "'soon' is no time"),
        (("alerts", "run", "--wait", "soon"), "soon"),
    ],
)
def test_what_is_not_there_is_a_mistake(ends: Ends, here: Path, arguments: tuple[str, ...], why: str) -> None:
    record(here)
    code, _, err = ends(*arguments)
    assert code == 2
    assert why in err


def test_incidents_says_what_keeps_them(ends: Ends, here: Path) -> None:
    record(here)
    assert "Incidents are kept where synthetic.toml has a table [alerts.NAME]" in flat(ends("incidents")[1])
