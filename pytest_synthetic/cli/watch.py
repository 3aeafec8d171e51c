"""`synthetic watch`: journeys on their schedules, on this machine, until it is stopped."""

from __future__ import annotations

import shutil
import signal
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_synthetic.cli import asking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import RenderableType

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.model.plan import Plan
    from pytest_synthetic.model.run import RunResult
    from pytest_synthetic.scheduler.board import Board, Line

AGAIN = 4
"""Times a second that the table is drawn."""
ROOM = 8
"""Lines of the terminal that are not the table's rows."""
COMPLAINTS = ("degraded", "failed", "broken", "missed")
"""Verdicts of which people ask why."""
NAMED = 30
"""Characters of a journey and its region before the reason, which is to be seen as well."""


@click.command("watch", short_help="Run journeys on their schedules, until Ctrl-C.")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@click.option("--region", "regions", multiple=True, metavar="NAME", help="Only in this region; repeatable.")
@click.option("--plain", is_flag=True, help="A line for each run instead of the table, as without a terminal.")
@asking.config
def command(*, paths: tuple[str, ...], regions: tuple[str, ...], plain: bool, config: Path | None) -> int:
    """Run the journeys of PATHs (as pytest finds them) on their schedules, in all their regions, on this machine.

    All runs go into the history. A run that could not happen is recorded as `missed`. Ctrl-C or SIGTERM ends it in
    order; once more ends it at once.
    """
    from pytest_synthetic.scheduler import embedded
    from pytest_synthetic.scheduler.board import Board
    from pytest_synthetic.scheduler.collecting import Collecting, changes

    root, settings = Path.cwd(), asking.read(config, sends=True)
    known = tuple(plan for plan in embedded.known(settings, root) if not regions or plan.region in regions)
    collecting = Collecting(
        root=root, arguments=paths, config=config, read=lambda: asking.read(config), regions=regions, known=known
    )
    live = not plain and sys.stdout.isatty()
    board = Board(_quiet if live else _say)
    with embedded.loading(settings, root, board) as runner:
        plans = collecting.now()
        announce(plans, settings, root)
        for told in changes(known, plans, collecting.unread):
            _say(f"note: {told}")
        opened = embedded.opened(settings, root, plans=plans, collecting=collecting, board=board, runner=runner)
        with stopped() as is_over, opened as watcher:
            if not live:
                board.each = tell
            with _shown(board) if live else _nothing():
                while not is_over():
                    watcher.turn()
            _say("Stopping: what runs is ended in order, and recorded.")
    return 0


def announce(plans: tuple[Plan, ...], settings: Settings, root: Path) -> None:
    """Say what is watched, where, and where it is recorded."""
    from pytest_synthetic.config.history import home_of
    from pytest_synthetic.history import database

    journeys, regions = {plan.spec.id for plan in plans}, sorted({plan.region for plan in plans})
    count = f"{len(journeys)} journey{'s' if len(journeys) > 1 else ''}"
    _say(f"Watching {count} in {', '.join(regions)}. History: {database.shown(home_of(settings, root)[0])}")
    _say(_told(settings))


def _told(settings: Settings) -> str:
    """Who is told of what."""
    from pytest_synthetic.alerts.sending import label

    if not settings.alerts:
        return "Nobody is told when a journey fails: write a table [alerts.NAME] into synthetic.toml."
    routes = (f"{route.name} ({', '.join(map(label, route.addresses()))})" for route in settings.alerts.values())
    return f"Alerts go to {', '.join(routes)}."


@contextmanager
def stopped() -> Iterator[Callable[[], bool]]:
    """Whether somebody asked for the end; the second time ends it at once."""
    asked: list[int] = []

    def ask(number: int, _: Any) -> None:
        if asked:
            signal.signal(number, signal.SIG_DFL)
            raise KeyboardInterrupt
        asked.append(number)

    before = {number: signal.signal(number, ask) for number in _ends()}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ends() -> Iterator[int]:
    """The signals that ask for the end; the last one says that the terminal is gone, unless nohup was there first."""
    yield from (signal.SIGINT, signal.SIGTERM)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        yield signal.SIGHUP


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _quiet(_told: str) -> None:
    """The table shows it."""


def _say(told: str) -> None:
    """A terminal that is gone, a pipe that is closed or a full disk ends no watching."""
    with suppress(OSError, ValueError):
        click.echo(told)


def tell(run: RunResult) -> None:
    """A line for a run: when, how it ended, what and where, how long, and why it did not pass."""
    from datetime import datetime

    from pytest_synthetic.cli import cells

    why = run.failure.claim if run.failure else run.reason
    again = f"attempt {run.attempt}" if run.attempt > 1 else None
    name = cells.named(run.name, run.region, run.device if run.device != "desktop" else None, again)
    took = f" {cells.duration(run.duration)}" if run.duration is not None else ""
    at = datetime.fromisoformat(run.started_at).astimezone()
    _say(f"{at:%H:%M:%S} {run.verdict.upper():8} {name}{took}{f': {cells.named(why)}' if why else ''}")


# -- the table -------------------------------------------------------------------------------------------------------


@contextmanager
def _shown(board: Board) -> Iterator[None]:
    from rich.live import Live

    with Live(get_renderable=lambda: _table(board), refresh_per_second=AGAIN, screen=False, transient=False):
        yield


def _table(board: Board) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    from pytest_synthetic.core.clock import SystemClock

    now = SystemClock().now()
    lines = board.lines()
    room = max(3, shutil.get_terminal_size().lines - ROOM)
    table = Table(box=None, pad_edge=False, expand=True)
    for title, right in (("journey", False), ("region", False), ("last", False), ("took", True), ("lately", False)):
        table.add_column(title, justify="right" if right else "left", no_wrap=title != "journey")
    table.add_column("next", justify="right", no_wrap=True)
    for line in lines[:room]:
        table.add_row(*_row(line, now))
    rest = [Text(f"... and {len(lines) - room} more")] if len(lines) > room else []
    whys = [_why(line) for line in lines[:room] if line.why and line.last in COMPLAINTS][: max(0, room - len(lines))]
    notes = [Text(f"note: {told}", style="yellow") for told in board.notes]
    return Group(table, *rest, *whys, *notes, Text("Ctrl-C ends it in order.", style="dim"))


def _why(line: Line) -> RenderableType:
    from rich.text import Text

    from pytest_synthetic.cli import cells
    from pytest_synthetic.core.plaintext import one_line

    name = one_line(cells.named(line.plan.spec.name, line.plan.region), NAMED)
    why = cells.named(line.why or cells.UNKNOWN)
    return Text(f"{name}: {why}", no_wrap=True, overflow="ellipsis")


def _row(line: Line, now: Any) -> tuple[Any, ...]:
    from rich.text import Text

    from pytest_synthetic.cli import cells

    last = Text(line.last.upper(), style=cells.colour(line.last)) if line.last else Text(cells.UNKNOWN)
    signs = Text()
    for verdict in line.lately:
        signs.append("■" if verdict in cells.COLOURS else "·", style=cells.colour(verdict))
    return (
        Text(cells.named(line.plan.spec.name)),
        Text(cells.named(line.plan.region)),
        last,
        cells.duration(line.duration),
        signs,
        _next(line, now),
    )


def _next(line: Line, now: Any) -> str:
    if line.running_since:
        return "running"
    if line.next is None:
        return "-"
    seconds = max(0.0, (line.next - now).total_seconds())
    return f"in {seconds:.0f} s" if seconds < 120 else f"{line.next.astimezone():%H:%M:%S}"
