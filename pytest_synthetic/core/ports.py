"""The seams: what the core asks of the world, as Protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from pytest_synthetic.model.created import Created, Entry, FailedRemoval
    from pytest_synthetic.model.evidence import Artifact
    from pytest_synthetic.model.message import Address, AddressState, Cursor, Health, LateMessage, Message
    from pytest_synthetic.model.plan import Job, Outcome
    from pytest_synthetic.model.run import Failure, RunResult


class Clock(Protocol):
    """Where time comes from."""

    def monotonic(self) -> float:
        """Seconds that only grow, from an arbitrary start."""

    def now(self) -> datetime:
        """The present moment in UTC, aware of its zone."""


class Classifier(Protocol):
    """Tells who is at fault for an exception of one channel."""

    def __call__(self, error: BaseException, /) -> tuple[str, str] | None:
        """The name of a Fault and one sentence on how it is told; None when the exception is not this channel's."""


class ArtifactWriter(Protocol):
    """Keeps a file that explains a run."""

    def __call__(self, name: str, data: bytes, media_type: str, step: str | None) -> Artifact:
        """Write `data` and say where it lies. `name` is shown to people and may be any text."""


class InboxProvider(Protocol):
    """Where messages can be read. It knows nothing of leases, matching or codes: the core does those once for all.

    A provider is a `Pool` to lease from, or a `Mint` that makes as many addresses as needed, or both; it may be
    `Hinting`, `Receiving` and `Probing` too. Whatever it cannot do because it cannot be asked (wrong token, time-out,
    refused) is raised as InboxUnavailable, with what to do. Every call ends in bounded time.
    """

    channel: str
    """`sms`, `email` or another word: the first part of its measurements' names."""

    def snapshot(self, address: Address) -> Cursor:
        """What is already there: messages that this cursor covers are never returned by `fetch_new`."""

    def fetch_new(self, address: Address, cursor: Cursor) -> tuple[Sequence[Message], Cursor]:
        """Messages to `address` that `cursor` does not cover, in the order they arrived, and the cursor after them.

        Does not wait. The same cursor gives the same messages again.
        """


@runtime_checkable
class Pool(Protocol):
    """A provider with a number of addresses."""

    def addresses(self) -> Sequence[Address]:
        """The addresses that can be leased, with their labels."""


@runtime_checkable
class Mint(Protocol):
    """A provider that makes addresses."""

    def mint(self, nonce: str) -> Address:
        """Make an address of its own for `nonce` (letters and digits)."""


@runtime_checkable
class Hinting(Protocol):
    """A provider that notices when something may have arrived."""

    def wait_hint(self, address: Address, cursor: Cursor, timeout: float) -> None:
        """Wait up to `timeout` seconds, less when something may have arrived.

        Raises nothing: the `fetch_new` that follows tells that the provider cannot be asked.
        """


@runtime_checkable
class Receiving(Protocol):
    """A provider that messages are pushed to: it listens while the context is open.

    pytest opens it once a session, before the first test, in the process that outlives the tests. With pytest-xdist
    that is not the process of a test: what is received must be found by the provider's other instances too.
    """

    def receive(self) -> AbstractContextManager[object]:
        """Begin to listen. Raises OSError when nothing can listen there: a port that is taken."""


@runtime_checkable
class Closing(Protocol):
    """A provider that keeps something open."""

    def close(self) -> None:
        """Close it: the session ends. Raises nothing."""


@runtime_checkable
class Explaining(Protocol):
    """A provider that may know why a message is missing."""

    def explain(self, to: str, since: datetime) -> str | None:
        """What became of the last message to `to` since then, in words; None when it does not know of one."""


@runtime_checkable
class Probing(Protocol):
    """A provider that can say how it is."""

    def probe(self) -> Health:
        """Whether the provider can be asked."""


