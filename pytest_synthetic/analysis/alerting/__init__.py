"""Whether something is wrong with a journey, run by run: problems open, change and are over."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from pytest_synthetic.analysis.alerting.decider import Decider
from pytest_synthetic.analysis.alerting.state import State, checksum

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from pytest_synthetic.analysis.alerting.situation import Promised
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
    decider = Decider(rule, state, now, held)
    for run in sorted(runs, key=_IN_ORDER) if len(runs) > 1 else runs:
        decider.take(run)
    decider.look(promised)
    return Decision(decider.state(), tuple(decider.actions))
