"""A session that runs one job of the scheduler: what its records say beside, and the folder they go into.

The scheduler makes the folder and delivers what it finds there: `job.json` says what is to run, `records.jsonl` gets a
line as each run ends, and `note.json` holds the run that began last, for when this process is killed.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import IO, TYPE_CHECKING

from pytest_synthetic.core import unrun
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.plan import Job

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.model.journey import JourneySpec
    from pytest_synthetic.model.run import RunResult

OPTION = "--synthetic-job"


class JobRoom:
    """The folder of a job, and what the job adds to the records of its runs."""

    def __init__(self, folder: Path) -> None:
        """Read the job. Raises UsageError."""
        self.folder = folder
        self.job = _read(folder)
        self._records: IO[str] | None = None

    @property
    def note(self) -> Path:
        """Where the run that has begun is noted."""
        return self.folder / "note.json"

    @property
    def records(self) -> Path:
        """Where the records of finished runs are."""
        return self.folder / "records.jsonl"

    # -- what it adds --------------------------------------------------------------------------------------------

    def asked(self, spec: JourneySpec) -> JourneySpec:
        """The journey as the scheduler knows it: its id may come from where pytest was started to collect."""
        return replace(spec, id=self.job.plan.spec.id)

    def attempt(self, execution: int) -> int:
        """The number of an attempt, of which it is the `execution`th in this session."""
        return self.job.attempt + execution - 1

    def told(self, run: RunResult) -> RunResult:
        """A record, with the tick that asked for it and the run that it repeats."""
        at, confirms = self.job.at, self.job.confirms
        notes = (f"repeats run {confirms[:8]}",) if confirms else ()
        return replace(run, scheduled_at=unrun.stamp(at) if at else None, notes=(*run.notes, *notes))

    # -- where the records go ------------------------------------------------------------------------------------

    def open(self) -> None:
        """Make ready to take records. Raises UsageError."""
        try:
            self._records = self.records.open("a", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{OPTION}: {self.records} cannot be written: {error.strerror}") from None

    def run_finished(self, run: RunResult) -> None:
        """Write down a run: it is there when this process is killed an instant later. Raises OSError."""
        if self._records:
            self._records.write(json.dumps(run.to_json(), separators=(",", ":")) + "\n")
            self._records.flush()

    def close(self) -> None:
        """No run will follow. Raises OSError."""
        if self._records:
            self._records.close()


def _read(folder: Path) -> Job:
    file = folder / "job.json"
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        job = Job.from_json(told)
    except OSError as error:
        raise UsageError(f"{OPTION} {folder}: {file.name} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError, UsageError) as error:
        raise UsageError(f"{OPTION} {folder}: {file.name} holds no job: {error}") from None
    if job.at is not None and job.at.tzinfo is None:
        raise UsageError(f"{OPTION} {folder}: {file.name} holds no job: its time {job.at} has no zone")
    return job
