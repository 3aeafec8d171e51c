"""Whether promises over many runs are kept, how much may still go wrong, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.intervals import jeffreys
from pytest_synthetic.analysis.maintenance import Away
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.history import Counts, Span
from pytest_synthetic.model.sla import Calendar, Slo

if TYPE_CHECKING:
    from pytest_synthetic.analysis.intervals import Interval

LEAST_BAD = 2
"""Bad runs without which no budget is called spent: one run is an anecdote, whatever an interval makes of it."""

_NOTHING = Counts()
_NEVER = Away()


class State(StrEnum):
    """What can be said of a promise."""

    KEPT = "kept"
    """The whole interval lies at the target or above it."""
    SPENT = "spent"
    """The whole interval lies below the target, and more than one run was bad: the budget is used up."""
    UNKNOWN = "unknown"
    """Not enough data: the interval straddles the target, only one run was bad, or nothing could be said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much may go wrong in the whole window, and what is left of it: below zero when more went wrong.

    `allowed = (1 - target) x runs of the window`, `left = allowed - bad runs`, both in runs.
    `minutes = (1 - target) x minutes of the window without maintenance`, `minutes_left = minutes x left / allowed`.
    """

    allowed: float
    left: float
    minutes: float
    minutes_left: float

    @property
    def left_share(self) -> float:
        """What is left of the budget: 1 when nothing went wrong, below 0 when too much did."""
        return self.left / self.allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one target stands. With no run that said anything, all that cannot be known is None.

    `share` is `good / said`, `interval` the shares that fit it at 95 % confidence (Jeffreys). `burn` is the share of
    bad runs over the share that the target allows: at 1 the budget lasts exactly for the window. `runs_out` is when the
    budget will be used up at that burn rate; the end of the span when it is already, None when not in this window.
    """

    target: float
    good: int
    said: int
    share: float | None
    interval: Interval | None
    state: State
    budget: Budget | None
    burn: float | None
    runs_out: datetime | None

    @property
    def bad(self) -> int:
        """Runs that spent from the budget."""
        return self.said - self.good


@dataclass(frozen=True, slots=True, kw_only=True)
class SloReport:
    """How the targets of one journey stand.

    `counts` are the runs of `span`, the part of `window` that has gone by. `excluded` are runs in maintenance, shown
    and counted nowhere else, and `away` is the time of it. `every` are the seconds from one run to the next, if they
    are known. `coverage` is the share of runs that could say something, None when none was to run. `latency` is of the
    runs that worked; None when it is no target.
    """

    slo: Slo
    span: Span
    window: Span
    counts: Counts
    excluded: Counts
    away: Away
    every: float | None
    coverage: float | None
    availability: Standing
    latency: Standing | None

    @property
    def standings(self) -> dict[str, Standing]:
        """Every target of the journey by its name."""
        every = {"availability": self.availability, "latency": self.latency}
        return {name: standing for name, standing in every.items() if standing}

    @property
    def state(self) -> State:
        """The worst of its targets: spent, then unknown, then kept."""
        states = {standing.state for standing in self.standings.values()}
        return next(state for state in (State.SPENT, State.UNKNOWN, State.KEPT) if state in states)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """What all targets of a report share. The window has `growth` times as many runs as were counted.

    `seconds` is its length without maintenance.
    """

    growth: float
    whole: Span
    seconds: float
    now: datetime
    rolls: bool


def report(  # noqa: PLR0913  what is known of the runs, by name
    slo: Slo,
    counts: Counts,
    *,
    span: Span,
    every: float | None = None,
    excluded: Counts = _NOTHING,
    away: Away = _NEVER,
) -> SloReport:
    """How `slo` stands after the `counts` of `span`, which ends now or with the window.

    A window of the calendar has runs to come: one each `every` seconds (all regions together), or at the pace of those
    so far. A rolling window has none. No run of maintenance is to come.
    """
    whole = window(slo, span.end) if slo.calendar is None else window(slo, span.start)
    growth = _growth(counts, span=span, whole=whole, every=every, away=away)
    seconds = max(0.0, whole.seconds - away.seconds - away.to_come)
    frame = _Frame(growth=growth, whole=whole, seconds=seconds, now=span.end, rolls=slo.calendar is None)
    return SloReport(
        slo=slo,
        span=span,
        window=whole,
        counts=counts,
        excluded=excluded,
        away=away,
        every=every,
        coverage=counts.said / counts.all if counts.all else None,
        availability=_standing(slo.availability, counts.good, counts.said, frame),
        latency=None if slo.latency is None else _standing(slo.latency, counts.passed, counts.good, frame),
    )


