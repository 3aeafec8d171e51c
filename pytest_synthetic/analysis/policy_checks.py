"""Policies that cannot do what they say: the arithmetic, for whoever wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.model.sla import spoken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_synthetic.model.alerting import Policy

A_MONTH = 30.0
"""Days."""


def complaints(  # noqa: PLR0913  all that is known of a journey's runs
    policy: Policy,
    spec_name: str,
    *,
    regions: Sequence[str],
    interval_seconds: float | None,
    runs_per_month: float,
    time_limit: float | None,
) -> Iterator[str]:
    """Why `policy` cannot do what it says for a journey that is run in `regions`.

    `interval_seconds` is the time from one run in a region to the next, None where it varies; `runs_per_month` are
    those of one region in 30 days; `time_limit`, in seconds, is what one run may take; None: nobody chose one.
    """
    for told in (
        _too_many_regions(policy, regions),
        _too_many("failures", policy.failures, runs_per_month, "before anybody is told"),
        _too_many("successes", policy.successes, runs_per_month, "before it is over"),
        *(_against_interval(policy, interval_seconds, time_limit) if interval_seconds else ()),
    ):
        if told:
            yield f'"{spec_name}": {told}'


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


def _against_interval(policy: Policy, interval: float, time_limit: float | None) -> Iterator[str | None]:
    every = spoken(interval)
    if policy.lasts is not None and policy.lasts < interval:
        yield (
            f"`for = {spoken(policy.lasts)}` is shorter than the {every} from one run to the next: no run can say that "
            f"it has lasted. Expected {every} or more, or run it more often"
        )
    if time_limit is not None and time_limit > interval:
        yield (
            f"a run may take {spoken(time_limit)} (`time_limit` of [runner]), and the next is due after {every}: while "
            f"one hangs, {time_limit / interval:.3g} runs are not made, and nothing is known. Expected a "
            f"`time_limit` of {every} or less, or run it less often"
        )
