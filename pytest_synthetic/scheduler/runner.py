"""Runs jobs: each in a pytest of its own, under a limit of time, until nothing of it is left."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_synthetic.config import redactor
from pytest_synthetic.config.settings import Isolation
from pytest_synthetic.core import unrun
from pytest_synthetic.core.plaintext import plain
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.plan import Outcome
from pytest_synthetic.model.region import LOCAL
from pytest_synthetic.scheduler import processes
from pytest_synthetic.scheduler.concluding import Ending, Left, concluded
from pytest_synthetic.scheduler.fork_client import ForkServer
from pytest_synthetic.scheduler.job_folder import JobFolder, jobs_of, left_over, sweep_hidden
from pytest_synthetic.scheduler.shared_browser import SharedBrowsers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.keeper import Order
    from pytest_synthetic.model.plan import Job
    from pytest_synthetic.scheduler.processes import Process
    from pytest_synthetic.scheduler.shared_browser import Lent

_SAID = (0, 1)
"""How pytest ends when all its tests ended: the browser that it was lent is well."""
LINES = 60
"""Of a log that an outcome has at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """Where jobs are run: `folder` is where pytest is started, and `environ` what it inherits.

    Secrets come to journeys by their environment.
    """

    settings: Settings
    folder: Path
    environ: Mapping[str, str]


