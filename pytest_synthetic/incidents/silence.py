"""Whether it would be noticed that nothing is heard of a journey any more, and why not: for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_synthetic.analysis.alerting.words import named
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pytest_synthetic.history.windows import Windows
    from pytest_synthetic.incidents.journeys import Known
    from pytest_synthetic.incidents.pipelines import Pipelines, Promise


class Silence(NamedTuple):
    """The regions in which it is noticed, and all of it in words."""

    regions: tuple[str, ...]
    words: str


NOT_YET = Silence(
    (),
    "Silence is not noticed yet: it is when `synthetic watch` or `synthetic scheduler` watches it, or when a pipeline "
    "has kept its schedule for a day.",
)
NOT_COUNTED = Silence((), "Silence is not noticed: its policy does not count missed runs.")
NOT_THERE = Silence((), "Silence is not noticed: it did not run lately.")


def silence(known: Known, pipelines: Pipelines | None, newest: Mapping[str, datetime], away: Windows) -> Silence:
    """What would be noticed as things stand now; `newest` is when it ran last in each region.

    Raises HistoryUnavailable.
    """
    if Verdict.MISSED not in known.rule.policy.on:
        return NOT_COUNTED
    if pipelines is None:
        return NOT_YET
    if known.watched:
        return Silence(known.rule.regions, "Silence is noticed a minute after two intervals: a scheduler watches it.")

    def held(region: str, at: datetime) -> bool:
        return known.maintenance(away, region, at) is not None

    found = {
        region: pipelines.promise(known, region, newest[region], held)
        for region in known.rule.regions
        if region in newest
    }
    if not found:
        return NOT_THERE
    heard = tuple(region for region, promise in found.items() if promise.holds)
    told: dict[str, list[str]] = {}
    for region, promise in found.items():
        told.setdefault(_told(promise), []).append(region)
    sentences = (
        f"Silence from {named(regions)} {words}" if len(told) > 1 else f"Silence {words}"
        for words, regions in told.items()
    )
    return Silence(heard, " ".join(sentences))


def _told(promise: Promise) -> str:
    if promise.why:
        return f"is not noticed: {promise.why}."
    ticks, kept = promise.habit
    had = f"{kept} of its last {ticks} ticks had a run"
    if promise.holds:
        return f"is noticed after two and a half intervals: {had}."
    return f"is not noticed: {had}, so nobody keeps its schedule."
