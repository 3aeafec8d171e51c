"""What every Leases must do: one holder at a time, the longest rested first, and nothing forgotten."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_synthetic.core.deliveries import TAINT
from pytest_synthetic.core.ports import Lease, Leases
from pytest_synthetic.errors import InboxUnavailable
from pytest_synthetic.history.holding import Holding
from pytest_synthetic.history.leases import SqlLeases
from pytest_synthetic.inboxes.lease_files import FileLeases
from pytest_synthetic.model.message import Address, AddressState, Expectation
from pytest_synthetic.testing import FakeClock, MemoryLeases
from tests.postgres import POSTGRESQL

ONE, TWO = Address(value="+33600000001", labels={"carrier": "Orange"}), Address(value="+33600000002")
AWAITED = Expectation(
    id="e", run_id="r", journey="sign-up", channel="sms", address=ONE.value, opened_at=datetime(2026, 1, 1, tzinfo=UTC),
    within=5.0, give_up=60.0, cursor={"mark": 3},
)  # fmt: skip


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["files", "memory", "sqlite", POSTGRESQL])
def leases(request: pytest.FixtureRequest, clock: FakeClock, tmp_path: Path) -> Iterator[Leases]:
    if request.param == "memory":
        yield MemoryLeases(clock=clock, sleep=clock.advance)
    elif request.param == "files":
        yield FileLeases(tmp_path / "inboxes", clock=clock, sleep=clock.advance)
    else:
        sqlite = f"sqlite:///{tmp_path}/history.db"
        holding = Holding(sqlite if request.param == "sqlite" else request.getfixturevalue("postgres"))
        yield SqlLeases(holding, scope="shop/sms", clock=clock, sleep=clock.advance)
        holding.close()


@pytest.fixture
def take(leases: Leases) -> Callable[..., Lease]:
    """Lease one of the addresses given, within 3 s."""

    def taken(*addresses: Address, holder: str = "run-1", clean: bool = True, channel: str = "sms") -> Lease:
        return leases.take(channel, addresses, holder, 3.0, lambda lease: clean)

    return taken


def test_an_address_has_one_holder(take: Callable[..., Lease], clock: FakeClock) -> None:
    first, second = take(ONE, TWO), take(ONE, TWO)
    with pytest.raises(InboxUnavailable) as raised:
        take(ONE, TWO, holder="run-2")

    assert [first.address, second.address] == [ONE, TWO]
    assert 3.0 <= clock.monotonic() < 3.5
    assert "no sms address was free within 3 s: +33600000001 is held by run run-1" in str(raised.value)
    assert "; +33600000002 is held by run run-1" in str(raised.value)
    assert str(raised.value).endswith(". Give the inbox more addresses, or run fewer journeys at once")
    first.release()
    second.release()


def test_a_released_address_is_free_and_remembers(take: Callable[..., Lease], clock: FakeClock) -> None:
    state = AddressState(
        tainted_until=clock.now() + TAINT, awaited=(AWAITED,), consumed=(("id:1", clock.now()), ("told:2", clock.now()))
    )
    first = take(ONE)
    assert first.state() == AddressState()
    first.save(state)
    assert first.state() == state
    first.release()

    second = take(ONE)
    assert second.address == ONE
    assert second.state() == state
    second.release()


def test_the_address_that_rested_longest_comes_first(take: Callable[..., Lease]) -> None:
    order = []
    for _ in range(4):
        lease = take(ONE, TWO)
        order.append(lease.address)
        lease.release()
        time.sleep(0.02)  # files tell the order of use by their times, which are coarse

    assert order == [ONE, TWO, ONE, TWO]


def test_an_address_that_is_not_clean_is_left_alone(leases: Leases) -> None:
    asked: list[Address] = []

    def is_clean(lease: Lease) -> bool:
        asked.append(lease.address)
        lease.save(AddressState(consumed=(("id:1", AWAITED.opened_at),)))
        return lease.address == TWO

    lease = leases.take("sms", [ONE, TWO], "run-1", 0.0, is_clean)

    assert lease.address == TWO
    assert asked == [ONE, TWO]
    lease.release()
    again = leases.take("sms", [ONE], "run-2", 0.0, lambda lease: True)
    assert again.state().consumed == (("id:1", AWAITED.opened_at),)
    again.release()


def test_none_that_is_clean_says_that_a_message_may_still_come(take: Callable[..., Lease]) -> None:
    with pytest.raises(
        InboxUnavailable, match=r"\+33600000001 may still get a message an earlier run gave up on"
    ) as told:
        take(ONE, clean=False)

    assert "(it rests for 15 min)" in str(told.value)


def test_an_address_distrusted_without_a_reason_rests_until_its_time(
    take: Callable[..., Lease], clock: FakeClock
) -> None:
    lease = take(ONE)
    lease.save(AddressState(tainted_until=clock.now() + TAINT))
    lease.release()
    with pytest.raises(InboxUnavailable, match="may still get a message"):
        take(ONE)

    clock.advance(TAINT.total_seconds())
    take(ONE).release()


def test_a_look_that_fails_gives_the_address_back(leases: Leases, take: Callable[..., Lease]) -> None:
    def fails(lease: Lease) -> bool:
        raise InboxUnavailable("the token is refused")

    with pytest.raises(InboxUnavailable, match="the token is refused"):
        leases.take("sms", [ONE], "run-1", 0.0, fails)

    take(ONE).release()


def test_channels_share_no_address(take: Callable[..., Lease]) -> None:
    sms, voice = take(ONE), take(ONE, channel="voice")

    assert sms.address == voice.address == ONE
    sms.release()
    voice.release()


def test_a_minted_address_is_kept_while_something_is_awaited_there(leases: Leases, clock: FakeClock) -> None:
    forsaken, done, running = (leases.hold("sms", Address(value=value)) for value in (ONE.value, "done", "running"))
    forsaken.save(AddressState(tainted_until=clock.now() + TAINT, awaited=(AWAITED,)))
    running.save(AddressState(tainted_until=clock.now() + TAINT, awaited=(AWAITED,)))
    forsaken.release()
    done.release()

    (found,) = leases.forsaken("sms")
    assert found.address.value == ONE.value
    assert found.state().awaited == (AWAITED,)
    found.save(AddressState())
    found.release()
    assert list(leases.forsaken("sms")) == []
    assert list(leases.forsaken("email")) == []
    running.release()
    assert len(list(leases.forsaken("sms"))) == 1
