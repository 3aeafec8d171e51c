"""Ways to tell which message is a run's own, over the same traffic, and how often each is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.traffic import SimulatedInbox
from pytest_synthetic.core.inbox import Inbox, Patience
from pytest_synthetic.core.received import NothingArrived
from pytest_synthetic.core.recorder import Recorder
from pytest_synthetic.errors import InboxUnavailable
from pytest_synthetic.model.journey import JourneySpec
from pytest_synthetic.testing import FakeClock, MemoryLeases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.traffic import Traffic
    from pytest_synthetic.model.message import Message

SPEC = JourneySpec(id="sign-up", name="Sign up")


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of the runs: `own`, `wrong`, `alarms`, `false_alarms` and `skipped` add up to their number."""

    own: int = 0
    """Took their own message."""
    wrong: int = 0
    """Took the message of another run."""
    hiding: int = 0
    """Of these, the runs whose own message did not come in time: an outage that nobody is told of."""
    alarms: int = 0
    """Failed, and rightly: their message did not come in time."""
    false_alarms: int = 0
    """Failed, although it did."""
    skipped: int = 0
    """Found no free number, and sent nothing."""
    late_told: int | None = None
    """Late messages that were told of, with the run that had waited for them; None where nobody looks for them."""
    late_wrong: int | None = None
    """Those told of with another run."""

    def took(self, run: int, message: Message, *, in_time: bool) -> None:
        """The run ended with `message`; `in_time` says whether its own was there."""
        if message.id == str(run):
            self.own += 1
        else:
            self.wrong += 1
            self.hiding += not in_time

    def gave_up(self, *, in_time: bool) -> None:
        """The run ended with nothing."""
        self.alarms += not in_time
        self.false_alarms += in_time


def newest_wins(traffic: Traffic) -> Tally:
    """Whatever message is the newest."""
    return _by_time(traffic, numbers=1, received_after=False)


def watermark(traffic: Traffic, numbers: int) -> Tally:
    """The newest message, if it was received after the run began; the runs use the numbers in turns."""
    return _by_time(traffic, numbers=numbers, received_after=True)


def ours(traffic: Traffic, numbers: int) -> Tally:
    """The Inbox that journeys use."""
    tally, clock = Tally(), FakeClock()
    provider, leases = SimulatedInbox(clock, numbers), MemoryLeases(clock=clock, sleep=clock.advance)
    for run, delay in _runs(traffic, clock):
        in_time = traffic.is_in_time(delay)
        inbox = Inbox(
            provider=provider,
            leases=leases,
            recorder=Recorder(spec=SPEC, run_id=str(run), clock=clock, root=Path.cwd()),
            clock=clock,
            sleep=clock.advance,
            patience=Patience(lease=0.0),
        )
        try:
            with inbox.expect(give_up=traffic.wait) as received:
                provider.send(run, inbox.address, delay)
            tally.took(run, received.all[0], in_time=in_time)
        except NothingArrived:
            tally.gave_up(in_time=in_time)
        except InboxUnavailable:
            tally.skipped += 1
        finally:
            inbox.release()
    tally.late_told = sum(late.message_id == late.expectation.run_id for late in leases.late)
    tally.late_wrong = len(leases.late) - tally.late_told
    return tally


def _by_time(traffic: Traffic, *, numbers: int, received_after: bool) -> Tally:
    tally, clock = Tally(), FakeClock()
    provider = SimulatedInbox(clock, numbers)
    for run, delay in _runs(traffic, clock):
        address, in_time = provider.addresses()[run % numbers], traffic.is_in_time(delay)
        since, ends = clock.now(), clock.monotonic() + traffic.wait
        provider.send(run, address.value, delay)
        while True:
            newest = provider.newest(address)
            if newest and newest.arrived_at and (newest.arrived_at >= since or not received_after):
                tally.took(run, newest, in_time=in_time)
                break
            if clock.monotonic() >= ends:
                tally.gave_up(in_time=in_time)
                break
            provider.wait_hint(address, provider.snapshot(address), ends - clock.monotonic())
    return tally


def _runs(traffic: Traffic, clock: FakeClock) -> Iterator[tuple[int, float | None]]:
    """Every run at its time, with the seconds that its message takes."""
    for run, delay in enumerate(traffic.delays()):
        clock.advance(run * traffic.every - clock.monotonic())
        yield run, delay
