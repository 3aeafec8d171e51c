"""JUnit XML, as pytest, Maven Surefire, Gradle, Jest, Playwright and Cypress write it, read into records.

What JUnit XML does not know stays unknown: steps, regions, promises. `docs/how-to/import-history.md` says what becomes
of what it knows.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from stat import S_ISREG
from typing import TYPE_CHECKING

from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.history.foreign import LONGEST_DURATION, BadEntry, Words, identity, moment, raised
from pytest_synthetic.history.junit_xml import Refused, cases
from pytest_synthetic.model.verdict import Fault, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import IO

    from pytest_synthetic.history.junit_xml import Case, Outcome, Suite
    from pytest_synthetic.model.run import Failure, RunResult

LARGEST = 512 * 1024 * 1024
"""Bytes of a file. Most of a large one is output, which is passed over."""

_STATUS = {
    **dict.fromkeys(("failed", "failure", "fail"), "failure"),
    **dict.fromkeys(("error", "errored", "broken"), "error"),
    **dict.fromkeys(("skipped", "skip", "notrun", "disabled", "ignored", "pending", "suppressed", "todo"), "skipped"),
}
"""Outcomes that some tools write as an attribute `status` or `result`, with no element."""

_REASONS = {
    "failure": "JUnit XML calls it a failure: a claim does not hold",
    "error": "JUnit XML calls it an error: it does not say who is at fault",
}
_NUMBER = re.compile(r"\d+(?:\.\d*)?(?:[eE][-+]?\d+)?", re.ASCII)


def read(
    path: Path, *, zone: tzinfo = UTC, redact: Callable[[str], str] | None = None
) -> Iterator[RunResult | BadEntry]:
    """The runs of a file, and a BadEntry for what is none. Reading a file again gives the same runs, by `run_id`.

    `zone` is that of times which name none. `redact` is applied to every text.
    """
    try:
        status = path.stat()
        if told := _refused(status.st_mode, status.st_size):
            yield BadEntry(file=str(path), reason=told)
            return
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            written = datetime.fromtimestamp(status.st_mtime, UTC)
            yield from _Reading(path, Words(redact), zone, written, digest).runs(file)
    except (OSError, ValueError) as error:  # ValueError: a path that holds a NUL
        reason = getattr(error, "strerror", None) or one_line(str(error), 200)
        yield BadEntry(file=str(path), reason=f"cannot be read: {reason}")


def _refused(mode: int, size: int) -> str | None:
    if not S_ISREG(mode):
        return "no file: expected a JUnit XML file"
    if size > LARGEST:
        return f"has {size // 1024 // 1024} MB: more than the {LARGEST // 1024 // 1024} MB that are read"
    return None


@dataclass(slots=True, kw_only=True)
class _Clock:
    """When the cases of a suite started: at `start`, plus what those before took when it `runs`."""

    start: datetime
    note: str
    runs: bool = True
    elapsed: float = 0.0

    def now(self) -> datetime:
        try:
            return self.start + timedelta(seconds=self.elapsed)
        except OverflowError:
            return self.start


class _Reading:
    """One file, under way."""

    def __init__(self, path: Path, words: Words, zone: tzinfo, written: datetime, digest: str) -> None:
        self._path = path
        self._words = words
        self._zone = zone
        self._digest = digest
        note = "the report says no time that can be read: the one at which the file was written is taken"
        self._written = _Clock(start=written, note=note, runs=False)
        self._clocks: dict[int, tuple[Suite, _Clock]] = {}
        self._seen: Counter[str] = Counter()

    def runs(self, file: IO[bytes]) -> Iterator[RunResult | BadEntry]:
        """Every case as its runs, one an attempt."""
        try:
            for case in cases(file):
                if case.attributes.get("name", "").strip():
                    yield from self._attempts(case)
                else:
                    yield BadEntry(file=str(self._path), line=case.line, reason="a <testcase> without a name")
        except Refused as error:
            yield BadEntry(file=str(self._path), line=error.line, reason=str(error))

    def _attempts(self, case: Case) -> Iterator[RunResult]:
        clock = self._clock_of(case)
        for attempt, (outcomes, took) in enumerate(_attempts(case), 1):
            duration = _seconds(took)
            yield self._run(case, clock, attempt, outcomes, duration)
            if clock.runs:
                clock.elapsed += duration or 0.0

    # -- one run -----------------------------------------------------------------------------------------------------

    def _run(
        self, case: Case, clock: _Clock, attempt: int, outcomes: list[Outcome], duration: float | None
    ) -> RunResult:
        words = self._words
        verdict, deciding = _verdict(case, outcomes)
        failure = self._failure(verdict, deciding)
        region = _property(case, "region") or "local"
        journey = words.line(_journey(case))
        return words.record(
            run_id=self._run_id(case, clock, region, attempt),
            session_id=identity("junit", self._digest),
            attempt=attempt,
            journey=journey,
            name=words.line(case.attributes["name"]),
            nodeid=journey,
            region=words.line(region, 100),
            tool_version="brought in from JUnit XML",
            started_at=moment(clock.now()),
            duration=None if verdict is Verdict.SKIPPED else duration,
            verdict=verdict,
            fault=failure.fault if failure else None,
            reason=failure.reason if failure else self._why_skipped(verdict, deciding),
            failure=failure,
            notes=(f"brought in from JUnit XML, {words.line(self._path.name, 100)}: {clock.note}",),
        )

    def _run_id(self, case: Case, clock: _Clock, region: str, attempt: int) -> str:
        """The same whenever the file is read, and in another file into which it was merged.

        Without a time of its own a case is told from that of another day by the file.
        """
        times = [*_times(case), self._digest if clock is self._written else ""]
        suite = case.suite.attributes if case.suite else {}
        known = [suite.get(name, "") for name in ("package", "name", "hostname", "id")]
        took = case.attributes.get("time", "")
        told = identity("junit", _journey(case), region, took, *times, *known)
        if attempt == 1:
            self._seen[told] += 1
        return identity(told, str(self._seen[told]), str(attempt))

    def _failure(self, verdict: Verdict, deciding: Outcome | None) -> Failure | None:
        if verdict not in (Verdict.FAILED, Verdict.BROKEN):
            return None
        failed = verdict is Verdict.FAILED
        return self._words.failure(
            message=_message(deciding),
            kind=(deciding.attributes.get("type") or raised(deciding.text)) if deciding else None,
            fault=Fault.PRODUCT if failed else Fault.TEST,
            reason=_REASONS["failure" if failed else "error"],
        )

    def _why_skipped(self, verdict: Verdict, deciding: Outcome | None) -> str | None:
        if verdict is not Verdict.SKIPPED:
            return None
        told = deciding.attributes.get("message") or deciding.text if deciding else ""
        return self._words.line(told, 300) or "no reason given"

    # -- time --------------------------------------------------------------------------------------------------------

    def _clock_of(self, case: Case) -> _Clock:
        """That of the case itself, of the nearest suite that has a time, or the file's."""
        if own := self._read_time(case.attributes.get("timestamp")):
            return own
        suite = case.suite
        while suite:
            if id(suite) not in self._clocks:
                clock = self._read_time(suite.attributes.get("timestamp"))
                self._clocks[id(suite)] = (suite, clock or self._written)
            if (found := self._clocks[id(suite)][1]) is not self._written:
                return found
            suite = suite.parent
        return self._written

    def _read_time(self, told: str | None) -> _Clock | None:
        text = (told or "").strip()
        if len(text) <= len("2026-11-21"):
            return None  # a day is no time
        try:
            at = datetime.fromisoformat(text)
            if at.tzinfo:
                return _Clock(start=at.astimezone(UTC), note="started when its suite did, and the tests before it took")
            note = f"its time names no zone: taken as {self._zone}"
            return _Clock(start=at.replace(tzinfo=self._zone).astimezone(UTC), note=note)
        except (ValueError, OverflowError):
            return None


