"""Policies, limits and targets that cannot do what they say: the arithmetic, for whoever wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.model.sla import spoken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_synthetic.model.alerting import Policy
    from pytest_synthetic.model.rhythm import Rhythm
    from pytest_synthetic.model.sla import Slo

A_DAY = 86_400.0
"""Seconds."""
A_MONTH = 30 * A_DAY

_A_MOMENT = 0.001
"""Seconds. Ticks come at whole milliseconds."""


def complaints(
    policy: Policy,
    spec_name: str,
    *,
    regions: Sequence[str],
    rhythm: Rhythm | None,
    keep_days: float,
) -> Iterator[str]:
    """Why `policy` cannot do what it says for a journey that is run in `regions`.

    `rhythm` is that of its runs in one region, None: it is not known. What can be at some time, by day or in one
    month of the year, is no complaint. `keep_days` is how long the history keeps a run.
    """
    for told in (
        _too_many_regions(policy, regions),
        _too_many("failures", policy.failures, rhythm, "before anybody is told"),
        _too_many("successes", policy.successes, rhythm, "before it is over"),
        _too_short(policy, rhythm),
        _too_long(policy, keep_days),
    ):
        if told:
            yield f'"{spec_name}": {told}'


def against_time_limit(limit: float, rhythm: Rhythm) -> str | None:
    """Why a run may not take so many seconds: it would be in the way of most others, not of a few that come close."""
    if limit <= rhythm.usual:
        return None
    every, lost = spoken(rhythm.usual), rhythm.within(limit)
    mostly = "" if rhythm.even else "mostly "
    return (
        f"a run may take {spoken(limit)} (`time_limit` of [runner]), and the next is {mostly}due after {every}: while "
        f"one hangs, {lost} {'run is' if lost == 1 else 'runs are'} not made, and nothing is known. Expected a "
        f"`time_limit` of {every} or less, or run it less often"
    )


def against_window(slo: Slo, gap: float) -> str | None:
    """Why a target cannot be held against runs of which no two come closer to each other than `gap` seconds."""
    if gap <= slo.window:
        return None
    return (
        f"its target looks at {_long(slo.window)}, and from one run to the next it is {_long(gap)} or more: "
        f"{_long(gap)} > {_long(slo.window)}, there would be times without any run. Expected "
        f"a `window` of {_long(gap)} or more in the mark `slo`, or run it more often"
    )


def _long(seconds: float) -> str:
    """A time in days where these are whole, and several."""
    days = seconds / A_DAY
    return f"{days:,.0f} days" if days >= 2 and days.is_integer() else spoken(seconds)


def _too_many_regions(policy: Policy, regions: Sequence[str]) -> str | None:
    wanted, there = policy.regions or 1, len(regions)
    if wanted <= there:
        return None
    return (
        f"`regions = {wanted}` can never be: it runs from {there} ({', '.join(regions)}), and {there} < {wanted}. "
        f"Expected {there} or less, or run it from more regions"
    )


def _too_many(name: str, wanted: int | None, rhythm: Rhythm | None, until: str) -> str | None:
    """Where even the runs of a schedule's busiest 30 days are fewer."""
    if wanted is None or rhythm is None or rhythm.least(wanted - 1) < A_MONTH:
        return None
    runs = 1 + rhythm.within(A_MONTH - _A_MOMENT)
    return (
        f"`{name} = {wanted}` takes {wanted} runs, and a region has at most {runs:,} in 30 days: "
        f"{rhythm.least(wanted) / A_DAY:,.0f} days or more {until}. Expected {runs:,} or less, or run it more often"
    )


def _too_short(policy: Policy, rhythm: Rhythm | None) -> str | None:
    """Where no two runs, be it by day, come as close to each other."""
    if policy.lasts is None or rhythm is None or policy.lasts >= rhythm.shortest:
        return None
    every = spoken(rhythm.shortest)
    told = every if rhythm.even else f"{every} or more"
    return (
        f"`for = {spoken(policy.lasts)}` is shorter than the {told} from one run to the next: no run can say that "
        f"it has lasted. Expected {every} or more, or run it more often"
    )


def _too_long(policy: Policy, keep_days: float) -> str | None:
    if policy.lasts is None or policy.lasts <= keep_days * A_DAY:
        return None
    return (
        f"`for = {_long(policy.lasts)}` is longer than the {keep_days:g} days that runs are kept (`keep_days` of "
        "[history]): when anybody is told, the first runs of it are gone. Expected less, or keep them longer"
    )
