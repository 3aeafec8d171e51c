"""`synthetic watch`: all in one process, on this machine, with no server."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_synthetic.config.history import home_of
from pytest_synthetic.config.runner import at_once
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.errors import HistoryUnavailable
from pytest_synthetic.history import opening
from pytest_synthetic.history.leading import Leading
from pytest_synthetic.history.ticks import Ticks
from pytest_synthetic.scheduler import loop
from pytest_synthetic.scheduler.admission import Admission, free_memory
from pytest_synthetic.scheduler.control import Controlled
from pytest_synthetic.scheduler.local import Local
from pytest_synthetic.scheduler.pulse import Pulse
from pytest_synthetic.scheduler.runner import runner_here

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.model.plan import Plan
    from pytest_synthetic.scheduler.board import Board
    from pytest_synthetic.scheduler.collecting import Collecting
    from pytest_synthetic.scheduler.runner import ProcessRunner
    from pytest_synthetic.scheduler.watching import Watching


@dataclass(frozen=True, slots=True, kw_only=True)
class Watcher:
    """What watches, and what is seen of it."""

    watching: Watching
    local: Local
    leading: Leading

    def turn(self) -> None:
        """Go round once, and rest until something is due."""
        regions = self.watching.regions
        self.leading.also(regions)
        self.watching.lead(leads=True, regions=[region for region in regions if self.leading.leads(region)])
        self.local.tend()
        self.watching.turn()
        self.watching.wait()


def known(settings: Settings, root: Path) -> tuple[Plan, ...]:
    """What was watched before, as the history knows it; nothing where that cannot be asked."""
    url, folder = home_of(settings, root)
    ticks = Ticks(url)
    try:
        return ticks.watched() if opening.is_there(url, folder) else ()
    except HistoryUnavailable:
        return ()
    finally:
        ticks.close()


@contextmanager
def loading(settings: Settings, root: Path, board: Board) -> Iterator[ProcessRunner]:
    """A runner that loads what it needs while its owner does other things. Raises ConfigError for secrets."""
    runner = runner_here(settings, root, SystemClock(), board.note)
    try:
        runner.begin()
        yield runner
    finally:
        runner.stop()


@contextmanager
def opened(  # noqa: PLR0913  its parts
    settings: Settings,
    root: Path,
    *,
    plans: tuple[Plan, ...],
    collecting: Collecting,
    board: Board,
    runner: ProcessRunner,
) -> Iterator[Watcher]:
    """Watch `plans` on this machine, from when the first run can begin at once. Ends in order, however it is left.

    Raises ConfigError for what cannot be had: secrets, an address for `[watch] health`.
    """
    clock, pulse = SystemClock(), Pulse(SystemClock(), say=board.note)
    controlled = Controlled(runner, settings, clock, trouble=pulse.trouble)
    browsers, api = at_once(settings.runner, os.cpu_count() or 1)
    local = Local(controlled, Admission(browsers, api, settings.runner.memory_floor, free_memory), clock)
    leading = Leading(home_of(settings, root)[0], {plan.region for plan in plans}, say=board.note)
    watched = loop.opened(
        settings, root, plans=plans, collecting=collecting, dispatcher=local, board=board, pulse=pulse
    )
    with closing(leading), watched as watching:
        runner.wait()
        leading.begin()
        yield Watcher(watching=watching, local=local, leading=leading)
