"""`synthetic scheduler`: journeys on their schedules, run by agents on other machines, until it is stopped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_synthetic.cli import asking

if TYPE_CHECKING:
    from pytest_synthetic.config.settings import Settings


@click.command("scheduler", short_help="Have agents run journeys on their schedules.")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@click.option("--region", "regions", multiple=True, metavar="NAME", help="Only in this region; repeatable.")
@click.option("--setup", is_flag=True, help="Make the queues at the broker, and end.")
@asking.config
def command(*, paths: tuple[str, ...], regions: tuple[str, ...], setup: bool, config: Path | None) -> int:
    """Have the agents of their regions run the journeys of PATHs (as pytest finds them) on their schedules.

    Start as many as you like: one leads, and another takes over within ten seconds when it is gone. It needs [fleet]
    in the settings, and a [history] on a server. All runs go into the history. A run that could not happen is recorded
    as `missed`. Ctrl-C or SIGTERM ends it in order: what agents run goes on.
    """
    from pytest_synthetic.cli import watch
    from pytest_synthetic.config.fleet import fleet_of
    from pytest_synthetic.scheduler import embedded, fleet_scheduling
    from pytest_synthetic.scheduler.collecting import Collecting, changes

    root, settings = Path.cwd(), asking.read(config, sends=not setup)
    fleet_of(settings)
    known = tuple(plan for plan in embedded.known(settings, root) if not regions or plan.region in regions)
    collecting = Collecting(
        root=root,
        arguments=paths,
        config=config,
        read=lambda: asking.read(config),
        regions=regions,
        known=known,
        elsewhere=True,
    )
    plans = collecting.now()
    if setup:
        return _set_up(settings, root, sorted({plan.region for plan in plans}))
    watch.announce(plans, settings, root)
    for told in changes(known, plans, collecting.unread):
        click.echo(f"note: {told}")
    with (
        watch.stopped() as is_over,
        fleet_scheduling.opened(settings, root, plans, collecting, click.echo) as scheduler,
    ):
        scheduler.board.each = watch.tell
        while not is_over():
            scheduler.turn()
        click.echo("Stopping: what agents run goes on, and the next scheduler hears of it.")
    return 0


def _set_up(settings: Settings, root: Path, regions: list[str]) -> int:
    from pytest_synthetic.scheduler import fleet_link
    from pytest_synthetic.scheduler.fleet_sender import Sender

    link = fleet_link.link_of(settings, root)
    sender = Sender(link, lambda connection: fleet_link.declare(connection, tuple(regions)))
    sender.connected()
    sender.close()
    click.echo(f"{link.where} has the queues of {', '.join(regions)}, and those that agents answer to.")
    return 0
