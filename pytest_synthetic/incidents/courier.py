"""Takes letters to addresses: a thread for each, so that one that is silent holds up no other.

It keeps nothing: what waits is in the outbox of the history, and what became of each letter is told to whoever writes
there. So a letter is sent at least once, and with the same key each time.
"""

from __future__ import annotations

import hashlib
import threading
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

from pytest_synthetic.alerts.outgoing import pause, stale
from pytest_synthetic.alerts.routing import awake, quiet_until
from pytest_synthetic.alerts.sending import NotSent, is_webhook, sender_of
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.model.alerting import Letter, Post, Route

GIVEN_UP = timedelta(hours=24)
"""After so long, quiet hours aside, a letter is news no more."""
NEEDLESS = "it was over before this could be sent"
_LOOK = 1.0
_WIDEST = 300


class Report(NamedTuple):
    """What became of a try. `why` it was not sent; `again` is when it is tried once more, None: never."""

    post: Post
    sent: bool
    at: datetime
    why: str | None = None
    again: datetime | None = None


class Courier:
    """Gives letters to a thread for each address, and gathers their reports."""

    def __init__(
        self,
        write: Callable[[Post, Route], Letter],
        clock: Clock,
        wake: Callable[[], object],
        tries: dict[str, Report] | None = None,
    ) -> None:
        """`write` makes the letter of a post, when it is sent; `wake` is called when there is a report.

        `tries` are the last ones of this process by the key of the letter, of which the outbox may know nothing yet.
        """
        self._write = write
        self._clock = clock
        self._wake = wake
        self._reports: SimpleQueue[Report] = SimpleQueue()
        self._queues: dict[tuple[str, str], AddressQueue] = {}
        self._addresses: dict[tuple[str, str], tuple[str, Route]] = {}
        self._tries = {} if tries is None else tries

    def addresses(self, routes: Mapping[str, Route]) -> None:
        """These are the addresses from now on; what waits for others is given up. Raises ConfigError: see `Route`."""
        self._addresses = {
            (route.name, digest(to)): (to, route) for route in routes.values() for to in route.addresses()
        }
        for place in self._queues.keys() - self._addresses.keys():
            queue = self._queues.pop(place)
            self.give(queue.close())
        for place, queue in self._queues.items():
            queue.route = self._addresses[place][1]

    def give(self, posts: Iterable[Post]) -> None:
        """Send these when their time comes. What this process has sent already is reported again, and not sent."""
        for post in posts:
            told = self._tries.get(post.key)
            if told and told.post.tries >= post.tries:  # it could not be written
                told = told._replace(post=told.post._replace(id=post.id))
                self._reports.put(told)
                if told.again:
                    self._put(tried(told))
            else:
                self._put(post)

    def _put(self, post: Post) -> None:
        place = post.route, post.address
        known = self._addresses.get(place)
        if known is None:
            why = f"no route has this address any more ({post.label})"
            self._tell(Report(post, sent=False, at=self._clock.now(), why=why))
            return
        if place not in self._queues:
            self._queues[place] = AddressQueue(*known, self._write, self._clock, self._tell)
        early = max(timedelta(0), post.at - self._clock.now())  # the clock was set back since
        self._queues[place].put(post._replace(not_before=post.not_before - early))

    def written(self, reports: Iterable[Report]) -> None:
        """The outbox knows of these."""
        for report in reports:
            told = self._tries.get(report.post.key)
            if told and told.post.tries <= report.post.tries:
                del self._tries[report.post.key]

    def reports(self) -> list[Report]:
        """What became of letters since this was asked last."""
        found = []
        while True:
            try:
                found.append(self._reports.get_nowait())
            except Empty:
                return found

    @property
    def known(self) -> Collection[str]:
        """The digests of all addresses that are set."""
        return {address for _, address in self._addresses}

    @property
    def is_busy(self) -> bool:
        """Whether a letter is on its way, or due."""
        return any(queue.is_busy for queue in self._queues.values())

    def drop(self) -> None:
        """Forget what waits: somebody else sends it."""
        for queue in self._queues.values():
            queue.drop()

    def close(self, patience: float) -> None:
        """Send no more, and wait so many seconds for what is on its way."""
        for queue in self._queues.values():
            queue.close()
        ends = self._clock.monotonic() + patience
        for queue in self._queues.values():
            queue.join(max(0.0, ends - self._clock.monotonic()))

    def _tell(self, report: Report) -> None:
        self._tries[report.post.key] = report
        self._reports.put(report)
        self._wake()


