"""What the alerter would have decided on runs of the past, and of what it would have told people."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from pytest_synthetic.analysis.incidents import due, gather, still_matters
from pytest_synthetic.incidents.cases import case_of
from pytest_synthetic.incidents.deciding import Deciding
from pytest_synthetic.model.alerting import Kind, Severity, Turn, What
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from pytest_synthetic.analysis.alerting import State
    from pytest_synthetic.history.alert_book import Heard
    from pytest_synthetic.history.windows import Windows
    from pytest_synthetic.incidents.journeys import Journeys, Known
    from pytest_synthetic.model.alerting import Action, Incident, Notice
    from pytest_synthetic.model.run import RunResult

    Records = Callable[[Iterable[str]], Mapping[str, RunResult]]

MINUTE = timedelta(minutes=1)
"""How often it is asked what the passing of time alone brings, while something stands."""
JUST_AFTER = timedelta(seconds=1)


class Spell(NamedTuple):
    """A problem from its first bad run to its end. `over` None: it stood when the replay ended."""

    journey: str
    kind: Kind
    severity: Severity
    first_bad: datetime
    opened: datetime
    over: datetime | None


class Told(NamedTuple):
    """A time at which people would have been told."""

    turn: Turn
    severity: Severity
    at: datetime
    incident: str
    journeys: tuple[str, ...]


class Replay:
    """Runs go in, in the order in which they ended; what would have been told comes out."""

    def __init__(self, journeys: Journeys, away: Windows, records: Records | None = None) -> None:
        """`records` are the whole records of runs, which tell problems of one cause; they may be gone."""
        self._journeys = journeys
        self._deciding = Deciding(journeys, away)
        self._records = records or (lambda _: {})
        self._states: dict[str, State] = {}
        self._due: dict[str, dict[str, datetime | None]] = defaultdict(dict)
        self._put_off: dict[str, list[Heard]] = defaultdict(list)
        self._asks: list[tuple[datetime, str]] = []
        self._asked: dict[str, datetime] = {}
        self._standing: dict[str, Incident] = {}
        self._severities: dict[str, Severity] = {}
        self._looked: datetime | None = None
        self._open: dict[tuple[str, Kind], Spell] = {}
        self._over: list[Spell] = []
        self.incidents: dict[str, Incident] = {}
        self.told: list[Told] = []

    @property
    def spells(self) -> list[Spell]:
        """The problems there were, those that are over first."""
        return [*self._over, *self._open.values()]

    def run(self, heard: Iterable[Heard], until: datetime) -> None:
        """Take runs in any order of their beginnings that is nearly right, and what time brings `until` then."""
        for now, each in as_they_ended(heard):
            self._advance(min(now, until))
            if known := self._journeys.by_id.get(each.journey):
                self._hear(known, each, now)
        self._advance(until)

    # -- time --------------------------------------------------------------------------------------------------------

    def _advance(self, now: datetime) -> None:
        """What is said without a run: silence, bad runs that last, reminders."""
        while (at := self._next()) and at <= now:
            if self._asks and self._asks[0][0] <= at:
                self._ask(*heappop(self._asks))
            else:
                self._remind(at)

    def _next(self) -> datetime | None:
        asks = self._asks[0][0] if self._asks else None
        if not self._standing or self._looked is None:
            return asks
        look = self._looked + MINUTE
        return look if asks is None or look < asks else asks

    def _ask(self, at: datetime, journey: str) -> None:
        """Ask for silence, unless a run came meanwhile, and for bad runs that last."""
        known = self._journeys.by_id[journey]
        silent = self._asked.get(journey) == at
        if silent:
            del self._asked[journey]
        if not silent or self._is_silent(journey, at):
            self._take(known, at)
        self._listen(journey, at)

    def _is_silent(self, journey: str, now: datetime) -> bool:
        return any(at < now for at in self._due_by(journey))

    def _due_by(self, journey: str) -> Iterator[datetime]:
        """Until when runs should come, in each region where that is known."""
        return filter(None, self._due[journey].values())

    def _listen(self, journey: str, now: datetime) -> None:
        """Have this journey asked although no run comes: of silence it is once in the queue at a time."""
        if journey not in self._asked and (
            coming := min((at for at in self._due_by(journey) if at >= now), default=None)
        ):
            self._asked[journey] = coming + JUST_AFTER
            heappush(self._asks, (coming + JUST_AFTER, journey))

    def _remind(self, now: datetime) -> None:
        self._looked = now
        gone = [each.id for each in self._standing.values() if not still_matters(each, now)]
        for each in gone:
            del self._standing[each]
        found = due(tuple(self._standing.values()), now)
        self._know(found.incidents, found.notices)

    # -- runs --------------------------------------------------------------------------------------------------------

    def _hear(self, known: Known, heard: Heard, now: datetime) -> None:
        """Good runs while nothing stands are put off until something else is to be decided: they open nothing."""
        state, lasts = self._states.get(known.id), known.rule.policy.lasts
        self._due[known.id][heard.region] = self._journeys.next_by(heard)
        self._listen(known.id, now)
        self._put_off[known.id].append(heard)
        if state is None or state.standing or heard.verdict is not Verdict.PASSED:
            self._take(known, now)
        if lasts and heard.verdict in known.rule.policy.on:
            heappush(self._asks, (heard.started + timedelta(seconds=lasts), known.id))

    def _take(self, known: Known, now: datetime) -> None:
        heard = self._put_off.pop(known.id, [])
        decision = self._deciding.decided(known, self._states.get(known.id), heard, now)
        self._states[known.id] = decision.state
        if decision.actions:
            self._act(known, decision.actions, now)

    def _act(self, known: Known, actions: Iterable[Action], now: datetime) -> None:
        records = self._records(action.problem.run_id for action in actions if action.what is not What.RESOLVED)
        found = [(action, case_of(action.problem, known, records.get(action.problem.run_id))) for action in actions]
        for action in actions:
            self._note(action)
        gathered = gather(tuple(self._standing.values()), found, now)
        self._looked = self._looked if self._standing else now
        self._know(gathered.incidents, gathered.notices)

    def _note(self, action: Action) -> None:
        problem, key = action.problem, (action.problem.journey, action.problem.kind)
        if action.what is What.RESOLVED:
            if spell := self._open.pop(key, None):
                self._over.append(spell._replace(over=action.at))
        elif action.what is What.OPENED:
            self._open[key] = Spell(*key, problem.severity, problem.first_bad, action.at, None)

    def _know(self, incidents: Iterable[Incident], notices: Iterable[Notice]) -> None:
        for each in incidents:
            self._standing[each.id] = self.incidents[each.id] = each
        for notice in notices:
            self._tell(notice)

    def _tell(self, notice: Notice) -> None:
        incident = notice.incident
        turn = notice.turn
        if turn is Turn.UPDATED and incident.severity is not self._severities.get(incident.id, incident.severity):
            turn = Turn.OPENED  # what was a ticket is a page now
        self._severities[incident.id] = incident.severity
        cases = incident.standing or incident.cases
        self.told.append(
            Told(
                turn,
                incident.severity,
                notice.at,
                incident.id,
                tuple(dict.fromkeys(case.problem.journey for case in cases)),
            )
        )


def as_they_ended(heard: Iterable[Heard]) -> Iterator[tuple[datetime, Heard]]:
    """Runs that come in the order in which they began, in the order in which they ended, each with that moment."""
    number = count()
    waiting: list[tuple[datetime, int, Heard]] = []
    for each in heard:
        while waiting and waiting[0][0] <= each.started:
            at, _, first = heappop(waiting)
            yield at, first
        heappush(waiting, (each.ended, next(number), each))
    while waiting:
        at, _, first = heappop(waiting)
        yield at, first
