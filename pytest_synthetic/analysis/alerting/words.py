"""Why a problem opened, changed or is over: reasons, and their sentences in English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.model.alerting import Kind
from pytest_synthetic.model.reasons import Because, Reason
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

MOST_NAMED = 3
"""Variants that are named; of more, their number."""
SENTENCES: Mapping[Because, tuple[str, str]] = {
    Because.NEWEST: ("the newest run {verdict}",) * 2,
    Because.IN_A_ROW: ("{of} runs in a row {verdict}",) * 2,
    Because.OF_THE_LAST: ("{bad} of {of} runs {verdict}",) * 2,
    Because.CHANCE: ("more runs failed than chance explains ({share} do when nothing is wrong)",) * 2,
    Because.SILENT: ("nothing has been heard since {since}",) * 2,
    Because.PIPELINE_SILENT: ("nothing was heard from the pipeline that runs it since {since}",) * 2,
    Because.GROWN: ("{regions} is bad as well", "{regions} are bad as well"),
    Because.MORE_VARIANTS: ("{variants} is bad as well", "{variants} are bad as well"),
    Because.NOT_ALONE: ("not {variants} alone any more",) * 2,
    Because.OUTLIVED: ("{variants} is run no more in {regions}",) * 2,
    Because.WELL_THERE: ("nothing that runs in {regions} is bad",) * 2,
    Because.RECOVERED: ("{regions} is good again", "{regions} are good again"),
    Because.ALONE_NOW: ("it fails from {regions} alone now",) * 2,
    Because.AS_OUTAGE: ("it is told as an outage from now on",) * 2,
    Because.AS_REGION: ("it is told as a problem of a region from now on",) * 2,
    Because.CARRIED: ("the policy was changed while this stood: it is carried on under the new one",) * 2,
    Because.DROPPED: ("the policy was changed: {which} runs do not count under the new one",) * 2,
    Because.LEFT: ("the journey does not run in {regions} any more",) * 2,
    Because.GOOD_AGAIN: ("the newest run was good", "the last {of} runs were good"),
    Because.STEADY: ("it has been still for a while",) * 2,
    Because.REFUSED: ("it did not take an alert",) * 2,
    Because.TAKES_AGAIN: ("it takes letters again",) * 2,
    Because.UNSET: ("no route has it any more",) * 2,
}
"""For one region or run, and for more."""
ENDED: Mapping[Verdict, tuple[str, str]] = {
    Verdict.FAILED: ("failed", "failed"),
    Verdict.DEGRADED: ("was degraded", "were degraded"),
    Verdict.BROKEN: ("was broken", "were broken"),
    Verdict.MISSED: ("was missed", "were missed"),
}
"""How a run ended, and how several did."""
CARRIED = Reason(because=Because.CARRIED)
INSTEAD = {Kind.OUTAGE: Reason(because=Because.AS_OUTAGE), Kind.REGION: Reason(because=Because.AS_REGION)}
_BEFORE_IT = (
    Because.NEWEST,
    Because.IN_A_ROW,
    Because.OF_THE_LAST,
    Because.CHANCE,
    Because.SILENT,
    Because.PIPELINE_SILENT,
)


def said(reasons: Iterable[Reason]) -> str:
    """In English, for the time line."""
    return "; ".join(map(_sentence, reasons))


def _sentence(reason: Reason) -> str:
    regions = named(reason.regions) if reason.regions else ""
    told = form(reason, SENTENCES).format(
        regions=regions,
        variants=bracketed(reason.variants),
        verdict=ended(reason, ENDED),
        which=reason.verdict or "",
        bad=reason.bad,
        of=reason.of,
        share="" if reason.share is None else share(reason.share),
        since="" if reason.since is None else f"{reason.since:%Y-%m-%d %H:%M} UTC",
    )
    return f"{where(reason.regions, reason.variants)}: {told}" if where_first(reason) else told


def form(reason: Reason, sentences: Mapping[Because, tuple[str, str]]) -> str:
    """The sentence of a reason, for as many as it is of."""
    one, many = sentences[reason.because]
    return one if _count(reason) <= 1 else many


def ended(reason: Reason, verdicts: Mapping[Verdict, tuple[str, str]]) -> str:
    """How its runs ended."""
    one, many = verdicts.get(reason.verdict, ("", "")) if reason.verdict else ("", "")
    return one if _count(reason) <= 1 else many


def _count(reason: Reason) -> int:
    """How many runs or regions its sentence is of."""
    runs = {Because.NEWEST: 1, Because.OF_THE_LAST: reason.bad, Because.MORE_VARIANTS: len(reason.variants)}
    return runs.get(reason.because, reason.of or len(reason.regions))


def where_first(reason: Reason) -> bool:
    """Whether its regions stand before its sentence."""
    return bool(reason.regions) and reason.because in _BEFORE_IT


def named(names: Iterable[str]) -> str:
    """Names in a sentence."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def where(regions: Iterable[str], variants: Sequence[str]) -> str:
    """`eu and us`; `eu [amex]` where it is not all that runs there."""
    return f"{named(regions)} {bracketed(variants)}" if variants else named(regions)


