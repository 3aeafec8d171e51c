"""`synthetic scheduler`: the loop that watches, with agents on other machines to run what is due."""

from __future__ import annotations

import queue
import threading
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pytest_synthetic.config.fleet import fleet_of
from pytest_synthetic.config.history import home_of
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.errors import HistoryUnavailable
from pytest_synthetic.history import agents, store
from pytest_synthetic.history.agents import Seen
from pytest_synthetic.history.leading import LASTS, Leading
from pytest_synthetic.model import wire
from pytest_synthetic.scheduler import fleet_link, fleet_revision, loop
from pytest_synthetic.scheduler.board import Board
from pytest_synthetic.scheduler.fleet import Fleet
from pytest_synthetic.scheduler.pulse import BROKER, Pulse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.model.plan import Plan
    from pytest_synthetic.scheduler.collecting import Collecting
    from pytest_synthetic.scheduler.fleet_messages import Health
    from pytest_synthetic.scheduler.watching import Watching

EVERYWHERE = "all regions"
"""What one of several schedulers leads in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduler:
    """What schedules, and what is seen of it."""

    watching: Watching
    leading: Leading
    fleet: Fleet
    board: Board
    pulse: Pulse

    def turn(self) -> None:
        """Go round once, and rest until something is due."""
        leads = self.leading.leads(EVERYWHERE)
        self.fleet.lead(leads=leads)
        self.watching.lead(leads=leads)
        self.pulse.trouble(BROKER, self.fleet.trouble)
        self.watching.turn()
        self.watching.wait()


@contextmanager
def opened(  # noqa: PLR0913  as embedded.opened
    settings: Settings,
    root: Path,
    plans: tuple[Plan, ...],
    collecting: Collecting,
    say: Callable[[str], object],
    *,
    lasts: float = LASTS,
) -> Iterator[Scheduler]:
    """Schedule `plans` for the agents of their regions. Ends in order, however it is left.

    `lasts` in seconds: how long a scheduler that is dead still leads.

    Raises ConfigError, and BrokerUnavailable for what will not be mended by waiting.
    """
    clock, board = SystemClock(), Board(say)
    pulse = Pulse(clock, say=board.note)
    url, _ = home_of(settings, root)
    leading = Leading(url, [EVERYWHERE], say=board.note, lasts=lasts)
    with _Book(url, board.note) as book, closing(leading):
        fleet = Fleet(
            fleet_link.link_of(settings, root),
            sorted({plan.region for plan in plans}),
            board.note,
            revision=fleet_revision.looked_up_often(root, clock),
            note=book.note,
            every=fleet_of(settings).health,
            clock=clock,
        )
        fleet.open()
        watched = loop.opened(
            settings, root, plans=plans, collecting=collecting, dispatcher=fleet, board=board, pulse=pulse
        )
        with watched as watching:
            leading.begin()
            yield Scheduler(watching=watching, leading=leading, fleet=fleet, board=board, pulse=pulse)


class _Book:
    """Writes down how agents are, in a thread of its own: a history that is away must not hold up the rest."""

    def __init__(self, url: str, say: Callable[[str], object]) -> None:
        self._url = url
        self._clock = SystemClock()
        self._seen: queue.SimpleQueue[Seen | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="synthetic-agents", daemon=True)
        self._say = say

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._seen.put(None)
        self._thread.join(5.0)

    def note(self, health: Health, ahead: float) -> None:
        """An agent told how it is; its clock is so many seconds ahead."""
        told = {**wire.plain(health), "ahead": ahead}
        self._seen.put(Seen(health.region, health.agent, self._clock.now(), told))

    def _work(self) -> None:
        history = None
        while True:
            seen = {}
            one = self._seen.get()
            while one is not None:
                seen[one.region, one.name] = one
                try:
                    one = self._seen.get_nowait()
                except queue.Empty:
                    break
            with suppress(HistoryUnavailable):  # whoever delivers runs says so
                history = history or store.opened(self._url)
                agents.note(history.engine, seen.values())
            if one is None:
                break
        if history:
            history.close()
