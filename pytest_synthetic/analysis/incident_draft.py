"""An incident while problems are put into it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from pytest_synthetic.analysis.flapping import WINDOW, flaps
from pytest_synthetic.analysis.incident_causes import seat_of
from pytest_synthetic.model.alerting import Case, Entry, Incident, Kind, Notice, Severity, Turn, What

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_synthetic.analysis.incident_causes import Seat
    from pytest_synthetic.model.alerting import Action
    from pytest_synthetic.model.reasons import Reason

BETWEEN_UPDATES = timedelta(minutes=5)
"""Between two updates of an incident, unless it is reminded of more often."""

LONGEST_TIME_LINE = 200
SPELLED = 3
"""So many journeys are told with their reasons, of those that changed at once; the others are counted."""
_LONGEST_WHY = 300

JOINED = "joined"
"""What the time line calls a journey that is new in an incident, of which nobody was told yet."""
GREW = "grew"
"""More regions, or a graver severity, of which nobody was told yet."""
BACK = "back"
"""A journey that was over and is not; others stood meanwhile, or it flaps."""
CHANGED = "changed"
"""Fewer regions, less severe, another reason."""
OVER = "over"
"""A journey is over; others stand, or it flaps."""
_GRAVEST_FIRST = (JOINED, GREW, BACK, CHANGED, OVER)


class Change(NamedTuple):
    """What an action changed in an incident, in the words of its time line."""

    word: str
    name: str
    why: str
    reasons: tuple[Reason, ...] = ()


def incident_id(at: datetime, journey: str, kind: Kind) -> str:
    """8 letters and digits of the first problem's moment, journey and kind: after a crash the same ones again."""
    told = "\0".join((at.astimezone(UTC).isoformat(), journey, kind))
    return base64.b32encode(hashlib.sha256(told.encode("utf-8", "replace")).digest())[:8].decode().lower()


class Draft:
    """An incident while problems are put into it; `finished` says what became of it."""

    def __init__(self, incident: Incident, *, new: bool = False) -> None:
        self.before = incident
        self._new = new
        self._was_open = not new and incident.resolved is None
        self._changes: list[Change] = []
        self._cases: dict[Seat, Case] = {}
        self._ever: dict[str, set[str]] = {}
        for case in incident.cases:
            self._cases[seat_of(case.problem)] = case
            self._ever.setdefault(case.problem.journey, set()).update(case.ever, case.problem.regions)

    @classmethod
    def opened_by(cls, case: Case) -> Draft:
        """A new incident, still without the case that opens it."""
        problem = case.problem
        incident = Incident(
            id=incident_id(problem.opened, problem.journey, problem.kind),
            opened=problem.opened,
            began=problem.first_bad,
            changed=problem.opened,
            severity=problem.severity,
            cases=(),
        )
        return cls(incident, new=True)

    @property
    def touched(self) -> bool:
        """Whether anything changed."""
        return bool(self._changes)

    @property
    def over(self) -> bool:
        """Whether no case stands."""
        return all(case.resolved is not None for case in self._cases.values())

    def case_at(self, seat: Seat) -> Case | None:
        """The case of a seat, also one that is over."""
        return self._cases.get(seat)

    def put(self, action: Action, case: Case) -> None:
        """Put what became of a problem into the incident. The end of a problem that is not there changes nothing."""
        seat = seat_of(action.problem)
        old = self._cases.get(seat)
        if action.what is not What.RESOLVED:
            self._stand(action, case, old)
        elif old is not None and old.resolved is None and old.problem.kind is action.problem.kind:
            gone = any(reason.because.unseen for reason in action.reasons)
            self._cases[seat] = self._with_past(replace(case, gone=gone), old, resolved=action.at)
            self._note(OVER, case, action)

    def _stand(self, action: Action, case: Case, old: Case | None) -> None:
        problem = action.problem
        known = self._ever.get(problem.journey)
        graver = problem.severity is Severity.PAGE and (old is None or old.problem.severity is not Severity.PAGE)
        if known is None:
            word = JOINED
        elif not known.issuperset(problem.regions) or graver:
            word = GREW
        elif old is None or old.resolved is not None:
            word = BACK
        else:
            word = CHANGED
        self._ever.setdefault(problem.journey, set()).update(problem.regions)
        self._cases[seat_of(problem)] = self._with_past(case, old, resolved=None)
        self._note(word, case, action)

    def _with_past(self, case: Case, old: Case | None, *, resolved: datetime | None) -> Case:
        """The case as it stands now, with what the one before it knew and the new one cannot know."""
        past = old or case
        problem = case.problem
        if old is not None and old.resolved is None:
            problem = replace(problem, first_bad=min(problem.first_bad, old.problem.first_bad))
        return replace(
            case,
            problem=problem,
            runbook=case.runbook or past.runbook,
            revenue_per_hour=past.revenue_per_hour if case.revenue_per_hour is None else case.revenue_per_hour,
            ever=_both(past.ever, case.problem.regions),
            blocked=_both(past.blocked, case.blocked),
            carriers=_both(past.carriers, case.carriers),
            evidence=case.evidence or (past.evidence if past.problem.run_id == problem.run_id else None),
            resolved=resolved,
        )

    def _note(self, word: str, case: Case, action: Action) -> None:
        reasons = tuple(replace(reason, name=case.name) for reason in action.reasons)
        self._changes.append(Change(word, case.name, action.why, reasons))

    # -- what became of it ---------------------------------------------------------------------------------------------

    def finished(self, now: datetime) -> tuple[Incident, list[Notice]]:
        """The incident as it is now, and of what people are to be told."""
        incident = self._as_it_stands(now)
        turns = self._turns(incident, now)
        line = self._line(now)
        if not turns:
            word = min((change.word for change in self._changes), key=_GRAVEST_FIRST.index)
            return with_entry(incident, replace(line, what=word)), []
        notices = []
        for turn in turns:
            incident = told_of(incident, replace(line, what=turn.value))
            notices.append(Notice(turn, incident, now))
        return incident, notices

    def _line(self, now: datetime) -> Entry:
        """What changed, as a line of the time line."""
        changes = list(dict.fromkeys(self._changes))  # what is broken and missed does not run any more once
        return Entry(
            at=now,
            what="",
            why=spelled([f"{change.name}: {change.why}" for change in changes]),
            reasons=tuple(reason for change in changes[:SPELLED] for reason in change.reasons),
            others=max(0, len(changes) - SPELLED),
        )

    def _as_it_stands(self, now: datetime) -> Incident:
        cases = tuple(self._cases.values())
        over = [case.resolved for case in cases if case.resolved is not None]
        resolved = max(over) if len(over) == len(cases) else None
        flipped = not self._new and self._was_open == (resolved is not None)
        flips = tuple(flip for flip in self.before.flips if abs(now - flip) < WINDOW) + ((now,) if flipped else ())
        return replace(
            self.before,
            cases=cases,
            began=min(self.before.began, *(case.problem.first_bad for case in cases)),
            severity=self._gravest(cases, resolved),
            changed=now,
            resolved=resolved,
            flips=flips,
            flapping=flaps(flips, now, flapping=self.before.flapping),
        )

    def _gravest(self, cases: Iterable[Case], resolved: datetime | None) -> Severity:
        """It never falls while the incident stands; one that is opened again begins with what stands."""
        standing = [case.problem.severity for case in cases if case.resolved is None]
        again = resolved is None and not (self._was_open or self._new)
        found = standing if again else [*standing, self.before.severity]
        return Severity.PAGE if Severity.PAGE in found else Severity.TICKET

    def _turns(self, incident: Incident, now: datetime) -> list[Turn]:
        stands = incident.resolved is None
        if self._new:
            return [Turn.OPENED] if stands else [Turn.OPENED, Turn.RESOLVED]
        if incident.flapping and not self.before.flapping:
            return [Turn.FLAPPING]
        if not incident.flapping and stands is not self._was_open:
            return [Turn.REOPENED if stands else Turn.RESOLVED]
        return [Turn.UPDATED] if stands and self._to_update(incident, now) else []

    def _to_update(self, incident: Incident, now: datetime) -> bool:
        """Who sleeps because of a ticket is woken at once when it becomes a page; else updates wait for each other."""
        if incident.severity is Severity.PAGE is not self.before.severity:
            return True
        grown = any(change.word in {JOINED, GREW} for change in self._changes)
        return grown and abs(now - last_told(incident)) >= between_updates(incident)


