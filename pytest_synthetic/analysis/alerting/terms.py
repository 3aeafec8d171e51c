"""The terms of a policy: what it says, as it is asked for with every run."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pytest_synthetic.analysis.alerting.state import checksum
from pytest_synthetic.model.alerting import ALERTING, Kind, Severity
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_synthetic.model.alerting import Policy

USUAL = {Verdict.FAILED: (1, 1), Verdict.DEGRADED: (3, 5), Verdict.BROKEN: (2, 2), Verdict.MISSED: (2, 2)}
"""How many bad runs of how many, in one place, where a policy leaves it to us. Of failed runs charts decide."""

CHARTED = (Kind.OUTAGE, Kind.REGION, Kind.LEAK)
"""What charts find: of those that are there at once the first counts."""


def kind_of(verdict: Verdict) -> Kind:
    """What is wrong where rows decide."""
    return Kind.OUTAGE if verdict is Verdict.FAILED else Kind(verdict.value)


class Terms(NamedTuple):
    """`failures` of the last `spans` runs of a place are bad, for each verdict that counts."""

    checksum: str
    spans: Mapping[Verdict, int]
    failures: Mapping[Verdict, int]
    lasts: timedelta | None
    regions: int
    statistical: bool
    severities: Mapping[Kind, Severity]

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What may be found."""
        failed = CHARTED if self.statistical else (Kind.OUTAGE,)
        others = (Kind(verdict.value) for verdict in self.spans if verdict is not Verdict.FAILED)
        return (*(failed if Verdict.FAILED in self.spans else ()), *others)

    def charted(self, kind: Kind) -> bool:
        """Whether charts decide on a kind."""
        return self.statistical and kind.verdict is Verdict.FAILED


@lru_cache(maxsize=4096)
def terms(policy: Policy) -> Terms:
    """Those of a policy, read once."""
    failures = policy.failures or 1
    given = (failures, max(policy.of or failures, failures))
    needed = {verdict: USUAL[verdict] if policy.statistical else given for verdict in ALERTING if verdict in policy.on}
    return Terms(
        checksum=checksum(policy),
        spans={verdict: span for verdict, (_, span) in needed.items()},
        failures={verdict: count for verdict, (count, _) in needed.items()},
        lasts=timedelta(seconds=policy.lasts) if policy.lasts else None,
        regions=policy.regions or 1,
        statistical=policy.statistical,
        severities={kind: _severity(policy, kind) for kind in Kind},
    )


def _severity(policy: Policy, kind: Kind) -> Severity:
    if kind.verdict is not Verdict.FAILED:
        return Severity.TICKET
    return policy.severity or (Severity.PAGE if kind is Kind.OUTAGE else Severity.TICKET)
