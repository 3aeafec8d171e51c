"""`synthetic maintenance`: say that the product is worked on, that it is over, and when it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_synthetic.cli import asking
from pytest_synthetic.errors import UsageError, did_you_mean
from pytest_synthetic.model.region import LOCAL

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from pytest_synthetic.cli.asking import Asked
    from pytest_synthetic.cli.showing import Section
    from pytest_synthetic.history.windows import Kept
    from pytest_synthetic.model.history import Span
    from pytest_synthetic.model.maintenance import Maintenance

SOURCE = "command"
AHEAD = tuple(timedelta(days=days) for days in (2, 40, 400, 3_300))
"""How far it is looked for the next time, until it is found: a 29th of February may be eight years away."""
COLOURS = {"running": "yellow", "coming": "cyan"}
STATES = ("running", "coming", "past")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A window. `start` and `end` are those of the time that goes on, else of the next one, else of the last.

    `duration` is in seconds. `source` is where it comes from.
    """

    name: str
    state: str
    start: datetime
    end: datetime
    cron: str | None
    duration: float | None
    timezone: str | None
    journeys: tuple[str, ...]
    stages: tuple[str, ...]
    owners: tuple[str, ...]
    regions: tuple[str, ...]
    reason: str | None
    source: str


@click.group("maintenance", short_help="Begin, end and list maintenance: alerts are held.")
def command() -> None:
    """Say when the product is worked on: alerts are held, and targets are kept without what runs then.

    Runs go on and are recorded.
    """


# -- start and stop ----------------------------------------------------------------------------------------------------


@command.command("start", short_help="Begin maintenance now.")
@click.argument("duration", metavar="DURATION")
@click.option("--reason", required=True, metavar="TEXT", help="Why, for people who look at it later.")
@click.option("--name", metavar="NAME", help="What it is called; the time when it began, unless you say.")
@click.option("--journey", "journeys", multiple=True, metavar="NAME", help="Only this journey; repeatable.")
@click.option("--stage", "stages", multiple=True, metavar="NAME", help="Only journeys of this stage; repeatable.")
@click.option("--owner", "owners", multiple=True, metavar="NAME", help="Only its journeys; repeatable.")
@click.option("--region", "regions", multiple=True, metavar="NAME", help="Only what runs from there; repeatable.")
@asking.config
def start(*, duration: str, reason: str, name: str | None, config: Path | None, **scopes: Any) -> None:
    """Begin maintenance now, for DURATION (30m, 2h): of all journeys in all regions, or of those that are named.

    All machines that share the history know of it.
    """
    from pytest_synthetic.cli import cells
    from pytest_synthetic.config.maintenance import duration as read
    from pytest_synthetic.core.plaintext import one_line
    from pytest_synthetic.model.maintenance import Maintenance

    if not reason.strip():
        raise UsageError("--reason is empty: say why, for people who look at it later")
    lasts = timedelta(seconds=read(duration))
    with asking.opened(config, make=True) as asked:
        _check(asked, **scopes)
        now = asked.now.astimezone(UTC)
        window = Maintenance(name=name or "", start=now, end=now + lasts, reason=one_line(reason), **scopes)
        called = _written(asked, window)
        click.echo(f'Maintenance "{called}" until {cells.moment(now + lasts)}')
        click.echo(f"for {_whom(window)}. Alerts are held, runs go on.")
        click.echo(f"To end it earlier: synthetic maintenance stop {called}")


def _check(
    asked: Asked,
    journeys: Iterable[str],
    stages: Iterable[str],
    owners: Iterable[str],
    regions: Iterable[str],
) -> None:
    """Raise UsageError for names that nobody has: a window for them would hold nothing, and somebody be woken."""
    from pytest_synthetic.config.scopes import stage
    from pytest_synthetic.history.answers_journeys import ids

    for told in stages:
        stage(told)
    known, there = asked.history.journeys(), set(asked.settings.regions)
    if known:
        ids(known, journeys)
        _among("owner", owners, {facts.owner for facts in known.values() if facts.owner})
        there.update(asked.history.regions())
    elif there:  # nothing ran yet
        there.add(LOCAL)
    if there:
        _among("region", regions, there)


def _among(kind: str, told: Iterable[str], known: Collection[str]) -> None:
    for name in told:
        if name not in known:
            raise UsageError(f"no run has the {kind} {name!r}. {did_you_mean(name, known)}")


def _written(asked: Asked, window: Maintenance) -> str:
    """Write it down; what it is called. Raises UsageError for a name that is taken."""
    from dataclasses import replace

    from pytest_synthetic.history import windows

    taken = {kept.window.name for kept in _every(asked, lambda _: None)}
    if window.name and not re.fullmatch(r"\w[\w.:-]{0,99}", window.name):
        raise UsageError(f"--name {window.name!r}: expected letters, digits and -_.: alone, 100 at most")
    for name in [window.name] if window.name else _names(window.start):
        if name not in taken and windows.begin(asked.history.engine, replace(window, name=name), source=SOURCE):
            return name
    raise UsageError(f"there is a maintenance {window.name!r} already: choose another --name")


