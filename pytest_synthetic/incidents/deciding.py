"""One decision on a journey: runs as its rule judges them, and what is in maintenance; live, and in a replay.

Old news wakes nobody. A bad run of which the record comes when the next run was due already says how it was, not how it
is: it counts as one in maintenance does. So it opens nothing by itself, and the next bad run that comes in time opens
the problem at once, with all that came before, unless that was good again in between. Who was not there, such as an
alerter that was down, cannot know when records came: there a run is old when the next one was due a day ago. An outage
of which runs keep coming in time has a newest run that is not old.
"""

from __future__ import annotations

from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alerting import decide
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from pytest_synthetic.analysis.alerting import Decision, State
    from pytest_synthetic.analysis.alerting.listening import Promised
    from pytest_synthetic.history.alert_book import Heard
    from pytest_synthetic.history.windows import Windows
    from pytest_synthetic.incidents.journeys import Journeys, Known

OLD = timedelta(days=1)
"""So long after the next run was due one is old, where it is not known when its record came."""


class Deciding:
    """Decides on journeys by what is known of them, and of maintenance."""

    def __init__(self, journeys: Journeys, away: Windows, caught_up: datetime | None = None) -> None:
        """Nothing is decided yet. `caught_up` is when nothing was left to read, last; None: it is not known."""
        self._journeys = journeys
        self._away = away
        self._caught_up = caught_up

    def decided(self, known: Known, before: State | None, heard: Sequence[Heard], now: datetime) -> Decision:
        """Decide about the runs of one journey that came since; without any, about what time alone says.

        Raises HistoryUnavailable.
        """

        def held(region: str, at: datetime) -> bool:
            return known.maintenance(self._away, region, at) is not None

        newest = {(each.region, each.variant): each.number for each in sorted(heard, key=attrgetter("started"))}
        last = set(newest.values())
        seen = [
            self._journeys.seen(
                each,
                held=held(each.region, each.started) or self._is_old(each, now),
                newest=each.number in last and not self._is_late(known, each),
            )
            for each in heard
        ]
        before = self._journeys.settled(known, before, now)
        now_held = [region for region in known.rule.regions if held(region, now)]
        return decide(known.rule, before, seen, now, held=now_held, promised=self._promised(known, now, held))

    def _promised(self, known: Known, now: datetime, held: Callable[[str, datetime], bool]) -> Promised | None:
        """Says until when a pipeline must run a journey again; None: a scheduler watches it."""
        pipelines = self._journeys.pipelines
        if known.watched or pipelines is None:
            return None

        def promised(region: str, newest: datetime) -> datetime | None:
            promise = pipelines.promise(known, region, newest, held, now=now)
            return promise.due if promise.holds else None

        return promised

    def _is_old(self, heard: Heard, now: datetime) -> bool:
        """Whether a run says how it was, not how it is; that a monitor did not run is news whenever it is told."""
        if heard.verdict in {Verdict.PASSED, Verdict.MISSED}:
            return False
        known_by = now - OLD
        return self._journeys.stale(heard) <= max(self._caught_up or known_by, known_by)

    def _is_late(self, known: Known, heard: Heard) -> bool:
        """Whether nobody had this run when the next one was due already: its record was sent later, or imported."""
        if known.watched or self._caught_up is None:
            return False
        due = self._journeys.next_by(heard)
        return due is not None and due <= self._caught_up
