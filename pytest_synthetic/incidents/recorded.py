"""An incident with what the records of its runs say, read when somebody is to be told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_synthetic.alerts.facts import cases_told
from pytest_synthetic.errors import HistoryUnavailable
from pytest_synthetic.incidents.cases import with_run
from pytest_synthetic.incidents.endings import ended

if TYPE_CHECKING:
    from pytest_synthetic.history.alert_book import AlertBook
    from pytest_synthetic.model.alerting import Incident


def recorded(incident: Incident, book: AlertBook) -> Incident:
    """With the evidence of the run that is named, and with the endings; without what cannot be read."""
    return ended(with_newest_runs(incident, book), book)


def with_newest_runs(incident: Incident, book: AlertBook) -> Incident:
    """With what the newest bad runs of the cases that are told say, where that is not known yet."""
    wanted = {case.problem.run_id for case in cases_told(incident) if case.evidence is None} - {""}
    try:
        runs = book.records(wanted) if wanted else {}
    except HistoryUnavailable:  # the letter is more urgent than its evidence
        return incident
    cases = (
        with_run(case, runs[case.problem.run_id]) if case.problem.run_id in runs else case for case in incident.cases
    )
    return replace(incident, cases=tuple(cases)) if runs else incident
