"""The folder of a job: what is to run, and all that is known of it until that is delivered."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from pytest_synthetic.config import folders
from pytest_synthetic.errors import UsageError
from pytest_synthetic.keeper import ENDED, LOCK, LOG, OLDER
from pytest_synthetic.model.plan import Job
from pytest_synthetic.model.run import RunResult

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pytest_synthetic.config.settings import Settings

_OWNER = "owner.lock"
_SCRATCH = "synthetic-"
_MINUTE = 60.0
_TAIL = 65_536
"""Bytes at the end of a log that are looked at."""


def jobs_of(settings: Settings, root: Path) -> Path:
    """Where the jobs of these settings lie; `root` is where they would be looked for."""
    return folders.folder_of("jobs", settings.source, root)


class JobFolder:
    """One job's. It is held by the process that made it, until that ends or lets go.

    `job.json` is the job, `records.jsonl` has a line for each run that ended, `note.json` is the record of the run that
    began last, `log.txt` what pytest said. Files may be missing or end in the middle: their writer was killed.
    """

    def __init__(self, path: Path, lock: FileLock) -> None:
        """`lock` is held."""
        self.path = path
        self._lock = lock

    @classmethod
    def create(cls, jobs: Path, job: Job) -> JobFolder:
        """Make the folder of a new job among `jobs`. Raises OSError, UsageError for an id that can name no folder."""
        if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", job.id):
            raise UsageError(f"{job.id!r} is no id of a job: letters, digits, dots and dashes are")
        folders.ready(jobs.parent)
        jobs.mkdir(exist_ok=True)
        path = jobs / job.id
        draft = _hidden(path)  # whoever looks for what is left over sees it when it is held, and whole
        draft.mkdir(mode=0o700)
        lock = _lock(draft)
        try:
            lock.acquire(blocking=False)
            (draft / "job.json").write_text(json.dumps(job.to_json()), encoding="utf-8")
            draft.rename(path)
        except OSError:  # a full disk: it must not be filled with folders too
            shutil.rmtree(draft, ignore_errors=True)
            lock.release()
            raise
        return cls(path, lock)

    @property
    def log(self) -> Path:
        """What pytest said, the end of it."""
        return self.path / LOG

    def job(self) -> Job:
        """The job. Raises OSError, UsageError for what is none."""
        try:
            return Job.from_json(json.loads((self.path / "job.json").read_text(encoding="utf-8")))
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{self.path / 'job.json'} holds no job: {error}") from None

    def records(self) -> tuple[RunResult, ...]:
        """The runs that ended, each once."""
        runs = filter(None, map(_run, _text(self.path / "records.jsonl").splitlines()))
        return tuple({run.run_id: run for run in runs}.values())

    def note(self) -> RunResult | None:
        """The run that began last; it may be among the `records` by now."""
        return _run(_text(self.path / "note.json"))

    def where(self) -> str:
        """The step that the run which began last was in; empty between steps."""
        return _text(self.path / "where.txt")

    def count(self) -> int:
        """How many runs there should be, of different variants; 0 when that is not known."""
        told = _text(self.path / "count.txt")
        return int(told) if told.isdecimal() else 0

    def ended(self) -> dict[str, Any]:
        """What the keeper left that found nobody to tell it to; empty when it left nothing."""
        with suppress(ValueError, RecursionError):
            told = json.loads(_text(self.path / ENDED))
            return told if isinstance(told, dict) else {}
        return {}

    def said(self) -> str:
        """The end of what pytest said."""
        return (_end(self.path / OLDER) + _end(self.log))[-_TAIL:]

    def scratch(self) -> Path:
        """Make a folder for temporary files, that goes with this one. Raises OSError.

        It lies where such files always do: the names of sockets must be short, and a browser has some there.
        """
        made = Path(tempfile.mkdtemp(prefix=_SCRATCH))
        (self.path / "scratch").write_text(str(made), encoding="utf-8")
        return made

    def sweep(self) -> None:
        """Remove temporary files."""
        told = _text(self.path / "scratch")
        if told and Path(told).name.startswith(_SCRATCH):
            shutil.rmtree(told, ignore_errors=True)

    def remove(self) -> None:
        """All is delivered."""
        self.sweep()
        hidden = _hidden(self.path)
        with suppress(OSError):
            self.path.rename(hidden)
        shutil.rmtree(hidden, ignore_errors=True)
        self._lock.release()


def left_over(jobs: Path) -> Iterator[JobFolder]:
    """The folders of processes that ended before they could deliver; nothing of their jobs runs any more."""
    for path in sorted(jobs.glob("[!.]*/")) if jobs.is_dir() else ():
        lock = _lock(path)
        with suppress(Timeout, OSError):
            lock.acquire(blocking=False)
            with FileLock(path / LOCK, blocking=False):
                pass
            yield JobFolder(path, lock)


def sweep_hidden(jobs: Path, now: datetime) -> None:
    """Remove the folders whose owner was killed while it made or removed them, a minute or more ago."""
    for path in jobs.glob(".*/"):
        with suppress(OSError):
            if now.timestamp() - path.stat().st_mtime >= _MINUTE:  # younger ones may not be held yet
                with _lock(path).acquire(blocking=False):
                    shutil.rmtree(path, ignore_errors=True)


def _hidden(path: Path) -> Path:
    """What it is called while it is made, and while it is removed."""
    return path.with_name(f".{path.name}")


def _lock(path: Path) -> FileLock:
    """Its owner's: whichever of its threads delivers lets go."""
    return FileLock(path / _OWNER, thread_local=False)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _end(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - _TAIL))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _run(line: str) -> RunResult | None:
    try:
        return RunResult.from_json(json.loads(line))
    except (ValueError, RecursionError, UsageError):
        return None  # half a line
