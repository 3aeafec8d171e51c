"""What is asked of a history. Each answer is of one view of the database."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, and_, func, literal, select, union_all

from pytest_synthetic.core.variants import variant
from pytest_synthetic.errors import UsageError, did_you_mean
from pytest_synthetic.history import tables, writing
from pytest_synthetic.history.selecting import DAY, Groups, begins, conditions
from pytest_synthetic.model import wire
from pytest_synthetic.model.history import Counts
from pytest_synthetic.model.journey import Schedule
from pytest_synthetic.model.run import RunResult
from pytest_synthetic.model.sla import Slo
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Select, Subquery

    from pytest_synthetic.history.verdicts import Verdicts
    from pytest_synthetic.model.history import Selection, Span

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WORKED = (Verdict.PASSED.value, Verdict.DEGRADED.value)
"""Verdicts whose durations mean something: a run or step that failed ended early, or in a time-out."""

MOST_SPANS = 200
"""Of one query: SQLite puts 500 selects together at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyFacts:
    """A journey as its newest run described it."""

    key: str
    name: str
    stage: str | None
    owner: str | None
    slo: Slo | None
    schedule: Schedule | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """A run in one line. Durations are in seconds; `claim` says why it did not pass.

    `parameters` are as `core.variants` has them; None: there are none, or they are not known.
    """

    run_id: str
    journey: str
    name: str
    region: str
    device: str | None
    started: datetime
    scheduled: datetime | None
    attempt: int
    verdict: Verdict
    duration: float | None
    promised: float | None
    owner: str | None
    failed_step: str | None
    claim: str | None
    fingerprint: str | None
    release: str | None
    commit: str | None
    parameters: str | None

    @property
    def variant(self) -> str:
        """What tells it from other runs of its journey in its region."""
        return variant(self.device, self.parameters or "")


def journeys(connection: Connection) -> dict[str, JourneyFacts]:
    """All journeys there are, by their ids, in order of their names."""
    table = tables.journey.c
    query = select(table.key, table.name, table.stage, table.owner, table.slo, table.schedule).order_by(table.name)
    return {row.key: _facts(row) for row in connection.execute(query)}


def _facts(row: Any) -> JourneyFacts:
    slo = wire.build(Slo, json.loads(row.slo), called="target") if row.slo else None
    schedule = wire.build(Schedule, json.loads(row.schedule), called="schedule") if row.schedule else None
    return JourneyFacts(key=row.key, name=row.name, stage=row.stage, owner=row.owner, slo=slo, schedule=schedule)


