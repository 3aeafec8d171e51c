"""How long journeys and their steps take, in all or for each region, device, hour or carrier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.histogram import Histogram
from pytest_synthetic.analysis.percentiles import summary, summary_of
from pytest_synthetic.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_synthetic.analysis.percentiles import Timing
    from pytest_synthetic.history.queries import JourneyFacts
    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.model.history import Selection

BY = ("region", "device", "hour", "carrier")
"""What durations can be told apart by; `hour` is that of the day in UTC, `carrier` that of a measurement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """How long one step took in the runs that worked, in seconds.

    `step` is its path; None for the whole journey. `measurement` is the name of one where carriers are told apart.
    `group` is the region, device, hour or carrier; None where all are taken together, or where it is not known.
    """

    journey: str
    name: str
    step: str | None
    measurement: str | None
    group: str | int | None
    count: int
    p50: float
    p75: float
    p95: float
    p99: float
    mean: float
    min: float
    max: float


def rows(history: SqlHistory, chosen: Selection, by: str | None) -> list[StepRow]:
    """The rows of each journey: the whole first, then its steps in order of their names. Raises UsageError."""
    if by is not None and by not in BY:
        raise UsageError(f"durations cannot be told apart by {by!r}. {did_you_mean(by, BY)}")
    known = history.journeys()
    found = list(_carried(history, chosen, known) if by == "carrier" else _timed(history, chosen, known, by))
    return sorted(found, key=lambda row: (row.name, row.journey, row.step or "", row.measurement or "", _last(row)))


def _last(row: StepRow) -> tuple[bool, int, str]:
    number = row.group if isinstance(row.group, int) else 0
    return row.group is None, number, str(row.group)


def _timed(
    history: SqlHistory, chosen: Selection, known: Mapping[str, JourneyFacts], by: str | None
) -> Iterator[StepRow]:
    groups = ("journey", by) if by else ("journey",)
    for steps in (False, True):
        values = history.durations(chosen, groups, steps=steps)
        folded = history.day_timings(chosen, groups, steps=steps)
        for key in {**values, **folded}:
            journey, *rest = key
            timing = _timing(values.get(key, []), folded.get(key))
            group = _named(rest[0]) if by else None
            yield from _row(known[journey], timing, step=rest[-1] if steps else None, group=group)


def _timing(values: list[float], folded: Histogram | None) -> Timing | None:
    """Exact, unless days whose runs are gone have a part in it: then percentiles are within 1 %."""
    return summary_of(Histogram(values) + folded) if folded else summary(values)


def _carried(history: SqlHistory, chosen: Selection, known: Mapping[str, JourneyFacts]) -> Iterator[StepRow]:
    for name in history.carried(chosen):
        for (journey, carrier), values in history.measurements(chosen, name, ("journey", "carrier")).items():
            yield from _row(known[journey], summary(values), measurement=name, group=carrier)


def _named(group: str | int | None) -> str | int | None:
    return None if group == "" else group


def _row(
    facts: JourneyFacts,
    told: Timing | None,
    *,
    group: str | int | None,
    step: str | None = None,
    measurement: str | None = None,
) -> Iterator[StepRow]:
    if told:
        yield StepRow(
            journey=facts.key,
            name=facts.name,
            step=step,
            measurement=measurement,
            group=group,
            count=told.count,
            p50=told.p50,
            p75=told.p75,
            p95=told.p95,
            p99=told.p99,
            mean=told.mean,
            min=told.min,
            max=told.max,
        )
