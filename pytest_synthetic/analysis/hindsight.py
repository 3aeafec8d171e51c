"""Which failures were real, told with knowledge of what came after, whatever any policy says of them.

The runs of a journey, of all regions in order of time, are cut into quiet times and episodes, such that the cut is the
most probable one. In quiet times a run fails with the usual share p0. In an episode it fails with some other share, of
which nothing is known before: each from 0 to 1 is as likely. So the evidence for an episode of n runs, k of which
failed, is the logarithm of a Bayes factor, with B the beta function:

    evidence(k, n) = ln B(k + 1, n - k + 1) - k ln p0 - (n - k) ln(1 - p0),    1 / B(k + 1, n - k + 1) = (n + 1) C(n, k)

and a cut is the better, the greater the sum of `evidence - price` over its episodes is. The price is that of one
episode a year at the runs of the journey, price = ln(runs of a year). By Ville's inequality the evidence that begins at
a given run ever exceeds x with a probability of at most e^-x where nothing is wrong. So chance alone makes at most one
episode a year on average, whatever its length: there is no window to be chosen. The same price decides whether two bad
times are one: they are when one share of failures explains both and what lies between better than two do.

Of these episodes those are real in which, besides,

- at least 3 first attempts failed, and at least three times the usual share of them: what lasts for months and is
  slight is certain, and nobody's emergency;
- where there are several regions: it was seen from more than one (without the region in which most failed, the evidence
  of the others is above ln 100: 1 in 100 by chance), or 4 runs in a row failed in a region. The latter is an episode of
  that region alone. Shorter ones are hiccups of the way to the product.

Counted over ten simulated years of a journey with 864 runs a day from three regions and p0 = 0.005, independent of each
other: 2 episodes. With 30 % that fail for 6 h, 10 % for 24 h, 3 % for 72 h: each found, as one episode.

Sources: J. O. Berger, "Statistical Decision Theory and Bayesian Analysis" (1985), 4.3.3 for the Bayes factor against an
unknown share; J. Ville, "Étude critique de la notion de collectif" (1939) for the inequality; R. Killick, P. Fearnhead,
I. A. Eckley, "Optimal detection of changepoints with a linear computational cost", JASA 107 (2012) for leaving out
beginnings that can be part of no best cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

FEWEST = 3
TIMES_USUAL = 3.0
IN_A_ROW = 4
"""Failed runs in a row in one region alone."""
SEEN_ELSEWHERE = math.log(100)
DAYS_OF_YEAR = 365.25
SLACK = 3.0
"""How much worse than the best a beginning may be and still be tried: the evidence is not quite additive."""
MOST_BEGINNINGS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A time in which a journey was really worse than usual.

    `start` and `end` are the beginnings of its first and its last failed run. `regions` are those in which it failed
    more than usual; `alone`: it was seen from one of several regions alone. `failed` of `said` runs failed
    there.
    """

    journey: str
    start: datetime
    end: datetime
    regions: tuple[str, ...]
    alone: bool
    failed: int
    said: int


class Ended(NamedTuple):
    """A run that said something of the product: when and where it began, and whether it failed."""

    at: datetime
    region: str
    failed: bool


class _Row(NamedTuple):
    """Failed runs in a row. `before` and `after`: so many runs that said something were there before it and with it."""

    first: int
    before: int
    after: int


class _Begun(NamedTuple):
    """A beginning that is tried: its row, the runs and the failed runs before it, the best cut before it, its worth."""

    row: int
    said: int
    failed: int
    worth: float
    cut: _Cut | None


class _Cut(NamedTuple):
    """Episodes, newest first: from the row `begins` to the row `ends`, both in it."""

    begins: int
    ends: int
    earlier: _Cut | None


def episodes(journey: str, runs: Iterable[Ended], p0: float, runs_per_day: float) -> list[Episode]:
    """The real episodes of a journey, oldest first. `runs` in any order: first attempts that say something."""
    said = sorted(runs)
    rows = list(_rows(said))
    price = math.log(max(runs_per_day, 1.0) * DAYS_OF_YEAR)
    found = (said[rows[begins].before : rows[ends].after] for begins, ends in _cut(rows, p0, price))
    several = len({run.region for run in said}) > 1
    return [episode for part in found if (episode := _real(journey, part, p0, several=several))]


def evidence(failed: int, said: int, p0: float) -> float:
    """How much more probable so many failed runs are in an episode than in quiet times: the logarithm of the ratio."""
    good = said - failed
    ways = math.lgamma(said + 2) - math.lgamma(failed + 1) - math.lgamma(good + 1)
    return -ways - failed * math.log(p0) - good * math.log1p(-p0)


def _rows(said: Sequence[Ended]) -> Iterator[_Row]:
    number = 0
    for failed, runs in groupby(said, key=attrgetter("failed")):
        before, number = number, number + sum(1 for _ in runs)
        if failed:
            yield _Row(before, before, number)


def _cut(rows: Sequence[_Row], p0: float, price: float) -> list[tuple[int, int]]:
    """The best cut: for each episode its first and its last row, in order."""
    best, cut, failed = 0.0, None, 0
    begun: list[_Begun] = []
    for number, row in enumerate(rows):
        begun.append(_Begun(number, row.before, failed, best, cut))
        failed += row.after - row.before
        worth = [one.worth + evidence(failed - one.failed, row.after - one.said, p0) for one in begun]
        top = max(worth)
        if top - price > best:
            one = begun[worth.index(top)]
            best, cut = top - price, _Cut(one.row, number, one.cut)
        kept = [(value, one) for value, one in zip(worth, begun, strict=True) if value >= best - SLACK]
        if len(kept) > MOST_BEGINNINGS:
            least = sorted(value for value, _ in kept)[-MOST_BEGINNINGS]
            kept = [(value, one) for value, one in kept if value >= least]
        begun = [one for _, one in kept]
    return list(_in_order(cut))[::-1]


def _in_order(cut: _Cut | None) -> Iterator[tuple[int, int]]:
    while cut is not None:
        yield cut.begins, cut.ends
        cut = cut.earlier


def _real(journey: str, part: Sequence[Ended], p0: float, *, several: bool) -> Episode | None:
    """An episode, if it is real; `part` are its runs."""
    by_region: dict[str, list[bool]] = {}
    for run in part:
        by_region.setdefault(run.region, []).append(run.failed)
    failed = sum(map(sum, by_region.values()))
    if failed < FEWEST or failed / len(part) < TIMES_USUAL * p0:
        return None
    worst = max(by_region, key=lambda region: sum(by_region[region]))
    others = [ended for region, told in by_region.items() if region != worst for ended in told]
    alone = several and evidence(sum(others), len(others), p0) <= SEEN_ELSEWHERE
    if alone and _in_a_row(by_region[worst]) < IN_A_ROW:
        return None
    bad = [region for region, told in by_region.items() if sum(told) / len(told) >= TIMES_USUAL * p0]
    regions = (worst,) if alone else tuple(sorted(bad))
    return Episode(
        journey=journey,
        start=part[0].at,
        end=part[-1].at,
        regions=regions,
        alone=alone,
        failed=sum(sum(by_region[region]) for region in regions),
        said=sum(len(by_region[region]) for region in regions),
    )


def _in_a_row(ended: Iterable[bool]) -> int:
    """The most failed runs in a row."""
    return max((sum(1 for _ in runs) for failed, runs in groupby(ended) if failed), default=0)