class AddressQueue:
    """What waits for one address. Its letters go out in order, those about different incidents past each other."""

    def __init__(
        self,
        address: str,
        route: Route,
        write: Callable[[Post, Route], Letter],
        clock: Clock,
        tell: Callable[[Report], object],
    ) -> None:
        self._address = address
        self.route = route
        self._write = write
        self._clock = clock
        self._tell = tell
        self._waiting: dict[int, Post] = {}
        self._change = threading.Condition()
        self._sending: int | None = None
        self._over = False
        self._webhook: bool | None = None
        self._thread = threading.Thread(target=self._work, name="synthetic-alerts-courier", daemon=True)
        self._thread.start()

    def put(self, post: Post) -> None:
        """One more, or the same with another time."""
        with self._change:
            if post.id != self._sending:
                self._waiting[post.id] = post
                self._change.notify()

    def drop(self) -> None:
        """Forget what waits."""
        with self._change:
            self._waiting.clear()

    @property
    def is_busy(self) -> bool:
        """Whether a letter is on its way, or due."""
        now = self._clock.now()
        with self._change:
            return self._sending is not None or any(post.not_before <= now for post in self._waiting.values())

    def close(self) -> list[Post]:
        """Begin no more. Returns what waited."""
        with self._change:
            self._over = True
            self._change.notify()
            waiting = list(self._waiting.values())
            self._waiting.clear()
        return waiting

    def join(self, patience: float) -> None:
        """Wait for what is on its way."""
        self._thread.join(patience)

    def _work(self) -> None:
        while True:
            with self._change:
                post = self._next()
                while post is None and not self._over:
                    self._change.wait(self._rest())
                    post = self._next()
                if post is None or self._over:
                    return
                del self._waiting[post.id]
                self._sending = post.id
            if report := self._sent(post):
                if report.again:
                    with self._change:
                        self._waiting[post.id] = tried(report)
                self._tell(report)
            self._sending = None  # not sooner: whoever gives it once more meanwhile is not heard

    def _next(self) -> Post | None:
        """The oldest that is due, of those with nothing older before them about the same incident."""
        now = self._clock.now()
        if quiet := quiet_until(self.route, now):  # it is later than when this was to be sent, or the hours are new
            self._waiting = {
                number: post._replace(not_before=max(post.not_before, quiet)) for number, post in self._waiting.items()
            }
            return None
        first: dict[str, Post] = {}
        for post in sorted(self._waiting.values(), key=lambda each: each.id):
            first.setdefault(post.incident, post)
        due = [post for post in first.values() if post.not_before <= now]
        return min(due, key=lambda each: each.not_before, default=None)

    def _rest(self) -> float:
        now = self._clock.now()
        coming = min((post.not_before for post in self._waiting.values()), default=None)
        return _LOOK if coming is None else min(_LOOK, max(0.01, (coming - now).total_seconds()))

    def _sent(self, post: Post) -> Report | None:
        """Try to send a letter, unless it need not be sent any more. Raises nothing."""
        try:
            needless = self._needless(post)
            for each in needless:
                self._tell(Report(each, sent=False, at=self._clock.now(), why=NEEDLESS))
            if post in needless:
                return None
            sender_of(self._address, self.route).send(self._write(post, self.route))
        except NotSent as error:
            return self._failed(post, error.reason, final=error.final, after=error.after)
        except ConfigError as error:
            return self._failed(post, str(error), final=True)
        except Exception as error:  # noqa: BLE001  nobody is above this thread, and other letters wait
            return self._failed(post, f"{type(error).__name__}", final=False)
        return Report(post, sent=True, at=self._clock.now())

    def _failed(self, post: Post, why: str, *, final: bool, after: float | None = None) -> Report:
        now = self._clock.now()
        again = now + timedelta(seconds=pause(post.tries + 1, after))
        again = quiet_until(self.route, again) or again
        given_up = final or awake(self.route, post.at, now) > GIVEN_UP
        return Report(post, sent=False, at=now, why=one_line(why, _WIDEST), again=None if given_up else again)

    def _needless(self, post: Post) -> list[Post]:
        """Of all that waits about the same incident, and of this one, what need not be sent; it waits no more."""
        if self._webhook is None:
            self._webhook = is_webhook(self._address)
        with self._change:
            same = {each.id: each for each in (post, *self._waiting.values()) if each.incident == post.incident}
            about_it = [same[number] for number in sorted(same)]
            gone = stale(about_it, webhook=self._webhook)
            for number in gone - {post.id}:
                del self._waiting[number]
        return [each for each in about_it if each.id in gone]


def tried(report: Report) -> Post:
    """The post after a try, as the outbox has it."""
    post = report.post._replace(tries=report.post.tries + 1, why=report.why)
    return post._replace(not_before=report.again) if report.again else post._replace(ended=report.at)


def digest(address: str) -> str:
    """What stands for an address where it must not be seen."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]
