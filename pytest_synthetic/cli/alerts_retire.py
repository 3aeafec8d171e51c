"""`synthetic alerts retire`: a journey is gone, and its silence is no alert."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pytest_synthetic.cli import asking
from pytest_synthetic.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_synthetic.cli.asking import Asked


@click.command("retire", short_help="Say that a journey is gone: its silence is no alert.")
@click.argument("name", metavar="JOURNEY")
@click.option("--region", "regions", multiple=True, metavar="NAME", help="Only there; repeatable.")
@asking.config
def command(*, name: str, regions: tuple[str, ...], config: Path | None) -> None:
    """Say that nobody runs JOURNEY on its schedule any more: its silence is no alert, and what stands of it ends.

    So it is of a pipeline, and of a scheduler that was stopped for good and is silent since. Its runs stay in the
    history. When it runs again, all is as before.
    """
    from pytest_synthetic.analysis.alerting.words import named
    from pytest_synthetic.cli import cells
    from pytest_synthetic.history.answers_journeys import ids
    from pytest_synthetic.history.hearing import Hearing

    with asking.opened(config) as asked:
        known = asked.history.journeys()
        if not known:
            raise UsageError("no journey has run yet: there is none to retire")
        for key in ids(known, (name,)):
            where = _where(asked, key, known[key].name, regions)
            Hearing(asked.history.engine).retire(key, where, asked.now)
            click.echo(cells.named(f"{known[key].name} is gone from {named(where)}: its silence is no alert."))
    click.echo("What stands of it ends within ten minutes. When it runs again, it counts.")


def _where(asked: Asked, key: str, name: str, regions: Sequence[str]) -> Sequence[str]:
    """The regions it is gone from. Raises UsageError where that is not so."""
    from pytest_synthetic.history.alert_book import AlertBook
    from pytest_synthetic.incidents.journeys import alive
    from pytest_synthetic.model.history import Selection

    book = AlertBook(asked.history.engine)
    watched = {plan.region: plan for plan in book.watched() if plan.spec.id == key}
    ran = {region for (region,) in asked.history.counts(Selection(journeys=(key,)), ("region",))}
    there = sorted(ran | watched.keys())
    for region in regions:
        if region not in there:
            raise UsageError(f"{name} did not run from {region!r}. {did_you_mean(region, there)}")
    wanted = list(dict.fromkeys(regions)) or there
    watches = book.watches()
    if still := [each for each in sorted(watched) if each in wanted and alive(watched[each], watches, asked.now)]:
        raise UsageError(
            f"a scheduler watches {name} from {', '.join(still)}: remove its test there, or change its marks, and it "
            "is not silent but gone. Of a scheduler that was stopped for good, this can be said two intervals later"
        )
    if not wanted:
        raise UsageError(f"{name} did not run in the time of which the history keeps runs: it is not expected")
    return wanted
