"""`synthetic alerts explain`: the policy of each journey in plain words, and who would be told."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_synthetic.cli import asking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_synthetic.cli.asking import Asked
    from pytest_synthetic.cli.showing import Section
    from pytest_synthetic.incidents.explaining import Explained
    from pytest_synthetic.incidents.journeys import Journeys, Known
    from pytest_synthetic.model.maintenance import Maintenance

FEW_RUNS = 1_000
"""Runs up to which what is usual is said to be mostly a guess: 1 in 200 is known to about a half then."""


@click.command("explain", short_help="Say when each journey tells whom.")
@asking.journeys
@asking.form
@asking.config
def command(*, journeys: tuple[str, ...], form: str, config: Path | None) -> None:
    """Say what the policy of each JOURNEY is, when it would tell, and whom; nothing is sent.

    Journeys are those of the history, or else those that pytest collects here.
    """
    from pytest_synthetic.alerts.routing import takers
    from pytest_synthetic.cli.showing import Answer, show
    from pytest_synthetic.core.journey_names import JourneyNames
    from pytest_synthetic.history.alert_book import AlertBook
    from pytest_synthetic.history.answers_journeys import ids
    from pytest_synthetic.history.hearing import Hearing
    from pytest_synthetic.history.windows import Windows, all_windows
    from pytest_synthetic.incidents.explaining import explained
    from pytest_synthetic.incidents.journeys import FARTHEST
    from pytest_synthetic.incidents.silence import silence

    with asking.opened(config) as asked:
        notes: list[str] = []
        wrong: list[str] = []
        planned = all_windows(asked.settings, Path.cwd(), asked.history, wrong.append)
        found = _known(asked, config, planned, notes.append)
        known = found.by_id
        whom = partial(takers, routes=asked.settings.alerts, called=JourneyNames(known))
        away = Windows(planned, known)
        standing = AlertBook(asked.history.engine).incidents()
        chosen = ids(known, journeys or sorted(known, key=lambda key: known[key].name))
        newest = Hearing(asked.history.engine).newest(chosen, asked.now - FARTHEST) if found.pipelines else {}
        rows = [
            explained(
                known[key],
                whom,
                away,
                standing,
                asked.now,
                silence=silence(known[key], found.pipelines, newest.get(key, {}), away),
            )
            for key in chosen
        ]
    show(Answer(sections=(_section(rows),), notes=(*_notes(asked, rows), *notes, *wrong)), form)


def _known(asked: Asked, config: Path | None, away: Sequence[Maintenance], say: Callable[[str], object]) -> Journeys:
    from pytest_synthetic.config.scopes import unknown_names
    from pytest_synthetic.history.alert_book import AlertBook
    from pytest_synthetic.incidents.journeys import Journeys, known_journeys
    from pytest_synthetic.incidents.normal import LEARNT_FROM, normal_counts

    if asked.notes:
        found = Journeys(_collected(asked, config, say))
    else:
        book = AlertBook(asked.history.engine)
        normal = normal_counts(asked.history, book.incidents(asked.now - LEARNT_FROM), asked.now, away=away)
        found = known_journeys(asked.settings, asked.history, book, normal, asked.now)
    for told in unknown_names(asked.settings, list(found.by_id.values())):
        say(told)
    return found


def _collected(asked: Asked, config: Path | None, say: Callable[[str], object]) -> list[Known]:
    """Those that pytest finds, where nothing ran yet."""
    from pytest_synthetic.incidents.journeys import Usual, by_journey, known_as, names_of, per_day
    from pytest_synthetic.scheduler import catalogue

    say("Nothing is in the history yet: journeys are those that pytest collects here, and what is usual is a guess.")
    found = catalogue.collect(Path.cwd(), (), config, settings=asked.settings)
    planned = by_journey(catalogue.plans(found, asked.settings, elsewhere=True))
    called = names_of({}, planned)
    return [
        known_as(
            asked.settings,
            journey,
            None,
            watched,
            Usual(tuple(watched), sum(map(per_day, watched.values())), 0, 0),
            called=called,
        )
        for journey, watched in planned.items()
    ]


# -- what people see -------------------------------------------------------------------------------------------------


def _section(rows: Sequence[Explained]) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    return Section(
        name="journeys",
        rows=rows,
        columns=(
            Column(title="journey", cell=lambda row: cells.named(row.name), wraps=True),
            Column(title="when it tells", cell=lambda row: "\n".join(_when(row)), wraps=True, least=34),
            Column(title="who is told", cell=lambda row: "\n".join(_who(row)), wraps=True, least=20),
        ),
    )


def _when(row: Explained) -> Iterator[str]:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.config.policies import STATISTICAL

    if row.policy != STATISTICAL.name:
        yield cells.named(f"[policies.{row.policy}]")
    yield from map(cells.named, re.split(r"(?<=\.) (?=[A-Z])", row.words))
    few = ", mostly a guess" if row.learnt_from < FEW_RUNS else ""
    yield f"Usual: {cells.number(100 * row.usual, 2)} % fail, from {_runs(row.learnt_from)}{few}."
    yield cells.named(row.silence)
    if row.maintenance:
        yield cells.named(f"In maintenance now: {', '.join(row.maintenance)}.")
    if row.standing:
        yield f"Stands now: {', '.join(row.standing)}."


def _runs(number: int) -> str:
    from pytest_synthetic.cli import cells

    return "1 run" if number == 1 else f"{cells.number(number)} runs"


def _who(row: Explained) -> Iterator[str]:
    from pytest_synthetic.cli import cells

    told: dict[tuple[str, ...], list[str]] = {}
    for what in ("page", "ticket", "degraded", "broken", "missed"):
        if (routes := getattr(row, what)) is not None:
            told.setdefault(routes, []).append(what)
    for routes, those in told.items():
        yield cells.named(f"{', '.join(those)}: {', '.join(routes) or 'NOBODY'}")


def _notes(asked: Asked, rows: Sequence[Explained]) -> Iterator[str]:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.alerts import how_to_begin

    if not asked.settings.alerts:
        yield f"Nobody is told of anything: there is no route. {how_to_begin(asked.settings)}"
        return
    yield from _unsendable(asked)
    for told in dict.fromkeys(row.untold for row in rows if row.untold):
        names = [row.name for row in rows if row.untold == told]
        yield cells.named(
            f"Nobody would be told of {' or '.join(told)} of {cells.few(names, 5)}: every route has `on`. "
            "Leave it out in one of them: that one takes what no other takes."
        )


def _unsendable(asked: Asked) -> Iterator[str]:
    """Routes with an address that nothing can be sent to, at least not from here."""
    from pytest_synthetic.alerts.sending import check
    from pytest_synthetic.errors import ConfigError

    for route in asked.settings.alerts.values():
        if route.unset:
            yield f"{route.name} has an address or a secret that is not set here: {route.unset}."
            continue
        try:
            check(route)
        except ConfigError as error:
            yield str(error)
