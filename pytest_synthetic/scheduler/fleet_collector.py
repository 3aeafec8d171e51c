"""Takes what agents tell from the broker, and lets the broker forget it once it is safe elsewhere."""

from __future__ import annotations

import queue
import socket
import threading
from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pytest_synthetic.errors import BrokerUnavailable, UsageError
from pytest_synthetic.scheduler import fleet_link, fleet_messages
from pytest_synthetic.scheduler.fleet_messages import Health, Kind, Told

if TYPE_CHECKING:
    from collections.abc import Callable

    from kombu import Connection

    from pytest_synthetic.scheduler.fleet_link import Link

PREFETCH = 500
"""Messages that may be on their way into the history."""
TURN = 0.5
"""Seconds to wait for a message before acknowledging others."""
REMEMBERED = 20_000
"""Outcomes that are known again when an agent, not sure that they came, sends them twice."""


class Collector(threading.Thread):
    """A thread with a connection of its own."""

    def __init__(  # noqa: PLR0913, PLR0917  whom it calls
        self,
        link: Link,
        prepare: Callable[[Connection], object],
        told: Callable[[Told], object],
        health: Callable[[Health], object],
        connected: Callable[[bool], object],
        say: Callable[[str], object],
    ) -> None:
        """`told` hears of an outcome until it is `delivered`; `connected` often, whether anything can be heard."""
        super().__init__(name="synthetic-collector", daemon=True)
        self._link, self._prepare, self._say = link, prepare, say
        self._told, self._health, self._connected = told, health, connected
        self._over = threading.Event()
        self._done: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._life = 0
        self._open: dict[str, tuple[int, Any]] = {}
        self._delivered: OrderedDict[str, None] = OrderedDict()
        self._said: set[str] = set()

    def delivered(self, job: str) -> None:
        """An outcome is safe: the broker may forget it. From any thread."""
        self._done.put(job)

    def stop(self) -> None:
        """End; what was not acknowledged is told again, to whoever comes next."""
        self._over.set()
        self.join(3 * fleet_link.CONFIRM)

    def run(self) -> None:
        """Collect, connecting again whenever that is needed. The sender says what is wrong with the broker."""
        pause = 0.5
        while not self._over.is_set():
            try:
                with self._link.connection() as connection:
                    connection.connect()
                    self._prepare(connection)
                    pause = 0.5
                    self._collect(connection)
            except BrokerUnavailable:
                pass
            except Exception as error:  # noqa: BLE001  whatever the broker's library raises
                self._once(str(self._link.error(error)))
            self._connected(False)  # noqa: FBT003
            self._over.wait(pause)
            pause = min(2 * pause, 5.0)

    def _collect(self, connection: Connection) -> None:
        self._life += 1
        queues = [fleet_link.results_queue(), fleet_link.health_queue()]
        consumer = connection.Consumer(
            queues,
            on_message=self._take,
            accept=["json"],
            prefetch_count=PREFETCH,
            auto_declare=False,
        )
        with consumer:
            while not self._over.is_set():
                with suppress(socket.timeout):
                    connection.drain_events(timeout=TURN)
                if not self._link.is_redis:
                    connection.heartbeat_check(rate=2)
                self._connected(True)  # noqa: FBT003
                self._acknowledge()
            self._acknowledge()

    def _take(self, message: Any) -> None:
        """One message. One that cannot be dealt with must not come again for ever: it is set aside."""
        try:
            is_done = self._is_dealt_with(message)
        except UsageError as error:
            self._set_aside(message, str(error))
        except Exception as error:  # noqa: BLE001  agents of other versions and strangers write here too
            self._set_aside(message, f"{type(error).__name__}: {error}")
        else:
            if is_done:
                message.ack()

    def _is_dealt_with(self, message: Any) -> bool:
        """Whether the broker may forget a message at once. Raises UsageError."""
        if message.delivery_info.get("routing_key") == fleet_link.HEALTH:
            self._health(fleet_messages.read(Health, message.body))
            return True
        told = fleet_messages.read(Told, message.body)
        job = told.order.id
        if told.kind is Kind.FINISHED:
            if job in self._delivered or self._is_open(job):
                return True
            known = job in self._open
            self._open[job] = self._life, message
            if known:
                return False
        try:
            self._told(told)
        except Exception:
            self._open.pop(job, None)
            raise
        return told.kind is not Kind.FINISHED

    def _set_aside(self, message: Any, why: str) -> None:
        self._once(f"a message of an agent cannot be read: {why}. It was set aside")
        message.reject()

    def _is_open(self, job: str) -> bool:
        """Whether its outcome is on its way into the history, in a message that this connection can acknowledge."""
        return self._open.get(job, (0, None))[0] == self._life

    def _acknowledge(self) -> None:
        with suppress(queue.Empty):
            while True:
                job = self._done.get_nowait()
                self._delivered[job] = None
                if len(self._delivered) > REMEMBERED:
                    self._delivered.popitem(last=False)
                life, message = self._open.pop(job, (0, None))
                if life == self._life:
                    message.ack()

    def _once(self, told: str) -> None:
        if told not in self._said:
            self._said.add(told)
            self._say(told)
