"""Windows of maintenance from all who say when the product is worked on: settings, commands, a deploy script's file."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, select, update

from pytest_synthetic.analysis.maintenance import A_DAY, FIRST, LAST, applying, spans
from pytest_synthetic.config import maintenance_file
from pytest_synthetic.core.journey_names import JourneyNames
from pytest_synthetic.errors import UsageError, did_you_mean
from pytest_synthetic.history import database
from pytest_synthetic.history.names import inserting
from pytest_synthetic.history.tables import maintenance
from pytest_synthetic.history.writing import name_of
from pytest_synthetic.model import wire
from pytest_synthetic.model.history import Span
from pytest_synthetic.model.maintenance import Maintenance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.core.journey_names import Named
    from pytest_synthetic.history.store import SqlHistory

DAYS = 40
"""Days of which the times of windows are kept at hand."""


class Kept(NamedTuple):
    """A window, and where it comes from, for people."""

    window: Maintenance
    source: str


def all_windows(
    settings: Settings, root: Path, history: SqlHistory, say: Callable[[str], object]
) -> tuple[Maintenance, ...]:
    """All windows there are. What cannot be read is told to `say`. Raises HistoryUnavailable."""
    return tuple(kept.window for kept in every(settings, root, history, say))


def every(settings: Settings, root: Path, history: SqlHistory, say: Callable[[str], object]) -> list[Kept]:
    """As `all_windows`, with where each comes from."""
    here = settings.source.name if settings.source else "settings"
    found = [Kept(window, here) for window in settings.maintenance.values()]
    with database.reading(history.engine) as connection:
        found += _stored(connection, say)
    if path := maintenance_file.path_of(settings, root):
        written, wrong = maintenance_file.read(path)
        found += [Kept(window, path.name) for window in written]
        for told in wrong:
            say(told)
    return found


def _stored(connection: Connection, say: Callable[[str], object]) -> Iterator[Kept]:
    for row in connection.execute(select(maintenance).order_by(maintenance.c.name)):
        try:
            yield Kept(wire.build(Maintenance, json.loads(row.told), called="window of maintenance"), row.source)
        except (UsageError, ValueError) as error:
            say(f"maintenance {row.name!r} of the history cannot be read, and counts for nothing: {error}")


# -- by command ------------------------------------------------------------------------------------------------------


def begin(engine: Engine, window: Maintenance, *, source: str) -> bool:
    """Write down a window; False when there is one of that name already. Raises HistoryUnavailable."""
    row = {"name": window.name, "told": json.dumps(wire.plain(window)), "source": source}
    with database.writing(engine) as connection:
        add = inserting(connection, maintenance).on_conflict_do_nothing().returning(maintenance.c.name)
        return connection.execute(add, [row]).first() is not None


def end(engine: Engine, name: str, now: datetime) -> Maintenance:
    """Let the window that was begun by command end at `now`. It stays: what ran in it is left out of targets.

    One that lies in the time to come goes. Returns it as it was. Raises UsageError when none is there that could end,
    and HistoryUnavailable.
    """
    with database.writing(engine) as connection:
        known = {kept.window.name: kept.window for kept in _stored(connection, lambda _: None)}
        window = known.get(name)
        if window is None or window.start is None or window.end is None:
            there = [each.name for each in known.values() if each.end and each.end > now]
            raise UsageError(f"no maintenance was begun as {name!r}, or it cannot be read. {did_you_mean(name, there)}")
        if window.end <= now:
            raise UsageError(f"maintenance {name!r} is over: it ended at {window.end:%Y-%m-%d %H:%M:%S} UTC")
        here = maintenance.c.name == name
        if window.start >= now:
            connection.execute(delete(maintenance).where(here))
        else:
            told = json.dumps(wire.plain(replace(window, end=now)))
            connection.execute(update(maintenance).where(here).values(told=told))
        return window


def prune(connection: Connection, before: datetime) -> None:
    """Forget windows that were over by then."""
    gone = [kept.window.name for kept in _stored(connection, lambda _: None) if _is_over(kept.window, before)]
    connection.execute(delete(maintenance).where(maintenance.c.name.in_(gone)))


def _is_over(window: Maintenance, before: datetime) -> bool:
    return window.end is not None and window.end < before


# -- whom and when they concern --------------------------------------------------------------------------------------


def resolved(given: Iterable[Maintenance], known: Mapping[str, Named]) -> tuple[Maintenance, ...]:
    """With the ids of journeys; without those that concern none of the `known`, lest they concern all."""
    called = JourneyNames(known)
    found = ((window, tuple(_ids(window, called) if known else window.journeys)) for window in given)
    return tuple(replace(window, journeys=keys) for window, keys in found if keys or not window.journeys)


def _ids(window: Maintenance, called: JourneyNames) -> Iterator[str]:
    for name in window.journeys:
        yield from map(name_of, called.ids(name))


class Windows:
    """Says quickly, and often, whether it is maintenance. Threads may not share one."""

    def __init__(self, given: Iterable[Maintenance], known: Mapping[str, Named]) -> None:
        """`known` are the journeys that there are, by id: windows may give their names."""
        self._of_all: list[Maintenance] = []
        self._of_some: dict[str, list[Maintenance]] = defaultdict(list)
        for window in resolved(given, known):
            if not window.journeys:
                self._of_all.append(window)
            for journey in window.journeys:
                self._of_some[journey].append(window)
        self._shared = cache(self._calendar)
        self._own = cache(self._calendar)

    def held(
        self, journey: str, stage: str | None, owner: str | None, region: str, moment: datetime
    ) -> Maintenance | None:
        """The window that a moment lies in, for a journey (its id) in a region; of several the one that ends last."""
        found = [self._shared(None, stage, owner, region).at(moment)] if self._of_all else []
        if self._of_some and (key := name_of(journey)) in self._of_some:
            found.append(self._own(key, stage, owner, region).at(moment))
        return max(found, key=lambda each: each.end, default=NONE).window

    def _calendar(self, journey: str | None, stage: str | None, owner: str | None, region: str) -> _Calendar:
        among = self._of_all if journey is None else self._of_some[journey]
        return _Calendar(applying(among, journey=journey or "", stage=stage, owner=owner, region=name_of(region)))


class _Held(NamedTuple):
    end: datetime
    window: Maintenance | None


NONE = _Held(FIRST, None)


class _Calendar:
    """When windows are, day by day."""

    def __init__(self, windows: Sequence[Maintenance]) -> None:
        self._windows = windows
        self._days: dict[int, list[tuple[Span, Maintenance]]] = {}

    def at(self, moment: datetime) -> _Held:
        if not self._windows or moment >= LAST:
            return NONE
        held = (_Held(span.end, window) for span, window in self._day(moment) if span.start <= moment < span.end)
        return max(held, key=lambda each: each.end, default=NONE)

    def _day(self, moment: datetime) -> list[tuple[Span, Maintenance]]:
        number = (moment - FIRST) // A_DAY
        if number not in self._days:
            if len(self._days) >= DAYS:
                self._days.clear()
            within = Span(start=FIRST + number * A_DAY, end=FIRST + (number + 2) * A_DAY)
            self._days[number] = [(span, window) for window in self._windows for span in spans((window,), within)]
        return self._days[number]
