"""Policies that cannot do what they say are told, with the arithmetic."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_synthetic.analysis.policy_checks import against_time_limit, against_window, complaints
from pytest_synthetic.core.rhythm import rhythm
from pytest_synthetic.model.alerting import Policy
from pytest_synthetic.model.journey import Schedule
from pytest_synthetic.model.rhythm import Rhythm, Stretch
from pytest_synthetic.model.sla import slo

DAY = 86_400.0


def every(seconds: float) -> Rhythm:
    return Rhythm(stretches=(Stretch(seconds, 1),))


def of_cron(cron: str, *quiet: str) -> Rhythm:
    found = rhythm(Schedule(cron=cron, quiet=quiet, timezone="Europe/Paris"))
    assert found
    return found


OFTEN: dict[str, Any] = {"regions": ("eu-west", "us-east"), "rhythm": every(300.0), "keep_days": 35}


def told(policy: Policy, **known: Any) -> list[str]:
    return list(complaints(policy, "Checkout", **{**OFTEN, **known}))


@pytest.mark.parametrize(
    "policy",
    [
        Policy(),
        Policy(failures=2, of=3, regions=2, lasts=600.0),
        Policy(lasts=300.0),
        Policy(failures=8640, successes=8640),
        Policy(failures=2, of=10_080, lasts=35 * DAY),
    ],
)
def test_a_policy_that_can_be_is_no_news(policy: Policy) -> None:
    assert told(policy) == []


@pytest.mark.parametrize(
    ("policy", "known", "said"),
    [
        (
            Policy(regions=3),
            {},
            "`regions = 3` can never be: it runs from 2 (eu-west, us-east), and 2 < 3. Expected 2 or less, or run it from "
            "more regions",
        ),
        (
            Policy(failures=30),
            {"rhythm": of_cron("0 7 * * 1-5")},
            "`failures = 30` takes 30 runs, and a region has at most 22 in 30 days: 42 days or more before anybody is "
            "told. Expected 22 or less, or run it more often",
        ),
        (
            Policy(failures=9_000),
            {},
            "`failures = 9000` takes 9000 runs, and a region has at most 8,640 in 30 days: 31 days or more before anybody "
            "is told. Expected 8,640 or less, or run it more often",
        ),
        (
            Policy(successes=2),
            {"rhythm": of_cron("0 7 1 1 *")},
            "`successes = 2` takes 2 runs, and a region has at most 1 in 30 days: 730 days or more before it is over. "
            "Expected 1 or less, or run it more often",
        ),
        (
            Policy(lasts=120.0),
            {},
            "`for = 2 min` is shorter than the 5 min from one run to the next: no run can say that it has lasted. Expected "
            "5 min or more, or run it more often",
        ),
        (
            Policy(lasts=120.0),
            {"rhythm": of_cron("*/5 8-20 * * *")},
            "`for = 2 min` is shorter than the 5 min or more from one run to the next: no run can say that it has lasted. "
            "Expected 5 min or more, or run it more often",
        ),
        (
            Policy(lasts=400 * DAY),
            {},
            "`for = 400 days` is longer than the 35 days that runs are kept (`keep_days` of [history]): when anybody is "
            "told, the first runs of it are gone. Expected less, or keep them longer",
        ),
    ],
)
def test_what_cannot_be_is_told_with_the_arithmetic(policy: Policy, known: dict[str, Any], said: str) -> None:
    assert told(policy, **known) == [f'"Checkout": {said}']


@pytest.mark.parametrize(
    ("policy", "cron", "quiet"),
    [
        (Policy(failures=2, of=3, lasts=600.0), "*/5 8-20 * * *", ()),  # 11 hours at night are in nobody's way
        (Policy(lasts=300.0), "*/5 8-20 * * 1-5", ()),
        (Policy(lasts=300.0), "*/5 * * * *", ("22:00-06:00",)),
        (Policy(lasts=240.0), "0,4 7 * * *", ()),
        (Policy(lasts=DAY), "0 7 * * 1-5", ()),
        (Policy(failures=22, successes=22), "0 7 * * 1-5", ()),
        (Policy(failures=4680), "*/5 8-20 * * *", ()),
        (Policy(failures=30), "0 7 * 6 *", ()),  # in June
        (Policy(failures=2), "0 7 1 * *", ()),  # from the first of February to that of March
    ],
)
def test_what_can_be_at_some_time_is_no_news(policy: Policy, cron: str, quiet: tuple[str, ...]) -> None:
    assert told(policy, rhythm=of_cron(cron, *quiet)) == []


def test_of_runs_that_nobody_can_foresee_nothing_is_told() -> None:
    assert told(Policy(failures=9000, lasts=1.0), rhythm=None) == []


def test_all_of_it_is_told() -> None:
    wrong = Policy(regions=2, failures=9000, lasts=1.0)
    assert len(told(wrong, regions=("local",))) == 3
    assert "1 < 2" in told(wrong, regions=("local",))[0]


def test_a_run_may_not_take_longer_than_it_is_to_the_next() -> None:
    assert against_time_limit(300.0, every(300.0)) is None
    assert against_time_limit(300.0, every(60.0)) == (
        "a run may take 5 min (`time_limit` of [runner]), and the next is due after 60 s: while one hangs, 5 runs are "
        "not made, and nothing is known. Expected a `time_limit` of 60 s or less, or run it less often"
    )


def test_a_time_limit_is_held_against_what_is_usual() -> None:
    assert against_time_limit(100.0, every(60.0)) == (
        "a run may take 100 s (`time_limit` of [runner]), and the next is due after 60 s: while one hangs, 1 run is not "
        "made, and nothing is known. Expected a `time_limit` of 60 s or less, or run it less often"
    )
    assert against_time_limit(DAY, of_cron("*/5 8-20 * * *")) == (
        "a run may take 24 h (`time_limit` of [runner]), and the next is mostly due after 5 min: while one hangs, 156 runs "
        "are not made, and nothing is known. Expected a `time_limit` of 5 min or less, or run it less often"
    )
    assert against_time_limit(300.0, of_cron("*/7 * * * *")) is None  # 4 min come once an hour
    assert against_time_limit(300.0, of_cron("0,4 7 * * *")) is None


def test_a_window_holds_at_least_one_run() -> None:
    assert against_window(slo(0.99, "1d"), DAY) is None
    assert against_window(slo(0.99, "1d"), 2 * DAY) == (
        "its target looks at 24 h, and from one run to the next it is 2 days or more: 2 days > 24 h, there would be times "
        "without any run. Expected a `window` of 2 days or more in the mark `slo`, or run it more often"
    )
