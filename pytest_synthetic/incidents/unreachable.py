"""Addresses that do not take what they are sent: an incident of their own, which the other addresses are told of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alerting.words import said
from pytest_synthetic.incidents.courier import NEEDLESS
from pytest_synthetic.model.alerting import Action, Case, Kind, Problem, Severity, What
from pytest_synthetic.model.reasons import Because, Reason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from pytest_synthetic.incidents.courier import Report
    from pytest_synthetic.model.alerting import Incident, Post

DOWN_AFTER = 3
"""Tries that fail before an address is said to be down."""


def changes(
    reports: Sequence[Report], incidents: Iterable[Incident], addresses: Collection[str], now: datetime
) -> list[tuple[Action, Case]]:
    """Which addresses went down, and which take letters again. `addresses` are the digests of all that are set."""
    down = {case.problem.journey: case for incident in incidents for case in incident.standing if _is_ours(case)}
    found = {journey: _over(case, now, Because.UNSET) for journey, case in _unset(down, addresses)}
    for report in reports:
        journey = _journey(report.post)
        if report.sent and journey in down:
            found[journey] = _over(down[journey], now, Because.TAKES_AGAIN)
        elif _is_down(report) and journey not in down and report.post.address in addresses:
            found[journey] = _opened(report, now)
    return list(found.values())


def _is_ours(case: Case) -> bool:
    return case.problem.kind is Kind.UNDELIVERED


def _unset(down: dict[str, Case], addresses: Collection[str]) -> Iterator[tuple[str, Case]]:
    return ((journey, case) for journey, case in down.items() if address_in(journey) not in addresses)


def _is_down(report: Report) -> bool:
    if report.sent or report.why == NEEDLESS:
        return False
    return report.again is None or report.post.tries + 1 >= DOWN_AFTER


def _journey(post: Post) -> str:
    return f"alerts/{post.route}/{post.address}"


def address_in(journey: str) -> str:
    """The digest of the address that such a problem is about."""
    return journey.rpartition("/")[2]


def _opened(report: Report, now: datetime) -> tuple[Action, Case]:
    post = report.post
    problem = Problem(
        journey=_journey(post),
        kind=Kind.UNDELIVERED,
        severity=Severity.TICKET,
        opened=now,
        first_bad=post.at,
        last_good=None,
        regions=(),
        run_id="",
        claim=report.why,
        failed=post.tries + 1,
        said=post.tries + 1,
    )
    case = Case(problem=problem, name=f"{post.label} [alerts.{post.route}]", remind=None)
    why = f"{post.label} did not take an alert: {report.why}"
    return Action(What.OPENED, problem, now, why, (Reason(because=Because.REFUSED),)), case


def _over(case: Case, now: datetime, because: Because) -> tuple[Action, Case]:
    reasons = (Reason(because=because),)
    return Action(What.RESOLVED, case.problem, now, said(reasons), reasons), case
