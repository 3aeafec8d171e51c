"""What is normal for a journey: how its runs ended when nothing was wrong, as the history has them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pytest_synthetic.core.schedule import EPOCH
from pytest_synthetic.history.excluding import Exclusion
from pytest_synthetic.model.history import Counts, Selection
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.model.alerting import Case, Incident
    from pytest_synthetic.model.maintenance import Maintenance

LEARNT_FROM = timedelta(days=365)
"""So much of the history is looked at, but for incidents: see `charts.learnt`."""
TOGETHER = timedelta(minutes=5)
"""Cases of an incident that end so close to each other are left out as one."""
A_DAY = timedelta(days=1)


def normal_counts(
    history: SqlHistory,
    incidents: Iterable[Incident],
    now: datetime,
    *,
    until: datetime | None = None,
    away: Iterable[Maintenance] = (),
) -> dict[str, Counts]:
    """How the runs of each journey ended of late, but for those in maintenance and in incidents that customers felt.

    `until`: only those that began before; all, when it is not given.
    An incident counts from its beginning, for one that came back tells when each journey failed first since then. Days
    whose runs are gone are taken as a whole, or not at all when there was such an incident.
    """
    since = now - LEARNT_FROM
    told: dict[str, Counts] = defaultdict(Counts)
    for journey, counts in _ended(history, Selection(since=since, until=until)):
        told[journey] += counts
    for (journey, *_), counts in Exclusion(history, away).counts(Selection(since=since, until=until or now)).items():
        told[journey] = _without(told[journey], counts)
    for incident in incidents:
        for chosen in _felt(incident, since, min(until or now, now)):
            for journey, counts in _ended(history, chosen):
                told[journey] = _without(told[journey], counts)
    return told


def _felt(incident: Incident, since: datetime, now: datetime) -> Iterator[Selection]:
    """The runs of an incident that customers felt, its earlier parts among them; cases that end together at once."""
    alike: dict[tuple[frozenset[str], int], list[Case]] = defaultdict(list)
    for case in incident.cases:
        if case.problem.kind.verdict is Verdict.FAILED:
            end = min(case.resolved or now, now)
            alike[frozenset({*case.problem.regions, *case.ever}), (EPOCH - end) // TOGETHER].append(case)
    for (regions, _), cases in alike.items():
        start = max(since, min(incident.began, *(case.problem.first_bad for case in cases)))
        end = max(min(case.resolved or now, now) for case in cases)
        if start < end:
            journeys = tuple(case.problem.journey for case in cases)
            yield Selection(journeys=journeys, regions=tuple(sorted(regions)), since=start, until=end)


def _ended(history: SqlHistory, chosen: Selection) -> Iterator[tuple[str, Counts]]:
    """By journey, of runs and of the days that are left of older ones, which are touched by the selection."""
    days = replace(chosen, since=_midnight(chosen.since), until=chosen.until and _midnight(chosen.until + A_DAY))
    for found in (history.counts(chosen, ("journey",)), history.day_counts(days, ("journey",))):
        yield from ((journey, counts) for (journey,), counts in found.items())


def _midnight(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _without(counts: Counts, gone: Counts) -> Counts:
    """The runs that said something, without some of them."""
    return Counts(
        passed=max(0, counts.passed - gone.passed),
        degraded=max(0, counts.degraded - gone.degraded),
        failed=max(0, counts.failed - gone.failed),
    )
