"""Keeps up with the files: journeys are collected again when something changed, beside the loop that goes on."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pytest_synthetic.errors import UsageError
from pytest_synthetic.scheduler import catalogue
from pytest_synthetic.scheduler.dispatch import Replanned
from pytest_synthetic.scheduler.files import Files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from queue import SimpleQueue

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.model.plan import Catalogue, Plan
    from pytest_synthetic.scheduler.board import Board
    from pytest_synthetic.scheduler.dispatch import Event
    from pytest_synthetic.scheduler.pulse import Pulse

LOOK = 2.0
"""Seconds between two looks at the files."""
NO_SCHEDULE = (
    "no journey has a schedule, so there is nothing to watch. Expected a mark such as "
    '@pytest.mark.schedule("5m") on a journey; `synthetic list` shows all journeys'
)
JOURNEYS = "journeys"
"""The trouble of journeys that cannot be collected."""


class Collecting:
    """Makes plans of the journeys in a folder. A context manager: its thread looks at the files meanwhile."""

    def __init__(  # noqa: PLR0913  its parts
        self,
        *,
        root: Path,
        arguments: Sequence[str],
        config: Path | None,
        read: Callable[[], Settings],
        regions: Sequence[str],
        known: tuple[Plan, ...] = (),
        elsewhere: bool = False,
    ) -> None:
        """`read` reads the settings anew. `known` was watched before: it stays while its file cannot be read.

        `elsewhere`: other machines run the journeys.
        """
        self._root = root
        self._arguments = arguments
        self._config = config
        self._read = read
        self._regions = regions
        self._elsewhere = elsewhere
        source = read().source
        self._files = Files(root, [source] if source else [])
        self._known = known
        self._over = threading.Event()

    def now(self) -> tuple[Plan, ...]:
        """The plans of the journeys that are there now. Raises UsageError when none can be told."""
        self._files.changed()
        found = catalogue.collect(self._root, self._arguments, self._config)
        plans = catalogue.plans(found, self._read(), self._regions, self._known, elsewhere=self._elsewhere)
        if not plans:
            raise UsageError(_nothing(found))
        self._known = tuple(plans)
        return self._known

    def follow(self, events: SimpleQueue[Event], pulse: Pulse, board: Board) -> None:
        """From now on tell `events` of new plans. While they cannot be made, those that are known go on."""
        threading.Thread(target=self._follow, args=(events, pulse, board), name="synthetic-files", daemon=True).start()

    def close(self) -> None:
        """Look no more."""
        self._over.set()

    def _follow(self, events: SimpleQueue[Event], pulse: Pulse, board: Board) -> None:
        while not self._over.wait(LOOK):
            if changed := self._files.changed():
                self._again(changed, events, pulse, board)

    def _again(self, changed: Sequence[str], events: SimpleQueue[Event], pulse: Pulse, board: Board) -> None:
        before = self._known
        try:
            plans = self.now()
        except UsageError as error:
            told = str(error).splitlines()[0]
            pulse.trouble(JOURNEYS, f"what was known before is watched on: {told}")
            return
        pulse.trouble(JOURNEYS, None)
        events.put(Replanned(plans=plans))
        told = ", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")
        board.note(f"read again after a change of {told}: {len(plans)} schedules are watched")
        for line in changes(before, plans):
            board.note(line)


def changes(before: Sequence[Plan], plans: Sequence[Plan]) -> Iterator[str]:
    """What people should know of new plans: which are gone, which cannot be read."""
    kept = {plan.key for plan in plans}
    if gone := sorted(f"{plan.spec.id} ({plan.region})" for plan in before if plan.key not in kept):
        yield f"no longer watched: {', '.join(gone)}"
    for name, why in {plan.spec.name: plan.unreadable for plan in plans if plan.unreadable}.items():
        yield f"{name} cannot be read, its runs are broken: {why}"


def _nothing(found: Catalogue) -> str:
    told = [f"{each.file} cannot be read: {each.why}" for each in found.unreadable]
    told += [NO_SCHEDULE] if found.journeys or not told else []
    return "; ".join(told)
