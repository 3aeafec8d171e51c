"""The charts of one journey while runs are counted: see `analysis.charts` for their arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alerting import rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_synthetic.analysis.alerting.state import Place, Row, State
    from pytest_synthetic.analysis.charts import Limits
    from pytest_synthetic.model.alerting import Seen

POOLED = ""
"""The chart of all regions, which leaves none out."""


@dataclass(slots=True, kw_only=True)
class Charts:
    """As in `State`. Mappings are replaced, never changed: a state holds them."""

    out: Mapping[str, int] = field(default_factory=dict)
    alone: Mapping[str, int] = field(default_factory=dict)
    slow: int = 0
    leak: Row | None = None
    leaking: tuple[str, ...] = ()

    @classmethod
    def of(cls, state: State) -> Charts:
        """Those of a state."""
        return cls(out=state.charts, alone=state.alone, slow=state.slow, leak=state.leak, leaking=state.leaking)

    @property
    def idle(self) -> bool:
        """Whether nothing failed for so long that a good run changes nothing."""
        return not (self.out or self.alone or self.slow or self.leak)

    def failed(self, region: str, seen: Iterable[str], limits: Limits) -> None:
        """A run failed: the chart that leaves its region out stays."""
        pooled = self.out.get(POOLED, 0)
        names = {POOLED, region, *seen}
        most = limits.most
        was = {name: self.out.get(name, pooled) for name in names}
        self.out = {
            name: value if name == region else min(value + limits.step, most) for name, value in sorted(was.items())
        }
        most = limits.region + limits.step
        self.alone = {**self.alone, region: min(self.alone.get(region, 0) + limits.step, most)}

    def worked(self, region: str) -> None:
        """A run was good: every chart falls, whichever region it leaves out."""
        if self.out:
            fallen = {name: max(value - 1, 0) for name, value in self.out.items()}
            self.out = fallen if fallen[POOLED] else {}
        if region in self.alone:
            self.alone = {name: value - (name == region) for name, value in self.alone.items()}
            if not self.alone[region]:
                self.alone = {name: value for name, value in self.alone.items() if value}

    def leaked(self, run: Seen, place: Place, before: Place | None, limits: Limits) -> None:
        """A run failed, and the one before it in its place did not: the slow chart rises."""
        self.slow = min(self.slow + limits.slow_step, limits.slow + limits.slow_step)
        self.leak = rows.after_bad(self.leak, place, run, 1, before)
        if run.region not in self.leaking:
            self.leaking = tuple(sorted((*self.leaking, run.region)))

    def held_tight(self, *, stands: bool) -> None:
        """A run was good: the slow chart falls, and what it counted is forgotten at zero unless a leak stands."""
        self.slow = max(self.slow - 1, 0)
        if self.leak is not None:
            self.leak = rows.after_good(self.leak, 1)
        if not self.slow and not stands:
            self.leak, self.leaking = None, ()

    def all_above(self, regions: Iterable[str], limit: int) -> bool:
        """Whether something is wrong whichever of the regions is left out; with one region, all told."""
        names = [name for name in regions if name in self.out]
        return bool(self.out) and min(self.out[name] for name in (names if len(names) > 1 else (POOLED,))) >= limit
