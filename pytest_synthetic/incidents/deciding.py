"""One decision on a journey: runs as its rule judges them, and what is in maintenance; live, and in a replay."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alerting import decide

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from pytest_synthetic.analysis.alerting import Decision, State
    from pytest_synthetic.analysis.alerting.listening import Promised
    from pytest_synthetic.history.alert_book import Heard
    from pytest_synthetic.history.windows import Windows
    from pytest_synthetic.incidents.journeys import Journeys, Known


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
                held=held(each.region, each.started),
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

    def _is_late(self, known: Known, heard: Heard) -> bool:
        """Whether nobody had this run when the next one was due already: its record was sent later, or imported."""
        if known.watched or self._caught_up is None:
            return False
        due = self._journeys.next_by(heard)
        return due is not None and due <= self._caught_up
