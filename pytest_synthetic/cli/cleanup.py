"""`synthetic cleanup`: remove what runs created and could not remove themselves."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_synthetic.config import folders
from pytest_synthetic.config.history import server_of
from pytest_synthetic.core import ledger
from pytest_synthetic.errors import LedgerUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.core.ports import HeldRun, Ledger
    from pytest_synthetic.model.created import Entry


@click.command("cleanup", short_help="Remove what runs created and could not remove.")
@click.option("--older-than", metavar="TIME", help="Leave what is younger than this, such as 1h or 2d.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The settings file to read, instead of the nearest.",
)
def command(*, older_than: str | None, dry_run: bool, config: Path | None) -> int:
    """Remove what runs created and could not remove themselves; nothing that is not in the ledger.

    What belongs to a run that goes on is left alone, and two calls at once never remove the same. The exit code is 1
    when something is left that should be gone.
    """
    from pytest_synthetic.config import files
    from pytest_synthetic.ledger.ledger_files import FileLedger
    from pytest_synthetic.model.sla import seconds

    age = seconds(older_than) if older_than else 0.0
    settings = files.load(config.absolute() if config else files.find([Path.cwd()]), os.environ)
    own = FileLedger(folders.folder_of("created", settings.source, Path.cwd()))
    with _shared(settings) as shared:
        return _Cleanup(settings, age=age, dry_run=dry_run).run([own, *shared])


@contextmanager
def _shared(settings: Settings) -> Iterator[list[Ledger]]:
    """The ledger that machines share, if there is one."""
    url = server_of(settings)
    if url is None:
        yield []
        return
    from pytest_synthetic.history.holding import Holding
    from pytest_synthetic.history.ledger import SqlLedger

    holding = Holding(url)
    try:
        yield [SqlLedger(holding, product=settings.product)]
    finally:
        holding.close()


class _Cleanup:
    """One call. It counts objects: removed, left, too young; and the runs that another process is busy with."""

    def __init__(self, settings: Settings, *, age: float, dry_run: bool) -> None:
        """`age` is in seconds. Raises ConfigError for a secret that cannot be kept out of what is said."""
        from pytest_synthetic.config import redactor
        from pytest_synthetic.core.clock import SystemClock
        from pytest_synthetic.ledger.removing import Remover

        self._clock = SystemClock()
        known, _ = redactor.opened(settings, os.environ, Path.cwd())
        self._remover = Remover(settings, os.environ, self._clock, known.text)
        self._age = age
        self._dry_run = dry_run
        self._counts: Counter[str] = Counter()

    def run(self, ledgers: Sequence[Ledger]) -> int:
        """Go through the ledgers and return the exit code. Raises LedgerUnavailable, once it was through."""
        away = []
        for one in ledgers:
            try:
                self._clean(one)
            except ledger.AWAY as error:
                away.append(f"{getattr(error, 'filename', None) or one.where}: {ledger.why(error, one.where)}")
        if self._counts or not away:
            click.echo(self._told(ledgers))
        if away:
            raise LedgerUnavailable("; ".join(away))
        return 1 if self._counts["left"] else 0

    def _clean(self, one: Ledger) -> None:
        for run_id in one.runs():
            held = one.hold(run_id)
            if held is None:
                self._counts["busy"] += 1
                continue
            with held:
                for entry in held.entries():
                    self._look(held, entry)
        for where in one.damaged():
            self._say("left", f"{where} is damaged: remove by hand what it is about, then delete it")

    def _look(self, held: HeldRun, entry: Entry) -> None:
        created = entry.created
        name = f"{ledger.named(created)} ({created.journey}, {created.created_at:%Y-%m-%d %H:%M} UTC)"
        if not ledger.is_older(created, self._age, self._clock.now()):
            self._counts["young"] += 1
        elif self._dry_run:
            self._say("left", name)
        elif failed := self._remover.settle(held, entry):
            self._say("left", f"{name}: {failed.reason}. Noted in {entry.where}")
        else:
            self._say("removed", name)

    def _say(self, state: str, told: str) -> None:
        self._counts[state] += 1
        click.echo(f"{state:9}{told}")

    def _told(self, ledgers: Sequence[Ledger]) -> str:
        """The last line: the counts that are not zero."""
        words = {
            "removed": "{} removed",
            "left": "{} left",
            "young": "{} too young",
            "busy": "the objects of {} in use by another process",
        }
        busy = f"{self._counts['busy']} run{'s' if self._counts['busy'] > 1 else ''}"
        told = [words[state].format(busy if state == "busy" else n) for state, n in self._counts.items() if n]
        return ", ".join(told) + "." if told else f"Nothing to remove: {_empty(ledgers)} empty."


def _empty(ledgers: Sequence[Ledger]) -> str:
    names = " and ".join(one.where for one in ledgers)
    return f"{names} {'is' if len(ledgers) == 1 else 'are'}"
