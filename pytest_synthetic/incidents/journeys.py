"""What alerts know of the journeys: the rule of each, when its monitor is silent, what its name is."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from pytest_synthetic.analysis.alerting.rows import A_DAY, is_silent, newest
from pytest_synthetic.analysis.charts import learnt
from pytest_synthetic.config.history import kept
from pytest_synthetic.config.policies import policy_of
from pytest_synthetic.core.journey_names import ANYBODY, JourneyNames
from pytest_synthetic.core.schedule import A_MONTH, EPOCH, Timetable, per_month
from pytest_synthetic.history.hearing import Hearing
from pytest_synthetic.incidents.pipelines import Pipelines, should_come, timetable_of
from pytest_synthetic.model.alerting import Rule, Seen
from pytest_synthetic.model.history import Counts, Selection
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pytest_synthetic.analysis.alerting import State
    from pytest_synthetic.analysis.alerting.state import Place
    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.history.alert_book import AlertBook, Heard, Watch
    from pytest_synthetic.history.queries import JourneyFacts
    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.history.windows import Windows
    from pytest_synthetic.model.journey import JourneySpec, Schedule
    from pytest_synthetic.model.maintenance import Maintenance
    from pytest_synthetic.model.plan import Plan

    Key = tuple[str, str]

LATELY = timedelta(days=7)
"""A journey that no scheduler watches has the regions that it ran in since then."""
GRACE = timedelta(seconds=60)
"""How much later than it should be a record may come before its monitor is called silent."""
SILENT_AFTER = 2
"""Ticks that pass without a record."""
DEAD = timedelta(days=1)
"""So long after it fell silent a scheduler is not expected back: then what others start counts again."""
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
SELDOM = 3.0
"""Runs on a day below which silence is noticed so late that LATELY is not long enough."""
FRESH = timedelta(hours=1)
"""So long a run says how things are in any case: an upload or the spool of an agent may take a while."""
FARTHEST = timedelta(days=120)
"""How far back runs of such journeys are looked for."""


class Usual(NamedTuple):
    """What is normal for a journey: where and how often it runs, and how many runs fail although nothing is wrong."""

    regions: tuple[str, ...]
    runs_per_day: float
    failed: int
    said: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A journey, as its newest run or the scheduler that watches it says.

    `watched` are its plans by region; `schedule` is that of its newest run.
    """

    id: str
    name: str
    stage: str | None
    owner: str | None
    rule: Rule
    usual: Usual
    watched: Mapping[str, Plan]
    schedule: Schedule | None = None

    def maintenance(self, away: Windows, region: str, moment: datetime) -> Maintenance | None:
        """The window that it is in then: see `Windows.held`."""
        return away.held(self.id, self.stage, self.owner, region, moment)

    @property
    def promised(self) -> Schedule | None:
        """The schedule that it is to keep: as the scheduler that watches it knows it, else that of its newest run."""
        return _spec(self.watched).schedule if self.watched else self.schedule


