"""What a process holds in a database: one holder at a time, renewed while it lives, and a loss that is noticed."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text

from pytest_synthetic.config.settings import HistorySettings
from pytest_synthetic.core.inbox import Inbox
from pytest_synthetic.core.recorder import Recorder
from pytest_synthetic.errors import HistoryUnavailable, InboxUnavailable, JourneyError, LeaseLost
from pytest_synthetic.history import database, pruning
from pytest_synthetic.history.holding import Holding
from pytest_synthetic.history.leases import SqlLeases
from pytest_synthetic.history.tables import late_message, lease
from pytest_synthetic.model.journey import JourneySpec
from pytest_synthetic.model.message import Address, AddressState, Expectation, LateMessage
from pytest_synthetic.model.verdict import Fault, Verdict
from pytest_synthetic.testing import FakeClock, HandFedInbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ONE = Address(value="+33600000001")


@pytest.fixture
def machine(url: str) -> Iterator[Callable[..., Holding]]:
    """Another process, as far as the database can tell."""
    made: list[Holding] = []

    def make(lasts: float = 60.0) -> Holding:
        made.append(Holding(url, lasts=lasts))
        return made[-1]

    yield make
    for one in made:
        one._tokens.clear()
        one.close()


def leases_of(holding: Holding, clock: FakeClock) -> SqlLeases:
    return SqlLeases(holding, scope="shop/sms", clock=clock, sleep=clock.advance)


def run_out(holding: Holding) -> None:
    """Let a minute pass in which nobody hears of the holders."""
    with database.writing(holding.engine) as connection:
        connection.execute(text("UPDATE lease SET until_ms = until_ms - 60001"))


def test_what_is_held_is_nobody_else_s_until_it_runs_out(machine: Callable[..., Holding]) -> None:
    one, other = machine(), machine()
    assert one.grab("pool:sms", "+33", "run-1")
    assert other.grab("pool:sms", "+33", "run-2") is None
    assert one.grab("pool:sms", "+33", "run-3") is None
    run_out(one)
    assert other.grab("pool:sms", "+33", "run-2")
    assert one.grab("pool:sms", "+33", "run-1") is None


def test_who_comes_late_finds_it_lost_and_takes_nothing_away(machine: Callable[..., Holding]) -> None:
    clock = FakeClock()
    one, other = leases_of(machine(), clock), leases_of(machine(), clock)
    lost = one.take("sms", [ONE], "run-1", 0.0, lambda _: True)
    run_out(one._holding)
    found = other.take("sms", [ONE], "run-2", 0.0, lambda _: True)

    with pytest.raises(LeaseLost, match=r"\+33600000001 went to another run"):
        lost.state()
    with pytest.raises(LeaseLost):
        lost.save(AddressState())
    lost.release()
    with pytest.raises(InboxUnavailable, match="held by run run-2 on "):
        one.take("sms", [ONE], "run-1", 0.0, lambda _: True)
    assert found.state() == AddressState()


def test_who_was_late_and_missed_by_nobody_goes_on(machine: Callable[..., Holding]) -> None:
    clock, holding = FakeClock(), machine()
    lease_ = leases_of(holding, clock).take("sms", [ONE], "run-1", 0.0, lambda _: True)
    run_out(holding)
    assert lease_.state() == AddressState()
    assert holding._renewed()
    assert machine().grab("pool:sms", ONE.value, "run-2") is None


@pytest.mark.slow
def test_a_holder_that_lives_is_renewed(machine: Callable[..., Holding]) -> None:
    holder, other = machine(lasts=0.9), machine(lasts=0.9)
    held = holder.grab("pool:sms", "+33", "run-1")
    assert held
    ends = time.monotonic() + 2.0
    while time.monotonic() < ends:
        assert other.grab("pool:sms", "+33", "run-2") is None
        time.sleep(0.05)
    holder.let_go(held)
    assert other.grab("pool:sms", "+33", "run-2")


def test_no_message_is_read_once_the_address_is_another_run_s(machine: Callable[..., Holding], tmp_path: Path) -> None:
    clock, holding = FakeClock(), machine()
    provider = HandFedInbox(ONE, clock=clock)

    def stands_still(seconds: float) -> None:
        """Meanwhile the address goes to another run, and the code of that one arrives."""
        clock.advance(seconds)
        run_out(holding)
        assert machine().grab("pool:sms", ONE.value, "run-2")
        provider.deliver(ONE.value, "222222 is your code")

    recorder = Recorder(spec=JourneySpec(id="sign-up", name="Sign up"), run_id="1" * 32, clock=clock, root=tmp_path)
    inbox = Inbox(
        provider=provider, leases=leases_of(holding, clock), recorder=recorder, clock=clock, sleep=stands_still
    )
    with pytest.raises(LeaseLost) as raised, inbox.expect(give_up="2m") as message:
        pass
    inbox.release()

    recorder.fail(raised.value)
    with pytest.raises(JourneyError):  # no message was given out
        message.code  # noqa: B018
    assert (recorder.judgement().verdict, recorder.judgement().fault) == (Verdict.BROKEN, Fault.RUNNER)
    assert clock.monotonic() < 1.0


def test_a_state_that_cannot_be_read_is_distrusted(machine: Callable[..., Holding]) -> None:
    clock, holding = FakeClock(), machine()
    leases = leases_of(holding, clock)
    leases.take("sms", [ONE], "run-1", 0.0, lambda _: True).release()
    with database.writing(holding.engine) as connection:
        connection.execute(text("UPDATE lease SET state = '{'"))
    with pytest.raises(InboxUnavailable, match="may still get a message"):
        leases.take("sms", [ONE], "run-1", 0.0, lambda _: True)


def test_made_addresses_of_the_dead_are_looked_at_by_the_same_inbox_alone(machine: Callable[..., Holding]) -> None:
    clock, holding = FakeClock(), machine()
    leases = leases_of(holding, clock)
    leases.hold("sms", Address(value="box+1@shop.example"))
    assert list(leases.forsaken("sms")) == []
    run_out(holding)
    assert list(SqlLeases(holding, scope="bank/sms", clock=clock, sleep=clock.advance).forsaken("sms")) == []
    assert list(leases.forsaken("sms")) == []
    with database.reading(holding.engine) as connection:
        assert connection.execute(select(lease.c.name)).all() == []
        assert connection.execute(select(late_message)).all() == []


def test_what_the_dead_held_long_ago_is_forgotten_but_for_numbers(machine: Callable[..., Holding]) -> None:
    clock, holding = FakeClock(), machine()
    leases = leases_of(holding, clock)
    number, made = leases.take("sms", [ONE], "run-1", 0.0, lambda _: True), leases.hold("sms", Address(value="box+1"))
    holding.grab("created", "5f2c", "5f2c")
    expected = Expectation(
        id="e", run_id="r", journey="j", channel="sms", address="box+1", opened_at=clock.now(), within=None, give_up=9.0
    )
    late = LateMessage(expectation=expected, message_id="1", seen_at=clock.now(), delay=5.0)
    for lease_ in (number, made):
        lease_.save(AddressState(awaited=(expected,)), [late])
    with database.reading(holding.engine) as connection:
        assert connection.execute(select(late_message.c.channel)).scalars().all() == ["sms", "sms"]

    pruning.prune(holding.engine, HistorySettings(), datetime.now(UTC) + timedelta(days=34))
    with database.reading(holding.engine) as connection:
        assert len(connection.execute(select(lease.c.name)).all()) == 3
    pruning.prune(holding.engine, HistorySettings(), datetime.now(UTC) + timedelta(days=37))
    with database.reading(holding.engine) as connection:
        assert connection.execute(select(lease.c.name)).scalars().all() == [ONE.value]
        assert connection.execute(select(late_message)).all() == []
    assert number.state().awaited == (expected,)


def test_without_the_database_nobody_gets_an_address(tmp_path: Path) -> None:
    clock = FakeClock()
    holding = Holding("postgresql+psycopg://me:secret@127.0.0.1:9/history")
    leases = leases_of(holding, clock)
    with pytest.raises(
        InboxUnavailable, match=r"cannot be asked: postgresql://me:\*\*\*@127.0.0.1:9/history: connection failed"
    ):
        leases.take("sms", [ONE], "run-1", 60.0, lambda _: True)
    with pytest.raises(InboxUnavailable):
        leases.hold("sms", ONE)
    with pytest.raises(HistoryUnavailable):
        holding.grab("created", "x", "x")
    holding.close()
