"""`synthetic slo`: what was promised over many runs, and what is left of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_synthetic.cli import asking
from pytest_synthetic.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_synthetic.cli.asking import Asked
    from pytest_synthetic.cli.showing import Section
    from pytest_synthetic.history.answers_slo import Detail, TargetRow
    from pytest_synthetic.history.excluding import Exclusion
    from pytest_synthetic.model.sla import Slo

STATES = {"kept": "kept", "spent": "SPENT", "unknown": "not enough\ndata"}
COLOURS = {"kept": "green", "spent": "red", "unknown": "yellow"}


@click.command("slo", short_help="Say which targets are kept, and what is left.")
@asking.journeys
@click.option(
    "--targets",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Targets from a file of OpenSLO documents, instead of the marks.",
)
@click.option("--openslo", is_flag=True, help="Print the targets as OpenSLO documents, and stop.")
@asking.form
@asking.config
def command(*, journeys: tuple[str, ...], targets: Path | None, openslo: bool, form: str, config: Path | None) -> None:
    """Say how the targets (the mark slo) of journeys stand now: availability, latency, budget, burn rate.

    For one JOURNEY also its uptime, its reachability and the windows of its burn rate.
    """
    from pytest_synthetic.cli.showing import Answer, show
    from pytest_synthetic.history import answers_slo

    with asking.opened(config) as asked:
        given, notes = _targets(asked, targets, journeys)
        if openslo:
            _print(given, asked, notes)
            return
        known = asked.history.journeys()
        maintenance = asked.maintenance()
        reports = answers_slo.reports(asked.history, given, asked.now, maintenance=maintenance)
        rows = answers_slo.rows(reports, known, maintenance)
        sections, facts = [_targets_section(rows)], {}
        if len(journeys) == 1 and len(given) == 1 and (key := next(iter(given))) in known:
            detail = answers_slo.detail(asked.history, known[key], given[key], asked.now, maintenance=maintenance)
            sections += _details(detail)
            facts, notes = {"apdex": detail.apdex}, (*notes, *_told(detail))
        told = (*asked.notes, *notes, *_reasons(rows, maintenance), *maintenance.notes(), *_uncut(rows))
        show(Answer(sections=sections, facts=facts, notes=told, legend=tuple(_legend(rows))), form)


def _targets(asked: Asked, path: Path | None, journeys: tuple[str, ...]) -> tuple[dict[str, Slo], tuple[str, ...]]:
    """The targets asked for by id of their journey, and what is to be known of them."""
    from pytest_synthetic.history import answers_slo
    from pytest_synthetic.history.answers_journeys import ids

    known = asked.history.journeys()
    notes: tuple[str, ...] = ()
    if path:
        from pytest_synthetic.config import openslo

        read = openslo.read(path)
        given, notes = dict(read.slos), read.passed_over
        notes += tuple(f"{path.name}: the history has no journey {key}" for key in given if key not in known)
    else:
        given = answers_slo.targets_of(known)
    chosen = ids(known, journeys) if journeys else (*known, *(key for key in given if key not in known))
    without = sorted(known[key].name for key in chosen if key not in given and key in known)
    if without:
        notes += (f"Without a target: {', '.join(without)}. Give the journey the mark slo.",)
    return {key: given[key] for key in chosen if key in given}, notes


def _print(given: Mapping[str, Slo], asked: Asked, notes: Sequence[str]) -> None:
    from pytest_synthetic.config import openslo

    if not given:
        raise UsageError(" ".join((*asked.notes, *notes)) or "no journey has a target: give it the mark slo")
    click.echo(openslo.written(given, service=asked.settings.product), nl=False)


# -- what people see -------------------------------------------------------------------------------------------------


def _targets_section(rows: Sequence[TargetRow]) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    away = any(map(_excludes, rows))
    return Section(
        name="targets",
        rows=rows,
        columns=(
            Column(title="journey", cell=lambda row: f"{cells.named(row.name)}\n{row.indicator}", wraps=True),
            Column(title="target", cell=_target),
            Column(title="kept in", cell=lambda row: cells.sure(row.share, row.low, row.high, row.target)),
            Column(title="coverage\nleft out" if away else "coverage", cell=_coverage, right=True),
            Column(title="budget left", cell=_left, right=True),
            Column(title="burn", cell=lambda row: cells.number(row.burn), right=True),
            Column(title="state", cell=lambda row: STATES[row.state], style=lambda row: COLOURS[row.state]),
        ),
    )


def _excludes(row: TargetRow) -> bool:
    return bool(row.excluded_runs or row.excluded_minutes)


def _coverage(row: TargetRow) -> str:
    """The coverage, and below it what was left out."""
    from pytest_synthetic.cli import cells

    coverage = cells.share(row.coverage)
    if not _excludes(row):
        return coverage
    return f"{coverage}\n{row.excluded_runs} runs\n{cells.number(row.excluded_minutes, 0)} min"


def _target(row: TargetRow) -> str:
    from pytest_synthetic.analysis.figures import promised

    days = row.window / 86_400
    window = row.calendar or (f"{days:g} d" if days >= 1 else f"{days * 24:g} h")
    return f"{promised(row.target)}\nin {window}"


def _left(row: TargetRow) -> str:
    from pytest_synthetic.cli import cells

    if row.budget_runs_left is None:
        return cells.UNKNOWN
    return f"{cells.number(row.budget_runs_left)} runs\n{cells.number(row.budget_minutes_left, 0)} min"


def _legend(rows: Sequence[TargetRow]) -> Iterator[str]:
    if rows:
        yield (
            "kept in: the share of runs, and below it between which shares it truly is (95 %). coverage: runs that "
            "could say something, of all. burn: at 1 the budget lasts for the window."
        )
    if any(map(_excludes, rows)):
        yield "left out: runs that started in maintenance, and how long it was (the mean of the regions)."


def _reasons(rows: Sequence[TargetRow], maintenance: Exclusion) -> Iterator[str]:
    """Why something was left out."""
    if away := [row for row in rows if _excludes(row)]:
        since, until = min(row.since for row in away), max(row.until for row in away)
        yield from maintenance.reasons({row.journey for row in away}, since, until)


def _uncut(rows: Sequence[TargetRow]) -> Iterator[str]:
    """What to say of days that cannot be told apart."""
    for name, number in {row.name: row.uncut_days for row in rows if row.uncut_days}.items():
        days = "1 day is" if number == 1 else f"{number} days are"
        yield (
            f"{name}: {days} in maintenance in part, and their runs are gone (`synthetic history prune`): all of them "
            "are counted."
        )


def _details(detail: Detail) -> list[Section]:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    shares = [row for row in (detail.uptime, detail.reachability) if row]
    return [
        Section(
            name="shares",
            rows=shares,
            columns=(
                Column(title="", cell=lambda row: row.name),
                Column(title="share", cell=lambda row: cells.share(row.share), right=True),
                Column(title="truly", cell=_truly),
                Column(title="good of", cell=lambda row: f"{row.good} of {row.said}", right=True),
                Column(title="coverage", cell=lambda row: cells.share(row.coverage), right=True),
            ),
        ),
        Section(
            name="burns",
            rows=detail.burns,
            columns=(
                Column(title="window", cell=lambda row: row.window),
                Column(title="failed of", cell=lambda row: f"{row.failed} of {row.said}", right=True),
                Column(title="burn", cell=lambda row: cells.number(row.rate), right=True),
                Column(title="truly", cell=_rates),
            ),
        ),
        Section(
            name="rules",
            rows=detail.rules,
            columns=(
                Column(title="burns above", cell=lambda row: cells.number(row.threshold, 2), right=True),
                Column(title="in", cell=lambda row: row.long),
                Column(title="and in", cell=lambda row: row.short),
                Column(title="", cell=lambda row: {"unknown": "not enough data"}.get(row.answer, row.answer)),
                Column(title="would be a", cell=lambda row: row.severity),
            ),
        ),
    ]


def _truly(row: Any) -> str:
    from pytest_synthetic.analysis.figures import between
    from pytest_synthetic.cli import cells

    return cells.UNKNOWN if row.low is None else between((row.low, row.high))


def _rates(row: Any) -> str:
    from pytest_synthetic.cli import cells

    return cells.UNKNOWN if row.low is None else f"{cells.number(row.low)} to {cells.number(row.high)}"


def _told(detail: Detail) -> Iterator[str]:
    from pytest_synthetic.model.sla import spoken

    yield (
        "uptime: rounds in which any region passed. reachability: all runs."
        if detail.uptime
        else (
            "reachability: all runs. The uptime is not known: no schedule and no ticks tell which runs are one round."
        )
    )
    if detail.excluded_runs:
        yield f"Without {detail.excluded_runs} runs that started in maintenance."
    if detail.apdex and detail.apdex.score is not None:
        few = f" (only {detail.apdex.said} runs)" if detail.apdex.is_small else ""
        yield f"Apdex at {spoken(detail.apdex.limit)}: {detail.apdex.score:.2f}{few}."