def counts(
    connection: Connection, verdicts: Verdicts, chosen: Selection, by: Sequence[str] = ()
) -> dict[tuple[Any, ...], Counts]:
    """How the chosen runs ended, for each of the groups `by`: see selecting.BY."""
    run = tables.run
    groups = Groups(connection, by, run)
    query = select(*groups.columns, run.c.verdict, func.count()).where(*conditions(connection, chosen, run))
    if chosen.since and chosen.until and not chosen.journeys:
        # Journey by journey the index holds all that is counted; by time alone SQLite looks up each row.
        query = query.where(run.c.journey_id.in_(select(tables.journey.c.id)))
    found: dict[tuple[Any, ...], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for *values, verdict, number in connection.execute(query.group_by(*groups.columns, run.c.verdict)):
        found[groups.key(values)][verdict] += number
    return {key: verdicts.counts(ended) for key, ended in found.items()}


def counts_within(
    connection: Connection, verdicts: Verdicts, chosen: Selection, by: Sequence[str], spans: Sequence[Span]
) -> dict[tuple[Any, ...], Counts]:
    """As `counts`, of the runs that started in one of `spans`, which are apart and all within the selection's time."""
    run = tables.run
    timeless = replace(chosen, since=None, until=None)  # or SQLite reads that whole time for each span
    groups = Groups(connection, by, run)
    found: dict[tuple[Any, ...], Counts] = defaultdict(Counts)
    for first in range(0, len(spans), MOST_SPANS):
        times = _moments(spans[first : first + MOST_SPANS])
        inside = and_(run.c.started_ms >= times.c.since, run.c.started_ms < times.c.until)
        query = (
            select(*groups.columns, run.c.verdict, func.count())
            .select_from(times.join(run, inside))
            .where(*conditions(connection, timeless, run))
            .group_by(*groups.columns, run.c.verdict)
        )
        for *values, verdict, number in connection.execute(query):
            found[groups.key(values)] += verdicts.counts({verdict: number})
    return dict(found)


def _moments(spans: Sequence[Span]) -> Subquery:
    """A table of `since` and `until`; neither database reads rows of values in the other's way."""
    rows = (
        select(
            literal(writing.milliseconds(span.start), BigInteger).label("since"),
            literal(writing.milliseconds(span.end), BigInteger).label("until"),
        )
        for span in spans
    )
    return union_all(*rows).subquery("moments")


def regions(connection: Connection) -> list[str]:
    """All regions that a run was in."""
    return sorted(connection.scalars(select(tables.place.c.region).distinct()))


def began(connection: Connection) -> datetime | None:
    """The first moment that anything is known of; None when nothing is."""
    run = connection.execute(select(func.min(tables.run.c.started_ms))).scalar()
    day = connection.execute(select(func.min(tables.day.c.day))).scalar()
    known = [told for told in (run, None if day is None else day * DAY) if told is not None]
    return _moment(min(known)) if known else None


def durations(
    connection: Connection, chosen: Selection, by: Sequence[str] = (), *, steps: bool = False
) -> dict[tuple[Any, ...], list[float]]:
    """Seconds that the chosen runs took, or their steps, for each group; of those alone that worked.

    With `steps`, the path of the step is the last part of each key.
    """
    table = tables.step if steps else tables.run
    groups = Groups(connection, [*by, "step"] if steps else by, table)
    query = select(*groups.columns, table.c.duration_us).where(
        *conditions(connection, chosen, table), table.c.verdict.in_(WORKED), table.c.duration_us.is_not(None)
    )
    in_time = query.order_by(table.c.started_ms)  # who compares many takes some, evenly
    return {key: [value / 1_000_000 for value in values] for key, values in _grouped(connection, in_time, groups)}


def measurements(
    connection: Connection, chosen: Selection, name: str, by: Sequence[str] = ()
) -> dict[tuple[Any, ...], list[float]]:
    """The values of one measurement, for each group; in its own unit."""
    table = tables.measurement
    groups = Groups(connection, by, table)
    query = select(*groups.columns, table.c.value).where(
        *conditions(connection, chosen, table), table.c.name == writing.name_of(name)
    )
    return dict(_grouped(connection, query, groups))


def carried(connection: Connection, chosen: Selection) -> list[str]:
    """The names of the measurements in seconds that say a carrier."""
    table = tables.measurement
    query = select(table.c.name).where(
        *conditions(connection, chosen, table), table.c.carrier.is_not(None), table.c.unit == "s"
    )
    return sorted(connection.scalars(query.distinct()))


def _grouped(
    connection: Connection, query: Select[Any], groups: Groups
) -> Iterator[tuple[tuple[Any, ...], list[float]]]:
    """The last column of the rows, by what the others stand for. A hundred thousand rows must not take a second."""
    raw: dict[tuple[Any, ...], list[float]] = defaultdict(list)
    for row in connection.execute(query).cursor.fetchall():  # the driver's own: no Row for each
        raw[row[:-1]].append(row[-1])
    named: dict[tuple[Any, ...], list[float]] = defaultdict(list)
    for values, found in raw.items():
        named[groups.key(values)] += found
    yield from named.items()


# -- runs ------------------------------------------------------------------------------------------------------------


def runs(
    connection: Connection,
    verdicts: Verdicts,
    chosen: Selection,
    *,
    limit: int | None = None,
    newest_first: bool = True,
) -> list[RunLine]:
    """The chosen runs in order of time; `limit` is of the newest ones."""
    run = tables.run.c
    query = (
        select(tables.run, tables.journey.c.key, tables.journey.c.name, tables.place.c.region, tables.place.c.device)
        .join(tables.journey, tables.journey.c.id == run.journey_id)
        .join(tables.place, tables.place.c.id == run.place_id)
        .where(*conditions(connection, chosen, tables.run))
        .order_by(run.started_ms.desc(), run.id.desc())
        .limit(limit)
    )
    found = [_line(row, verdicts) for row in connection.execute(query)]
    return found if newest_first else found[::-1]


def _line(row: Any, verdicts: Verdicts) -> RunLine:
    return RunLine(
        run_id=row.run_id,
        journey=row.key,
        name=row.name,
        region=row.region,
        device=row.device or None,
        started=_moment(row.started_ms),
        scheduled=None if row.scheduled_ms is None else _moment(row.scheduled_ms),
        attempt=row.attempt,
        verdict=verdicts.read(row.verdict),
        duration=_seconds(row.duration_us),
        promised=_seconds(row.promised_us),
        owner=row.owner,
        failed_step=row.failed_step,
        claim=row.claim,
        fingerprint=row.fingerprint,
        release=row.release,
        commit=row.commit,
        parameters=row.parameters,
    )


def _moment(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)


def _seconds(microseconds: int | None) -> float | None:
    return None if microseconds is None else microseconds / 1_000_000


def run(connection: Connection, verdicts: Verdicts, beginning: str) -> RunResult:
    """The whole record of the run whose id begins so. Raises UsageError for none, and for several."""
    query = select(tables.run.c.run_id, tables.record.c.zlib).join(tables.record, tables.record.c.id == tables.run.c.id)
    fitting = query.where(begins(tables.run.c.run_id, beginning)).limit(3)
    found = connection.execute(fitting).all()
    if len(found) == 1:
        return RunResult.from_json(verdicts.within(writing.record_of(found[0].zlib)))
    if found:
        raise UsageError(f"several runs begin with {beginning!r}: give more of the id, such as {found[0].run_id[:12]}")
    newest = connection.scalars(select(tables.run.c.run_id).order_by(tables.run.c.started_ms.desc()).limit(5)).all()
    raise UsageError(f"no run begins with {beginning!r}. {did_you_mean(beginning, newest)}")


def records(connection: Connection, chosen: Selection) -> Iterator[dict[str, Any]]:
    """The whole records of the chosen runs as JSON values, oldest first; read as they are asked for."""
    query = (
        select(tables.record.c.zlib)
        .join(tables.run, tables.run.c.id == tables.record.c.id)
        .where(*conditions(connection, chosen, tables.run))
        .order_by(tables.run.c.started_ms, tables.run.c.id)
    )
    rows = connection.execute(query.execution_options(stream_results=True, yield_per=500))
    for packed in rows.scalars():
        yield writing.record_of(packed)


def step_verdicts(connection: Connection, chosen: Selection) -> Mapping[str, Sequence[Any]]:
    """The steps of the chosen runs: for each run's id its rows with path, owner, sla_us, duration_us and verdict."""
    run, step = tables.run.c, tables.step.c
    query = (
        select(run.run_id, tables.step_name.c.path, step.owner, step.sla_us, step.duration_us, step.verdict)
        .join(tables.run, run.id == step.run)
        .join(tables.step_name, tables.step_name.c.id == step.step_id)
        .where(*conditions(connection, chosen, tables.run))
        .order_by(step.run, step.seq)
    )
    found: dict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.run_id].append(row)
    return found
