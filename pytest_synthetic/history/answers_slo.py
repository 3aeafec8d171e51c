"""How the targets of journeys stand: one row a target, and one journey in detail."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pytest_synthetic.analysis import burn
from pytest_synthetic.analysis.apdex import apdex
from pytest_synthetic.analysis.intervals import jeffreys
from pytest_synthetic.analysis.maintenance import Away
from pytest_synthetic.analysis.rounds import uptime
from pytest_synthetic.analysis.slo import State, elapsed, report, window
from pytest_synthetic.core.schedule import A_MONTH, EPOCH, per_month
from pytest_synthetic.errors import UsageError
from pytest_synthetic.history.excluding import PLACE
from pytest_synthetic.model.history import Counts, Selection, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
    from datetime import datetime

    from pytest_synthetic.analysis.apdex import Apdex
    from pytest_synthetic.analysis.slo import SloReport, Standing
    from pytest_synthetic.history.excluding import Exclusion
    from pytest_synthetic.history.queries import JourneyFacts, RunLine
    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.model.alerting import Severity
    from pytest_synthetic.model.journey import Schedule
    from pytest_synthetic.model.sla import Slo

    Part = Callable[[str, Span], Counts]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRow:
    """How one target of one journey stands. What no run says is None.

    `target`, `share`, `low`, `high` and `coverage` are shares between 0 and 1; `window` is in seconds, of which `since`
    to `until` has gone by. Budgets are below zero when more went wrong than was allowed.

    `excluded_runs` started in maintenance and are in no other figure; `excluded_minutes` is the time of it, the mean of
    the regions. `uncut_days` are days in maintenance in part, of which all runs are counted, because they are gone.
    """

    journey: str
    name: str
    owner: str | None
    indicator: str
    target: float
    calendar: str | None
    window: float
    since: datetime
    until: datetime
    good: int
    said: int
    share: float | None
    low: float | None
    high: float | None
    coverage: float | None
    budget_runs: float | None
    budget_runs_left: float | None
    budget_minutes: float | None
    budget_minutes_left: float | None
    burn: float | None
    runs_out: datetime | None
    state: State
    excluded_runs: int
    excluded_minutes: float
    uncut_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRow:
    """A share of runs or rounds that were good, and between which ones it truly lies (95 %)."""

    name: str
    good: int
    said: int
    share: float | None
    low: float | None
    high: float | None
    coverage: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnRow:
    """How fast the budget of the availability was spent in a window; at 1 it lasts exactly for the target's window."""

    window: str
    failed: int
    said: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """What a rule says: whether the budget burns faster than `threshold` over `long`, and still over `short`."""

    severity: Severity
    long: str
    short: str
    threshold: float
    answer: burn.Burning


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One journey: `uptime` counts rounds, good if any region passed; `reachability` all runs.

    `uptime` is of the runs that are kept one by one; None when no ticks and no schedule tell which belong together.
    `apdex` is None for a journey without an SLA. `excluded_runs` started in maintenance, and are in nothing else.
    """

    uptime: ShareRow | None
    reachability: ShareRow
    burns: tuple[BurnRow, ...]
    rules: tuple[RuleRow, ...]
    apdex: Apdex | None
    excluded_runs: int


def targets_of(known: Mapping[str, JourneyFacts]) -> dict[str, Slo]:
    """The targets that the marks of the journeys give."""
    return {key: facts.slo for key, facts in known.items() if facts.slo}


def reports(
    history: SqlHistory,
    targets: Mapping[str, Slo],
    now: datetime,
    *,
    maintenance: Exclusion,
    but: Part | None = None,
) -> dict[str, SloReport]:
    """How each of the `targets`, by journey, stands at `now`; without the runs that `but` counts."""
    known = history.journeys()
    counted: dict[tuple[datetime, datetime], dict[str, _Journey]] = {}
    found = {}
    for key, slo in targets.items():
        span = elapsed(slo, now)
        if (span.start, span.end) not in counted:
            counted[span.start, span.end] = _counts(history, span, maintenance)
        told = counted[span.start, span.end].get(key, _Journey(counts=Counts(), excluded=Counts(), regions=()))
        counts = less(told.counts, but(key, span)) if but else told.counts
        facts = known.get(key)
        every = _pace(facts.schedule, now) if facts and facts.schedule else None
        found[key] = report(
            slo,
            counts,
            span=span,
            every=every / len(told.regions) if every and told.regions else None,
            excluded=told.excluded,
            away=_away(slo, span, maintenance, key, told.regions),
        )
    return found


def less(every: Counts, part: Counts) -> Counts:
    """`every` without `part`."""
    return Counts(**{field.name: getattr(every, field.name) - getattr(part, field.name) for field in fields(Counts)})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Journey:
    """The first attempts of a journey in a span: what counts, what is in maintenance, a region for each place."""

    counts: Counts
    excluded: Counts
    regions: tuple[str, ...]


def _counts(history: SqlHistory, span: Span, maintenance: Exclusion) -> dict[str, _Journey]:
    chosen = Selection(since=span.start, until=span.end)
    every = history.counts(chosen, PLACE)
    for place, counts in history.day_counts(chosen, PLACE).items():
        every[place] = every.get(place, Counts()) + counts
    excluded = maintenance.counts(chosen)
    places: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for place in every:
        places[place[0]].append(place)
    return {
        key: _journey([every[place] for place in own], [excluded.get(place, Counts()) for place in own], own)
        for key, own in places.items()
    }


def _journey(every: Sequence[Counts], excluded: Sequence[Counts], places: Sequence[tuple[Any, ...]]) -> _Journey:
    left_out = sum(excluded, Counts())
    regions = tuple(region for _, region, _ in places)
    return _Journey(counts=less(sum(every, Counts()), left_out), excluded=left_out, regions=regions)


def _away(slo: Slo, span: Span, maintenance: Exclusion, key: str, regions: Sequence[str]) -> Away:
    if slo.calendar is None:
        return Away(seconds=maintenance.seconds(key, regions, span))
    to_come = Span(start=span.end, end=window(slo, span.start).end)
    told = (maintenance.seconds(key, regions, part) for part in (span, to_come))
    return Away(seconds=next(told), to_come=next(told))


def rows(found: Mapping[str, SloReport], known: Mapping[str, JourneyFacts], maintenance: Exclusion) -> list[TargetRow]:
    """A row for each target, in order of the journeys' names."""
    ordered = sorted(found, key=lambda key: (known[key].name if key in known else key, key))
    uncut: dict[Span, dict[str, int]] = {}
    for told in found.values():
        if told.span not in uncut:
            uncut[told.span] = maintenance.cut_days(Selection(since=told.span.start, until=told.span.end))
    return [
        replace(
            _row(key, known.get(key), found[key], indicator, standing), uncut_days=uncut[found[key].span].get(key, 0)
        )
        for key in ordered
        for indicator, standing in found[key].standings.items()
    ]


