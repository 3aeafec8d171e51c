"""`synthetic agents`: who is there to run journeys, and how they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import click

from pytest_synthetic.cli import asking

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_synthetic.cli.showing import Section
    from pytest_synthetic.history.agents import Seen

CLOCK = 2.0
"""Seconds that clocks may differ before it is told."""
SILENT = 2.5
"""Intervals without a word after which an agent counts as gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An agent. `state` is well, silent, draining or refuses; `why` says more."""

    region: str
    agent: str
    state: str
    why: str | None
    heard: datetime
    version: str
    revision: str | None
    busy: int
    slots: int
    memory: int | None
    browser: str | None
    clock_ahead: float
    last_run: datetime | None
    spooled: int


@click.command("agents", short_help="Say which agents are there, and how they are.")
@asking.form
@asking.config
def command(*, form: str, config: Path | None) -> None:
    """List the agents of a fleet, by region, as schedulers heard of them.

    An agent is `silent` when it was not heard of for two intervals; it `refuses` jobs when its version or its journeys
    are not the scheduler's.
    """
    from pytest_synthetic.cli.showing import Answer, show
    from pytest_synthetic.history import agents

    with asking.opened(config) as asked:
        rows = [_row(seen, asked.now) for seen in agents.all_of(asked.history.engine)]
        notes = () if rows else ("No agent was heard of yet: start `synthetic scheduler`, and `synthetic agent`.",)
        show(Answer(sections=(_section(rows),), notes=notes), form)


def _row(seen: Seen, now: datetime) -> Row:
    told = seen.told
    state, why = _state(seen, now)
    return Row(
        region=seen.region,
        agent=seen.name,
        state=state,
        why=why,
        heard=seen.at,
        version=str(told.get("version")),
        revision=told.get("revision"),
        busy=int(told.get("busy", 0)),
        slots=int(told.get("slots", 0)),
        memory=told.get("memory"),
        browser=told.get("browser"),
        clock_ahead=float(told.get("ahead", 0.0)),
        last_run=datetime.fromisoformat(told["last_run"]) if told.get("last_run") else None,
        spooled=int(told.get("spooled", 0)),
    )


def _state(seen: Seen, now: datetime) -> tuple[str, str | None]:
    told, ahead = seen.told, float(seen.told.get("ahead", 0.0))
    if (now - seen.at).total_seconds() > SILENT * float(told.get("every", 10.0)):
        return "silent", "ended in order" if told.get("draining") else None
    if told.get("draining"):
        return "draining", None
    if told.get("refuses"):
        return "refuses", str(told["refuses"])
    if abs(ahead) > CLOCK:
        return "clock", f"its clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the scheduler's"
    return "well", None


def _section(rows: Sequence[Row]) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section
    from pytest_synthetic.scheduler.fleet_taking import short

    return Section(
        name="agents",
        rows=rows,
        columns=(
            Column(title="region", cell=lambda row: cells.named(row.region)),
            Column(
                title="agent, why",
                cell=lambda row: cells.named(row.agent) + (f"\n{row.why}" if row.why else ""),
                wraps=True,
            ),
            Column(title="state", cell=lambda row: row.state),
            cells.when(rows, lambda row: row.heard, "heard"),
            Column(title="busy", cell=lambda row: f"{row.busy}/{row.slots}", right=True),
            Column(title="version", cell=lambda row: row.version),
            Column(title="journeys", cell=lambda row: short(row.revision)),
        ),
    )
