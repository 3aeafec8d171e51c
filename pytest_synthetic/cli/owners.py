"""`synthetic owners`: what each owner promised and kept, beside what customers got."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pytest_synthetic.cli import asking

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.cli.showing import Column
    from pytest_synthetic.history.answers_owners import PartRow

NOBODY = "(nobody)"


@click.command("owners", short_help="Say what each owner promised and kept.")
@asking.journeys
@asking.chosen(since="30d")
@asking.form
@asking.config
def command(*, journeys: tuple[str, ...], form: str, config: Path | None, **given: Any) -> None:
    """Say how often each owner's steps kept their SLA, beside the journeys it is part of.

    Silo minutes are those in which every step was in time, and the journey was too slow or failed.
    """
    from pytest_synthetic.cli.showing import Answer, Section, show
    from pytest_synthetic.history import answers_owners

    with asking.opened(config) as asked:
        owners, parts = answers_owners.rows(asked.history, asked.selection(journeys, **given), asked.now)
        notes = asked.notes if owners else asked.notes or asking.nothing_fits(asked)
    sections = (
        Section(name="owners", rows=owners, columns=_own(), title="Own steps"),
        Section(name="journeys", rows=parts, columns=_journeys(), title="Journeys they are part of"),
    )
    show(Answer(sections=sections, notes=notes), form)


def _own() -> list[Column]:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column

    counts = [
        Column(title=name, cell=lambda row, name=name: cells.number(getattr(row, name)), right=True)  # type: ignore[misc]  # of the loop
        for name in ("kept", "late", "failed")
    ]
    return [
        Column(title="owner", cell=lambda row: cells.named(row.owner or NOBODY), wraps=True),
        Column(title="SLAs kept", cell=lambda row: cells.share(row.share), right=True),
        *counts,
    ]


def _journeys() -> list[Column]:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column

    return [
        Column(title="owner", cell=lambda row: cells.named(row.owner or NOBODY), wraps=True),
        Column(title="journey", cell=lambda row: cells.named(row.name), wraps=True),
        Column(title="passed", cell=lambda row: cells.share(row.share), right=True),
        Column(title="of runs", cell=lambda row: cells.number(row.said), right=True),
        Column(title="silo minutes", cell=_silo, right=True),
    ]


def _silo(row: PartRow) -> str:
    from pytest_synthetic.cli import cells

    if row.silo_minutes is None:
        return cells.UNKNOWN
    return f"{cells.number(row.silo_minutes, 0)} of {cells.number(row.minutes, 0)}"
