"""An agent: runs the jobs of one region on this machine, and tells the schedulers what became of them."""

from __future__ import annotations

import os
import threading
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING

from pytest_synthetic.config.settings import OtherFiles
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.errors import BrokerUnavailable, UsageError
from pytest_synthetic.model.plan import Job, Outcome
from pytest_synthetic.scheduler import fleet_messages
from pytest_synthetic.scheduler.admission import free_memory
from pytest_synthetic.scheduler.fleet_courier import Courier
from pytest_synthetic.scheduler.fleet_link import CONFIRM, HEARTBEAT
from pytest_synthetic.scheduler.fleet_memory import Memory
from pytest_synthetic.scheduler.fleet_messages import Health, Kind, Order, Told
from pytest_synthetic.scheduler.fleet_sender import Sender
from pytest_synthetic.scheduler.fleet_taking import refusal
from pytest_synthetic.scheduler.fleet_worker import Malformed, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from pytest_synthetic.core.ports import Clock, Runner
    from pytest_synthetic.model.run import RunResult
    from pytest_synthetic.scheduler.admission import Admission
    from pytest_synthetic.scheduler.fleet_link import Link

FENCE = float(HEARTBEAT)
"""Seconds from telling that a job begins to running it: an agent that stood still may have been taken for dead."""
ROOM = 0.1
"""Seconds until a job that must wait looks again whether it may begin."""
AGAIN = 5.0
"""Seconds until the queue is looked for again."""
ENDING = 60.0
"""Seconds in which runs that are told to end do so."""
FLUSH = 10.0
"""Seconds in which what is left to tell may go out at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Who an agent is, and what it is to do. `folder` is where it keeps what must not be lost.

    `every` in seconds: how often it tells how it is. `grace` in seconds: what runs may take when it is to end.
    """

    region: str
    name: str
    folder: Path
    admission: Admission
    every: float = 10.0
    grace: float = 60.0
    other_files: OtherFiles = OtherFiles.REFUSE
    revision: Callable[[], str | None] = field(default=lambda: None)


