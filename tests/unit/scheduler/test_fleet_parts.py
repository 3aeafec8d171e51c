"""The parts of a fleet that need no broker."""

from __future__ import annotations

import subprocess
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_synthetic.config.settings import OtherFiles
from pytest_synthetic.errors import BrokerUnavailable, UsageError
from pytest_synthetic.model.journey import JourneySpec
from pytest_synthetic.model.plan import Job, Outcome, Plan
from pytest_synthetic.scheduler import fleet_messages
from pytest_synthetic.scheduler.fleet_courier import Courier
from pytest_synthetic.scheduler.fleet_memory import Memory
from pytest_synthetic.scheduler.fleet_messages import Health, Kind, Order, Told
from pytest_synthetic.scheduler.fleet_region import Agents
from pytest_synthetic.scheduler.fleet_revision import revision_of
from pytest_synthetic.scheduler.fleet_taking import refusal, short
from pytest_synthetic.testing.clock import FakeClock
from tests.runs import a_run

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
JOB = Job(
    id="ab12", plan=Plan(spec=JourneySpec(id="shop", name="Shop"), region="eu", nodeid="test_shop.py::test"), at=NOON
)
ORDER = Order(job=JOB.to_json(), until=NOON + timedelta(minutes=1), sent_at=NOON, version="1.4.0", revision="abc")


def told(kind: Kind = Kind.FINISHED, log: str = "") -> Told:
    return Told(kind=kind, agent="one", order=ORDER, outcome=Outcome(job=JOB, runs=(a_run(),), log=log))


# -- messages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("message", [ORDER, told(), told(Kind.REFUSED)])
def test_a_message_is_what_it_was_after_its_travel(message: Any) -> None:
    assert fleet_messages.read(type(message), fleet_messages.written(message)) == message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"job": 1}',
        None,
        {"kind": "sung"},
        b'{"kind": "begun", "agent": 1}',
    ],
)
@pytest.mark.parametrize("kind", [Order, Told, Health])
def test_what_is_no_message_is_a_usage_error(kind: type, data: object) -> None:
    with pytest.raises(UsageError, match="not a whole message"):
        fleet_messages.read(kind, data)


@pytest.mark.parametrize("job_id", ["", "../../etc", "a" * 65, 7, None])
def test_the_id_of_a_job_names_a_folder_and_nothing_else(job_id: object) -> None:
    with pytest.raises(UsageError, match="not a whole job"):
        _ = replace(ORDER, job={"id": job_id}).id


def test_a_message_has_a_largest_size() -> None:
    with pytest.raises(UsageError, match="too large"):
        fleet_messages.written(told(log="x" * fleet_messages.LARGEST))


# -- what an agent takes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "revision", "why"),
    [
        (ORDER, "abc", None),
        (ORDER, None, None),
        (replace(ORDER, revision=None), "def", None),
        (replace(ORDER, version="1.4.9"), "abc", None),
        (replace(ORDER, version="1.5.0"), "abc", "the scheduler has pytest-synthetic 1.5.0, this agent 1.4.0"),
        (ORDER, "def", "the scheduler has commit abc of the journeys, this agent def"),
        (ORDER, "abc+", "this agent abc with changes"),
        (replace(ORDER, job={"plan": {"region": "us"}}), "abc", 'it is for region "us"'),
        (replace(ORDER, job={"plan": []}), "abc", 'it is for region "None"'),
    ],
)
def test_what_an_agent_refuses(order: Order, revision: str | None, why: str | None) -> None:
    said = refusal(order, "eu", "1.4.0", revision, OtherFiles.REFUSE)

    assert said == why if why is None else why in str(said)


def test_other_files_may_be_told_only() -> None:
    assert refusal(ORDER, "eu", "1.4.0", "def", OtherFiles.TELL) is None


def test_jobs_are_remembered_over_a_restart_and_not_for_ever(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "had.txt", kept=3)
    for job in "abcdefg":
        memory.add(job)

    assert "g" in memory
    assert "a" not in memory
    again = Memory(tmp_path / "had.txt", kept=3)
    assert [job for job in "abcdefg" if job in again] == ["e", "f", "g"]


# -- who is there ------------------------------------------------------------------------------------------------------


def health(name: str = "one", **facts: Any) -> Health:
    known = {"region": "eu", "boot": "1", "at": NOON, "every": 10.0, "version": "1", "slots": 1, **facts}
    return Health(agent=name, **known)


