"""Burn rates: the workbook's thresholds, and no page on one failure of 36 runs."""

from __future__ import annotations

import pytest

from pytest_synthetic.analysis.burn import RULES, WINDOWS, Burning, burns, judged
from pytest_synthetic.model.history import Counts
from pytest_synthetic.model.sla import Slo, slo

STRICT, USUAL = slo(0.999, "30d"), slo(0.995, "30d")
AN_HOUR = 36  # runs, of three regions every five minutes
FAST = RULES[0]


def runs(failed: int, said: int) -> Counts:
    return Counts(passed=said - failed, failed=failed)


def test_thresholds_of_the_workbook() -> None:
    assert [rule.threshold(USUAL) for rule in RULES] == pytest.approx([14.4, 6, 3, 1])
    assert FAST.threshold(slo(0.9, "28d")) == pytest.approx(13.44)


def test_the_rate_is_the_share_of_failures_over_the_share_allowed() -> None:
    found = burns(STRICT, {"1h": runs(1, AN_HOUR)})["1h"]

    assert found.rate == pytest.approx(1 / 36 / 0.001)
    assert found.interval is not None
    assert [round(rate, 1) for rate in found.interval] == [3.0, 122.6]


@pytest.mark.parametrize("target", [STRICT, USUAL])
@pytest.mark.parametrize("failed", [0, 1, 2])
def test_an_hour_with_few_failures_cannot_say(target: Slo, failed: int) -> None:
    found = judged(target, burns(target, {"1h": runs(failed, AN_HOUR), "5m": runs(min(failed, 3), 3)}))

    assert found[FAST] is Burning.UNKNOWN or (target is USUAL and failed == 0 and found[FAST] is Burning.NO)


def test_an_outage_burns() -> None:
    found = judged(STRICT, burns(STRICT, {"1h": runs(18, AN_HOUR), "5m": runs(3, 3)}))

    assert found[FAST] is Burning.YES


def test_an_outage_that_is_over_burns_no_more() -> None:
    found = judged(STRICT, burns(STRICT, {"1h": runs(18, 3600), "5m": runs(0, 300)}))

    assert found[FAST] is Burning.NO


def test_enough_good_runs_say_no() -> None:
    measured = burns(STRICT, {name: runs(0, 100_000) for name in WINDOWS})

    assert set(judged(STRICT, measured).values()) == {Burning.NO}


def test_nothing_said_or_asked_is_unknown() -> None:
    measured = burns(STRICT, {"1h": Counts(broken=36)})

    assert (measured["1h"].rate, measured["1h"].interval) == (None, None)
    assert set(judged(STRICT, measured).values()) == {Burning.UNKNOWN}


def test_a_short_target_has_only_rules_that_are_shorter() -> None:
    assert [rule.long for rule in judged(slo(0.9, "1d"), {})] == ["1h", "6h"]
