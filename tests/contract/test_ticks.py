"""The book of ticks in SQLite and in PostgreSQL: one runner a tick, and no tick without an end."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import exc, select, text, update

from pytest_synthetic.config.settings import HistorySettings
from pytest_synthetic.core import unrun
from pytest_synthetic.errors import HistoryUnavailable
from pytest_synthetic.history import database, schema, store, tables
from pytest_synthetic.history.book import State
from pytest_synthetic.history.ticks import PATIENCE, Ticks
from pytest_synthetic.model.history import Counts, Selection
from pytest_synthetic.model.journey import JourneySpec, Schedule
from pytest_synthetic.model.plan import Missed, Plan, Tick
from pytest_synthetic.testing import FakeClock
from tests.runs import NOON, a_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pytest_synthetic.history.book import Claim
    from pytest_synthetic.history.store import SqlHistory

CHECKOUT = "test_shop.test_checkout"
MINUTE = timedelta(minutes=1)
PLAN = Plan(
    spec=JourneySpec(id=CHECKOUT, name="Checkout", owner="payments", schedule=Schedule(every=60.0)),
    region="eu-west",
    nodeid="tests/test_shop.py::test_checkout",
)


def a_plan(**changed: Any) -> Plan:
    parts = {name: changed.pop(name) for name in ("region", "nodeid", "browser", "unreadable") if name in changed}
    return replace(PLAN, spec=replace(PLAN.spec, **changed), **parts)


def tick(minutes: float = 1.0, plan: Plan = PLAN) -> Tick:
    return Tick(*plan.key, NOON + minutes * MINUTE)


def the_run(at: Tick, **changed: Any) -> Any:
    return a_run(journey=at.journey, region=at.region, scheduled_at=unrun.stamp(at.at), **changed)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def scheduler(url: str, clock: FakeClock) -> Iterator[Callable[[], Ticks]]:
    """Another process, as far as the database can tell."""
    made: list[Ticks] = []

    def make() -> Ticks:
        made.append(Ticks(url, clock=clock, sleep=lambda _: None))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def ticks(scheduler: Callable[[], Ticks]) -> Ticks:
    opened = scheduler()
    opened.watch([PLAN], NOON)
    return opened


def found_over(ticks: Ticks, clock: FakeClock) -> Sequence[Claim]:
    """What is over, once it was watched for long enough."""
    assert ticks.over() == []
    clock.advance(PATIENCE)
    return ticks.over()


def moved(ticks: Ticks, hours: float) -> None:
    """Set the clock of the database: what is in the book is then so much further away."""
    with database.writing(ticks._opened().engine) as connection:
        away = round(hours * 3_600_000)
        connection.execute(update(tables.tick).values(until_ms=tables.tick.c.until_ms - away))


# -- who runs it -----------------------------------------------------------------------------------------------------


def test_a_tick_is_one_scheduler_s_for_good(ticks: Ticks, scheduler: Callable[[], Ticks]) -> None:
    other = scheduler()
    assert ticks.claim([tick(1), tick(2)], lasts=30) == {tick(1), tick(2)}
    assert other.claim([tick(1), tick(3)], lasts=30) == {tick(3)}
    assert ticks.claim([tick(1)], lasts=30) == set()
    assert ticks.settle([tick(1)]) == {tick(1)}
    assert other.claim([tick(1)], lasts=30) == set()
    assert [(claim.tick, claim.state) for claim in other.going_on()] == [(tick(2), "waiting"), (tick(3), "waiting")]


def test_threads_claim_each_tick_once(scheduler: Callable[[], Ticks], ticks: Ticks) -> None:
    plans = [a_plan(id=f"j{number}", region=f"r{number % 3}") for number in range(300)]
    asked = [tick(1, plan) for plan in plans]
    taken: list[Tick] = []

    def claim(own: Ticks, seed: int) -> None:
        order = random.Random(seed).sample(asked, len(asked))
        for first in range(0, 300, 60):
            taken.extend(own.claim(order[first : first + 60], lasts=30))

    threads = [threading.Thread(target=claim, args=(scheduler(), seed)) for seed in range(4)]
    threads += [threading.Thread(target=claim, args=(ticks, seed)) for seed in range(4, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(asked)


CLAIMER = """
import random, sys
from datetime import timedelta
from pytest_synthetic.history.ticks import Ticks
from pytest_synthetic.model.plan import Tick
from tests.runs import NOON
ticks = Ticks(sys.argv[1])
order = [Tick(f"j{n}", "eu", NOON) for n in range(60)]
random.Random(int(sys.argv[2])).shuffle(order)
print("ready", flush=True)
for tick in order:
    for ours in ticks.claim([tick], lasts=0.0):
        print(ours.journey, flush=True)
