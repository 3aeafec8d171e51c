"""`synthetic doctor`: what is here, what is not, and how to mend it."""

from __future__ import annotations

import os
import shutil
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_synthetic.cli.checks import Finding

COLOURS = {"ok": "green", "warn": "yellow", "wrong": "red"}
MARGIN = 25
WIDEST = 100


@click.command("doctor", short_help="Say what is here, and how to mend what is not.")
@click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The settings file to look at, instead of the nearest.",
)
def command(*, config: Path | None) -> int:
    """Say in one screen what is here and how to mend what is not.

    Starts the browser for a moment, connects to each region's proxy or remote browser, and asks the product for a
    page. The exit code is 1 when something is wrong that journeys need.
    """
    from pytest_synthetic.cli import checks

    width = min(shutil.get_terminal_size().columns, WIDEST)
    wrong = 0
    for finding in checks.examine(Path.cwd(), os.environ, config):
        wrong += finding.state is checks.State.WRONG
        for line in _lines(finding, width):
            click.echo(line)
    click.echo("\nAll that journeys need is here." if not wrong else f"\n{wrong} to mend.")
    return 1 if wrong else 0


def _lines(finding: Finding, width: int) -> Iterator[str]:
    state = click.style(f"{finding.state.value:7}", fg=COLOURS[finding.state])
    head = f"{finding.name:16}  "
    told = textwrap.wrap(finding.told, max(30, width - MARGIN), break_on_hyphens=False) or [""]
    yield f"{state}{head}{told[0]}"
    yield from (" " * MARGIN + line for line in told[1:])
    if finding.mend:
        mend = textwrap.wrap(f"-> {finding.mend}", max(30, width - MARGIN), subsequent_indent="   ")
        yield from (" " * MARGIN + line for line in mend)
