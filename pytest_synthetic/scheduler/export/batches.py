"""What every export is made of: journeys that run together, the project they lie in, and the files written."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_synthetic.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_synthetic.model.journey import Schedule
    from pytest_synthetic.model.plan import Plan

LONGEST_NAME = 40
"""Characters of a name: a CronJob may have 52, and `synthetic-` stands before."""

MARK = "Written by `synthetic export"
"""How the header of every exported file begins: only such a file is ever replaced."""

_REGION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Journeys of one schedule and the same regions: one pytest a region runs them all.

    `name` is made of both, in lower case letters, digits and dashes. `browser`: one of them drives one.
    """

    name: str
    schedule: Schedule
    regions: tuple[str, ...]
    nodeids: tuple[str, ...]
    browser: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What the files must know of the project.

    `folder` is where pytest runs, relative to the repository; `state` is the `.synthetic` that stays between runs,
    relative to `folder`; `install` are shell commands; `secrets` are names of variables, never values. `place` is the
    folder on a machine that runs it, `image` the container image. `time_limit` in seconds, None for one that fits the
    schedule. `notes` are what people should know, whatever the host.
    """

    name: str
    folder: str = "."
    state: str = ".synthetic"
    install: tuple[str, ...] = ("python -m pip install pytest-synthetic",)
    python: str = "3.13"
    secrets: tuple[str, ...] = ()
    place: str = "/srv/synthetic"
    image: str = "registry.example/synthetic-journeys:1"
    time_limit: float | None = None
    tool: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file to write: its path relative to the output folder, with `/`."""

    path: str
    text: str
    executable: bool = False


def batches(plans: Iterable[Plan], *, together: bool) -> tuple[Batch, ...]:
    """Group plans that have a schedule; with `together` a batch has all regions of its journeys, else one.

    Raises UsageError for what cannot be written into a file of a shell.
    """
    journeys: dict[str, list[Plan]] = {}
    for plan in plans:
        if plan.spec.schedule:
            journeys.setdefault(plan.nodeid, []).append(plan)
    groups: dict[tuple[Schedule, tuple[str, ...]], list[Plan]] = {}
    for one in journeys.values():
        regions = tuple(sorted({_region(plan.region) for plan in one}))
        for chosen in [regions] if together else [(region,) for region in regions]:
            schedule = one[0].spec.schedule
            assert schedule  # noqa: S101  only those were taken
            groups.setdefault((_told(schedule), chosen), []).append(one[0])
    made = (_batch(schedule, regions, found) for (schedule, regions), found in groups.items())
    return tuple(sorted(made, key=lambda batch: batch.name))


def _batch(schedule: Schedule, regions: tuple[str, ...], plans: Sequence[Plan]) -> Batch:
    return Batch(
        name=shortened(f"{words(schedule)} {' '.join(regions)}"),
        schedule=schedule,
        regions=regions,
        nodeids=tuple(sorted(_printable(plan.nodeid) for plan in plans)),
        browser=any(plan.browser for plan in plans),
    )


def _told(schedule: Schedule) -> Schedule:
    """A schedule without what makes no difference to a host: schedules that are equal then run together."""
    zone = schedule.timezone if schedule.quiet or schedule.cron else None
    spread = schedule.spread if schedule.cron is None else True
    return replace(schedule, timezone=zone, spread=spread, max_lateness=None)


def _region(name: str) -> str:
    if not _REGION.fullmatch(name):
        raise UsageError(
            f"region {name!r} cannot be exported, because its name becomes a part of names of files and jobs: call it "
            "with letters, digits, dots, dashes and underscores alone"
        )
    return name


def _printable(nodeid: str) -> str:
    if not nodeid.isprintable():
        raise UsageError(f"{nodeid!r} cannot be exported: the name of its file has a sign that cannot be shown")
    return nodeid


def words(schedule: Schedule) -> str:
    """A schedule as people say it: `every 5 min`, `0 7 * * 1-5 Europe/Paris`. Other schedules, other words."""
    told = schedule.cron if schedule.every is None else f"every {_exactly(schedule.every)}"
    quiet = f"quiet {', '.join(schedule.quiet)}" if schedule.quiet else None
    return " ".join(filter(None, (told, schedule.timezone, quiet, None if schedule.spread else "exact")))


def _exactly(seconds: float) -> str:
    """A duration, not rounded: it is a part of a name."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds % size == 0:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds!r} s".replace(".0 s", " s")


def shortened(text: str) -> str:
    """A name out of any text, stable, and another one for another text."""
    told = text.lower().replace("*/", "x-by-").replace("*", "x")
    name = re.sub(r"[^a-z0-9]+", "-", told).strip("-")
    plain = re.sub(r"[a-z0-9 -]", "", text) == ""
    if plain and len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 7].rstrip('-')}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"
