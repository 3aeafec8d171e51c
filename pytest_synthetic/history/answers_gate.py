"""Whether a release may go out: its runs set apart from those before it, and both judged."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from pytest_synthetic.analysis.gate import Candidate, GateDecision, Outcome, Reason, decide
from pytest_synthetic.analysis.maintenance import FIRST
from pytest_synthetic.history import answers_slo
from pytest_synthetic.history.writing import milliseconds
from pytest_synthetic.model.history import Counts, Selection

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from pytest_synthetic.analysis.slo import State
    from pytest_synthetic.history.answers_slo import Part
    from pytest_synthetic.history.excluding import Exclusion
    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.model.history import Span
    from pytest_synthetic.model.sla import Slo

NOTHING = Counts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The runs that are judged: those of the history that `part` counts, and `own` ones that it may not hold yet.

    `away` and `own_away` count those in maintenance, which are in neither. `called` is what people call it; None when
    no release is asked for and the history alone is judged.
    """

    called: str | None = None
    part: Part = lambda _journey, _span: NOTHING
    away: Part = lambda _journey, _span: NOTHING
    own: Mapping[str, Counts]
    own_away: Mapping[str, Counts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRow:
    """A journey that was judged: the `state` of its targets before, and the release's own runs.

    What is excluded started in maintenance, and is in no other number.
    """

    journey: str
    name: str
    state: State
    before_good: int
    before_said: int
    release_good: int
    release_said: int
    release_runs: int
    before_excluded: int
    release_excluded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the gate says, and of which journeys; those `left_out` did not run in the window of their target."""

    decision: GateDecision
    journeys: tuple[JudgedRow, ...]
    left_out: tuple[str, ...]


def alone() -> Release:
    """No release: the history is judged as it is."""
    return Release(own={})


def of_release(history: SqlHistory, name: str, maintenance: Exclusion) -> Release:
    """The runs of a release of the product."""
    part, away = _counted(history, Selection(release=name), maintenance)
    return Release(called=f"release {name}", part=part, away=away, own={})


def since(history: SqlHistory, moment: datetime, maintenance: Exclusion) -> Release:
    """The runs from a moment on."""
    part, away = _counted(history, Selection(since=moment), maintenance)
    return Release(called="what ran since then", part=part, away=away, own={})


def of_session(history: SqlHistory, session: str, begun_after: datetime, maintenance: Exclusion) -> Release:
    """The runs of the session whose id begins so, of those that started later than a moment."""
    read = history.verdicts.read
    runs = [
        Ended(journey=run["journey"], region=run["region"], started=run["started_at"], verdict=read(run["verdict"]))
        for run in history.records(Selection(since=begun_after))
        if run["session_id"].startswith(session)
    ]

    @cache
    def told(span: Span) -> tuple[dict[str, Counts], dict[str, Counts]]:
        return count((run for run in runs if span.start <= run.moment < span.end), maintenance)

    return Release(
        called=f"session {session}",
        part=lambda journey, span: told(span)[0].get(journey, NOTHING),
        away=lambda journey, span: told(span)[1].get(journey, NOTHING),
        own={},
    )


class Ended(NamedTuple):
    """What is counted of a run; `started` is as its record says."""

    journey: str
    region: str
    started: str
    verdict: str

    @property
    def moment(self) -> datetime:
        """When it started, to the millisecond, as the history has it."""
        return FIRST + timedelta(milliseconds=milliseconds(self.started))


def count(runs: Iterable[Ended], maintenance: Exclusion) -> tuple[dict[str, Counts], dict[str, Counts]]:
    """How runs ended, for each journey; and how those in maintenance did."""
    found: tuple[dict[str, Counter[str]], ...] = (defaultdict(Counter), defaultdict(Counter))
    for run in runs:
        away = maintenance.covers(run.journey, run.region, run.moment)
        found[away][run.journey][run.verdict] += 1
    counts, left_out = ({journey: Counts(**ended) for journey, ended in told.items()} for told in found)
    return counts, left_out


def judged(  # noqa: PLR0913  what is judged, and how
    history: SqlHistory,
    targets: Mapping[str, Slo],
    release: Release,
    now: datetime,
    *,
    maintenance: Exclusion,
    allow_unknown: bool,
) -> Judgement:
    """Judge a release by the `targets` of its journeys, with the runs of the history up to `now`.

    A release of which there is no run at all is unknown. A journey that it did not run is judged by its past alone; one
    that has no past either is left out: else a journey that was removed or renamed would stop every release.
    """
    known = history.journeys()
    before = answers_slo.reports(history, targets, now, maintenance=maintenance, but=release.part)
    candidates, rows, left_out = [], [], []
    for key, report in before.items():
        counts = release.part(key, report.span) + release.own.get(key, NOTHING)
        away = release.away(key, report.span) + release.own_away.get(key, NOTHING)
        name = known[key].name if key in known else key
        if not (report.counts.all or report.excluded.all or counts.all or away.all):
            left_out.append(name)
            continue
        candidates.append(Candidate(journey=name, before=report, release=counts, excluded=away))
        rows.append(
            JudgedRow(
                journey=key,
                name=name,
                state=report.state,
                before_good=report.counts.good,
                before_said=report.counts.said,
                release_good=counts.good,
                release_said=counts.said,
                release_runs=counts.all,
                before_excluded=report.excluded.all - release.away(key, report.span).all,
                release_excluded=away.all,
            )
        )
    decision = decide(candidates, allow_unknown=allow_unknown)
    if release.called and before and not any(row.release_runs or row.release_excluded for row in rows):
        text = f"the history has no run of {release.called} with a target: there is nothing to judge it by"
        decision = doubted(decision, text, allow_unknown=allow_unknown)
    return Judgement(decision=decision, journeys=tuple(rows), left_out=tuple(left_out))


def doubted(decision: GateDecision | None, text: str, *, allow_unknown: bool) -> GateDecision:
    """A decision with one more reason for which nothing can be said for sure."""
    reason = Reason(journey="", target="", outcome=Outcome.UNKNOWN, text=text)
    if decision is None:
        decision = GateDecision(outcome=Outcome.PASS, reasons=())
    worse = decision.outcome is Outcome.PASS and not allow_unknown
    outcome = Outcome.UNKNOWN if worse else decision.outcome
    return GateDecision(outcome=outcome, reasons=(*decision.reasons, reason))


def _counted(history: SqlHistory, chosen: Selection, maintenance: Exclusion) -> tuple[Part, Part]:
    """Count the chosen runs of a journey in a span, and those in maintenance; the history is asked once for each."""

    @cache
    def away(span: Span) -> dict[str, Counts]:
        found: dict[str, Counts] = defaultdict(Counts)
        for (journey, *_), counts in maintenance.counts(cut(span)).items():
            found[journey] += counts
        return found

    @cache
    def every(span: Span) -> dict[str, Counts]:
        return {key: counts for (key,), counts in history.counts(cut(span), ("journey",)).items()}

    def cut(span: Span) -> Selection:
        start = max(chosen.since, span.start) if chosen.since else span.start
        return replace(chosen, since=min(start, span.end), until=span.end)

    return (
        lambda journey, span: answers_slo.less(every(span).get(journey, NOTHING), away(span).get(journey, NOTHING)),
        lambda journey, span: away(span).get(journey, NOTHING),
    )
