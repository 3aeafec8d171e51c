"""`synthetic steps`: how long journeys and their steps take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pytest_synthetic.cli import asking

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_synthetic.cli.showing import Column
    from pytest_synthetic.history.answers_steps import StepRow

WHOLE = "(the whole journey)"


@click.command("steps", short_help="Say how long journeys and their steps take.")
@asking.journeys
@click.option(
    "--by",
    type=click.Choice(["region", "device", "hour", "carrier"]),
    help="Tell apart by this; carriers are those of messages, hours those of the day in UTC.",
)
@asking.chosen(since="30d")
@asking.form
@asking.config
def command(*, journeys: tuple[str, ...], by: str | None, form: str, config: Path | None, **given: Any) -> None:
    """Say how long each step of a JOURNEY took, and the whole, in the runs that worked: percentiles.

    Only first attempts count.
    """
    from pytest_synthetic.cli.showing import Answer, Section, show
    from pytest_synthetic.history import answers_steps

    with asking.opened(config) as asked:
        rows = answers_steps.rows(asked.history, asked.selection(journeys, **given), by)
        notes = asked.notes if rows else asked.notes or asking.nothing_fits(asked)
        show(Answer(sections=(Section(name="steps", rows=rows, columns=_columns(rows, by)),), notes=notes), form)


def _columns(rows: Sequence[StepRow], by: str | None) -> list[Column]:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column

    several = len({row.journey for row in rows}) > 1
    columns = [Column(title="journey", cell=lambda row: cells.named(row.name), wraps=True)] if several else []
    columns += [Column(title="step", cell=lambda row: cells.named(row.step or row.measurement or WHOLE), wraps=True)]
    if by:
        title = "hour (UTC)" if by == "hour" else by
        columns += [Column(title=title, cell=_group)]
    columns += [Column(title="runs", cell=lambda row: cells.number(row.count), right=True)]
    return columns + [
        Column(title=name, cell=lambda row, name=name: cells.duration(getattr(row, name)), right=True)  # type: ignore[misc]  # of the loop
        for name in ("p50", "p75", "p95", "p99")
    ]


def _group(row: StepRow) -> str:
    from pytest_synthetic.cli import cells

    if isinstance(row.group, int):
        return f"{row.group:02}"
    return cells.UNKNOWN if row.group is None else cells.named(row.group)