"""


@pytest.mark.slow
def test_processes_of_which_one_is_killed(url: str, ticks: Ticks, clock: FakeClock) -> None:
    def started(seed: int) -> subprocess.Popen[str]:
        process = subprocess.Popen([sys.executable, "-c", CLAIMER, url, str(seed)], stdout=subprocess.PIPE, text=True)
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        return process

    processes = [started(seed) for seed in range(3)]
    first = processes[0].stdout
    assert first
    said = [first.readline().strip() for _ in range(5)]
    processes[0].send_signal(signal.SIGKILL)
    for process in processes:
        said += process.communicate()[0].split()
    assert len(said) == len(set(said))
    given = {claim.tick.journey for claim in found_over(ticks, clock)}
    assert given == {f"j{number}" for number in range(60)}  # also one that was taken and not told
    assert set(said) <= given


def test_a_commit_of_which_nothing_was_heard(ticks: Ticks) -> None:
    """The claim was made, the answer was lost: who asks again gets it, and nobody else does."""
    dialect = ticks._opened().engine.dialect
    whole = dialect.do_commit

    def cut(connection: Any) -> None:
        whole(connection)
        raise exc.OperationalError("COMMIT", {}, Exception("the connection was cut"))

    dialect.do_commit = cut  # type: ignore[method-assign, assignment]
    with pytest.raises(HistoryUnavailable, match="the connection was cut"):
        ticks.claim([tick(1), tick(2)], lasts=30)
    dialect.do_commit = whole  # type: ignore[method-assign]
    assert ticks.claim([tick(1), tick(2)], lasts=30) == {tick(1), tick(2)}
    assert ticks.claim([tick(1)], lasts=30) == set()


def test_a_file_that_is_locked_for_longer_than_a_writer_waits(tmp_path: Path) -> None:
    ticks = Ticks(f"sqlite:///{tmp_path}/history.db?timeout=0.1")
    ticks.watch([PLAN], NOON)
    other = database.connect(f"sqlite:///{tmp_path}/history.db")
    with database.writing(other):
        for call in (
            lambda: ticks.claim([tick(1)], lasts=30),
            lambda: ticks.miss([Missed(PLAN, NOON + 2 * MINUTE, "late")]),
            lambda: ticks.settle([tick(1)]),
        ):
            with pytest.raises(HistoryUnavailable, match="Another process has been writing for too long"):
                call()
        assert ticks.going_on() == []
    assert ticks.claim([tick(1)], lasts=30) == {tick(1)}
    assert len(ticks.miss([Missed(PLAN, NOON + 2 * MINUTE, "late")])) == 1
    other.dispose()
    ticks.close()


# -- what becomes of it ----------------------------------------------------------------------------------------------


def test_who_lives_renews_and_is_left_alone(ticks: Ticks, clock: FakeClock) -> None:
    ticks.claim([tick(1)], lasts=0.0, state=State.RUNNING)
    for _ in range(5):
        assert ticks.over() == []
        clock.advance(PATIENCE / 3)
        assert ticks.renew([tick(1)], lasts=0.0) == {tick(1)}
    clock.advance(PATIENCE)
    assert ticks.over(but=[tick(1)]) == []


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_is_set_frees_nothing_of_the_living(ticks: Ticks, clock: FakeClock, hours: int) -> None:
    ticks.claim([tick(1)], lasts=30)
    moved(ticks, hours)
    assert ticks.over() == []
    clock.advance(PATIENCE / 2)
    ticks.renew([tick(1)], lasts=30)
    clock.advance(PATIENCE / 2)
    assert ticks.over() == []
    clock.advance(PATIENCE)
    assert ticks.over() == []


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_is_set_hides_none_of_the_dead(ticks: Ticks, clock: FakeClock, hours: int) -> None:
    ticks.claim([tick(1)], lasts=30)
    moved(ticks, hours)
    assert [claim.tick for claim in found_over(ticks, clock)] == [tick(1)]


DYING = """
import os, signal, sys
from pytest_synthetic.history import store
from pytest_synthetic.history.book import State
from pytest_synthetic.history.ticks import Ticks
from tests.contract.test_ticks import tick, the_run
url, last = sys.argv[1:]
ticks, history = Ticks(url), store.opened(url)
steps = {
    "claim": lambda: ticks.claim([tick(1)], lasts=0.0),
    "begun": lambda: ticks.begun([tick(1)], lasts=0.0),
    "record": lambda: history.record([the_run(tick(1))]),
    "settle": lambda: ticks.settle([tick(1)]),
}
for name, step in steps.items():
    step()
    if name == last:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("last", "found"), [("claim", ["waiting"]), ("begun", ["running"]), ("record", []), ("settle", [])]
)
def test_a_scheduler_that_is_killed(
    url: str, ticks: Ticks, history: SqlHistory, clock: FakeClock, last: str, found: list[str]
) -> None:
    assert subprocess.run([sys.executable, "-c", DYING, url, last], check=False).returncode == -signal.SIGKILL
    given = found_over(ticks, clock)
    assert [claim.state for claim in given] == found
    for claim in given:
        assert claim.plan == PLAN
        history.record([unrun.broken(claim.plan, claim.at, claim.at, "its scheduler died")])
        assert ticks.settle([claim.tick]) == {claim.tick}
    assert ticks.going_on() == []
    assert ticks.claim([tick(1)], lasts=30) == set()
    assert history.counts(Selection())[()].all == 1


