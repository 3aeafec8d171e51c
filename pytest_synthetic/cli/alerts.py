"""`synthetic alerts`: try who is told, say when, and what policies would have done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_synthetic.cli import alerts_backtest, asking
from pytest_synthetic.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.model.alerting import Route

UNSENT = 1


@click.group("alerts", short_help="Try, explain and replay alerts; send them once.")
def command() -> None:
    """Who is told when something is wrong, and when: tried before anybody is woken."""


command.add_command(alerts_backtest.command)
