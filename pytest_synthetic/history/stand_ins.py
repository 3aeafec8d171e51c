"""A record that was written in place of a run gives way to the run itself, whichever comes first.

The id of such a stand-in is made from its tick: see core/unrun.py. So a tick has a stand-in or its own runs, never
both, and each is counted once. What is folded into a day stays as it is: the day takes no run any more.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, select

from pytest_synthetic.core.unrun import id_in_place_of, run_id_of
from pytest_synthetic.history import alert_mark, tables
from pytest_synthetic.history.writing import milliseconds, name_of
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection

    from pytest_synthetic.model.plan import Plan
    from pytest_synthetic.model.run import RunResult

MANY = 500
"""Ticks that one statement asks for."""


class Row(NamedTuple):
    """A tick as rows have it: names that an index takes, milliseconds since 1970."""

    journey: str
    region: str
    at_ms: int


def made_way(connection: Connection, runs: Sequence[RunResult]) -> Sequence[RunResult]:
    """What is to be written of `runs`: no stand-in of a run that is known. Stand-ins that these replace are removed."""
    own_ids = {run.run_id: id_in_place_of(run) for run in runs if run.scheduled_at and run.attempt == 1}
    if not own_ids:
        return runs
    stand_ins = {run.run_id: run for run in runs if own_ids.get(run.run_id) == run.run_id}
    real = {own for run_id, own in own_ids.items() if run_id != own}
    _remove(connection, real)
    _remove(connection, {run_id for run_id, run in stand_ins.items() if run.verdict is not Verdict.MISSED}, missed=True)
    known = {row_of(run): run.run_id for run in stand_ins.values()}
    there = {known[row] for row, ids in ran(connection, known).items() if ids - {known[row]}}
    return [run for run in runs if run.run_id not in stand_ins or run.run_id not in real | there]


def unsay(connection: Connection, plans: Collection[Plan], *, after: int) -> None:
    """Ticks after that moment (ms since 1970) were not missed: it has not come yet. What ran stays as it is."""
    tick = tables.tick.c
    for plan in plans:
        journey, region = name_of(plan.spec.id), name_of(plan.region)
        those = (tick.journey == journey, tick.region == region, tick.at_ms > after, tick.state == "done")
        moments = connection.execute(select(tick.at_ms).where(*those)).scalars().all()
        ids = {at: run_id_of(*plan.key, datetime.fromtimestamp(at / 1000, UTC)) for at in moments}
        for first in range(0, len(moments), MANY):
            part = moments[first : first + MANY]
            _remove(connection, [ids[at] for at in part], missed=True)
            kept = {row.at_ms for row in ran(connection, [Row(journey, region, at) for at in part])}
            gone = [at for at in part if at not in kept]
            connection.execute(delete(tables.tick).where(*those, tick.at_ms.in_(gone)))


def row_of(run: RunResult) -> Row:
    """The tick that asked for a run."""
    return Row(name_of(run.journey), name_of(run.region), milliseconds(str(run.scheduled_at)))


def ran(connection: Connection, ticks: Collection[Row]) -> Mapping[Row, set[str]]:
    """The ids of the first attempts that each of these ticks asked for; nothing of those without."""
    run, journey, place = tables.run.c, tables.journey.c, tables.place.c
    query = select(journey.key, place.region, run.scheduled_ms, run.run_id).where(
        tables.ASKED_FOR, run.attempt == 1, run.journey_id == journey.id, run.place_id == place.id
    )
    found = defaultdict(set)
    asked = sorted(ticks)
    for first in range(0, len(asked), MANY):
        part = asked[first : first + MANY]
        those = query.where(
            run.scheduled_ms.in_({row.at_ms for row in part}), journey.key.in_({row[0] for row in part})
        )
        for *told, run_id in connection.execute(those):
            found[Row(*told)].add(run_id)
    return {row: found[row] for row in asked if row in found}


def _remove(connection: Connection, run_ids: Collection[str], *, missed: bool = False) -> None:
    """Remove records; with `missed` those alone that say that nothing was begun."""
    if not run_ids:
        return
    gone = delete(tables.run).where(tables.run.c.run_id.in_(run_ids))
    if connection.execute(gone.where(tables.run.c.verdict == Verdict.MISSED.value) if missed else gone).rowcount:
        alert_mark.lowered(connection)
