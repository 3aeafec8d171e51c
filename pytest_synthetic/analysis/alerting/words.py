"""Why a problem opened, changed or is over, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.model.alerting import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from pytest_synthetic.model.verdict import Verdict

CARRIED = "the policy was changed while this stood: it is carried on under the new one"
INSTEAD = {
    Kind.OUTAGE: "it is told as an outage from now on",
    Kind.REGION: "it is told as a problem of a region from now on",
}


def named(names: Iterable[str]) -> str:
    """Names in a sentence."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def counted(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def share(value: float) -> str:
    """A share in percent, with as many digits as it needs."""
    return f"{100 * value:.3g} %"


def dropped(verdict: Verdict) -> str:
    """The new policy does not tell of these runs at all."""
    return f"the policy was changed: {verdict} runs do not count under the new one"


def left(regions: Sequence[str]) -> str:
    """The journey does not run there any more."""
    return f"the journey does not run in {named(regions)} any more"


def silent(since: datetime) -> str:
    """Nothing is heard."""
    return f"nothing is heard since {since:%Y-%m-%d %H:%M} UTC"


def pipeline_is_silent(newest: datetime) -> str:
    """Nothing is heard of what kept the schedule until then."""
    return f"nothing was heard from the pipeline that runs it since {newest:%Y-%m-%d %H:%M} UTC"


def by_rows(verdict: Verdict, failures: int, span: int) -> str:
    """Enough bad runs in so many."""
    if span == 1:
        return f"the newest run was {verdict}"
    return f"{span} runs in a row were {verdict}" if failures == span else f"{failures} of {span} runs were {verdict}"


def by_charts(p0: float) -> str:
    """More failed than usual."""
    return f"more runs failed than chance explains; {share(p0)} do when nothing is wrong"


def grown(regions: Sequence[str]) -> str:
    """More regions are bad."""
    return f"{named(regions)} {'is' if len(regions) == 1 else 'are'} bad as well" if regions else ""


def recovered(regions: Sequence[str]) -> str:
    """Some regions are good again."""
    return f"{named(regions)} {'is' if len(regions) == 1 else 'are'} good again" if regions else ""


def alone_now(region: str) -> str:
    """Of several regions one is left."""
    return f"it fails from {region} alone now"


def over(good: int) -> str:
    """Enough good runs."""
    return "the newest run was good" if good == 1 else f"the last {good} runs were good"
