"""`synthetic demo`: a shop, its journeys from two regions, and what a caught failure looks like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_synthetic.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_synthetic.demo.faults import Fault


@click.command("demo", short_help="Watch a demo shop on this machine, whole or broken.")
@click.option("--fault", metavar="NAME", help="Break the shop in this way first; see --list-faults.")
@click.option("--list-faults", is_flag=True, help="Show the ways in which the shop can be broken, and stop.")
@click.option("--watch", is_flag=True, help="Watch the shop, and show who is told of what when it breaks.")
@click.option("--headed", is_flag=True, help="Show the browser.")
@click.option("--no-report", is_flag=True, help="Do not make the HTML report.")
@click.option("--open", "open_it", is_flag=True, help="Open the HTML report.")
def command(  # noqa: PLR0913  its options
    *, fault: str | None, list_faults: bool, watch: bool, headed: bool, no_report: bool, open_it: bool
) -> int:
    """Open a demo shop on this machine and run its journeys with a real browser.

    With --watch, journeys run every few seconds for about two minutes. With --fault as well, the shop breaks meanwhile
    and is mended: the alerts that come of it are shown.

    Everything is written to .synthetic/demo of the current folder. The exit code is pytest's: 0 when all is well,
    1 when a journey is not. With --watch it is 1 when something did not come that should have.
    """
    chosen = _needs_the_extra(fault)
    if list_faults:
        return _list()
    if watch:
        return _watch(chosen, unused={"--headed": headed, "--open": open_it})
    from pytest_synthetic.demo.runner import Demo

    demo = Demo(here=Path.cwd(), say=click.echo, fault=chosen, headed=headed, report=not no_report)
    code, report = demo.run()
    click.echo(f"\nRecords:  {demo.shown('runs.jsonl')}\nAllure:   {demo.shown('allure-results')}")
    if report:
        click.echo(f"Report:   {report}")
    click.echo(f"History:  synthetic history --config {demo.shown('synthetic.toml')}")
    if report and open_it:
        click.launch(str(report))
    return code


def _watch(fault: Fault | None, *, unused: Mapping[str, bool]) -> int:
    """Raises UsageError for options that say nothing here."""
    for option, given in unused.items():
        if given:
            raise UsageError(f"{option} does not go with --watch: it shows no browser, and makes no report")
    from pytest_synthetic.demo.watching import WatchedDemo

    return WatchedDemo(here=Path.cwd(), say=click.echo, fault=fault).run()


def _needs_the_extra(fault: str | None) -> Fault | None:
    """Read --fault. Raises UsageError, also where the shop is not installed."""
    try:
        import aiosmtpd  # noqa: F401  to know whether it can be had

        from pytest_synthetic.demo import egress, server  # noqa: F401  likewise
        from pytest_synthetic.demo.faults import parse_faults
    except ModuleNotFoundError as error:
        raise UsageError(f"the demo shop needs {error.name}. Run: pip install 'pytest-synthetic[demo]'") from None
    return next(iter(parse_faults([fault])), None) if fault else None


def _list() -> int:
    from pytest_synthetic.demo.expected import EXPECTED

    for fault, expected in EXPECTED.items():
        click.echo(f"{fault.value}\n  {fault.description}\n  -> {expected}")
    return 0
