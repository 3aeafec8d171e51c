"""Which of several schedulers leads in a region: one at a time, and each knows when its time is over.

Who leads holds a lease in the database and renews it four times while it lasts. It believes so only until the lease
would run out, counted on its own clocks from before it asked: on both, the one that stands still while a machine
sleeps and the one that can be set. A process that was stopped, or that the database does not answer, so stops
believing before another one may take over, and need not be told. Claims keep a tick from being run twice all the same.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.errors import HistoryUnavailable
from pytest_synthetic.history.holding import Holding, this_process
from pytest_synthetic.history.writing import name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.history.holding import Hold

KIND = "scheduler"
LASTS = 8.0
"""Seconds that a leader who is not heard of still leads: another one takes over within ten."""
MARGIN = 1.0
"""Seconds before that in which it stops believing so: clocks of machines are not equally fast."""
BEATS = 4
"""How often in that time a leader renews; others look twice as often."""


class Lead(NamedTuple):
    """What a leader holds, and until when it may believe so, by its two clocks."""

    hold: Hold
    monotonic: float
    wall: datetime


class Leading:
    """Whether this process leads, in each of some regions. Threads may share it; its heart is one of its own."""

    def __init__(  # noqa: PLR0913  what is led, and by what
        self,
        url: str,
        regions: Iterable[str],
        *,
        say: Callable[[str], object],
        lasts: float = LASTS,
        clock: Clock | None = None,
        kind: str = KIND,
    ) -> None:
        """Nothing is done before `begin`. `say` hears, once each, what is gained and lost, and why nothing is known.

        `kind` is what is led: of each kind there is one leader in each region.
        """
        self._kind = kind
        self._holding = Holding(url, lasts=lasts)
        self._names: dict[str, str] = {}
        self.also(regions)
        self._say = say
        self._lasts = lasts
        self._clock = clock or SystemClock()
        self._leads: dict[str, Lead] = {}
        self._told: str | None = None
        self._behind: dict[str, str] = {}
        self._guard = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Try to lead now, and from now on until `close`."""
        self.beat()
        self._thread = threading.Thread(target=self._beats, name="synthetic-leading", daemon=True)
        self._thread.start()

    def also(self, regions: Iterable[str]) -> None:
        """Try to lead in these too, from the next beat on."""
        new = {region: name_of(region) for region in regions}
        if new.keys() - self._names.keys():
            self._names = {**self._names, **new}

    def leads(self, region: str) -> bool:
        """Whether this process leads there: to be asked before each thing that a leader does."""
        with self._guard:
            lead = self._leads.get(region)
        return lead is not None and self._clock.monotonic() < lead.monotonic and self._clock.now() < lead.wall

    def everywhere(self) -> bool:
        """Whether this process leads in all its regions."""
        return all(map(self.leads, self._names))

    def leaders(self) -> Mapping[str, str | None]:
        """Who leads in each region, for people; None where nobody does. Raises HistoryUnavailable."""
        return {region: self._holding.holder_of(self._kind, name) for region, name in self._names.items()}

    def beat(self) -> None:
        """Renew what this process leads, and take what nobody does. Raises nothing."""
        for region in self._names:
            try:
                self._renew(region) if region in self._leads else self._take(region)
            except HistoryUnavailable as error:
                self._tell_once(f"nothing is started, the history says who leads and cannot be reached: {error}")
                return
        self._told = None

    def close(self) -> None:
        """Let others lead at once."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(self._lasts)
        with self._guard:
            leads, self._leads = self._leads, {}
        for lead in leads.values():
            self._holding.let_go(lead.hold)
        self._holding.close()

    def _beats(self) -> None:
        often = self._lasts / BEATS
        while not self._over.wait(often if self.everywhere() else often / 2):
            self.beat()

    def _renew(self, region: str) -> None:
        hold, ends = self._leads[region].hold, self._ends()
        kept = self._holding.renewed(hold)
        with self._guard:
            if kept:
                self._leads[region] = Lead(hold, *ends)
            else:
                del self._leads[region]
        if not kept:
            self._say(f"this {self._kind} leads in {region} no more: it was not heard of in time")

    def _take(self, region: str) -> None:
        if holder := self._holding.holder_of(self._kind, self._names[region]):
            self._stand_by(region, holder)
            return
        ends = self._ends()
        hold = self._holding.taken(self._kind, self._names[region], this_process())
        if hold is not None:
            with self._guard:
                self._leads[region] = Lead(hold, *ends)
            self._behind.pop(region, None)
            self._say(f"this {self._kind} leads in {region} now")

    def _stand_by(self, region: str, holder: str) -> None:
        if self._behind.get(region) != holder:
            self._behind[region] = holder
            self._say(f"this {self._kind} stands by in {region}: {holder} is at work there, or died a moment ago")

    def _ends(self) -> tuple[float, datetime]:
        """Until when a lease that is asked for from now on may be believed in."""
        long = self._lasts - min(MARGIN, self._lasts / BEATS)
        return self._clock.monotonic() + long, self._clock.now() + timedelta(seconds=long)

    def _tell_once(self, told: str) -> None:
        if told != self._told:
            self._told = told
            self._say(told)