def test_a_region_without_an_agent_for_two_intervals_is_deserted_and_it_is_said_once() -> None:
    clock, said = FakeClock(), list[str]()
    agents = Agents(clock.monotonic, said.append)
    assert agents.deserted("eu") is None, "nobody listens yet"
    agents.listen(begins=True)
    agents.hear(health(), NOON)
    clock.advance(24)
    assert agents.deserted("eu") is None
    clock.advance(6)

    assert agents.deserted("eu") == "no agent of eu was there: one was the last, 30 s before"
    assert agents.deserted("us") == "no agent of us was there: start one with `synthetic agent --region us`"
    assert agents.deserted("eu")
    agents.hear(health(), NOON)
    assert agents.deserted("eu") is None
    assert [line for line in said if "eu" in line] == [
        "REGION eu HAS NO AGENT: its runs are missed until one is there",
        "region eu has an agent again",
    ]


def test_nobody_is_gone_while_nobody_can_be_heard() -> None:
    clock = FakeClock()
    agents = Agents(clock.monotonic, lambda _: None)
    agents.listen(begins=True)
    agents.hear(health(), NOON)
    agents.listen(begins=False)
    clock.advance(600)
    assert agents.deserted("eu") is None
    assert not agents.is_gone("eu", "one")
    agents.listen(begins=True)
    clock.advance(20)
    assert not agents.is_gone("eu", "one")
    clock.advance(10)
    assert agents.is_gone("eu", "one")


def test_an_agent_that_is_about_to_end_is_none_to_send_to() -> None:
    agents = Agents(FakeClock().monotonic, lambda _: None)
    agents.hear(health(draining=True), NOON)
    agents.hear(health("two"), NOON)

    assert agents.has_other("eu", "one")
    assert not agents.has_other("eu", "two")


def test_the_clock_of_an_agent_is_known_in_spite_of_slow_messages() -> None:
    agents = Agents(FakeClock().monotonic, lambda _: None)
    for on_its_way in (0.1, 5.0, 0.02, 1.0):
        agents.hear(health(at=NOON + timedelta(seconds=60)), NOON + timedelta(seconds=on_its_way))

    (heard,) = agents.all()
    assert heard.ahead == deque([59.9, 55.0, 59.98, 59.0])
    assert heard.clock_ahead == pytest.approx(59.98)


# -- the courier -------------------------------------------------------------------------------------------------------


class Line:
    """A sender that can be cut."""

    def __init__(self) -> None:
        self.cut = False
        self.sent: list[tuple[str, bytes]] = []

    def connected(self) -> None:
        if self.cut:
            raise BrokerUnavailable("nothing listens there")

    def send(self, exchange: str, key: str, body: bytes) -> None:
        self.connected()
        self.sent.append((f"{exchange}/{key}", body))

    def idle(self) -> None:
        self.connected()

    def close(self) -> None: ...


def courier(line: Any, folder: Path, said: list[str]) -> Courier:
    return Courier(line, folder, said.append)


def test_what_is_told_while_the_broker_is_away_goes_out_later_in_order_and_once(tmp_path: Path) -> None:
    line, said = Line(), list[str]()
    line.cut = True
    first = courier(line, tmp_path, said)
    for log in "abc":
        first.keep(told(log=log))
    assert not first.at_once(told(Kind.BEGUN), 0.2)
    assert first.close(5) == 3
    (tmp_path / "000000000002.json").write_text("no message", encoding="utf-8")
    line.cut = False

    second = courier(line, tmp_path, said)
    assert second.at_once(told(Kind.BEGUN), 5)
    second.pass_by(health())
    assert second.close(5) == 0

    messages = [fleet_messages.read(Told, body) for key, body in line.sent if key == "results/results"]
    finished = [message.outcome.log for message in messages if message.kind is Kind.FINISHED and message.outcome]
    assert finished == ["a", "c"]
    assert sum(key == "results/health" for key, _ in line.sent) == 1
    assert [line.partition(".")[0] for line in said if "nothing listens" in line] == ["nothing listens there"]
    assert any("is no message" in line for line in said)
    assert (tmp_path / "000000000002.damaged").exists()


# -- revisions ---------------------------------------------------------------------------------------------------------


def test_the_revision_is_the_commit_and_says_when_files_were_changed(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        return subprocess.run(
            ["git", "-C", str(tmp_path), *who, *words], capture_output=True, text=True, check=True
        ).stdout

    assert revision_of(tmp_path, {}) is None
    git("init", "-q")
    (tmp_path / "test_shop.py").write_text("a", encoding="utf-8")
    git("add", ".")
    git("commit", "-qm", "first")
    commit = git("rev-parse", "HEAD").strip()

    assert revision_of(tmp_path, {}) == commit
    (tmp_path / "untracked.txt").write_text("a", encoding="utf-8")
    assert revision_of(tmp_path, {}) == commit
    (tmp_path / "test_shop.py").write_text("b", encoding="utf-8")
    assert revision_of(tmp_path, {}) == f"{commit}+"
    assert short(f"{commit}+") == f"{commit[:12]} with changes"
    assert revision_of(tmp_path, {"SYNTHETIC_REVISION": " v42 "}) == "v42"
