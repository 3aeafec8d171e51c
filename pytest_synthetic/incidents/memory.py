"""What an alerter knows between two turns."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alerting import State
from pytest_synthetic.analysis.incidents import REOPENS_WITHIN, still_matters
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model import wire

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pytest_synthetic.history.alert_book import AlertBook, Upto
    from pytest_synthetic.model.alerting import Incident

FIRST_LOOK = timedelta(hours=1)
"""Where nothing was looked at yet, so much of the past is."""


class Memory:
    """What is known between two turns; all of it is in the database too."""

    def __init__(self, book: AlertBook, now: datetime) -> None:
        """Read it. Raises HistoryUnavailable."""
        self.upto: Upto = book.upto() or book.beginning(now - FIRST_LOOK)
        self.states: dict[str, State] = {}
        for journey, told in book.states().items():
            try:
                self.states[journey] = wire.build(State, told, called="state of alerts")
            except UsageError:
                continue  # of another version: it is learnt anew
        self.incidents = {each.id: each for each in book.incidents(now - REOPENS_WITHIN)}
        self.posts = {post.id: post for post in book.waiting()}
        self.silent_from: dict[str, datetime] = {}
        self.since = now

    def take(self, incidents: Iterable[Incident]) -> None:
        """These are as they are now."""
        self.incidents.update({each.id: each for each in incidents})

    def forget(self, now: datetime) -> None:
        """Incidents that are over for so long that they will not be opened again, but for those still to be told."""
        wanted = {post.incident for post in self.posts.values()}
        for each in list(self.incidents.values()):
            if not still_matters(each, now) and each.id not in wanted:
                del self.incidents[each.id]
