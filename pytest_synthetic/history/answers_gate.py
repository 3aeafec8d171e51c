"""Whether a release may go out: its runs set apart from those before it, and both judged."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.gate import Candidate, GateDecision, Outcome, Reason, decide
from pytest_synthetic.history import answers_slo
from pytest_synthetic.model.history import Counts, Selection

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from pytest_synthetic.analysis.slo import State
    from pytest_synthetic.history.answers_slo import Part
    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.model.history import Span
    from pytest_synthetic.model.sla import Slo
    from pytest_synthetic.model.verdict import Verdict

NOTHING = Counts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The runs that are judged: those of the history that `part` counts, and `own` ones that it may not hold yet.

    `called` is what people call it; None when no release is asked for and the history alone is judged.
    """

    called: str | None = None
    part: Part = lambda _journey, _span: NOTHING
    own: Mapping[str, Counts]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRow:
    """A journey that was judged: the `state` of its targets before, and the release's own runs."""

    journey: str
    name: str
    state: State
    before_good: int
    before_said: int
    release_good: int
    release_said: int
    release_runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the gate says, and of which journeys; those `left_out` did not run in the window of their target."""

    decision: GateDecision
    journeys: tuple[JudgedRow, ...]
    left_out: tuple[str, ...]


def alone() -> Release:
    """No release: the history is judged as it is."""
    return Release(own={})


def of_release(history: SqlHistory, name: str, own: Mapping[str, Counts] | None = None) -> Release:
    """The runs of a release of the product."""
    return Release(called=f"release {name}", part=_counted(history, Selection(release=name)), own=own or {})


def since(history: SqlHistory, moment: datetime) -> Release:
    """The runs from a moment on."""
    return Release(called="what ran since then", part=_counted(history, Selection(since=moment)), own={})


def of_session(history: SqlHistory, session: str, begun_after: datetime) -> Release:
    """The runs of the session whose id begins so, of those that started later than a moment."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for record in history.records(Selection(since=begun_after)):
        if record["session_id"].startswith(session):
            found[record["journey"]][record["verdict"]] += 1
    counts = {journey: Counts(**ended) for journey, ended in found.items()}
    return Release(called=f"session {session}", part=lambda journey, _: counts.get(journey, NOTHING), own={})


def count(verdicts: Iterable[tuple[str, Verdict]]) -> dict[str, Counts]:
    """How runs ended, given as journey and verdict."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for journey, verdict in verdicts:
        found[journey][verdict.value] += 1
    return {journey: Counts(**ended) for journey, ended in found.items()}


def judged(
    history: SqlHistory, targets: Mapping[str, Slo], release: Release, now: datetime, *, allow_unknown: bool
) -> Judgement:
    """Judge a release by the `targets` of its journeys, with the runs of the history up to `now`.

    A release of which there is no run at all is unknown. A journey that it did not run is judged by its past alone; one
    that has no past either is left out: else a journey that was removed or renamed would stop every release.
    """
    known = history.journeys()
    before = answers_slo.reports(history, targets, now, but=release.part)
    candidates, rows, left_out = [], [], []
    for key, report in before.items():
        counts = release.part(key, report.span) + release.own.get(key, NOTHING)
        name = known[key].name if key in known else key
        if not (report.counts.all or counts.all):
            left_out.append(name)
            continue
        candidates.append(Candidate(journey=name, before=report, release=counts))
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
            )
        )
    decision = decide(candidates, allow_unknown=allow_unknown)
    if release.called and before and not any(row.release_runs for row in rows):
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


def _counted(history: SqlHistory, chosen: Selection) -> Part:
    """Counts the chosen runs of a journey in a span; asks the history once for each span."""
    asked: dict[Span, dict[str, Counts]] = {}

    def part(journey: str, span: Span) -> Counts:
        if span not in asked:
            start = max(chosen.since, span.start) if chosen.since else span.start
            if start >= span.end:
                return NOTHING
            told = history.counts(replace(chosen, since=start, until=span.end), ("journey",))
            asked[span] = {key: counts for (key,), counts in told.items()}
        return asked[span].get(journey, NOTHING)

    return part
