"""`synthetic compare`: two releases, commits, regions or periods, and which steps changed."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from pytest_synthetic.cli import asking
from pytest_synthetic.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.cli.asking import Asked
    from pytest_synthetic.cli.showing import Section
    from pytest_synthetic.history.answers_compare import Answer as Compared
    from pytest_synthetic.history.answers_compare import ChangeRow
    from pytest_synthetic.model.history import Selection

COLOURS = {"slower": "red", "worse": "red", "faster": "green", "better": "green", "unknown": "yellow"}
WHOLE = "(the whole journey)"


@click.command("compare", short_help="Compare releases, commits, regions or periods.")
@asking.journeys
@click.option("--release", nargs=2, metavar="A B", help="Two releases of the product.")
@click.option(
    "--commit", nargs=2, metavar="A B", help="Two commits of the tests: hashes, or names that git knows, such as tags."
)
@click.option("--region", nargs=2, metavar="A B", help="Two regions.")
@click.option("--period", metavar="TIME", help="The last 24h, 7d, ... and as much before.")
@click.option("--since", default="30d", show_default=True, metavar="TIME", help="How far back; not with --period.")
@asking.form
@asking.config
def command(*, journeys: tuple[str, ...], since: str, form: str, config: Path | None, **given: Any) -> None:
    """Say which steps became slower or faster from A to B, how sure that is, and whether more runs fail.

    Only first attempts count, and of durations only runs that worked.
    """
    from pytest_synthetic.cli.showing import Answer, show
    from pytest_synthetic.history import answers_compare

    by = [name for name in ("release", "commit", "region", "period") if given[name]]
    if len(by) != 1:
        raise UsageError("say what to compare with one of --release A B, --commit A B, --region A B and --period 7d")
    if not all(given[by[0]]):
        raise UsageError(f"--{by[0]} with an empty name says nothing: give two that the history has")
    with asking.opened(config) as asked:
        shared = asked.selection(journeys, since=given["period"] or since)
        before, after, names = _sides(by[0], given[by[0]], shared, asked)
        told = answers_compare.compared(asked.history, before, after)
        notes = (*asked.notes, *_missing(told, names)) if not asked.notes else asked.notes
        facts = {"by": by[0], "before": names[0], "after": names[1]}
        head = (f"Before: {names[0]}. After: {names[1]}.",)
        show(Answer(sections=(_steps(told), _failures(told)), head=head, notes=notes, facts=facts), form)


def _sides(by: str, given: Any, shared: Selection, asked: Asked) -> tuple[Selection, Selection, tuple[str, str]]:
    """Both selections, and what they are called."""
    if by == "period":
        assert shared.since is not None  # noqa: S101  for mypy: --period gives it
        middle = shared.since
        start = middle - (asked.now - middle)
        before, after = replace(shared, since=start, until=middle), replace(shared, until=asked.now)
        return before, after, (f"the {given} before", f"the last {given}")
    if by == "region":
        first, second = (replace(shared, regions=(name,)) for name in given)
    elif by == "release":
        first, second = (replace(shared, release=name) for name in given)
    else:
        first, second = (replace(shared, commit=_commit(name)) for name in given)
    return first, second, (f"{by} {given[0]}", f"{by} {given[1]}")


def _commit(name: str) -> str:
    """The hash that git knows `name` as; `name` itself where there is no git, or git does not know it."""
    git = shutil.which("git")
    if git is None:
        return name
    command = [git, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  a fixed command
    return said.stdout.strip() or name


def _missing(told: Compared, names: tuple[str, str]) -> list[str]:
    counts = (told.before, told.after)
    return [f"No run of {name} could say anything." for name, count in zip(names, counts, strict=True) if not count]


def _steps(told: Compared) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    several = len({row.journey for row in told.steps}) > 1
    return Section(
        name="steps",
        rows=told.steps,
        columns=(
            Column(title="step", cell=lambda row: _named(row, several=several), wraps=True),
            Column(title="p50 before", cell=lambda row: cells.duration(row.before_p50), right=True),
            Column(title="after", cell=lambda row: cells.duration(row.after_p50), right=True),
            Column(title="change", cell=lambda row: row.change, style=lambda row: COLOURS.get(row.change, "")),
            Column(title="how sure", cell=lambda row: row.reason, wraps=True, least=24),
        ),
    )


def _named(row: ChangeRow, *, several: bool) -> str:
    from pytest_synthetic.cli import cells

    step = cells.named(row.step or WHOLE)
    return f"{cells.named(row.name)}: {step}" if several else step


def _failures(told: Compared) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    return Section(
        name="failures",
        rows=told.failures,
        columns=(
            Column(title="failures", cell=lambda row: cells.named(row.name), wraps=True),
            Column(title="change", cell=lambda row: row.change, style=lambda row: COLOURS.get(row.change, "")),
            Column(title="how sure", cell=lambda row: row.reason, wraps=True, least=24),
        ),
    )
