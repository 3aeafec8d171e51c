"""Whether each tick is accounted for: what a history holds, beside the ticks that the schedules say."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from typing import TYPE_CHECKING

from pytest_synthetic.core.schedule import Timetable
from pytest_synthetic.core.unrun import stands_in
from pytest_synthetic.history import store
from pytest_synthetic.model.history import Selection
from pytest_synthetic.model.run import RunResult

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_synthetic.model.plan import Plan

    Key = tuple[str, str]


def runs_of(url: str) -> list[RunResult]:
    """All records in a history, oldest first."""
    history = store.opened(url)
    try:
        return [RunResult.from_json(told) for told in history.records(Selection(first_attempts=False))]
    finally:
        history.close()


def by_tick(runs: Iterable[RunResult]) -> dict[Key, dict[datetime, list[RunResult]]]:
    """The first attempts that ticks asked for, by plan and tick."""
    found: dict[Key, dict[datetime, list[RunResult]]] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        if run.scheduled_at and run.attempt == 1:
            found[run.journey, run.region][datetime.fromisoformat(run.scheduled_at)].append(run)
    return found


def accounted(
    runs: Iterable[RunResult], plans: Iterable[Plan], after: datetime | None = None, until: datetime | None = None
) -> Counter[str]:
    """Check that each tick of each plan has its record once: none is silent, none was run twice. How they ended.

    Ticks count after `after` and up to `until`; by default from the first record of a plan to its last one. Variants
    of one run have different parameters or devices, and a record that stands in for a run is alone.
    """
    found, verdicts = by_tick(runs), Counter[str]()
    for plan in plans:
        assert plan.spec.schedule
        there = found[plan.key]
        assert there, f"{plan.key} has no record at all"
        ticks = set(Timetable(plan.spec.schedule, *plan.key).between(after or min(there), until or max(there)))
        asked = {at for at in there if (not after or at > after) and (not until or at <= until)}
        first = {min(there)} if after is None else set()  # `between` begins after it
        assert not (silent := sorted((ticks | first) - asked)), f"{plan.key}: silent: {silent[:5]} of {len(silent)}"
        assert not (strange := sorted(asked - ticks - first)), f"{plan.key}: no ticks: {strange[:5]}"
        for at in asked:
            _once(there[at])
            verdicts.update(run.verdict.value for run in there[at])
    return verdicts


def _once(runs: list[RunResult]) -> None:
    variants = [(run.nodeid, run.device, tuple(sorted(run.parameters.items()))) for run in runs]
    told = [(run.run_id, run.verdict.value, run.reason) for run in runs]
    assert len(set(variants)) == len(runs), f"more than once: {told}"
    assert len(runs) == 1 or not any(run.verdict == "missed" for run in runs), f"ran and was missed: {told}"
    assert len(runs) == 1 or sum(map(stands_in, runs)) <= 1, f"stands in twice: {told}"