class Journeys:
    """All journeys that are watched, or ran lately."""

    def __init__(
        self, known: Iterable[Known], pipelines: Pipelines | None = None, watches: Mapping[Key, Watch] | None = None
    ) -> None:
        """Without `pipelines` the silence of a journey that no scheduler watches says nothing.

        Without `watches` it is not known since when a scheduler watches, and it counts as alive.
        """
        self.pipelines = pipelines
        self._watches = watches or {}
        self.by_id = {each.id: each for each in known}
        self.called = JourneyNames(self.by_id)
        self._timetables: dict[Key, Timetable | None] = {}

    def knows(self, heard: Heard) -> bool:
        """Whether the rule of a journey knows of who ran it: not so in a place that is new, or by a new scheduler."""
        known = self.by_id.get(heard.journey)
        if known is None or known.watched:
            return known is not None
        return heard.scheduled is None and heard.region in known.rule.regions

    def counts(self, heard: Heard) -> bool:
        """Whether a run is that of a monitor. Where a scheduler watches a journey, what people start beside is not.

        A scheduler that is DEAD hides nothing: then a pipeline may be all that is left.
        """
        known = self.by_id.get(heard.journey)
        if known is None or not known.watched or heard.scheduled is not None:
            return known is not None
        key = heard.journey, heard.region
        watch, timetable = self._watches.get(key), self._kept(*key)
        due = silent_after(timetable, watch.upto) if watch and timetable else None
        return due is not None and heard.started > due + DEAD

    def settled(self, known: Known, state: State | None, now: datetime) -> State | None:
        """A journey as it is decided on: where a scheduler watches it, silence is what this one promised.

        The newest run in a region may be of a pipeline that it took over from, or of another schedule: these said
        something else of the next run, or nothing.
        """
        if state is None or not known.watched:
            return state
        later = {id(place): due for place in listened_to(state) if (due := self._later(known, place, now))}
        places = tuple(replace(each, next_by=later.get(id(each), each.next_by)) for each in state.places)
        return replace(state, places=places) if later else state

    def _later(self, known: Known, place: Place, now: datetime) -> datetime | None:
        """Until when the scheduler that watches a place promised a run, where that was not known of it."""
        if place.next_by is not None and place.next_by >= now:
            return None
        key = known.id, place.region
        timetable, watch = self._kept(*key), self._watches.get(key)
        due = silent_after(timetable, max(place.at, watch.since) if watch else place.at) if timetable else None
        return due if due and (place.next_by is None or due > place.next_by) else None

    def seen(self, heard: Heard, *, held: bool = False, newest: bool = True) -> Seen:
        """A run as rules judge it. Only of the `newest` in a place it matters until when the next one must come."""
        return Seen(
            run_id=heard.run_id,
            region=heard.region,
            at=heard.started,
            verdict=heard.verdict,
            variant=heard.variant,
            step=heard.step,
            claim=heard.claim,
            fingerprint=heard.fingerprint,
            next_by=self.next_by(heard) if newest else None,
            held=held,
        )

    def next_by(self, heard: Heard) -> datetime | None:
        """Until when the record of another run must have come; None where nobody promised one."""
        known = self.by_id[heard.journey]
        if known.watched:
            return self._next(heard)
        listens = self.pipelines is not None and heard.scheduled is None and Verdict.MISSED in known.rule.policy.on
        return self._next(heard) if listens else None

    def stale(self, heard: Heard) -> datetime:
        """From when on a run does not say how things are: the next one was due, and an hour passed at least.

        Without a schedule, that is a day later.
        """
        due = self._next(heard)
        return heard.ended + A_DAY if due is None else max(due, heard.ended + FRESH)

    def _next(self, heard: Heard) -> datetime | None:
        """Until when another run should be there by the schedule, whether somebody promised it or not."""
        if (timetable := self._kept(heard.journey, heard.region)) is None:
            return None
        if self.by_id[heard.journey].watched:
            due = silent_after(timetable, heard.scheduled or heard.started)
        else:
            due = should_come(timetable, heard.started)
        return due and due + (heard.ended - heard.started)

    def _kept(self, journey: str, region: str) -> Timetable | None:
        """The ticks that whoever runs a journey there is held to."""
        key = journey, region
        if key not in self._timetables:
            self._timetables[key] = self._timetable(*key)
        return self._timetables[key]

    def _timetable(self, journey: str, region: str) -> Timetable | None:
        if (known := self.by_id.get(journey)) is None:
            return None
        if not known.watched:
            return timetable_of(known.schedule, journey, region)
        plan = known.watched.get(region)
        return Timetable(plan.spec.schedule, journey, region) if plan and plan.spec.schedule else None


def silent_after(timetable: Timetable, moment: datetime) -> datetime | None:
    """Until when the record of a run must have come, if none is promised up to that moment."""
    tick: datetime | None = moment
    for _ in range(SILENT_AFTER):
        tick = timetable.next_after(tick) if tick else None
    return tick and tick + GRACE


def alive(plan: Plan, watches: Mapping[Key, Watch], now: datetime) -> bool:
    """Whether the scheduler that watches a plan need not have been heard of since; so it is also without a schedule."""
    watch = watches.get(plan.key)
    if watch is None or plan.spec.schedule is None:
        return watch is not None
    due = silent_after(Timetable(plan.spec.schedule, *plan.key), watch.upto)
    return due is None or now <= due


def listened_to(state: State) -> list[Place]:
    """The place of the newest run in each region, where silence is not told yet."""
    return [place for place in newest(state.places).values() if not is_silent(place)]


def silent_from(rule: Rule, state: State) -> datetime:
    """When silence may say something of a journey that it does not say yet: of a region, by its newest run."""
    if Verdict.MISSED not in rule.policy.on:
        return NEVER
    return min((place.next_by for place in listened_to(state) if place.next_by), default=NEVER)


def known_journeys(  # noqa: PLR0913  where all of it stands
    settings: Settings,
    history: SqlHistory,
    book: AlertBook,
    normal: Mapping[str, Counts],
    now: datetime,
    *,
    clash: Callable[[str], object] | None = None,
) -> Journeys:
    """What the history and the schedulers know now; `normal` are the counts of each journey outside its incidents.

    Raises HistoryUnavailable. Where policies clash, `clash` is told, and the one that comes first counts; raises
    ConfigError without `clash`.
    """
    facts = history.journeys()
    watched = by_journey(book.watched())
    lately: dict[str, dict[str, int]] = defaultdict(dict)
    left = book.left()
    for (journey, region), told in _by_region(history, now - LATELY).items():
        if (journey, region) not in left or _goes_on(history, journey, region, left[journey, region]):
            lately[journey][region] = told.all
    hearing = Hearing(history.engine)
    unwatched = (facts[each] for each in facts if each not in watched)
    for journey, region, at in _seldom(hearing, unwatched, now):
        if (journey, region) not in left or at > left[journey, region] + GRACE:
            lately[journey].setdefault(region, 0)
    every = [*facts, *(journey for journey in watched if journey not in facts)]
    called = names_of(facts, watched)
    found = (
        known_as(
            settings,
            each,
            facts.get(each),
            watched[each],
            _usual_of(watched[each], lately[each], normal.get(each, Counts())),
            called=called,
            clash=clash,
        )
        for each in every
    )
    return Journeys(found, Pipelines(hearing, kept(settings).keep_days), book.watches())


