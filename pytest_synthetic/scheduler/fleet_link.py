"""The way to the broker of a fleet: its queues, connections that are checked, and what their errors mean."""

from __future__ import annotations

import re
import socket
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pytest_synthetic.config.fleet import file_of, fleet_of, shown, user_of
from pytest_synthetic.errors import BrokerUnavailable, ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from kombu import Connection, Exchange, Queue

    from pytest_synthetic.config.settings import Settings

CONNECT = 5.0
"""Seconds to wait for a connection."""
CONFIRM = 5.0
"""Seconds to wait until the broker says that it has a message."""
HEARTBEAT = 10
"""Seconds: a peer that is silent for twice as long is gone."""
REGIONS, RESULTS, HEALTH, SET_ASIDE = "regions", "results", "health", "set-aside"
"""Exchanges, and queues of the same names: jobs go to the queue `region.NAME` through the first."""
WAITING_JOBS = 10_000
"""Jobs that wait for one region; older ones go first. Each of them goes when it is too late anyway."""
WAITING_RESULTS = 1_000_000_000
"""Bytes; then agents keep what they have to tell."""
VISIBLE_FOR = 6 * 3600
"""Seconds after which Redis, which has no acknowledgements, gives a job to another agent: longer than any run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where the broker is, and how it is reached. `where` is its address for people.

    `tls` are options of py-amqp's and redis-py's sockets.
    """

    address: str = field(repr=False)
    where: str
    tls: dict[str, Any] | None = None

    @property
    def is_redis(self) -> bool:
        """Whether it is the broker of second class: see docs/how-to/many-machines.md."""
        return urlsplit(self.address).scheme.startswith("redis")

    @property
    def options(self) -> dict[str, Any]:
        """Options of the transport."""
        return {"visibility_timeout": VISIBLE_FOR} if self.is_redis else {"confirm_publish": True}

    def connection(self) -> Connection:
        """A connection that is made when it is used. Raises BrokerUnavailable without what it needs."""
        try:
            from kombu import Connection
        except ImportError:
            raise BrokerUnavailable(NOT_INSTALLED, final=True) from None
        return Connection(
            self.address,
            ssl=self.tls or False,
            connect_timeout=CONNECT,
            heartbeat=0 if self.is_redis else HEARTBEAT,
            transport_options=self.options,
        )

    def error(self, error: BaseException, *, perhaps: bool = False) -> BrokerUnavailable:
        """An error of the connection in our words, without a password."""
        told, final = _meaning(error)
        user, host = user_of(self.address), unquote(urlsplit(self.address).path[1:]) or "/"
        words = told.format(said=_said(error), user=user, host=host)
        return BrokerUnavailable(f"{self.where}: {words}", perhaps=perhaps, final=final)


NOT_INSTALLED = "a fleet needs packages that are not installed: pip install 'pytest-synthetic[fleet]'"


def link_of(settings: Settings, root: Path) -> Link:
    """The broker of [fleet]. Raises ConfigError."""
    fleet = fleet_of(settings)
    where = shown(fleet.broker)
    if urlsplit(fleet.broker).scheme in {"amqp", "redis"}:
        return Link(address=fleet.broker, where=where)
    ca, cert, key = (file_of(settings, name, root) for name in (fleet.ca, fleet.cert, fleet.key))
    tls: dict[str, Any] = {"cert_reqs": ssl.CERT_REQUIRED, "ca_certs": ca and str(ca)}
    if cert and key:
        _must_fit(cert, key)
        tls |= {"certfile": str(cert), "keyfile": str(key)}
    if ca:
        _must_hold_certificates(ca)
    if fleet.broker.startswith("amqps"):
        tls["server_hostname"] = urlsplit(fleet.broker).hostname
        return Link(address=fleet.broker.replace("amqps:", "amqp:", 1), where=where, tls=tls)
    return Link(address=fleet.broker, where=where, tls={f"ssl_{name}": value for name, value in tls.items()})


def _must_hold_certificates(ca: Path) -> None:
    try:
        ssl.create_default_context(cafile=ca)
    except (ssl.SSLError, OSError) as error:
        raise ConfigError(f"[fleet]: ca: {ca} holds no certificate that can be read: {_said(error)}") from None


def _must_fit(cert: Path, key: Path) -> None:
    try:
        ssl.create_default_context().load_cert_chain(cert, key)
    except (ssl.SSLError, OSError) as error:
        raise ConfigError(
            f"[fleet]: cert, key: {cert} and {key} are no pair that can be used: {_said(error)}"
        ) from None


