"""A fleet over a real broker: agents are processes of their own, with users that may do no more than they must."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from kombu import Connection

from pytest_synthetic.config import files
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.errors import BrokerUnavailable
from pytest_synthetic.history import agents, store
from pytest_synthetic.history.ticks import Ticks
from pytest_synthetic.model import wire
from pytest_synthetic.model.history import Selection
from pytest_synthetic.model.plan import Job, Tick
from pytest_synthetic.scheduler import fleet, fleet_link
from pytest_synthetic.scheduler.dispatch import Begun, Event, Finished, Lost, Refused
from pytest_synthetic.scheduler.fleet import Fleet
from pytest_synthetic.scheduler.fleet_link import Link
from pytest_synthetic.scheduler.fleet_messages import Order
from pytest_synthetic.scheduler.fleet_sender import Sender
from tests.end_to_end.fleet_processes import a_plan
from tests.postgres import Server, needs_postgres
from tests.postgres import server as postgres
from tests.rabbitmq import PASSWORD, Broker, needs_rabbitmq, server

pytestmark = [pytest.mark.slow, needs_rabbitmq]

SOON = 120.0
"""Seconds in which everything happens here, however busy the machine is."""
CLOCK = SystemClock()


@pytest.fixture(scope="module")
def running() -> Iterator[Broker]:
    with server() as broker:
        yield broker


@pytest.fixture
def broker(running: Broker) -> Broker:
    """Empty: what an earlier test left is gone."""
    link = Link(address=f"amqp://scheduler:{quote(PASSWORD, safe='')}@127.0.0.1:{running.port}/synthetic", where="")
    with link.connection() as connection:
        channel = connection.channel()
        for name in ("region.eu-west", "region.us-east", "results", "health", "set-aside"):
            channel.queue_delete(name)
    return running


@dataclass(slots=True, kw_only=True)
class Machines:
    """A folder, and the processes of a fleet in it."""

    folder: Path
    broker: Broker
    database: str | None = None
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    dispatchers: list[Fleet] = field(default_factory=list)

    @property
    def fleet(self) -> Fleet:
        return self.dispatchers[-1]

    def __post_init__(self) -> None:
        shutil.copy(self.broker.ca, self.folder / "ca.pem")
        for user, name in (("scheduler", "scheduler"), ("agent-eu-west", "eu-west"), ("agent-us-east", "us-east")):
            self.write(name, user)

    def write(self, name: str, user: str, password: str = PASSWORD) -> Path:
        path = self.folder / f"{name}.toml"
        address = f"amqps://{user}:{quote(password, safe='')}@localhost:{self.broker.tls_port}/synthetic"
        history = f'[history]\nurl = "{self.database}"\n' if self.database else ""
        path.write_text(f'[fleet]\nbroker = "{address}"\nca = "ca.pem"\nhealth = "0.5s"\n{history}', encoding="utf-8")
        return path

    def link(self, name: str = "scheduler") -> Link:
        return fleet_link.link_of(files.load(self.folder / f"{name}.toml", {}), self.folder)

    def start(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{name}.log").open("ab")
        command = [
            sys.executable,
            "-m",
            "tests.end_to_end.fleet_processes",
            words[0],
            str(self.folder),
            *words[1:],
            name,
        ]
        environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONWARNINGS": "error"}
        with log:
            self.processes[name] = subprocess.Popen(command, stdout=log, stderr=log, env=environ)
        return self.processes[name]

    def command(self, name: str, environ: dict[str, str], *words: str) -> None:
        """Run `synthetic` as its user does, in the folder."""
        main = "from pytest_synthetic.cli import main; main()"
        environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **environ}
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-c", main, *words], cwd=self.folder, stdout=log, stderr=log, env=environ
            )

    def agent(self, name: str, region: str = "eu-west") -> subprocess.Popen[bytes]:
        return self.start(name, "agent", region)

    def end(self, name: str, number: int = signal.SIGTERM) -> int:
        self.processes[name].send_signal(number)
        return self.processes[name].wait(SOON)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(encoding="utf-8")

    def ran(self) -> list[str]:
        """What was run, in all agents: journey, region and tick."""
        lines = [line for path in self.folder.glob("agents/*/ran.txt") for line in path.read_text().splitlines()]
        return sorted(line.rpartition(" ")[0] for line in lines)

    def dispatcher(self, *there: str) -> Fleet:
        """A Fleet that leads; returns when these agents have been heard of."""
        made = Fleet(self.link(), ["eu-west", "us-east"], self.said.append, every=0.5)
        self.dispatchers.append(made)
        made.open()
        made.lead(leads=True)
        until(lambda: set(there) <= {heard.health.agent for heard in made.agents.all()}, self)
        return made

    def heard(self, kind: type[Event], many: int = 1, *, others: bool = True) -> list[Any]:
        """The next events of a kind; what is finished is delivered at once."""
        found: list[Any] = []
        while len(found) < many:
            until(lambda: not self.fleet.events.empty(), self)
            event = self.fleet.events.get()
            if isinstance(event, Finished):
                self.fleet.delivered(event.outcome.job)
            self.said.append(f"{type(event).__name__} {getattr(event, 'reason', '')}")
            if isinstance(event, kind):
                found.append(event)
            else:
                assert others, event
        return found

    def stop(self) -> None:
        for made in self.dispatchers:
            made.stop()
        for process in self.processes.values():
            process.kill()
            process.wait()


@pytest.fixture
def machines(broker: Broker, tmp_path: Path) -> Iterator[Machines]:
    made = Machines(folder=tmp_path, broker=broker)
    try:
        yield made
    finally:
        made.stop()


def until(done: Callable[[], object], machines: Machines) -> None:
    ends = time.monotonic() + SOON
    while not done():
        if time.monotonic() > ends:  # where do they stand?
            for name in machines.processes.keys() & {"eu1", "eu2", "us1", "one", "two", "three"}:
                machines.processes[name].send_signal(signal.SIGUSR1)
            time.sleep(1)
        logs = "\n".join(f"{name}: {machines.log(name)}" for name in machines.processes)
        assert time.monotonic() < ends, f"{machines.said}\n{logs}"
        time.sleep(0.05)


def waiting(connection: Connection, queue: str) -> int:
    told: int = connection.default_channel.queue_declare(queue, passive=True).message_count
    return told


def a_job(region: str = "eu-west", takes: float = 0.0) -> Job:
    now = CLOCK.now().replace(microsecond=0)
    return Job(id=uuid.uuid4().hex, plan=a_plan("quick", region, takes), at=now, time_limit=60)


def given(fleet: Fleet, *jobs: Job, within: float = 30.0) -> tuple[Job, ...]:
    for job in jobs:
        assert fleet.refusal(job.plan) is None
        fleet.take(job, CLOCK.now() + timedelta(seconds=within))
    return jobs


def test_two_regions_run_what_is_theirs_and_what_is_no_job_is_set_aside(machines: Machines) -> None:
    this = machines.dispatcher()
    machines.agent("eu1")
    machines.agent("us1", "us-east")
    jobs = given(this, *(a_job(region) for region in ("eu-west", "us-east") for _ in range(20)))
    sender = Sender(machines.link())
    foreign = {"task": fleet.RUN, "id": "x"}
    for body, headers in (
        (b"{", {}),
        (b"{", foreign),
        (b'[["x"], {}, {}]', foreign),
        (b"[]", {"task": "no", "id": "x"}),
    ):
        sender.send("regions", "eu-west", body, headers=headers)
        sender.send("results", "results", body)

    finished = machines.heard(Finished, 40)

    assert {event.outcome.job.id for event in finished} == {job.id for job in jobs}
    assert {event.outcome.runs[0].verdict for event in finished} == {"passed"}
    assert len(machines.ran()) == 40
    sender.close()
    with machines.link().connection() as connection:
        until(lambda: (waiting(connection, "set-aside"), waiting(connection, "results")) == (8, 0), machines)
    assert machines.log("eu1").count("is no job") == 4
    until(lambda: this.agents.all()[0].health.last_run, machines)
    assert abs(this.agents.all()[0].clock_ahead) < 30
    assert machines.end("eu1") == 0
    assert machines.end("us1", signal.SIGINT) == 0


def test_what_an_agent_must_not_run_is_refused_with_the_reason(machines: Machines) -> None:
    (machines.folder / "revision").write_text("abc")
    machines.agent("eu1")
    this = machines.dispatcher("eu1")
    job = a_job()
    now, ours = CLOCK.now(), version("pytest-synthetic")
    told: dict[str, Any] = wire.plain(
        Order(job=job.to_json(), until=now + timedelta(seconds=30), sent_at=now, version=ours)
    )
    wrong: dict[str, dict[str, Any]] = {
        'it is for region "us-east"': {"job": a_job("us-east").to_json()},
        "has pytest-synthetic 9.9.1": {"version": "9.9.1"},
        "too late, by the clock of its machine": {"until": (CLOCK.now() - timedelta(seconds=3)).isoformat()},
        "has commit def of the journeys": {"revision": "def"},
    }
    sender = Sender(machines.link())
    for change in wrong.values():
        changed = {**told, "job": a_job().to_json(), **change}
        body = json.dumps([[changed], {}, {}]).encode()
        sender.send("regions", "eu-west", body, headers={"task": fleet.RUN, "id": changed["job"]["id"]})

    sender.close()
    reasons = " | ".join(event.reason for event in machines.heard(Refused, 4, others=False))

    for why in wrong:
        assert why in reasons
    assert machines.ran() == []
    until(lambda: this.agents.all()[0].health.refuses, machines)


def test_an_agent_that_is_killed_loses_its_run_and_nobody_repeats_it(machines: Machines) -> None:
    machines.agent("eu1")
    this = machines.dispatcher("eu1")
    (job,) = given(this, a_job(takes=30))
    machines.heard(Begun)
    machines.agent("eu2")
    machines.end("eu1", signal.SIGKILL)

    (lost,) = machines.heard(Lost)

    assert lost.job == job
    assert "agent eu1, which ran it, is gone" in lost.reason
    machines.agent("eu1")
    (finished,) = machines.heard(Finished)
    assert finished.outcome.job == job
    assert finished.outcome.runs[0].reason == "it was killed"
    assert len(machines.ran()) == 1


def test_an_agent_that_ends_lets_its_run_end_and_others_take_the_rest(machines: Machines) -> None:
    machines.agent("eu1")
    this = machines.dispatcher("eu1")
    given(this, a_job(takes=30), a_job(takes=0.5), a_job())
    machines.heard(Begun, 2)
    machines.agent("eu2")
    until(lambda: this.agents.has_other("eu-west", "eu1"), machines)

    assert machines.end("eu1") == 0

    finished = machines.heard(Finished, 3)
    assert sorted(event.outcome.runs[0].verdict for event in finished) == ["broken", "passed", "passed"]
    assert len(machines.ran()) == 3
    assert "Traceback" not in machines.log("eu1")
    until(lambda: this.agents.all()[0].health.draining, machines)
    machines.end("eu2")
    until(lambda: this.refusal(a_plan("quick", "eu-west")), machines)
    assert "no agent of eu-west was there: eu" in str(this.refusal(a_plan("quick", "eu-west")))
    assert "REGION eu-west HAS NO AGENT: its runs are missed until one is there" in machines.said


def test_while_the_broker_is_away_runs_go_on_and_what_they_tell_is_kept(machines: Machines) -> None:
    machines.agent("eu1")
    this = machines.dispatcher("eu1")
    given(this, a_job(takes=1.5), a_job(takes=2))
    machines.heard(Begun, 2)
    machines.broker.kill()
    until(lambda: this.refusal(a_plan("quick", "eu-west")), machines)
    assert "the broker could not be reached" in str(this.refusal(a_plan("quick", "eu-west")))
    until(lambda: list(machines.folder.glob("agents/eu1/spool/*.json")), machines)
    machines.broker.start()

    finished = machines.heard(Finished, 2)

    assert {event.outcome.runs[0].verdict for event in finished} == {"passed"}
    assert len(machines.ran()) == 2
    until(lambda: this.refusal(a_plan("quick", "eu-west")) is None, machines)
    given(this, a_job())
    machines.heard(Finished)
    assert sum(told.startswith("THE BROKER IS AWAY") for told in machines.said) == 1
    assert machines.log("eu1").count("What is to be told waits in") == 1
    assert machines.end("eu1") == 0


def test_who_is_refused_by_the_broker_is_told_what_to_do(machines: Machines) -> None:
    machines.write("eu-west", "agent-eu-west", "wrong")
    machines.dispatcher()
    assert machines.agent("eu1").wait(SOON) == 1
    assert "Look at the user and the password in `broker` of [fleet]" in machines.log("eu1")
    machines.write("eu-west", "agent-us-east")
    assert machines.agent("eu2").wait(SOON) == 1
    assert "access to queue 'region.eu-west' in vhost 'synthetic' refused" in machines.log("eu2")
    assert PASSWORD not in machines.log("eu2")
    link = machines.link("us-east")
    elsewhere = Link(
        address=link.address, where=link.where, tls={**(link.tls or {}), "server_hostname": "other.example"}
    )
    for tried, why in (
        (Link(address=link.address, where="", tls={"cert_reqs": 2}), "not trusted"),
        (elsewhere, "not trusted"),
    ):
        with pytest.raises(BrokerUnavailable, match=why) as refused:
            Sender(tried).connected()
        assert refused.value.final


@needs_postgres
def test_schedulers_that_die_and_servers_that_are_restarted_leave_no_tick_without_an_account(
    machines: Machines, running_postgres: tuple[str, Server]
) -> None:
    machines.database, database = f"{running_postgres[0]}/postgres", running_postgres[1]
    machines.write("scheduler", "scheduler")
    for name, region in (("eu1", "eu-west"), ("eu2", "eu-west"), ("us1", "us-east")):
        machines.agent(name, region)
    both = ("one", "two")
    for name in both:
        machines.start(name, "scheduler")
    until(lambda: sum(machines.log(name).count(" passed ") for name in both) >= 6, machines)
    first = next(name for name in both if "leads in all regions" in machines.log(name))
    (second,) = set(both) - {first}
    assert "leads" not in machines.log(second)

    machines.end(first, signal.SIGKILL)
    until(lambda: machines.log(second).count(" passed ") >= 4, machines)
    database.stop()
    database.start()
    before = machines.log(second).count(" passed ")
    until(lambda: machines.log(second).count(" passed ") >= before + 4, machines)
    assert machines.end(second) == 0
    for name in ("eu1", "eu2", "us1"):
        assert machines.end(name) == 0
    machines.start("three", "scheduler")  # hears what agents told last
    until(lambda: "leads in all regions" in machines.log("three"), machines)
    until(lambda: " missed " in machines.log("three"), machines)
    assert machines.end("three") == 0

    ran = machines.ran()
    assert len(ran) == len(set(ran)), "a tick ran twice"
    history = store.opened(machines.database.replace("postgresql:", "postgresql+psycopg:"))
    told = [record for record in history.records(Selection(first_attempts=False)) if record["scheduled_at"]]
    names = [agent.name for agent in agents.all_of(history.engine)]
    history.close()
    book = Ticks(machines.database.replace("postgresql:", "postgresql+psycopg:"))
    claimed = [claim.tick for claim in book.going_on()]  # of who was killed: told when their time is over
    book.close()
    assert names == ["eu1", "eu2", "us1"]
    recorded = [Tick(each["journey"], each["region"], datetime.fromisoformat(each["scheduled_at"])) for each in told]
    assert len(recorded) == len(set(recorded)), "a tick has two records"
    for journey, region, every in (("quick", "eu-west", 2), ("quick", "us-east", 2), ("slow", "eu-west", 6)):
        known = {*recorded, *claimed}
        moments = sorted(tick.at for tick in known if (tick.journey, tick.region) == (journey, region))
        gaps = {(later - earlier).total_seconds() for earlier, later in pairwise(moments)}
        assert gaps == {every}, f"{journey} in {region}: {moments}"
    for record in told:
        assert record["verdict"] in {"passed", "missed", "broken"}
        assert record["verdict"] == "passed" or record["reason"]


@pytest.fixture(scope="module")
def running_postgres() -> Iterator[tuple[str, Server]]:
    running: list[Server] = []
    with postgres(safe=True, running=running) as address:
        yield address, running[0]


JOURNEY = """
import pytest

