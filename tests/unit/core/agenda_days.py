"""Days of an agenda under a clock, a machine and a history that all misbehave, simulated."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from pytest_synthetic.core.agenda import Agenda
from pytest_synthetic.model.journey import JourneySpec, Schedule
from pytest_synthetic.model.plan import Plan

if TYPE_CHECKING:
    from pytest_synthetic.core.agenda import Key

START = datetime(2026, 3, 27, 12, tzinfo=UTC)
"""The clocks of Europe go forward two nights later."""
HOUR = timedelta(hours=1)
REGIONS = ("eu-west", "us-east", "ap-south")


def a_plan(journey: str = "buy", region: str = "eu-west", **how: object) -> Plan:
    """A plan; by default each 5 minutes, with no offset."""
    told: dict[str, object] = {"every": None if "cron" in how else 300.0, "spread": False, **how}
    schedule = Schedule(**told)  # type: ignore[arg-type]
    return Plan(spec=JourneySpec(id=journey, name=journey, schedule=schedule), region=region, nodeid="test_it.py::it")


def many_plans(journeys: int) -> list[Plan]:
    """Journeys with schedules of many kinds, each in three regions."""
    kinds: list[dict[str, object]] = [
        {"every": 900.0},
        {"every": 1800.0, "quiet": ("22:00-06:00",), "timezone": "Europe/Paris"},
        {"every": 3600.0},
        {"every": 600.0, "max_lateness": 1800.0},
        {"cron": "0 */6 * * *"},
        {"cron": "30 2 * * *", "timezone": "Europe/Paris"},
        {"every": 7200.0},
        {"every": 1200.0},
    ]
    return [
        a_plan(f"journey-{number}", region, **{"spread": True, **kinds[number % len(kinds)]})
        for number in range(journeys)
        for region in REGIONS
    ]


@dataclass(kw_only=True)
class Book:
    """A history that has each tick once. Those of a plan come in order."""

    ran: dict[Key, list[datetime]] = field(default_factory=dict)
    every: dict[Key, list[datetime]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    refused: int = 0

    def has(self, key: Key, at: datetime) -> bool:
        known = self.every.get(key)
        return bool(known) and known[-1] >= at  # type: ignore[index]

    def add(self, key: Key, at: datetime, reason: str | None) -> bool:
        """Whether the tick is new."""
        if self.has(key, at):
            self.refused += 1
            return False
        self.every.setdefault(key, []).append(at)
        if reason is None:
            self.ran.setdefault(key, []).append(at)
        else:
            self.reasons[reason.partition(", too late")[2] or reason] += 1
        return True


@dataclass(kw_only=True)
class Days:
    """Runs an agenda as a driver would, while the world goes wrong at random."""

    plans: list[Plan]
    random: Random
    real: datetime = START
    skew: timedelta = timedelta(0)
    down_until: datetime = START
    book: Book = field(default_factory=Book)
    going_on: dict[Key, datetime] = field(default_factory=dict)
    saved: dict[Key, datetime] = field(default_factory=dict)
    seen: datetime = START
    pause: timedelta = timedelta(seconds=2)
    known_before: datetime = START
    happened: Counter[str] = field(default_factory=Counter)
    agenda: Agenda = field(default_factory=Agenda)

    @property
    def now(self) -> datetime:
        """What the clock shows."""
        return self.real + self.skew

    def live(self, length: timedelta) -> None:
        """Let `length` of real time pass, then let the clock be right and the history be there, and look once more."""
        self.agenda.set(self.plans, {}, self.now)
        self.saved = self.agenda.upto
        end, trouble = self.real + length, self.real + HOUR
        while self.real < end:
            if self.real >= trouble:
                trouble = self.real + HOUR * self.random.uniform(0.2, 3)
                self._trouble()
            self._look()
            self._sleep(trouble)
        self.skew, self.down_until = HOUR, self.real
        self._look()

    def _sleep(self, most: datetime) -> None:
        soonest = self.agenda.next() or self.now + HOUR
        least = self.real + self.pause
        self.real = max(least, min(soonest - self.skew, most))

    def _look(self) -> None:
        self.seen = max(self.seen, self.now)
        taken = self.agenda.take(self.now, self._busy)
        if self.real < self.down_until:
            self.happened["could not be written down"] += bool(taken)
            self.pause = min(2 * self.pause, timedelta(minutes=4))
            return
        self.pause = timedelta(seconds=2)
        for plan, at, reason, _ in taken.missed:
            assert reason
            self._add(plan.key, at, reason)
        for due in taken.due:
            self._run(due.plan, due.tick.at, due.latest)
        self.agenda.accounted(taken)
        assert not self.agenda.take(self.now, self._busy)

    def _add(self, key: Key, at: datetime, reason: str | None) -> bool:
        new = self.book.add(key, at, reason)
        assert new or at <= self.known_before, "the agenda gives a tick twice"
        return new

    def _run(self, plan: Plan, at: datetime, latest: datetime) -> None:
        assert at <= self.now <= latest
        if self._add(plan.key, at, None):
            assert self._busy(plan.key) is None
            self.going_on[plan.key] = self.real + timedelta(seconds=self.random.expovariate(1 / 120))

    def _busy(self, key: Key) -> str | None:
        return "its earlier run goes on" if self.going_on.get(key, self.real) > self.real else None

    def _trouble(self) -> None:
        kinds = {"slept": self._slept, "clock set": self._clock_set, "history away": self._away, "died": self._died}
        kind = self.random.choice(list(kinds))
        self.happened[kind] += 1
        kinds[kind]()
        self.saved = self.agenda.upto

    def _slept(self) -> None:
        self.real += HOUR * self.random.choice([0.1, 0.5, 6])

    def _clock_set(self) -> None:
        self.skew = self.random.choice([-HOUR, timedelta(0), HOUR])

    def _away(self) -> None:
        self.down_until = self.real + timedelta(minutes=self.random.choice([1, 10, 30]))

    def _died(self) -> None:
        """A new process knows what the history knew some time ago: the rest the history refuses."""
        self.known_before = self.seen
        self.agenda = Agenda()
        self.agenda.set(self.plans, self.saved, self.now)
        self.going_on.clear()
