"""A session that runs one job of the scheduler: what its records say beside, and the folder they go into.

The scheduler makes the folder and delivers what it finds there: `job.json` says what is to run, `records.jsonl` gets a
line as each run ends. For when this process is killed, `note.json` holds the run that began last, `where.txt` the step
that it is in, and `count.txt` how many runs there should be.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pytest_synthetic.core import unrun
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.plan import Job
from pytest_synthetic.plugin import markers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from pytest_synthetic.model.journey import JourneySpec
    from pytest_synthetic.model.run import Failure, RunResult

OPTION = "--synthetic-job"
_ALONE = {
    "numprocesses": 0,
    "distload": False,
    "dist": "no",
    "tx": [],
    "looponfail": False,
    "maxfail": 0,
    "usepdb": False,
    "trace": False,
    "clean_alluredir": False,
    "no_header": True,
}
"""Options as a job has them, whoever set them."""


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

    def collected(self, items: Sequence[pytest.Item]) -> None:
        """Write down how many runs are to come."""
        (self.folder / "count.txt").write_text(str(sum(markers.SPEC in item.stash for item in items)), encoding="utf-8")

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


class Whereabouts:
    """A listener that writes down which step a run is in."""

    def __init__(self, room: JobRoom) -> None:
        self._file = room.folder / "where.txt"
        self._open: list[str] = []
        self._write()

    def step_started(self, name: str) -> None:
        """One step further in."""
        self._open.append(name)
        self._write()

    def step_finished(self, _name: str, failure: Failure | None) -> None:
        """Out of it again, unless somebody has ended the run: then this was the place."""
        self._open.pop()
        if failure is None or failure.type != "KeyboardInterrupt":
            self._write()

    def _write(self) -> None:
        self._file.write_text(" > ".join(self._open), encoding="utf-8")


def leave_alone(config: pytest.Config) -> None:
    """Take out of a user's addopts what makes no sense for one of many runs that go on side by side.

    No workers, which would be processes for nothing; no end at the first variant that fails, and none left out because
    it passed before; no debugger, which nobody would see; nothing removed or overwritten that other runs write.
    """
    option = config.option
    folder = Path(config.invocation_params.dir, option.synthetic_job)
    for name, value in _ALONE.items():
        if hasattr(option, name):
            setattr(option, name, value)
    if hasattr(option, "output"):  # pytest-playwright's
        option.output = str(folder / "output")
    config._inicache["cache_dir"] = str(folder / "cache")  # noqa: SLF001  -o is an error where the cache is turned off


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
