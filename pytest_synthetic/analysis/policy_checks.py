"""Policies, limits and targets that cannot do what they say: the arithmetic, for whoever wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.model.sla import spoken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_synthetic.model.alerting import Policy
    from pytest_synthetic.model.sla import Slo

A_MONTH = 30.0
"""Days."""


A_DAY = 86_400.0
"""Seconds."""


def complaints(  # noqa: PLR0913  all that is known of a journey's runs
    policy: Policy,
    spec_name: str,
    *,
    regions: Sequence[str],
    interval_seconds: float | None,
    runs_per_month: float,
    keep_days: float,
) -> Iterator[str]:
    """Why `policy` cannot do what it says for a journey that is run in `regions`.

    `interval_seconds` is the time from one run in a region to the next, None where it varies; `runs_per_month` are
    those of one region in 30 days; `keep_days` is how long the history keeps a run.
    """
    for told in (
        _too_many_regions(policy, regions),
        _too_many("failures", policy.failures, runs_per_month, "before anybody is told"),
        _too_many("successes", policy.successes, runs_per_month, "before it is over"),
        _too_short(policy, interval_seconds) if interval_seconds else None,
        _too_long(policy, keep_days),
    ):
        if told:
            yield f'"{spec_name}": {told}'


def against_time_limit(limit: float, interval: float) -> str | None:
    """Why a run may not take so long, where the next is due after `interval`; both in seconds."""
    if limit <= interval:
        return None
    every = spoken(interval)
    return (
        f"a run may take {spoken(limit)} (`time_limit` of [runner]), and the next is due after {every}: while "
        f"one hangs, {limit / interval:.3g} runs are not made, and nothing is known. Expected a "
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


def _too_many(name: str, wanted: int | None, runs_per_month: float, until: str) -> str | None:
    if wanted is None or wanted <= runs_per_month:
        return None
    runs = f"{runs_per_month:,.0f}" if runs_per_month >= A_MONTH else f"{runs_per_month:.3g}"
    days = wanted / runs_per_month * A_MONTH if runs_per_month else float("inf")
    return (
        f"`{name} = {wanted}` takes {wanted} runs, and a region has {runs} in 30 days: {days:,.0f} days {until}. "
        "Expected fewer, or run it more often"
    )


def _too_short(policy: Policy, interval: float) -> str | None:
    if policy.lasts is None or policy.lasts >= interval:
        return None
    every = spoken(interval)
    return (
        f"`for = {spoken(policy.lasts)}` is shorter than the {every} from one run to the next: no run can say that "
        f"it has lasted. Expected {every} or more, or run it more often"
    )


def _too_long(policy: Policy, keep_days: float) -> str | None:
    if policy.lasts is None or policy.lasts <= keep_days * A_DAY:
        return None
    return (
        f"`for = {_long(policy.lasts)}` is longer than the {keep_days:g} days that runs are kept (`keep_days` of "
        "[history]): when anybody is told, the first runs of it are gone. Expected less, or keep them longer"
    )