class ProcessRunner:
    """A core.ports.Runner. Threads may share it."""

    def __init__(
        self,
        workplace: Workplace,
        clock: Clock,
        say: Callable[[str], object],
        anew: Callable[[], Process] = processes.begun_anew,
    ) -> None:
        """`say` hears of what does not go as it should; `anew` begins a process that is no fork.

        Raises ConfigError for secrets that cannot be had.
        """
        self._at = workplace
        self._anew = anew
        self._clock = clock
        self._say = say
        self._redactor, _ = redactor.opened(workplace.settings, workplace.environ, workplace.folder)
        self._lock = threading.Lock()
        self._running: dict[str, Process] = {}
        self._folders: dict[str, JobFolder] = {}
        self._stopped = False
        self._browsers = self._shared_browsers()
        self._forks = self._fork_server()

    def _shared_browsers(self) -> SharedBrowsers | None:
        """Elsewhere than on Linux, there is nobody to end a browser whose owner was killed."""
        runner = self._at.settings.runner
        if not runner.share_browser or sys.platform != "linux":
            return None
        return SharedBrowsers(runner, self._at.environ, self._clock, self._say)

    def _fork_server(self) -> ForkServer | None:
        """Elsewhere than on Linux, a process that forked may not go on (macOS), or none can (Windows)."""
        if self._at.settings.runner.isolation is Isolation.PROCESS or sys.platform != "linux":
            return None
        return ForkServer(str(self._at.folder), self._at.environ, self._say)

    @property
    def jobs(self) -> Path:
        """Where the folders of jobs lie."""
        return jobs_of(self._at.settings, self._at.folder)

    def begin(self) -> None:
        """Load what runs need, beside what else is done; without this, the first one waits for it."""
        if self._forks:
            self._forks.begin()

    def wait(self) -> None:
        """Until that is done."""
        if self._forks:
            self._forks.wait()

    # -- what a scheduler or an agent asks of it -----------------------------------------------------------------------

    def run(self, job: Job) -> Outcome:
        """Run a job to its end; its folder stays until it is `delivered`. Raises nothing."""
        began = self._clock.now()
        try:
            return self._run(job, began)
        except UsageError as error:
            return self._not_run(job, began, str(error))
        except OSError as error:
            told = f"{error.strerror or error}" + (f": {error.filename}" if error.filename else "")
            return self._not_run(job, began, f"it could not be begun: {told}")
        except Exception as error:  # noqa: BLE001  a scheduler runs for months: a mistake of ours costs one run
            return self._not_run(job, began, f"the runner failed: {type(error).__name__}: {error}")

    def delivered(self, job: Job) -> None:
        """The outcome of a job is where it belongs: forget the job."""
        with self._lock:
            folder = self._folders.pop(job.id, None)
        if folder:
            folder.remove()

    def left_over(self) -> Iterator[Outcome]:
        """The outcomes of jobs whose runner died before it could deliver them; each waits to be `delivered`."""
        sweep_hidden(self.jobs, self._clock.now())
        for folder in left_over(self.jobs):
            try:
                job = folder.job()
            except (OSError, UsageError) as error:
                self._say(f"a folder that is left over says no job, and is removed: {error}")
                folder.remove()
                continue
            with self._lock:
                self._folders[job.id] = folder
            yield self._outcome(job, folder, Ending.of(folder.ended()), self._clock.now())

    def stop(self) -> None:
        """End all that run, in order while there is time; jobs that come later are not begun."""
        with self._lock:
            self._stopped = True
            running = tuple(self._running.values())
        for kept in running:
            kept.end()
        if self._forks:
            self._forks.close()
        if self._browsers:
            self._browsers.close()

    # -- one job -----------------------------------------------------------------------------------------------------

    def _run(self, job: Job, began: datetime) -> Outcome:
        if job.plan.unreadable:
            return self._not_run(job, began, job.plan.unreadable)
        if self._stopped:
            return self._not_run(job, began, "its runner was asked to end before the run began")
        folder = JobFolder.create(self.jobs, job)
        with self._lock:
            self._folders[job.id] = folder
        well = False
        try:
            lent = self._lent(job, folder)
            try:
                ending = self._executed(job, folder)
                well = ending.code in _SAID and ending.why is None
            finally:
                if lent:
                    lent.done(well=well)
        finally:
            folder.sweep()
        return self._outcome(job, folder, ending, began)

    def _lent(self, job: Job, folder: JobFolder) -> Lent | None:
        """A browser that runs already, told to the job; None for a job that starts its own, or needs none."""
        if not self._browsers or not job.plan.browser or job.isolated:
            return None
        lent = self._browsers.lend(self._at.settings.region(job.plan.region))
        if lent:
            lent.shared.note(folder.path)
        return lent

    def _executed(self, job: Job, folder: JobFolder) -> Ending:
        kept = self._keeper(job)
        try:
            kept.begin(self._order(job, folder))
            with self._lock:
                self._running[job.id] = kept
                if self._stopped:
                    kept.end()
            return Ending.of(kept.wait())
        except processes.KeeperLost:
            processes.end_all_of(job.id)
            return Ending()
        finally:
            with self._lock:
                self._running.pop(job.id, None)
            kept.close()

    def _keeper(self, job: Job) -> Process:
        """Of the fork server where there is one, unless the job is to share nothing. Raises UsageError, OSError."""
        forked = None if job.isolated or self._forks is None else self._forks.keeper()
        if forked is not None:
            return forked
        kept = self._anew()
        if not kept.is_there():
            kept.close()
            raise UsageError("it could not be begun: the process that was to watch over it did not start")
        return kept

    def _order(self, job: Job, folder: JobFolder) -> Order:
        return {
            "command": [sys.executable, "-m", "pytest", *self._arguments(job, folder)],
            "cwd": str(self._at.folder),
            "env": self._environment(job, folder),
            "folder": str(folder.path),
            "limit": job.time_limit,
            "grace": self._at.settings.runner.grace,
        }

    def _arguments(self, job: Job, folder: JobFolder) -> list[str]:
        """What pytest is told, besides what a user's addopts say: the plugin sees to it that one run comes of it."""
        region = job.plan.region
        given = {
            "--synthetic-job": folder.path,
            "--synthetic-region": region if region != LOCAL else None,
            "--synthetic-config": self._at.settings.source,
        }
        return [*(f"{option}={value}" for option, value in given.items() if value), job.plan.nodeid]

    def _environment(self, job: Job, folder: JobFolder) -> dict[str, str]:
        own = {processes.JOB: job.id, "TMPDIR": str(folder.scratch()), "PYTHONUNBUFFERED": "1"}
        # Playwright's driver is Node.js: half a second of CPU to start, a third less when its code is compiled already.
        compiled = {"NODE_COMPILE_CACHE": str(self.jobs.parent / "node")} if job.plan.browser else {}
        return {**compiled, **self._at.environ, **own}

    # -- what became of it ---------------------------------------------------------------------------------------------

    def _outcome(self, job: Job, folder: JobFolder, ending: Ending, began: datetime) -> Outcome:
        said = plain(self._redactor.text(folder.said()))
        where = self._redactor.text(folder.where())
        left = Left(records=folder.records(), note=folder.note(), count=folder.count(), where=where, said=said)
        runs = concluded(job, left, ending, began)
        return Outcome(job=job, runs=runs, log="\n".join(said.splitlines()[-LINES:]) or None)

    def _not_run(self, job: Job, began: datetime, why: str) -> Outcome:
        run = unrun.broken(job.plan, job.at, began, self._redactor.text(why), attempt=job.attempt)
        return Outcome(job=job, runs=(run,))


def runner_here(settings: Settings, folder: Path, clock: Clock, say: Callable[[str], object]) -> ProcessRunner:
    """A runner of this process's own environment."""
    return ProcessRunner(Workplace(settings=settings, folder=folder, environ=dict(os.environ)), clock, say)
