"""Brings what an agent has to tell to the schedulers: in order, and kept on disk while the broker is away."""

from __future__ import annotations

import os
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_synthetic.errors import BrokerUnavailable, UsageError
from pytest_synthetic.scheduler import fleet_messages
from pytest_synthetic.scheduler.fleet_link import HEALTH, RESULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_synthetic.scheduler.fleet_messages import Health, Told
    from pytest_synthetic.scheduler.fleet_sender import Sender

IDLE = 2.0
"""Seconds between two looks at a connection that nothing goes through."""
SOON, LATER = 0.5, 10.0
"""Seconds until the next try: at first, and in the end."""


@dataclass(slots=True, kw_only=True)
class _Asked:
    """Something that is sent at once or not at all, and what became of it."""

    key: str
    body: bytes
    done: threading.Event = field(default_factory=threading.Event)
    sent: bool = False
    too_late: bool = False


class Courier:
    """A thread with a connection of its own, and a folder in which messages wait for it, each in a file."""

    def __init__(self, sender: Sender, folder: Path, say: Callable[[str], object]) -> None:
        """`say` hears when the broker is away, and when it is back. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        self._sender = sender
        self._folder = folder
        self._say = say
        self._asked: deque[_Asked] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._away: BrokerUnavailable | None = None
        self._number = max((int(path.stem) for path in self._waiting()), default=0)
        self._thread = threading.Thread(target=self._work, name="synthetic-courier", daemon=True)
        self._thread.start()

    @property
    def spooled(self) -> int:
        """How many messages wait."""
        return sum(1 for _ in self._waiting())

    @property
    def away(self) -> BrokerUnavailable | None:
        """Why nothing can be sent at present."""
        return self._away

    def keep(self, told: Told) -> None:
        """Send it in its turn: now, or when the broker is back, even by another process. Raises OSError, UsageError."""
        body = fleet_messages.written(told)
        with self._wake:
            self._number += 1
            path = self._folder / f"{self._number:012}.json"
            with path.with_suffix(".part").open("wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            path.with_suffix(".part").rename(path)
            self._wake.notify()

    def at_once(self, told: Told, within: float) -> bool:
        """Send it now: whether the broker has it for sure, within so many seconds."""
        return self._ask(_Asked(key=RESULTS, body=fleet_messages.written(told)), within)

    def pass_by(self, health: Health) -> None:
        """Send it when that is possible at once; else it is of no interest any more."""
        with self._wake:
            if not self._away and len(self._asked) < 100:
                self._asked.append(_Asked(key=HEALTH, body=fleet_messages.written(health)))
                self._wake.notify()

    def close(self, within: float) -> int:
        """Send what waits, for so many seconds at most; how many are left for the next process."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join(within)
        return self.spooled

    def _ask(self, asked: _Asked, within: float) -> bool:
        with self._wake:
            if self._away or self._closing:
                return False
            self._asked.append(asked)
            self._wake.notify()
        if asked.done.wait(within):
            return asked.sent
        asked.too_late = True  # it may go out all the same: whoever asked says later that it did nothing
        return False

    # -- the thread --------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        pause = SOON
        while not self._is_over():
            try:
                self._sender.connected()
                self._back()
                pause = SOON
                self._deliver()
            except BrokerUnavailable as error:
                self._lost(error)
                with self._wake:
                    self._wake.wait_for(lambda: self._closing, pause)
                pause = min(pause * 2, LATER)
        self._sender.close()

    def _is_over(self) -> bool:
        return self._closing and (self._away is not None or not (self._asked or self.spooled))

    def _deliver(self) -> None:
        """Send until nothing is left to send and no more will come. Raises BrokerUnavailable."""
        while not self._is_over():
            for path in self._waiting():
                self._answer()  # what is asked at once does not wait behind what waited for long
                self._send_file(path)
            self._answer()
            self._wait(IDLE)
            self._sender.idle()

    def _answer(self) -> None:
        while self._asked:
            asked = self._asked.popleft()
            try:
                if not asked.too_late:
                    self._sender.send(RESULTS, asked.key, asked.body)
                    asked.sent = True
            finally:
                asked.done.set()

    def _send_file(self, path: Path) -> None:
        body = path.read_bytes()
        try:
            fleet_messages.read(fleet_messages.Told, body)
        except UsageError as error:  # the disk is broken, or somebody wrote there
            path.rename(path.with_suffix(".damaged"))
            self._say(f"{path} is no message: {error}. It is kept as {path.stem}.damaged")
            return
        self._sender.send(RESULTS, RESULTS, body)
        path.unlink()

    def _wait(self, longest: float) -> None:
        with self._wake:
            if not (self._asked or self._closing or any(self._waiting())):
                self._wake.wait(longest)

    def _waiting(self) -> Iterator[Path]:
        yield from sorted(self._folder.glob("[0-9]*.json"))

    def _lost(self, error: BrokerUnavailable) -> None:
        with self._wake:
            first, self._away = self._away is None, error
            for asked in self._asked:
                asked.done.set()
            self._asked.clear()
        if first:
            self._say(f"{error}. What is to be told waits in {self._folder}")

    def _back(self) -> None:
        with self._wake:
            was, self._away = self._away, None
        if was:
            self._say("the broker is back")
