"""The console's summary: one line a journey and region, readable at 80 columns and without colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.model.run import walk
from pytest_synthetic.model.sla import spoken
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_synthetic.model.run import RunResult

Line = tuple[str, dict[str, bool]]

PASSED_SHOWN = 40
"""Good runs shown one by one; of more only the count: what matters must be in sight."""

_MARKUP = {
    Verdict.PASSED: {"green": True},
    Verdict.DEGRADED: {"yellow": True},
    Verdict.FAILED: {"red": True},
    Verdict.BROKEN: {"red": True},
    Verdict.BLOCKED: {"yellow": True},
    Verdict.SKIPPED: {"yellow": True},
}


@dataclass(frozen=True, slots=True)
class _Line:
    """What the summary keeps of a run: ten thousand of them must fit in a session."""

    verdict: Verdict
    title: str
    region: str
    time: str
    slowest: tuple[str, str]
    told: tuple[str, ...]


LEAST_NAME = 5
"""Characters of a journey's name that are always shown."""

_STEP = 24
"""Characters kept for the name and time of the slowest step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """How wide each column is, in characters."""

    title: int
    region: int
    time: int
    width: int

    def row(self, verdict: str, title: str, region: str, time: str, step: str, took: str) -> str:  # noqa: PLR0913, PLR0917
        """One line; a name that is too long is cut, a time never."""
        head = f"{verdict:9} {_cut(title, self.title).ljust(self.title)}  {region.ljust(self.region)}"
        head = f"{head}  {time.rjust(self.time)}  "
        return f"{head}{one_line(step, max(0, self.width - len(head) - len(took) - 1))} {took}".rstrip()


class Console:
    """Gathers the runs of a session and words them at its end."""

    def __init__(self, *, region_given: bool) -> None:
        """`region_given`: whether the user chose regions; if not, the summary says where the runs were made."""
        self.lines: list[_Line] = []
        self._region_given = region_given

    def run_finished(self, run: RunResult) -> None:
        """Keep what the summary needs of a run."""
        self.lines.append(_line(run))

    def summary(self, width: int) -> Iterator[Line]:
        """The lines to print, each with pytest's markup."""
        columns = self._columns(width)
        yield columns.row("", "journey", "region", "time of SLA", "slowest step", ""), {"bold": True}
        passed = 0
        for line in self.lines:
            passed += line.verdict is Verdict.PASSED
            if line.verdict is Verdict.PASSED and passed > PASSED_SHOWN:
                continue
            yield (
                columns.row(line.verdict.upper(), line.title, line.region, line.time, *line.slowest),
                _MARKUP[line.verdict],
            )
            for told in line.told:
                yield from (("          " + part, {}) for part in _wrapped(told, width - 10))
        if passed > PASSED_SHOWN:
            yield f"PASSED    … and {passed - PASSED_SHOWN} more", _MARKUP[Verdict.PASSED]
        yield from self._footer()

    def _columns(self, width: int) -> _Columns:
        region = max([6, *(len(line.region) for line in self.lines)])
        time = max([11, *(len(line.time) for line in self.lines)])
        room = width - 10 - 2 - region - 2 - time - 2 - _STEP
        title = max([7, *(len(line.title) for line in self.lines)])
        return _Columns(title=max(12, min(title, room)), region=region, time=time, width=width)

    def _footer(self) -> Iterator[Line]:
        counts = {verdict: sum(line.verdict is verdict for line in self.lines) for verdict in Verdict}
        said = counts[Verdict.PASSED] + counts[Verdict.DEGRADED] + counts[Verdict.FAILED]
        shown = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
        runs = "1 run" if len(self.lines) == 1 else f"{len(self.lines)} runs"
        yield f"{runs}: {shown}. {said} of {len(self.lines)} could say something.", {}
        if self.lines and not self._region_given:
            yield 'Run from this machine as region "local": no --synthetic-region was given.', {}


def _cut(title: str, width: int) -> str:
    """A title that is too long loses the end of the journey's name: what comes after it tells the runs apart."""
    name, dot, variant = title.partition(" · ")
    if len(title) <= width or not variant or width < 2 * LEAST_NAME + len(dot):
        return one_line(title, width)
    room = max(LEAST_NAME, width - len(dot + variant))
    return one_line(name, room) + dot + one_line(variant, width - room - len(dot))


def _line(run: RunResult) -> _Line:
    device = f" · {run.device}" if run.device and run.device != "desktop" else ""
    extra = "".join(f" · {value}" for value in run.parameters.values())
    attempt = f" · attempt {run.attempt}" if run.attempt > 1 else ""
    return _Line(
        verdict=run.verdict,
        title=f"{run.name}{device}{extra}{attempt}",
        region=run.region,
        time=_time(run),
        slowest=_slowest(run),
        told=_told(run),
    )


def _time(run: RunResult) -> str:
    if run.duration is None:
        return "-"
    return spoken(run.duration) + (f" of {spoken(run.promised)}" if run.promised else "")


def _slowest(run: RunResult) -> tuple[str, str]:
    steps = [(step.duration, path.rpartition(" > ")[2]) for path, step in walk(run.steps) if not step.steps]
    if not steps:
        return "", ""
    duration, name = max(steps)
    return name, spoken(duration)


def _told(run: RunResult) -> tuple[str, ...]:
    if run.verdict is Verdict.DEGRADED:
        return tuple(filter(None, (*(breach.message for breach in run.breaches), *run.notes, _picture(run))))
    if run.verdict in (Verdict.BLOCKED, Verdict.SKIPPED):
        return (run.reason,) if run.reason else ()
    if run.verdict is Verdict.PASSED:
        return ()
    if run.failure is None:
        return (run.reason,) if run.reason else ()
    place = f"{run.failure.step}: " if run.failure.step else ""
    fault = f"at fault: {run.fault} ({run.reason})" if run.failure.type != "AssertionError" else ""
    told = (f"{place}{run.failure.claim}", *run.notes, fault, run.failure.frame or "", _picture(run))
    return tuple(text for text in told if text)


def _picture(run: RunResult) -> str:
    """Where the first picture lies, and with it all other evidence; why there is none."""
    pictures = [artifact for artifact in run.artifacts if artifact.media_type.startswith("image/")]
    paths = [artifact.path for artifact in pictures if artifact.path]
    whys = [f"no {artifact.name}: {artifact.missing}" for artifact in pictures if artifact.missing]
    return next(iter([*paths, *whys]), "")


def _wrapped(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(
        one_line(text), width, max_lines=4, placeholder=" …", break_on_hyphens=False, break_long_words=" " in text
    ) or [""]
