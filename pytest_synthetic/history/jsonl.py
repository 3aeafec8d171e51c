"""Runs as lines of JSON, as `--synthetic-jsonl` writes them: read, line by line, and written."""

from __future__ import annotations

import gzip
import json
import math
import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pytest_synthetic.core.each_text import rewritten
from pytest_synthetic.core.plaintext import one_line, plain
from pytest_synthetic.errors import UsageError
from pytest_synthetic.history.foreign import LONGEST_DURATION
from pytest_synthetic.model.run import RunResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import IO

    from pytest_synthetic.model.run import StepResult

LONGEST_LINE = 16 * 1024 * 1024
"""Bytes: a run of 10,000 steps has about 3 MB."""

DEEPEST = 100
"""Steps within steps."""

YEARS = (1970, 2999)
"""What a clock may say that was never set, or set wrongly; beyond is no time of a run."""

_GZIP = b"\x1f\x8b"
_RUN_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A line of `file` that is no run, and why."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        """`runs.jsonl:3: reason`."""
        return f"{one_line(self.file)}:{self.line}: {self.reason}"


def read_file(path: Path, *, redact: Callable[[str], str] | None = None) -> Iterator[RunResult | BadLine]:
    """The runs of a file, plain or compressed by gzip, whatever its name; one BadLine when it cannot be read."""
    return read(_lines(path), name=str(path), redact=redact)


def read(
    lines: Iterable[str | bytes], *, name: str, redact: Callable[[str], str] | None = None
) -> Iterator[RunResult | BadLine]:
    """The runs of `lines`, and for each line that is none a BadLine, in their order. Empty lines are passed over.

    `name` is what messages call the lines. `redact` is applied to every text. Texts are made plain.
    """
    number, coming = 0, iter(lines)
    while True:
        number += 1
        try:
            line = next(coming)
        except StopIteration:
            return
        except (OSError, EOFError, zlib.error, ValueError) as error:
            yield BadLine(file=name, line=number, reason=_unreadable(error))
            return
        if line.strip():
            yield _run(line, name, number, redact)


def write(runs: Iterable[RunResult], file: IO[str]) -> int:
    """Write `runs` to `file`, a line each, and return how many there were. Raises OSError."""
    number = 0
    for number, run in enumerate(runs, 1):  # noqa: B007  the last number is the count
        file.write(json.dumps(run.to_json(), separators=(",", ":")) + "\n")
    return number


# -- lines ---------------------------------------------------------------------------------------------------------


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, none of them so long that it fills the memory."""
    with path.open("rb") as raw:
        packed = raw.read(2) == _GZIP
        raw.seek(0)
        file: IO[bytes] = gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[assignment]  # reads as one
        while line := file.readline(LONGEST_LINE + 1):
            yield line
            while len(line) > LONGEST_LINE and not line.endswith(b"\n"):
                line = file.readline(LONGEST_LINE + 1)


def _unreadable(error: Exception) -> str:
    if isinstance(error, EOFError):
        return "the compressed file is cut off here: what comes after is lost"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror}"
    return f"cannot be read from here on: {one_line(str(error), 200)}"


# -- a line --------------------------------------------------------------------------------------------------------


def _run(line: str | bytes, name: str, number: int, redact: Callable[[str], str] | None) -> RunResult | BadLine:
    try:
        run = _checked(RunResult.from_json(_values(line)))
        return rewritten(run, redact) if redact else run
    except UsageError as error:
        reason = str(error)
    except UnicodeDecodeError as error:
        reason = f"not UTF-8: {error.reason} at byte {error.start + 1}"
    except json.JSONDecodeError as error:
        reason = _no_json(line, error)
    except (RecursionError, ValueError) as error:  # nested too deep, or a number of thousands of digits
        reason = f"not a record of a run: {error}"
    return BadLine(file=name, line=number, reason=one_line(reason, 300))


def _values(line: str | bytes) -> Any:
    """The JSON of a line, its texts plain."""
    if len(line) > LONGEST_LINE:
        raise UsageError(f"longer than {LONGEST_LINE // 1024 // 1024} MB: no record of a run")
    text = line if isinstance(line, str) else line.decode("utf-8-sig")
    values = json.loads(text.removeprefix("\ufeff"), parse_constant=_no_number)
    return values if text.isascii() and "\\" not in text else _plain(values)


def _no_number(text: str) -> float:
    raise UsageError(f"{text} is no number that can be counted with")


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return {plain(key): _plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def _no_json(line: str | bytes, error: json.JSONDecodeError) -> str:
    last = line[-1:] not in ("\n", b"\n")
    cut = error.msg.startswith("Unterminated string") or error.pos >= len(error.doc.rstrip())
    if last and cut:
        return "the line is cut off: what wrote it was stopped, or still writes"
    return f"not JSON: {error.msg} at column {error.colno}"


# -- a record ------------------------------------------------------------------------------------------------------


def _checked(run: RunResult) -> RunResult:
    """`run`, if its values are such as a history can count with. Raises UsageError."""
    if not _RUN_ID.fullmatch(run.run_id):
        raise UsageError(f"run_id {run.run_id!r}: expected 32 hexadecimal digits")
    if not 1 <= run.attempt < 2**15:
        raise UsageError(f"attempt {run.attempt}: expected 1 or more, below 32,768")
    for name in ("started_at", "scheduled_at"):
        _check_time(name, getattr(run, name))
    for name in ("duration", "setup_duration", "teardown_duration", "promised"):
        _check_seconds(name, getattr(run, name))
    if not all(0 <= kept.size < 2**63 for kept in run.artifacts if kept.size is not None):
        raise UsageError("the size of a piece of evidence is no number of bytes")
    _check_steps(run.steps)
    numbers = [run.revenue_per_hour or 0.0, *(measured.value for measured in run.measurements)]
    numbers += [run.slo.window if run.slo else 0.0, (run.schedule and run.schedule.every) or 0.0]
    numbers += [number for breach in run.breaches for number in (breach.measured, breach.promised)]
    if not all(map(math.isfinite, numbers)):
        raise UsageError("a number in it is too large to be counted with")
    return run


def _check_steps(steps: tuple[StepResult, ...], depth: int = 1) -> None:
    if depth > DEEPEST:
        raise UsageError(f"steps lie more than {DEEPEST} deep in each other")
    for step in steps:
        _check_seconds("start of a step", step.start)
        _check_seconds("duration of a step", step.duration)
        _check_seconds("sla of a step", step.sla)
        if step.steps:
            _check_steps(step.steps, depth + 1)


def _check_time(name: str, told: str | None) -> None:
    if told is None:
        return
    try:
        moment = datetime.fromisoformat(told)
        known = moment.tzinfo is not None and YEARS[0] <= moment.astimezone(UTC).year <= YEARS[1]
    except (ValueError, OverflowError):
        known = False
    if not known:
        raise UsageError(
            f"{name} {one_line(told, 40)!r}: expected a time in UTC such as 2026-11-21T21:35:07.075Z, "
            f"from {YEARS[0]} to {YEARS[1]}"
        )


def _check_seconds(name: str, told: float | None) -> None:
    if told is not None and not 0 <= told <= LONGEST_DURATION:
        raise UsageError(f"{name} is {told}: expected seconds, from 0 to {LONGEST_DURATION:g}")
