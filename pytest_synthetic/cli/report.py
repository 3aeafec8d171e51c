"""`synthetic report`: the HTML report from Allure results."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("report", short_help="Make the HTML report from Allure results.")
@click.argument("results", type=click.Path(path_type=Path), default="allure-results", metavar="[RESULTS_DIR]")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default="allure-report",
    show_default=True,
    help="The folder of the report.",
)
@click.option(
    "--history",
    type=click.Path(path_type=Path),
    default=".synthetic/report-history",
    show_default=True,
    help="The folder that keeps what trends are made of.",
)
@click.option("--open", "open_it", is_flag=True, help="Open the report.")
def command(*, results: Path, output: Path, history: Path, open_it: bool) -> None:
    """Make the HTML report from RESULTS_DIR (allure-results), with Allure 3 or 2."""
    from pytest_synthetic.reports import html

    page = html.build(results, output, history=history, say=click.echo)
    click.echo(f"Report: {page}")
    if open_it:
        click.launch(str(page))
