"""What is to run now: a pure state machine over many plans. It keeps no time; whoever drives it says what time it is.

Asked at a moment, it says which ticks are due and which were missed. It goes on only when it is told that these are
accounted for, so that a history that cannot be reached loses nothing: asked later, it says them again, and what has
become too late by then is missed. Each look costs what is waiting, so look seldom meanwhile. The driver writes down
the missed ones first, then claims the due ones, then calls `accounted`: after a crash in between the history knows
nothing that did not happen, and refuses the ticks that it has when they are told again.

An agenda accounts for each tick once, as either. A plan runs its newest tick alone: whatever was passed over while
a machine slept is missed, and never made up for.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from pytest_synthetic.core.schedule import Timetable
from pytest_synthetic.model.plan import Missed, Tick
from pytest_synthetic.model.sla import spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pytest_synthetic.model.plan import Plan

Key = tuple[str, str]
"""The id of a journey, and the region."""

BACK = timedelta(hours=2)
"""A clock that was set back by less makes plans wait until it shows again what it showed. By more, it was wrong
before: plans go on from the new time at once, and the history refuses the ticks that it knows."""
KEEP = timedelta(days=35)
"""Ticks that were missed longer ago are told as a number: a history would not keep their records."""

_STEP = timedelta(milliseconds=1)
_REMOVED = "its journey is no longer planned here"
_CHANGED = "its schedule was changed before it could run"


class Due(NamedTuple):
    """A tick whose run may begin now, and until `latest`."""

    plan: Plan
    tick: Tick
    latest: datetime


@dataclass(slots=True, kw_only=True)
class _Entry:
    """A plan on the agenda. All its ticks up to `upto` are accounted for; `next` is the one after, None for none.

    `number` is that of its only valid place in the heap. One that leaves the agenda does so at `until`.
    """

    plan: Plan
    timetable: Timetable
    upto: datetime
    next: datetime | None = None
    number: int = -1
    until: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decision:
    """On all ticks of an entry from `before` to `newest`. That one is run if there is no `reason`, the others are not.

    Of those up to `since`, nothing is told.
    """

    entry: _Entry
    plan: Plan
    before: datetime
    since: datetime
    newest: datetime
    latest: datetime
    reason: str | None
    overlap: bool
    passed_over: Callable[[datetime], str]

    @property
    def forgotten(self) -> int:
        return self.entry.timetable.count(self.before, self.since)

    def missed(self) -> Iterator[Missed]:
        for at in self.entry.timetable.between(self.since, self.newest - _STEP):
            yield Missed(self.plan, at, self.passed_over(at))
        if self.reason is not None and self.newest > self.since:
            yield Missed(self.plan, self.newest, self.reason, self.overlap)

    def due(self) -> Due:
        return Due(self.plan, Tick(*self.plan.key, self.newest), self.latest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What an agenda says of one moment: the ticks that are `due`, oldest first, and the missed ones."""

    due: tuple[Due, ...]
    decisions: tuple[_Decision, ...] = field(repr=False)

    @property
    def missed(self) -> Iterator[Missed]:
        """The missed ticks, those of a plan in order, made one by one: there may be millions. Can be asked again."""
        return (missed for decision in self.decisions for missed in decision.missed())

    @property
    def forgotten(self) -> int:
        """How many ticks were missed so long ago that a history would not keep their records. They are not told."""
        return sum(decision.forgotten for decision in self.decisions if decision.since > decision.before)

    def __bool__(self) -> bool:
        """Whether it says anything."""
        return bool(self.decisions)


