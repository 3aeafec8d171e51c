"""The scheduler on one machine: which ticks it loses or doubles, how late runs begin, and what it costs to wait."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import select

from benchmarks.figures import Figure
from benchmarks.watched import MEGABYTE, monitors, watching
from pytest_synthetic.analysis.percentiles import percentile
from pytest_synthetic.cli import asking
from pytest_synthetic.core.agenda import Agenda
from pytest_synthetic.core.schedule import Timetable
from pytest_synthetic.history import database, store
from pytest_synthetic.history.tables import journey, place, run, watched
from pytest_synthetic.history.ticks import Ticks
from pytest_synthetic.model.journey import Schedule
from pytest_synthetic.scheduler import catalogue
from tests.unit.core.agenda_days import Days, many_plans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from benchmarks.watched import Seen, Watched

T = TypeVar("T")

MONITORS = 1_000
A_MINUTE = int(os.environ.get("BENCHMARK_MONITORS", "1000"))
"""Monitors that run once a minute each: a machine that others use as well runs fewer."""
MANY = 10_000
SECONDS = float(os.environ.get("BENCHMARK_SECONDS", "150"))
"""How long monitors are run."""
STILL = 60.0
"""Seconds that idle ones are looked at."""
SETTLED = 45.0
"""Seconds after which the last tick has its record: it may begin half a minute late."""
MINUTE = 60.0


def measure(workshop: Path) -> Iterator[Figure | str]:
    """Limits: no tick lost or doubled, p99 of the start 1 s, idle 1 % of a core and 150 MB, 72 hours in 30 s."""
    yield from _busy(workshop)
    yield from _idle(workshop / "idle", MONITORS, in_a_file=1, limits=(10.0, 150.0))
    yield from _many(workshop)
    yield from _idle(workshop / "many", MANY, in_a_file=100, limits=(None, None))
    yield _simulated()


# -- a thousand a minute -----------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class Kept:
    """What the history holds of each tick, beside what the schedule asked for.

    `began` are the moments (epoch) at which runs began, and `late` how many seconds after their ticks.
    """

    asked: int = 0
    missed: int = 0
    lost: int = 0
    twice: int = 0
    broken: int = 0
    began: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)


def _busy(workshop: Path) -> Iterator[Figure | str]:
    ours = monitors(workshop / "busy", A_MINUTE, every="1m")
    name = f"{A_MINUTE:,} a minute"
    with watching(workshop / "busy") as watcher:
        before = _steady(watcher)
        since = time.time()
        time.sleep(SECONDS)
        until, after = datetime.now(UTC), watcher.seen()
        time.sleep(SETTLED)
        kept = _kept(f"sqlite:///{watcher.history}", ours, until)
    shown = f"of {kept.asked:,} ticks"
    for what, count in (("lost", kept.lost), ("run twice", kept.twice), ("missed", kept.missed)):
        yield Figure(name=f"{name}: {what}", each=[count], unit="ticks", limit=0, note=shown)
    yield Figure(name=f"{name}: broken", each=[kept.broken], unit="runs", limit=0)
    for percent in (50, 95, 99):
        late = percentile(kept.late, percent) or 0.0
        limit = 1.0 if percent == 99 else None
        yield Figure(name=f"from the tick to the start: p{percent}", each=[late], unit="s", limit=limit)
    runs, seconds = sum(since < began <= until.timestamp() for began in kept.began), after.at - before.at
    each = (after.cpu - before.cpu) / max(1, runs) * 1000
    yield Figure(name="CPU of the watcher", each=[each], unit="ms a run", note=f"{runs:,} runs in {seconds:.0f} s")
    each = (after.server_cpu - before.server_cpu) / max(1, runs) * 1000
    yield Figure(name="CPU of the fork server", each=[each], unit="ms a run", note="forks alone; runs are not in it")
    yield Figure(name="memory of the watcher", each=[after.memory / MEGABYTE], unit="MB")
    growth = (after.memory - before.memory) / MEGABYTE
    yield Figure(name="growth meanwhile", each=[growth], unit="MB", note=f"in {seconds:.0f} s")


def _steady(watcher: Watched) -> Seen:
    """After the first runs, when all is loaded."""
    time.sleep(20)
    return watcher.seen()


def _kept(url: str, ours: Sequence[tuple[str, str]], until: datetime) -> Kept:
    kept, runs = Kept(), _runs(url)
    since = _since(url)
    every = Schedule(every=MINUTE)
    for key in ours:
        for tick in Timetable(every, *key).between(since[key], until):
            kept.asked += 1
            told = runs.pop((*key, _milliseconds(tick)), [])
            kept.lost += not told
            kept.twice += len(told) > 1
            for verdict, started in told:
                kept.missed += verdict == "missed"
                kept.broken += verdict not in {"missed", "passed"}
                if verdict != "missed":
                    kept.began.append(started / 1000)
                    kept.late.append(max(0.0, started / 1000 - tick.timestamp()))
    return kept


def _runs(url: str) -> dict[tuple[str, str, int], list[tuple[str, int]]]:
    history = store.opened(url)
    query = (
        select(journey.c.key, place.c.region, run.c.scheduled_ms, run.c.verdict, run.c.started_ms)
        .join_from(run, journey)
        .join(place, place.c.id == run.c.place_id)
    )
    found: dict[tuple[str, str, int], list[tuple[str, int]]] = {}
    with database.reading(history.engine) as connection:
        for key, region, at, verdict, started in connection.execute(query):
            found.setdefault((key, region, at), []).append((verdict, started))
    history.close()
    return found


def _since(url: str) -> dict[tuple[str, str], datetime]:
    """From when on the watcher answers for each monitor."""
    history = store.opened(url)
    with database.reading(history.engine) as connection:
        found = connection.execute(select(watched.c.journey, watched.c.region, watched.c.since_ms)).all()
    history.close()
    return {(key, region): datetime.fromtimestamp(at / 1000, UTC) for key, region, at in found}


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


# -- nothing to do -----------------------------------------------------------------------------------------------------


def _idle(folder: Path, count: int, *, in_a_file: int, limits: tuple[float | None, float | None]) -> Iterator[Figure]:
    """CPU in thousandths of a core."""
    if not folder.exists():
        monitors(folder, count, every="12h", in_a_file=in_a_file)
    name = f"{count:,} idle"
    with watching(folder) as watcher:
        before = _steady(watcher)
        time.sleep(STILL)
        after = watcher.seen()
    share = (after.cpu - before.cpu) / (after.at - before.at) * 1000
    yield Figure(name=f"{name}: CPU", each=[share], unit="ms a s", limit=limits[0])
    yield Figure(name=f"{name}: memory", each=[after.memory / MEGABYTE], unit="MB", limit=limits[1])
    share = (after.server_cpu - before.server_cpu) / (after.at - before.at) * 1000
    yield Figure(name=f"{name}: CPU of the fork server", each=[share], unit="ms a s")
    yield Figure(name=f"{name}: memory of the fork server", each=[after.server_memory / MEGABYTE], unit="MB")


def _many(workshop: Path) -> Iterator[Figure]:
    """How long a watcher of very many needs to begin, in CPU."""
    monitors(workshop / "many", MANY, every="12h", in_a_file=100)
    settings = asking.read(workshop / "many" / "synthetic.toml")
    found, spent = _timed(lambda: catalogue.collect(workshop / "many", settings=settings))
    yield Figure(name="10,000: collected", each=[spent], unit="s", note="wall time: pytest is another process")
    plans, spent = _timed(lambda: catalogue.plans(found, settings))
    yield Figure(name="10,000: planned", each=[spent], unit="s")
    ticks, now = Ticks(f"sqlite:///{workshop}/ticks.db"), datetime.now(UTC)
    upto, spent = _timed(lambda: ticks.watch(plans, now))
    yield Figure(name="10,000: in the book", each=[spent], unit="s")
    ticks.close()
    agenda = Agenda()
    _, spent = _timed(lambda: agenda.set(plans, upto, now))
    yield Figure(name="10,000: on the agenda", each=[spent], unit="s")


def _timed(call: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    found = call()
    return found, time.perf_counter() - began


def _simulated() -> Figure:
    began = time.process_time()
    days = Days(plans=many_plans(MONITORS), random=Random(72))
    days.live(timedelta(hours=72))
    told = sum(map(len, days.book.every.values()))
    spent = time.process_time() - began
    return Figure(name="72 hours simulated", each=[spent], unit="s", limit=30, note=f"{told:,} ticks, CPU time")
