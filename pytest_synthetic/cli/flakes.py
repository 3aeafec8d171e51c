"""`synthetic flakes`: which journeys say another thing although nothing changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pytest_synthetic.cli import asking

if TYPE_CHECKING:
    from pathlib import Path

FEW = 20
"""Pairs of runs below which a score says little."""


@click.command("flakes", short_help="Say which journeys are flaky.")
@asking.journeys
@asking.chosen(since="30d")
@asking.form
@asking.config
def command(*, journeys: tuple[str, ...], form: str, config: Path | None, **given: Any) -> None:
    """Say how often a JOURNEY went from good to failed, or back, with the same commit and release; worst first."""
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Answer, Column, Section, show
    from pytest_synthetic.history import answers_flakes

    with asking.opened(config) as asked:
        rows = answers_flakes.rows(asked.history, asked.selection(journeys, **given))
        notes = asked.notes if rows else asked.notes or asking.nothing_fits(asked)
    if unversioned := sum(row.unversioned for row in rows):
        notes += (f"In {unversioned} pairs of runs neither commit nor release is known: something may have changed.",)
    if few := [row.name for row in rows if row.pairs < FEW]:
        notes += (f"Fewer than {FEW} pairs of runs, so that the score says little: {', '.join(few)}.",)
    columns = (
        Column(title="journey", cell=lambda row: cells.named(row.name), wraps=True),
        Column(title="flake score", cell=lambda row: cells.share(row.score), right=True),
        Column(title="changes of pairs", cell=lambda row: f"{row.changes} of {row.pairs}", right=True),
        Column(title="recovered of retried", cell=lambda row: f"{row.recovered} of {row.retried}", right=True),
    )
    show(Answer(sections=(Section(name="flakes", rows=rows, columns=columns),), notes=notes), form)