class Agenda:
    """The ticks to come of many plans. Not for several threads at once."""

    def __init__(self, *, keep: timedelta = KEEP) -> None:
        """`keep` is how long the records of missed ticks would be kept."""
        self._keep = keep
        self._entries: dict[Key, _Entry] = {}
        self._leaving: list[_Entry] = []
        self._heap: list[tuple[datetime, int, _Entry]] = []
        self._numbers = count()
        self._seen: datetime | None = None

    def __len__(self) -> int:
        """The number of plans."""
        return len(self._entries)

    @property
    def upto(self) -> dict[Key, datetime]:
        """Up to when the ticks of each plan are accounted for."""
        return {key: entry.upto for key, entry in self._entries.items()}

    # -- which plans ----------------------------------------------------------------------------------------------

    def set(self, plans: Iterable[Plan], upto: Mapping[Key, datetime], now: datetime) -> None:
        """Plan these from now on, and no others; one without a schedule is left out.

        `upto` says up to when the ticks of a plan are accounted for: what the history knows. It counts for plans that
        are new here, which begin now when it does not name them. Of a plan that leaves, and of one with another
        schedule than before, the ticks up to now that are not accounted for are missed. Raises UsageError for
        a schedule that nobody can keep, and changes nothing then.
        """
        wanted = tuple(plans)
        timetables = {plan.key: Timetable(plan.spec.schedule, *plan.key) for plan in wanted if plan.spec.schedule}
        self._look(now)
        for key in self._entries.keys() - timetables.keys():
            self._leave(key, now, _REMOVED)
        for plan in wanted:
            if plan.key in timetables:
                self._enter(plan, timetables[plan.key], upto.get(plan.key), now)
        self._rebuild()

    def _enter(self, plan: Plan, timetable: Timetable, upto: datetime | None, now: datetime) -> None:
        known = self._entries.get(plan.key)
        if known and known.timetable.schedule == timetable.schedule:
            known.plan = plan
            return
        if known:
            self._leave(plan.key, now, _CHANGED)
            upto = max(known.upto, now)
        since = now if upto is None or upto > now + BACK else upto
        since = max([since, *(entry.until for entry in self._leaving if entry.plan.key == plan.key and entry.until)])
        self._seen = max(self._seen or since, since)
        self._entries[plan.key] = _Entry(plan=plan, timetable=timetable, upto=since, next=timetable.next_after(since))

    def _leave(self, key: Key, now: datetime, why: str) -> None:
        entry = self._entries.pop(key)
        if entry.next and entry.next <= now:
            entry.until, entry.why = now, why
            self._leaving.append(entry)

    def _rebuild(self) -> None:
        self._heap = []
        for entry in self._entries.values():
            self._push(entry)

    # -- what is due ----------------------------------------------------------------------------------------------

    def next(self) -> datetime | None:
        """When there is something to take next: a time that is past, or to come; None when nothing is planned."""
        if self._leaving:
            return self._leaving[0].until
        self._drop_stale()
        return self._heap[0][0] if self._heap else None

    def upcoming(self, most: int) -> list[tuple[Plan, datetime]]:
        """The next tick of each plan, soonest first, of `most` plans."""
        ready = ((entry.next, key) for key, entry in self._entries.items() if entry.next)
        return [(self._entries[key].plan, at) for at, key in heapq.nsmallest(most, ready)]

    def next_of(self, key: Key) -> datetime | None:
        """The next tick of a plan; None for one that is not here, or never comes again."""
        return self._entries[key].next if key in self._entries else None

    def waits(self, now: datetime) -> timedelta:
        """How long plans wait because the clock was set back: until it shows again what it showed."""
        return max(self._seen - now, timedelta(0)) if self._seen else timedelta(0)

    def take(self, now: datetime, busy: Callable[[Key], str | None], *, why: str | None = None) -> Taken:
        """What is to be said at `now` of all ticks that have come. The same again until they are `accounted` for.

        `busy` gives the reason why a plan cannot run now: its earlier run goes on. `why` is what the driver knows of
        ticks that are seen too late: that the machine slept, that the history could not be reached.
        """
        self._look(now)
        decisions = [self._decision(entry, now, busy, why) for entry in self._ripe(now)]
        due = sorted((decision.due() for decision in decisions if decision.reason is None), key=lambda due: due.tick.at)
        return Taken(due=tuple(due), decisions=(*decisions, *map(self._farewell, self._leaving)))

    def accounted(self, taken: Taken) -> None:
        """Go on: all that was taken has its place in the history, or its record."""
        for decision in taken.decisions:
            entry = decision.entry
            if entry.upto == decision.before:
                entry.upto = decision.newest
                entry.next = entry.timetable.next_after(entry.upto)
                self._push(entry)
        self._leaving = [entry for entry in self._leaving if entry.next and entry.until and entry.next <= entry.until]
        self._drop_stale()

    def _decision(self, entry: _Entry, now: datetime, busy: Callable[[Key], str | None], why: str | None) -> _Decision:
        newest = _newest(entry, now)
        latest = newest + entry.timetable.lateness(newest)
        late = now > latest
        return _Decision(
            entry=entry,
            plan=entry.plan,
            before=entry.upto,
            since=max(entry.upto, now - self._keep),
            newest=newest,
            latest=latest,
            reason=_too_late(newest, now, why) if late else busy(entry.plan.key),
            overlap=not late,
            passed_over=lambda at: _too_late(at, now, why or "a later one had come"),
        )

    def _farewell(self, entry: _Entry) -> _Decision:
        until = entry.until or entry.upto
        return _Decision(
            entry=entry,
            plan=entry.plan,
            before=entry.upto,
            since=max(entry.upto, until - self._keep),
            newest=_newest(entry, until),
            latest=until,
            reason=entry.why,
            overlap=False,
            passed_over=lambda _: entry.why,
        )

    # -- the clock and the heap -----------------------------------------------------------------------------------

    def _look(self, now: datetime) -> None:
        """See what time it is. After a clock that was wrong, no plan waits for the time that it showed."""
        if self._seen and now < self._seen - BACK:
            for entry in self._entries.values():
                entry.upto = min(entry.upto, now)
                entry.next = entry.timetable.next_after(entry.upto)
            self._seen = now
            self._rebuild()
        self._seen = max(self._seen or now, now)

    def _push(self, entry: _Entry) -> None:
        entry.number = next(self._numbers)
        if entry.next and entry.until is None:
            heapq.heappush(self._heap, (entry.next, entry.number, entry))

    def _drop_stale(self) -> None:
        while self._heap and self._heap[0][1] != self._heap[0][2].number:
            heapq.heappop(self._heap)

    def _ripe(self, now: datetime) -> Iterator[_Entry]:
        """The entries whose next tick has come, found without a look at the others."""
        waiting = [0]
        while waiting:
            place = waiting.pop()
            if place < len(self._heap) and self._heap[place][0] <= now:
                _, number, entry = self._heap[place]
                if number == entry.number:
                    yield entry
                waiting += (2 * place + 1, 2 * place + 2)


def _newest(entry: _Entry, now: datetime) -> datetime:
    """The last tick that is not accounted for, of an entry whose next one has come."""
    first = entry.next or now
    after = entry.timetable.next_after(first)
    if after is None or after > now:
        return first
    return entry.timetable.latest(first, now) or first


def _too_late(at: datetime, now: datetime, why: str | None) -> str:
    text = f"seen {spoken((now - at).total_seconds(), 1)} after its time, too late"
    return f"{text}: {why}" if why else text
