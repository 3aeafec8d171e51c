"""Problems that belong together become one incident, of which people are told: as much as they need, and not more.

What belongs together. Problems are of four families: customers do not get it (outage, region, leak), they get it worse
than promised (degraded), the monitor cannot say (broken, missed), alerts do not get through (undelivered). Families are
never mixed. A problem belongs to the first of these:

1. an incident that stands and has a problem of the same journey: one journey, one incident of a family. So the same
   step in another region is the same incident;
2. an incident that was over less than half an hour ago and has the journey, or the same fingerprint: it is reopened;
3. an incident that stands and has the same cause: the same fingerprint; a failing step that depends on the same thing;
   for monitors, the same reason in the same region. A region without an agent is one incident for all its journeys. A
   cause counts for an hour after the newest problem that has it was opened;
4. an incident that stands and whose newest problem was opened less than five minutes ago: a thousand journeys that fail
   at once have one reason, also when nobody knows it yet.

Else it is a new incident. Of two that fit, the one with the newest problem is taken.

What people are told. Opened and resolved at once. More journeys, or a journey bad in more regions than ever before: an
update, at most one each five minutes, or as often as people are reminded if that is more often; what comes between is
told with the next one (`due`). What was a ticket and becomes a page is told at once. While it flaps nothing is said of
opening and closing: see `flapping`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from pytest_synthetic.analysis.alerting.words import said
from pytest_synthetic.analysis.flapping import flaps
from pytest_synthetic.analysis.incident_causes import Causes, seat_of
from pytest_synthetic.analysis.incident_draft import (
    BACK,
    BETWEEN_UPDATES,
    GREW,
    JOINED,
    SPELLED,
    Draft,
    between_updates,
    last_told,
    spelled,
    told_of,
    untold,
)
from pytest_synthetic.model.alerting import Entry, Incident, Notice, Turn, What
from pytest_synthetic.model.reasons import Because, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_synthetic.model.alerting import Action, Case

REOPENS_WITHIN = timedelta(minutes=30)
"""An incident that comes back so soon after it was over is the same one."""


class Gathered(NamedTuple):
    """The incidents that changed, new ones too, and of what people are to be told, in this order."""

    incidents: tuple[Incident, ...]
    notices: tuple[Notice, ...]


class Before(NamedTuple):
    """When a fingerprint was seen last, and in which incident."""

    at: datetime
    incident: str


_STORED = timedelta(milliseconds=1)
"""The outbox keeps moments no finer than this."""

STEADY = Reason(because=Because.STEADY)

_NEWS = {Turn.OPENED, Turn.UPDATED, Turn.REOPENED, JOINED, GREW, BACK}

NEVER_BEFORE: Mapping[str, Before] = MappingProxyType({})


def still_matters(incident: Incident, now: datetime) -> bool:
    """Whether `gather` and `due` must be given it: it stands, it flaps, or it was over a short while ago."""
    return incident.resolved is None or incident.flapping or now - incident.resolved <= REOPENS_WITHIN


def gather(
    incidents: Sequence[Incident],
    found: Sequence[tuple[Action, Case]],
    now: datetime,
    *,
    before: Mapping[str, Before] = NEVER_BEFORE,
) -> Gathered:
    """Put what became of problems into incidents: those that are given, and new ones.

    `incidents` are all that still matter; the case of an action has the action's problem. `before` tells of
    fingerprints that other incidents had. The same actions again change nothing and tell nothing.
    """
    gathering = _Gathering([incident for incident in incidents if still_matters(incident, now)], before)
    for action, case in found:
        gathering.take(action, case if case.problem is action.problem else replace(case, problem=action.problem))
    finished = [draft.finished(now) for draft in gathering.drafts if draft.touched]
    return Gathered(
        tuple(incident for incident, _ in finished), tuple(notice for _, told in finished for notice in told)
    )


class _Gathering:
    """All incidents as drafts, with an index of those that stand and one of those that were over lately."""

    def __init__(self, incidents: Sequence[Incident], before: Mapping[str, Before]) -> None:
        self.drafts = [Draft(incident) for incident in incidents]
        self._before = before
        self._standing: Causes[Draft] = Causes()
        self._lately: Causes[Draft] = Causes()
        for draft in sorted(self.drafts, key=_opened):  # of two, the newer one is found
            index = self._standing if draft.before.resolved is None else self._lately
            for case in draft.before.cases:
                index.add(draft, case)

    def take(self, action: Action, case: Case) -> None:
        """Put one action where it belongs."""
        draft = self._draft_of(case)
        if action.what is What.RESOLVED:
            if draft is not None:
                draft.put(action, case)
            return
        if draft is None:
            draft = self._opened(case)
        if not _said_already(draft, action):
            draft.put(action, case)
            self._standing.add(draft, case)

    def _draft_of(self, case: Case) -> Draft | None:
        return (
            self._standing.of_journey(case.problem)
            or self._lately.of_journey(case.problem)
            or self._lately.of_fingerprint(case)
            or self._standing.of_cause(case)
            or self._standing.of_time(case)
        )

    def _opened(self, case: Case) -> Draft:
        draft = Draft.opened_by(case)
        seen = self._before.get(case.problem.fingerprint or "")
        if seen is not None:
            draft.before = replace(draft.before, before=seen.at, before_id=seen.incident)
        self.drafts.append(draft)
        return draft


def _opened(draft: Draft) -> datetime:
    return draft.before.opened


def _said_already(draft: Draft, action: Action) -> bool:
    """Whether an action comes a second time, or is older than what is known of its problem."""
    case, problem = draft.case_at(seat_of(action.problem)), action.problem
    if case is None or case.problem.kind is not problem.kind:
        return False
    if case.resolved is None:
        return case.problem == problem and (action.what is What.OPENED or _in_time_line(draft, action.why))
    return case.problem.opened == problem.opened and action.at <= case.resolved


def _in_time_line(draft: Draft, why: str) -> bool:
    return any(why in entry.why for entry in draft.before.entries)


def due(incidents: Sequence[Incident], now: datetime) -> Gathered:
    """What the passing of time alone brings: updates that waited, reminders, the end of flapping."""
    changed, notices = [], []
    for incident in incidents:
        notice = _due(incident, now)
        if notice is not None:
            changed.append(notice.incident)
            notices.append(notice)
    return Gathered(tuple(changed), tuple(notices))


def _due(incident: Incident, now: datetime) -> Notice | None:
    if incident.flapping and not flaps(incident.flips, now, flapping=True):
        turn = Turn.UPDATED if incident.resolved is None else Turn.RESOLVED
        return _notice(
            replace(incident, flapping=False), Entry(at=now, what=turn, why=said([STEADY]), reasons=(STEADY,))
        )
    if incident.resolved is not None:
        return None
    waited = _since(last_told(incident), now)
    if waited >= between_updates(incident) and (entries := untold(incident)):
        return _notice(incident, _together(entries, now))
    remind = min((case.remind for case in incident.standing if case.remind is not None), default=None)
    if remind is None or incident.flapping or waited.total_seconds() < remind:
        return None
    return _notice(incident, Entry(at=now, what=Turn.REMINDED, why="it stands still"))


def _since(moment: datetime, now: datetime) -> timedelta:
    """How long ago it was; very long when the clock was set back since."""
    return now - moment if moment - now < BETWEEN_UPDATES else timedelta.max


def _together(entries: Sequence[Entry], now: datetime) -> Entry:
    """Lines of which nobody was told yet, as one that is told."""
    reasons = [reason for entry in entries for reason in entry.reasons]
    names = list(dict.fromkeys(reason.name for reason in reasons))
    return Entry(
        at=now,
        what=Turn.UPDATED,
        why=spelled([entry.why for entry in entries]),
        reasons=tuple(reason for reason in reasons if reason.name in names[:SPELLED]),
        others=sum(entry.others for entry in entries) + len(names[SPELLED:]),
    )


def _notice(incident: Incident, entry: Entry) -> Notice:
    return Notice(Turn(entry.what), told_of(incident, entry), entry.at)


def settle(incident: Incident, notice: Notice, route: str, *, sent: bool, now: datetime) -> Incident:
    """The incident, as it is by now, after a route was told of a notice, or could not be.

    A route knows of it only after a message went out. Once it is over no route does, also when the message that says so
    did not go out. A route that was told since then that it is back keeps knowing.
    """
    told = dict(incident.told)
    if notice.turn is Turn.RESOLVED:
        if incident.resolved is not None or told.get(route, now) <= notice.at:
            told.pop(route, None)
    elif sent:
        told[route] = now
    return replace(incident, told=told, entries=_with_told(incident, notice, route) if sent else incident.entries)


def _is_of(entry: Entry, notice: Notice) -> bool:
    """Whether a line of the time line is of a notice, which the outbox may have rounded."""
    return abs(entry.at - notice.at) < _STORED and entry.what == notice.turn.value


def news_of(notice: Notice) -> Entry | None:
    """The line that says why people are told of it now; None: it is told for another reason, or by an older version.

    Who reads of it as opened may do so later than others: what was news last counts.
    """
    known = [entry for entry in notice.incident.entries if entry.reasons and entry.at < notice.at + _STORED]
    if notice.turn is Turn.OPENED:
        return next((entry for entry in reversed(known) if entry.what in _NEWS and entry.reasons != (STEADY,)), None)
    return next((entry for entry in reversed(known) if _is_of(entry, notice)), None)


def heard(incident: Incident) -> frozenset[str]:
    """The routes that were told of it at any time, also of what was over since."""
    return frozenset(incident.told).union(*(entry.told for entry in incident.entries))


def _with_told(incident: Incident, notice: Notice, route: str) -> tuple[Entry, ...]:
    """Who hears of it later than others reads of it as opened: the line of that is the last one."""
    entries = list(incident.entries)
    until = [number for number, entry in enumerate(entries) if entry.at < notice.at + _STORED]
    of_it = [number for number in until if _is_of(entries[number], notice)] or until
    if of_it:
        entry = entries[of_it[-1]]
        entries[of_it[-1]] = replace(entry, told=tuple(dict.fromkeys((*entry.told, route))))
    return tuple(entries)


def hang(incident: Incident, blocked: Mapping[str, Sequence[str]]) -> Incident:
    """With the names of journeys that were not tried, under the standing cases of the journeys (ids) that block them.

    Names are added to those that hang there already. The same incident when there is nothing to add.
    """
    cases = tuple(
        replace(case, blocked=tuple(dict.fromkeys((*case.blocked, *blocked[case.problem.journey]))))
        if case.resolved is None and case.problem.journey in blocked
        else case
        for case in incident.cases
    )
    return incident if cases == incident.cases else replace(incident, cases=cases)
