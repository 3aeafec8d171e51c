"""Runs that are replayed, as they were known at each moment of the past."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING

from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from pytest_synthetic.history.alert_book import Heard
    from pytest_synthetic.history.queries import JourneyFacts
    from pytest_synthetic.incidents.pipelines import Recall
    from pytest_synthetic.model.journey import Schedule


class Recalled:
    """A `Recall` of runs that are replayed; those `before` the first of them are asked of the history."""

    def __init__(
        self, heard: Iterable[Heard], facts: Mapping[str, JourneyFacts], first: datetime, before: Recall | None = None
    ) -> None:
        """`first` is where the replay begins. Schedules are those of today."""
        self._facts = facts
        self._first = first
        self._before = before
        self._runs: dict[tuple[str, str], list[tuple[datetime, datetime]]] = defaultdict(list)
        for each in heard:
            if each.scheduled is None and each.verdict is not Verdict.MISSED:
                self._runs[each.journey, each.region].append((each.started, each.ended))
        for runs in self._runs.values():
            runs.sort()

    def schedule(self, journey: str) -> Schedule | None:
        """The schedule of a journey."""
        facts = self._facts.get(journey)
        return facts.schedule if facts else None

    def began(self, journey: str, region: str, since: datetime, until: datetime) -> Sequence[datetime]:
        """When first attempts began since then of which the record was there at `until`, oldest first."""
        runs = self._runs.get((journey, region), [])
        within = runs[bisect_left(runs, (since, since)) : bisect_left(runs, (until, until))]
        told = [began for began, ended in within if ended <= until]
        if since >= self._first or self._before is None:
            return told
        earlier = self._before.began(journey, region, since, min(self._first, until))
        return [*(began for began in earlier if began < self._first), *told]
