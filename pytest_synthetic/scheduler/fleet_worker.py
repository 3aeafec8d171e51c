"""The Celery worker of an agent: takes jobs from the queue of its region, one a slot, and acknowledges them late.

Celery does what it is good at: connections that come back, prefetch, acknowledgements from the right thread. What it
can do beyond that is left out: it would declare queues, gossip with other workers, and take orders from whoever may
write to the broker.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar

from celery import Celery, bootsteps
from celery.exceptions import Reject, WorkerTerminate
from celery.platforms import EX_FAILURE
from celery.worker import WorkController, state
from celery.worker.consumer import Consumer
from celery.worker.consumer.connection import Connection
from celery.worker.consumer.tasks import Tasks

from pytest_synthetic.scheduler import fleet_link

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_synthetic.scheduler.fleet_link import Link

RUN = "synthetic.run"
"""The name of the task: its one argument is an Order."""

RETRY = 5
"""Seconds between two tries to connect, in the end."""


class Malformed(Exception):
    """A message that is no order."""


def app_of(link: Link, region: str, slots: int) -> Celery:
    """A Celery that consumes from one queue, and makes nothing at the broker."""
    queue = fleet_link.region_queue(region)
    app = Celery("synthetic", broker=link.address, set_as_current=False, fixups=[])
    app.conf.update(
        broker_use_ssl=link.tls or False,
        broker_heartbeat=fleet_link.HEARTBEAT,
        broker_connection_timeout=fleet_link.CONNECT,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options=link.options,
        accept_content=["json"],
        task_serializer="json",
        task_queues=[queue],
        task_default_queue=queue.name,
        task_create_missing_queues=False,
        task_acks_late=True,
        task_acks_on_failure_or_timeout=False,  # it is set aside then
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        worker_prefetch_multiplier=1,
        worker_concurrency=slots,
        worker_pool="threads",
        worker_consumer=f"{__name__}:Quiet",
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_disable_rate_limits=True,
        worker_detect_quorum_queues=True,  # without it, RabbitMQ refuses the prefetch of a quorum queue
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
    )
    return app


class TasksAlone(Tasks):  # type: ignore[misc]  # Celery has no types
    """Consumes tasks as soon as there is a connection."""

    requires = (Connection,)


class Quiet(Consumer):  # type: ignore[misc]  # likewise
    """Consumes, and nothing else. What is no order goes to the queue `set-aside`."""

    event_dispatcher = None

    class Blueprint(bootsteps.Blueprint):  # type: ignore[misc]  # likewise
        """The steps that are needed."""

        name = "Consumer"
        default_steps: ClassVar = [
            "celery.worker.consumer.connection:Connection",
            f"{__name__}:TasksAlone",
            "celery.worker.consumer.consumer:Evloop",
        ]

        def shutdown(self, parent: Consumer) -> None:
            """Let go of the connection."""
            self.send_all(parent, "shutdown")

    def ensure_connected(self, conn: Any) -> Any:
        """Connect, however long that takes. The courier of the agent says what is wrong."""
        return conn.ensure_connection(
            None, None, interval_start=1, interval_step=1, interval_max=RETRY, callback=state.maybe_shutdown
        )

    def on_decode_error(self, message: Any, exc: BaseException) -> None:
        """A message that is not JSON."""
        self._set_aside(message, exc)

    def on_unknown_message(self, body: object, message: Any) -> None:
        """A message of another program."""
        del body
        self._set_aside(message, "it is no task")

    def on_unknown_task(self, body: object, message: Any, exc: BaseException) -> None:
        """A task of another program."""
        del body
        self._set_aside(message, f"there is no task {exc}")

    def on_invalid_task(self, body: object, message: Any, exc: BaseException) -> None:
        """A task without what it needs."""
        del body
        self._set_aside(message, exc)

    def _set_aside(self, message: Any, why: object) -> None:
        message.reject_log_error(logging.getLogger(__name__), self.connection_errors)
        self.app.synthetic_said(
            f"a message in the queue is no job: {' '.join(str(why).split())[:200]}. It was set aside"
        )


class Controller(WorkController):  # type: ignore[misc]  # likewise
    """Runs until it is told to stop; keeps the error that ended it."""

    failure: Exception | None = None

    def start(self) -> None:
        """Work. Returns when it was stopped, or cannot go on."""
        try:
            self.blueprint.start(self)
        except WorkerTerminate:
            self.terminate()
        except Exception as error:  # noqa: BLE001  it is told in our words: see fleet_agent
            self.failure = error
            self.stop(exitcode=EX_FAILURE)
        except SystemExit as error:
            self.stop(exitcode=error.code)


class Worker:
    """One life of a worker; `handle` gets the argument of each message, and whether the broker gave it before."""

    def __init__(
        self,
        link: Link,
        region: str,
        slots: int,
        handle: Callable[[object, bool], object],
        say: Callable[[str], object],
    ) -> None:
        """`handle` runs in a thread of its own for each slot. Raises Malformed for what is to be set aside."""
        app = app_of(link, region, slots)
        app.synthetic_said = say
        app.set_default()  # threads of the pool look there
        app.task(name=RUN, bind=True, typing=False, shared=False)(_task(handle, say))
        self._controller = Controller(
            app=app,
            hostname=f"synthetic@{region}",
            pool_cls="threads",
            without_mingle=True,
            without_gossip=True,
            without_heartbeat=True,
        )

    def work(self) -> Exception | None:
        """Consume until `stop`; what ended it before, if something did."""
        state.should_stop = None
        self._controller.start()
        return self._controller.failure

    def take_no_more(self) -> None:
        """Let the broker keep what it has; what is here already is worked on. From any thread."""
        hub, consumer = self._controller.hub, getattr(self._controller, "consumer", None)
        if hub is not None and consumer is not None and consumer.task_consumer is not None:
            hub.call_soon(consumer.task_consumer.cancel)

    @staticmethod
    def stop() -> None:
        """End `work`, soon. From any thread."""
        state.should_stop = 0


def _task(handle: Callable[[object, bool], object], say: Callable[[str], object]) -> Callable[..., None]:
    def run(task: Any, *args: object, **_: object) -> None:
        request = task.request
        info, headers = request.delivery_info or {}, request.headers or {}
        again = bool(info.get("redelivered") or headers.get("redelivered") or headers.get("x-delivery-count"))
        try:
            handle(args[0] if args else None, again)
        except Malformed as error:
            say(f"a message in the queue is no job: {error}. It was set aside")
            raise Reject(str(error), requeue=False) from None

    return run