def _growth(counts: Counts, *, span: Span, whole: Span, every: float | None, away: Away) -> float:
    """How many times as many runs the whole window will have as `span` had."""
    to_come = max(0.0, (whole.end - span.end).total_seconds() - away.to_come)
    gone_by = span.seconds - away.seconds
    if not counts.said or not to_come:
        return 1.0
    pace = 1 / every if every else counts.said / gone_by if gone_by > 0 else 0.0
    return 1 + to_come * pace / counts.said


def may_fail(target: float) -> float:
    """The share of runs that `target` lets go wrong; 0.005 for 0.995, where 1 - 0.995 is a little more."""
    return round(1 - target, 12) or 1 - target


def _standing(target: float, good: int, said: int, frame: _Frame) -> Standing:
    interval = jeffreys(good, said)
    budget = _budget(target, good, said, frame) if said else None
    burn = (said - good) / said / may_fail(target) if said else None
    return Standing(
        target=target,
        good=good,
        said=said,
        share=good / said if said else None,
        interval=interval,
        state=state_of(target, good, said, interval),
        budget=budget,
        burn=burn,
        runs_out=runs_out(budget, burn or 0.0, whole=frame.whole, now=frame.now, rolls=frame.rolls) if budget else None,
    )


def _budget(target: float, good: int, said: int, frame: _Frame) -> Budget:
    allowed = may_fail(target) * said * frame.growth
    left = allowed - (said - good)
    minutes = may_fail(target) * frame.seconds / 60
    return Budget(allowed=allowed, left=left, minutes=minutes, minutes_left=minutes * left / allowed)


def state_of(target: float, good: int, said: int, interval: Interval | None) -> State:
    """What `good` of `said` runs and their interval say of a target."""
    if interval and interval[0] >= target:
        return State.KEPT
    if interval and interval[1] < target and said - good >= LEAST_BAD:
        return State.SPENT
    return State.UNKNOWN


def runs_out(budget: Budget, burn: float, *, whole: Span, now: datetime, rolls: bool) -> datetime | None:
    """When `budget` will be used up at a burn rate, such as that of the last hour; None when not in this window.

    It takes `length of the window x share left / burn` from now (SRE Workbook, chapter 5). Out of a window that `rolls`
    old failures leave as well, so that a burn rate of 1 or less never empties it.
    """
    if budget.left <= 0:
        return now
    if burn <= (1 if rolls else 0):
        return None
    seconds = whole.seconds * budget.left_share / burn
    if not rolls and seconds >= (whole.end - now).total_seconds():
        return None
    return now + timedelta(seconds=seconds)


# -- windows -------------------------------------------------------------------------------------------------------


def window(slo: Slo, now: datetime) -> Span:
    """The window of `slo` at `now`, in UTC: the time up to now, or the whole period of the calendar that goes on.

    Weeks begin on Monday, quarters in January, April, July and October. Raises UsageError for a time without a zone.
    """
    moment = _in_utc(now)
    if slo.calendar is None:
        return Span(start=_before(moment, slo.window), end=moment)
    today = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if slo.calendar is Calendar.WEEK:
        monday = today - timedelta(days=today.weekday())
        return Span(start=monday, end=monday + timedelta(days=7))
    months = 1 if slo.calendar is Calendar.MONTH else 3
    start = today.replace(day=1, month=today.month - (today.month - 1) % months)
    year, month = divmod(start.month - 1 + months, 12)
    return Span(start=start, end=start.replace(year=start.year + year, month=month + 1))


def elapsed(slo: Slo, now: datetime) -> Span:
    """The part of the window that has gone by: what is counted for a report."""
    return Span(start=window(slo, now).start, end=_in_utc(now))


def _in_utc(now: datetime) -> datetime:
    if now.tzinfo is None:
        raise UsageError(f"{now.isoformat()} has no time zone; expected a time in UTC")
    return now.astimezone(UTC)


def _before(moment: datetime, seconds: float) -> datetime:
    """So many seconds earlier; the first day of the calendar when that is before it."""
    first = datetime.min.replace(tzinfo=UTC)
    return first if seconds >= (moment - first).total_seconds() else moment - timedelta(seconds=seconds)
