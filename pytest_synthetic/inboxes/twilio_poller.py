"""One poller an account: whoever waits for a message shares its calls.

When to ask. A code comes after 0.2 s at the soonest. A call made early is paid for by every message, one made late only
by the late ones, so the steps begin wide and shrink: asking 0.53, 0.82, 1.08, 1.31, 1.52, 1.71, 1.88 and 2.05 s after
the wait began, a message that comes evenly anywhere in 0.2-2 s is found after

    sum(step² / 2) / 1.8 s  =  0.125 s on average,     with     sum(number of the call * step) / 1.8 s  =  3.9 calls.

(Even steps need 4.1 calls for as much. The snapshot before the trigger is one call more, and the time of the answer
comes on top.) After that, a quarter of the time waited so far: a message is found within an eighth of its delay on
average: at most 0.9 s in the first 10 s, 2 s in the first minute, 5 s then. A wait of 30 s makes 27 calls, one of 2
minutes 54.

When several wait, one call asks for all numbers. With more than `FEW` waiting, all calls of the account are at least
`CROWD_STEP` apart: below 2 a second, and nobody is told later than that.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Condition
from typing import TYPE_CHECKING

from pytest_synthetic.errors import InboxUnavailable
from pytest_synthetic.inboxes.twilio_faults import TooManyRequests
from pytest_synthetic.inboxes.twilio_listing import LISTING_LIMIT, Record, TooMany, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from types import TracebackType

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.inboxes.twilio_listing import Pages

DAY = timedelta(days=1)

FIRST_CALLS = (0.53, 0.82, 1.08, 1.31, 1.52, 1.71, 1.88, 2.05)
"""Seconds after the wait began; see the arithmetic above."""
_HALF_A_STEP = 0.09
LEAST_STEP = 0.1
_MOMENT = 0.001
"""Seconds not worth waiting: less may be lost in a sum of times, and a wait for it then never end."""
PUSHED_STEP = 5.0
"""Seconds between calls while a webhook tells of messages: they only make up for a webhook that was lost."""

FEW = 5
CROWD_STEP = 0.6
_CROWD_LASTS = 5.0
"""Seconds for which a crowd that has thinned out still counts as one."""

BLIND_LIMIT = 10.0
"""Seconds without a look that are put up with while Twilio answers 429; after them nobody knows what has arrived."""
LONGEST_BACKOFF = 300.0


def next_call(waited: float) -> float:
    """Seconds after the wait began at which to ask again, having asked `waited` seconds after it began."""
    for at in FIRST_CALLS:
        if at > waited + _HALF_A_STEP:
            return at
    longest = 0.9 if waited < 10 else 2.0 if waited < 60 else 5.0
    return waited + min(waited / 4, longest)


class Bell:
    """A lock to wait under until somebody rings."""

    def __init__(self, sleep: Callable[[float], object]) -> None:
        """`sleep` other than time.sleep is what waiting means to a test's clock: then nobody can ring."""
        self._condition = Condition()
        self._sleep = None if sleep is time.sleep else sleep

    def __enter__(self) -> None:
        """Take the lock."""
        self._condition.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it back."""
        self._condition.release()

    @contextmanager
    def unlocked(self) -> Iterator[None]:
        """Let others have the lock for the block."""
        self._condition.release()
        try:
            yield
        finally:
            self._condition.acquire()

    def wait(self, seconds: float) -> None:
        """Wait up to `seconds` for `ring`; the lock is free meanwhile."""
        if self._sleep is None:
            self._condition.wait(seconds)
            return
        with self.unlocked():
            self._sleep(seconds)

    def ring(self) -> None:
        """Wake all who wait. The lock must be held."""
        self._condition.notify_all()


@dataclass(slots=True)
class _Scope:
    """What is known of one number, or of all (None): the SIDs up to the last listing, None before the first."""

    sids: dict[str, datetime] | None = None
    listing: int = 0
    """The number of the last listing that came to its end."""
    looked: float = float("-inf")
    tried: float = float("-inf")
    """When the last listing that did, and the last that was tried, began."""


class Poller:
    """Knows what has arrived, and asks when it must. Safe to use from many threads."""

    def __init__(self, *, pages: Pages, clock: Clock, there: Callable[[], datetime], bell: Bell) -> None:
        """`there` tells Twilio's time; `pages` asks Twilio."""
        self._pages = pages
        self._clock = clock
        self._there = there
        self._bell = bell
        self._kept: dict[str, dict[str, tuple[datetime, Record]]] = {}
        self._all = _Scope()
        self._numbers: dict[str, _Scope] = {}
        self._present: Counter[str] = Counter()
        self._began: dict[str, float] = {}
        self._told: set[str] = set()
        self._listings = 0
        self._listing = False
        self._last = float("-inf")
        self._last_to: str | None = ""
        self._failure: tuple[int, InboxUnavailable] | None = None
        self._refusal: TooManyRequests | None = None
        self._closed_until = float("-inf")
        self._refusals = 0
        self._crowded_until = float("-inf")
        self._too_many = False
        self.pushed = False
        """Whether a webhook tells of messages as they come."""

    def kept(self, number: str) -> list[tuple[datetime, Record]]:
        """Every inbound message to `number` that is known, with Twilio's time of it, in the order they arrived."""
        with self._bell:
            return self._sorted(number)

    def add(self, record: Record) -> bool:
        """Take a message that a webhook brought, and wake who waits. False for one that is known already."""
        with self._bell:
            if record.sid in self._kept.get(record.to, {}):
                return False
            self._keep([record])
            self._bell.ring()
            return True

    def refresh(self, number: str, *, patience: float) -> None:
        """Return after a listing that began now or later; a 429 is waited out for up to `patience` seconds.

        Raises InboxUnavailable.
        """
        with self._bell:
            self._began.pop(number, None)
            self._told.discard(number)
            self._ask(number, self._listings + 1, patience)

    def look(self, number: str) -> None:
        """Ask now, unless `wait` just ended because somebody did, or the crowd did.

        Raises InboxUnavailable. While Twilio answers 429 nothing is asked, and that is an error only when the last
        look is older than `BLIND_LIMIT`.
        """
        with self._bell:
            if number in self._told:
                self._told.discard(number)
                return
            crowded = self._is_crowded()
            if crowded and self._clock.monotonic() - self._looked(number) < CROWD_STEP - _MOMENT:
                return
            under_way = crowded and self._listing
            try:
                self._ask(number, self._listings + (0 if under_way else 1), 0.0)
            except TooManyRequests:
                if self._looked(number) < self._clock.monotonic() - BLIND_LIMIT:
                    raise

    def wait(self, number: str, timeout: float, is_there: Callable[[list[tuple[datetime, Record]]], bool]) -> None:
        """Wait up to `timeout` seconds: until it is time to look, or somebody else has looked.

        Returns at once when `is_there` says that something is, of what is known of `number`. Whoever looks at every
        return knows of every moment at which nothing was there yet.
        """
        with self._bell, self._presence(number):
            looked, ends = self._looked(number), self._clock.monotonic() + timeout
            self._began.setdefault(number, self._clock.monotonic())
            while not (found := is_there(self._sorted(number))) and self._looked(number) == looked:
                now = self._clock.monotonic()
                due = ends if self._listing else min(self._due(number), ends)
                if due - now < _MOMENT:
                    return
                self._bell.wait(due - now)
            self._told.add(number)
            if found:
                self._began.pop(number, None)

    # -- under the lock ------------------------------------------------------------------------------------------

    def _scope(self, number: str) -> _Scope:
        return self._numbers.setdefault(number, _Scope())

    def _looked(self, number: str) -> float:
        return max(self._scope(number).looked, self._all.looked)

    def _sorted(self, number: str) -> list[tuple[datetime, Record]]:
        return sorted(self._kept.get(number, {}).values(), key=lambda pair: pair[0])

    @contextmanager
    def _presence(self, number: str) -> Iterator[None]:
        self._present[number] += 1
        try:
            yield
        finally:
            self._present[number] -= 1
            self._present += Counter()  # drops those at zero

    def _is_crowded(self) -> bool:
        now = self._clock.monotonic()
        if self._present.total() > FEW:
            self._crowded_until = now + _CROWD_LASTS
        return now < self._crowded_until

    def _due(self, number: str) -> float:
        """When `number` is to be asked about next."""
        tried = max(self._scope(number).tried, self._all.tried)
        began = self._began.get(number, tried)
        step = CROWD_STEP if self._is_crowded() else LEAST_STEP
        if self.pushed:
            due = max(began, tried) + PUSHED_STEP
        elif self._is_crowded():
            due = self._last + CROWD_STEP
        elif tried < began - FIRST_CALLS[0]:
            due = began  # nobody has looked for a while: the trigger may have taken long, and the message be there
        else:
            due = began + next_call(tried - began)
        return max(due, self._last + step, self._closed_until)

    def _ask(self, number: str, listing: int, patience: float) -> None:
        """Return once `number` is covered by the listing numbered `listing` or a later one; see `refresh`."""
        ends = self._clock.monotonic() + patience
        with self._presence(number):
            while max(self._scope(number).listing, self._all.listing) < listing:
                now = self._clock.monotonic()
                if self._failure is not None and self._failure[0] >= listing:
                    raise self._again()
                if self._closed_until - now > _MOMENT and self._refusal is not None:
                    if self._closed_until > ends:
                        raise TooManyRequests(str(self._refusal), retry_after=self._refusal.retry_after)
                    self._bell.wait(self._closed_until - now)
                elif self._listing:
                    self._bell.wait(LISTING_LIMIT)
                elif (rest := self._last + self._gap(number) - now) > _MOMENT:
                    self._bell.wait(rest)
                else:
                    self._list()

    def _gap(self, number: str) -> float:
        """Seconds from the last call to one for `number`; those who come meanwhile share it."""
        if self._is_crowded():
            return CROWD_STEP
        return 0.0 if self._last_to in {number, ""} else LEAST_STEP

    def _again(self) -> InboxUnavailable:
        """The failure remembered, as a new exception: several threads may raise it."""
        assert self._failure is not None  # noqa: S101  callers looked
        return InboxUnavailable(str(self._failure[1]))

    def _list(self) -> None:
        """Ask Twilio about everybody who is present, and note what it said."""
        self._listings += 1
        this, to, began = self._listings, self._whom(), self._clock.monotonic()
        scope = self._all if to is None else self._scope(to)
        scope.tried = self._last = began
        self._last_to = to
        self._listing = True
        try:
            with self._bell.unlocked():
                after = self._there() - DAY
                records = listed(self._pages, to, after=after, known=scope.sids, time=self._clock.monotonic)
        except TooManyRequests as error:
            self._refused(error)
        except InboxUnavailable as error:
            self._failed(this, to, error)
        else:
            self._noted(scope, records, after)
            scope.listing, scope.looked, self._failure, self._refusals = this, began, None, 0
        finally:
            self._listing = False
            self._bell.ring()

    def _whom(self) -> str | None:
        """The number to ask about; None for all in one call."""
        present = list(self._present)
        if len(present) == 1:
            return present[0]
        return min(present, key=self._looked) if self._too_many else None

    def _refused(self, error: TooManyRequests) -> None:
        """Remember not to ask before Twilio said: without a Retry-After 1 s, and twice as long each time."""
        self._refusals += 1
        pause = error.retry_after if error.retry_after is not None else 2.0 ** min(self._refusals - 1, 9)
        self._refusal = error
        self._closed_until = self._clock.monotonic() + min(max(pause, LEAST_STEP), LONGEST_BACKOFF)

    def _failed(self, listing: int, to: str | None, error: InboxUnavailable) -> None:
        if to is None and isinstance(error, TooMany):
            self._too_many = True  # an account that sends a lot: from now on its numbers are asked about one by one
        else:
            self._failure = (listing, error)

    def _noted(self, scope: _Scope, records: list[Record], after: datetime) -> None:
        now = self._there()
        sids = {record.sid: record.created or now for record in records if record.settled}
        old = after - DAY
        scope.sids = {sid: at for sid, at in {**(scope.sids or {}), **sids}.items() if at >= old}
        self._keep(record for record in records if record.inbound and record.settled)
        for number, kept in self._kept.items():
            self._kept[number] = {sid: pair for sid, pair in kept.items() if pair[0] >= old}

    def _keep(self, records: Iterable[Record]) -> None:
        for record in records:
            at = record.created or self._there()
            self._kept.setdefault(record.to, {}).setdefault(record.sid, (at, record))
