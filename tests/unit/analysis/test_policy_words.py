"""Policies in plain words, and those that can never tell of anything."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_synthetic.analysis.policy_words import plain_words
from pytest_synthetic.model.alerting import Policy, Rule, Severity
from pytest_synthetic.model.rhythm import Rhythm, Stretch
from pytest_synthetic.model.verdict import Verdict

REGIONS = ("ap", "eu", "us")
FIVE = 300.0


def words(policy: Policy, regions: tuple[str, ...] = REGIONS) -> str:
    return plain_words(
        Rule(policy=policy, journey="checkout", regions=regions, runs_per_day=288.0 * len(regions), p0=0.005)
    )


def test_the_default() -> None:
    told = words(Policy())

    assert told.startswith("Pages when more runs fail as seen from more than one region than chance explains (0.5 %")
    assert "with a run every 5 min from 3 regions that is within 5 min of a full outage, about" in told
    assert "6 failed runs in a row" in told


@pytest.mark.parametrize(
    ("policy", "start"),
    [
        (
            Policy(failures=1),
            "Pages when a run fails in a region; with a run every 5 min from 3 regions that is within 5",
        ),
        (Policy(failures=2, of=3), "Pages when 2 of the last 3 runs fail in a region; with a run"),
        (Policy(failures=3, severity=Severity.TICKET), "Opens a ticket when 3 runs in a row fail in a region; with a"),
        (Policy(regions=2, lasts=600.0), "Pages when a run fails in 2 regions at once and this lasts 10 min; with"),
        (
            Policy(on=(Verdict.BROKEN,)),
            "Failed runs are not told. A ticket as well, from any region: 2 broken in a row.",
        ),
        (Policy(on=()), "Nothing is told: no verdict counts (`on` is empty)."),
    ],
)
def test_policies(policy: Policy, start: str) -> None:
    assert words(policy).startswith(start)


def test_times_are_as_exact_as_they_can_be_known() -> None:
    rule = Rule(policy=Policy(failures=6), journey="checkout", regions=("eu",), runs_per_day=287.9, p0=0.005)

    assert "with a run every 5 min from 1 region that is within 30 min of a full outage" in plain_words(rule)


def test_what_runs_once_in_20_days_is_not_said_to_run_each_day() -> None:
    rule = Rule(policy=Policy(failures=2), journey="invoice", regions=("eu",), runs_per_day=1.0, p0=0.005)

    assert "with a run every 480 h from 1 region that is within 960 h" in plain_words(rule, 1 / 20)
    assert "with a run" not in plain_words(rule, 0.0)


WORKDAYS = Rhythm(stretches=(Stretch(86_400.0, 4), Stretch(259_200.0, 1)))
MINUTES = Rhythm(stretches=(Stretch(60.0, 1),))


@pytest.mark.parametrize(
    ("policy", "rhythm", "often", "said"),
    [
        (
            Policy(failures=1),
            WORKDAYS,
            5 / 7,
            "a run every 24 h to 72 h from 1 region that is within at most 72 h of a",
        ),
        (Policy(failures=2), WORKDAYS, 5 / 7, "within at most 96 h of a full outage, about 370 h when 30 % fail"),
        (Policy(failures=1, lasts=3600.0), WORKDAYS, 5 / 7, "within at most 73 h of a full outage"),
        (
            Policy(failures=2),
            MINUTES,
            1440.0,
            "with a run every 60 s from 1 region that is within 2 min of a full outage",
        ),
        (
            Policy(failures=2),
            MINUTES,
            5760.0,
            "with a run every 60 s from 1 region that is within 2 min of a full outage",
        ),
        (Policy(), MINUTES, 5760.0, "with 4 runs every 60 s from 1 region that is within 60 s of a full outage"),
        (Policy(), MINUTES, 1440.0, "with a run every 60 s from 1 region that is within"),
    ],
)
def test_a_full_outage_takes_at_most_the_longest_that_the_schedule_leaves(
    policy: Policy, rhythm: Rhythm, often: float, said: str
) -> None:
    rule = Rule(policy=policy, journey="invoice", regions=("eu",), runs_per_day=max(often, 1.0), p0=0.005)

    assert said in plain_words(rule, often, rhythm)
    assert ", as its schedule says, that is within" in plain_words(replace(rule, pipeline=True), often, rhythm)


def test_one_region() -> None:
    assert "region alone" not in words(Policy(), ("eu",))
    assert "it runs from 1 region, so this never comes" in words(Policy(regions=2), ("eu",))
    assert words(Policy(), ()) == "Nothing is told: it runs nowhere."


def test_where_several_variants_run_at_each_tick_each_is_counted_by_itself() -> None:
    four = Rule(
        policy=Policy(failures=2),
        journey="checkout",
        regions=("eu",),
        runs_per_day=1152.0,
        p0=0.005,
        rounds_per_day=288.0,
    )

    told = plain_words(four)
    assert "with a run every 5 min from 1 region that is within 10 min of a full outage" in told
    assert told.endswith("Each device and each parameter is counted by itself.")
    assert "by itself" not in words(Policy(failures=2))
