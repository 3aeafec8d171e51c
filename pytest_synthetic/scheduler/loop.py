"""The loop that watches, with all that hears of it: history, metrics, health, heartbeat, files that change."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from pytest_synthetic.config import redactor
from pytest_synthetic.config.history import home_of
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.history.recording import Recording
from pytest_synthetic.history.ticks import Ticks
from pytest_synthetic.incidents import service
from pytest_synthetic.reports.receivers import Rounds, are_asked_for
from pytest_synthetic.scheduler.deliveries import Deliveries
from pytest_synthetic.scheduler.health import Health
from pytest_synthetic.scheduler.heartbeat import Heartbeat
from pytest_synthetic.scheduler.watching import Watching

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.model.plan import Plan
    from pytest_synthetic.scheduler.board import Board
    from pytest_synthetic.scheduler.collecting import Collecting
    from pytest_synthetic.scheduler.dispatch import Dispatcher
    from pytest_synthetic.scheduler.pulse import Pulse


@contextmanager
def opened(  # noqa: PLR0913  its parts
    settings: Settings,
    root: Path,
    *,
    plans: tuple[Plan, ...],
    collecting: Collecting,
    dispatcher: Dispatcher,
    board: Board,
    pulse: Pulse,
) -> Iterator[Watching]:
    """Watch `plans`, whose jobs `dispatcher` takes, once its owner turns it. Ends in order, however it is left.

    Raises ConfigError for what cannot be had: secrets, an address for `[watch] health`.
    """
    clock = SystemClock()
    url, folder = home_of(settings, root)
    hidden, _ = redactor.opened(settings, os.environ, root)
    rounds = Rounds(settings, root, clock, board.note) if are_asked_for(settings) else None
    alerts = _alerts(settings, root, collecting, board, pulse)
    ticks = Ticks(url, clock=clock)
    watching = Watching(
        settings=settings,
        ticks=ticks,
        dispatcher=dispatcher,
        deliveries=Deliveries(
            Recording(url, folder, board.note), rounds, pulse, board, alert=alerts.wake if alerts else None
        ),
        clock=clock,
        pulse=pulse,
        board=board,
        regions={plan.region for plan in plans},
    )
    watching.plan(plans)
    board.planned(plans)
    with ExitStack() as stack:
        stack.callback(ticks.close)
        if alerts:
            stack.enter_context(alerts)  # ends after the watcher, whose last records it is to see
        stack.callback(watching.stop)
        if settings.watch.health:
            stack.enter_context(Health(settings.watch.health, pulse, clock, hidden))
        stack.enter_context(Heartbeat(settings.watch, pulse, clock))
        stack.callback(collecting.close)
        collecting.follow(dispatcher.events, pulse, board)
        yield watching


def _alerts(
    settings: Settings, root: Path, collecting: Collecting, board: Board, pulse: Pulse
) -> service.AlertService | None:
    """Who decides on alerts, where they are asked for."""
    if not service.are_asked_for(settings):
        return None
    return service.AlertService(settings, root, read=collecting.read, say=board.note, trouble=pulse.trouble)
