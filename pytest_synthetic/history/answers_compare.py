"""Two sides of a history, compared: which steps changed, and whether more runs fail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.comparison import Change, compare_steps
from pytest_synthetic.analysis.shares import FailureChange, Failures, compare_failures
from pytest_synthetic.model.history import Counts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_synthetic.analysis.comparison import Comparison
    from pytest_synthetic.history.queries import JourneyFacts
    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.model.history import Selection

Step = tuple[str, str | None]
"""The id of a journey, and the path of its step; None for the whole journey."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """What became of one step. Durations and the shift, truly between `low` and `high` (95 %), are in seconds.

    `step` is None for the whole journey. A step of one side only is `unknown`, and its `reason` says so.
    """

    journey: str
    name: str
    step: str | None
    change: Change
    reason: str
    before_count: int
    before_p50: float | None
    before_p95: float | None
    after_count: int
    after_p50: float | None
    after_p95: float | None
    shift: float | None
    low: float | None
    high: float | None
    chance: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailuresRow:
    """Whether more runs of a journey failed; `difference` is a share, truly between `low` and `high` (95 %)."""

    journey: str
    name: str
    change: FailureChange
    reason: str
    before_failed: int
    before_said: int
    after_failed: int
    after_said: int
    difference: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Both sides compared; `before` and `after` count all runs of a side that could say something."""

    steps: tuple[ChangeRow, ...]
    failures: tuple[FailuresRow, ...]
    before: int
    after: int


def compared(history: SqlHistory, before: Selection, after: Selection) -> Answer:
    """Compare the runs of two selections: each journey and step that one of them has."""
    known = history.journeys()
    sides = [history.counts(side, ("journey",)) for side in (before, after)]
    return Answer(
        steps=tuple(_steps(history, known, before, after)),
        failures=tuple(_failures(known, *sides)),
        before=sum(counts.said for counts in sides[0].values()),
        after=sum(counts.said for counts in sides[1].values()),
    )


def _steps(
    history: SqlHistory, known: Mapping[str, JourneyFacts], before: Selection, after: Selection
) -> Iterator[ChangeRow]:
    was, now = _durations(history, before), _durations(history, after)
    told = compare_steps(was, now)
    rows = [_row(known, step, found) for step, found in told.steps.items()]
    rows += [_alone(known, step, now[step], side="after") for step in told.new]
    rows += [_alone(known, step, was[step], side="before") for step in told.gone]
    yield from sorted(rows, key=lambda row: (row.name, row.journey, row.step or ""))


def _durations(history: SqlHistory, side: Selection) -> dict[Step, list[float]]:
    first = replace(side, first_attempts=True)
    whole = {(journey, None): values for (journey,), values in history.durations(first, ("journey",)).items()}
    return {**whole, **history.durations(first, ("journey",), steps=True)}


def _row(known: Mapping[str, JourneyFacts], step: Step, found: Comparison) -> ChangeRow:
    was, now, shift = found.before, found.after, found.shift
    return ChangeRow(
        journey=step[0],
        name=known[step[0]].name,
        step=step[1],
        change=found.change,
        reason=found.reason,
        before_count=was.count if was else 0,
        before_p50=was.p50 if was else None,
        before_p95=was.p95 if was else None,
        after_count=now.count if now else 0,
        after_p50=now.p50 if now else None,
        after_p95=now.p95 if now else None,
        shift=shift.seconds if shift else None,
        low=shift.low if shift else None,
        high=shift.high if shift else None,
        chance=found.chance,
    )


def _alone(known: Mapping[str, JourneyFacts], step: Step, values: list[float], *, side: str) -> ChangeRow:
    told = compare_steps({step: values}, {step: values}).steps[step]
    row = _row(known, step, told)
    row = replace(row, change=Change.UNKNOWN, shift=None, low=None, high=None, chance=None)
    if side == "after":
        return replace(row, reason="new: not there before", before_count=0, before_p50=None, before_p95=None)
    return replace(row, reason="gone: not there after", after_count=0, after_p50=None, after_p95=None)


def _failures(
    known: Mapping[str, JourneyFacts], before: Mapping[tuple[str], Counts], after: Mapping[tuple[str], Counts]
) -> Iterator[FailuresRow]:
    nothing = Counts()
    for facts in sorted(known.values(), key=lambda facts: (facts.name, facts.key)):
        key = facts.key
        was, now = before.get((key,), nothing), after.get((key,), nothing)
        if was.all or now.all:
            told = compare_failures(Failures(was.failed, was.said), Failures(now.failed, now.said))
            yield FailuresRow(
                journey=key,
                name=facts.name,
                change=told.change,
                reason=told.reason,
                before_failed=was.failed,
                before_said=was.said,
                after_failed=now.failed,
                after_said=now.said,
                difference=told.difference,
                low=told.low,
                high=told.high,
            )
