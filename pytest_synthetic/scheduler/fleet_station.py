"""An agent ready to work: what it needs of the settings and of its machine."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from pytest_synthetic.config import folders
from pytest_synthetic.config.fleet import fleet_of
from pytest_synthetic.config.runner import at_once
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.errors import UsageError
from pytest_synthetic.scheduler import fleet_link, fleet_revision
from pytest_synthetic.scheduler.admission import Admission, free_memory
from pytest_synthetic.scheduler.control import Controlled
from pytest_synthetic.scheduler.fleet_agent import Agent, Place
from pytest_synthetic.scheduler.runner import ProcessRunner, Workplace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pytest_synthetic.config.settings import Settings


@contextmanager
def opened(  # noqa: PLR0913  what an agent is
    settings: Settings,
    root: Path,
    region: str,
    name: str,
    *,
    environ: Mapping[str, str],
    say: Callable[[str], object],
) -> Iterator[Agent]:
    """The agent called `name`, the only one of that name in this folder.

    Raises ConfigError, UsageError, and BrokerUnavailable for what is not installed.
    """
    clock, link = SystemClock(), fleet_link.link_of(settings, root)
    link.connection()
    place = _place(settings, root, region, name)
    workplace = Workplace(settings=settings, folder=root, environ=environ)
    with _alone(settings, root, place):
        runner = ProcessRunner(workplace, clock, say)
        try:
            yield Agent(link, place, Controlled(runner, settings, clock), say, clock)
        finally:
            runner.stop()


def _place(settings: Settings, root: Path, region: str, name: str) -> Place:
    fleet = fleet_of(settings)
    browsers, api = at_once(settings.runner, os.cpu_count() or 1)
    safe = "".join(sign if sign.isalnum() else "-" for sign in name)
    return Place(
        region=region,
        name=name,
        folder=folders.folder_of("agents", settings.source, root) / region / safe,
        admission=Admission(browsers, api, settings.runner.memory_floor, free_memory),
        every=fleet.health,
        grace=fleet.grace,
        other_files=fleet.other_files,
        revision=fleet_revision.looked_up_often(root, SystemClock()),
    )


@contextmanager
def _alone(settings: Settings, root: Path, place: Place) -> Iterator[None]:
    """Two agents of one name would send each other's messages."""
    folders.ready(folders.base_of(settings.source, root) / ".synthetic")
    place.folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(place.folder / "agent.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise UsageError(
            f"agent {place.name} of {place.region} runs in this folder already: give this one another --name"
        ) from None
    with lock:
        yield
