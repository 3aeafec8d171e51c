"""An inbox with a clock and a provider moved by hand: what counts, how late it was, what an address remembers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_synthetic.core.codes import AmbiguousCode
from pytest_synthetic.core.inbox import Inbox, Patience
from pytest_synthetic.core.journey import Journey
from pytest_synthetic.core.ports import Leases
from pytest_synthetic.core.received import NothingArrived
from pytest_synthetic.core.recorder import Recorder
from pytest_synthetic.errors import InboxUnavailable, JourneyError
from pytest_synthetic.inboxes.lease_files import FileLeases
from pytest_synthetic.model.journey import JourneySpec
from pytest_synthetic.model.message import Address, AddressState
from pytest_synthetic.model.verdict import Fault, Verdict
from pytest_synthetic.testing import FakeClock, HandFedInbox, MemoryLeases
from pytest_synthetic.testing.memory_leases import MemoryLease

ONE = Address(value="+33600000001", labels={"carrier": "Orange", "country": "FR"})
TWO = Address(value="+33600000002", labels={"carrier": "SFR", "country": "FR"})


class World:
    """Time that moves when somebody sleeps, and things that happen at a moment."""

    def __init__(self, folder: Path, *addresses: Address) -> None:
        self.clock = FakeClock()
        self.provider = HandFedInbox(*(addresses or (ONE, TWO)), clock=self.clock)
        self.leases: Leases = FileLeases(folder, clock=self.clock, sleep=self.sleep)
        self.folder = folder
        self.due: list[tuple[float, Callable[[], object]]] = []
        self.runs = 0

    def sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)
        now = self.clock.monotonic()
        for moment, act in [due for due in self.due if due[0] <= now]:
            self.due.remove((moment, act))
            act()

    def after(self, seconds: float, act: Callable[[], object]) -> None:
        self.due.append((self.clock.monotonic() + seconds, act))

    def inbox(self, **more: Any) -> Inbox:
        self.runs += 1
        spec = JourneySpec(id="sign-up", name="Sign up")
        run_id = f"{self.runs:032x}"
        self.recorder = Recorder(spec=spec, run_id=run_id, clock=self.clock, root=Path.cwd())
        return Inbox(
            provider=self.provider, leases=self.leases, recorder=self.recorder, clock=self.clock, sleep=self.sleep,
            host="shop.example", **more,
        )  # fmt: skip

    def judged(self) -> Verdict:
        self.recorder.body_duration = 1.0
        self.recorder.judge_promises(expected=True)
        return self.recorder.judgement().verdict


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "inboxes")


def test_a_message_triggered_in_the_block_is_there_after_it(world: World) -> None:
    inbox = world.inbox()
    with inbox.expect(within="30s", give_up="2m") as message:
        world.after(2.0, lambda: world.provider.deliver(inbox.address, "123456 is your code"))

    assert (message.text, message.code, message.sender) == ("123456 is your code", "123456", "Shop")
    assert message.delivery.lower <= 2.0 <= message.delivery.upper
    assert message.delivery.upper - message.delivery.lower < 0.3
    (taken,) = world.recorder.measurements
    assert (taken.name, taken.unit) == ("sms.delivery", "s")
    assert taken.labels["carrier"] == "Orange"
    assert world.judged() is Verdict.PASSED


def test_what_was_there_before_does_not_count(world: World) -> None:
    inbox = world.inbox()
    world.provider.deliver(inbox.address, "111111 is an old code")
    with inbox.expect(give_up="5s") as message:
        world.after(1.0, lambda: world.provider.deliver(inbox.address, "222222 is your code"))

    assert message.code == "222222"


def test_late_is_degraded_and_the_journey_goes_on(world: World) -> None:
    inbox = world.inbox()
    with inbox.expect(within="5s", give_up="60s") as message:
        world.after(8.0, lambda: world.provider.deliver(inbox.address, "123456 is your code"))

    assert message.code == "123456"
    assert world.judged() is Verdict.DEGRADED
    assert world.recorder.breaches[0].message.startswith("sms.delivery took between 7.")


def test_missing_is_failed_and_says_what_did_arrive(world: World) -> None:
    inbox = world.inbox()
    with pytest.raises(NothingArrived) as raised:
        with inbox.expect(matching="code", give_up="10s"):
            world.after(3.0, lambda: world.provider.deliver(inbox.address, "Winter sale!", sender="Spam"))

    world.recorder.fail(raised.value)
    assert world.judged() is Verdict.FAILED
    assert "no awaited sms came to +33600000001 within 10 s" in str(raised.value)
    assert "Spam: 'Winter sale!'" in str(raised.value)


def test_a_provider_that_cannot_be_asked_is_broken(world: World) -> None:
    inbox = world.inbox()
    with pytest.raises(InboxUnavailable) as raised:
        with inbox.expect(give_up="10s"):
            world.provider.down = "Twilio refuses the token"

    world.recorder.fail(raised.value)
    assert world.judged() is Verdict.BROKEN
    assert world.recorder.failures[0].fault is Fault.INBOX


def test_a_provider_that_recovers_in_time_is_forgiven_and_the_bounds_are_wide(world: World) -> None:
    inbox = world.inbox()
    with inbox.expect(give_up="30s") as message:
        world.provider.down = "busy"
        world.after(2.0, lambda: world.provider.deliver(inbox.address, "123456"))
        world.after(6.0, lambda: setattr(world.provider, "down", None))

    assert message.delivery.lower == 0.0
    assert message.delivery.upper >= 6.0


class ForgetfulLeases(MemoryLeases):
    """Leases whose state cannot be asked for a while after a message came, as a database away for a moment."""

    def __init__(self, world: World) -> None:
        super().__init__(clock=world.clock, sleep=world.sleep)
        self.away = False

    def _grab(self, channel: str, address: Address, holder: str) -> MemoryLease | None:
        lease = super()._grab(channel, address, holder)
        return ForgetfulLease(lease, self) if lease else None


class ForgetfulLease(MemoryLease):
    def __init__(self, lease: MemoryLease, leases: ForgetfulLeases) -> None:
        super().__init__(lease.address, lease.remembered, leases.late)
        self.leases = leases

    def state(self) -> AddressState:
        if self.leases.away:
            raise InboxUnavailable("the database is away")
        return super().state()


def test_a_message_read_while_nobody_could_say_whose_it_is_is_read_again(world: World) -> None:
    world.leases = leases = ForgetfulLeases(world)
    inbox = world.inbox()
    with inbox.expect(give_up="30s") as message:
        leases.away = True
        world.after(2.0, lambda: world.provider.deliver(inbox.address, "123456"))
        world.after(6.0, lambda: setattr(leases, "away", False))

    assert message.code == "123456"


def test_a_late_message_of_another_run_is_never_taken(world: World) -> None:
    first = world.inbox()
    address = first.address
    with pytest.raises(NothingArrived), first.expect(give_up="10s"):
        world.after(100.0, lambda: world.provider.deliver(address, "111111 is your code"))
    first.release()

    second = world.inbox()
    assert second.address != address, "the address may still get the first run's message"
    with second.expect(give_up="200s") as message:
        world.after(120.0, lambda: world.provider.deliver(second.address, "222222 is your code"))
    assert message.code == "222222"


def test_a_late_message_is_told_against_the_run_that_waited(world: World) -> None:
    first = world.inbox()
    address = first.address
    with pytest.raises(NothingArrived), first.expect(give_up="10s"):
        pass
    first.release()
    world.sleep(60)
    world.provider.deliver(address, "111111 is your code")

    second = world.inbox()
    leased = {second.address}
    third = world.inbox()
    leased |= {third.address}

    assert address in leased, "the late message has come: the address is clean again"
    (told,) = [json.loads(line) for line in (world.folder / "late.jsonl").read_text(encoding="utf-8").splitlines()]
    assert told["expectation"]["run_id"] == f"{1:032x}"
    assert 69 <= told["delay"] <= 71
    (late,) = [m for m in world.recorder.measurements if m.name == "sms.late"]
    assert (late.value, late.unit, late.labels["run"], late.labels["address"]) == (
        told["delay"],
        "s",
        f"{1:032x}",
        address,
    )


def test_a_message_that_nobody_awaited_does_not_clear_the_address(world: World) -> None:
    first = world.inbox()
    address = first.address
    with pytest.raises(NothingArrived), first.expect(matching="code", give_up="10s"):
        pass
    first.release()
    world.sleep(60)
    world.provider.deliver(address, "Winter sale!", sender="Spam")

    second = world.inbox()
    assert second.address == TWO.value
    with pytest.raises(InboxUnavailable, match="may still get a message"):
        _ = world.inbox(patience=Patience(lease=0.5)).address


def test_after_fifteen_minutes_nothing_is_awaited_any_more(world: World) -> None:
    world = World(world.folder, ONE)
    first = world.inbox()
    _ = first.address
    with pytest.raises(NothingArrived), first.expect(give_up="10s"):
        pass
    first.release()
    with pytest.raises(InboxUnavailable, match="may still get a message an earlier run gave up on"):
        _ = world.inbox(patience=Patience(lease=1.0)).address
    world.sleep(15 * 60)

    assert world.inbox().address == ONE.value


def test_a_message_delivered_twice_counts_once(world: World) -> None:
    inbox = world.inbox()
    for code in ("111111", "222222"):
        with inbox.expect(give_up="30s") as message:
            world.after(0.5, lambda: world.provider.deliver(inbox.address, f"{code} is your code"))  # noqa: B023
            if code == "222222":
                world.after(0.2, lambda: world.provider.deliver(inbox.address, "111111 is your code"))
        assert message.code == code


def test_several_messages_can_be_expected(world: World) -> None:
    inbox = world.inbox()
    with inbox.expect(count=2, give_up="30s") as messages:
        world.after(1.0, lambda: world.provider.deliver(inbox.address, "one"))
        world.after(3.0, lambda: world.provider.deliver(inbox.address, "two"))

    assert [message.text for message in messages.all] == ["one", "two"]


def test_the_sender_and_the_text_choose(world: World) -> None:
    inbox = world.inbox()
    with inbox.expect(sender="^Shop$", matching=r"\d{6}", give_up="30s") as message:
        world.after(1.0, lambda: world.provider.deliver(inbox.address, "654321", sender="Other"))
        world.after(2.0, lambda: world.provider.deliver(inbox.address, "no code"))
        world.after(3.0, lambda: world.provider.deliver(inbox.address, "code 123456"))

    assert message.text == "code 123456"


def test_reading_too_early_and_nesting_are_told(world: World) -> None:
    inbox = world.inbox()
    with pytest.raises(JourneyError, match="read it after it"):
        with inbox.expect() as message:
            _ = message.text
    with pytest.raises(JourneyError, match="nobody could tell their messages apart"):
        with inbox.expect(), inbox.expect():
            pass
    with pytest.raises(JourneyError, match="count=0"):
        with inbox.expect(count=0):
            pass


def test_a_block_that_fails_taints_the_address(world: World) -> None:
    inbox = world.inbox()
    address = inbox.address
    with pytest.raises(ValueError, match="click"):
        with inbox.expect():
            raise ValueError("click")
    inbox.release()

    assert world.inbox().address != address


def test_labels_choose_the_address_and_those_there_are_named(world: World) -> None:
    with world.inbox().lease(carrier="SFR") as phone:
        assert phone.address == TWO.value
        with pytest.raises(InboxUnavailable, match=f"held by run {1:032x}, process"):
            _ = world.inbox(labels={"carrier": "SFR"}, patience=Patience(lease=0.5)).address
    again = world.inbox(labels={"carrier": "SFR"})
    assert again.address == TWO.value
    with pytest.raises(InboxUnavailable, match=r"no sms address has carrier=Free.*carrier=Orange, country=FR"):
        _ = world.inbox(labels={"carrier": "Free"}).address


def test_a_provider_without_a_pool_mints(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.provider = HandFedInbox(clock=world.clock)

    first, second = world.inbox(), world.inbox()
    assert first.address.startswith("inbox-00000000")
    assert first.address != second.address
    first.release()
    second.release()
    assert [file.name for file in tmp_path.iterdir()] == [".gitignore"], "nothing is kept of an address used once"


def test_a_late_message_at_a_minted_address_is_told_too(world: World) -> None:
    world.provider = HandFedInbox(clock=world.clock)
    first = world.inbox()
    address = first.address
    with pytest.raises(NothingArrived), first.expect(give_up="10s"):
        pass
    first.release()
    world.sleep(60)
    world.provider.deliver(address, "111111 is your code")
    second = world.inbox()
    with second.expect(give_up="10s") as message:
        world.after(1.0, lambda: world.provider.deliver(second.address, "222222 is your code"))
    taken = second.address
    second.release()

    assert message.code == "222222"
    assert [(m.name, m.labels["address"]) for m in world.recorder.measurements] == [
        ("sms.late", address), ("sms.delivery", taken),
    ]  # fmt: skip
    assert sorted(file.name for file in world.folder.iterdir()) == [".gitignore", "late.jsonl"]


def test_a_slow_provider_is_asked_at_the_promised_moment(world: World) -> None:
    inbox = world.inbox()
    with inbox.expect(within="21s", give_up="60s") as message:
        world.after(20.9, lambda: world.provider.deliver(inbox.address, "123456 is your code"))

    assert message.delivery.upper == pytest.approx(21.0)
    assert world.judged() is Verdict.PASSED


def test_a_code_split_over_two_messages_is_put_together(world: World) -> None:
    inbox = world.inbox()
    with inbox.expect(count=2, give_up="30s") as messages:
        world.after(1.0, lambda: world.provider.deliver(inbox.address, "Your code is 49"))
        world.after(1.0, lambda: world.provider.deliver(inbox.address, "3021. Keep it."))

    assert messages.code == "493021"


def test_two_messages_with_a_code_each_are_ambiguous(world: World) -> None:
    inbox = world.inbox()
    with inbox.expect(count=2, give_up="30s") as messages:
        world.after(1.0, lambda: world.provider.deliver(inbox.address, "Your code is 493021"))
        world.after(1.0, lambda: world.provider.deliver(inbox.address, "Your code is 111222"))

    with pytest.raises(AmbiguousCode, match="493021, 111222"):
        _ = messages.code


def test_one_message_of_two_is_not_enough(world: World) -> None:
    inbox = world.inbox()
    with pytest.raises(NothingArrived, match=r"1 of 2 awaited sms came to .* Shop: 'one'"):
        with inbox.expect(count=2, give_up="5s"):
            world.after(1.0, lambda: world.provider.deliver(inbox.address, "one"))


def test_a_pattern_that_is_none_is_told(world: World) -> None:
    inbox = world.inbox()
    with pytest.raises(JourneyError, match=r"code='\('\) is no regular expression"):
        with inbox.expect(code="("):
            pass


def test_a_state_that_cannot_be_read_is_moved_aside_and_distrusted(world: World) -> None:
    inbox = world.inbox(labels={"carrier": "SFR"})
    with inbox.expect(give_up="3s"):
        world.after(1.0, lambda: world.provider.deliver(inbox.address, "123456"))
    inbox.release()
    (state,) = world.folder.glob("sms-*.json")
    state.write_text("{half", encoding="utf-8")

    with pytest.raises(InboxUnavailable):
        _ = world.inbox(labels={"carrier": "SFR"}, patience=Patience(lease=0.5)).address
    assert state.with_suffix(".damaged").read_text(encoding="utf-8") == "{half"


@pytest.mark.parametrize("stopped", [KeyboardInterrupt, pytest.fail.Exception])
def test_a_wait_that_is_stopped_taints_its_address(world: World, stopped: type[BaseException]) -> None:
    """As Ctrl-C and pytest-timeout do."""

    def stop() -> None:
        raise stopped("now")

    first = world.inbox()
    address = first.address
    with pytest.raises(stopped), first.expect(give_up="30s"):
        world.after(0.2, stop)
    first.release()

    for _ in range(2):
        other = world.inbox()
        assert other.address != address
        other.release()


def test_the_address_is_tainted_before_the_trigger(world: World) -> None:
    """Whoever is killed in the block cannot say so any more."""
    inbox = world.inbox(labels={"carrier": "SFR"})
    with inbox.expect(give_up="30s"):
        (file,) = world.folder.glob("sms-*.json")
        during = json.loads(file.read_text(encoding="utf-8"))
        world.provider.deliver(inbox.address, "123456 is your code")
    after = json.loads(file.read_text(encoding="utf-8"))

    assert (len(during["awaited"]), during["tainted_until"] is None) == (1, False)
    assert (after["awaited"], after["tainted_until"]) == ([], None)


def test_the_same_text_again_at_once_says_nothing(world: World) -> None:
    """It may be the first message, delivered twice: the run cannot say."""
    inbox = world.inbox()
    for moment in (0, 20):
        world.sleep(moment)
        try:
            with inbox.expect(give_up="30s"):
                world.provider.deliver(inbox.address, "123456 is your code")
        except InboxUnavailable as error:
            told = str(error)
    assert "may be that one delivered twice: '123456 is your code'" in told


def test_a_minute_later_marks_are_few(world: World) -> None:
    inbox = world.inbox(labels={"carrier": "SFR"})
    for code in range(100000, 100090):
        world.sleep(60)
        with inbox.expect(give_up="30s"):
            world.provider.deliver(inbox.address, f"{code} is your code")

    (file,) = world.folder.glob("sms-*.json")
    assert len(json.loads(file.read_text(encoding="utf-8"))["consumed"]) <= 2 * 62


def test_outside_and_inside_a_step(world: World) -> None:
    inbox, journey = world.inbox(), Journey(world.recorder)
    with inbox.expect():
        world.provider.deliver(inbox.address, "111111 is your code")
    with journey.step("sign up"), inbox.expect():
        world.provider.deliver(inbox.address, "222222 is your code")

    assert [taken.step for taken in world.recorder.measurements] == [None, "sign up"]


def test_waiting_for_an_address_is_no_part_of_a_step(world: World) -> None:
    world = World(world.folder, ONE)
    holder = world.inbox()
    _ = holder.address
    inbox = world.inbox(patience=Patience(lease=30.0))
    world.after(12.0, holder.release)
    journey = Journey(world.recorder)
    with journey.step("sign up", sla="1s"):
        assert inbox.address == ONE.value

    assert world.clock.monotonic() >= 12.0
    assert world.recorder.steps[0].duration == 0.0
