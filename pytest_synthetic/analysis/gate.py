"""Whether a release may go out: what its journeys promised, what is left, and what its own runs add.

What failed runs of the release mean, beside what they do to the budget:

- Two or more block when the interval of the release's own runs lies below the target, however much budget the history
  has left: the budget is there for what customers meet, not for a release that does not work. The interval is as wide
  as the number of journeys asks for (Bonferroni): of a hundred journeys one is unlucky in every release.
- Else they are not enough data while that interval, of this journey alone, lies below the target. Runs that work clear
  them, twice as many as failed, if the history with them keeps the target: then they are part of its budget.
- With little or no history nothing clears them, for all runs together cannot say that the target is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.figures import between, counted, promised
from pytest_synthetic.analysis.intervals import CONFIDENCE, jeffreys
from pytest_synthetic.analysis.slo import State, report, state_of
from pytest_synthetic.model.history import Counts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_synthetic.analysis.slo import SloReport, Standing


class Outcome(StrEnum):
    """What the gate says."""

    PASS = "pass"  # noqa: S105 (a word, no password)
    """Every promise is kept, and would be with this release."""
    BLOCK = "block"
    """A budget is spent, or would be by this release."""
    UNKNOWN = "unknown"
    """Not enough data."""


_NOTHING = Counts()
CLEARING = 2
"""So many runs that work clear one that failed: a release that is broken for good shows none."""

EXIT_CODES = {Outcome.PASS: 0, Outcome.BLOCK: 3, Outcome.UNKNOWN: 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A journey of a release. `before` counts no run of the release, `release` only these.

    `excluded` are runs of the release in maintenance, which are in neither.
    """

    journey: str
    before: SloReport
    release: Counts
    excluded: Counts = _NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why one target of one journey does not pass, in a sentence with the numbers."""

    journey: str
    target: str
    outcome: Outcome
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GateDecision:
    """What the gate says, and every reason against, blocking ones first; unknown ones also when allowed."""

    outcome: Outcome
    reasons: tuple[Reason, ...]

    @property
    def exit_code(self) -> int:
        """0 pass, 3 block, 4 not enough data."""
        return EXIT_CODES[self.outcome]


def decide(candidates: Iterable[Candidate], *, allow_unknown: bool) -> GateDecision:
    """Judge every target of every journey of a release. With `allow_unknown` not enough data is no reason to stop.

    Without any journey nothing is known, and nothing passes for it.
    """
    given = list(candidates)
    confidence = 1 - (1 - CONFIDENCE) / max(1, len(given))
    reasons = [reason for candidate in given for reason in _against(candidate, confidence)]
    if not given:
        text = "no journey has a target: there is nothing to judge. Give journeys the mark slo"
        reasons = [Reason(journey="", target="", outcome=Outcome.UNKNOWN, text=text)]
    blocking = [reason for reason in reasons if reason.outcome is Outcome.BLOCK]
    unknown = [reason for reason in reasons if reason.outcome is Outcome.UNKNOWN]
    stopped = Outcome.UNKNOWN if unknown and not allow_unknown else Outcome.PASS
    return GateDecision(outcome=Outcome.BLOCK if blocking else stopped, reasons=(*blocking, *unknown))


def _against(candidate: Candidate, confidence: float) -> Iterator[Reason]:
    before = candidate.before
    together = before.counts + candidate.release
    after = report(before.slo, together, span=before.span, every=before.every, away=before.away).standings
    alone = report(before.slo, candidate.release, span=before.span, away=before.away).standings
    for name, standing in before.standings.items():
        interval = jeffreys(alone[name].good, alone[name].said, confidence)
        surely = state_of(standing.target, alone[name].good, alone[name].said, interval)
        target = _Target(name=name, before=standing, after=after[name], alone=alone[name], surely=surely)
        objection, doubt = target.objection, target.doubt(_silent(candidate))
        if text := objection or doubt:
            outcome = Outcome.BLOCK if objection else Outcome.UNKNOWN
            yield Reason(journey=candidate.journey, target=name, outcome=outcome, text=f"{candidate.journey}: {text}")


def _silent(candidate: Candidate) -> str | None:
    """Which runs were to say something of the release, when none did; those that were skipped were not."""
    if candidate.release.said:
        return None
    away = candidate.excluded.all - candidate.excluded.skipped
    runs = candidate.release.all - candidate.release.skipped + away
    aside = f" ({counted(away)} of them in maintenance)" if away else ""
    return f"none of the {counted(runs)} runs of this release{aside} could say anything" if runs else None


_WENT_WRONG = {"availability": "failed", "latency": "broke the SLA"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """One target before the release, with it, and of the release alone; `surely` among all the journeys judged."""

    name: str
    before: Standing
    after: Standing
    alone: Standing
    surely: State

    @property
    def objection(self) -> str | None:
        """Why the release is blocked."""
        if self.before.state is State.SPENT:
            return f"the {self.name} budget is spent: {self._against_budget(self.before)}"
        if self.after.state is State.SPENT:
            together = self._against_budget(self.after)
            return f"the {self.name} budget would be spent by this release: with its runs {together}"
        if self.surely is State.SPENT:
            return f"this release does not keep its {self.name}: {self._fits(self.alone)}"
        return None

    def doubt(self, silent: str | None) -> str | None:
        """Why nothing can be said; `silent` says which runs of the release were to say something, and did not."""
        if self._may_be_broken:
            return f"{self._bad(self.alone, ' of this release')}: too few to tell a fault from chance. Run it again"
        if silent:
            return f"{silent} of {self.name}"
        if self.after.state is State.UNKNOWN:
            return f"not enough data on {self.name}: {self._fits(self.after)}"
        return None

    @property
    def _may_be_broken(self) -> bool:
        """Whether runs failed that are neither significant nor cleared by those that worked."""
        alone = self.alone
        if alone.interval is None or alone.interval[1] >= alone.target:
            return False
        return self.after.state is not State.KEPT or alone.good < CLEARING * alone.bad

    def _bad(self, standing: Standing, whose: str = "") -> str:
        return f"{counted(standing.bad)} of {counted(standing.said)} runs{whose} {_WENT_WRONG[self.name]}"

    def _against_budget(self, standing: Standing) -> str:
        allowed = standing.budget.allowed if standing.budget else 0.0
        return f"{self._bad(standing)}, {promised(standing.target)} allows {counted(allowed)}"

    def _fits(self, standing: Standing) -> str:
        if standing.interval is None:
            return "no run could say anything"
        fits = between(standing.interval, beside=standing.target)
        return f"{self._bad(standing)}, so that it is {fits}, promised {promised(standing.target)}"
