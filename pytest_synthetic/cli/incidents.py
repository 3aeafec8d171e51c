"""`synthetic incidents`: what is wrong now and was lately, who was told, and one incident whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from pytest_synthetic.analysis.alerting.words import bracketed
from pytest_synthetic.cli import asking, incidents_show
from pytest_synthetic.cli.history import OrPart
from pytest_synthetic.cli.incident_rows import colour, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from pytest_synthetic.cli.asking import Asked
    from pytest_synthetic.cli.incident_rows import IncidentLine
    from pytest_synthetic.cli.showing import Section

CLOSED = "closed: it ended, and nothing was seen to be well again."


@click.group(
    "incidents",
    cls=OrPart,
    invoke_without_command=True,
    subcommand_metavar="",
    short_help="Say what is wrong now, and was lately.",
    context_settings={"allow_interspersed_args": True},
)
@click.option("--since", default="7d", show_default=True, metavar="TIME", help="From when on what is over is listed.")
@asking.form
@asking.config
def command(*, since: str, form: str, config: Path | None) -> None:
    """List the incidents that stand, and those that changed lately; the newest first."""
    from pytest_synthetic.cli.showing import Answer, show
    from pytest_synthetic.history.alert_book import AlertBook

    with asking.opened(config) as asked:
        first = asking.moment(since, asked.now)
        rows = [line(each, asked.now) for each in AlertBook(asked.history.engine).incidents(first)]
        rows.sort(key=lambda row: (row.resolved is not None, -row.opened.timestamp(), row.id))
        notes = tuple(_notes(asked, rows, first or asked.now))
        legend = (CLOSED,) if any(row.gone for row in rows) else ()
        show(Answer(sections=(_listed(rows),), notes=notes, legend=legend), form)


command.add_command(incidents_show.command)


def _notes(asked: Asked, rows: Sequence[IncidentLine], since: datetime) -> Iterator[str]:
    from pytest_synthetic.cli import cells

    yield from asked.notes
    if not rows and not asked.notes:
        yield f"No incident stands, and none changed since {cells.moment(since)}."
    if not asked.settings.alerts and not asked.settings.policies:
        yield (
            "Incidents are kept where synthetic.toml has a table [alerts.NAME], which says who is told, and "
            "`synthetic watch`, `synthetic scheduler` or `synthetic alerts run` is at work."
        )
    elif not asked.settings.alerts:
        yield "Nobody is told of incidents: synthetic.toml has no table [alerts.NAME]."


def _listed(rows: Sequence[IncidentLine]) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    since = cells.when(rows, lambda row: row.since, "since")
    return Section(
        name="incidents",
        rows=rows,
        columns=(
            Column(title="id", cell=lambda row: f"{row.id}\n{row.severity}", style=colour),
            Column(title="what", cell=_what),
            Column(title="journeys, from", cell=_where, wraps=True, least=16),
            replace(since, cell=lambda row: since.cell(row).replace(" ", "\n", 1)),
            Column(title="lasted", cell=lambda row: f"{cells.long(row.lasted)}\n{_over(row)}", right=True),
            Column(title="told", cell=lambda row: cells.named(cells.few(row.told) or "nobody"), wraps=True, least=8),
        ),
    )


def _what(row: IncidentLine) -> str:
    breaks = ["comes and goes"] if row.flapping else ["came and went"] if row.came_and_went else []
    return "\n".join([*row.kinds, *breaks])


def _over(row: IncidentLine) -> str:
    if row.resolved and not row.flapping:
        return "closed" if row.gone else "over"
    return "and stands" if row.resolved is None else "well now"


def _where(row: IncidentLine) -> str:
    from pytest_synthetic.cli import cells

    names = cells.few(row.journeys)
    if row.variants and len(row.journeys) == 1:
        names = f"{names} {bracketed(row.variants)}"
    return "\n".join(cells.named(told) for told in (names, cells.few(row.regions)) if told)
