"""What alerts keep in the history: which runs were looked at, what is known of each journey, incidents, the outbox.

Whoever decides reads without a lock, and writes all that came of it in one transaction, which fails when another
process has decided meanwhile: see `save`. So each run is decided about once, and what is decided is sent, also after
a crash between the two.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import delete, func, or_, select, update

from pytest_synthetic.core.variants import variant
from pytest_synthetic.errors import UsageError
from pytest_synthetic.history import alert_mark, database, tables, writing
from pytest_synthetic.history.alert_mark import Overtaken, Upto
from pytest_synthetic.history.book import moment, parts, watched_plans
from pytest_synthetic.history.incident_json import as_json, text_of
from pytest_synthetic.history.names import inserting
from pytest_synthetic.history.verdicts import Verdicts
from pytest_synthetic.model.alerting import Incident, Post, Turn
from pytest_synthetic.model.run import RunResult

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine, Select

    from pytest_synthetic.model.plan import Plan
    from pytest_synthetic.model.verdict import Verdict

__all__ = ["AlertBook", "Heard", "Overtaken", "Saved", "Upto", "Watch"]

MOST = 5_000
"""Runs that are looked at in one go."""
KEPT = 30 * 86_400_000
"""Milliseconds that letters are kept that were sent, or given up."""


class Watch(NamedTuple):
    """Since when a scheduler watches a journey in a region without a break, and up to where it looked at the ticks."""

    since: datetime
    upto: datetime


class Heard(NamedTuple):
    """A first attempt that was recorded. `number` is that of its row; `duration` in seconds.

    `parameters` are as `core.variants` has them; empty: there are none, or they are not known. `blocked_by` is the
    journey that blocked it.
    """

    number: int
    journey: str
    run_id: str
    region: str
    device: str
    started: datetime
    scheduled: datetime | None
    verdict: Verdict
    duration: float | None
    step: str | None
    claim: str | None
    fingerprint: str | None
    parameters: str = ""
    blocked_by: str | None = None

    @property
    def variant(self) -> str:
        """What tells it from other runs of its journey in its region."""
        return variant(self.device, self.parameters)

    @property
    def ended(self) -> datetime:
        """When it was over; its beginning where no duration is known."""
        return self.started + timedelta(seconds=self.duration or 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What one turn brings: all of it is written, or nothing."""

    upto: Upto | None = None
    states: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    """By journey; None: forget it."""
    incidents: Collection[Incident] = ()
    posts: Collection[Post] = ()
    """New ones, whose `id` does not count yet, and those that changed."""


