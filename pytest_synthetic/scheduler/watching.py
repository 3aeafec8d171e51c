"""The loop: what is due is claimed and handed on, what came of it is recorded, what was not run is said."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from datetime import timedelta
from itertools import chain, islice
from queue import Empty
from typing import TYPE_CHECKING

from pytest_synthetic.core import unrun
from pytest_synthetic.core.agenda import BACK, Agenda
from pytest_synthetic.errors import HistoryDamaged, HistoryUnavailable
from pytest_synthetic.history.book import State
from pytest_synthetic.model.plan import Missed
from pytest_synthetic.scheduler import confirming
from pytest_synthetic.scheduler.dispatch import Begun, Finished, Lost, Refused, Replanned
from pytest_synthetic.scheduler.hands import ENDING, Hand, Hands, job_of, running
from pytest_synthetic.scheduler.pulse import HISTORY
from pytest_synthetic.scheduler.timers import Timers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.history.book import Claim
    from pytest_synthetic.history.ticks import Ticks
    from pytest_synthetic.model.plan import Job, Outcome, Plan, Tick
    from pytest_synthetic.model.run import RunResult
    from pytest_synthetic.scheduler.board import Board
    from pytest_synthetic.scheduler.deliveries import Deliveries
    from pytest_synthetic.scheduler.dispatch import Dispatcher, Event
    from pytest_synthetic.scheduler.pulse import Pulse

LONGEST_SLEEP = 1.0
"""Seconds: a machine that slept, or whose clock was set, is noticed within them."""
SLEPT = timedelta(seconds=10)
"""A turn that comes so much later than the one before: the process stood still, or the clock was set."""
LASTS = 30.0
"""Seconds that claims of a dead watcher stay its own."""
RENEW = 5.0
"""Seconds between two renewals of a living one, and between two looks for claims of dead ones."""
AGAIN = 2.0
"""Seconds between two tries to reach a history that is away."""
PRUNE = 3600.0
"""Seconds between two clearings of the book."""
ACCOUNTED = 60.0
"""Seconds between two notes in the book that all ticks are in it: one that starts again asks about those since then."""
AT_ONCE = 1000
"""Missed ticks that are written in one turn: the loop goes on between."""


class Watching:
    """Watches plans. One thread turns it; whoever runs the jobs speaks through the events of the dispatcher."""

    def __init__(  # noqa: PLR0913  its parts
        self,
        *,
        settings: Settings,
        ticks: Ticks,
        dispatcher: Dispatcher,
        deliveries: Deliveries,
        clock: Clock,
        pulse: Pulse,
        board: Board,
        regions: Collection[str],
    ) -> None:
        """`regions` are those that are watched here, as far as plans have not come for others."""
        self._settings = settings
        self._ticks = ticks
        self._dispatcher = dispatcher
        self._deliveries = deliveries
        self._clock = clock
        self._pulse = pulse
        self._board = board
        self._regions = frozenset(regions)
        self._agenda = Agenda()
        self._plans: dict[tuple[str, str], Plan] = {}
        self._wanted: tuple[Plan, ...] | None = None
        self._hands = Hands()
        self._settling: set[Tick] = set()
        self._unkept: list[Job] = []
        self._away: datetime | None = None
        self._last_turn: datetime | None = None
        self._gap: str | None = "no watcher was running"
        self._missed: deque[Iterator[Missed]] = deque()
        self._part: list[Missed] = []
        self._is_time = Timers(clock)
        self._led = self._regions
        self.stopping = False

    # -- one turn ----------------------------------------------------------------------------------------------------

    def turn(self) -> None:
        """Go round once: hear what came, then see to what is due."""
        now = self._clock.now()
        self._notice_gap(now)
        self._pulse.turn(now)
        self._hear(now)
        if self._is_time("try", AGAIN if self._away else 0.0):
            with self._reaching(now):
                if self._away:
                    self._ticks.going_on()  # costs less than all that is due, asked in vain
                self._settle()
                self._deliver_unkept()
                self._replan(now)
                if self.leads and not self.stopping:
                    self._look(now)
                    self._write_missed(now)
                self._hand_on(now)
                self._tidy(now)
        self._pulse.waiting(self._hands.waiting)
        self._pulse.running(len(self._hands) - self._hands.waiting)

    def wait(self) -> None:
        """Rest until something comes or is due."""
        coming = self._agenda.next()
        rest = LONGEST_SLEEP
        if coming and self.leads and not self._away:
            rest = min(rest, max(0.0, (coming - self._clock.now()).total_seconds()))
        try:
            self._event(self._dispatcher.events.get(timeout=max(rest, 0.001)), self._clock.now())
        except Empty:
            return

    def plan(self, plans: tuple[Plan, ...]) -> None:
        """Watch these from the next turn on, and no others."""
        self._wanted = plans
        self._regions |= {plan.region for plan in plans}

    @property
    def regions(self) -> frozenset[str]:
        """All regions that are watched here, or were."""
        return self._regions

    @property
    def leads(self) -> bool:
        """Whether this process hands out ticks anywhere."""
        return bool(self._led)

    def lead(self, *, leads: bool, regions: Collection[str] | None = None) -> None:
        """Whether this process is the one that hands out ticks: in `regions`, or everywhere when None.

        What it has in hand it brings to its end.
        """
        led = (self._regions if regions is None else frozenset(regions)) if leads else frozenset()
        if led != self._led:
            self._gap = self._gap or ("nobody led there" if led - self._led else None)
            self._led = led
            self._agenda = Agenda()
            self._watch_anew()
            if not leads and self._dispatcher.outlives:
                self._hands.drop_given()  # who leads now hears of them

    def _watch_anew(self) -> None:
        """What the book knows of the plans counts from the next turn on."""
        self._wanted = tuple(self._plans.values()) if self._wanted is None else self._wanted

    def stop(self) -> None:
        """End in order: what was not begun is missed, what runs is ended, and all of it is in the history."""
        self.stopping = True
        now = self._clock.now()
        why = "the watcher was stopped before it could begin"
        self._give_up([(hand, why) for hand in self._hands if not hand.given])
        self._dispatcher.stop()
        self._hear(now)
        with self._reaching(now):
            self._settle()
        self._deliveries.close()

    # -- what came ---------------------------------------------------------------------------------------------------

    def _hear(self, now: datetime) -> None:
        while True:
            try:
                event = self._dispatcher.events.get_nowait()
            except Empty:
                return
            self._event(event, now)

    def _event(self, event: Event, now: datetime) -> None:
        match event:
            case Replanned(plans=plans):
                self.plan(plans)
            case Begun(job=job, at=at):
                self._begun(job, at)
            case Finished(outcome=outcome):
                self._finished(outcome)
            case Refused(job=job, reason=reason):
                if hand := self._hands.of(job):
                    self._give_up([(hand, reason)])
            case Lost(job=job, reason=reason):
                if hand := self._hands.of(job):
                    self._lost(hand, reason, now)

    def _begun(self, job: Job, at: datetime) -> None:
        hand, outlives = self._hands.of(job), self._dispatcher.outlives
        of_tick, still = job.attempt == 1 and job.tick, True
        if of_tick and (hand or outlives):
            with self._reaching(at):
                still = bool(self._ticks.begun([of_tick], lasts=job.time_limit + ENDING if outlives else LASTS))
        if hand is None and of_tick and outlives and still:
            hand = Hand(job=job, until=at, given=True)  # a scheduler that is gone had sent it
        if hand:
            self._have_begun(hand, at)

    def _have_begun(self, hand: Hand, at: datetime) -> None:
        if not self._hands.of(hand.job):
            self._hands.add(hand)
        hand.begun, hand.since = at, self._clock.monotonic()
        self._board.begun(hand.job, at)

    def _take_over(self) -> None:
        """What other machines run for a scheduler that is gone."""
        for hand in running(self._ticks.going_on(), self._settings.runner.time_limit):
            if not self._hands.of(hand.job):
                self._have_begun(hand, hand.until)

    def _finished(self, outcome: Outcome) -> None:
        """Also of a job that another process, or this one before it was started again, had handed on."""
        job = outcome.job
        if self._end(job, outcome.runs):
            self._dispatcher.delivered(job)
        else:
            self._unkept.append(job)
        if not self.stopping:
            for repeat in confirming.repeats(outcome, self._settings.confirm, self._plans):
                until = self._clock.now() + timedelta(seconds=repeat.time_limit)
                self._hands.add(Hand(job=repeat, until=until))

    def _give_up(self, hands: Iterable[tuple[Hand, str]]) -> None:
        """Jobs that were not begun, and why: their ticks were missed, and repeats are let go. There may be many."""
        missed = []
        for hand, why in hands:
            job = hand.job
            if job.tick and job.attempt == 1:
                missed.append(Missed(job.plan, job.tick.at, why))
                self._settling.add(job.tick)
            self._hands.drop(job)
        if missed:
            self._deliveries.given_up(missed)

    def _lost(self, hand: Hand, reason: str, now: datetime) -> None:
        """A job that was begun and of which nothing more will be heard."""
        job = hand.job
        self._end(job, [unrun.broken(job.plan, job.at, hand.begun or now, reason, attempt=job.attempt)])

    def _end(self, job: Job, runs: Collection[RunResult]) -> bool:
        """Whether its records are safe."""
        kept = self._deliveries.ran(tuple(runs))
        self._board.ended(job)
        self._hands.drop(job)
        if job.tick and job.attempt == 1:
            self._settling.add(job.tick)
        return kept

    # -- what is due -------------------------------------------------------------------------------------------------

    def _replan(self, now: datetime) -> None:
        if self._wanted is None or not self.leads:
            return
        plans = self._wanted
        led = [plan for plan in plans if plan.region in self._led]
        upto = self._ticks.watch(led, now, regions=self._led, known=self._agenda.upto)
        self._agenda.set(led, upto, now)
        if self._dispatcher.outlives:
            self._take_over()
        self._wanted, self._plans = None, {plan.key: plan for plan in plans}
        self._board.planned(plans)
        for plan, at in self._agenda.upcoming(len(plans)):
            self._board.comes(plan, at)
        self._pulse.plans(len(plans), sum(plan.unreadable is not None for plan in plans))

    def _look(self, now: datetime) -> None:
        """Claim what is due; what was missed is written bit by bit, since there may be much of it."""
        taken = self._agenda.take(now, self._hands.busy, why=self._gap)
        due = {each.tick: each for each in taken.due}
        ours = self._ticks.claim(due, lasts=LASTS) if due else set()
        self._agenda.accounted(taken)
        self._missed.append(taken.missed)
        if taken.forgotten:
            self._board.note(f"{taken.forgotten} ticks were missed too long ago for the history to take their records")
        self._gap = None
        self._pulse.due(len(ours))
        for tick in sorted(ours, key=lambda tick: tick.at):
            job = job_of(due[tick].plan, tick.at, self._settings.runner.time_limit)
            self._hands.add(Hand(job=job, until=due[tick].latest))
        for plan, *_ in taken.due:
            self._board.comes(plan, self._agenda.next_of(plan.key))

    def _write_missed(self, now: datetime) -> None:
        """Some of what was missed; only when all is written does the book know up to when that is so."""
        if not self._part:
            self._part = list(islice(chain.from_iterable(self._missed), AT_ONCE))
        if self._part:
            self._deliveries.missed(self._ticks.miss(self._part), now)  # what was in the book before is no news
            self._part = []
        else:
            self._missed.clear()
            if self._is_time("accounted", ACCOUNTED):
                self._ticks.accounted([key for key in self._plans if key[1] in self._led], now)

    def _hand_on(self, now: datetime) -> None:
        given_up = []
        for hand in self._hands:
            if hand.begun and hand.overdue(now, self._clock.monotonic()):
                self._lost(hand, "nothing was heard of this run after it had begun: whoever ran it is gone", now)
            elif why := self._hopeless(hand, now):
                given_up.append((hand, why))
            elif not hand.given:
                self._give(hand)
        if given_up:
            self._give_up(given_up)

    def _hopeless(self, hand: Hand, now: datetime) -> str | None:
        """Why a run will not begin any more."""
        if hand.begun:
            return None
        if hand.overdue(now, self._clock.monotonic()):
            return "nobody began it in time" if hand.given else f"it waited too long: {hand.why}"
        return None if hand.given else self._dispatcher.refusal(hand.job.plan)

    def _give(self, hand: Hand) -> None:
        hand.why = self._hands.before(hand) or self._dispatcher.full(hand.job.plan)
        if hand.why is None:
            hand.given = True
            self._dispatcher.take(hand.job, hand.until)

    # -- the book ----------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        if self._settling:
            self._ticks.settle(self._settling)
            self._settling.clear()

    def _deliver_unkept(self) -> None:
        if self._unkept and self._deliveries.kept():
            for job in self._unkept:
                self._dispatcher.delivered(job)
            self._unkept.clear()

    def _tidy(self, now: datetime) -> None:
        if self._is_time("renew", RENEW):
            if mine := [*self._hands.ticks, *self._settling]:
                elsewhere = set(self._hands.begun) if self._dispatcher.outlives else set()
                self._ticks.renew([each for each in mine if each not in elsewhere], lasts=LASTS)
            self._deliveries.tend()
            for claim in self._ticks.over(but=mine):
                if claim.plan.region in self._led:
                    self._forsaken(claim)
            self._settle()
        if self.leads and self._is_time("prune", PRUNE):
            self._ticks.prune(now)

    def _forsaken(self, claim: Claim) -> None:
        """What a watcher that died had claimed."""
        who = claim.holder or "whoever claimed it"
        if claim.state is State.WAITING:
            run = unrun.missed(claim.plan, claim.at, f"{who} ended before it could begin")
            self._pulse.missed(run.journey, run.region, str(run.reason), kind="forsaken")
        else:
            run = unrun.broken(claim.plan, claim.at, claim.at, f"interrupted: {who} ended while it ran")
        self._deliveries.ran([run])
        self._settling.add(claim.tick)

    @contextmanager
    def _reaching(self, now: datetime) -> Iterator[None]:
        """Whatever needs the history; while that is away, nothing is handed out, and it is tried again soon."""
        try:
            yield
        except HistoryUnavailable as error:
            self._away = self._away or now
            self._gap = f"the history could not be reached since {self._away:%H:%M:%S} UTC"
            self._pulse.trouble(HISTORY, str(error))
            if isinstance(error, HistoryDamaged):
                self._deliveries.mend(error)
                self._watch_anew()
        else:
            self._away = None
            self._pulse.trouble(HISTORY, None)

    # -- time --------------------------------------------------------------------------------------------------------

    def _notice_gap(self, now: datetime) -> None:
        if self._last_turn and now - self._last_turn > SLEPT and not self._away:
            since = f"{self._last_turn:%Y-%m-%d %H:%M:%S} UTC"
            self._gap = f"nothing ran here since {since}: the machine slept, or its clock was set"
        if self._last_turn and self._last_turn - now > BACK:
            self._watch_anew()  # what the book was told while the clock was wrong does not count
        self._last_turn = now
        waits = self._agenda.waits(now)
        until = f"{now + waits:%H:%M:%S} UTC"
        self._pulse.trouble("clock", f"it was set back: nothing is due before {until}" if waits > SLEPT else None)
