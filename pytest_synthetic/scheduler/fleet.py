"""Jobs go to the agents of their regions, through a broker; what becomes of them comes back the same way."""

from __future__ import annotations

import json
import queue
import threading
from collections import OrderedDict
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.errors import BrokerUnavailable
from pytest_synthetic.model import wire
from pytest_synthetic.scheduler import fleet_link
from pytest_synthetic.scheduler.dispatch import Begun, Event, Finished, Lost, Refused
from pytest_synthetic.scheduler.fleet_collector import Collector
from pytest_synthetic.scheduler.fleet_messages import Kind, Order, Told
from pytest_synthetic.scheduler.fleet_region import EVERY, Agents
from pytest_synthetic.scheduler.fleet_sender import Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from kombu import Connection

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.model.plan import Job, Plan
    from pytest_synthetic.scheduler.fleet_link import Link
    from pytest_synthetic.scheduler.fleet_messages import Health

RUN = "synthetic.run"
"""The name of the agents' Celery task."""
IDLE = 2.0
"""Seconds between two looks at a connection that nothing goes through."""
REMEMBERED = 20_000
"""Jobs of which it is known that this process sent them."""
TRIES = 3
"""How often a job is sent in all when agents that are about to end give it back."""


class Fleet:
    """The dispatcher of many machines: see dispatch.Dispatcher. One process of all schedulers has one that works."""

    def __init__(  # noqa: PLR0913  what it needs of the world
        self,
        link: Link,
        regions: Iterable[str],
        say: Callable[[str], object],
        *,
        revision: Callable[[], str | None] = lambda: None,
        note: Callable[[Health, float], object] = lambda *_: None,
        every: float = EVERY,
        clock: Clock | None = None,
    ) -> None:
        """`note` hears how each agent is, and by how many seconds its clock is ahead."""
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._link, self._say, self._revision, self._note = link, say, revision, note
        self._clock = clock or SystemClock()
        self._regions = dict.fromkeys(regions)
        self._to_send: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        self._away: BrokerUnavailable | None = None
        self._stopping = False
        self._begun: OrderedDict[str, str] = OrderedDict()
        self._orphans: dict[str, Told] = {}
        self._sent: OrderedDict[str, None] = OrderedDict()
        self.agents = Agents(self._clock.monotonic, say, every=every)
        self._sender = Sender(link, self._declare)
        self._collector: Collector | None = None
        self._thread = threading.Thread(target=self._publish, name="synthetic-publisher", daemon=True)

    outlives = True
    """What agents have begun goes on when this process ends."""

    def open(self) -> None:
        """Begin to work. Raises BrokerUnavailable for what will not be mended by waiting."""
        try:
            self._sender.connected()
        except BrokerUnavailable as error:
            if error.final:
                raise
            self._lost(error)
        self._thread.start()

    def lead(self, *, leads: bool) -> None:
        """Whether this process hears what agents tell: only one scheduler does, and it is the one that asks them."""
        if leads and self._collector is None:
            calls = self._heard, self._healthy, self._connected
            self._collector = Collector(self._link, self._declare, *calls, self._say)
            self._collector.start()
        elif not leads and self._collector is not None:
            self._collector.stop()
            self._collector = None
            for known in (self._begun, self._orphans, self._sent):
                known.clear()

    @property
    def trouble(self) -> str | None:
        """Why the broker cannot be reached; None while it can."""
        return str(self._away) if self._away else None

    # -- what a dispatcher does --------------------------------------------------------------------------------------

    def full(self, plan: Plan) -> str | None:
        """None: it waits at the broker, as long as it may."""
        del plan
        return None

    def refusal(self, plan: Plan) -> str | None:
        """Why no run of `plan` can be taken before its next tick; None when one can."""
        if self._stopping:
            return "the scheduler was about to end"
        if away := self._away:
            return f"the broker could not be reached: {away}"
        return self.agents.deserted(plan.region)

    def take(self, job: Job, until: datetime) -> None:
        """Send a job to the agents of its region."""
        self._to_send.put(
            Order(
                job=job.to_json(),
                until=until,
                sent_at=self._clock.now(),
                version=version("pytest-synthetic"),
                revision=self._revision(),
            )
        )

    def delivered(self, job: Job) -> None:
        """What became of a job is in the history: the broker may forget it."""
        if self._collector is not None:
            self._collector.delivered(job.id)

    def stop(self) -> None:
        """Send what was taken, and let go of the broker. What agents run goes on; the next scheduler hears of it."""
        self._stopping = True
        self._to_send.put(None)
        if self._thread.is_alive():
            self._thread.join(3 * fleet_link.CONFIRM)
        self.lead(leads=False)
        self._sender.close()

    # -- sending -----------------------------------------------------------------------------------------------------

    def _declare(self, connection: Connection) -> None:
        fleet_link.declare(connection, tuple(self._regions))

    def _publish(self) -> None:
        while True:
            try:
                order = self._to_send.get(timeout=IDLE)
            except queue.Empty:
                self._look()
                continue
            if order is None:
                return
            self._send(order)

    def _send(self, order: Order) -> None:
        told = Told(kind=Kind.REFUSED, agent="", order=order)
        lasts = (order.until - self._clock.now()).total_seconds()
        region = told.job.plan.region
        if lasts <= 0:
            self.events.put(Refused(job=told.job, reason="it could not be sent to the agents in time"))
            return
        self._sent[order.id] = None
        if len(self._sent) > REMEMBERED:
            self._sent.popitem(last=False)
        try:
            if region not in self._regions:
                self._regions[region] = None
                self._sender.close()  # the next connection declares its queue
            self._sender.send(
                fleet_link.REGIONS,
                region,
                task_message(order),
                lasts=lasts,
                correlation_id=order.id,
                headers={"task": RUN, "id": order.id, "lang": "py"},
            )
        except BrokerUnavailable as error:
            self._lost(error)
            if not error.perhaps:
                self.events.put(Refused(job=told.job, reason=f"the broker could not be reached: {error}"))
        else:
            self._back()

    def _look(self) -> None:
        """Notice that the broker went away, and that it is back, while nothing is sent."""
        try:
            self._sender.connected()
            self._sender.idle()
        except BrokerUnavailable as error:
            self._lost(error)
        else:
            self._back()

    def _lost(self, error: BrokerUnavailable) -> None:
        first, self._away = self._away is None, error
        if first:
            self._say(f"THE BROKER IS AWAY: {error}. Runs are missed until it is back")

    def _back(self) -> None:
        if self._away:
            self._away = None
            self._say("the broker is back")

    # -- what agents tell --------------------------------------------------------------------------------------------

    def _connected(self, there: bool) -> None:  # noqa: FBT001  what the collector calls
        self.agents.listen(begins=there)
        self._orphaned()

    def _healthy(self, health: Health) -> None:
        self.agents.hear(health, self._clock.now())
        heard = next(one for one in self.agents.all() if one.health is health)
        self._note(health, heard.clock_ahead)
        self._orphaned()

    def _heard(self, told: Told) -> None:
        """An agent told something of a job. Raises UsageError."""
        job = told.job
        if told.kind is Kind.FINISHED and told.outcome is not None:
            self._begun.pop(job.id, None)
            self._orphans.pop(job.id, None)
            self.events.put(Finished(outcome=told.outcome))
        elif told.kind is Kind.BEGUN:
            self._begun[job.id] = told.agent
            if len(self._begun) > REMEMBERED:
                self._begun.popitem(last=False)
            self.events.put(Begun(job=job, at=self._clock.now()))
        elif told.kind is Kind.DECLINED and self._may_send_again(told):
            self._to_send.put(replace(told.order, again=told.order.again + 1))
        elif told.kind is Kind.REDELIVERED:
            self._redelivered(told, job)
        else:
            self._begun.pop(job.id, None)
            self.events.put(Refused(job=job, reason=told.reason or f"agent {told.agent} did not run it"))

    def _may_send_again(self, told: Told) -> bool:
        in_time = told.order.until > self._clock.now()
        return in_time and told.order.again + 1 < TRIES and self.agents.has_other(told.job.plan.region, told.agent)

    def _redelivered(self, told: Told, job: Job) -> None:
        """The agent that had the job lost its connection, or its life: whether it began, it told itself."""
        by = self._begun.get(job.id)
        if by is None and job.id not in self._sent:
            return  # another scheduler sent it, and heard who began: the book of ticks knows it
        if by is None:
            # Nobody told that it begins, and none does so unless the broker has it for sure: it was not begun. If an
            # agent stood still in that very moment, its records come later, and replace what is recorded now.
            reason = "the agent that had it was lost before it began, and no job is given out twice"
            self.events.put(Refused(job=job, reason=reason))
        elif by == told.agent:
            self._lose(job, f"agent {by} was started anew while it ran")
        else:
            self._orphans[job.id] = told

    def _orphaned(self) -> None:
        """A job that was delivered again runs on if its agent lives; it is lost when that one is heard of no more."""
        for job_id, told in list(self._orphans.items()):
            by = self._begun.get(job_id)
            if by is None:
                del self._orphans[job_id]
            elif self.agents.is_gone(told.job.plan.region, by):
                self._lose(told.job, f"agent {by}, which ran it, is gone")

    def _lose(self, job: Job, reason: str) -> None:
        self._orphans.pop(job.id, None)
        self._begun.pop(job.id, None)
        self.events.put(Lost(job=job, reason=reason))


def task_message(order: Order) -> bytes:
    """As Celery has it: https://docs.celeryq.dev/en/stable/internals/protocol.html#version-2."""
    embed = dict.fromkeys(("callbacks", "errbacks", "chain", "chord"))
    return json.dumps([[wire.plain(order)], {}, embed], separators=(",", ":")).encode()
