"""Why something became of a problem, for the time line and for letters in every language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  wire.build resolves the annotations
from enum import StrEnum

from pytest_synthetic.model.verdict import Verdict  # noqa: TC001  likewise


class Because(StrEnum):
    """Why something became of a problem: each language has a sentence for it."""

    NEWEST = "newest"
    IN_A_ROW = "in a row"
    OF_THE_LAST = "of the last"
    CHANCE = "chance"
    SILENT = "silent"
    PIPELINE_SILENT = "pipeline silent"
    GROWN = "grown"
    MORE_VARIANTS = "more variants"
    NOT_ALONE = "not alone"
    OUTLIVED = "outlived"
    WELL_THERE = "well there"
    RECOVERED = "recovered"
    ALONE_NOW = "alone now"
    AS_OUTAGE = "as outage"
    AS_REGION = "as region"
    CARRIED = "carried"
    DROPPED = "dropped"
    LEFT = "left"
    GOOD_AGAIN = "good again"
    STEADY = "steady"
    REFUSED = "refused"
    TAKES_AGAIN = "takes again"
    UNSET = "unset"

    @property
    def unseen(self) -> bool:
        """Whether what is over for this reason was not seen to be well again."""
        return self in {Because.DROPPED, Because.LEFT, Because.OUTLIVED, Because.WELL_THERE, Because.UNSET}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why something became of a problem, with what its sentence is filled with.

    `name` is the journey's, for people. `variants` are those that it is of, where it is not of all. `bad` of `of` runs
    ended as `verdict`; `share` of the runs do so when nothing is wrong.
    """

    because: Because
    name: str = ""
    regions: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    verdict: Verdict | None = None
    bad: int = 0
    of: int = 0
    share: float | None = None
    since: datetime | None = None
