"""Allure's results, of any tool, read into records; those that this plugin wrote come back as what they were.

Attachments stay where they are: they are named as missing. `docs/how-to/import-history.md` says what becomes of the
rest.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pytest_synthetic.history import allure_own
from pytest_synthetic.history.allure_json import LONGEST, inner, objects, results, span, text
from pytest_synthetic.history.foreign import BadEntry, Words, identity, moment, raised
from pytest_synthetic.model.evidence import Artifact
from pytest_synthetic.model.journey import Criticality, Stage
from pytest_synthetic.model.run import RunResult, StepResult
from pytest_synthetic.model.verdict import Fault, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_synthetic.model.run import Failure

DEEPEST = 100
"""Steps within steps."""

_STATUS = {
    "passed": Verdict.PASSED,
    "failed": Verdict.FAILED,
    "broken": Verdict.BROKEN,
    "skipped": Verdict.SKIPPED,
}
_SEVERITY = {
    "blocker": Criticality.CRITICAL,
    "critical": Criticality.HIGH,
    "normal": Criticality.MEDIUM,
    "minor": Criticality.LOW,
    "trivial": Criticality.LOW,
}
_REASONS = {
    Verdict.FAILED: "Allure calls it failed: a claim does not hold",
    Verdict.BROKEN: "Allure calls it broken: it does not say who is at fault",
}
_NO_STATUS = "Allure does not say how it ended"
_RUN_ID = re.compile(r"[0-9a-f]{32}")
_UNRUN = frozenset({Verdict.SKIPPED, Verdict.BLOCKED, Verdict.MISSED})


def read(folder: Path, *, redact: Callable[[str], str] | None = None) -> Iterator[RunResult | BadEntry]:
    """The runs of a folder of results, and a BadEntry for each file that is none. `redact` is applied to every text."""
    for told in results(folder):
        if isinstance(told, BadEntry):
            yield told
            continue
        path, result = told
        try:
            yield _Result(result, Words(redact)).run()
        except (ValueError, RecursionError) as error:
            yield BadEntry(file=str(path), reason=str(error))


class _Result:
    """One result, under way."""

    def __init__(self, result: dict[str, Any], words: Words) -> None:
        """Raises ValueError for a result that has no start or no name."""
        times = span(result)
        if times is None:
            raise ValueError("has no start: when it ran is not known")
        self._result = result
        self._words = words
        self._start, self._stop = times
        self._zero = min([self._start, *_starts(result, self._start)])
        self._labels: dict[str, str] = {}
        for label in objects(result, "labels"):
            self._labels.setdefault(text(label, "name"), text(label, "value"))
        self._parameters = objects(result, "parameters")
        self._ours = "journey" in self._labels and self._labels.get("verdict") in set(Verdict)
        self._occurrences: Counter[str] = Counter()
        self._artifacts: list[Artifact] = []
        self._untimed = 0

    def run(self) -> RunResult:
        """The record. Raises ValueError for a result that cannot be one."""
        line = self._words.line
        run_id = self._run_id()
        verdict = self._verdict()
        self._attached(self._result, None)
        steps = self._steps(self._result, "", 1)
        known = {
            "run_id": run_id,
            "session_id": identity("allure", run_id),
            "journey": line(self._identity()),
            "name": line(text(self._result, "name") or self._identity()),
            "nodeid": line(text(self._result, "fullName") or self._identity()),
            "criticality": _SEVERITY.get(self._labels.get("severity", "").lower(), Criticality.HIGH),
            "owner": line(self._labels.get("owner", ""), 200) or None,
            "parameters": self._parameters_of_the_test(),
            "region": line(self._labels.get("region", ""), 100) or "local",
            "tool_version": "brought in from Allure's results",
            "started_at": moment(datetime.fromtimestamp(self._zero / 1000, UTC)),
            "duration": self._duration(verdict),
            "verdict": verdict,
            "steps": steps,
            "artifacts": tuple(self._artifacts),
        }
        return self._words.record(**known | self._outcome(verdict, steps) | (self._own(line) if self._ours else {}))

    # -- which run ---------------------------------------------------------------------------------------------------

    def _identity(self) -> str:
        told = [
            self._labels.get("journey", ""),
            *(text(self._result, key) for key in ("fullName", "historyId", "name")),
        ]
        found = next((name for name in told if name.strip()), None)
        if found is None:
            raise ValueError("names no test: has no fullName, historyId or name")
        return found

    def _run_id(self) -> str:
        own = self._hidden("run_id") if self._ours else ""
        if _RUN_ID.fullmatch(own):
            return own
        given = text(self._result, "uuid").strip()
        try:
            return uuid.UUID(given).hex
        except ValueError:
            return identity("allure", given, self._identity(), "" if given else str(self._start))

    def _hidden(self, name: str) -> str:
        """A parameter that is no part of the test's identity."""
        return next((text(p, "value") for p in self._parameters if p.get("name") == name and p.get("excluded")), "")

    def _parameters_of_the_test(self) -> dict[str, str]:
        """What tells its variants apart; values that Allure was told to hide stay hidden."""
        line = self._words.line
        shown = [p for p in self._parameters if not p.get("excluded") and p.get("mode") not in ("masked", "hidden")]
        ours = allure_own.IDENTITY if self._ours else frozenset()
        return {line(text(p, "name"), 200): line(text(p, "value"), 200) for p in shown if text(p, "name") not in ours}

    def _own(self, line: Callable[..., str]) -> dict[str, Any]:
        """What only results of this plugin tell."""
        shown = {text(p, "name"): text(p, "value") for p in self._parameters if not p.get("excluded")}
        device, browser = shown.get("device"), shown.get("browser")
        unusual = [device if device != "desktop" else None, browser if browser != "chromium" else None]
        values = [value for name, value in shown.items() if name not in allure_own.IDENTITY]
        variant = [part for part in (*unusual, *values) if part]
        attempt = self._hidden("attempt")
        links = {text(link, "name"): text(link, "url") for link in objects(self._result, "links")}
        return {
            "attempt": int(attempt) if re.fullmatch(r"[1-9][0-9]{0,3}", attempt) else 1,
            "name": line(allure_own.name_of(text(self._result, "name"), variant, self._labels.get("story"))),
            "stage": next((stage for stage in Stage if stage == self._labels.get("feature")), None),
            "runbook": line(links.get("runbook") or self._labels.get("runbook", "")) or None,
            "device": line(device, 200) if device else None,
            "browser": line(browser, 200) if browser else None,
        }

    # -- how it ended ------------------------------------------------------------------------------------------------

    def _verdict(self) -> Verdict:
        if self._ours:
            return Verdict(self._labels["verdict"])
        return _STATUS.get(text(self._result, "status"), Verdict.BROKEN)

    def _duration(self, verdict: Verdict) -> float | None:
        """Seconds of the test's body; None when it did not run, or did not end.

        The result of a test whose set-up broke has both its times from one moment.
        """
        if self._stop is None or verdict in _UNRUN or (verdict is Verdict.BROKEN and self._stop - self._start <= 1):
            return None
        return (self._stop - self._start) / 1000

    def _outcome(self, verdict: Verdict, steps: tuple[StepResult, ...]) -> dict[str, Any]:
        """Fault, reason, failure and all else that the message tells."""
        message = text(inner(self._result, "statusDetails"), "message")
        if self._ours:
            told = allure_own.told(verdict, self._words.text(message))
        else:
            told = allure_own.Told(claim=message, reason=self._words.line(message, 300) or "no reason given")
        notes = ("brought in from Allure's results", *self._left_out(), *told.notes)
        if verdict is Verdict.PASSED:
            return {"notes": notes}
        failure = self._failure(verdict, told, steps) if verdict in _REASONS else None
        total = next((breach.promised for breach in told.breaches if breach.kind == "total"), None)
        return {
            "fault": failure.fault if failure else told.fault,
            "reason": failure.reason if failure else told.reason,
            "failure": failure,
            "breaches": told.breaches,
            "promised": total,
            "notes": notes,
        }

    def _failure(self, verdict: Verdict, told: allure_own.Told, steps: tuple[StepResult, ...]) -> Failure:
        product = verdict is Verdict.FAILED
        known = self._ours or text(self._result, "status") in _STATUS
        return self._words.failure(
            message=told.claim,
            kind=told.kind or raised(text(inner(self._result, "statusDetails"), "trace")),
            fault=told.fault or (Fault.PRODUCT if product else Fault.TEST),
            reason=(told.reason if self._ours else None) or (_REASONS[verdict] if known else _NO_STATUS),
            step=told.step or _where(steps),
            frame=told.frame,
        )

    def _left_out(self) -> Iterator[str]:
        if self._untimed:
            yield f"steps left out because their times are not known: {self._untimed}"

    # -- steps and attachments ---------------------------------------------------------------------------------------

    def _steps(self, item: dict[str, Any], parent: str, depth: int) -> tuple[StepResult, ...]:
        if depth > DEEPEST:
            raise ValueError(f"steps lie more than {DEEPEST} deep in each other")
        return tuple(step for told in objects(item, "steps") if (step := self._step(told, parent, depth)))

    def _step(self, told: dict[str, Any], parent: str, depth: int) -> StepResult | None:
        times = span(told)
        if times is None or times[1] is None or not 0 <= times[0] - self._zero <= LONGEST:
            self._untimed += 1
            return None
        name, promised = self._words.line(text(told, "name")) or "unnamed", None
        if self._ours:
            name, promised = allure_own.late_step(name)
        path = f"{parent} > {name}" if parent else name
        self._occurrences[path] += 1
        occurrence = self._occurrences[path]
        self._attached(told, path)
        verdict = _STATUS.get(text(told, "status"), Verdict.BROKEN)
        return StepResult(
            name=name,
            occurrence=occurrence,
            start=(times[0] - self._zero) / 1000,
            duration=(times[1] - times[0]) / 1000,
            verdict=Verdict.DEGRADED if promised is not None and verdict is Verdict.PASSED else verdict,
            sla=promised,
            failure=self._failure_of_step(told, verdict, path),
            steps=self._steps(told, path, depth + 1),
        )

    def _failure_of_step(self, told: dict[str, Any], verdict: Verdict, path: str) -> Failure | None:
        details = inner(told, "statusDetails")
        if verdict not in _REASONS or not text(details, "message"):
            return None
        return self._words.failure(
            message=text(details, "message"),
            kind=None,
            fault=Fault.PRODUCT if verdict is Verdict.FAILED else Fault.TEST,
            reason=_REASONS[verdict],
            step=path,
        )

    def _attached(self, item: dict[str, Any], step: str | None) -> None:
        for told in objects(item, "attachments"):
            source = self._words.line(text(told, "source"), 200)
            artifact = Artifact(
                name=self._words.line(text(told, "name"), 200) or source or "unnamed",
                path=None,
                media_type=self._words.line(text(told, "type"), 100) or "application/octet-stream",
                size=None,
                sha256=None,
                step=step,
                missing=f"not brought in: it stayed with Allure's results as {source or 'a file without a name'}",
            )
            self._artifacts.append(artifact)


def _starts(item: dict[str, Any], start: int) -> Iterator[int]:
    """When its steps started: those of fixtures come before the test's body, by a day at most."""
    spans = (span(step) for step in objects(item, "steps"))
    return (times[0] for times in spans if times and times[0] >= start - 86_400_000)


def _where(steps: tuple[StepResult, ...], parent: str = "") -> str | None:
    """The path of the innermost step that did not pass, the first of them."""
    for step in steps:
        if step.verdict in _REASONS:
            path = f"{parent} > {step.name}" if parent else step.name
            return _where(step.steps, path) or path
    return None
