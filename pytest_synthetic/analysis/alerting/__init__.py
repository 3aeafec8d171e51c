"""Whether something is wrong with a journey, run by run: problems open, change and are over.

What is remembered between two decisions is a `state`. While one is made it is a `situation`, which three steps change:

    carrying     another policy, other regions: what stands is carried on, or ends
    taking       a run is counted, by `rows` and `charting`, in the place that `seating` says
    listening    what time alone says: nothing is heard, bad runs last

They find out about problems through

    following    what a run does to those that stand
    opening      whether something is wrong that does not stand yet
    problems     how one begins, changes and ends, with its facts from `telling` and its reasons from `words`

The `terms` are those of the policy. A module imports only what stands below it here, or in its own line.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from pytest_synthetic.analysis.alerting.carrying import carry
from pytest_synthetic.analysis.alerting.listening import look
from pytest_synthetic.analysis.alerting.problems import tell_whole
from pytest_synthetic.analysis.alerting.situation import Situation
from pytest_synthetic.analysis.alerting.state import State, checksum
from pytest_synthetic.analysis.alerting.taking import take

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from pytest_synthetic.analysis.alerting.listening import Promised
    from pytest_synthetic.model.alerting import Action, Rule, Seen

__all__ = ["Decision", "State", "checksum", "decide"]


_IN_ORDER = attrgetter("at", "region", "variant", "run_id")


class Decision(NamedTuple):
    """What is known now, and what became of problems, in order. `state` is the same object when nothing is new."""

    state: State
    actions: tuple[Action, ...]


def decide(  # noqa: PLR0913  what is known, and what is new
    rule: Rule,
    state: State | None,
    runs: Sequence[Seen],
    now: datetime,
    *,
    held: Collection[str] = (),
    promised: Promised | None = None,
) -> Decision:
    """Take the first attempts that came since, in any order; ask also when none came, since silence says something.

    `state` None: nothing is known yet. `held` are the regions in maintenance now: problems do not open there.
    `promised` is asked of a region when the moment has passed until which another run should have come (`next_by`);
    what it raises is raised. Without it every such moment counts.
    """
    situation = Situation(rule, state, now, held)
    carry(situation)
    for run in sorted(runs, key=_IN_ORDER) if len(runs) > 1 else runs:
        take(situation, run)
    look(situation, promised)
    tell_whole(situation)
    return Decision(situation.state(), tuple(situation.actions))
