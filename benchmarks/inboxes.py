"""How soon a message is found, with how many calls, over a fake Twilio; and how long it takes to read a code."""

from __future__ import annotations

import itertools
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from benchmarks import codes
from benchmarks.figures import Figure
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.core.inbox import Inbox
from pytest_synthetic.core.recorder import Recorder
from pytest_synthetic.demo import twilio_api
from pytest_synthetic.inboxes.lease_files import FileLeases
from pytest_synthetic.inboxes.twilio import TwilioInbox
from pytest_synthetic.model.journey import JourneySpec
from pytest_synthetic.model.message import Address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from pytest_synthetic.demo.twilio_api import RunningTwilio

ROUNDS, MESSAGES = 6, 10
SOON = (0.2, 2.0)
"""Seconds that a message takes."""
PUSHES, AT_ONCE = 40, 0.1
CROWDS, CROWD = 3, 100
LATER = (0.5, 10.0)
"""Seconds that a message takes while a hundred wait."""
PUBLIC_URL = "https://hooks.example.com/sms"
TEXTS = (f"{number} is your code" for number in itertools.count(100_000))
"""None comes twice: the second would count as the first, delivered again."""


def measure(workshop: Path) -> Iterator[Figure]:
    """Limits: 150 ms and 4 calls a message; 5 ms with the webhook; 2 calls/s and 1 s for 100 waits; linear reading."""
    yield from _polled(workshop)
    yield from _pushed(workshop)
    yield from _crowded(workshop)
    yield from codes.measure()


def _polled(workshop: Path) -> Iterator[Figure]:
    """Rounds of messages one after another; a round gives its mean."""
    chance = random.Random(1)
    found: list[float] = []
    calls: list[int] = []
    with _opened(workshop / "polled", 1) as (twilio, _, (inbox,)):
        for after in (after for _ in range(ROUNDS) for after in _spread(chance)):
            with inbox.expect():
                before, due = twilio.listings, _deliver(twilio, inbox.address, after)
            found.append((time.perf_counter() - due) * 1000)
            calls.append(twilio.listings - before)
    note = f"all {len(found)}: mean {fmean(found):.0f}, longest {max(found):.0f} ms"
    yield Figure(name="message polled: found after, mean of 10", each=_means(found), unit="ms", limit=150, note=note)
    note = f"all {len(calls)}: mean {fmean(calls):.2f}; one more before the trigger"
    yield Figure(name="message polled: calls, mean of 10", each=_means(calls), unit="calls", limit=4, note=note)


def _spread(chance: random.Random) -> list[float]:
    """Delays of one round: random, and one in each tenth of the range, for a mean that scatters less."""
    low, high = SOON
    afters = [low + (tenth + chance.random()) * (high - low) / MESSAGES for tenth in range(MESSAGES)]
    chance.shuffle(afters)
    return afters


def _means(values: list[float] | list[int]) -> list[float]:
    return [fmean(values[start : start + MESSAGES]) for start in range(0, len(values), MESSAGES)]


def _pushed(workshop: Path) -> Iterator[Figure]:
    """From the moment when Twilio begins its request to ours, until the provider knows, and until the test goes on."""
    with (
        _opened(workshop / "pushed", 1) as (twilio, provider, (inbox,)),
        provider.receiver(public_url=PUBLIC_URL).serve() as hook,
        ThreadPoolExecutor(1) as threads,
    ):

        def found(expecting: Callable[[], AbstractContextManager[object]]) -> float:
            with expecting():
                pushing = threads.submit(_push, twilio, inbox.address, hook.url)
            ended = time.perf_counter()
            return (ended - pushing.result()) * 1000

        for name, expecting, limit in (
            ("the provider knows", partial(_asked, provider, provider.addresses()[0]), 5),
            ("the test goes on", inbox.expect, None),
        ):
            each = [found(expecting) for _ in range(PUSHES)]
            note = f"mean {fmean(each):.1f}, longest {max(each):.1f} ms"
            yield Figure(name=f"message pushed: {name} after", each=each, unit="ms", limit=limit, note=note)


@contextmanager
def _asked(provider: TwilioInbox, address: Address) -> Iterator[None]:
    """As `Inbox.expect`, without its files."""
    cursor = provider.snapshot(address)
    yield
    provider.wait_hint(address, cursor, 10)
    assert provider.fetch_new(address, cursor)[0], "a push did not come"


def _push(twilio: RunningTwilio, to: str, url: str) -> float:
    time.sleep(AT_ONCE)
    sid = twilio.deliver(to, next(TEXTS))
    began = time.perf_counter()
    twilio.push(sid, url, public_url=PUBLIC_URL)
    return began


def _crowded(workshop: Path) -> Iterator[Figure]:
    chance = random.Random(1)
    crowds = [_crowd(workshop / f"crowd-{number}", chance) for number in range(CROWDS)]
    rates, longest = zip(*crowds, strict=True)
    yield Figure(name=f"{CROWD} waits on one account: calls", each=rates, unit="calls/s", limit=2)
    yield Figure(name=f"{CROWD} waits on one account: found last, after", each=longest, unit="s", limit=1)


def _crowd(folder: Path, chance: random.Random) -> tuple[float, float]:
    """Threads of one process, each with a number of its own: calls a second, and the longest time to find a message."""
    together = threading.Barrier(CROWD)

    def waited(inbox: Inbox, after: float) -> float:
        together.wait()
        with inbox.expect():
            due = _deliver(twilio, inbox.address, after)
        return time.perf_counter() - due

    with _opened(folder, CROWD) as (twilio, _, inboxes), ThreadPoolExecutor(CROWD) as threads:
        for inbox in inboxes:
            inbox.leased()
        began, before = time.perf_counter(), twilio.listings
        found = list(threads.map(waited, inboxes, [chance.uniform(*LATER) for _ in inboxes]))
        return (twilio.listings - before) / (time.perf_counter() - began), max(found)


def _deliver(twilio: RunningTwilio, to: str, after: float) -> float:
    """Let a message arrive in `after` seconds; the moment when it does."""
    due = time.perf_counter() + after
    twilio.deliver(to, next(TEXTS), after=after)
    return due


@contextmanager
def _opened(folder: Path, numbers: int) -> Iterator[tuple[RunningTwilio, TwilioInbox, list[Inbox]]]:
    """An account, its provider, and an inbox for each of its numbers; one call has been made."""
    lines = [Address(value=f"+336{number:08d}", labels={"line": str(number)}) for number in range(numbers)]
    with twilio_api.serve(numbers=[line.value for line in lines]) as twilio, ExitStack() as leased:
        provider = TwilioInbox(
            account_sid=twilio.account_sid, auth_token=twilio.auth_token, numbers=lines, base_url=twilio.base_url
        )
        provider.snapshot(lines[0])  # makes the client, and takes the time of its import
        inboxes = [_inbox(folder, provider, str(number)) for number in range(numbers)]
        for inbox in inboxes:
            leased.callback(inbox.release)
        yield twilio, provider, inboxes


def _inbox(folder: Path, provider: TwilioInbox, line: str) -> Inbox:
    clock, spec = SystemClock(), JourneySpec(id="sign-up", name="Sign up")
    return Inbox(
        provider=provider,
        leases=FileLeases(folder, clock=clock, sleep=time.sleep),
        recorder=Recorder(spec=spec, run_id=line, clock=clock, root=Path.cwd()),
        clock=clock,
        sleep=time.sleep,
        labels={"line": line},
    )
