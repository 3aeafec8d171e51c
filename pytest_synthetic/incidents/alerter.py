"""Reads what was recorded, decides, keeps the incidents, and has people told: one turn after the other.

What a turn reads, it decides about in memory, and writes in one transaction with the letters that are to be sent. So
a process that dies loses nothing and says nothing twice: before the transaction nothing was decided, after it the
letters are in the outbox, from which whoever comes next sends them. One process decides at a time (`leading`), and
where two believe so, the transaction of the second fails.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any

from pytest_synthetic.alerts.message import letter
from pytest_synthetic.analysis.incidents import Before, due, gather, hang, settle
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.errors import HistoryUnavailable
from pytest_synthetic.history.alert_book import MOST, AlertBook, Overtaken, Saved
from pytest_synthetic.history.windows import Windows, all_windows
from pytest_synthetic.incidents.asking import Asking
from pytest_synthetic.incidents.cases import blocked_in, case_of, in_a_line, seen_in
from pytest_synthetic.incidents.courier import NEEDLESS, Courier, tried
from pytest_synthetic.incidents.deciding import Deciding
from pytest_synthetic.incidents.journeys import Journeys, known_journeys, silent_from
from pytest_synthetic.incidents.memory import Memory
from pytest_synthetic.incidents.normal import LEARNT_FROM, normal_counts
from pytest_synthetic.incidents.recipients import newcomers, posts_for
from pytest_synthetic.incidents.recorded import recorded
from pytest_synthetic.incidents.unreachable import changes
from pytest_synthetic.model import wire
from pytest_synthetic.model.alerting import Notice

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from pytest_synthetic.analysis.alerting import Decision, State
    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.history.alert_book import Heard, Upto
    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.incidents.courier import Report
    from pytest_synthetic.incidents.journeys import Known
    from pytest_synthetic.model.alerting import Action, Case, Incident, Letter, Post, Route
    from pytest_synthetic.model.history import Counts
    from pytest_synthetic.model.maintenance import Maintenance

REFRESH = timedelta(minutes=10)
"""How often it is asked anew which journeys there are."""
LEARN = timedelta(hours=6)
"""How often what is normal for a journey is learnt anew."""
PATIENCE = timedelta(seconds=60)
"""So long after the start no monitor is called silent."""
TO = "alerts to "
"""What does not work with an address is called so, and as people see the address."""
SET_BACK = timedelta(seconds=10)
"""A clock that was set back so far: what is known of moments is read anew."""


class Alerter:
    """Turns are of one thread; `wake` may be called by any."""

    def __init__(  # noqa: PLR0913  its parts
        self,
        history: SqlHistory,
        settings: Settings,
        *,
        root: Path,
        clock: Clock,
        redact: Callable[[str], str],
        say: Callable[[str], object],
        wake: Callable[[], object],
        trouble: Callable[[str, str | None], object] = lambda _what, _why: None,
        patience: timedelta = PATIENCE,
        tries: dict[str, Report] | None = None,
    ) -> None:
        """`root` is the folder of the settings where they are in no file.

        `say` hears each notice in a line, `trouble` what does not work. For `patience` after the start no monitor is
        called silent: a watcher that begins beside it writes down first what it missed. `tries` outlives it: letters
        that were sent, although the history did not take that.
        """
        self._history = history
        self._book = AlertBook(history.engine, history.verdicts)
        self._settings = settings
        self._root = root
        self._patience = patience
        self._clock = clock
        self._redact = redact
        self._say = say
        self._trouble = trouble
        self._courier = Courier(self._letter, clock, wake, tries)
        self._courier.addresses(settings.alerts)
        self._memory: Memory | None = None
        self._journeys: Journeys | None = None
        self._refreshed: datetime | None = None
        self._asking = Asking(clock)
        self._last: datetime | None = None
        self._caught_up: datetime | None = None
        self._normal: Mapping[str, Counts] = {}
        self._learnt: datetime | None = None
        self._before: Mapping[str, Before] = {}
        self._strange: set[tuple[str, str]] = set()
        """Journeys and regions that ran, although nothing else tells of them."""
        self._odd: set[str] = set()
        """What cannot be decided on."""
        self._reports: list[Report] = []
        """Tries of which the outcome is not written yet."""

    # -- turns -------------------------------------------------------------------------------------------------------

    def turn(self) -> bool:
        """Look once; whether to look again at once. Raises HistoryUnavailable: nothing is lost, look again later."""
        now = self._clock.now()
        if self._last and self._last - now > SET_BACK:
            self.forget()
        self._last = now
        try:
            return self._turn(now)
        except (HistoryUnavailable, Overtaken) as error:
            self.forget()
            if isinstance(error, Overtaken):
                return True
            raise

    def forget(self) -> None:
        """Another process decides, or nobody knows: what is known here is read anew at the next turn."""
        self._memory = self._caught_up = None
        self._courier.drop()

    def settings(self, settings: Settings) -> None:
        """These count from the next turn on."""
        self._settings = settings
        self._courier.addresses(settings.alerts)
        self._refreshed = None

    def close(self, patience: float = 5.0) -> None:
        """Send no more; what is on its way has so many seconds, and its outcome is written."""
        self._courier.close(patience)
        if self._memory:
            try:
                self._reports += self._courier.reports()
                self._save(self._memory, *self._reported(self._memory, self._reports, self._clock.now()))
            except (HistoryUnavailable, Overtaken):
                return  # it will be sent once more, with the same key

    def _turn(self, now: datetime) -> bool:
        memory = self._remembered(now)
        heard = self._book.unread(memory.upto)
        journeys = self._known(now, heard, memory)
        self._reports += self._courier.reports()
        reports = tuple(self._reports)
        incidents, posts = self._reported(memory, reports, now)
        memory.take(incidents)
        states, found = self._decided(memory, journeys, heard, now)
        self._caught_up = now if len(heard) < MOST else self._caught_up
        found += changes(reports, memory.incidents.values(), self._courier.known, now)
        turned = self._gathered(memory, found, heard, journeys, now)
        touched = {each.id: each for each in (*incidents, *turned[0])}
        new = list(self._posts(memory, journeys, *turned, now))
        upto = memory.went_on(self._book, heard, self._clock.monotonic())
        if not (heard or states or touched or posts or new):
            return self._asking.goes_on
        self._save(memory, touched.values(), [*posts, *new], states=states, upto=upto)
        for notice in turned[1]:
            self._say(self._redact(in_a_line(notice)))
        memory.forget(now)
        return bool(heard) or self._asking.goes_on

    def _posts(
        self, memory: Memory, journeys: Journeys, changed: Sequence[Incident], notices: Sequence[Notice], now: datetime
    ) -> Iterator[Post]:
        """The letters of this turn: of each notice, and to those whom an incident concerns since it grew."""
        routes, waiting = self._settings.alerts, list(memory.posts.values())
        for notice in notices:
            new = posts_for(notice, routes, waiting, journeys.called)
            waiting += new
            yield from new
        told = {notice.incident.id for notice in notices}
        for incident in changed:
            if incident.id not in told:
                yield from newcomers(incident, routes, waiting, now, journeys.called)

    def _remembered(self, now: datetime) -> Memory:
        if self._memory is None:
            self._memory = Memory(self._book, now)
            self._refreshed = None
            self._courier.give(self._memory.posts.values())
        return self._memory

    def _known(self, now: datetime, heard: Sequence[Heard], memory: Memory) -> Journeys:
        new = self._journeys is None or not all(
            map(self._journeys.knows, (each for each in heard if _place(each) not in self._strange))
        )
        if new or self._refreshed is None or now - self._refreshed > REFRESH:
            if not new:
                self._strange.clear()
            self._learn(now, heard)
            clashes: list[str] = []
            self._journeys = known_journeys(
                self._settings, self._history, self._book, self._normal, now, clash=clashes.append
            )
            self._trouble("policies", "; ".join(dict.fromkeys(clashes)) or None)
            gone = ", ".join(sorted(self._book.unreadable))
            self._trouble("incidents", f"cannot be read, and count for nothing: {gone}" if gone else None)
            self._refreshed = now
            self._strange.update(_place(each) for each in heard if not self._journeys.knows(each))
            memory.silent_from = dict.fromkeys(self._journeys.by_id, max(now, memory.since + self._patience))
            self._book.prune(now)
        assert self._journeys is not None  # noqa: S101  for mypy
        return self._journeys

    def _learn(self, now: datetime, heard: Sequence[Heard]) -> None:
        """What is normal, seldom: it counts a year. What came lately and is not decided yet may not be normal."""
        if self._learnt is None or now - self._learnt > LEARN:
            incidents = self._book.incidents(now - LEARNT_FROM)
            self._before = seen_in(incidents)
            until = max(now - LEARN, min((each.started for each in heard), default=now))
            self._normal = normal_counts(self._history, incidents, now, until=until, away=self._maintenance())
            self._learnt = now

    # -- deciding ----------------------------------------------------------------------------------------------------

    def _decided(
        self, memory: Memory, journeys: Journeys, heard: Sequence[Heard], now: datetime
    ) -> tuple[dict[str, Mapping[str, Any] | None], list[tuple[Action, Case]]]:
        by_journey = {
            journey: list(runs)
            for journey, runs in groupby(sorted(filter(journeys.counts, heard), key=_journey), key=_journey)
        }
        deciding = Deciding(journeys, Windows(self._maintenance(), journeys.by_id), self._caught_up)
        states: dict[str, Mapping[str, Any] | None] = {}
        actions: list[Action] = []
        for journey in chain(by_journey, self._asking.journeys(memory, journeys, now, by_journey)):
            if (known := journeys.by_id.get(journey)) is None:
                continue
            before = memory.states.get(journey)
            decision = self._decision(deciding, known, before, by_journey.get(journey, ()), now)
            if decision is None:
                continue
            silent = silent_from(known.rule, decision.state)
            memory.silent_from[journey] = max(silent, memory.since + self._patience)
            if memory.learns(journey, decision.state):
                states[journey] = wire.plain(memory.states.get(journey))
            actions += decision.actions
        return states, self._with_cases(actions, journeys)

    def _decision(
        self, deciding: Deciding, known: Known, before: State | None, heard: Sequence[Heard], now: datetime
    ) -> Decision | None:
        """None for a journey that cannot be decided on, which is said, and holds up no other."""
        what = f"alerts on {known.name}"
        try:
            decision = deciding.decided(known, before, heard, now)
        except HistoryUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, other journeys have alerts too
            self._odd.add(what)
            told = f"nothing is decided: {type(error).__name__}: {error}"
            self._trouble(what, one_line(self._redact(told), 300))
            return None
        if what in self._odd:
            self._odd.discard(what)
            self._trouble(what, None)
        return decision

    def _maintenance(self) -> tuple[Maintenance, ...]:
        wrong: list[str] = []
        given = all_windows(self._settings, self._root, self._history, wrong.append)
        self._trouble("maintenance", "; ".join(wrong) or None)
        return given

    def _with_cases(self, actions: Sequence[Action], journeys: Journeys) -> list[tuple[Action, Case]]:
        records = self._book.records(action.problem.run_id for action in actions)
        return [
            (
                action,
                case_of(
                    action.problem,
                    journeys.by_id.get(action.problem.journey),
                    records.get(action.problem.run_id),
                ),
            )
            for action in actions
        ]

    def _gathered(
        self,
        memory: Memory,
        found: Sequence[tuple[Action, Case]],
        heard: Sequence[Heard],
        journeys: Journeys,
        now: datetime,
    ) -> tuple[list[Incident], list[Notice]]:
        gathered = gather(tuple(memory.incidents.values()) if found else (), found, now, before=self._before)
        memory.take(gathered.incidents)
        later = due(tuple(memory.incidents.values()), now)
        memory.take(later.incidents)
        blocked = blocked_in(heard, memory.incidents.values(), journeys)
        hung = [
            hang(each, {journey: tuple(sorted(told)) for journey, told in blocked.items()})
            for each in memory.incidents.values()
            if any(case.problem.journey in blocked for case in each.standing)
        ]
        memory.take(hung)
        newer = [*memory.newer({each.journey for each in heard}, now)]
        memory.take(newer)
        changed = [*gathered.incidents, *later.incidents, *hung, *newer]
        return [memory.incidents[each.id] for each in changed], [*gathered.notices, *later.notices]

    # -- the outbox --------------------------------------------------------------------------------------------------

    def _reported(self, memory: Memory, reports: Sequence[Report], now: datetime) -> tuple[list[Incident], list[Post]]:
        """What became of letters, as it goes into the incidents and the outbox."""
        incidents: dict[str, Incident] = {}
        posts = []
        for report in reports:
            post = tried(report)
            posts.append(post)
            if post.ended:
                memory.posts.pop(post.id, None)
            else:
                memory.posts[post.id] = post
            self._trouble(f"{TO}{post.label}", None if report.why == NEEDLESS else report.why)
            incident = incidents.get(post.incident) or memory.incidents.get(post.incident)
            if incident:
                notice = Notice(post.turn, incident, post.at)
                incidents[post.incident] = settle(incident, notice, post.route, sent=report.sent, now=now)
        return list(incidents.values()), posts

    def _save(
        self,
        memory: Memory,
        incidents: Collection[Incident],
        posts: Sequence[Post],
        *,
        states: Mapping[str, Mapping[str, Any] | None] | None = None,
        upto: Upto | None = None,
    ) -> None:
        upto = upto or memory.upto  # it is written in any case: so who was overtaken knows
        saved = Saved(upto=upto, states=states or {}, incidents=tuple(incidents), posts=tuple(posts))
        went_on, new = self._book.save(saved)
        memory.upto = went_on or memory.upto
        memory.posts.update({post.id: post for post in new})
        memory.written.update(dict.fromkeys((each.id for each in incidents), self._clock.now()))
        self._courier.written(self._reports)
        self._reports.clear()
        self._courier.give(new)

    def _letter(self, post: Post, route: Route) -> Letter:
        memory = self._memory
        incident = memory.incidents.get(post.incident) if memory else None
        incident = recorded(incident or self._book.incident(post.incident), self._book)
        return letter(
            Notice(post.turn, incident, post.at),
            product=self._settings.product,
            language=route.language,
            links={"report": self._settings.report_url} if self._settings.report_url else {},
            now=self._clock.now(),
            key=post.key,
            redact=self._redact,
            zone=route.timezone,
        )


def _place(heard: Heard) -> tuple[str, str]:
    return heard.journey, heard.region


def _journey(heard: Heard) -> str:
    return heard.journey
