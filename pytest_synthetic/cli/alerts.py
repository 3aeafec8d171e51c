"""`synthetic alerts`: try who is told, say when, and what policies would have done."""

from __future__ import annotations

import click

from pytest_synthetic.cli import alerts_backtest

UNSENT = 1


@click.group("alerts", short_help="Try, explain and replay alerts; send them once.")
def command() -> None:
    """Who is told when something is wrong, and when: tried before anybody is woken."""


command.add_command(alerts_backtest.command)