class AlertBook:
    """The book. Threads may share it. Everything raises HistoryUnavailable."""

    def __init__(self, engine: Engine, verdicts: Verdicts | None = None) -> None:
        """Nothing is read yet. `verdicts` remember those of runs that this version does not know."""
        self._engine = engine
        self._verdicts = verdicts or Verdicts()
        self._in_order = engine.dialect.name == "sqlite"
        self.unreadable: set[str] = set()

    # -- runs --------------------------------------------------------------------------------------------------------

    def upto(self) -> Upto | None:
        """Up to where runs were looked at; None when they never were, or that cannot be read."""
        with database.reading(self._engine) as connection:
            return alert_mark.read(connection)

    def beginning(self, since: datetime) -> Upto:
        """Where to begin when it is not known what was looked at: before the runs since that moment."""
        run = tables.run.c
        with database.reading(self._engine) as connection:
            first = connection.scalar(select(func.min(run.id)).where(run.started_ms >= writing.milliseconds(since)))
            last = connection.scalar(select(func.max(run.id)))
            text = alert_mark.stored(connection)
        return Upto(low=(first - 1 if first is not None else last or 0), text=text)

    def unread(self, upto: Upto) -> Sequence[Heard]:
        """First attempts that were not looked at yet, in the order in which they were recorded: MOST at most."""
        query = _runs().where(tables.run.c.id > upto.low).order_by(tables.run.c.id).limit(MOST + len(upto.above))
        with database.reading(self._engine) as connection:
            return [heard for row in connection.execute(query) if (heard := self._heard(row)).number not in upto.above]

    def replayed(self, since: datetime, until: datetime, journeys: Collection[str] = ()) -> Iterable[Heard]:
        """First attempts that started then, in order of time; of `journeys` (ids), or of all."""
        run = tables.run.c
        within = (run.started_ms >= writing.milliseconds(since), run.started_ms < writing.milliseconds(until))
        query = _runs().where(*within).order_by(run.started_ms, run.id)
        if journeys:
            query = query.where(tables.journey.c.key.in_(journeys))
        with database.reading(self._engine) as connection:
            for row in connection.execute(query.execution_options(stream_results=True, yield_per=1000)):
                yield self._heard(row)

    def _heard(self, row: Any) -> Heard:
        """A row of `_runs`; taken apart at once, since there may be 300,000 of them."""
        (
            number,
            run_id,
            started_ms,
            scheduled_ms,
            verdict,
            duration_us,
            step,
            claim,
            fingerprint,
            parameters,
            blocked_by,
            journey,
            region,
            device,
        ) = row
        return Heard(
            number=number,
            journey=journey,
            run_id=run_id,
            region=region,
            device=device,
            started=moment(started_ms),
            scheduled=None if scheduled_ms is None else moment(scheduled_ms),
            verdict=self._verdicts.read(verdict),
            duration=None if duration_us is None else duration_us / 1_000_000,
            step=step,
            claim=claim,
            fingerprint=fingerprint,
            parameters=parameters or "",
            blocked_by=blocked_by,
        )

    def went_on(self, upto: Upto, heard: Sequence[Heard], settled: int) -> Upto:
        """After `heard`; rows up to the number `settled` were there a minute ago, so that none below is to come."""
        known = upto.above | {each.number for each in heard}
        low = max(known | {upto.low}) if self._in_order else max(upto.low, settled)
        return Upto(low=low, above=frozenset(number for number in known if number > low), text=upto.text)

    def records(self, run_ids: Iterable[str]) -> dict[str, RunResult]:
        """The whole records of runs, as far as they are there and can be read."""
        query = select(tables.run.c.run_id, tables.record.c.zlib).join(
            tables.record, tables.record.c.id == tables.run.c.id
        )
        found = {}
        with database.reading(self._engine) as connection:
            for part in parts(sorted(set(run_ids))):
                for run_id, packed in connection.execute(query.where(tables.run.c.run_id.in_(part))):
                    try:
                        found[run_id] = RunResult.from_json(self._verdicts.within(writing.record_of(packed)))
                    except UsageError:
                        continue  # of a newer version: what its row says must do
        return found

    def watched(self) -> tuple[Plan, ...]:
        """The plans that schedulers watch, as they were told last."""
        with database.reading(self._engine) as connection:
            return watched_plans(connection)

    def watches(self) -> dict[tuple[str, str], Watch]:
        """By journey and region, what is known of the scheduler that watches it, alive or not."""
        table = tables.watched.c
        query = select(table.journey, table.region, table.since_ms, table.upto_ms).where(table.upto_ms.is_not(None))
        with database.reading(self._engine) as connection:
            return {
                (journey, region): Watch(moment(since_ms), moment(upto_ms))
                for journey, region, since_ms, upto_ms in connection.execute(query)
            }

    def left(self) -> dict[tuple[str, str], datetime]:
        """Journeys and regions that were watched, and when a scheduler said so last."""
        table = tables.watched.c
        query = select(table.journey, table.region, table.seen_ms).where(table.upto_ms.is_(None))
        with database.reading(self._engine) as connection:
            return {(row.journey, row.region): moment(row.seen_ms) for row in connection.execute(query)}

    # -- what is known -----------------------------------------------------------------------------------------------

    def states(self) -> dict[str, Any]:
        """What is known of each journey, as JSON; without what is none."""
        found = {}
        with database.reading(self._engine) as connection:
            for row in connection.execute(select(tables.alert_state)):
                with suppress(ValueError):
                    found[row.journey] = json.loads(row.told)
        return found

    def incidents(self, since: datetime | None = None, *, standing: bool = True) -> list[Incident]:
        """The incidents that stand (when asked for), and those that changed since then, oldest first.

        One that cannot be read is left out, and its id is in `unreadable`.
        """
        table = tables.incident.c
        asked = [table.changed_ms >= writing.milliseconds(since)] if since else []
        asked += [table.resolved_ms.is_(None)] if standing else []
        query = select(table.id, table.told).where(or_(*asked)) if asked else select(table.id, table.told)
        found = []
        with database.reading(self._engine) as connection:
            for row in connection.execute(query.order_by(table.opened_ms, table.id)):
                try:
                    found.append(_incident(row.told))
                except UsageError:
                    self.unreadable.add(row.id)
        return found

    def incident(self, beginning: str) -> Incident:
        """The incident whose id begins so. Raises UsageError for none, and for several."""
        table = tables.incident.c
        with database.reading(self._engine) as connection:
            query = select(table.told).where(func.substr(table.id, 1, len(beginning)) == beginning).limit(2)
            found = connection.scalars(query).all()
            newest = connection.scalars(select(table.id).order_by(table.changed_ms.desc()).limit(5)).all()
        if len(found) == 1:
            return _incident(found[0])
        few = "several incidents begin" if found else "no incident begins"
        raise UsageError(f"{few} with {beginning!r}. The newest are: {', '.join(newest) or 'none'}")

    # -- the outbox --------------------------------------------------------------------------------------------------

    def waiting(self) -> list[Post]:
        """What is still to be sent, oldest first."""
        return self._posts(select(tables.outgoing).where(tables.outgoing.c.ended_ms.is_(None)))

    def posts_of(self, incident: str) -> list[Post]:
        """All letters about an incident, oldest first."""
        return self._posts(select(tables.outgoing).where(tables.outgoing.c.incident == incident))

    def _posts(self, query: Select[Any]) -> list[Post]:
        with database.reading(self._engine) as connection:
            return [_post(row) for row in connection.execute(query.order_by(tables.outgoing.c.id))]

    # -- writing -----------------------------------------------------------------------------------------------------

    def save(self, saved: Saved) -> tuple[Upto | None, list[Post]]:
        """Write all of it in one transaction. Returns up to where runs were looked at now, and the new posts.

        A post whose key is there already is not new. Raises Overtaken when another process went on since `saved.upto`
        was read.
        """
        with database.writing(self._engine) as connection:
            upto = alert_mark.go_on(connection, saved.upto) if saved.upto else None
            _save_states(connection, saved.states)
            _save_incidents(connection, saved.incidents)
            _change(connection, [post for post in saved.posts if post.id])
            return upto, _add(connection, [post for post in saved.posts if not post.id])

    def prune(self, now: datetime) -> None:
        """Forget letters of long ago."""
        with database.writing(self._engine) as connection:
            long_ago = writing.milliseconds(now) - KEPT
            connection.execute(delete(tables.outgoing).where(tables.outgoing.c.ended_ms < long_ago))