def test_a_stand_in_that_was_recorded_and_not_settled(ticks: Ticks, history: SqlHistory, clock: FakeClock) -> None:
    ticks.claim([tick(1)], lasts=0.0)
    history.record([unrun.missed(PLAN, tick(1).at, "no agent took it")])
    assert found_over(ticks, clock) == []
    assert ticks.going_on() == []


def test_a_run_of_another_region_or_tick_settles_nothing(ticks: Ticks, history: SqlHistory, clock: FakeClock) -> None:
    ticks.claim([tick(1)], lasts=0.0)
    other = the_run(tick(1), minutes=1)
    history.record([replace(other, region="us-east"), the_run(tick(2)), replace(other, run_id="5" * 32, attempt=2)])
    assert [claim.tick for claim in found_over(ticks, clock)] == [tick(1)]


def test_what_is_settled_is_nobody_s_any_more(ticks: Ticks, scheduler: Callable[[], Ticks]) -> None:
    ticks.claim([tick(1), tick(2)], lasts=30)
    assert scheduler().settle([tick(1)]) == {tick(1)}
    assert ticks.begun([tick(1), tick(2)], lasts=30) == {tick(2)}
    assert ticks.renew([tick(1), tick(2)], lasts=30) == {tick(2)}
    assert ticks.settle([tick(1), tick(2), tick(9)]) == {tick(2)}
    assert ticks.latest()[PLAN.key].state is State.DONE


# -- what was missed -------------------------------------------------------------------------------------------------


def test_missed_ticks_are_in_the_book_and_in_the_history_once(ticks: Ticks, history: SqlHistory) -> None:
    ticks.claim([tick(3)], lasts=30)
    plans = [PLAN, a_plan(region="us-east"), a_plan(id="b", name="Browse")]
    missed = [Missed(plan, NOON + number * MINUTE, "the machine slept") for number in range(1, 251) for plan in plans]
    assert ticks.miss(missed) == [each for each in missed if Tick(*each.plan.key, each.at) != tick(3)]
    assert ticks.miss(missed) == []
    assert history.counts(Selection()) == {(): Counts(missed=749)}
    assert ticks.claim([tick(1), tick(250)], lasts=30) == set()
    known = unrun.missed(PLAN, NOON + 7 * MINUTE, "the machine slept")
    assert history.run(known.run_id) == known
    (line,) = [line for line in history.runs(Selection()) if line.run_id == known.run_id]
    assert (line.claim, line.owner, line.scheduled) == ("the machine slept", "payments", line.started)


