"""`synthetic alerts`: try who is told, say when, send once; and what policies would have done."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_synthetic.cli import alerts_backtest, alerts_explain, alerts_retire, asking
from pytest_synthetic.errors import UsageError, did_you_mean
from pytest_synthetic.model.alerting import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_synthetic.cli.showing import Section
    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.core.redact import Redactor
    from pytest_synthetic.incidents.trial import Trial
    from pytest_synthetic.model.alerting import Route

UNSENT = 1
LEAST_WAIT = 2.0
"""Seconds: an opening waits one for others that open with it."""
HOW_TO_BEGIN = """Write in {where}, for example:

  [alerts.oncall]
  to = ["slack://...", "mailtos://...", "https://hooks.shop.example/alerts"]
  language = "en"
  timezone = "Europe/Paris"
"""


@click.group("alerts", short_help="Try, explain and replay alerts; send them once.")
def command() -> None:
    """Who is told when something is wrong, and when: tried before anybody is woken."""


command.add_command(alerts_explain.command)
command.add_command(alerts_backtest.command)
command.add_command(alerts_retire.command)


# -- test --------------------------------------------------------------------------------------------------------------


@command.command("test", short_help="Send a test to each address of a route.")
@click.argument("name", metavar="ROUTE")
@click.option("--lang", type=click.Choice(LANGUAGES), help="The language, instead of the route's own.")
@asking.form
@asking.config
def test(*, name: str, lang: str | None, form: str, config: Path | None) -> int:
    """Send an alert that is marked as a test to each address of ROUTE, the table [alerts.ROUTE], now.

    Quiet hours do not count. The exit code is 1 when an address did not take it.
    """
    from pytest_synthetic.cli.showing import Answer, show
    from pytest_synthetic.core.clock import SystemClock
    from pytest_synthetic.incidents import trial

    settings = asking.read(config)
    route = _route(settings, name)
    found = trial.tried(
        route,
        product=settings.product,
        language=lang or route.language,
        now=SystemClock().now(),
        redact=_hidden(settings).text,
    )
    unsent = sum(not each.sent for each in found)
    well = "Look whether it is there: its text begins with [TEST."
    ended = f"{unsent} of {len(found)} addresses did not take it." if unsent else well
    show(Answer(sections=(_trials(found),), notes=(ended,)), form)
    return UNSENT if unsent else 0


def _route(settings: Settings, name: str) -> Route:
    """The route. Raises UsageError for one that is not there."""
    if not settings.alerts:
        raise UsageError(f"nobody is told of anything: there is no route. {how_to_begin(settings)}")
    if name not in settings.alerts:
        raise UsageError(f"no route is called {name!r}: [alerts.{name}]. {did_you_mean(name, settings.alerts)}")
    return settings.alerts[name]


def how_to_begin(settings: Settings) -> str:
    """What to write where no route is set."""
    return HOW_TO_BEGIN.format(where=settings.source.name if settings.source else "synthetic.toml")


def _hidden(settings: Settings) -> Redactor:
    from pytest_synthetic.config import redactor

    return redactor.opened(settings, os.environ, Path.cwd())[0]


def _trials(found: Sequence[Trial]) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    return Section(
        name="addresses",
        rows=found,
        columns=(
            Column(title="address", cell=lambda row: cells.named(row.address)),
            Column(
                title="",
                cell=lambda row: "sent" if row.sent else "NOT SENT",
                style=lambda row: "green" if row.sent else "red",
            ),
            Column(title="why", cell=lambda row: cells.named(row.why or ""), wraps=True),
        ),
    )


# -- run ---------------------------------------------------------------------------------------------------------------


@command.command("run", short_help="Decide once about what is new, and send it.")
@click.option("--wait", default="30s", show_default=True, metavar="TIME", help="How long to go on sending, at most.")
@asking.config
def run(*, wait: str, config: Path | None) -> int:
    """Decide once about all runs that are new in the history, send what is due, and end: where nothing watches.

    Where a watcher decides already, nothing is done. The exit code is 1 when something could not be sent.
    """
    from pytest_synthetic.incidents.once import decide_once
    from pytest_synthetic.model.sla import seconds

    patience = max(seconds(wait), LEAST_WAIT)
    settings = asking.read(config, sends=True)
    if not settings.alerts:
        click.echo(f"Nobody is told: there is no route. {how_to_begin(settings)}", err=True)
    with asking.opened(config) as asked:
        if asked.notes:
            click.echo(asked.notes[0])
            return 0
        done = decide_once(asked.settings, Path.cwd(), asked.history, patience=patience, say=click.echo)
    if done.leader:
        click.echo(f"Alerts are decided by {done.leader}: nothing is to be done here.")
        return 0
    click.echo(done.told)
    for note in done.notes:
        click.echo(f"note: {note}", err=True)
    for why in done.unsent:
        click.echo(f"Not sent: {why}", err=True)
    return UNSENT if done.unsent else 0
