"""`synthetic export`: files for the pipelines, clusters and machines that a team has already."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_synthetic.cli import asking
from pytest_synthetic.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from pytest_synthetic.model.plan import Catalogue, Plan
    from pytest_synthetic.scheduler.export.writing import Export

TARGETS = ("github", "gitlab", "jenkins", "kubernetes", "systemd", "cron")
OTHERWISE = 1


@click.command("export", short_help="Write schedules for GitHub, GitLab, Jenkins, Kubernetes, systemd or cron.")
@click.argument("asked", nargs=-1, metavar="TARGET")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="The folder to write to.")
@click.option("--region", "regions", multiple=True, metavar="NAME", help="Only what runs from there; repeatable.")
@click.option("--strict", is_flag=True, help="Write nothing unless every schedule is kept as marked.")
@click.option("--time-limit", metavar="TIME", help="What one run of pytest may take, such as 5m.")
@click.option("--place", metavar="FOLDER", help="Where the project lies on the machine (systemd, cron).")
@click.option("--image", metavar="NAME", help="The container image (kubernetes).")
@click.option("--check", is_flag=True, help="Write nothing: look for mistakes in the files that are named.")
@asking.config
def command(  # noqa: PLR0913  the options of a command
    *,
    asked: tuple[str, ...],
    output: Path | None,
    regions: tuple[str, ...],
    strict: bool,
    time_limit: str | None,
    place: str | None,
    image: str | None,
    check: bool,
    config: Path | None,
) -> int:
    """Write files that run the journeys of this folder on their schedules.

    TARGET is github, gitlab, jenkins, kubernetes, systemd or cron; with --check, files. The exit code is
    1 when a schedule cannot be kept as marked, or a check finds something.
    """
    if check:
        return _check(asked)
    target = _target(asked)
    from pytest_synthetic.model.sla import seconds
    from pytest_synthetic.scheduler import catalogue
    from pytest_synthetic.scheduler.export import project, writing

    settings, here = asking.read(config), Path.cwd()
    found = catalogue.collect(here, (), config, settings=settings)
    plans = catalogue.plans(found, settings, regions, elsewhere=True)
    known = project.read(
        here,
        settings,
        [plan.region for plan in plans],
        place=place,
        image=image,
        time_limit=seconds(time_limit) if time_limit else None,
    )
    made = writing.export(target, known, plans)
    for note in known.notes:
        click.echo(f"note: {note}", err=True)
    otherwise = _tell(found, plans, made)
    if strict and otherwise:
        raise UsageError("nothing was written, because of --strict: correct what is said above")
    return _write(target, made, output or project.top_of(here)) or otherwise


def _target(asked: tuple[str, ...]) -> str:
    if len(asked) != 1:
        raise UsageError(f"say where to, and one at a time: synthetic export {'|'.join(TARGETS)}")
    if asked[0] not in TARGETS:
        raise UsageError(f"{asked[0]!r} is nothing to export to. {did_you_mean(asked[0], TARGETS)}")
    return asked[0]


def _check(files: tuple[str, ...]) -> int:
    from pytest_synthetic.scheduler.export import lint

    if not files:
        raise UsageError("name the files to look at: synthetic export --check .github/workflows/*.yml")
    found = [(file, finding) for file in files for finding in lint.look(Path(file))]
    for file, finding in found:
        click.echo(f"{file}: {finding}")
    click.echo(f"{len(found)} finding{'s' if len(found) > 1 else ''}." if found else "Nothing found.")
    return OTHERWISE if found else 0


def _tell(found: Catalogue, plans: list[Plan], made: Export) -> int:
    """Say on stderr what is not as the marks ask for; 1 when there is something."""
    if not plans:
        raise UsageError('no journey has a schedule: write @pytest.mark.schedule("5m") above what is to be watched')
    told = [f"cannot be read, and is left out: {one.file}: {one.why}" for one in found.unreadable]
    told += [f"NOT EXPORTED: {each}" for each in made.refused]
    told += [f"NOT AS MARKED: {each}" for each in made.moved]
    for line in told:
        click.echo(line, err=True)
    without = sum(not one.spec.schedule for one in found.journeys)
    if without:
        click.echo(f"note: {without} without a schedule: not exported", err=True)
    return OTHERWISE if told else 0


def _write(target: str, made: Export, folder: Path) -> int:
    from pytest_synthetic.scheduler.export import writing

    writing.write(made, folder)
    for file in made.files:
        click.echo(f"wrote {folder / file.path}")
    old = writing.stale(target, made, folder)
    for path in old:
        click.echo(f"OLD: {path} is of an earlier export, and what it says still runs: delete it there, too", err=True)
    return OTHERWISE if old else 0
