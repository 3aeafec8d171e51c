"""`synthetic agent`: run the jobs of one region on this machine, until it is stopped."""

from __future__ import annotations

import os
import platform
import signal
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_synthetic.cli import asking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_synthetic.scheduler.fleet_agent import Agent


@click.command("agent", short_help="Run the jobs of one region, for a scheduler.")
@click.option("--region", required=True, metavar="NAME", help="The region that this machine stands in.")
@click.option("--name", metavar="NAME", help="What the agent is called.  [default: the name of the machine]")
@asking.config
def command(*, region: str, name: str | None, config: Path | None) -> int:
    """Run the jobs that `synthetic scheduler` gives out for one region, with the journeys of this folder.

    It needs [fleet] in the settings, and no database. Ctrl-C or SIGTERM ends it in order: it takes no more jobs, and
    what runs may end within the `grace` of [fleet]; once more ends that too. `synthetic agents` tells how it is.
    """
    from pytest_synthetic.config import files
    from pytest_synthetic.model.region import LOCAL
    from pytest_synthetic.scheduler import fleet_station

    root, called = Path.cwd(), name or platform.node() or "agent"
    asking.read(config).defined([region])
    environ = {**os.environ, files.HERE: region} if region != LOCAL else dict(os.environ)
    settings = files.load(config.absolute() if config else files.find([root]), environ)
    with (
        fleet_station.opened(settings, root, region, called, environ=environ, say=click.echo) as agent,
        _stopping(agent),
    ):
        click.echo(f"Agent {called} of {region} begins")
        agent.work()
    click.echo("Stopped in order.")
    return 0


@contextmanager
def _stopping(agent: Agent) -> Iterator[None]:
    before = {number: signal.signal(number, lambda *_: agent.stop()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
