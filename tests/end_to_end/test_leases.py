"""Leases among real processes: exclusive, and given back by the system when the holder is killed."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, cast

import pytest

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.errors import InboxUnavailable
from pytest_synthetic.inboxes.lease_files import FileLeases
from pytest_synthetic.model.message import Address

pytestmark = pytest.mark.slow

HOLDER = """
import sys, time
from pathlib import Path
from pytest_synthetic.inboxes.lease_files import FileLeases
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.model.message import Address

folder, times, hold = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
leases = FileLeases(folder, clock=SystemClock(), sleep=time.sleep)
numbers = [Address(value="+33600000001"), Address(value="+33600000002")]
for turn in range(times):
    lease = leases.take("sms", numbers, f"{sys.argv[4]}-{turn}", 60, lambda lease: True)
    began = time.monotonic()
    print(lease.address.value, flush=True)
    time.sleep(hold)
    with (folder / f"log-{sys.argv[4]}").open("a") as log:
        log.write(f"{lease.address.value} {began} {time.monotonic()}\\n")
    lease.release()
"""


def holder(folder: Path, name: str, *, times: int, hold: float) -> subprocess.Popen[str]:
    arguments = [str(folder), str(times), str(hold), name]
    return subprocess.Popen([sys.executable, "-c", HOLDER, *arguments], stdout=subprocess.PIPE, text=True)


def test_six_processes_never_hold_one_address_at_once(tmp_path: Path) -> None:
    processes = [holder(tmp_path, f"p{n}", times=4, hold=0.02) for n in range(6)]
    for process in processes:
        assert process.wait(120) == 0
        cast("IO[str]", process.stdout).close()
    held = sorted(
        (number, float(began), float(ended))
        for log in tmp_path.glob("log-*")
        for number, began, ended in (line.split() for line in log.read_text(encoding="utf-8").splitlines())
    )

    assert len(held) == 24
    for (number, _, ended), (following, began, _) in itertools.pairwise(held):
        assert number != following or ended <= began, "two processes held one address at once"


def test_a_killed_holder_gives_its_address_back(tmp_path: Path) -> None:
    leases = FileLeases(tmp_path, clock=SystemClock(), sleep=time.sleep)
    one = [Address(value="+33600000001")]
    process = holder(tmp_path, "victim", times=1, hold=600)
    output = cast("IO[str]", process.stdout)
    number = output.readline().strip()
    with pytest.raises(InboxUnavailable, match=f"held by run victim-0, process {process.pid}"):
        leases.take("sms", [Address(value=number)], "me", 0.3, lambda lease: True)

    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    output.close()
    lease = leases.take("sms", one, "me", 5, lambda lease: True)

    assert lease.address.value == number
    lease.save(lease.state())
    assert json.loads(next(tmp_path.glob("sms-*.json")).read_text(encoding="utf-8"))["awaited"] == []
    lease.release()
