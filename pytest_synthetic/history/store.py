"""The history in a database: what is written, once, and what is asked."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from pytest_synthetic.errors import HistoryRefused, HistoryUnavailable
from pytest_synthetic.history import database, days, names, pruning, queries, schema, tables, writing
from pytest_synthetic.history.stand_ins import made_way
from pytest_synthetic.history.verdicts import Verdicts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from pytest_synthetic.analysis.histogram import Histogram
    from pytest_synthetic.config.settings import HistorySettings
    from pytest_synthetic.history.pruning import Pruned
    from pytest_synthetic.history.queries import JourneyFacts, RunLine
    from pytest_synthetic.model.history import Counts, Selection, Span
    from pytest_synthetic.model.run import RunResult

BATCH = 200
"""Runs that are written in one transaction: a lock of some 100 ms at most."""


class SqlHistory:
    """One history. Threads may share it; processes open their own."""

    def __init__(self, engine: Engine) -> None:
        """Nothing is done to the database: see `opened`."""
        self.engine = engine
        self._names = names.Names()
        self.verdicts = Verdicts()

    @property
    def where(self) -> str:
        """Its address, without a password."""
        return database.shown(str(self.engine.url))

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()

    def record(
        self, runs: Iterable[RunResult], refuse: Callable[[RunResult, HistoryRefused], object] | None = None
    ) -> int:
        """Write runs, each once: one that is there changes nothing. Returns how many are new.

        A record that stands in for a run that nobody could record gives way to it: see `stand_ins`.
        Runs of days that are gone (see `prune`) are not taken: what is left of those days would count them twice.
        A record that the database does not take goes to `refuse`, and all others are written; without it,
        HistoryRefused is raised. Raises HistoryUnavailable; what came before in whole batches is written then.
        """
        waiting = iter(runs)
        new = 0
        while batch := list({run.run_id: run for run in islice(waiting, BATCH)}.values()):
            try:
                new += self._recorded(batch)
            except HistoryRefused:
                if refuse is None:
                    raise
                new += sum(self._recorded_or_refused(run, refuse) for run in batch)
        return new

    def _recorded(self, batch: Sequence[RunResult]) -> int:
        try:
            with database.writing(self.engine) as connection:
                return self.write(connection, batch)
        except HistoryUnavailable:
            self.forget_names()
            raise

    def _recorded_or_refused(self, run: RunResult, refuse: Callable[[RunResult, HistoryRefused], object]) -> int:
        try:
            return self._recorded([run])
        except HistoryRefused as why:
            refuse(run, why)
            return 0

    def came_too_late(self, runs: Iterable[RunResult]) -> list[RunResult]:
        """Those of which the day is folded, so that they are not taken any more. Raises HistoryUnavailable."""
        with database.reading(self.engine) as connection:
            horizon = gone_before(connection)
        return [run for run in runs if writing.milliseconds(run.started_at) < horizon]

    # -- what is asked ---------------------------------------------------------------------------------------------

    def journeys(self) -> dict[str, JourneyFacts]:
        """All journeys there are, by their ids."""
        with database.reading(self.engine) as connection:
            return queries.journeys(connection)

    def regions(self) -> list[str]:
        """All regions that a run was in."""
        with database.reading(self.engine) as connection:
            return queries.regions(connection)

    def began(self) -> datetime | None:
        """The first moment that anything is known of; None when nothing is."""
        with database.reading(self.engine) as connection:
            return queries.began(connection)

    def counts(self, chosen: Selection, by: Sequence[str] = ()) -> dict[tuple[Any, ...], Counts]:
        """How the chosen runs ended, for each of the groups `by`: names of selecting.BY. Raises UsageError."""
        with database.reading(self.engine) as connection:
            return queries.counts(connection, self.verdicts, chosen, by)

    def counts_within(
        self, chosen: Selection, by: Sequence[str], spans: Sequence[Span]
    ) -> dict[tuple[Any, ...], Counts]:
        """As `counts`, of the runs that started in one of `spans`, which are apart. Raises UsageError."""
        with database.reading(self.engine) as connection:
            return queries.counts_within(connection, self.verdicts, chosen, by, spans)

    def durations(
        self, chosen: Selection, by: Sequence[str] = (), *, steps: bool = False
    ) -> dict[tuple[Any, ...], list[float]]:
        """Seconds that the chosen runs that worked took, for each group; with `steps` those of their steps.

        The path of the step is then the last part of each key. Raises UsageError.
        """
        with database.reading(self.engine) as connection:
            return queries.durations(connection, chosen, by, steps=steps)

    def day_counts(self, chosen: Selection, by: Sequence[str] = ()) -> dict[tuple[Any, ...], Counts]:
        """How the chosen first attempts of days whose runs are gone ended; nothing where days cannot tell."""
        if not days.answer(chosen, by):
            return {}
        with database.reading(self.engine) as connection:
            return days.counts(connection, self.verdicts, chosen, by)

    def days_there(self, chosen: Selection, among: Collection[int]) -> dict[str, int]:
        """For each journey how many days `among` these (since 1970) are left of which the runs are gone."""
        if not among or not days.answer(chosen):
            return {}
        with database.reading(self.engine) as connection:
            return days.there(connection, chosen, among)

    def day_timings(
        self, chosen: Selection, by: Sequence[str] = (), *, steps: bool = False
    ) -> dict[tuple[Any, ...], Histogram]:
        """How long the chosen runs, or steps, took of days whose runs are gone; nothing where days cannot tell."""
        if not days.answer(chosen, by):
            return {}
        with database.reading(self.engine) as connection:
            return days.timings(connection, chosen, by, steps=steps)

    def measurements(self, chosen: Selection, name: str, by: Sequence[str] = ()) -> dict[tuple[Any, ...], list[float]]:
        """The values of one measurement, for each group, in its own unit. Raises UsageError."""
        with database.reading(self.engine) as connection:
            return queries.measurements(connection, chosen, name, by)

    def carried(self, chosen: Selection) -> list[str]:
        """The names of the measurements in seconds that say a carrier."""
        with database.reading(self.engine) as connection:
            return queries.carried(connection, chosen)

    def step_verdicts(self, chosen: Selection) -> Mapping[str, Sequence[Any]]:
        """The steps of the chosen runs: for each run's id rows of run_id, path, owner, sla_us, duration_us, verdict."""
        with database.reading(self.engine) as connection:
            return queries.step_verdicts(connection, chosen)

    def runs(self, chosen: Selection, *, limit: int | None = None, newest_first: bool = True) -> list[RunLine]:
        """The chosen runs in a line each; `limit` is of the newest ones."""
        with database.reading(self.engine) as connection:
            return queries.runs(connection, self.verdicts, chosen, limit=limit, newest_first=newest_first)

    def run(self, beginning: str) -> RunResult:
        """The whole record of the run whose id begins so. Raises UsageError for none, and for several."""
        with database.reading(self.engine) as connection:
            return queries.run(connection, self.verdicts, beginning)

    def records(self, chosen: Selection) -> Iterator[dict[str, Any]]:
        """The whole records of the chosen runs as JSON values, oldest first; read as they are asked for."""
        with database.reading(self.engine) as connection:
            yield from queries.records(connection, chosen)

    def prune(self, settings: HistorySettings, now: datetime) -> Pruned:
        """Fold what is older than `keep_days` into days."""
        return pruning.prune(self.engine, settings, now)

    # -- a part of a transaction -----------------------------------------------------------------------------------

    def write(self, connection: Connection, runs: Sequence[RunResult]) -> int:
        """Write runs in a transaction of somebody else's: as `record`. Call `forget_names` when it fails."""
        horizon = gone_before(connection)
        runs = made_way(connection, [run for run in runs if writing.milliseconds(run.started_at) >= horizon])
        if not runs:
            return 0
        ids = self._names.of(connection, runs)
        rows = [writing.run_row(run, its) for run, its in zip(runs, ids, strict=True)]
        numbers = numbered(connection, rows)
        fresh = [(run, numbers[run.run_id], its) for run, its in zip(runs, ids, strict=True) if run.run_id in numbers]
        if fresh:
            records = [writing.record_row(run, number) for run, number, _ in fresh]
            database.insert_many(connection, tables.record, records)
        for table, made in writing.PARTS.items():
            if parts := [row for run, number, its in fresh for row in made(run, number, its)]:
                database.insert_many(connection, tables.metadata.tables[table], parts)
        return len(fresh)

    def numbers_of(self, connection: Connection, runs: Sequence[RunResult]) -> Sequence[writing.Ids]:
        """Find or make the numbers of the names of runs."""
        return self._names.of(connection, runs)

    def forget_names(self) -> None:
        """A transaction in which something was written failed."""
        self._names.forget()


def numbered(connection: Connection, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Add rows of runs. Returns the number of each that is new, by its id."""
    return {row.run_id: row.id for row in database.insert_new(connection, tables.run, rows, ("run_id", "id"))}


def gone_before(connection: Connection) -> int:
    """The first moment (ms since 1970) of which runs are kept one by one."""
    query = select(tables.about.c.value).where(tables.about.c.name == "gone_before_ms")
    return int(connection.execute(query).scalar() or 0)


def opened(url: str) -> SqlHistory:
    """The history at `url`, its tables made or brought up to date.

    Raises HistoryUnavailable, HistoryDamaged for a file that is no database.
    """
    engine = database.connect(url)
    try:
        schema.ensure(engine)
    except HistoryUnavailable:
        engine.dispose()
        raise
    return SqlHistory(engine)
