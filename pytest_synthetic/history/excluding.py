"""Runs of a history that started in maintenance: what targets are kept without."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from pytest_synthetic.analysis.maintenance import A_DAY, FIRST, LAST, applying, covers, cut_days, spans
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.errors import UsageError, did_you_mean
from pytest_synthetic.history.answers_journeys import ids
from pytest_synthetic.history.windows import all_windows, resolved
from pytest_synthetic.history.writing import name_of
from pytest_synthetic.model.history import Counts, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.history.queries import JourneyFacts
    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.model.history import Selection
    from pytest_synthetic.model.maintenance import Maintenance

PLACE = ("journey", "region", "device")
REASON_WIDTH = 200


def exclusion(settings: Settings, root: Path, history: SqlHistory) -> Exclusion:
    """What a history has in maintenance, whoever said so. Raises HistoryUnavailable."""
    complaints: list[str] = []
    return Exclusion(history, all_windows(settings, root, history, complaints.append), complaints)


class Exclusion:
    """The windows of maintenance, and what a history has in them. Without a window nothing is asked of the history.

    What a window says of a journey's stage and owner is compared with what the newest run says.
    """

    def __init__(self, history: SqlHistory, given: Iterable[Maintenance] = (), complaints: Iterable[str] = ()) -> None:
        """`complaints` tell of windows that could not be read."""
        self._history = history
        self._given = tuple(given)
        self._complaints = tuple(complaints)
        self._applying = cache(self._found)
        self._spans = cache(self._cut)

    # -- whom it concerns --------------------------------------------------------------------------------------------

    @cached_property
    def _known(self) -> Mapping[str, JourneyFacts]:
        return self._history.journeys()

    @cached_property
    def _began(self) -> datetime | None:
        return self._history.began()

    @cached_property
    def _regions(self) -> list[str]:
        return self._history.regions()

    @cached_property
    def _windows(self) -> tuple[Maintenance, ...]:
        return resolved(self._given, self._known)

    def _found(self, journey: str, region: str) -> tuple[Maintenance, ...]:
        facts = self._known.get(journey)
        stage, owner = (facts.stage, facts.owner) if facts else (None, None)
        return applying(self._windows, journey=journey, stage=stage, owner=owner, region=region)

    def notes(self) -> Iterator[str]:
        """What people should know of the windows: those that cannot be read, and names in them that nobody has."""
        yield from self._complaints
        if self._given and self._known:
            yield from self._unknown()

    def _unknown(self) -> Iterator[str]:
        """Names that nothing in the history has: slips of the pen, or what has not run yet."""
        owners = {facts.owner for facts in self._known.values() if facts.owner}
        for window in self._given:
            for name in window.journeys:
                try:
                    ids(self._known, (name,))
                except UsageError as error:
                    yield f"maintenance.{window.name}: {error}"
            for kind, told, there in (("owner", window.owners, owners), ("region", window.regions, self._regions)):
                for name in told:
                    if name not in there:
                        yield f"maintenance.{window.name}: no run has the {kind} {name!r}. {did_you_mean(name, there)}"

    def reasons(self, journeys: Iterable[str], since: datetime, until: datetime) -> Iterator[str]:
        """The windows in that time that concern one of the journeys, and say why they are."""
        places = [(journey, region) for journey in journeys for region in self._regions] if self._given else ()
        concern = {window for place in places for window in self._applying(*place) if window.reason}
        for window in sorted(concern, key=lambda window: window.name):
            if self._spans((window,), Span(start=since, end=until)):
                yield f'Left out, maintenance "{window.name}": {one_line(window.reason or "", REASON_WIDTH)}'

    # -- when --------------------------------------------------------------------------------------------------------

    def spans(self, journey: str, region: str, within: Span) -> tuple[Span, ...]:
        """The times of maintenance of a journey in a region, in order and apart."""
        if not self._given:
            return ()
        return self._spans(self._applying(journey, region), within)

    def _cut(self, windows: tuple[Maintenance, ...], within: Span) -> tuple[Span, ...]:
        return spans(windows, within) if windows else ()

    def seconds(self, journey: str, regions: Sequence[str], within: Span) -> float:
        """How much of a span is maintenance: the mean of the regions, one of which may be given several times.

        What lies before the first moment of which the history knows anything is left out.
        """
        if not self._given or not self._began or not regions or self._began >= within.end:
            return 0.0
        since = Span(start=max(within.start, self._began), end=within.end)
        told = [sum(span.seconds for span in self.spans(journey, region, since)) for region in regions]
        return sum(told) / len(told)

    def covers(self, journey: str, region: str, moment: datetime) -> bool:
        """Whether a run that started then is in maintenance. None is that a clock from far away in the future tells."""
        if not self._given or moment >= LAST:
            return False
        day = FIRST + (moment - FIRST) // A_DAY * A_DAY
        journey, region = name_of(journey), name_of(region)
        return covers(self.spans(journey, region, Span(start=day, end=day + A_DAY)), moment)

    # -- what is there -----------------------------------------------------------------------------------------------

    def counts(self, chosen: Selection) -> dict[tuple[Any, ...], Counts]:
        """How the chosen runs in maintenance ended, by PLACE; `chosen` has a beginning and an end.

        Days whose runs are gone are taken as a whole or not at all: see `cut_days`.
        """
        found: dict[tuple[Any, ...], Counts] = defaultdict(Counts)
        for group, times in self._groups(chosen):
            part = replace(chosen, journeys=tuple(dict.fromkeys(journey for journey, _ in group)))
            whole = (span for span in times if span.end - span.start >= A_DAY)
            days = (self._history.day_counts(replace(part, since=span.start, until=span.end), PLACE) for span in whole)
            for told in (self._history.counts_within(part, PLACE, times), *days):
                for key, counts in told.items():
                    if key[:2] in group:
                        found[key] += counts
        return dict(found)

    def _groups(self, chosen: Selection) -> Iterator[tuple[set[tuple[str, str]], tuple[Span, ...]]]:
        """Journeys and regions that share their windows, with the times of these."""
        within = self._within(chosen) if self._given else None
        if within is None:
            return
        groups: dict[tuple[Maintenance, ...], set[tuple[str, str]]] = defaultdict(set)
        for journey in chosen.journeys or self._known:
            for region in self._regions:
                groups[self._applying(journey, region)].add((journey, region))
        for shared, places in groups.items():
            if times := self._spans(shared, within):
                yield places, times

    def _within(self, chosen: Selection) -> Span | None:
        """From the first moment of which anything is known: before it, no time of maintenance needs to be found."""
        if self._began is None or chosen.since is None or chosen.until is None:
            return None
        start = max(chosen.since, self._began)
        return Span(start=start, end=chosen.until) if start < chosen.until else None

    def cut_days(self, chosen: Selection) -> dict[str, int]:
        """For each journey how many days whose runs are gone are in maintenance in part: they cannot be told apart."""
        found: dict[str, int] = {}
        for group, times in self._groups(chosen):
            part = replace(chosen, journeys=tuple(dict.fromkeys(journey for journey, _ in group)))
            for journey, number in self._history.days_there(part, cut_days(times)).items():
                found[journey] = max(number, found.get(journey, 0))
        return found
