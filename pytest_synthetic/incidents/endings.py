"""What the runs of an incident say when it is over: since when they are good again, and how many were bad."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pytest_synthetic.alerts.body import JOURNEYS_TOLD
from pytest_synthetic.alerts.headline import shown_cases
from pytest_synthetic.analysis.alerting.rows import GOOD
from pytest_synthetic.analysis.spells import stood_from
from pytest_synthetic.errors import HistoryUnavailable
from pytest_synthetic.model.alerting import Ending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_synthetic.history.alert_book import AlertBook, Heard
    from pytest_synthetic.model.alerting import Case, Incident


_THE_LAST = timedelta(milliseconds=1)
"""The run that ended it may have begun at that very moment."""


def ended(incident: Incident, book: AlertBook, most: int = JOURNEYS_TOLD) -> Incident:
    """With the endings of the journeys that a letter tells of, or of so many.

    As it is while it stands, and when nothing is known.
    """
    if incident.resolved is None:
        return incident
    journeys = {case.problem.journey for case in shown_cases(incident)[:most]}
    runs: dict[str, list[Heard]] = defaultdict(list)
    try:
        for run in book.replayed(stood_from(incident), incident.resolved + _THE_LAST, journeys):
            runs[run.journey].append(run)
    except HistoryUnavailable:  # the letter is more urgent than its last lines
        return incident
    return replace(
        incident,
        cases=tuple(replace(case, ending=_ending(case, runs[case.problem.journey])) for case in incident.cases),
    )


def _ending(case: Case, runs: Sequence[Heard]) -> Ending | None:
    """By the runs of its journey."""
    kind, regions = case.problem.kind, {*case.ever, *case.problem.regions}
    own = [run for run in runs if run.region in regions]
    bad = [run.started for run in own if run.verdict is kind.verdict]
    good = [run.started for run in own if run.verdict in GOOD[kind.verdict]]
    if not bad:
        return None
    since = min((started for started in good if started > max(bad)), default=None)
    return Ending(failed=len(bad), said=len(bad) + len(good), good_since=since)