@pytest.mark.journey("Browse")
@pytest.mark.region("eu-west")
@pytest.mark.schedule("5s")
def test_browse(journey):
    with journey.step("look"):
        pass
"""


def test_the_commands_run_a_journey_of_a_folder(machines: Machines) -> None:
    folder = machines.folder
    (folder / "test_shop.py").write_text(JOURNEY, encoding="utf-8")
    address = f"amqps://${{BROKER_USER}}:{quote(PASSWORD, safe='')}@localhost:{machines.broker.tls_port}/synthetic"
    (folder / "synthetic.toml").write_text(
        f'[fleet]\nbroker = "{address}"\nca = "ca.pem"\nhealth = "1s"\n[history]\n[regions.eu-west]\n', encoding="utf-8"
    )
    scheduler = {"BROKER_USER": "scheduler"}
    machines.command("setup", scheduler, "scheduler", "--setup")
    assert machines.processes["setup"].wait(SOON) == 0, machines.log("setup")
    machines.command("agent", {"BROKER_USER": "agent-eu-west"}, "agent", "--region", "eu-west", "--name", "one")
    machines.command("scheduler", scheduler, "scheduler")
    until(lambda: " PASSED   Browse, eu-west" in machines.log("scheduler"), machines)
    machines.command("twice", {"BROKER_USER": "agent-eu-west"}, "agent", "--region", "eu-west", "--name", "one")
    assert machines.processes["twice"].wait(SOON) == 2
    assert "give this one another --name" in machines.log("twice")
    assert machines.end("agent") == 0
    assert machines.end("scheduler") == 0

    machines.command("agents", scheduler, "agents", "--format", "json")
    assert machines.processes["agents"].wait(SOON) == 0
    (row,) = json.loads(machines.log("agents"))["agents"]
    assert (row["region"], row["agent"]) == ("eu-west", "one")
    assert row["state"] in {"silent", "draining"}
    assert row["last_run"]