def _names(began: datetime | None) -> Iterator[str]:
    first = f"{began:%Y-%m-%d-%H%M}"
    return (f"{first}-{number}" if number > 1 else first for number in range(1, 1_000))


@command.command("stop", short_help="End maintenance that was begun by command.")
@click.argument("name", metavar="NAME")
@asking.config
def stop(*, name: str, config: Path | None) -> None:
    """End the maintenance NAME now. What ran in it stays out of targets.

    What still fails then alerts.
    """
    from pytest_synthetic.cli import cells
    from pytest_synthetic.history import windows

    with asking.opened(config) as asked:
        for kept in _every(asked, lambda _: None):
            if kept.window.name == name and kept.source != SOURCE:
                raise UsageError(f"maintenance {name!r} stands in {kept.source}: change it there")
        window = windows.end(asked.history.engine, name, asked.now)
    if window.start and window.start < asked.now:
        click.echo(f'Maintenance "{name}" is over: it began at {cells.moment(window.start)}.')
    else:
        click.echo(f'Maintenance "{name}" had not begun: it is gone.')


# -- list --------------------------------------------------------------------------------------------------------------


@command.command("list", short_help="List maintenance: running, coming, past.")
@click.option("--since", default="30d", show_default=True, metavar="TIME", help="From when on what is past is listed.")
@asking.form
@asking.config
def listed(*, since: str, form: str, config: Path | None) -> None:
    """List the windows of maintenance of all sources: the settings, commands, the file of a deploy script."""
    from pytest_synthetic.cli.showing import Answer, show
    from pytest_synthetic.history.excluding import Exclusion

    with asking.opened(config) as asked:
        complaints: list[str] = []
        every = _every(asked, complaints.append)
        first = asking.moment(since, asked.now) or asked.now
        rows = [row for kept in every if (row := _row(kept, asked.now)) and (row.state != "past" or row.end >= first)]
        none = () if rows else ("No maintenance is running or coming, and none was lately.",)
        notes = Exclusion(asked.history, [kept.window for kept in every], complaints).notes()
        show(Answer(sections=(_section(sorted(rows, key=_soonest)),), notes=(*none, *notes)), form)


def _every(asked: Asked, say: Callable[[str], object]) -> list[Kept]:
    from pytest_synthetic.history import windows

    return windows.every(asked.settings, Path.cwd(), asked.history, say)


def _row(kept: Kept, now: datetime) -> Row | None:
    """None for a window that does not come again."""
    window, span = kept.window, _time(kept.window, now)
    if span is None:
        return None
    state = "past" if span.end <= now else "running" if span.start <= now else "coming"
    return Row(
        name=window.name,
        state=state,
        start=span.start,
        end=span.end,
        cron=window.cron,
        duration=window.duration,
        timezone=window.timezone,
        journeys=window.journeys,
        stages=window.stages,
        owners=window.owners,
        regions=window.regions,
        reason=window.reason,
        source=kept.source,
    )


def _time(window: Maintenance, now: datetime) -> Span | None:
    """The time of a window that goes on, else the next one."""
    from pytest_synthetic.analysis.maintenance import spans
    from pytest_synthetic.model.history import Span

    if window.start and window.end:
        return Span(start=window.start, end=window.end)
    since = now - timedelta(seconds=window.duration or 0.0)
    found = (spans((window,), Span(start=since, end=now + ahead)) for ahead in AHEAD)
    return next((span for times in found for span in times if span.end > now), None)


def _soonest(row: Row) -> tuple[int, float, str]:
    at = row.start.timestamp()
    return STATES.index(row.state), -at if row.state == "past" else at, row.name


def _section(rows: Sequence[Row]) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    begins, ends = cells.when(rows, lambda row: row.start, "from, until"), cells.when(rows, lambda row: row.end)
    return Section(
        name="maintenance",
        rows=rows,
        columns=(
            Column(title="maintenance, of", cell=lambda row: f"{cells.named(row.name)}\n{row.source}", wraps=True),
            Column(title="state", cell=lambda row: row.state, style=lambda row: COLOURS.get(row.state, "")),
            Column(title=begins.title, cell=lambda row: f"{begins.cell(row)}\n{ends.cell(row)}"),
            Column(title="for, why", cell=_why, wraps=True, least=20),
        ),
    )


def _why(row: Row) -> str:
    from pytest_synthetic.cli import cells

    again = f"{row.cron}, {row.timezone}" if row.cron else None
    return "\n".join(cells.named(told) for told in (_whom(row), again, row.reason) if told)


def _whom(told: Maintenance | Row) -> str:
    """`Checkout, in eu-west`."""
    stages, owners = (f"stage {name}" for name in told.stages), (f"owner {name}" for name in told.owners)
    named = filter(None, map(" or ".join, (told.journeys, stages, owners)))
    whom = " and ".join(named) or "all journeys"
    return f"{whom}, in {' or '.join(told.regions) or 'all regions'}"
