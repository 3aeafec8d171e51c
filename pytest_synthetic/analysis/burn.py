"""How fast a budget is spent just now: burn rates over several windows, each no surer than its data.

The rules are those of Google's SRE Workbook, chapter 5, "Alerting on SLOs" (sre.google/workbook/alerting-on-slos),
for a window of 30 days:

    spent   in (long)   and in (short)   burn rate   wakes
    2 %     1h          5m               14.4        page
    5 %     6h          30m              6           page
    10 %    1d          2h               3           ticket
    10 %    3d          6h               1           ticket

The burn rate is `spent x window / long`, so that a window of 28 days has 13.44 where 30 days have 14.4. The workbook
has much traffic in mind. A journey that runs 36 times an hour is not judged on one failure: see `Burn.above`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.intervals import jeffreys
from pytest_synthetic.analysis.slo import may_fail
from pytest_synthetic.model.alerting import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_synthetic.analysis.intervals import Interval
    from pytest_synthetic.model.history import Counts
    from pytest_synthetic.model.sla import Slo

WINDOWS = {"5m": 300.0, "30m": 1_800.0, "1h": 3_600.0, "2h": 7_200.0, "6h": 21_600.0, "1d": 86_400.0, "3d": 259_200.0}
"""The windows of the rules, in seconds."""

LEAST_FAILED = 3
"""Failures without which no burn rate is said to be above a threshold: it is asked again with every run."""


class Burning(StrEnum):
    """What a rule says."""

    YES = "yes"
    """The budget burns surely faster than the rule allows, over its long window and still over the short one."""
    NO = "no"
    """It surely does not, over one of the two at least."""
    UNKNOWN = "unknown"
    """Fewer data than can say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Spending the share `spent` of the budget within `long` is too fast, if it goes on in `short`."""

    spent: float
    long: str
    short: str
    severity: Severity

    def threshold(self, slo: Slo) -> float:
        """The burn rate that spends so much in so long."""
        return self.spent * slo.window / WINDOWS[self.long]


RULES = (
    Rule(spent=0.02, long="1h", short="5m", severity=Severity.PAGE),
    Rule(spent=0.05, long="6h", short="30m", severity=Severity.PAGE),
    Rule(spent=0.10, long="1d", short="2h", severity=Severity.TICKET),
    Rule(spent=0.10, long="3d", short="6h", severity=Severity.TICKET),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """The burn rate over one window, and between which rates the true one lies (95 %); None when nothing was said."""

    window: str
    failed: int
    said: int
    rate: float | None
    interval: Interval | None

    def above(self, threshold: float) -> Burning:
        """Whether the true rate is above `threshold`: only the whole interval says so, or that it is not."""
        if self.interval is None:
            return Burning.UNKNOWN
        if self.interval[0] > threshold and self.failed >= LEAST_FAILED:
            return Burning.YES
        return Burning.NO if self.interval[1] <= threshold else Burning.UNKNOWN


def burns(slo: Slo, counts: Mapping[str, Counts]) -> dict[str, Burn]:
    """The burn rate of the availability over each window, of the counts of the runs in it."""
    return {name: _burn(slo, name, counted) for name, counted in counts.items()}


def _burn(slo: Slo, name: str, counts: Counts) -> Burn:
    allowed = may_fail(slo.availability)
    interval = jeffreys(counts.failed, counts.said)
    return Burn(
        window=name,
        failed=counts.failed,
        said=counts.said,
        rate=counts.failed / counts.said / allowed if counts.said else None,
        interval=interval and (interval[0] / allowed, interval[1] / allowed),
    )


def judged(slo: Slo, measured: Mapping[str, Burn]) -> dict[Rule, Burning]:
    """What each rule says. A rule is left out when its long window is no shorter than the target's own.

    With a target of 90 % and 30 days no failure is fast enough for the first rule (14.4 x 10 % is more than all): the
    second one tells of it.
    """
    return {rule: _judged(slo, rule, measured) for rule in RULES if WINDOWS[rule.long] < slo.window}


def _judged(slo: Slo, rule: Rule, measured: Mapping[str, Burn]) -> Burning:
    said = {
        measured[name].above(rule.threshold(slo)) if name in measured else Burning.UNKNOWN
        for name in (rule.long, rule.short)
    }
    return next(answer for answer in (Burning.NO, Burning.UNKNOWN, Burning.YES) if answer in said)
