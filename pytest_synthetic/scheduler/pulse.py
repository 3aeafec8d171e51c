"""What a watcher, a scheduler or an agent knows of itself, and whether it still does what it is there for."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.model import wire
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.model.run import RunResult

HISTORY = "history"
"""The trouble of a history that cannot be written."""
BROKER = "broker"
"""The trouble of a broker that cannot be reached."""
OVERLAP = "overlap"
"""The kind of a tick that is missed because the journey's earlier run still goes on."""
LATENESS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper bounds, in seconds, of the classes that late starts are counted in; one more is for all above."""

_GRAVE = (HISTORY, BROKER)
_BEARABLE = 60.0
"""Seconds that a grave trouble may last."""
_STUCK = 60.0
_IDLE, _IDLE_TICKS = 600.0, 3
"""Nothing runs: so many ticks were missed since the last run, the first of them so many seconds ago."""
_LATELY = timedelta(hours=1)
_MOST_MISSED = 50
_MOST_TROUBLES = 100
_MOST_REGIONS = 1000
_MOST_KINDS = 20
_OTHER = "other"
_WIDEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A tick that was not run, when that was known, and why."""

    at: datetime
    journey: str
    region: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that does not work at present. `seconds` is how long by now."""

    what: str
    why: str
    since: datetime
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionPulse:
    """One region since the start: when its last run ended, runs by verdict, missed ticks by kind."""

    last_run: datetime | None = None
    runs: Mapping[str, int] = field(default_factory=dict)
    missed: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseReport:
    """What is known at one moment. What nobody has told yet is None, never 0.

    `wrong` says in words why nobody should rely on this process now; it is empty when all is well. `late` counts starts
    in the classes of LATENESS, `late_seconds` is their sum. `missed` are the newest of the last hour.
    """

    version: str
    since: datetime
    now: datetime
    wrong: tuple[str, ...]
    last_turn: datetime | None
    turned_seconds_ago: float | None
    plans: int | None
    unreadable: int | None
    waiting: int | None
    running: int | None
    due: int | None
    late: tuple[int, ...]
    late_seconds: float
    regions: Mapping[str, RegionPulse]
    missed: tuple[Missed, ...]
    troubles: tuple[Trouble, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return not self.wrong

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        told: dict[str, Any] = wire.plain(self)
        return told


class Pulse:
    """Gathers it. Threads may share it; nothing here waits, and its memory is bounded however long it lives.

    `say` hears of each trouble once as it begins, and once when it is over: the reasons of one that stands may vary.
    """

    def __init__(
        self, clock: Clock, *, say: Callable[[str], object] | None = None, stuck_after: float = _STUCK
    ) -> None:
        """`stuck_after`: seconds without a turn of the loop."""
        self._clock = clock
        self._say = say or _silent
        self._stuck_after = stuck_after
        self._lock = threading.Lock()
        self._version = version("pytest-synthetic")
        self._since = clock.now()
        self._began = clock.monotonic()
        self._turned: tuple[datetime, float] | None = None
        self._plans: tuple[int, int] | None = None
        self._waiting: int | None = None
        self._running: int | None = None
        self._due: int | None = None
        self._late = [0] * (len(LATENESS) + 1)
        self._late_seconds = 0.0
        self._regions: dict[str, RegionPulse] = {}
        self._missed: deque[Missed] = deque(maxlen=_MOST_MISSED)
        self._missed_in_a_row = 0
        self._first_missed = 0.0
        self._troubles: dict[str, tuple[str, datetime, float]] = {}

    def turn(self, now: datetime) -> None:
        """The loop went round."""
        self._turned = now, self._clock.monotonic()

    def plans(self, total: int, unreadable: int) -> None:
        """So many plans are watched, so many of them cannot be read at present."""
        self._plans = total, unreadable

    def waiting(self, count: int) -> None:
        """So many ticks wait to be run."""
        self._waiting = count

    def running(self, count: int) -> None:
        """So many runs go on."""
        self._running = count

    def due(self, count: int) -> None:
        """So many ticks more were claimed to be run. Each must be `ran` or `missed` in the end."""
        with self._lock:
            self._due = (self._due or 0) + count

    def ran(self, run: RunResult, late_seconds: float | None) -> None:
        """A run ended. `late_seconds`: from its tick to its start; None for one that no tick asked for.

        The record of a tick that was `missed` is no run, and is passed over: `missed` counts it.
        """
        if run.verdict is Verdict.MISSED:
            return
        ended = self._clock.now()
        with self._lock:
            name, region = self._region(run.region)
            self._regions[name] = replace(region, last_run=ended, runs=_counted(region.runs, run.verdict.value))
            self._missed_in_a_row = 0
            if late_seconds is not None:
                late = max(0.0, late_seconds)
                self._late[bisect_left(LATENESS, late)] += 1
                self._late_seconds += late

    def missed(self, journey: str, region: str, reason: str, *, kind: str = _OTHER) -> None:
        """A tick was not run. `kind` is one word for `reason`: there are few of them."""
        told = Missed(at=self._clock.now(), journey=journey, region=region, reason=one_line(reason, _WIDEST))
        with self._lock:
            self._missed.append(told)
            name, known = self._region(region)
            self._regions[name] = replace(known, missed=_counted(known.missed, kind))
            if kind != OVERLAP:  # there, something runs
                if not self._missed_in_a_row:
                    self._first_missed = self._clock.monotonic()
                self._missed_in_a_row += 1

    def trouble(self, what: str, why: str | None, *, each: bool = False) -> None:
        """`what` does not work, because of `why`; None when it works (again). `each`: say other reasons too."""
        now, moment = self._clock.now(), self._clock.monotonic()
        with self._lock:
            known = self._troubles.get(what)
            if why is None:
                self._troubles.pop(what, None)
            elif known or len(self._troubles) < _MOST_TROUBLES:
                self._troubles[what] = (one_line(why, _WIDEST), *(known[1:] if known else (now, moment)))
        if why is not None and (not known or (each and known[0] != one_line(why, _WIDEST))):
            self._say(f"{what}: {why}")
        elif why is None and known:
            self._say(f"{what}: works again")

    def report(self, now: datetime) -> PulseReport:
        """What is known at this moment."""
        moment = self._clock.monotonic()
        with self._lock:
            turned, plans = self._turned, self._plans
            troubles = tuple(
                Trouble(what=what, why=why, since=since, seconds=round(moment - began, 3))
                for what, (why, since, began) in self._troubles.items()
            )
            return PulseReport(
                version=self._version,
                since=self._since,
                now=now,
                wrong=(*self._wrong_loop(moment), *_wrong_plans(plans), *_wrong_troubles(troubles)),
                last_turn=turned[0] if turned else None,
                turned_seconds_ago=round(moment - turned[1], 3) if turned else None,
                plans=plans[0] if plans else None,
                unreadable=plans[1] if plans else None,
                waiting=self._waiting,
                running=self._running,
                due=self._due,
                late=tuple(self._late),
                late_seconds=self._late_seconds,
                regions=dict(self._regions),
                missed=tuple(each for each in self._missed if each.at > now - _LATELY),
                troubles=troubles,
            )

    def _wrong_loop(self, moment: float) -> tuple[str, ...]:
        if self._turned is None:
            return (f"it has not begun to watch yet; it was started {moment - self._began:.0f} s ago",)
        still = moment - self._turned[1]
        idle = moment - self._first_missed if self._missed_in_a_row >= _IDLE_TICKS else 0.0
        wrong = []
        if still > self._stuck_after:
            wrong.append(f"its loop is stuck: it last went round {still:.0f} s ago")
        if idle > _IDLE:
            wrong.append(f"nothing ran for {idle:.0f} s, and {self._missed_in_a_row} ticks were missed")
        return tuple(wrong)

    def _region(self, name: str) -> tuple[str, RegionPulse]:
        if name not in self._regions and len(self._regions) >= _MOST_REGIONS:
            name = _OTHER
        return name, self._regions.get(name, RegionPulse())


def _wrong_plans(plans: tuple[int, int] | None) -> tuple[str, ...]:
    if plans is None:
        return ()
    total, unreadable = plans
    if total <= 0:
        return ("there is no journey to watch",)
    return ("no journey can be read at present",) if unreadable >= total else ()


def _wrong_troubles(troubles: tuple[Trouble, ...]) -> tuple[str, ...]:
    return tuple(
        f"{each.what}: for {each.seconds:.0f} s: {each.why}"
        for each in troubles
        if each.what in _GRAVE and each.seconds > _BEARABLE
    )


def _counted(counts: Mapping[str, int], key: str) -> dict[str, int]:
    if key not in counts and len(counts) >= _MOST_KINDS:
        key = _OTHER
    return {**counts, key: counts.get(key, 0) + 1}


def _silent(_said: str) -> None:
    """Nobody listens."""
