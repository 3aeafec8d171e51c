"""A run is killed on one machine, and another one that shares its PostgreSQL removes what it created."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from typing import IO, TYPE_CHECKING, cast

import pytest
from sqlalchemy import text

from pytest_synthetic.history import database
from pytest_synthetic.history.holding import Holding
from pytest_synthetic.history.ledger import SqlLedger
from tests.end_to_end.test_cleanup import begun, cleanup, exist, killed, orders, write
from tests.postgres import needs_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_synthetic.demo.server import RunningShop
    from tests.end_to_end.conftest import RunPytest

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick"), needs_postgres]

LASTS = 1.5
RUN = "a" * 32
CREATOR = """
import sys, time
from datetime import UTC, datetime
from pytest_synthetic.history.holding import Holding
from pytest_synthetic.history.ledger import SqlLedger
from pytest_synthetic.model.created import Created

run = SqlLedger(Holding(sys.argv[1], lasts=float(sys.argv[2])), product="shop").begin(sys.argv[3])
run.note(Created(kind="order", identity="KS-1", run_id=sys.argv[3], journey="Buy", region="local",
                 created_at=datetime.now(UTC), remover="shop"))
print("noted", flush=True)
time.sleep(600)
"""


@pytest.fixture
def machines(tmp_path: Path, shop: RunningShop, postgres: str) -> Iterator[tuple[Path, Path]]:
    """The project, checked out on two machines."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "synthetic.toml").write_text(
            f'base_url = "{shop.base_url}"\n[created]\ntimeout = "2s"\n'
            f'[history]\nurl = "{postgres.replace("+psycopg", "")}"\n',
            encoding="utf-8",
        )
    yield tmp_path / "one", tmp_path / "two"
    shop.faults.replace(())


def a_minute_passes(postgres: str) -> None:
    """In which nobody hears of who is dead."""
    engine = database.connect(postgres)
    with database.writing(engine) as connection:
        connection.execute(text("UPDATE lease SET until_ms = until_ms - 60001"))
    engine.dispose()


def test_what_a_killed_process_noted_can_be_had_after_the_expiry(postgres: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", CREATOR, postgres, str(LASTS), RUN], stdout=subprocess.PIPE, text=True
    )
    output = cast("IO[str]", process.stdout)
    assert output.readline() == "noted\n"
    holding = Holding(postgres, lasts=LASTS)
    ledger = SqlLedger(holding, product="shop")
    ends = time.monotonic() + 1.5 * LASTS
    while time.monotonic() < ends:  # it lives: nobody else has it
        assert ledger.hold(RUN) is None
        time.sleep(0.1)

    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    output.close()
    assert ledger.hold(RUN) is None
    ends = time.monotonic() + 30
    while (run := ledger.hold(RUN)) is None:
        assert time.monotonic() < ends
        time.sleep(0.1)
    assert [entry.created.identity for entry in run.entries()] == ["KS-1"]
    run.release()
    holding.close()


@pytest.mark.parametrize("arguments", [(), ("-n1",)], ids=["alone", "worker"])
def test_another_machine_removes_what_a_dead_one_left(
    shop: RunningShop, machines: tuple[Path, Path], postgres: str, run_pytest: RunPytest, arguments: tuple[str, ...]
) -> None:
    one, two = machines
    process = begun(one, *arguments)
    try:
        assert cleanup(two) == (0, "the objects of 1 run in use by another process.\n")
    finally:
        killed(process)
    assert exist(shop, one) == [True]
    (order,) = orders(one)
    assert cleanup(two) == (0, "the objects of 1 run in use by another process.\n")

    a_minute_passes(postgres)
    write(two, count=0)
    assert f"note: 1 object that a run created still exists: order {order} (its run was stopped" in run_pytest(two).out
    code, out = cleanup(two)
    assert (code, bool(re.fullmatch(rf"removed  order {order} .*\n1 removed\.\n", out))) == (0, True), out
    assert exist(shop, one) == [False]
    code, out = cleanup(one)
    assert code == 0
    assert out.startswith(f"Nothing to remove: {one}/.synthetic/created and postgresql://synthetic@127.0.0.1:")
    assert out.endswith("/postgres are empty.\n")
    assert "note:" not in run_pytest(two).out


def test_a_run_notes_and_removes_in_the_shared_ledger(
    shop: RunningShop, machines: tuple[Path, Path], run_pytest: RunPytest
) -> None:
    one, _ = machines
    write(one, count=2)
    done = run_pytest(one)
    assert done.code == 0, done.out
    assert exist(shop, one) == [False, False]
    assert "note:" not in done.out
    assert not (one / ".synthetic/created").exists()


def test_what_waits_on_this_machine_is_removed_although_the_server_is_away(
    shop: RunningShop, machines: tuple[Path, Path], run_pytest: RunPytest
) -> None:
    one, _ = machines
    settings = one / "synthetic.toml"
    there = settings.read_text(encoding="utf-8")
    settings.write_text(re.sub(r"127\.0\.0\.1:\d+/postgres", "127.0.0.1:9/postgres", there), encoding="utf-8")
    killed(begun(one))
    code, out = cleanup(one)
    assert code == 2
    assert out.startswith("removed  order ")
    assert "\n1 removed.\nError: postgresql://synthetic@127.0.0.1:9/postgres: connection failed: " in out
    assert exist(shop, one) == [False]