class Agent:
    """Runs jobs until it is stopped."""

    def __init__(
        self, link: Link, place: Place, runner: Runner, say: Callable[[str], object], clock: Clock | None = None
    ) -> None:
        """`say` hears what somebody should know. Raises OSError."""
        self._link, self._place, self._runner, self._say = link, place, runner, say
        self._clock = clock or SystemClock()
        self._boot = uuid.uuid4().hex[:8]
        self._guard = threading.Lock()
        self._running: set[str] = set()
        self._idle = threading.Condition(self._guard)
        self._entering = threading.Lock()
        self._over = threading.Event()
        self._hurry = threading.Event()
        self._draining = False
        self._worker: Worker | None = None
        self._refuses: str | None = None
        self._last: tuple[datetime, str | None] | None = None
        self._memory = Memory(place.folder / "had.txt")
        self._courier: Courier | None = None

    def work(self) -> None:
        """Run jobs until `stop`, after telling what an earlier life of this agent had no time to tell.

        Raises BrokerUnavailable for what will not be mended by waiting, OSError.
        """
        sender = Sender(self._link)
        try:
            sender.connected()
        except BrokerUnavailable as error:
            if error.final:
                raise
        self._courier = Courier(sender, self._place.folder / "spool", self._say)
        threads = [threading.Thread(target=target, daemon=True) for target in (self._drain, self._tell_health)]
        for thread in threads:
            thread.start()
        try:
            for outcome in self._runner.left_over():
                self._tell_finished(self._order_of(outcome.job), outcome)
            self._consume()
        finally:
            self.stop()
            for thread in threads:
                thread.join(FLUSH)
            self._tell_how_it_is()
            if left := self._courier.close(FLUSH):
                self._say(f"{left} messages wait in {self._place.folder / 'spool'} for the next start of this agent")

    def stop(self) -> None:
        """Take no more jobs; end when those that run are through. The second time: end them now. For signals too."""
        if self._over.is_set():
            self._hurry.set()
        self._over.set()

    # -- the queue ---------------------------------------------------------------------------------------------------

    def _consume(self) -> None:
        from amqp.exceptions import PreconditionFailed

        told = ""
        while not self._over.is_set():
            self._worker = Worker(self._link, self._place.region, self._place.admission.most, self._handle, self._say)
            failure = self._worker.work()
            if failure is None:
                continue
            error = self._link.error(failure)
            if error.final and not isinstance(failure, PreconditionFailed):  # that is a run too long for the broker
                raise error
            if str(error) != told:
                self._say(told := str(error))
            self._over.wait(AGAIN)

    def _handle(self, raw: object, again: bool) -> None:  # noqa: FBT001  what the worker calls
        """One message. Raises Malformed."""
        try:
            order = fleet_messages.read(Order, raw)
            job_id = order.id
        except UsageError as error:
            raise Malformed(str(error)) from None
        with self._guard:
            runs, had = job_id in self._running, job_id in self._memory
            if not had and not again:
                self._memory.add(job_id)
        if runs:
            self._say(f"the broker gave job {job_id} again, which still runs here: it is not run twice")
        elif had or again:
            self._tell(Kind.REDELIVERED, order)
        else:
            self._decide(order)

    def _decide(self, order: Order) -> None:
        place = self._place
        why = refusal(order, place.region, version("pytest-synthetic"), place.revision(), place.other_files)
        if why is not None:
            self._refuse(order, why)
            return
        try:
            job = Job.from_json(dict(order.job))
        except UsageError as error:
            raise Malformed(str(error)) from None
        with self._run_of(job):
            if why := self._wait_for_room(order, job):
                self._tell(Kind.DECLINED if self._draining else Kind.REFUSED, order, why)
                return
            try:
                self._begin(order, job)
            finally:
                place.admission.leave(job.plan)

    def _wait_for_room(self, order: Order, job: Job) -> str | None:
        """Wait until the job may begin, and count it in; why it may not, when that did not come in time."""
        admission, name = self._place.admission, self._place.name
        while True:
            if self._draining:
                return f"agent {name} was about to end"
            with self._entering:
                full = admission.full(job.plan)
                late = self._late(order)
                if not full and not late:
                    admission.enter(job.plan)
                    return None
            if late:
                return f"it waited too long at agent {name}: {full}" if full else late
            self._over.wait(ROOM)

    def _begin(self, order: Order, job: Job) -> None:
        """Run the job, unless a moment has come in which another agent may have been given it."""
        asked = self._clock.monotonic()
        name = self._place.name
        if not self._told_begin(order):
            self._tell(Kind.REFUSED, order, f"agent {name} could not tell that it begins")
        elif self._clock.monotonic() - asked > FENCE or self._late(order):
            self._tell(Kind.REFUSED, order, f"agent {name} stood still before it could begin")
        else:
            self._run(order, job)

    def _run(self, order: Order, job: Job) -> None:
        outcome = self._runner.run(job)
        with self._guard:
            self._refuses = None
            self._last = self._clock.now(), _browser(outcome.runs) or (self._last and self._last[1])
        self._tell_finished(order, outcome)

    def _late(self, order: Order) -> str | None:
        by = (self._clock.now() - order.until).total_seconds()
        if by <= 0:
            return None
        return f"agent {self._place.name} got it {by:.1f} s too late, by the clock of its machine"

    @contextmanager
    def _run_of(self, job: Job) -> Iterator[None]:
        """Until the end of the block the agent waits for it."""
        with self._guard:
            self._running.add(job.id)
        try:
            yield
        finally:
            with self._idle:
                self._running.discard(job.id)
                self._idle.notify_all()

    # -- telling -----------------------------------------------------------------------------------------------------

    @property
    def _to_tell(self) -> Courier:
        if self._courier is None:
            raise RuntimeError("an agent tells nothing before it works")
        return self._courier

    def _told_begin(self, order: Order) -> bool:
        return self._to_tell.at_once(Told(kind=Kind.BEGUN, agent=self._place.name, order=order), 2 * CONFIRM)

    def _refuse(self, order: Order, why: str) -> None:
        with self._guard:
            new, self._refuses = why != self._refuses, why
        if new:
            self._say(f"a job is refused: {why}")
        self._tell(Kind.REFUSED, order, why)

    def _tell(self, kind: Kind, order: Order, reason: str | None = None) -> None:
        self._keep(Told(kind=kind, agent=self._place.name, order=order, reason=reason))

    def _tell_finished(self, order: Order, outcome: Outcome) -> None:
        told = Told(kind=Kind.FINISHED, agent=self._place.name, order=order, outcome=outcome)
        try:
            self._keep(told)
        except UsageError:  # too large: the log is the one part that may be
            slim = Outcome(job=outcome.job, runs=outcome.runs, log="The log is too large to be sent.")
            self._keep(Told(kind=Kind.FINISHED, agent=self._place.name, order=order, outcome=slim))
        self._runner.delivered(outcome.job)

    def _keep(self, told: Told) -> None:
        try:
            self._to_tell.keep(told)
        except OSError as error:
            if not self._to_tell.at_once(told, 2 * CONFIRM):
                raise
            self._say(f"what is to be told cannot be kept on disk: {error.strerror or error}. It was sent at once")

    def _order_of(self, job: Job) -> Order:
        now = self._clock.now()
        return Order(job=job.to_json(), until=now, sent_at=now, version=version("pytest-synthetic"))

    def _tell_health(self) -> None:
        while not self._over.wait(self._place.every):
            self._tell_how_it_is()

    def _tell_how_it_is(self) -> None:
        place, last = self._place, self._last or (None, None)
        health = Health(
            agent=place.name,
            region=place.region,
            boot=self._boot,
            at=self._clock.now(),
            every=place.every,
            version=version("pytest-synthetic"),
            slots=place.admission.most,
            busy=len(self._running),
            draining=self._over.is_set(),
            revision=place.revision(),
            browser=last[1],
            memory=free_memory(),
            last_run=last[0],
            spooled=self._to_tell.spooled,
            refuses=self._refuses,
        )
        self._to_tell.pass_by(health)

    # -- the end -----------------------------------------------------------------------------------------------------

    def _drain(self) -> None:
        """When asked to: let what runs end in its time, and then the worker."""
        self._over.wait()
        with self._guard:
            self._draining = True
        if self._worker:
            self._worker.take_no_more()
        if not self._wait_idle(self._place.grace, self._hurry):
            self._runner.stop()
            if not self._wait_idle(ENDING, threading.Event()):
                self._give_up()
        Worker.stop()

    def _wait_idle(self, within: float, hurry: threading.Event) -> bool:
        ends = self._clock.monotonic() + within
        with self._idle:
            while self._running and self._clock.monotonic() < ends and not hurry.is_set():
                self._idle.wait(ROOM)
            return not self._running

    def _give_up(self) -> None:
        """What cannot be ended would keep this process for ever: the next start of the agent tells of it."""
        self._say(f"{len(self._running)} runs cannot be ended: the next start of this agent tells of them")
        self._to_tell.close(FLUSH)
        os._exit(1)


def _browser(runs: Iterable[RunResult]) -> str | None:
    """The browser that one of them used, for people."""
    return next((f"{run.browser} {run.browser_version or ''}".strip() for run in runs if run.browser), None)
