"""Keeps up with the files: journeys are collected again when something changed, beside the loop that goes on."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.core.settling import SETTLED
from pytest_synthetic.errors import UsageError
from pytest_synthetic.scheduler import catalogue
from pytest_synthetic.scheduler.dispatch import Replanned
from pytest_synthetic.scheduler.files import Files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from queue import SimpleQueue

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.model.plan import Catalogue, Plan, Unreadable
    from pytest_synthetic.scheduler.board import Board
    from pytest_synthetic.scheduler.dispatch import Event
    from pytest_synthetic.scheduler.pulse import Pulse

    _Made = tuple[Settings, tuple[Plan, ...], tuple[Unreadable, ...]]

LOOK = 2.0
"""Seconds between two looks at the files that rest."""
AGAIN = 300.0
"""Seconds until what could not be read is tried again though no file changed: why it could not may lie elsewhere."""
NO_SCHEDULE = (
    "no journey has a schedule, so there is nothing to watch. Expected a mark such as "
    '@pytest.mark.schedule("5m") on a journey; `synthetic list` shows all journeys'
)
READ_ONCE = ("runner", "confirm", "watch", "control", "history", "metrics", "secrets", "redact")
"""Tables of the settings that a watcher reads as it starts."""
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
        clock: Clock | None = None,
    ) -> None:
        """`read` reads the settings anew. `known` was watched before: it stays while its file cannot be read.

        `elsewhere`: other machines run the journeys.
        """
        self._root = root
        self._arguments = arguments
        self._config = config
        self.read = read
        self._regions = regions
        self._elsewhere = elsewhere
        self._began = self._settings = read()
        source = self._began.source
        self._files = Files(root, [source] if source else [])
        self._known = known
        self.unread: tuple[Unreadable, ...] = ()
        """The files that could not be read when the plans were made."""
        self._failed = False
        self._clock = clock or SystemClock()
        self._tried_at = self._clock.monotonic()
        self._over = threading.Event()

    def now(self) -> tuple[Plan, ...]:
        """The plans of the journeys that are there now. Raises UsageError when none can be told."""
        self._settings, self._known, self.unread = self._made()
        return self._known

    def _made(self) -> _Made:
        settings = self.read()
        found = catalogue.collect(self._root, self._arguments, self._config, settings=settings)
        plans = catalogue.plans(found, settings, self._regions, self._known, elsewhere=self._elsewhere)
        if not plans:
            raise UsageError(_nothing(found))
        return settings, tuple(plans), found.unreadable

    def follow(self, events: SimpleQueue[Event], pulse: Pulse, board: Board) -> None:
        """From now on tell `events` of new plans. While they cannot be made, those that are known go on."""
        threading.Thread(target=self._follow, args=(events, pulse, board), name="synthetic-files", daemon=True).start()

    def close(self) -> None:
        """Look no more."""
        self._over.set()

    def _follow(self, events: SimpleQueue[Event], pulse: Pulse, board: Board) -> None:
        while not self._over.wait(SETTLED if self._files.moving else LOOK):
            self.look(events, pulse, board)

    def look(self, events: SimpleQueue[Event], pulse: Pulse, board: Board) -> None:
        """Look at the files once: they are read again when they changed and rest, or when AGAIN is over."""
        changed = self._files.changed(self._clock.monotonic())
        if not changed and not self._due():
            return
        made = self._tried()
        if not self._files.read(self._clock.monotonic()):
            return  # what was half written tells nothing
        self._tried_at = self._clock.monotonic()
        self._failed = isinstance(made, str)
        if isinstance(made, str):
            self._as_before(made, events, pulse)
            return
        pulse.trouble(JOURNEYS, None)
        if changed or made != (self._settings, self._known, self.unread):
            told = self._taken(changed, *made)
            events.put(Replanned(plans=self._known))
            for line in told:
                board.note(line)

    def _due(self) -> bool:
        """Whether what could not be read is to be tried again, though nothing changed."""
        wanting = self._failed or self.unread
        return bool(wanting) and not self._files.moving and self._clock.monotonic() >= self._tried_at + AGAIN

    def _tried(self) -> _Made | str:
        """New plans, or why there are none."""
        try:
            return self._made()
        except UsageError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001  it goes on for months: a full disk must not end this thread
            return f"{type(error).__name__}: {error}"

    def _taken(
        self, changed: Sequence[str], settings: Settings, plans: tuple[Plan, ...], unread: tuple[Unreadable, ...]
    ) -> tuple[str, ...]:
        """Go on with new plans. Returns what people should know of it."""
        before, self._settings, self._known, self.unread = self._known, settings, plans, unread
        later = _for_the_next_start(self._began, settings)
        started = [f"{', '.join(later)} changed in the settings: that counts from the next start on"] if later else []
        read = f"read again {_why(changed)}: {len(plans)} schedules are watched"
        return (*started, read, *changes(before, plans, unread))

    def _as_before(self, error: str, events: SimpleQueue[Event], pulse: Pulse) -> None:
        """What was known is watched on. Why a file could not be read may be over: its runs will tell.

        Each reason is said: whoever mended the first one hears of the next.
        """
        first, *more = error.splitlines() or [""]
        last = next((line.strip() for line in reversed(more) if line.strip()), "")
        told = f"what was known before is watched on: {first}{f': {last}' if last else ''}"
        pulse.trouble(JOURNEYS, told, each=True)
        if any(plan.unreadable for plan in self._known):
            self._known = tuple(replace(plan, unreadable=None) for plan in self._known)
            events.put(Replanned(plans=self._known))


def _for_the_next_start(before: Settings, now: Settings) -> list[str]:
    """The tables of the settings that are read only once, and are not what they were."""
    return [f"[{name}]" for name in READ_ONCE if getattr(before, name) != getattr(now, name)]


def _why(changed: Sequence[str]) -> str:
    if not changed:
        return "since not all could be read"
    return f"after a change of {', '.join(changed[:3])}" + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")


def changes(before: Sequence[Plan], plans: Sequence[Plan], unread: Sequence[Unreadable] = ()) -> Iterator[str]:
    """What people should know of new plans: which are gone, which cannot be read, which files may hold others."""
    kept = {plan.key for plan in plans}
    if gone := sorted(f"{plan.spec.id} ({plan.region})" for plan in before if plan.key not in kept):
        yield f"no longer watched: {', '.join(gone)}"
    for name, why in {plan.spec.name: plan.unreadable for plan in plans if plan.unreadable}.items():
        yield f"{name} cannot be read, its runs are broken: {why}"
    for each in unread:
        if not any(plan.unreadable == each.why and plan.nodeid.startswith(each.file) for plan in plans):
            yield f"{each.file} cannot be read, no journey of it is watched: {each.why}"


def _nothing(found: Catalogue) -> str:
    told = [f"{each.file} cannot be read: {each.why}" for each in found.unreadable]
    told += [NO_SCHEDULE] if found.journeys or not told else []
    return "; ".join(told)
