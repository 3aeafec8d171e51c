"""One scheduler leads, and whoever does not any more knows it before another one begins."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from pytest_synthetic.history import database
from pytest_synthetic.history.leading import LASTS, MARGIN, Leading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class TwoClocks:
    """A machine's clocks, each moved by itself: one stands still while it sleeps, one can be set."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.wall = datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.passed

    def now(self) -> datetime:
        return self.wall

    def advance(self, seconds: float) -> None:
        self.passed += seconds
        self.wall += timedelta(seconds=seconds)


class Scheduler:
    """One of several, as far as the database can tell."""

    def __init__(self, url: str, *regions: str) -> None:
        self.clock = TwoClocks()
        self.said: list[str] = []
        self.leading = Leading(url, regions or ["eu-west"], say=self.said.append, clock=self.clock)

    @property
    def leads(self) -> bool:
        return self.leading.leads("eu-west")


@pytest.fixture
def started(url: str) -> Iterator[Callable[..., Scheduler]]:
    made: list[Scheduler] = []

    def start(*regions: str) -> Scheduler:
        made.append(Scheduler(url, *regions))
        made[-1].leading.beat()
        return made[-1]

    yield start
    for one in made:
        one.leading.close()


def run_out(scheduler: Scheduler) -> None:
    """Let the lease run out, by the clock of the database."""
    with database.writing(scheduler.leading._holding.engine) as connection:
        connection.execute(text("UPDATE lease SET until_ms = until_ms - 8001"))


def test_one_leads_and_another_takes_over(started: Callable[..., Scheduler]) -> None:
    one, other = started(), started()
    assert (one.leads, other.leads) == (True, False)
    assert "process" in str(other.leading.leaders()["eu-west"])
    one.clock.advance(2)
    one.leading.beat()
    other.leading.beat()
    assert (one.leads, other.leads) == (True, False)

    one.clock.advance(LASTS - MARGIN)
    assert not one.leads  # before the lease is over, and without asking anybody
    run_out(one)
    other.leading.beat()
    assert other.leads
    one.leading.beat()
    assert not one.leads
    assert one.said == [
        "this scheduler leads in eu-west now",
        "this scheduler leads in eu-west no more: it was not heard of in time",
    ]


def test_who_stands_by_says_so_once_and_names_the_leader(started: Callable[..., Scheduler]) -> None:
    one, other = started(), started()
    other.leading.beat()
    leader = one.leading.leaders()["eu-west"]
    assert other.said == [f"this scheduler stands by in eu-west: {leader} is at work there, or died a moment ago"]


def test_who_was_late_and_missed_by_nobody_leads_on(started: Callable[..., Scheduler]) -> None:
    one = started()
    one.clock.advance(60)
    assert not one.leads
    run_out(one)
    one.leading.beat()
    assert one.leads


@pytest.mark.parametrize("slept", [True, False])
def test_either_clock_ends_the_belief(started: Callable[..., Scheduler], *, slept: bool) -> None:
    """A machine that slept has a monotonic clock that stood still; one whose clock was set back has the other."""
    one = started()
    if slept:
        one.clock.wall += timedelta(seconds=LASTS)
    else:
        one.clock.wall -= timedelta(hours=1)
        one.clock.passed += LASTS
    assert not one.leads
    one.leading.beat()
    assert one.leads


def test_who_ends_lets_the_others_lead_at_once(started: Callable[..., Scheduler]) -> None:
    one, other = started(), started()
    one.leading.close()
    assert not one.leads
    assert other.leading.leaders() == {"eu-west": None}
    other.leading.beat()
    assert other.leads


def test_regions_are_led_apart(started: Callable[..., Scheduler]) -> None:
    one, other = started("eu-west"), started("us-east", "eu-west", "r" * 2_000)
    assert one.leads
    assert [other.leading.leads(region) for region in ("us-east", "eu-west", "r" * 2_000)] == [True, False, True]


def test_without_the_database_nobody_leads() -> None:
    one = Scheduler("postgresql+psycopg://me:secret@127.0.0.1:9/history")
    one.leading.beat()
    one.leading.beat()
    assert not one.leads
    (said,) = one.said
    assert said.startswith("nothing is started, the history says who leads and cannot be reached: postgresql://me:***@")
    assert "127.0.0.1:9/history: connection failed" in said
    one.leading.close()


LEADER = """
import sys, time
from pytest_synthetic.history.leading import Leading
leading = Leading(sys.argv[1], ["eu-west"], say=lambda told: print(told, flush=True), lasts=3.0)
leading.begin()
print("begun", flush=True)
sys.stdin.readline()
print(leading.leads("eu-west"), flush=True)
leading.close()
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_processes_take_over(url: str, how: signal.Signals) -> None:
    """One that was stopped finds that it does not lead any more."""

    def started() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", LEADER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    one = started()
    assert one.stdout
    assert one.stdout.readline() == "this scheduler leads in eu-west now\n"
    other = started()
    assert other.stdout
    assert other.stdout.readline().startswith("this scheduler stands by in eu-west: ")
    assert other.stdout.readline() == "begun\n"
    one.send_signal(how)
    assert other.stdout.readline() == "this scheduler leads in eu-west now\n"
    if how is signal.SIGSTOP:
        one.send_signal(signal.SIGCONT)
        assert "False" in one.communicate("\n")[0]  # what its other thread says may stand on the same line
    else:
        one.communicate()
    assert other.communicate("\n")[0] == "True\n"
