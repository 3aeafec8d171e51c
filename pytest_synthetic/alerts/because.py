"""Why people are told of an incident, in the words of their language."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_synthetic.alerts.saying import more, number, percent
from pytest_synthetic.analysis.alerting import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_synthetic.alerts.headline import Pen
    from pytest_synthetic.model.alerting import Entry
    from pytest_synthetic.model.reasons import Reason

REGIONS_TOLD = 8


def because(entry: Entry, pen: Pen) -> str:
    """`Checkout: eu-west: 2 of 3 runs failed; Sign-up: us-east is bad as well; and 998 more`."""
    told = list(_of_journeys(entry.reasons, pen))
    if entry.others:
        told.append(pen.words.others.format(more=more(entry.others, pen.words)))
    return pen.words.semicolon.join(told)


def _of_journeys(reasons: Iterable[Reason], pen: Pen) -> Iterator[str]:
    for name, found in groupby(reasons, attrgetter("name")):
        told = pen.words.semicolon.join(_sentence(reason, pen) for reason in found)
        yield f"{pen.text(name)}{pen.words.colon}{told}" if name else told


def _sentence(reason: Reason, pen: Pen) -> str:
    regions = pen.list(reason.regions, REGIONS_TOLD)
    variants = pen.bracketed(reason.variants)
    told = words.form(reason, pen.words.reasons).format(
        regions=regions,
        variants=variants,
        verdict=words.ended(reason, pen.words.ended),
        which=reason.verdict or "",
        bad=number(reason.bad, pen.words),
        of=number(reason.of, pen.words),
        share="" if reason.share is None else percent(reason.share, pen.words),
        since="" if reason.since is None else pen.moment(reason.since),
    )
    where = f"{regions} {variants}" if variants else regions
    return f"{where}{pen.words.colon}{told}" if words.where_first(reason) else told
