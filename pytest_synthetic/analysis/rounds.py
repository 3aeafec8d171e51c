"""Uptime: rounds instead of runs. A round is all regions at one tick, and good when a customer somewhere got it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pytest_synthetic.model.history import Counts
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

_BEST_FIRST = (
    Verdict.PASSED,
    Verdict.DEGRADED,
    Verdict.FAILED,
    Verdict.BROKEN,
    Verdict.MISSED,
    Verdict.BLOCKED,
    Verdict.SKIPPED,
)
_RANK = {verdict: rank for rank, verdict in enumerate(_BEST_FIRST)}


def uptime(runs: Iterable[tuple[Hashable, Verdict]]) -> Counts:
    """Counts of rounds, of runs given as the id of their round and their verdict, in any order.

    A round has the best verdict of its runs: passed if any region passed; failed when all that could say something
    failed. A round that nobody could judge is unsaid: broken, missed, blocked or skipped, the first found in it.
    The uptime is the availability of these counts; reachability is that of all runs.
    """
    best: dict[Hashable, Verdict] = {}
    for round_id, verdict in runs:
        best[round_id] = min(verdict, best.get(round_id, verdict), key=_RANK.__getitem__)
    return Counts(**Counter(verdict.value for verdict in best.values()))