# -- what a case says ------------------------------------------------------------------------------------------------


def _attempts(case: Case) -> Iterator[tuple[list[Outcome], str | None]]:
    """What each attempt ended with, and how long it took.

    Surefire tells inside the case of those before a pass (flaky), and of those after a failure (rerun).
    """
    yield from _repeated(case, "flaky")
    once = [outcome for outcome in case.outcomes if not outcome.kind.startswith(("flaky", "rerun"))]
    yield once, case.attributes.get("time")
    yield from _repeated(case, "rerun")


def _repeated(case: Case, kind: str) -> Iterator[tuple[list[Outcome], str | None]]:
    return (([told], told.attributes.get("time")) for told in case.outcomes if told.kind.startswith(kind))


def _verdict(case: Case, outcomes: list[Outcome]) -> tuple[Verdict, Outcome | None]:
    """The worst that was said, and what said it. A test that was not run did not pass."""
    for kind, verdict in (("failure", Verdict.FAILED), ("error", Verdict.BROKEN), ("skipped", Verdict.SKIPPED)):
        for outcome in outcomes:
            if outcome.kind.lower().endswith(kind):
                return verdict, outcome
        if any(_STATUS.get(case.attributes.get(name, "").lower()) == kind for name in ("status", "result")):
            return verdict, None
    return Verdict.PASSED, None


def _message(outcome: Outcome | None) -> str:
    """The attribute, and the text unless that begins with it: Playwright's attribute is no more than a title."""
    if outcome is None:
        return ""
    message, text = outcome.attributes.get("message", "").strip(), outcome.text.strip()
    return text if text.startswith(message) else f"{message}\n{text}"


def _journey(case: Case) -> str:
    suite = case.suite.attributes.get("name", "") if case.suite else ""
    where = case.attributes.get("classname", "").strip() or suite.strip()
    name = case.attributes["name"].strip()
    return f"{where}.{name}" if where else name


def _property(case: Case, name: str) -> str | None:
    """Of the case, or of the nearest suite that has it."""
    if name in case.properties:
        return case.properties[name]
    suite = case.suite
    while suite:
        if name in suite.properties:
            return suite.properties[name]
        suite = suite.parent
    return None


def _times(case: Case) -> Iterator[str]:
    suite = case.suite
    if told := case.attributes.get("timestamp"):
        yield told
    while suite:
        if told := suite.attributes.get("timestamp"):
            yield told
        suite = suite.parent


def _seconds(told: str | None) -> float | None:
    """A duration as it is written; Surefire puts commas between thousands. None for what is no duration."""
    text = (told or "").strip()
    text = text.replace(",", "") if "." in text else text
    if not _NUMBER.fullmatch(text) or not math.isfinite(number := float(text)) or number > LONGEST_DURATION:
        return None
    return number
