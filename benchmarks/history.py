"""What a history costs, in SQLite and in PostgreSQL, with ten million steps in it."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from multiprocessing import get_context
from typing import TYPE_CHECKING

from sqlalchemy import text

from benchmarks.figures import Figure
from pytest_synthetic.analysis.percentiles import summary
from pytest_synthetic.history import database, store
from pytest_synthetic.model.history import Selection
from tests.postgres import THERE, server
from tests.runs import a_run, a_step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.model.run import RunResult

RUNS = int(os.environ.get("BENCHMARK_RUNS", "1250000"))
STEPS = 8
JOURNEYS = 500
PLACES = 3
DAYS = 30
WRITERS = 6
NEWEST = datetime(2026, 3, 1, tzinfo=UTC)
SERIES = {
    "sqlite": f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {RUNS})",
    "postgresql": f"WITH n AS (SELECT CAST(generate_series(0, {RUNS - 1}) AS BIGINT) AS i)",
}
BEGAN = f"{round(NEWEST.timestamp() * 1000)} - CAST(i AS BIGINT) * {DAYS * 86_400_000 // RUNS}"
PARTS = f"i % {JOURNEYS} + 1, i / {JOURNEYS} % {PLACES} + 1"
RUN = f"""INSERT INTO run (id, run_id, journey_id, place_id, started_ms, attempt, verdict, duration_us)
    {{series}} SELECT i + 1, CAST(i AS TEXT), {PARTS}, {BEGAN}, 1,
    CASE WHEN i % 97 = 0 THEN 'failed' ELSE 'passed' END, 1000000 + i * 7919 % 3000000 FROM n"""
STEP = f"""INSERT INTO step (run, seq, journey_id, place_id, step_id, started_ms, duration_us, verdict, first)
    {{series}} SELECT i + 1, {{seq}}, {PARTS}, (i % {JOURNEYS}) * {STEPS} + {{seq}} + 1, {BEGAN},
    100000 + i * 7919 % 400000, 'passed', 1 FROM n"""


def measure(workshop: Path) -> Iterator[Figure]:
    """Limits: a run of 8 steps 3 ms (SQLite) and 5 ms, percentiles 200 ms, 500 SLOs 1 s, import 2,000 runs a second."""
    yield from _stored(f"sqlite:///{workshop}/history.db", "SQLite", limit=3.0)
    if THERE:
        with server(safe=True) as address:
            yield from _stored(f"{address}/postgres", "PostgreSQL", limit=5.0)


def _stored(url: str, name: str, *, limit: float) -> Iterator[Figure]:
    url = url.replace("postgresql:", "postgresql+psycopg:")
    history = store.opened(url)

    def figure(what: str, call: Callable[[], object], times: int, *, most: float | None = None, of: int = 1) -> Figure:
        each = [_timed(call) / of for _ in range(times)]
        return Figure(name=f"{name}: {what}", each=each, unit="ms", limit=most)

    runs = (_run(number) for number in range(5_000))
    yield figure("import, a run", lambda: history.record(islice(runs, 1_000)), 5, most=0.5, of=1_000)
    _fill(history)
    history.record([_run(0)])
    yield figure("record a run of 8 steps", lambda: history.record([_run(0)]), 100, most=limit)
    month = Selection(since=NEWEST - timedelta(days=DAYS))
    one = replace(month, journeys=("journey-7",))
    yield figure("30 d p50/p95 a step and region", lambda: _percentiles(history, one), 7, most=200)
    many = replace(month, journeys=tuple(f"journey-{number}" for number in range(5)))
    yield figure("the same of 5 journeys, 100,000 steps", lambda: _percentiles(history, many), 7)
    yield figure(f"the counts for {JOURNEYS} SLOs", lambda: history.counts(month, ["journey"]), 5, most=1_000)
    yield figure("the last 50 runs of a journey", lambda: history.runs(one, limit=50), 7)
    history.close()
    each = [_together(url)]
    yield Figure(name=f"{name}: {WRITERS} writers at once, a run", each=each, unit="ms", note="none failed")


def _run(number: int) -> RunResult:
    steps = tuple(a_step(f"step {seq}") for seq in range(STEPS))
    return a_run(journey=f"own-{number % 5}", region=f"region-{number % PLACES}", steps=steps, minutes=number)


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def _percentiles(history: SqlHistory, chosen: Selection) -> None:
    for values in history.durations(chosen, ["region"], steps=True).values():
        summary(values)


def _fill(history: SqlHistory) -> None:
    """Ten million steps, as if 500 journeys had run from 3 regions for a month."""
    series = SERIES[history.engine.dialect.name]
    with database.writing(history.engine) as connection:
        connection.execute(text("DELETE FROM step"))
        for table in ("measurement", "artifact", "record", "run", "step_name", "journey", "place"):
            connection.execute(text(f"DELETE FROM {table}"))
        journeys = [{"id": n + 1, "key": f"journey-{n}", "name": f"Journey {n}"} for n in range(JOURNEYS)]
        journey = "INSERT INTO journey (id, key, seen_ms, name, criticality) VALUES (:id, :key, 0, :name, 'high')"
        connection.execute(text(journey), journeys)
        places = [{"id": n + 1, "region": f"region-{n}"} for n in range(PLACES)]
        connection.execute(text("INSERT INTO place (id, region, device) VALUES (:id, :region, '')"), places)
        names = [{"id": n + 1, "journey": n // STEPS + 1, "path": f"step {n % STEPS}"} for n in range(JOURNEYS * STEPS)]
        connection.execute(text("INSERT INTO step_name (id, journey_id, path) VALUES (:id, :journey, :path)"), names)
        connection.execute(text(RUN.format(series=series)))
        for seq in range(STEPS):
            connection.execute(text(STEP.format(series=series, seq=seq)))
    if history.engine.dialect.name == "postgresql":
        with database.writing(history.engine) as connection:
            for table in ("run", "journey", "place", "step_name"):
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 10000000)"))
        with history.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _together(url: str) -> float:
    with get_context("spawn").Pool(WRITERS) as writers:
        return max(writers.map(_write, [url] * WRITERS))


def _write(url: str) -> float:
    history = store.opened(url)
    try:
        return _timed(lambda: [history.record([_run(number)]) for number in range(100)]) / 100
    finally:
        history.close()
