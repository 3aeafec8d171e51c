"""What is old becomes days: how runs ended, and how long they took within 1 %; then the runs go.

A day is folded and removed in one transaction, so that nothing is lost or counted twice.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, literal, select

from pytest_synthetic.analysis.histogram import Histogram
from pytest_synthetic.history import alert_mark, database, names, tables, windows
from pytest_synthetic.history.queries import WORKED
from pytest_synthetic.history.selecting import DAY
from pytest_synthetic.history.writing import milliseconds

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from pytest_synthetic.config.settings import HistorySettings

WHOLE = 0
"""Stands for the whole journey among the numbers of steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What went: runs that were folded into days, and days that were too old themselves."""

    runs: int
    days: int


def prune(engine: Engine, settings: HistorySettings, now: datetime) -> Pruned:
    """Fold each whole day (UTC) that is older than `keep_days`, and drop days older than `keep_daily_days`.

    Raises HistoryUnavailable; what was folded until then stays folded.
    """
    horizon = milliseconds(now - timedelta(days=settings.keep_days)) // DAY * DAY
    runs = 0
    while (oldest := _oldest(engine)) is not None and oldest < horizon:
        with database.writing(engine) as connection:
            runs += _fold(connection, oldest // DAY)
    with database.writing(engine) as connection:
        _remember(connection, horizon)
        last = milliseconds(now - timedelta(days=settings.keep_daily_days)) // DAY
        days = connection.execute(
            select(func.count(tables.day.c.day.distinct())).where(tables.day.c.day < last)
        ).scalar()
        for table in (tables.day, tables.day_timing):
            connection.execute(delete(table).where(table.c.day < last))
        _drop_leases(connection, horizon)
        windows.prune(connection, now - timedelta(days=settings.keep_daily_days))
    return Pruned(runs=runs, days=days or 0)


def _drop_leases(connection: Connection, horizon: int) -> None:
    """Forget what came late before `horizon`, and all leases that ran out by then, but for the addresses of pools."""
    connection.execute(delete(tables.late_message).where(tables.late_message.c.seen_ms < horizon))
    lease = tables.lease.c
    connection.execute(delete(tables.lease).where(lease.kind.not_like("pool:%"), lease.until_ms < horizon))


def _oldest(engine: Engine) -> int | None:
    with database.reading(engine) as connection:
        return connection.execute(select(func.min(tables.run.c.started_ms))).scalar()


def _fold(connection: Connection, day: int) -> int:
    """Replace the runs of one day by what is kept of them. Returns how many they were."""
    run = tables.run
    that_day = run.c.started_ms.between(day * DAY, (day + 1) * DAY - 1)
    _add_counts(connection, day, that_day)
    _add_timings(connection, day, that_day)
    _remember(connection, (day + 1) * DAY)
    for table in (tables.record, tables.step, tables.measurement, tables.artifact):
        own = table.c.id if table is tables.record else table.c.run
        connection.execute(delete(table).where(own.in_(select(run.c.id).where(that_day))))
    gone = connection.execute(delete(run).where(that_day)).rowcount
    alert_mark.lowered(connection)
    return gone


def _remember(connection: Connection, horizon: int) -> None:
    """From now on, runs before `horizon` are not taken any more: they are in the days already."""
    known = connection.execute(select(tables.about.c.value).where(tables.about.c.name == "gone_before_ms")).scalar()
    if known is None or int(known) < horizon:
        insert = names.inserting(connection, tables.about).values(name="gone_before_ms", value=str(horizon))
        connection.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"value": insert.excluded.value}))


def _add_counts(connection: Connection, day: int, that_day: Any) -> None:
    run = tables.run.c
    query = select(run.journey_id, run.place_id, run.verdict, func.count()).where(that_day, run.attempt == 1)
    ended: dict[tuple[int, int], dict[str, int]] = defaultdict(dict)
    for journey, place, verdict, number in connection.execute(
        query.group_by(run.journey_id, run.place_id, run.verdict)
    ):
        ended[journey, place][verdict] = number
    rows = [
        {"day": day, "journey_id": journey, "place_id": place, "counts": json.dumps(counts)}
        for (journey, place), counts in ended.items()
    ]
    if rows:
        connection.execute(names.inserting(connection, tables.day).on_conflict_do_nothing(), rows)


def _add_timings(connection: Connection, day: int, that_day: Any) -> None:
    took: dict[tuple[int, int, int], Histogram] = defaultdict(Histogram)
    run, step = tables.run.c, tables.step.c
    whole = select(run.journey_id, run.place_id, literal(WHOLE), run.duration_us).where(
        that_day, run.attempt == 1, run.verdict.in_(WORKED), run.duration_us.is_not(None)
    )
    parts = select(step.journey_id, step.place_id, step.step_id, step.duration_us).where(
        step.run.in_(select(run.id).where(that_day)), step.first == 1, step.verdict.in_(WORKED)
    )
    for query in (whole, parts):
        for journey, place, number, duration in connection.execute(query):
            took[journey, place, number].add(duration / 1_000_000)
    rows = [
        {"day": day, "journey_id": journey, "place_id": place, "step_id": step, "histogram": json.dumps(told.to_json())}
        for (journey, place, step), told in took.items()
    ]
    if rows:
        connection.execute(names.inserting(connection, tables.day_timing).on_conflict_do_nothing(), rows)
