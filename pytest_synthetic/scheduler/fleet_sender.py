"""Sends messages to the broker, one by one: each is there for sure, or not, or it is said that nobody can know."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pytest_synthetic.errors import BrokerUnavailable
from pytest_synthetic.scheduler import fleet_link

if TYPE_CHECKING:
    from collections.abc import Callable

    from kombu import Connection, Producer

    from pytest_synthetic.scheduler.fleet_link import Link


class Sender:
    """One connection that is used by one thread, made when it is first needed and again after it broke."""

    def __init__(self, link: Link, prepare: Callable[[Connection], object] | None = None) -> None:
        """`prepare` is called with every new connection."""
        self._link = link
        self._prepare = prepare
        self._connection: Connection | None = None
        self._producer: Producer | None = None
        self._returned = ""

    def send(self, exchange: str, key: str, body: bytes, *, lasts: float | None = None, **more: Any) -> None:
        """Send, and wait until the broker has it. `lasts` in seconds: what nobody took by then is gone.

        Raises BrokerUnavailable, with `perhaps` when it may be there all the same.
        """
        producer = self.connected()
        self._returned = ""
        if not self._link.is_redis:
            more |= {"mandatory": True, "timeout": fleet_link.CONFIRM, "confirm_timeout": fleet_link.CONFIRM}
        given = {"content_type": "application/json", "content_encoding": "utf-8", "delivery_mode": 2, **more}
        if lasts is not None:
            given["expiration"] = max(lasts, 0.001)
        try:
            producer.publish(
                body,
                exchange=exchange,
                routing_key=key,
                **given,
            )
        except Exception as error:
            self.close()
            raise self._failed(error) from error
        if self._returned:
            raise BrokerUnavailable(f"{self._link.where}: no queue takes what is sent to {exchange} for {key}")

    def connected(self) -> Producer:
        """What sends. Raises BrokerUnavailable."""
        if self._producer is None:
            self._connection = self._link.connection()
            try:
                self._connection.connect()
                if self._prepare:
                    self._prepare(self._connection)
                returned = None if self._link.is_redis else self._came_back
                self._producer = self._connection.Producer(on_return=returned, auto_declare=False)
            except Exception as error:
                self.close()
                raise self._link.error(error) from error
        return self._producer

    def idle(self) -> None:
        """Show the broker that we are there, and look whether it is: every few seconds. Raises BrokerUnavailable."""
        connection = self._connection
        if connection is None or self._link.is_redis:
            return
        try:
            with suppress(socket.timeout):
                connection.drain_events(timeout=0.001)
            connection.heartbeat_check(rate=2)
        except Exception as error:
            self.close()
            raise self._link.error(error) from error

    def close(self) -> None:
        """Let go of the connection. Raises nothing."""
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            with suppress(Exception):  # whatever a broken connection says: it is let go
                connection.collect(socket_timeout=1)

    def _came_back(self, *told: Any) -> None:
        self._returned = str(told[1] if len(told) > 1 else told)

    def _failed(self, error: BaseException) -> BrokerUnavailable:
        from amqp.exceptions import MessageNacked

        if isinstance(error, MessageNacked):
            return BrokerUnavailable(f"{self._link.where}: it takes no more messages: too many wait there")
        return self._link.error(error, perhaps=True)
