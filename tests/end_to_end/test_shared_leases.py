"""Leases among real processes that share a PostgreSQL, as those of several machines do."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from typing import IO, TYPE_CHECKING, cast

import pytest

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.errors import InboxUnavailable
from pytest_synthetic.history.holding import Holding
from pytest_synthetic.history.leases import SqlLeases
from pytest_synthetic.model.message import Address
from tests.postgres import needs_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick"), needs_postgres]

LASTS = 1.5
NUMBERS = [Address(value="+33600000001"), Address(value="+33600000002")]
HOLDER = """
import sys, time
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.errors import LeaseLost
from pytest_synthetic.history.holding import Holding
from pytest_synthetic.history.leases import SqlLeases
from pytest_synthetic.model.message import Address

url, lasts, times, hold, name = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), sys.argv[5]
holding = Holding(url, lasts=lasts)
leases = SqlLeases(holding, scope="shop/sms", clock=SystemClock(), sleep=time.sleep)
numbers = [Address(value="+33600000001"), Address(value="+33600000002")][:int(sys.argv[6])]
for turn in range(times):
    lease = leases.take("sms", numbers, f"{name}-{turn}", 60, lambda lease: True)
    began = time.monotonic()
    print(lease.address.value, flush=True)
    ends = began + hold
    while time.monotonic() < ends:
        time.sleep(0.02)
        try:
            lease.state()
        except LeaseLost as error:
            print("LOST", error, flush=True)
            sys.exit(3)
    print("HELD", lease.address.value, began, time.monotonic(), flush=True)
    lease.release()
holding.close()
"""


def begun(url: str, name: str, *, times: int = 1, hold: float = 600, numbers: int = 1) -> subprocess.Popen[str]:
    arguments = [url, str(LASTS), str(times), str(hold), name, str(numbers)]
    return subprocess.Popen([sys.executable, "-c", HOLDER, *arguments], stdout=subprocess.PIPE, text=True)


def out(process: subprocess.Popen[str]) -> IO[str]:
    return cast("IO[str]", process.stdout)


@pytest.fixture
def leases(postgres: str, tmp_path: Path) -> Iterator[SqlLeases]:
    holding = Holding(postgres, lasts=LASTS)
    yield SqlLeases(holding, scope="shop/sms", clock=SystemClock(), sleep=time.sleep)
    holding.close()


def test_six_processes_never_hold_one_number_at_once(postgres: str) -> None:
    processes = [begun(postgres, f"p{number}", times=3, hold=0.02, numbers=2) for number in range(6)]
    lines = [line.split() for process in processes for line in process.communicate(timeout=120)[0].splitlines()]
    assert [process.returncode for process in processes] == [0] * 6
    held = sorted((line[1], float(line[2]), float(line[3])) for line in lines if line[0] == "HELD")

    assert len(held) == 18
    for (number, _, ended), (following, began, _) in itertools.pairwise(held):
        assert number != following or ended <= began, "two processes held one number at once"


def test_a_killed_holder_gives_its_number_back_after_the_expiry(postgres: str, leases: SqlLeases) -> None:
    process = begun(postgres, "victim")
    assert out(process).readline().strip() == NUMBERS[0].value
    with pytest.raises(InboxUnavailable, match=rf"held by run victim-0 on \S+, process {process.pid}"):
        leases.take("sms", NUMBERS[:1], "me", LASTS * 1.5, lambda _: True)  # it lives: it is not to be had

    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    out(process).close()
    with pytest.raises(InboxUnavailable, match="held by run victim-0"):
        leases.take("sms", NUMBERS[:1], "me", 0, lambda _: True)
    lease = leases.take("sms", NUMBERS[:1], "me", 30, lambda _: True)
    assert lease.address == NUMBERS[0]
    lease.release()


def test_a_holder_that_stood_still_learns_that_it_lost_its_number(postgres: str, leases: SqlLeases) -> None:
    process = begun(postgres, "sleeper")
    assert out(process).readline().strip() == NUMBERS[0].value
    os.kill(process.pid, signal.SIGSTOP)
    lease = leases.take("sms", NUMBERS[:1], "me", 30, lambda _: True)
    os.kill(process.pid, signal.SIGCONT)

    told, _ = process.communicate(timeout=30)
    assert process.returncode == 3
    assert told.startswith("LOST +33600000001 went to another run")
    lease.state()
    lease.release()
