"""When journeys ran that no scheduler watches: what is asked once they are silent."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select

from pytest_synthetic.history import database, tables, writing
from pytest_synthetic.history.book import moment, parts
from pytest_synthetic.history.names import inserting
from pytest_synthetic.model import wire
from pytest_synthetic.model.journey import JourneySpec, Schedule
from pytest_synthetic.model.plan import Plan
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Engine

    Key = tuple[str, str]

_RUN, _JOURNEY, _PLACE = tables.run.c, tables.journey.c, tables.place.c
_BY_NOBODY = (_RUN.attempt == 1, _RUN.scheduled_ms.is_(None), _RUN.verdict != Verdict.MISSED.value)
"""First attempts that no tick of a scheduler asked for."""
# Made once: a thousand journeys may fall silent at the same time.
_SCHEDULE = select(_JOURNEY.schedule).where(_JOURNEY.key == bindparam("journey"))
_BEGAN = (
    select(_RUN.started_ms)
    .where(
        _RUN.journey_id == select(_JOURNEY.id).where(_JOURNEY.key == bindparam("journey")).scalar_subquery(),
        _RUN.place_id.in_(select(_PLACE.id).where(_PLACE.region == bindparam("region"))),
        _RUN.started_ms >= bindparam("since"),
        _RUN.started_ms <= bindparam("until"),
        *_BY_NOBODY,
    )
    .order_by(_RUN.started_ms)
)


class Hearing:
    """Reads the history. Threads may share it. Everything raises HistoryUnavailable."""

    def __init__(self, engine: Engine) -> None:
        """Nothing is read yet."""
        self._engine = engine

    def schedule(self, journey: str) -> Schedule | None:
        """The schedule of a journey, as its newest run says."""
        with database.reading(self._engine) as connection:
            told = connection.scalar(_SCHEDULE, {"journey": journey})
        return wire.build(Schedule, json.loads(told), called="schedule") if told else None

    def began(self, journey: str, region: str, since: datetime, until: datetime) -> Sequence[datetime]:
        """When first attempts began there that no scheduler asked for, oldest first."""
        given = {
            "journey": journey,
            "region": region,
            "since": writing.milliseconds(since),
            "until": writing.milliseconds(until),
        }
        with database.reading(self._engine) as connection:
            return [moment(at_ms) for at_ms in connection.scalars(_BEGAN, given)]

    def newest(self, journeys: Collection[str], since: datetime) -> Mapping[str, Mapping[str, datetime]]:
        """When each of these journeys ran last since then, by its id and by region: likewise."""
        found: dict[str, dict[str, datetime]] = defaultdict(dict)
        joined = tables.run.join(tables.journey, _JOURNEY.id == _RUN.journey_id)
        query = (
            select(_JOURNEY.key, _PLACE.region, func.max(_RUN.started_ms))
            .select_from(joined.join(tables.place, _PLACE.id == _RUN.place_id))
            .where(_RUN.started_ms >= writing.milliseconds(since), *_BY_NOBODY)
            .group_by(_JOURNEY.key, _PLACE.region)
        )
        with database.reading(self._engine) as connection:
            for part in parts(sorted(journeys)):
                for journey, region, at_ms in connection.execute(query.where(_JOURNEY.key.in_(part))):
                    found[journey][region] = moment(at_ms)
        return found

    def retire(self, journey: str, regions: Iterable[str], now: datetime) -> None:
        """Say that nobody runs a journey there any more: as when a scheduler leaves it, until it runs again.

        A scheduler that watches it there is taken to be gone.
        """
        at = writing.milliseconds(now)
        rows = [
            {
                "journey": journey,
                "region": region,
                "since_ms": at,
                "upto_ms": None,
                "seen_ms": at,
                "told": json.dumps(
                    wire.plain(Plan(spec=JourneySpec(id=journey, name=journey), region=region, nodeid=""))
                ),
            }
            for region in sorted(regions)
        ]
        with database.writing(self._engine) as connection:
            add = inserting(connection, tables.watched)
            change = {"seen_ms": add.excluded.seen_ms, "upto_ms": None}
            connection.execute(add.on_conflict_do_update(index_elements=["journey", "region"], set_=change), rows)
