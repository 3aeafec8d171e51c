"""What the commands over the history share: their options, the history opened, and which runs are asked for."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pytest_synthetic.cli.showing import FORMATS
from pytest_synthetic.errors import HistoryDamaged, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.history.excluding import Exclusion
    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.model.history import Selection

Command = TypeVar("Command", bound="Callable[..., Any]")

config = click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The settings file to read, instead of the nearest.",
)
form = click.option(
    "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="How to answer."
)
journeys = click.argument("journeys", nargs=-1, metavar="[JOURNEY...]")


def chosen(since: str) -> Callable[[Command], Command]:
    """Options that choose runs; `since` is where they begin unless something else is said."""
    given = (
        click.option("--region", "regions", multiple=True, metavar="NAME", help="Only runs from there; repeatable."),
        click.option("--device", "devices", multiple=True, metavar="NAME", help="Only runs on it; repeatable."),
        click.option("--owner", "owners", multiple=True, metavar="NAME", help="Only its journeys; repeatable."),
        click.option("--since", default=since, show_default=True, metavar="TIME", help="From when: 24h, 2026-03-01."),
        click.option("--until", metavar="TIME", help="Only what started before."),
        click.option("--release", metavar="NAME", help="Only runs of this release of the product."),
    )  # fmt: skip

    def add(command: Command) -> Command:
        for option in reversed(given):
            command = option(command)
        return command

    return add


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a command needs: the settings, the history, the time, and what people should know about them."""

    settings: Settings
    history: SqlHistory
    now: datetime
    notes: tuple[str, ...]

    def selection(self, journeys: tuple[str, ...] = (), **given: Any) -> Selection:
        """The runs that are asked for: what the options of `chosen` say. Raises UsageError for what is not known."""
        from pytest_synthetic.history.answers_journeys import ids
        from pytest_synthetic.model.history import Selection

        since, until = (moment(given.get(name), self.now) for name in ("since", "until"))
        if since and until and since >= until:
            raise UsageError("--since is not before --until: no run can be between them")
        return Selection(
            journeys=ids(self.history.journeys(), journeys),
            regions=given.get("regions") or (),
            devices=given.get("devices") or (),
            owners=given.get("owners") or (),
            since=since,
            until=until,
            release=given.get("release"),
        )

    def maintenance(self) -> Exclusion:
        """What the history has in maintenance, whoever said so."""
        from pytest_synthetic.history.excluding import exclusion

        return exclusion(self.settings, Path.cwd(), self.history)


def moment(told: str | None, now: datetime) -> datetime | None:
    """`7d` before `now`, or a date or time, in the zone of this machine unless it says another. Raises UsageError."""
    from pytest_synthetic.model.sla import seconds

    if told is None:
        return None
    try:
        return now - timedelta(seconds=seconds(told))
    except (UsageError, OverflowError):
        pass
    try:
        return datetime.fromisoformat(told).astimezone()
    except (ValueError, OverflowError):
        raise UsageError(f"{told!r} is no time: expected such as 24h, 7d, 2026-03-01 or 2026-03-01T12:00") from None


def read(config: Path | None, *, sends: bool = False) -> Settings:
    """The settings: of `config`, or the nearest. Raises ConfigError.

    Whoever sends alerts (`sends`) needs all of their addresses, and hears at once of those that are not set.
    """
    from pytest_synthetic.config import files

    settings = files.load(config.absolute() if config else files.find([Path.cwd()]), os.environ)
    for route in settings.alerts.values() if sends else ():
        route.addresses()
    return settings


@contextmanager
def opened(config: Path | None, *, make: bool = False) -> Iterator[Asked]:
    """Open the history that the settings name. Raises HistoryUnavailable.

    One that is not there is only made by a command that writes (`make`): the others get an empty one that is forgotten,
    and a note that says where was looked.
    """
    from pytest_synthetic.config.history import home_of
    from pytest_synthetic.core.clock import SystemClock
    from pytest_synthetic.history import database, opening

    settings = read(config)
    url, folder = home_of(settings, Path.cwd())
    with tempfile.TemporaryDirectory(prefix="synthetic-") as passing:
        there = make or opening.is_there(url, folder)
        say = lambda told: click.echo(f"note: {told}", err=True)  # noqa: E731  used once
        history = opening.ready(
            url if there else f"sqlite:///{passing}/history.db", folder if there else Path(passing), say
        )
        try:
            notes = () if make or history.journeys() else (_nothing(database.shown(url), there=there),)
            yield Asked(settings=settings, history=history, now=SystemClock().now(), notes=notes)
            if told := history.verdicts.complaint:
                click.echo(f"note: {told}", err=True)
        except HistoryDamaged as error:
            raise HistoryDamaged(
                f"{error}. Move the file away: the next run begins a new history. `sqlite3 FILE .recover` gets out "
                "what can still be read"
            ) from None
        finally:
            history.close()


def _nothing(where: str, *, there: bool) -> str:
    looked = f"The history at {where} holds no runs yet." if there else f"There is no history yet: looked for {where}."
    return (
        f"{looked} Every run of pytest goes into it when synthetic.toml has a table [history]; "
        "`synthetic history import` brings in what there is already."
    )


def nothing_fits(asked: Asked) -> tuple[str, ...]:
    """What to say where no run fits: whose names and times there are."""
    if asked.notes:
        return ()
    from pytest_synthetic.history.answers_journeys import extent

    return (f"No run fits. {extent(asked.history)}",)
