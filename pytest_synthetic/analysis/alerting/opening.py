"""Whether something is wrong that does not stand yet: by rows of bad runs, or by charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alerting import words
from pytest_synthetic.analysis.alerting.problems import begin
from pytest_synthetic.analysis.alerting.terms import CHARTED, kind_of
from pytest_synthetic.model.alerting import Kind
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_synthetic.analysis.alerting.situation import Situation
    from pytest_synthetic.model.reasons import Reason


def open_new(situation: Situation, verdict: Verdict, moment: datetime, why: Reason | None = None) -> None:
    """Open what is wrong and does not stand yet."""
    if situation.charted and verdict is Verdict.FAILED:
        _open_by_charts(situation)
        return
    kind = kind_of(verdict)
    stands = kind in situation.standing
    bad = [] if stands else [region for region in situation.bad(verdict, moment) if region not in situation.held]
    if len(bad) < situation.terms.regions or situation.newest_is_held(verdict, bad):
        return
    begin(
        situation,
        kind,
        bad,
        why or words.by_rows(verdict, situation.terms.failures[verdict], situation.terms.spans[verdict]),
    )


def _open_by_charts(situation: Situation) -> None:
    stands = Kind.OUTAGE in situation.standing
    failing = [] if stands else [region for region in situation.rows_of(Verdict.FAILED) if region not in situation.held]
    if situation.newest_is_held(Verdict.FAILED, failing):  # also when there is none
        return
    seen, limit = situation.seen(), situation.limits()
    if len(failing) >= min(len(seen), 2) and situation.charts.all_above(seen, limit.outage):
        begin(situation, Kind.OUTAGE, failing, words.by_charts(situation.rule.p0))
        return
    alone = [region for region in failing if situation.charts.alone.get(region, 0) >= limit.region and len(seen) > 1]
    if alone and Kind.REGION not in situation.standing:
        begin(situation, Kind.REGION, alone, words.by_charts(situation.rule.p0))
    elif not situation.standing.keys() & CHARTED and situation.charts.slow >= limit.slow:
        leaking = [region for region in situation.charts.leaking if region not in situation.held]
        begin(situation, Kind.LEAK, leaking, words.by_charts(situation.rule.p0))
