"""How often a journey says another thing although nothing changed."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from pytest_synthetic.model.verdict import UNSAID, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


MOST_VARIANTS = 100
"""Where more variants than this ran once in a region, each run has its own: they are counted together."""


class Outcome(NamedTuple):
    """How one run of a journey ended. `commit` is that of the tests, `release` that of the product.

    `attempt` is 2 and more where a failed run was repeated. `variant` is what else sets runs of one journey apart: the
    device, the parameters.
    """

    verdict: Verdict
    region: str
    commit: str | None = None
    release: str | None = None
    attempt: int = 1
    variant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flakes:
    """What was counted. All of `pairs` are two consecutive runs with the same commit, release, region and variant.

    `changes` of them went from good to failed or back. In `unversioned` of them neither commit nor release is known, so
    that something may have changed unseen. `retried` first attempts failed and were tried again; `recovered` of these
    were good then.
    """

    changes: int
    pairs: int
    unversioned: int
    retried: int
    recovered: int

    @property
    def score(self) -> float | None:
        """The share of pairs that changed, from 0 (always the same) to 1 (never twice); None without a pair."""
        return self.changes / self.pairs if self.pairs else None


def flakes(outcomes: Iterable[Outcome]) -> Flakes | None:
    """Count the changes of one journey, whose runs come in order of time; None when there is nothing to count.

    Good are `passed` and `degraded`. Runs that could not say are left out: the runs around them are consecutive.
    """
    places: dict[tuple[str, str], list[list[Outcome]]] = {}
    for outcome in outcomes:
        tries = places.setdefault((outcome.region, outcome.variant), [])
        if outcome.attempt == 1:
            tries.append([outcome])
        elif tries:  # else the window begins between two attempts
            tries[-1].append(outcome)
    counted = _add(_counted(tries) for tries in _together(places))
    return counted if counted.pairs or counted.retried else None


def _together(places: Mapping[tuple[str, str], Sequence[Sequence[Outcome]]]) -> Iterator[Sequence[Sequence[Outcome]]]:
    """The tries of each place, those of parameters that never come twice as one, in order of time."""
    once = Counter(region for (region, _), tries in places.items() if len(tries) == 1)
    new: dict[str, list[Sequence[Outcome]]] = defaultdict(list)
    for (region, _), tries in places.items():
        if len(tries) == 1 and once[region] > MOST_VARIANTS:
            new[region] += tries
        else:
            yield tries
    yield from new.values()


def _counted(tries: Sequence[Sequence[Outcome]]) -> Flakes:
    """The counts of one place; each of `tries` is a first attempt and those that repeated it."""
    firsts = _said(first for first, *_ in tries)
    pairs = [(one, next_) for one, next_ in pairwise(firsts) if _version(one) == _version(next_)]
    failed = [_said(repeats) for first, *repeats in tries if first.verdict is Verdict.FAILED]
    return Flakes(
        changes=sum(_is_good(one) != _is_good(next_) for one, next_ in pairs),
        pairs=len(pairs),
        unversioned=sum(_version(one) == (None, None) for one, _ in pairs),
        retried=sum(bool(repeats) for repeats in failed),
        recovered=sum(any(map(_is_good, repeats)) for repeats in failed),
    )


def _add(counts: Iterable[Flakes]) -> Flakes:
    every = list(counts)
    return Flakes(
        changes=sum(one.changes for one in every),
        pairs=sum(one.pairs for one in every),
        unversioned=sum(one.unversioned for one in every),
        retried=sum(one.retried for one in every),
        recovered=sum(one.recovered for one in every),
    )


def _said(outcomes: Iterable[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.verdict not in UNSAID]


def _version(outcome: Outcome) -> tuple[str | None, str | None]:
    return outcome.commit, outcome.release


def _is_good(outcome: Outcome) -> bool:
    return outcome.verdict is not Verdict.FAILED
