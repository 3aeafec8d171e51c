"""The arithmetic of the charts, against published figures and against seeded runs."""

from __future__ import annotations

from itertools import islice
from random import Random
from statistics import mean

import pytest

from pytest_synthetic.analysis import charts
from pytest_synthetic.analysis.charts import Limits, learnt, limits, run_lengths, step, surprising, tail

QUARTER = 90 * 864


@pytest.mark.parametrize(
    ("p0", "p1", "rise", "threshold"), [(0.01, 0.2, 14, 41), (0.005, 0.1, 30, 80), (0.005, 0.02, 91, 394)]
)
def test_one_false_alarm_in_90_days(p0: float, p1: float, rise: int, threshold: int) -> None:
    below, at = islice(run_lengths(p0, rise), threshold - 2, threshold)

    assert step(p0, p1) == rise
    assert below < QUARTER <= at


@pytest.mark.parametrize(("p", "rise", "threshold"), [(0.05, 5, 9), (0.1, 3, 8), (0.02, 14, 14)])
def test_run_lengths_are_those_of_runs(p: float, rise: int, threshold: int) -> None:
    rng = Random(1)
    exact = next(islice(run_lengths(p, rise), threshold - 1, None))

    def once() -> int:
        value, runs = 0, 0
        while value < threshold:
            runs += 1
            value = value + rise if rng.random() < p else max(value - 1, 0)
        return runs

    assert mean(once() for _ in range(2_000)) == pytest.approx(exact, rel=0.08)


@pytest.mark.parametrize("regions", [2, 3, 5])
def test_joint_alarms_are_no_more_than_the_bound(regions: int) -> None:
    p, rise, threshold, runs = 0.05, 7, 12, 200_000
    rng, out, alarms = Random(2), [0] * regions, 0
    for number in range(runs):
        region = number % regions
        if rng.random() < p:
            out = [
                value if name == region else min(value + rise, threshold + rise // 2) for name, value in enumerate(out)
            ]
            if min(out) >= threshold:
                alarms, out = alarms + 1, [0] * regions
        else:
            out = [max(value - 1, 0) for value in out]

    assert 0 < alarms <= runs * p * tail(p, rise, threshold, regions)


@pytest.mark.parametrize("regions", [2, 3, 8])
@pytest.mark.parametrize("p0", [0.002, 0.0064, 0.02, 0.1])
@pytest.mark.parametrize("a_day", [24, 864, 86_400])
def test_thresholds_are_the_lowest_that_keep_the_promise(p0: float, regions: int, a_day: int) -> None:
    p0, limit = charts._up(p0), limits(p0, regions, a_day)
    runs = 90 * charts._up(a_day)

    assert runs * p0 * tail(p0, limit.step, limit.outage, regions) <= 1
    assert limit.outage == 1 or runs * p0 * tail(p0, limit.step, limit.outage - 1, regions) > 1
    assert next(islice(run_lengths(p0, limit.slow_step), limit.slow - 1, None)) >= runs


def test_the_charts_of_the_documentation() -> None:
    assert limits(0.0064, 3, 864) == Limits(step=36, outage=63, region=216, slow_step=71, slow=321)


def test_more_regions_or_more_runs_need_higher_thresholds() -> None:
    by_regions = [limits(0.005, regions, 864).outage for regions in (2, 3, 4, 8)]
    by_runs = [limits(0.005, 3, a_day).outage for a_day in (3, 72, 864, 10_000)]

    assert by_regions == sorted(by_regions)
    assert by_runs == sorted(by_runs)


def test_shares_that_hardly_differ_are_one_rounded_up() -> None:
    assert limits(0.00631, 3, 864) == limits(0.0064, 3, 870)
    assert limits(0.0, 0, 0.0) == limits(0.002, 1, 1)
    assert limits(0.9, 3, 864) == limits(0.1, 3, 864)


def test_a_hiccup_of_a_region_is_no_problem_of_it() -> None:
    often, hourly = limits(0.005, 3, 864), limits(0.005, 3, 72)

    assert often.region >= 6 * often.step
    assert hourly.region >= 3 * hourly.step


@pytest.mark.parametrize(("failed", "said", "runs"), [(0, 0, 1), (9, 9, 4), (65, 216, 26), (90, 900, 87)])
def test_good_runs_that_would_surprise(failed: int, said: int, runs: int) -> None:
    assert surprising(failed, said) == pytest.approx(runs, abs=2)


def test_p0_is_learnt() -> None:
    assert learnt(0, 0) == pytest.approx(0.005)
    assert learnt(130, 25_920) == pytest.approx(0.005, rel=0.01)
    assert learnt(0, 25_920) == 0.002
    assert learnt(900, 1_000) == 0.1
