"""`synthetic incidents show`: one incident whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pytest_synthetic.cli import asking
from pytest_synthetic.cli.incident_rows import (
    CaseLine,
    EntryLine,
    IncidentLine,
    LetterLine,
    case_line,
    colour,
    letter_line,
    line,
)
from pytest_synthetic.model.alerting import Kind, Severity, Turn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from pytest_synthetic.cli.showing import Answer, Section
    from pytest_synthetic.model.alerting import Case, Incident, Post

MOST = 20
"""Journeys that are shown to people; programs get all."""


@click.command("show", short_help="Show one incident, whole.")
@click.argument("beginning", metavar="ID")
@asking.form
@asking.config
def command(*, beginning: str, form: str, config: Path | None) -> None:
    """Show the incident whose id begins with ID: what is wrong, its time line, who was told, and what waits."""
    from pytest_synthetic.cli.showing import show
    from pytest_synthetic.errors import UsageError
    from pytest_synthetic.history.alert_book import AlertBook
    from pytest_synthetic.incidents.endings import ended
    from pytest_synthetic.incidents.recorded import with_newest_runs

    with asking.opened(config) as asked:
        book = AlertBook(asked.history.engine)
        try:
            incident = with_newest_runs(book.incident(beginning), book)
            incident = ended(incident, book, most=len(incident.cases))
        except UsageError:
            if asked.notes:
                raise UsageError(f"no incident begins with {beginning!r}. {asked.notes[0]}") from None
            raise
        most = MOST if form in {"table", "markdown"} else None
        answer = _whole(incident, book.posts_of(incident.id), asked.now, most)
    show(answer, form)


def _whole(incident: Incident, posts: Sequence[Post], now: datetime, most: int | None) -> Answer:
    from pytest_synthetic.cli.showing import Answer

    row = line(incident, now)
    entries = [EntryLine(at=each.at, what=each.what, why=each.why, told=each.told) for each in incident.entries]
    letters = [letter_line(post) for post in _in_turn(posts)]
    cases = [case_line(case) for case in sorted(incident.cases, key=_standing_first)]
    return Answer(
        head=tuple(_head(incident, row)),
        sections=(_cases(cases[:most], row), _time_line(entries, row), _letters(letters)),
        notes=(*_left_out(len(cases[:most]), len(cases)), *_advice(incident, row, letters)),
        legend=("bad of: runs since the first bad one, in these regions; of what is over, until then.",),
        facts={name: getattr(row, name) for name in IncidentLine.__slots__} | {"before_id": incident.before_id},
    )


def _in_turn(posts: Iterable[Post]) -> Iterator[Post]:
    """A letter that waits is not sent before those to the same address that wait before it."""
    turns: dict[str, datetime] = {}
    for post in posts:
        if post.ended is None:
            turns[post.address] = max(turns.get(post.address, post.not_before), post.not_before)
        yield post._replace(not_before=turns[post.address]) if post.ended is None else post


def _head(incident: Incident, row: IncidentLine) -> Iterator[str]:
    from pytest_synthetic.cli import cells

    yield f"{incident.severity.upper()} {incident.id} {_state(row)}"
    yield f"Since {cells.moment(incident.began)}, opened {cells.moment(incident.opened)}"
    back = row.since != row.began
    if back:
        yield f"Over in between, and back since {cells.moment(row.since)}"
    if incident.resolved and not row.flapping:
        end, lasted = cells.moment(incident.resolved), cells.long(row.lasted)
        again = ", on and off" if row.came_and_went else " this time" if back else ""
        yield f"Closed at {end}" if row.gone else f"Over at {end}, after {lasted}{again}"
    else:
        yield f"{'Comes and goes' if row.flapping else 'Lasts'} for {cells.long(row.lasted)}"
    if incident.before:
        yield f"Seen before: {cells.moment(incident.before)}, incident {incident.before_id}"


def _state(row: IncidentLine) -> str:
    if row.gone:
        return "is closed: nothing was seen to be well again"
    return "comes and goes" if row.flapping else "is over" if row.resolved else "stands"


def _standing_first(case: Case) -> tuple[bool, bool, bool]:
    return case.resolved is not None, not case.gone, case.problem.severity is not Severity.PAGE


def _left_out(shown: int, there: int) -> Iterator[str]:
    if shown < there:
        yield f"And {there - shown:,} journeys more: `--format json` tells all."


def _cases(rows: Sequence[CaseLine], incident: IncidentLine) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    return Section(
        name="cases",
        title="What was wrong" if incident.resolved else "What is wrong",
        rows=rows,
        columns=(
            Column(
                title="journey, what", cell=lambda row: f"{cells.named(row.name)}\n{row.kind}", wraps=True, least=16,
                style=colour,
            ),
            Column(title="bad of", cell=_bad_of, right=True),
            Column(title="about it", cell=lambda row: "\n".join(_about(row, incident)), wraps=True, least=40),
        ),
    )  # fmt: skip


def _about(row: CaseLine, incident: IncidentLine) -> Iterator[str]:
    from pytest_synthetic.cli import cells

    if row.gone and row.resolved and not incident.gone:
        yield f"closed since {cells.moment(row.resolved)}: not seen to be well again"
    elif row.resolved and not incident.resolved:
        yield f"over since {cells.moment(row.resolved)}"
    if row.regions:
        good = f"; good in {cells.few(row.well)}" if row.well and not row.resolved else ""
        yield cells.named(f"{'was bad in' if row.resolved else 'in'} {cells.few(row.regions)}{good}")
    if row.claim:
        yield cells.named(f"{row.step}: {row.claim}" if row.step else row.claim)[:200]
    facts = {
        "only with": cells.few(row.variants),
        "owner": row.owner,
        "depends on": ", ".join(row.depends_on),
        "carriers": ", ".join(row.carriers),
        "not tried because of it": cells.few(row.blocked),
        "runbook": row.runbook,
        "evidence": row.evidence,
    }
    yield from (cells.named(f"{name}: {told}") for name, told in facts.items() if told)
    if row.run_id:
        yield f"{'last heard of' if _is_silent(row) else 'newest bad run'}: synthetic runs show {row.run_id[:8]}"


def _bad_of(row: CaseLine) -> str:
    return "" if _is_silent(row) else f"{row.failed} of {row.said}"


def _is_silent(row: CaseLine) -> bool:
    """Nothing is heard, so there are no runs to count."""
    return row.kind == Kind.MISSED and row.claim is None


def _time_line(rows: Sequence[EntryLine], incident: IncidentLine) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    closed = rows[-1] if incident.gone and rows and rows[-1].what == Turn.RESOLVED else None
    return Section(
        name="entries",
        title="Time line",
        rows=rows,
        columns=(
            cells.when(rows, lambda row: row.at),
            Column(title="what", cell=lambda row: "closed" if row is closed else row.what),
            Column(title="why", cell=lambda row: cells.named(row.why)[:300], wraps=True, least=20),
            Column(title="told", cell=lambda row: cells.named(cells.few(row.told)), wraps=True, least=8),
        ),
    )


def _letters(rows: Sequence[LetterLine]) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    colours = {"sent": "green", "waits": "yellow", "not sent": "red"}
    return Section(
        name="letters",
        title="Who was told",
        rows=rows,
        columns=(
            cells.when(rows, lambda row: row.ended or row.at),
            Column(title="of", cell=lambda row: row.turn),
            Column(
                title="route, address",
                cell=lambda row: f"{cells.named(row.route)}\n{cells.named(row.address)}",
                wraps=True,
            ),
            Column(title="", cell=lambda row: row.state, style=lambda row: colours[row.state]),
            Column(title="why", cell=lambda row: cells.named(_why(row)), wraps=True, least=16),
        ),
    )


def _why(row: LetterLine) -> str:
    from pytest_synthetic.cli import cells

    if row.until is None:
        return row.why or ""
    tries = f", tried {row.tries} times" if row.tries > 1 else ", tried once" if row.tries else ""
    return ": ".join(part for part in (f"until {cells.moment(row.until)}{tries}", row.why) if part)


def _advice(incident: Incident, row: IncidentLine, letters: Sequence[LetterLine]) -> Iterator[str]:
    if not letters and not row.told:
        yield "Nobody was to be told: no table [alerts.NAME] took it."
    if any(row.state == "waits" for row in letters) and incident.resolved is None:
        yield "What waits is sent by `synthetic watch`, `synthetic scheduler` or `synthetic alerts run`."