class Lease(Protocol):
    """Exclusive use of one address."""

    @property
    def address(self) -> Address:
        """The address."""

    def state(self) -> AddressState:
        """What is remembered of the address. Raises LeaseLost when it may be another run's by now.

        So it is asked after messages were read, and before they count.
        """

    def save(self, state: AddressState, late: Sequence[LateMessage] = ()) -> None:
        """Remember `state` durably, and tell of messages that came late. Raises LeaseLost."""

    def release(self) -> None:
        """Let others have the address."""


class Leases(Protocol):
    """Gives out addresses, each to one holder at a time, over all processes that share it.

    Raises InboxUnavailable too when nobody can say whose an address is.
    """

    def take(
        self,
        channel: str,
        addresses: Sequence[Address],
        holder: str,
        timeout: float,
        is_clean: Callable[[Lease], bool],
    ) -> Lease:
        """Lease the first free address that `is_clean`, waiting up to `timeout` seconds for one.

        Raises InboxUnavailable that says who holds them.
        """

    def hold(self, channel: str, address: Address) -> Lease:
        """Hold an address that was made for one run; when it is released, only what is still awaited is kept."""

    def forsaken(self, channel: str) -> Iterable[Lease]:
        """The addresses made for earlier runs, held again, where a message is still awaited."""


class HeldRun(Protocol):
    """What one run created, held by this process: nobody else removes it. A context manager that lets go.

    Raises OSError or HistoryUnavailable when the ledger cannot be read or written.
    """

    def __enter__(self) -> Self:
        """The run, held."""

    def __exit__(self, *_: object) -> None:
        """Let go."""

    def note(self, created: Created) -> Entry:
        """Write down an object: durably, whole or not at all."""

    def entries(self) -> Sequence[Entry]:
        """What the run created, newest first; what cannot be read is among what is `damaged`."""

    def settle(self, entry: Entry, failed: FailedRemoval | None) -> None:
        """Strike out an object that is gone, or note why it is not."""

    def hold_for_good(self) -> None:
        """Let go when this process ends, not before: a removal that did not end in time still goes on."""

    def release(self) -> None:
        """Let others have what is left of the run. Raises nothing."""


class Ledger(Protocol):
    """What runs created in the product and nobody has removed yet.

    Raises OSError or HistoryUnavailable when it cannot be read or written.
    """

    @property
    def where(self) -> str:
        """The place, for people."""

    def begin(self, run_id: str) -> HeldRun:
        """Hold a run that begins to create."""

    def hold(self, run_id: str) -> HeldRun | None:
        """Hold a run; None when it goes on, or another process removes what it created."""

    def runs(self) -> Sequence[str]:
        """The ids of the runs that have something in the ledger."""

    def left(self) -> Sequence[Entry]:
        """What runs created that are over."""

    def damaged(self) -> Sequence[str]:
        """Where something lies that cannot be read: it is about an object that nobody knows."""


class Listener(Protocol):
    """Hears what happens in a run. Every method is optional; one that fails is reported and changes no verdict."""

    def step_started(self, name: str) -> None:
        """A step begins."""

    def step_finished(self, name: str, failure: Failure | None) -> None:
        """The step begun last ends."""

    def message_came(self, channel: str, message: Message) -> None:
        """A message came into an inbox of the run, awaited or not."""

    def attached(self, artifact: Artifact) -> None:
        """A file was kept, or one is missing."""

    def run_finished(self, run: RunResult) -> None:
        """The run has its verdict."""


class Runner(Protocol):
    """Runs jobs, each in a process of its own. Threads may share it."""

    def run(self, job: Job) -> Outcome:
        """Run a job to its end. Raises nothing: what goes wrong is a `broken` record in the outcome.

        What is known of the job stays on disk until it is `delivered`.
        """

    def delivered(self, job: Job) -> None:
        """The outcome of a job is where it belongs: forget the job."""

    def left_over(self) -> Iterable[Outcome]:
        """The outcomes of jobs whose runner died before it could deliver them."""

    def stop(self) -> None:
        """End all that run, in order while there is time; jobs that come later are not begun."""
