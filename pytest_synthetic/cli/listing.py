"""`synthetic list`: what would run when, where, and how often."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_synthetic.cli import asking

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_synthetic.cli.showing import Column, Section
    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.model.plan import Catalogue, Plan

UNREADABLE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """A journey in a region. `runs_per_month` are those of the next 30 days; `nodeid` is what to ask pytest for."""

    journey: str
    name: str
    region: str
    schedule: str
    next_run: datetime | None
    runs_per_month: int
    mutates: bool
    browser: bool
    owner: str | None
    nodeid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwatched:
    """A journey without a schedule."""

    journey: str
    name: str
    nodeid: str


@click.command("list", short_help="Show what would run when, where, how often.")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@click.option("--region", "regions", multiple=True, metavar="NAME", help="Only what runs from there; repeatable.")
@asking.form
@asking.config
def command(*, paths: tuple[str, ...], regions: tuple[str, ...], form: str, config: Path | None) -> int:
    """Show the journeys of this folder, or of each PATH, that have a schedule: when and where they would run.

    Nothing is run. The exit code is 1 when a file cannot be read.
    """
    from pytest_synthetic.cli.showing import Answer, show
    from pytest_synthetic.core.clock import SystemClock
    from pytest_synthetic.scheduler import catalogue

    settings = asking.read(config)
    found = catalogue.collect(Path.cwd(), paths, config, settings=settings)
    plans = catalogue.plans(found, settings, regions, elsewhere=True)
    now = SystemClock().now()
    lines = sorted((_line(plan, now) for plan in plans), key=_soonest)
    sections = (_planned(lines), *_others(found))
    runs = sum(line.runs_per_month for line in lines)
    notes = tuple(_notes(found, lines, regions, settings))
    show(Answer(sections=sections, notes=notes, facts={"runs_per_month": runs}), form)
    return UNREADABLE if found.unreadable else 0


def _line(plan: Plan, now: datetime) -> PlanLine:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.core.schedule import Timetable, per_month
    from pytest_synthetic.model.journey import Schedule

    spec = plan.spec
    schedule = spec.schedule or Schedule()
    return PlanLine(
        journey=spec.id,
        name=spec.name,
        region=plan.region,
        schedule=cells.schedule(schedule),
        next_run=Timetable(schedule, *plan.key).next_after(now),
        runs_per_month=per_month(schedule, now),
        mutates=spec.mutates,
        browser=plan.browser,
        owner=spec.owner,
        nodeid=plan.nodeid,
    )


def _soonest(line: PlanLine) -> tuple[datetime, str, str]:
    return line.next_run or datetime.max.replace(tzinfo=UTC), line.name, line.region


# -- for people ----------------------------------------------------------------------------------------------------


def _planned(lines: Sequence[PlanLine]) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    columns = (
        Column(title="journey", cell=lambda row: cells.named(row.name), wraps=True),
        Column(title="region", cell=lambda row: row.region),
        Column(title="schedule", cell=lambda row: row.schedule, wraps=True),
        _next_run(lines),
        Column(title="runs in\n30 days", cell=lambda row: cells.number(row.runs_per_month), right=True),
        Column(title="kind", cell=_kind),
    )
    return Section(name="plans", rows=lines, columns=columns)


def _next_run(lines: Sequence[PlanLine]) -> Column:
    from pytest_synthetic.cli import cells

    shown = cells.when([line for line in lines if line.next_run], lambda row: row.next_run, "next run")
    return replace(shown, cell=lambda row: shown.cell(row) if row.next_run else "never")


def _kind(row: PlanLine) -> str:
    """What is to be known before it runs."""
    return "\n".join([*(["browser"] if row.browser else []), *(["mutates"] if row.mutates else [])])


def _others(found: Catalogue) -> Iterator[Section]:
    """What is not planned."""
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    unwatched = [
        Unwatched(journey=one.spec.id, name=one.spec.name, nodeid=one.nodeid)
        for one in found.journeys
        if not one.spec.schedule
    ]
    yield Section(
        name="unscheduled",
        title="Without a schedule",
        rows=unwatched,
        columns=(
            Column(title="journey", cell=lambda row: cells.named(row.name), wraps=True),
            Column(title="test", cell=lambda row: cells.named(row.nodeid), wraps=True),
        ),
    )
    why = (
        Column(title="file", cell=lambda row: cells.named(row.file), wraps=True, least=20),
        Column(title="why", cell=lambda row: cells.named(row.why), wraps=True, least=30),
    )
    yield Section(name="unreadable", title="Cannot be read", rows=found.unreadable, columns=why)
    yield Section(name="skipped", title="Skip themselves as a whole", rows=found.skipped, columns=why)


def _notes(found: Catalogue, lines: Sequence[PlanLine], regions: Sequence[str], settings: Settings) -> Iterator[str]:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.config.scopes import unknown_names
    from pytest_synthetic.scheduler import catalogue

    if lines:
        yield f"{cells.number(sum(line.runs_per_month for line in lines))} runs in 30 days."
    elif regions and (scheduled := [one.spec for one in found.journeys if one.spec.schedule]):
        there = dict.fromkeys(name for spec in scheduled for name in catalogue.regions_of(spec))
        yield f"No journey runs from {', '.join(regions)}. Journeys run from: {', '.join(there)}."
    else:
        yield "Nothing would run: no journey that can be read has a schedule."
    if any(not one.spec.schedule for one in found.journeys):
        yield 'Write @pytest.mark.schedule("5m") above a journey that is to be watched.'
    if away := sorted({line.region for line in lines if not settings.region(line.region).reachable}):
        yield (
            f"This machine cannot run what is in {', '.join(away)}: it does not stand there (SYNTHETIC_HERE), and no "
            "proxy and no remote browser is set for it."
        )
    if found.unreadable:
        yield "Journeys in files that cannot be read are not listed; while they are watched, their runs are broken."
    yield from unknown_names(settings, (one.spec for one in found.journeys))