def _both(some: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*some, *more)))


def spelled(whys: Sequence[str]) -> str:
    """`Checkout: fails in 2 of 3 regions; Sign-up: fails in ...; and 998 more`."""
    shown = [why[:_LONGEST_WHY] for why in whys[:SPELLED]]
    rest = len(whys) - len(shown)
    return "; ".join([*shown, f"and {rest:,} more"] if rest else shown)


# -- the time line -----------------------------------------------------------------------------------------------------


def told_of(incident: Incident, entry: Entry) -> Incident:
    """With a turn of which people are to be told, as its line says."""
    incident = with_entry(incident, entry)
    return replace(incident, revision=incident.revision + 1)


def with_entry(incident: Incident, entry: Entry) -> Incident:
    """With a line more in its time line, which keeps the first line and the newest ones."""
    entries = (*incident.entries, entry)
    if len(entries) > LONGEST_TIME_LINE:
        entries = (entries[0], *entries[len(entries) - LONGEST_TIME_LINE + 1 :])
    return replace(incident, entries=entries)


def last_told(incident: Incident) -> datetime:
    """When people were to be told of it last; when it opened, if the time line no longer says so."""
    turns = set(Turn)
    return next((entry.at for entry in reversed(incident.entries) if entry.what in turns), incident.opened)


def between_updates(incident: Incident) -> timedelta:
    """How long an update of it waits for the next: no longer than whoever asked to be reminded is left alone."""
    reminded = [case.remind for case in incident.standing if case.remind is not None]
    return min([BETWEEN_UPDATES, *(timedelta(seconds=seconds) for seconds in reminded)])


def untold(incident: Incident) -> tuple[Entry, ...]:
    """The lines since then of which people would want to be told."""
    turns, found = set(Turn), []
    for entry in reversed(incident.entries):
        if entry.what in turns:
            break
        if entry.what in {JOINED, GREW}:
            found.append(entry)
    return tuple(reversed(found))
