"""With pytest-xdist: the same records as without, and no run that disappears."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("xdist")

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran

SUITE = """
@pytest.mark.journey("good")
@pytest.mark.sla("10s")
def test_good(journey):
    with journey.step("a"):
        with journey.step("b"):
            journey.measure("basket", 3, "items")

@pytest.mark.journey("wrong")
def test_wrong(journey):
    with journey.step("pay", soft=True):
        assert 94 == 49
    journey.attach("basket.json", '{"n": 3}', "application/json")

@pytest.mark.journey("broken")
def test_broken(journey):
    nonsense

@pytest.mark.journey("late")
@pytest.mark.sla(basket=2)
def test_late(journey):
    journey.measure("basket", 3, "items")

@pytest.mark.journey("skipped")
def test_skipped():
    pytest.skip("no stock")

@pytest.mark.parametrize("product", ["kettle", "cup"])
@pytest.mark.journey("each")
def test_each(product): pass
"""

VOLATILE = {"run_id", "session_id", "started_at", "worker", "artifacts"}


def stable(value: Any) -> Any:
    """A record without what differs from run to run."""
    if isinstance(value, dict):
        return {
            key: stable(item)
            for key, item in value.items()
            if key not in VOLATILE and "duration" not in key and key != "start"
        }
    return [stable(item) for item in value] if isinstance(value, list) else value


def by_node(ran: Ran) -> dict[str, Any]:
    return {line["nodeid"]: stable(line) for line in ran.lines}


def test_two_workers_give_the_records_of_one(synthetic: Callable[..., Ran]) -> None:
    serial, parallel = synthetic(SUITE), synthetic(SUITE, "-n2")

    assert by_node(parallel) == by_node(serial)
    assert len(parallel.lines) == 7
    assert {run.worker for run in parallel.runs} <= {"gw0", "gw1"}
    assert {run.worker for run in serial.runs} == {None}
    assert len({run.session_id for run in parallel.runs}) == 1
    assert "DEGRADED  late" in parallel.out


def test_a_worker_that_dies_leaves_a_broken_run(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic(
        """
import os
@pytest.mark.journey("dies", owner="payments", stage="purchase")
def test_dies(journey):
    with journey.step("pay"):
        os._exit(7)

@pytest.mark.journey("lives")
def test_lives(): pass
""",
        "-n2",
        fresh=True,
    )

    died = ran.named("dies")
    assert (died.verdict, died.fault, died.owner, died.stage) == ("broken", "runner", "payments", "purchase")
    assert "died during the run" in str(died.reason)
    assert ran.named("lives").verdict == "passed"
    assert len(ran.runs) == 2


def test_a_worker_that_dies_in_a_fixture_leaves_a_broken_run(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic(
        """
import os
@pytest.fixture
def dies(): os._exit(7)
@pytest.mark.journey("dies")
def test_dies(dies): pass
""",
        "-n1",
        fresh=True,
    )

    assert (ran.run.name, ran.run.verdict) == ("dies", "broken")


@pytest.mark.parametrize("how", ["raise KeyboardInterrupt", "pytest.exit('enough')"])
def test_what_stops_a_worker_leaves_a_broken_run(synthetic: Callable[..., Ran], how: str) -> None:
    source = f"@pytest.mark.journey('stopped')\ndef test_it():\n    {how}\n"

    ran = synthetic(source, "-n1", fresh=True)

    assert (ran.run.name, ran.run.verdict, ran.run.fault) == ("stopped", "broken", "runner")


def test_the_first_failure_stops_and_what_ran_is_recorded(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic(
        """
import time
@pytest.mark.journey("wrong")
def test_wrong():
    time.sleep(0.2)
    assert 0

@pytest.mark.journey("long")
def test_long(journey):
    with journey.step("wait"):
        time.sleep(1)
""",
        "-n2",
        "-x",
        fresh=True,
    )

    assert ran.named("wrong").verdict == "failed"
    assert {run.verdict.value for run in ran.runs} <= {"failed", "broken", "passed"}


MUTATES = """
@pytest.mark.journey("buy")
@pytest.mark.mutates
def test_buy(): raise SystemError("must not run")
"""


@pytest.mark.parametrize("dist", ["loadscope", "loadfile", "loadgroup", "each"])
def test_ways_to_share_out_that_may_repeat_a_journey_are_refused(synthetic: Callable[..., Ran], dist: str) -> None:
    ran = synthetic(MUTATES, "-n2", f"--dist={dist}", fresh=True)

    assert ran.runs == ()
    assert ran.result.ret != 0
    assert f"--dist {dist} may run a journey again" in ran.out
    assert "test_shop.py:3" in ran.out
    assert ran.out.count("ERROR collecting pytest-synthetic") == 1, "told once, not by each worker"


@pytest.mark.parametrize("dist", ["load", "worksteal"])
def test_ways_that_run_each_once_are_not(synthetic: Callable[..., Ran], dist: str) -> None:
    ran = synthetic(MUTATES.replace('raise SystemError("must not run")', "pass"), "-n2", f"--dist={dist}")

    assert ran.verdicts == ["passed"]


def test_a_wrong_mark_is_told_once(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic('@pytest.mark.journey("J", stage="purchas")\ndef test_it(): pass\n', "-n2", fresh=True)

    assert ran.result.ret != 0
    assert 'Did you mean "purchase"?' in ran.out


FIRST_IS_OVER = """
from pathlib import Path

def pytest_runtest_logfinish(nodeid, location):
    if nodeid.endswith("test_first"):
        Path(__file__).with_name("first.over").touch()
"""


def test_a_blocked_journey_is_blocked_across_workers(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    pytester.makeconftest(FIRST_IS_OVER)
    ran = synthetic(
        """
import time
from pathlib import Path

def wait_for_the_first():
    over = Path(__file__).with_name("first.over")
    for _ in range(3000):
        if over.exists():
            return
        time.sleep(0.01)
    raise TimeoutError

@pytest.mark.journey("first", id="first")
def test_first(): assert 0

@pytest.mark.journey("between")
def test_between(): wait_for_the_first()

@pytest.mark.journey("between too")
def test_between_too(): wait_for_the_first()

@pytest.mark.journey("after", depends_on="first")
def test_after(): pass
""",
        "-n2",
        fresh=True,
    )

    assert ran.named("after").verdict == "blocked"


def test_reruns_are_recorded_in_workers(synthetic: Callable[..., Ran]) -> None:
    pytest.importorskip("pytest_rerunfailures")
    ran = synthetic(
        """
tries = []
@pytest.mark.journey("J")
def test_it():
    tries.append(1)
    assert len(tries) == 2
""",
        "-n1",
        "--reruns=1",
        fresh=True,
    )

    assert [(run.attempt, run.verdict) for run in ran.runs] == [(1, "failed"), (2, "passed")]
