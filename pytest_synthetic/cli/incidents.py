"""`synthetic incidents`: what is wrong now and was lately, who was told, and one incident whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  dataclass fields
from typing import TYPE_CHECKING, Any

import click

from pytest_synthetic.cli import asking
from pytest_synthetic.cli.history import OrPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pytest_synthetic.cli.asking import Asked
    from pytest_synthetic.cli.showing import Answer, Section
    from pytest_synthetic.model.alerting import Case, Incident, Post, Severity

COLOURS = {"page": "red", "ticket": "yellow"}


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLine:
    """An incident. `kinds` are those of its problems; `lasted` in seconds, until now where it stands.

    `told` are the routes that were told of it.
    """

    id: str
    severity: Severity
    kinds: tuple[str, ...]
    journeys: tuple[str, ...]
    regions: tuple[str, ...]
    began: datetime
    opened: datetime
    resolved: datetime | None
    lasted: float
    flapping: bool
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """What is wrong with one journey. `failed` of `said` runs since `first_bad` were bad, in `regions`.

    `variants` are the devices and parameters that are bad there, where others are not.
    """

    journey: str
    name: str
    kind: str
    severity: Severity
    regions: tuple[str, ...]
    well: tuple[str, ...]
    variants: tuple[str, ...]
    first_bad: datetime
    last_good: datetime | None
    resolved: datetime | None
    failed: int
    said: int
    step: str | None
    claim: str | None
    owner: str | None
    runbook: str | None
    depends_on: tuple[str, ...]
    carriers: tuple[str, ...]
    blocked: tuple[str, ...]
    run_id: str
    evidence: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """A line of the time line. `told` are the routes that were told of it."""

    at: datetime
    what: str
    why: str
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterLine:
    """A letter to one address. `state` is `sent`, `waits`, or `not sent`; `until` is when it is tried next."""

    at: datetime
    turn: str
    route: str
    address: str
    state: str
    tries: int
    ended: datetime | None
    until: datetime | None
    why: str | None


@click.group(
    "incidents",
    cls=OrPart,
    invoke_without_command=True,
    subcommand_metavar="",
    short_help="Say what is wrong now, and was lately.",
    context_settings={"allow_interspersed_args": True},
)
@click.option("--since", default="7d", show_default=True, metavar="TIME", help="From when on what is over is listed.")
@asking.form
@asking.config
def command(*, since: str, form: str, config: Path | None) -> None:
    """List the incidents that stand, and those that changed lately; the newest first."""
    from pytest_synthetic.cli.showing import Answer, show
    from pytest_synthetic.history.alert_book import AlertBook

    with asking.opened(config) as asked:
        first = asking.moment(since, asked.now)
        rows = [_line(each, asked.now) for each in AlertBook(asked.history.engine).incidents(first)]
        rows.sort(key=lambda row: (row.resolved is not None, -row.opened.timestamp(), row.id))
        show(Answer(sections=(_listed(rows),), notes=tuple(_notes(asked, rows, first or asked.now))), form)


def _line(incident: Incident, now: datetime) -> IncidentLine:
    cases = incident.standing or incident.cases
    return IncidentLine(
        id=incident.id,
        severity=incident.severity,
        kinds=tuple(dict.fromkeys(case.problem.kind.value for case in cases)),
        journeys=tuple(dict.fromkeys(case.name for case in cases)),
        regions=tuple(dict.fromkeys(region for case in cases for region in _bad(case))),
        began=incident.began,
        opened=incident.opened,
        resolved=incident.resolved,
        lasted=max(0.0, ((incident.resolved or now) - incident.began).total_seconds()),
        flapping=incident.flapping,
        told=tuple(dict.fromkeys(route for entry in incident.entries for route in entry.told)),
    )


def _notes(asked: Asked, rows: Sequence[IncidentLine], since: datetime) -> Iterator[str]:
    from pytest_synthetic.cli import cells

    yield from asked.notes
    if not rows and not asked.notes:
        yield f"No incident stands, and none changed since {cells.moment(since)}."
    if not asked.settings.alerts and not asked.settings.policies:
        yield (
            "Incidents are kept where synthetic.toml has a table [alerts.NAME], which says who is told, and "
            "`synthetic watch`, `synthetic scheduler` or `synthetic alerts run` is at work."
        )
    elif not asked.settings.alerts:
        yield "Nobody is told of incidents: synthetic.toml has no table [alerts.NAME]."


def _listed(rows: Sequence[IncidentLine]) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    return Section(
        name="incidents",
        rows=rows,
        columns=(
            Column(title="id", cell=lambda row: f"{row.id}\n{row.severity}", style=_colour),
            Column(title="what", cell=_what),
            Column(title="journeys, from", cell=_where, wraps=True, least=16),
            cells.when(rows, lambda row: row.began, "since"),
            Column(title="lasted", cell=lambda row: f"{cells.long(row.lasted)}\n{_over(row)}", right=True),
            Column(title="told", cell=lambda row: cells.named(cells.few(row.told) or "nobody"), wraps=True, least=8),
        ),
    )


def _what(row: IncidentLine) -> str:
    return "\n".join([*row.kinds, *(["comes and goes"] if row.flapping else [])])


def _colour(row: Any) -> str:
    return "green" if row.resolved else COLOURS[row.severity]


def _over(row: IncidentLine) -> str:
    return "over" if row.resolved else "and stands"


def _where(row: IncidentLine) -> str:
    from pytest_synthetic.cli import cells

    return "\n".join(cells.named(told) for told in (cells.few(row.journeys), cells.few(row.regions)) if told)


# -- one ---------------------------------------------------------------------------------------------------------------


@command.command("show", short_help="Show one incident, whole.")
@click.argument("beginning", metavar="ID")
@asking.form
@asking.config
def show_incident(*, beginning: str, form: str, config: Path | None) -> None:
    """Show the incident whose id begins with ID: what is wrong, its time line, who was told, and what waits."""
    from pytest_synthetic.cli.showing import show
    from pytest_synthetic.errors import UsageError
    from pytest_synthetic.history.alert_book import AlertBook

    with asking.opened(config) as asked:
        if asked.notes:
            raise UsageError(f"no incident begins with {beginning!r}. {asked.notes[0]}")
        book = AlertBook(asked.history.engine)
        incident = book.incident(beginning)
        answer = _whole(incident, book.posts_of(incident.id), asked.now)
    show(answer, form)


def _whole(incident: Incident, posts: Sequence[Post], now: datetime) -> Answer:
    from pytest_synthetic.cli.showing import Answer

    row = _line(incident, now)
    entries = [EntryLine(at=each.at, what=each.what, why=each.why, told=each.told) for each in incident.entries]
    letters = [_letter(post) for post in posts]
    return Answer(
        head=tuple(_head(incident, row)),
        sections=(_cases([_case(case) for case in incident.cases]), _time_line(entries), _letters(letters)),
        notes=tuple(_advice(incident, letters)),
        legend=("bad of: runs since the first bad one, when it was decided or changed last.",),
        facts={name: getattr(row, name) for name in IncidentLine.__slots__} | {"before_id": incident.before_id},
    )


def _head(incident: Incident, row: IncidentLine) -> Iterator[str]:
    from pytest_synthetic.cli import cells

    stands = "stands" if incident.resolved is None else "is over"
    flaps = ", and comes and goes" if incident.flapping else ""
    yield f"{incident.severity.upper()} {incident.id} {stands}{flaps}"
    yield f"Since {cells.moment(incident.began)}, opened {cells.moment(incident.opened)}"
    if incident.resolved:
        yield f"Over at {cells.moment(incident.resolved)}, after {cells.long(row.lasted)}"
    else:
        yield f"Lasts for {cells.long(row.lasted)}"
    if incident.before:
        yield f"Seen before: {cells.moment(incident.before)}, incident {incident.before_id}"


def _bad(case: Case) -> tuple[str, ...]:
    """Where it is bad; of one that is over, where it ever was."""
    return (case.ever or case.problem.regions) if case.resolved else case.problem.regions


def _case(case: Case) -> CaseLine:
    problem = case.problem
    return CaseLine(
        journey=problem.journey,
        name=case.name,
        kind=problem.kind.value,
        severity=problem.severity,
        regions=_bad(case),
        well=problem.well,
        variants=problem.variants,
        first_bad=problem.first_bad,
        last_good=problem.last_good,
        resolved=case.resolved,
        failed=problem.failed,
        said=problem.said,
        step=problem.step,
        claim=problem.claim,
        owner=case.owner,
        runbook=case.runbook,
        depends_on=case.depends_on,
        carriers=case.carriers,
        blocked=case.blocked,
        run_id=problem.run_id,
        evidence=case.evidence,
    )


def _cases(rows: Sequence[CaseLine]) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    return Section(
        name="cases",
        title="What is wrong",
        rows=rows,
        columns=(
            Column(
                title="journey, what", cell=lambda row: f"{cells.named(row.name)}\n{row.kind}", wraps=True, least=16,
                style=_colour,
            ),
            Column(title="bad of", cell=lambda row: f"{row.failed} of {row.said}", right=True),
            Column(title="about it", cell=lambda row: "\n".join(_about(row)), wraps=True, least=40),
        ),
    )  # fmt: skip


def _about(row: CaseLine) -> Iterator[str]:
    from pytest_synthetic.cli import cells

    if row.regions:
        good = f"; good in {cells.few(row.well)}" if row.well else ""
        yield cells.named(f"in {cells.few(row.regions)}{good}")
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
        yield f"newest run: synthetic runs show {row.run_id[:8]}"


def _time_line(rows: Sequence[EntryLine]) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    return Section(
        name="entries",
        title="Time line",
        rows=rows,
        columns=(
            cells.when(rows, lambda row: row.at),
            Column(title="what", cell=lambda row: row.what),
            Column(title="why", cell=lambda row: cells.named(row.why)[:300], wraps=True, least=20),
            Column(title="told", cell=lambda row: cells.named(cells.few(row.told)), wraps=True, least=8),
        ),
    )


def _letter(post: Post) -> LetterLine:
    waits = post.ended is None
    return LetterLine(
        at=post.at,
        turn=post.turn.value,
        route=post.route,
        address=post.label,
        state="waits" if waits else "not sent" if post.why else "sent",
        tries=post.tries,
        ended=post.ended,
        until=post.not_before if waits else None,
        why=post.why,
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


def _advice(incident: Incident, letters: Sequence[LetterLine]) -> Iterator[str]:
    if not letters:
        yield "Nobody was to be told: no table [alerts.NAME] took it."
    if any(row.state == "waits" for row in letters) and incident.resolved is None:
        yield "What waits is sent by `synthetic watch`, `synthetic scheduler` or `synthetic alerts run`."
