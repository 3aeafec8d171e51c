"""`synthetic install-browser`: a browser for this machine."""

from __future__ import annotations

import click


@click.command("install-browser", short_help="Find a browser, or set one up.")
def command() -> None:
    """Find a browser that journeys can use, or set one up.

    One that starts already is kept. If there is none: Playwright's own Chromium, and where it cannot be downloaded
    Debian's, through apt-get.
    """
    from pytest_synthetic.channels.browser_setup import Setup

    click.echo(f"Browser: {Setup(click.echo).ensure()}")
