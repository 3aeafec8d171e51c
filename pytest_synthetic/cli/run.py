"""`synthetic run`: journeys now, each as the scheduler would run it."""

from __future__ import annotations

import json
import os
import signal
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from pytest_synthetic.cli import asking
from pytest_synthetic.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from pytest_synthetic.cli.showing import Section
    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.model.plan import Catalogue, Job, Listed, Outcome, Plan
    from pytest_synthetic.model.run import RunResult

FEW = 3
"""Jobs for which a fork server would take longer to begin than it saves."""
SAID = 12
"""Lines of what pytest said that are shown for a run without a record of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """A run, as programs read it in a row. `duration` in seconds."""

    run_id: str
    journey: str
    name: str
    region: str
    verdict: str
    started_at: str
    duration: float | None
    reason: str | None


@click.command("run", short_help="Run journeys now, as the scheduler would.")
@click.argument("journeys", nargs=-1, required=True, metavar="JOURNEY...")
@click.option("--region", "regions", multiple=True, metavar="NAME", help="Only in this region; repeatable.")
@click.option("--isolated", is_flag=True, help="Share nothing with other runs, not even a browser.")
@asking.form
@asking.config
def command(
    *, journeys: tuple[str, ...], regions: tuple[str, ...], isolated: bool, form: str, config: Path | None
) -> int:
    """Run each JOURNEY, by its name or id, in all its regions, and show what became of it.

    A run goes into the history, where there is one. The exit code is 0 when all passed, else 1.
    """
    root, settings = Path.cwd(), asking.read(config)
    jobs = _jobs(_plans(root, settings, journeys, regions, config), settings, isolated=isolated)
    outcomes = _ran(jobs, settings, root)
    _show(outcomes, form)
    return 0 if all(run.verdict == "passed" for outcome in outcomes for run in outcome.runs) else 1


# -- which -----------------------------------------------------------------------------------------------------------


def _plans(
    root: Path, settings: Settings, names: Sequence[str], regions: Sequence[str], config: Path | None
) -> list[Plan]:
    from pytest_synthetic.model.plan import Plan
    from pytest_synthetic.scheduler.catalogue import collect, regions_of

    settings.chosen(regions)
    plans = []
    for journey in _chosen(collect(root, config=config, settings=settings), names):
        where = regions_of(journey.spec, regions)
        if not where:
            raise UsageError(
                f'"{journey.spec.name}" runs from {", ".join(journey.spec.regions)} alone (its region mark)'
            )
        settings.chosen(where)
        plans += [
            Plan(spec=journey.spec, region=region, nodeid=journey.nodeid, browser=journey.browser) for region in where
        ]
    return plans


def _chosen(catalogue: Catalogue, names: Sequence[str]) -> list[Listed]:
    from pytest_synthetic.history.answers_journeys import ids

    known = {journey.spec.id: journey for journey in catalogue.journeys}
    try:
        return [known[key] for key in ids({key: journey.spec for key, journey in known.items()}, names)]
    except (UsageError, KeyError) as error:
        unread = "".join(f"\n  {each.file} cannot be read: {each.why}" for each in catalogue.unreadable)
        told = str(error) if isinstance(error, UsageError) else "no journey could be read"
        raise UsageError(told + unread) from None


def _jobs(plans: Sequence[Plan], settings: Settings, *, isolated: bool) -> list[Job]:
    from pytest_synthetic.model.plan import Job

    limit = settings.runner.time_limit
    return [Job(id=uuid.uuid4().hex, plan=plan, time_limit=limit, isolated=isolated) for plan in plans]


# -- run and kept ----------------------------------------------------------------------------------------------------


def _ran(jobs: Sequence[Job], settings: Settings, root: Path) -> list[Outcome]:
    """Run all, as many at once as the settings say; what ends early by Ctrl-C is recorded as well."""
    from pytest_synthetic.config.runner import at_once
    from pytest_synthetic.config.settings import Isolation
    from pytest_synthetic.core.clock import SystemClock
    from pytest_synthetic.scheduler.runner import runner_here

    if len(jobs) <= FEW:
        settings = replace(settings, runner=replace(settings.runner, isolation=Isolation.PROCESS))
    browsers, api = at_once(settings.runner, os.cpu_count() or 1)
    most = browsers if any(job.plan.browser for job in jobs) else api
    runner = runner_here(settings, root, SystemClock(), _note)
    with _interrupted_by_sigterm(), ThreadPoolExecutor(most) as threads:
        running = [threads.submit(runner.run, job) for job in jobs]
        try:
            outcomes = [each.result() for each in running]
        except KeyboardInterrupt:
            _note("what runs is ended in order")
            runner.stop()
            outcomes = [each.result() for each in running]
        finally:
            runner.stop()
    for job in _kept(outcomes, settings, root):
        runner.delivered(job)
    return outcomes


def _kept(outcomes: Sequence[Outcome], settings: Settings, root: Path) -> Iterator[Job]:
    """Tell the history and the metrics; the jobs of which nothing else need be kept."""
    from pytest_synthetic.config.history import home_of
    from pytest_synthetic.core.clock import SystemClock
    from pytest_synthetic.history import opening
    from pytest_synthetic.history.recording import Recording
    from pytest_synthetic.reports.receivers import Receivers

    url, folder = home_of(settings, root)
    recording = Recording(url, folder, _note) if settings.history or opening.is_there(url, folder) else None
    metrics = Receivers(settings, root, SystemClock(), _note)
    for outcome in outcomes:
        if recording is None or recording.record(outcome.runs):
            yield outcome.job
        for run in outcome.runs:
            metrics.run_finished(run)
    metrics.close()
    if recording:
        recording.close()


@contextmanager
def _interrupted_by_sigterm() -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _note(told: str) -> None:
    click.echo(f"note: {told}", err=True)


# -- shown -----------------------------------------------------------------------------------------------------------


def _show(outcomes: Sequence[Outcome], form: str) -> None:
    from pytest_synthetic.cli.runs import whole
    from pytest_synthetic.cli.showing import Answer, show

    runs = [run for outcome in outcomes for run in outcome.runs]
    if form == "json":
        click.echo(json.dumps([run.to_json() for run in runs], indent=2, ensure_ascii=True))
    elif form != "table":
        show(Answer(sections=(_lines(runs),)), form)
    else:
        for outcome in outcomes:
            for run in outcome.runs:
                show(whole(run), form)
            if outcome.log and any(_wordless(run) for run in outcome.runs):
                click.echo("pytest said:")
                click.echo("".join(f"  {line}\n" for line in outcome.log.splitlines()[-SAID:]))


def _wordless(run: RunResult) -> bool:
    """Whether it was recorded by others, so that pytest's own words tell more."""
    return run.failure is not None and run.failure.type == "Interrupted"


def _lines(runs: Sequence[RunResult]) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    names = RunLine.__dataclass_fields__
    return Section(
        name="runs",
        rows=[RunLine(**{name: getattr(run, name) for name in names}) for run in runs],
        columns=(
            Column(title="verdict", cell=lambda row: row.verdict.upper(), style=lambda row: cells.colour(row.verdict)),
            Column(title="journey", cell=lambda row: cells.named(row.name), wraps=True),
            Column(title="region", cell=lambda row: cells.named(row.region)),
            Column(title="took", cell=lambda row: cells.duration(row.duration), right=True),
            Column(title="why", cell=lambda row: cells.named(row.reason or ""), wraps=True),
        ),
    )