MISSING = """
import sys
from pytest_synthetic.model.plan import Missed
from pytest_synthetic.history.ticks import Ticks
from tests.contract.test_ticks import MINUTE, NOON, PLAN
ticks = Ticks(sys.argv[1], sleep=lambda _: print("part", flush=True))
print(len(ticks.miss([Missed(PLAN, NOON + n * MINUTE, "slept") for n in range(1, 3_001)])))
"""


@pytest.mark.slow
def test_a_scheduler_that_is_killed_while_it_writes_what_was_missed(
    url: str, ticks: Ticks, history: SqlHistory
) -> None:
    process = subprocess.Popen([sys.executable, "-c", MISSING, url], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "part\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = history.counts(Selection())[()].missed
    new = len(ticks.miss([Missed(PLAN, NOON + number * MINUTE, "slept") for number in range(1, 3_001)]))
    assert 0 < before < 3_000
    assert before + new == 3_000
    assert history.counts(Selection()) == {(): Counts(missed=3_000)}
    assert ticks.going_on() == []


# -- the run and what stood in for it --------------------------------------------------------------------------------

REASON = "no agent took it"


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("stand_in_first", [True, False])
def test_the_run_itself_counts(history: SqlHistory, *, stand_in_first: bool, together: bool) -> None:
    long = a_plan(id="j" * 2_000, region="r" * 1_500)
    for plan in (PLAN, long):
        at = tick(1, plan)
        both = [unrun.missed(plan, at.at, REASON), the_run(at, minutes=2, device="Pixel 7")]
        ordered = both if stand_in_first else both[::-1]
        for part in [ordered] if together else [[run] for run in ordered]:
            history.record(part)
    assert history.counts(Selection()) == {(): Counts(passed=2)}
    with database.reading(history.engine) as connection:
        assert len(connection.execute(select(tables.record.c.id)).all()) == 2


def test_what_was_begun_counts_more_than_what_was_missed(history: SqlHistory) -> None:
    at = tick(1).at
    missed, broken = unrun.missed(PLAN, at, REASON), unrun.broken(PLAN, at, at, "it took too long")
    for runs in ([missed], [broken], [missed]):
        history.record(runs)
    assert history.run(missed.run_id) == broken


def test_a_run_of_a_day_that_is_folded_replaces_nothing(history: SqlHistory) -> None:
    history.record([unrun.missed(PLAN, NOON, REASON)])
    history.prune(HistorySettings(), NOON + timedelta(days=40))
    assert history.record([the_run(tick(0))]) == 0
    assert history.day_counts(Selection()) == {(): Counts(missed=1)}


# -- what is watched -------------------------------------------------------------------------------------------------


def test_a_plan_begins_when_it_is_first_watched(ticks: Ticks, scheduler: Callable[[], Ticks]) -> None:
    other = a_plan(region="us-east")
    assert scheduler().watch([PLAN, other], NOON + 5 * MINUTE) == {
        PLAN.key: NOON,
        other.key: NOON + 5 * MINUTE,
    }
    ticks.claim([tick(6)], lasts=30)
    ticks.accounted([PLAN.key], NOON + 6 * MINUTE)
    ticks.accounted([PLAN.key], NOON + 2 * MINUTE)  # it was said already
    assert ticks.watch([PLAN], NOON + 9 * MINUTE) == {PLAN.key: NOON + 6 * MINUTE}


def test_what_left_and_comes_back_begins_anew(ticks: Ticks) -> None:
    other = a_plan(id="b")
    ticks.watch([PLAN, other], NOON, regions=["eu-west"])
    ticks.claim([tick(1)], lasts=30)
    ticks.watch([], NOON + MINUTE, regions=["us-east"])
    ticks.watch([other], NOON + 2 * MINUTE, regions=["eu-west"])
    assert list(ticks.latest()) == []
    assert [claim.plan for claim in ticks.going_on()] == [PLAN]
    found = ticks.watch([PLAN, other], NOON + 3 * MINUTE, regions=["eu-west"])
    assert found == {PLAN.key: NOON + 3 * MINUTE, other.key: NOON}
    assert list(ticks.latest()) == [PLAN.key]


def test_long_and_strange_names(ticks: Ticks) -> None:
    plans = [a_plan(id="j" * 3_000 + end, region="r" * 2_000, name="\x00 \ud800 été") for end in "ab"]
    assert ticks.watch(plans, NOON) == {plan.key: NOON for plan in plans}
    asked = {tick(1, plan) for plan in plans}
    assert ticks.claim(asked, lasts=30) == asked
    assert {claim.plan for claim in ticks.going_on()} == set(plans)
    ticks.accounted([plans[0].key], NOON + MINUTE)
    assert ticks.watch(plans, NOON)[plans[0].key] == NOON + MINUTE


def test_a_plan_that_cannot_be_read_still_says_whose_tick_it_is(ticks: Ticks) -> None:
    ticks.claim([tick(1), Tick("nobody watches it", "eu-west", NOON)], lasts=30)
    with database.writing(ticks._opened().engine) as connection:
        connection.execute(text("UPDATE watched SET told = '{'"))
    assert {claim.plan.key for claim in ticks.going_on()} == {PLAN.key, ("nobody watches it", "eu-west")}


def test_what_is_accounted_for_is_taken_no_more(ticks: Ticks, history: SqlHistory) -> None:
    ticks.claim([tick(1)], lasts=30)
    ticks.claim([tick(3)], lasts=30)
    ticks.settle([tick(1)])
    tomorrow = NOON + timedelta(days=2)
    assert ticks.prune(tomorrow) == 0
    ticks.accounted([PLAN.key], NOON + 5 * MINUTE)
    assert ticks.prune(tomorrow) == 1
    assert ticks.claim([tick(1), tick(3), tick(5)], lasts=30) == set()
    assert ticks.miss([Missed(PLAN, NOON + MINUTE, "late")]) == []
    assert [claim.tick for claim in ticks.going_on()] == [tick(3)]
    assert history.counts(Selection()) == {}


def test_a_plan_nobody_watches_is_forgotten(ticks: Ticks) -> None:
    ticks.watch([], NOON, regions=["eu-west"])
    ticks.prune(NOON + timedelta(days=34))
    with database.reading(ticks._opened().engine) as connection:
        assert len(connection.execute(select(tables.watched)).all()) == 1
    ticks.prune(NOON + timedelta(days=36))
    with database.reading(ticks._opened().engine) as connection:
        assert connection.execute(select(tables.watched)).all() == []


# -- the schema ------------------------------------------------------------------------------------------------------


def test_a_history_of_the_schema_before(url: str) -> None:
    engine = database.connect(url)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        config = Config()
        config.set_main_option("script_location", str(schema.MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.execute(text("INSERT INTO about (name, value) VALUES ('written_by', '0')"))
        for later in ("parameters", "blocked_by"):  # else today's code writes no run
            connection.execute(text(f"ALTER TABLE run ADD COLUMN {later} VARCHAR"))
    old = store.SqlHistory(engine)
    known = [a_run(minutes=number) for number in range(3)]
    old.record(known)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        for later in ("parameters", "blocked_by"):
            connection.execute(text(f"ALTER TABLE run DROP COLUMN {later}"))
    old.close()

    opened = store.opened(url)
    assert [line.run_id for line in opened.runs(Selection(), newest_first=False)] == [run.run_id for run in known]
    opened.close()
    ticks = Ticks(url)
    assert ticks.watch([PLAN], NOON) == {PLAN.key: NOON}
    assert ticks.claim([tick(1)], lasts=30) == {tick(1)}
    ticks.close()