def bracketed(variants: Sequence[str]) -> str:
    """`[amex]`, `[amex, visa]`, `[amex, visa, mastercard and 7 more]`."""
    rest = len(variants) - MOST_NAMED
    return f"[{', '.join(variants[:MOST_NAMED])}{f' and {rest} more' if rest > 0 else ''}]"


def more_variants(before: Sequence[str], now: Sequence[str]) -> Reason | None:
    """More variants are bad than were; None: not more."""
    if not before:
        return None
    if not now:
        return Reason(because=Because.NOT_ALONE, variants=tuple(before))
    more = tuple(variant for variant in now if variant not in before)
    return Reason(because=Because.MORE_VARIANTS, variants=more) if more else None


def counted(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def share(value: float) -> str:
    """A share in percent, with as many digits as it needs."""
    return f"{100 * value:.3g} %"


def dropped(verdict: Verdict) -> Reason:
    """The new policy does not tell of these runs at all."""
    return Reason(because=Because.DROPPED, verdict=verdict)


def left(regions: Sequence[str]) -> Reason:
    """The journey does not run there any more."""
    return Reason(because=Because.LEFT, regions=tuple(regions))


def given_up(region: str, variant: str) -> Reason:
    """A variant does not run there any more, and no other is bad."""
    because = Because.OUTLIVED if variant else Because.WELL_THERE
    return Reason(because=because, regions=(region,), variants=(variant,) if variant else ())


def silent(since: datetime) -> Reason:
    """Nothing is heard."""
    return Reason(because=Because.SILENT, since=since)


def pipeline_is_silent(newest: datetime) -> Reason:
    """Nothing is heard of what kept the schedule until then."""
    return Reason(because=Because.PIPELINE_SILENT, since=newest)


def by_rows(verdict: Verdict, failures: int, span: int) -> Reason:
    """Enough bad runs in so many."""
    because = Because.NEWEST if span == 1 else Because.IN_A_ROW if failures == span else Because.OF_THE_LAST
    return Reason(because=because, verdict=verdict, bad=failures, of=span)


def by_charts(p0: float) -> Reason:
    """More failed than usual."""
    return Reason(because=Because.CHANCE, share=p0)


def grown(regions: Sequence[str]) -> Reason:
    """More regions are bad."""
    return Reason(because=Because.GROWN, regions=tuple(regions))


def recovered(regions: Sequence[str]) -> Reason:
    """Some regions are good again."""
    return Reason(because=Because.RECOVERED, regions=tuple(regions))


def alone_now(region: str) -> Reason:
    """Of several regions one is left."""
    return Reason(because=Because.ALONE_NOW, regions=(region,))


def over(good: int) -> Reason:
    """Enough good runs."""
    return Reason(because=Because.GOOD_AGAIN, of=good)