def _seldom(hearing: Hearing, unwatched: Iterable[JourneyFacts], now: datetime) -> Iterator[tuple[str, str, datetime]]:
    """Where journeys run that come so seldom that they may not have run lately, and when they did last.

    A region counts until LATELY after the moment until which another run should have come.
    """
    schedules = {each.key: each.schedule for each in unwatched if each.schedule and _is_seldom(each.schedule)}
    for journey, regions in hearing.newest(schedules, now - FARTHEST).items():
        for region, at in regions.items():
            if now < at + LATELY or _is_expected(schedules[journey], journey, region, at, now):
                yield journey, region, at


@lru_cache(maxsize=4096)
def _is_seldom(schedule: Schedule) -> bool:
    """Whether a schedule that can be kept comes less than SELDOM times a day."""
    if (timetable := timetable_of(schedule, "", "")) is None:
        return False
    enough = round(SELDOM * A_MONTH.days)
    return sum(1 for _ in islice(timetable.between(EPOCH, EPOCH + A_MONTH), enough)) < enough


def _is_expected(schedule: Schedule, journey: str, region: str, at: datetime, now: datetime) -> bool:
    timetable = timetable_of(schedule, journey, region)
    due = should_come(timetable, at) if timetable else None
    return due is not None and now < due + LATELY


def by_journey(plans: Iterable[Plan]) -> dict[str, dict[str, Plan]]:
    """The plans of each journey, by its id, by region; none of a journey that is not among them."""
    found: dict[str, dict[str, Plan]] = defaultdict(dict)
    for plan in plans:
        found[plan.spec.id][plan.region] = plan
    return found


def known_as(  # noqa: PLR0913  all that is known of it
    settings: Settings,
    journey: str,
    facts: JourneyFacts | None,
    watched: Mapping[str, Plan],
    usual: Usual,
    *,
    called: JourneyNames = ANYBODY,
    clash: Callable[[str], object] | None = None,
) -> Known:
    """A journey with its policy; `called` as for `scopes.fits`; see `known_journeys` for policies that clash."""
    spec = _spec(watched) if watched else None
    name = spec.name if spec else facts.name if facts else journey
    stage = (spec.stage.value if spec.stage else None) if spec else facts.stage if facts else None
    owner = spec.owner if spec else facts.owner if facts else None
    rule = Rule(
        policy=policy_of(settings, journey_id=journey, name=name, stage=stage, owner=owner, called=called, clash=clash),
        journey=journey,
        regions=tuple(sorted(usual.regions)),
        runs_per_day=max(usual.runs_per_day, 1.0),
        p0=learnt(usual.failed, usual.said),
        rounds_per_day=sum(per_day(plan) for region, plan in watched.items() if region in usual.regions) or None,
        pipeline=not watched,
    )
    schedule = facts.schedule if facts else None
    return Known(
        id=journey, name=name, stage=stage, owner=owner, rule=rule, usual=usual, watched=watched, schedule=schedule
    )


def names_of(facts: Mapping[str, JourneyFacts], watched: Mapping[str, Mapping[str, Plan]]) -> JourneyNames:
    """What all journeys are called: as schedulers know them, else as their newest runs say."""
    return JourneyNames({**facts, **{journey: _spec(plans) for journey, plans in watched.items() if plans}})


def _spec(watched: Mapping[str, Plan]) -> JourneySpec:
    return next(iter(watched.values())).spec


def _usual_of(watched: Mapping[str, Plan], lately: Mapping[str, int], counts: Counts) -> Usual:
    regions = watched or lately
    seen = sum(lately.get(region, 0) for region in regions) / LATELY.days
    planned = sum(map(per_day, watched.values()))
    return Usual(tuple(regions), max(seen, planned), counts.failed, counts.said)


def per_day(plan: Plan) -> float:
    """How often a plan runs on a day, on average."""
    return a_day(plan.spec.schedule) if plan.spec.schedule else 0.0


def a_day(schedule: Schedule) -> float:
    """How often a schedule comes on a day, on average."""
    return per_month(schedule, EPOCH) / 30


def _goes_on(history: SqlHistory, journey: str, region: str, left: datetime) -> bool:
    """Whether somebody else runs a journey since no scheduler watches it any more."""
    since = history.counts(Selection(journeys=(journey,), regions=(region,), since=left + GRACE))
    return any(counts.all for counts in since.values())


def _by_region(history: SqlHistory, since: datetime) -> dict[tuple[str, str], Counts]:
    found: dict[tuple[str, str], Counts] = defaultdict(Counts)
    for (journey, region), counts in history.counts(Selection(since=since), ("journey", "region")).items():
        found[journey, region] += counts
    return found