_REFUSED = (
    "it refuses us ({said}). Look at the user and the password in `broker` of [fleet], and at what the user may do: "
    "rabbitmqctl list_user_permissions {user}"
)
_NOT_ALLOWED = (
    'there is no virtual host "{host}", or user "{user}" may not use it ({said}). '
    "Look at the end of `broker` of [fleet]"
)
_OF_ANOTHER_KIND = (
    "a queue or an exchange is there already, and of another kind ({said}). Remove it, or use a virtual host of its own"
)
_NOT_FOUND = "it has no such queue or exchange ({said}). A scheduler makes them as it starts"
_NOT_TRUSTED = (
    "its certificate is not trusted ({said}). Look at `ca` of [fleet], and whether the certificate is for this host"
)
_NO_TLS = "no connection with TLS can be made ({said}). Look at the port, and at amqp: and amqps: in `broker`"
_NO_HOST = "its host is not known ({said}). Look at the host in `broker` of [fleet]"
_NOBODY = "nothing listens there. Look whether the broker runs, and at host and port in `broker` of [fleet]"


def _meaning(error: BaseException) -> tuple[str, bool]:
    """What an error means, and whether it stays so until somebody does something."""
    from amqp import exceptions

    meanings: tuple[tuple[type[BaseException], str, bool], ...] = (
        (exceptions.AccessRefused, _REFUSED, True),
        (exceptions.NotAllowed, _NOT_ALLOWED, True),
        (exceptions.PreconditionFailed, _OF_ANOTHER_KIND, True),
        (exceptions.NotFound, _NOT_FOUND, False),
        (ssl.SSLCertVerificationError, _NOT_TRUSTED, True),
        (ssl.SSLError, _NO_TLS, False),
        (socket.gaierror, _NO_HOST, False),
        (ConnectionRefusedError, _NOBODY, False),
        (TimeoutError, "it does not answer in time", False),
    )
    return next(((told, final) for kind, told, final in meanings if isinstance(error, kind)), ("{said}", False))


def _said(error: BaseException) -> str:
    told = getattr(error, "reply_text", None) or getattr(error, "strerror", None) or str(error)
    return re.sub(r"^[A-Z_]+ - ", "", " ".join(str(told).split()))[:300].rstrip(".") or type(error).__name__


def exchange(name: str) -> Exchange:
    """One of the exchanges."""
    from kombu import Exchange

    return Exchange(name, type="direct", durable=True, no_declare=True)


def region_queue(region: str) -> Queue:
    """Where the jobs of a region wait. What an agent cannot read goes to the queue `set-aside`."""
    from kombu import Queue

    return Queue(
        f"region.{region}",
        exchange=exchange(REGIONS),
        routing_key=region,
        durable=True,
        no_declare=True,
        queue_arguments={
            "x-queue-type": "quorum",
            "x-delivery-limit": 2,
            "x-max-length": WAITING_JOBS,
            "x-overflow": "drop-head",
            **_ASIDE,
        },
    )


_ASIDE = {"x-dead-letter-exchange": SET_ASIDE}


def results_queue() -> Queue:
    """Where what agents tell of jobs waits for a scheduler."""
    from kombu import Queue

    bounds = {"x-max-length-bytes": WAITING_RESULTS, "x-overflow": "reject-publish"}
    return Queue(
        RESULTS,
        exchange=exchange(RESULTS),
        routing_key=RESULTS,
        durable=True,
        no_declare=True,
        queue_arguments={"x-queue-type": "quorum", **bounds, **_ASIDE},
    )


def health_queue() -> Queue:
    """Where agents tell how they are: what nobody reads is soon forgotten."""
    from kombu import Queue

    bounds = {"x-message-ttl": 10_000, "x-max-length": 1000, "x-overflow": "drop-head"}
    return Queue(
        HEALTH, exchange=exchange(RESULTS), routing_key=HEALTH, durable=True, no_declare=True, queue_arguments=bounds
    )


def declare(connection: Connection, regions: tuple[str, ...]) -> None:
    """Make what is not there yet: exchanges, queues, and what joins them."""
    from kombu import Exchange

    channel = connection.channel()
    try:
        for name in (REGIONS, RESULTS):
            Exchange(name, type="direct", durable=True, channel=channel).declare()
        if connection.transport.driver_type == "amqp":
            _declare_aside(channel)
        for queue in (results_queue(), health_queue(), *map(region_queue, regions)):
            bound = queue(channel)
            bound.queue_declare()
            bound.queue_bind()
    finally:
        connection.maybe_close_channel(channel)


def _declare_aside(channel: Any) -> None:
    """Where what was rejected goes, and what killed agents; not what is too late, or too much."""
    from kombu import Exchange, Queue

    Exchange(SET_ASIDE, type="headers", durable=True, channel=channel).declare()
    bounds = {"x-max-length": 1000, "x-overflow": "drop-head", "x-message-ttl": 7 * 24 * 3600 * 1000}
    Queue(SET_ASIDE, durable=True, channel=channel, queue_arguments=bounds).queue_declare()
    for reason in ("rejected", "delivery_limit"):
        fits = {"x-match": "all-with-x", "x-first-death-reason": reason}
        channel.queue_bind(SET_ASIDE, SET_ASIDE, routing_key="", arguments=fits)