def _row(key: str, facts: JourneyFacts | None, told: SloReport, indicator: str, standing: Standing) -> TargetRow:
    low, high = standing.interval or (None, None)
    budget = standing.budget
    return TargetRow(
        journey=key,
        name=facts.name if facts else key,
        owner=facts.owner if facts else None,
        indicator=indicator,
        target=standing.target,
        calendar=told.slo.calendar,
        window=told.slo.window,
        since=told.span.start,
        until=told.span.end,
        good=standing.good,
        said=standing.said,
        share=standing.share,
        low=low,
        high=high,
        coverage=told.coverage,
        budget_runs=budget.allowed if budget else None,
        budget_runs_left=budget.left if budget else None,
        budget_minutes=budget.minutes if budget else None,
        budget_minutes_left=budget.minutes_left if budget else None,
        burn=standing.burn,
        runs_out=standing.runs_out,
        state=standing.state,
        excluded_runs=told.excluded.all,
        excluded_minutes=told.away.seconds / 60,
        uncut_days=0,
    )


# -- one journey -----------------------------------------------------------------------------------------------------


def detail(history: SqlHistory, facts: JourneyFacts, slo: Slo, now: datetime, *, maintenance: Exclusion) -> Detail:
    """One journey over the window of its target."""
    span = elapsed(slo, now)
    chosen = Selection(journeys=(facts.key,), since=span.start, until=span.end)
    every_run = history.runs(chosen, newest_first=False)
    runs = [run for run in every_run if not maintenance.covers(run.journey, run.region, run.started)]
    rounds = _rounds(runs, facts.schedule)
    left_out = sum(maintenance.counts(chosen).values(), Counts())
    measured = burn.burns(slo, _by_window(history, chosen, now, maintenance))
    promised = next((run.promised for run in reversed(runs) if run.promised), None)
    return Detail(
        uptime=_share("uptime", rounds) if rounds else None,
        reachability=_share("reachability", _sum(history, chosen, maintenance)),
        burns=tuple(map(_burn_row, measured.values())),
        rules=tuple(_rules(slo, measured)),
        apdex=apdex(((run.verdict, run.duration) for run in runs), promised) if promised else None,
        excluded_runs=left_out.all,
    )


