"""What whoever decides knows between two turns; all of it is in the database too."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alerting import State
from pytest_synthetic.analysis.incidents import REOPENS_WITHIN, still_matters
from pytest_synthetic.errors import UsageError
from pytest_synthetic.incidents.cases import up_to_date
from pytest_synthetic.model import wire

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from pytest_synthetic.history.alert_book import AlertBook, Heard, Upto
    from pytest_synthetic.model.alerting import Incident

FIRST_LOOK = timedelta(hours=1)
"""Where nothing was looked at yet, so much of the past is."""
SETTLED = 60.0
"""After so many seconds a row that another connection wrote is seen."""
REST_PER_CASE = timedelta(milliseconds=10)
"""An incident of which nobody is told anew is not written again before so long for each of its cases."""


class Memory:
    """Read once, and kept up to date by each turn."""

    def __init__(self, book: AlertBook, now: datetime) -> None:
        """Read it. Raises HistoryUnavailable."""
        self.upto: Upto = book.upto() or book.beginning(now - FIRST_LOOK)
        self._marks: list[tuple[float, int]] = []
        """The newest row of each turn of the last minute, and when that was by the monotonic clock."""
        self.written: dict[str, datetime] = {}
        """When incidents were written last, by id."""
        self.states: dict[str, State] = {}
        for journey, told in book.states().items():
            try:
                self.states[journey] = wire.build(State, told, called="state of alerts")
            except UsageError:
                continue  # of another version: it is learnt anew
        self.incidents = {each.id: each for each in book.incidents(now - REOPENS_WITHIN)}
        self.posts = {post.id: post for post in book.waiting()}
        self._ran: set[str] = set()
        """Journeys that ran, which incidents may not tell yet."""
        self.silent_from: dict[str, datetime] = {}
        self.since = now

    def went_on(self, book: AlertBook, heard: Sequence[Heard], now: float) -> Upto | None:
        """Up to where all was looked at once this turn is written, `now` by the monotonic clock; None: as it was."""
        if heard:
            self._marks.append((now, max(each.number for each in heard)))
        settled = max((number for at, number in self._marks if now - at > SETTLED), default=0)
        self._marks = [mark for mark in self._marks if now - mark[0] <= SETTLED]
        return book.went_on(self.upto, heard, settled) if heard else None

    def learns(self, journey: str, state: State) -> bool:
        """Keep what is known of a journey now: nothing, where it does not run any more. Returns whether that is new."""
        before = self.states.get(journey)
        if not (state.places or state.standing):
            return self.states.pop(journey, None) is not None
        self.states[journey] = state
        return state != before

    def take(self, incidents: Iterable[Incident]) -> None:
        """These are as they are now."""
        self.incidents.update({each.id: each for each in incidents})

    def forget(self, now: datetime) -> None:
        """Incidents that are over for so long that they will not be opened again, but for those still to be told."""
        wanted = {post.incident for post in self.posts.values()}
        for each in list(self.incidents.values()):
            if not still_matters(each, now) and each.id not in wanted:
                del self.incidents[each.id]

    def newer(self, journeys: Collection[str], now: datetime) -> Iterator[Incident]:
        """The incidents whose problems had runs, with what these say: now, or as soon as it is time to write them."""
        self._ran.update(journeys)
        known = [self.states[journey] for journey in self._ran if journey in self.states]
        standing = {
            (each.problem.journey, each.problem.kind.value): each.problem for state in known for each in state.standing
        }
        later = False
        for incident in self.incidents.values() if standing else ():
            written = self.written.get(incident.id)
            if written and timedelta(0) <= now - written < REST_PER_CASE * (len(incident.cases) - 1):
                later = True
            elif (newer := up_to_date(incident, standing)) is not incident:
                yield newer
        if not later:
            self._ran.clear()