def _runs() -> Select[Any]:
    run = tables.run.c
    asked = (
        *(run.id, run.run_id, run.started_ms, run.scheduled_ms, run.verdict, run.duration_us, run.failed_step),
        *(run.claim, run.fingerprint, run.parameters, run.blocked_by),
        *(tables.journey.c.key, tables.place.c.region, tables.place.c.device),
    )
    joined = tables.run.join(tables.journey, tables.journey.c.id == run.journey_id)
    joined = joined.join(tables.place, tables.place.c.id == run.place_id)
    return select(*asked).select_from(joined).where(run.attempt == 1)


def _incident(told: str) -> Incident:
    try:
        known = json.loads(told)
    except ValueError as error:
        raise UsageError(f"not a whole incident: {error}") from None
    return Incident.from_json(known)


def _post(row: Any) -> Post:
    return Post(
        id=row.id,
        key=row.key,
        incident=row.incident,
        turn=Turn(row.turn),
        at=moment(row.at_ms),
        route=row.route,
        address=row.address,
        label=row.label,
        not_before=moment(row.not_before_ms),
        tries=row.tries,
        ended=None if row.ended_ms is None else moment(row.ended_ms),
        why=row.why,
    )


def _save_states(connection: Connection, states: Mapping[str, Mapping[str, Any] | None]) -> None:
    table = tables.alert_state
    if gone := [journey for journey, told in states.items() if told is None]:
        for part in parts(sorted(gone)):
            connection.execute(delete(table).where(table.c.journey.in_(part)))
    if rows := [{"journey": journey, "told": as_json(told)} for journey, told in sorted(states.items()) if told]:
        add = inserting(connection, table)
        change = {"told": add.excluded.told}
        connection.execute(add.on_conflict_do_update(index_elements=["journey"], set_=change), rows)


def _save_incidents(connection: Connection, incidents: Collection[Incident]) -> None:
    rows = [
        {
            "id": each.id,
            "opened_ms": writing.milliseconds(each.opened),
            "changed_ms": writing.milliseconds(each.changed),
            "resolved_ms": writing.milliseconds(each.resolved) if each.resolved else None,
            "told": text_of(each),
        }
        for each in sorted(incidents, key=lambda each: each.id)
    ]
    if rows:
        add = inserting(connection, tables.incident)
        change = {name: add.excluded[name] for name in ("opened_ms", "changed_ms", "resolved_ms", "told")}
        connection.execute(add.on_conflict_do_update(index_elements=["id"], set_=change), rows)


def _change(connection: Connection, posts: Sequence[Post]) -> None:
    table = tables.outgoing
    for post in posts:
        here = table.c.id == post.id, table.c.key == post.key  # of another history it may be another one
        connection.execute(update(table).where(*here).values(**_row(post)))


def _add(connection: Connection, posts: Sequence[Post]) -> list[Post]:
    rows = [{"key": post.key, **_row(post)} for post in posts]
    if not rows:
        return []
    add = inserting(connection, tables.outgoing).on_conflict_do_nothing().returning(tables.outgoing)
    return sorted((_post(row) for row in connection.execute(add, rows)), key=lambda post: post.id)


def _row(post: Post) -> dict[str, Any]:
    return {
        "incident": post.incident,
        "turn": post.turn.value,
        "at_ms": writing.milliseconds(post.at),
        "route": post.route,
        "address": post.address,
        "label": post.label,
        "not_before_ms": writing.milliseconds(post.not_before),
        "tries": post.tries,
        "ended_ms": writing.milliseconds(post.ended) if post.ended else None,
        "why": writing.storable(post.why),
    }