def _pace(schedule: Schedule, now: datetime) -> float | None:
    """Seconds from run to run in one region, over quiet hours too; None for cron, and for what nobody can keep."""
    if not schedule.every or not schedule.quiet:
        return schedule.every
    try:
        found = per_month(schedule, now)
    except UsageError:  # a record of others, brought in
        return None
    return A_MONTH.total_seconds() / found if found else None


def _rounds(runs: Sequence[RunLine], schedule: Schedule | None) -> Counts | None:
    """Counts of rounds: by the tick that asked for the runs, else by the schedule; None when neither is known."""
    every = schedule.every if schedule else None
    if not every and not all(run.scheduled for run in runs):
        return None
    length = every or (60.0 if schedule and schedule.cron else None)
    return uptime((_round(run, length), run.verdict) for run in runs)


def _round(run: RunLine, length: float | None) -> Hashable:
    """A round is `length` seconds; the ticks of its regions are apart by their offsets, which are less than that."""
    if run.scheduled is None:
        return run.started.timestamp() // (length or 1.0)
    return ("tick", (run.scheduled - EPOCH) // timedelta(seconds=max(length, 0.001))) if length else run.scheduled


def _sum(history: SqlHistory, chosen: Selection, maintenance: Exclusion) -> Counts:
    every = sum((*history.counts(chosen).values(), *history.day_counts(chosen).values()), Counts())
    return less(every, sum(maintenance.counts(chosen).values(), Counts()))


def _share(name: str, counts: Counts) -> ShareRow:
    low, high = jeffreys(counts.good, counts.said) or (None, None)
    return ShareRow(
        name=name,
        good=counts.good,
        said=counts.said,
        share=counts.good / counts.said if counts.said else None,
        low=low,
        high=high,
        coverage=counts.said / counts.all if counts.all else None,
    )


def _by_window(history: SqlHistory, chosen: Selection, now: datetime, maintenance: Exclusion) -> dict[str, Counts]:
    return {
        name: _sum(history, replace(chosen, since=now - timedelta(seconds=length), until=now), maintenance)
        for name, length in burn.WINDOWS.items()
    }


def _burn_row(told: burn.Burn) -> BurnRow:
    low, high = told.interval or (None, None)
    return BurnRow(window=told.window, failed=told.failed, said=told.said, rate=told.rate, low=low, high=high)


def _rules(slo: Slo, measured: Mapping[str, burn.Burn]) -> Iterator[RuleRow]:
    for rule, answer in burn.judged(slo, measured).items():
        yield RuleRow(
            severity=rule.severity, long=rule.long, short=rule.short, threshold=rule.threshold(slo), answer=answer
        )
