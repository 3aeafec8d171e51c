"""What became of a job, told by what it left: a run has passed when its record says so, and only then."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_synthetic.core import unrun
from pytest_synthetic.core.plaintext import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pytest_synthetic.model.plan import Job
    from pytest_synthetic.model.run import RunResult

_ENDED = {
    0: "ended well, but ran nothing that was recorded",
    1: "ended with 1, but recorded no run",
    2: "was interrupted or could not collect the test",
    3: "had an internal error",
    4: "refused to run it",
    5: "found no such test",
}
"""What pytest's exit codes mean where a run is missing."""
_IN_ORDER = frozenset({0, 1})
_TELLING = re.compile(r"(?:ERROR:? (?!usage:)|\S*: error: |E   +|INTERNALERROR> |cannot be started )(?=\S)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How pytest ended. `code` as in subprocess: -9 is SIGKILL; None when nobody saw it.

    `why` it was ended: "limit", "asked", "orphaned", or None: it ended by itself. `killed`: not in order. `strays` are
    the names of processes that outlived it and were killed, `stuck` of those that could not be.
    """

    code: int | None = None
    why: str | None = None
    killed: bool = False
    strays: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()

    @classmethod
    def of(cls, told: Mapping[str, object]) -> Ending:
        """Read what a keeper told."""
        code, why = told.get("code"), told.get("why")
        return cls(
            code=code if isinstance(code, int) else None,
            why=why if isinstance(why, str) else None,
            killed=bool(told.get("killed")),
            strays=_names(told.get("strays")),
            stuck=_names(told.get("stuck")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a job left: the records of runs that ended, that of the run which began last, and the end of what was said.

    `count` is how many variants were to run, 0 when that is not known; `where` is the step that the last run was in.
    Nothing secret is in `said` and `where`.
    """

    records: tuple[RunResult, ...] = ()
    note: RunResult | None = None
    count: int = 0
    where: str = ""
    said: str = ""


def concluded(job: Job, left: Left, ending: Ending, began: datetime) -> tuple[RunResult, ...]:
    """The records of a job: those that it wrote, and what is known of the run that it could not write one of."""
    why = _why(job, ending, left.said)
    runs = [_told_why(run, ending, why) for run in left.records]
    if left.note and left.note.run_id not in {run.run_id for run in runs}:
        runs.append(unrun.interrupted(left.note, why + _in(left.where)))
    missing = left.count - len({run.nodeid for run in runs})
    if not runs:
        runs.append(unrun.broken(job.plan, job.at, began, why, attempt=job.attempt))
    elif missing > 0:
        told = f"{missing} of {left.count} variants did not run: {why}"
        runs.append(unrun.broken(job.plan, job.at, began, told, attempt=job.attempt))
    elif left.records and ending.code not in _IN_ORDER and why not in str(runs[-1].reason):
        runs[-1] = _noted(runs[-1], f"its record was written, then: {why}")
    if ending.stuck:
        runs[-1] = _noted(runs[-1], f"could not be killed and still runs: {', '.join(ending.stuck)}")
    if ending.strays:
        runs[-1] = _noted(runs[-1], f"left running, and were killed: {', '.join(ending.strays[:10])}")
    return tuple(runs)


def _told_why(run: RunResult, ending: Ending, why: str) -> RunResult:
    """A run that was ended in order knows that it was, not why."""
    if ending.why is None or run.failure is None or run.failure.type != "KeyboardInterrupt":
        return run
    told = why + _in(run.failure.step or "")
    return replace(run, reason=told, failure=replace(run.failure, reason=told, claim=told, message=told))


def _in(step: str) -> str:
    return f'; it was in the step "{one_line(step, 100)}"' if step else ""


def _noted(run: RunResult, note: str) -> RunResult:
    return replace(run, notes=(*run.notes, one_line(note, 300)))


def _why(job: Job, ending: Ending, said: str) -> str:
    """What happened, in one line."""
    how = "killed" if ending.killed else "stopped"
    match ending.why:
        case "limit":
            return f"{how} after {job.time_limit:g} s, its time limit"
        case "asked":
            return f"{how} before it was over: its runner was asked to end"
        case "orphaned":
            return f"{how} before it was over: its runner had died"
    if ending.code is None:
        return "it ended and nobody saw how: its runner, or the whole machine, went down"
    if ending.code < 0:
        return f"pytest died with signal {-ending.code}{_signal(-ending.code)}"
    last = _last_words(said)
    return f"pytest {_ENDED.get(ending.code, f'ended with {ending.code}')}" + (f": {last}" if last else "")


def _signal(number: int) -> str:
    try:
        name = signal.Signals(number).name
    except ValueError:
        return ""
    return f" ({name}: perhaps the machine had no memory left)" if name == "SIGKILL" else f" ({name})"


def _last_words(said: str) -> str:
    """What pytest gave as the error, that of the file before its own; else the last line that it wrote."""
    lines = [line for line in said.splitlines() if line.strip(" =-_")]
    telling = [line for line in lines if _TELLING.match(line)]
    raised = [line for line in telling if line.startswith("E ")]
    found = (raised or telling or lines or [""])[-1]
    return one_line(_TELLING.sub("", found), 300).strip("= ")


def _names(told: object) -> tuple[str, ...]:
    return tuple(map(str, told)) if isinstance(told, list) else ()
