"""What a run does to the place where it ran: its newest run, and a row for each verdict that is bad there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pytest_synthetic.analysis.alerting.state import Bad, Place, Row
from pytest_synthetic.model.verdict import SAID, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from pytest_synthetic.model.alerting import Problem, Seen

A_DAY = timedelta(days=1)
SELDOM = timedelta(days=7)
"""So long a variant is known that ran once, where nobody promised its runs."""
GOOD = {
    Verdict.FAILED: (Verdict.PASSED, Verdict.DEGRADED),
    Verdict.DEGRADED: (Verdict.PASSED,),
    Verdict.BROKEN: SAID,
    Verdict.MISSED: SAID,
}
"""The runs that say that a verdict is over. Those that are neither say nothing of it."""


def arrived(place: Place | None, variant: str, run: Seen, now: datetime, horizon: datetime) -> Place | None:
    """The place of a variant after a run, its rows as they were; None when the run is no newer than what is known.

    Of two variants that are counted in one place, runs may begin at once. A run after `horizon` has a clock that is
    wrong: it is taken as if it began `now`. What is known from after it was told while the clock here was wrong, and
    counts as known now.
    """
    ahead = run.at > horizon
    if place is not None and place.at > horizon:
        place = _until(now, place)
    elif place is not None:
        known = place.ahead if ahead else place.at
        at_once = run.at == known and run.variant != variant
        if (known is not None and run.at <= known and not at_once) or run.run_id == place.run_id:
            return None
    at, next_by = run.at, run.next_by
    if ahead:
        next_by = None if next_by is None else now + (next_by - at)
        at = now if place is None else max(now, place.at)
    was = place.ahead if place is not None else None
    return Place(
        region=run.region,
        variant=variant,
        at=at,
        run_id=run.run_id,
        next_by=next_by,
        before=None if place is None else place.at,
        ahead=run.at if ahead else was,
        last={run.verdict: at} if place is None else {**place.last, run.verdict: at},
        rows=() if place is None else place.rows,
    )


def _until(now: datetime, place: Place) -> Place:
    """A place without moments after `now`."""
    rows = tuple(
        replace(
            each,
            first=each.first and min(each.first, now),
            last_good=each.last_good and min(each.last_good, now),
            bad=each.bad and replace(each.bad, at=min(each.bad.at, now)),
        )
        for each in place.rows
    )
    last = {verdict: min(at, now) for verdict, at in place.last.items()}
    return replace(place, at=now, ahead=None, last=last, rows=rows)


def row(place: Place, verdict: Verdict) -> Row | None:
    """Its row of a verdict."""
    for found in place.rows:
        if found.verdict is verdict:
            return found
    return None


def counted(
    place: Place, run: Seen, spans: Mapping[Verdict, int], before: Place | None, *, also: Collection[Verdict]
) -> tuple[Row, ...]:
    """The rows of a place after a run. `spans` tells the verdicts that count, and how many runs a row keeps.

    Of the verdicts in `also`, good runs are counted where none was bad yet.
    """
    rows = []
    for verdict, span in spans.items():
        found = row(place, verdict)
        if run.verdict is verdict:
            rows.append(after_bad(found, place, run, span, before))
        elif run.verdict not in GOOD[verdict]:
            rows += () if found is None else (found,)
        elif found is not None or verdict in also:
            rows.append(after_good(found or Row(verdict=verdict), span))
    return tuple(rows)


def after_bad(found: Row | None, place: Place, run: Seen, span: int, before: Place | None) -> Row:
    """A row after a bad run at `place`, which was `before`."""
    was = found or Row(verdict=run.verdict)
    begins = was.first is None
    return Row(
        verdict=run.verdict,
        last=(was.last + "1")[-span:],
        first=place.at if begins else was.first,
        last_good=last_good(before, run.verdict) if begins else was.last_good,
        bad=Bad(
            run_id=run.run_id,
            at=place.at,
            step=run.step,
            claim=run.claim,
            fingerprint=run.fingerprint,
            held=run.held,
        ),
        failed=was.failed + 1,
        said=was.said + 1,
    )


def after_good(was: Row, span: int) -> Row:
    """A row after a good run."""
    return Row(
        verdict=was.verdict,
        last=(was.last + "0")[-span:],
        first=was.first,
        last_good=was.last_good,
        bad=was.bad,
        good=was.good + 1,
        failed=was.failed,
        said=was.said + 1,
    )


def carried(problem: Problem, failed: int, said: int) -> Row:
    """The row of a place of a problem that is carried on under another policy."""
    return Row(
        verdict=problem.kind.verdict,
        first=problem.first_bad,
        last_good=problem.last_good,
        bad=Bad(
            run_id=problem.run_id,
            at=problem.first_bad,
            step=problem.step,
            claim=problem.claim,
            fingerprint=problem.fingerprint,
        ),
        failed=failed,
        said=said,
    )


def last_good(place: Place | None, verdict: Verdict) -> datetime | None:
    """The newest run of a place that was good for a verdict."""
    if place is None:
        return None
    return max((place.last[good] for good in GOOD[verdict] if good in place.last), default=None)


def until(place: Place) -> datetime:
    """When a place is given up, if others of its region ran since.

    Where nobody promised its runs, three times as long as it was between the last two, a day at least.
    """
    if place.next_by is not None:
        return place.next_by
    return place.at + (SELDOM if place.before is None else max(A_DAY, 3 * (place.at - place.before)))


def newest(places: Iterable[Place]) -> dict[str, Place]:
    """The place of the newest run of each region; of runs that began at once, that which is given first.

    Of two places that one run was the newest of, that in which it counts is the newer one.
    """
    found: dict[str, Place] = {}
    for place in places:
        if (known := found.get(place.region)) is None or _newness(place) > _newness(known):
            found[place.region] = place
    return found


def _newness(place: Place) -> tuple[datetime, bool]:
    return place.at, not place.variant


def is_silent(place: Place) -> bool:
    """Whether it was said that nothing is heard of a place."""
    return any(found.silent for found in place.rows)


def silence(place: Place, span: int) -> Row:
    """The row of a place of which nothing is heard: as bad as a row can be."""
    was = row(place, Verdict.MISSED) or Row(verdict=Verdict.MISSED)
    return Row(
        verdict=Verdict.MISSED,
        last="1" * span,
        first=was.first or place.next_by,
        last_good=was.last_good if was.first else last_good(place, Verdict.MISSED),
        bad=was.bad or Bad(run_id=place.run_id, at=place.next_by or place.at),
        failed=was.failed + 1,
        said=was.said + 1,
        silent=True,
    )


def is_bad(found: Row | None, failures: int, lasts: timedelta | None, moment: datetime) -> bool:
    """Whether enough runs of a row were bad, and for long enough."""
    if found is None or found.first is None or found.last.count("1") < failures:
        return False
    return lasts is None or moment - found.first >= lasts


def replaced(rows: tuple[Row, ...], new: Row) -> tuple[Row, ...]:
    """The rows, with one of them as it is now."""
    return (*(one for one in rows if one.verdict is not new.verdict), new)


def without(rows: tuple[Row, ...], verdicts: Collection[Verdict]) -> tuple[Row, ...]:
    """The rows of other verdicts."""
    return tuple(one for one in rows if one.verdict not in verdicts)
