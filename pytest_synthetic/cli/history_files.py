"""`synthetic history export`, `import` and `prune`: what moves runs, and what lets the old ones go."""

from __future__ import annotations

import os
import sys
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_synthetic.cli import asking
from pytest_synthetic.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from typing import IO

    from pytest_synthetic.cli.asking import Asked
    from pytest_synthetic.model.run import RunResult

SHOWN = 50
"""Damaged parts that are named one by one."""

_file = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("export", short_help="Write runs as lines of JSON.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--since", metavar="TIME", help="How far back: 24h, 7d, 2026-03-01; all runs without it.")
@asking.config
def export(*, file: Path | None, since: str | None, config: Path | None) -> None:
    """Write the whole records, a line of JSON each, to FILE or to the standard output; oldest first."""
    import json

    from pytest_synthetic.model.history import Selection

    with asking.opened(config) as asked:
        chosen = Selection(since=asking.moment(since, asked.now), first_attempts=False)
        number = 0
        try:
            with _output(file) as out:
                for number, told in enumerate(asked.history.records(chosen), 1):  # noqa: B007  the last one is the count
                    out.write(json.dumps(told, separators=(",", ":")) + "\n")
        except OSError as error:
            raise UsageError(f"{file or 'the standard output'} cannot be written: {error.strerror}") from None
        for note in asked.notes:
            click.echo(note, err=True)
        click.echo(f"{number} runs written.", err=True)


def _output(file: Path | None) -> AbstractContextManager[IO[str]]:
    if file is None:
        return nullcontext(sys.stdout)
    return file.open("w", encoding="utf-8")


@click.command("import", short_help="Take runs from files.")
@click.argument("files", nargs=-1, type=_file, metavar="[FILE...]")
@click.option("--junit", multiple=True, type=_file, help="A JUnit XML file; may be repeated.")
@click.option(
    "--allure",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder of Allure's results; may be repeated.",
)
@asking.config
def import_(*, files: tuple[Path, ...], junit: tuple[Path, ...], allure: tuple[Path, ...], config: Path | None) -> int:
    """Take runs from FILEs with lines of JSON (plain or gzip), JUnit XML or Allure's results; each run once.

    A part that is damaged is named with its line, and the rest goes in; the exit code is then 1.
    """
    if not (files or junit or allure):
        raise UsageError("give what to import: FILE..., --junit FILE or --allure FOLDER")
    with asking.opened(config, make=True) as asked:
        taking = _Taking()
        new = asked.history.record(taking.runs(_read(asked, files, junit, allure)))
    click.echo(taking.told(new))
    return 1 if taking.counts["damaged"] else 0


def _read(
    asked: Asked, files: Iterable[Path], junit: Iterable[Path], allure: Iterable[Path]
) -> Iterator[RunResult | object]:
    from pytest_synthetic.config.redactor import opened
    from pytest_synthetic.history import jsonl

    redactor, _ = opened(asked.settings, os.environ, Path.cwd())
    redact: Callable[[str], str] = redactor.text
    for path in files:
        yield from jsonl.read_file(path, redact=redact)
    for path in junit:
        from pytest_synthetic.history import junit as junit_files

        yield from junit_files.read(path, redact=redact)
    for path in allure:
        from pytest_synthetic.history import allure_results

        yield from allure_results.read(path, redact=redact)


class _Taking:
    """Lets runs pass, and counts them and what is none."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def runs(self, read: Iterable[RunResult | object]) -> Iterator[RunResult]:
        from pytest_synthetic.model.run import RunResult

        for told in read:
            if isinstance(told, RunResult):
                self.counts["runs"] += 1
                yield told
                continue
            self.counts["damaged"] += 1
            if self.counts["damaged"] <= SHOWN:
                click.echo(str(told), err=True)

    def told(self, new: int) -> str:
        """The last line."""
        damaged = self.counts["damaged"]
        more = f" ({damaged - SHOWN} more than are named)" if damaged > SHOWN else ""
        known = self.counts["runs"] - new
        return f"{new} new, {known} known already or of days that are folded, {damaged} damaged{more}."


@click.command("prune", short_help="Fold what is old into days.")
@asking.config
def prune(*, config: Path | None) -> None:
    """Fold runs older than keep_days of [history] into days, and drop days older than keep_daily_days."""
    from pytest_synthetic.config.history import kept

    with asking.opened(config) as asked:
        settings = kept(asked.settings)
        gone = asked.history.prune(settings, asked.now)
    for note in asked.notes:
        click.echo(note)
    click.echo(
        f"{gone.runs} runs older than {settings.keep_days} days were folded into days; "
        f"{gone.days} days older than {settings.keep_daily_days} days were dropped."
    )


PARTS = (export, import_, prune)
