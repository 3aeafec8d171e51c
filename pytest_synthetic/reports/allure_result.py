"""A run in Allure's words.

Shared by the bridge, which improves Allure's own result, and by what is written for a run whose worker died: both
must carry the same identity, or the history of a journey would break in two.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import TYPE_CHECKING

from allure_commons.model2 import Label, Link, Parameter, Status, StatusDetails

from pytest_synthetic.core.plaintext import one_line, plain
from pytest_synthetic.model.journey import Criticality
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from allure_commons.model2 import TestResult

    from pytest_synthetic.model.run import RunResult

SEVERITY = {
    Criticality.CRITICAL: "blocker",
    Criticality.HIGH: "critical",
    Criticality.MEDIUM: "normal",
    Criticality.LOW: "minor",
}

_STATUS = {Verdict.PASSED: Status.PASSED, Verdict.FAILED: Status.FAILED, Verdict.BROKEN: Status.BROKEN}
_RAW = frozenset({"synthetic_region", "synthetic_device", "browser_name"})
_BROWSER = re.compile(r"\b(?:chromium|firefox|webkit)\b")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")


def describe(result: TestResult, run: RunResult, product: str) -> None:
    """Make `result` say what `run` says. Labels that the test's author set with Allure's own marks win over ours."""
    result.name = title(run)
    result.testCaseId = _md5(run.journey)
    result.historyId = history_id(run)
    result.parameters = [*parameters(run), *_others(result, run), *_numbers(run)]
    _label(result, run, product)
    _link(result, run)
    result.status = status(run, result.status)
    _explain(result, run)


# -- identity ----------------------------------------------------------------------------------------------------


def title(run: RunResult) -> str:
    """The journey's name, and what tells this variant of it from the others (its region has a place of its own)."""
    device = run.device if run.device != "desktop" else None
    browser = browser_of(run)
    unusual = browser if browser != "chromium" else None
    return " · ".join(text for text in (run.name, device, unusual, *run.parameters.values()) if text)


def browser_of(run: RunResult) -> str | None:
    """The browser as the test's own name tells it: a run that never came to open one has the same history."""
    told = _BROWSER.search(run.nodeid.partition("[")[2])
    return told[0] if told else run.browser


def parameters(run: RunResult) -> list[Parameter]:
    """What tells the variants of a journey apart; memory addresses in a value would make each run a new one."""
    own = {"region": run.region, "device": run.device, "browser": browser_of(run)}
    told = {name: value for name, value in own.items() if value} | dict(run.parameters)
    return [Parameter(name=name, value=_ADDRESS.sub("0x…", value)) for name, value in told.items()]


def history_id(run: RunResult) -> str:
    """Identity of one variant of a journey, whatever file its test lies in."""
    told = sorted(f"{parameter.name}={parameter.value}" for parameter in parameters(run))
    return _md5(run.journey, *told)


def _md5(*texts: str) -> str:
    return hashlib.md5("\0".join(map(plain, texts)).encode(), usedforsecurity=False).hexdigest()


def _others(result: TestResult, run: RunResult) -> Iterator[Parameter]:
    """Parameters that the test set while it ran: shown, but no part of its identity (a one-time code, an order)."""
    replaced = _RAW | set(run.parameters)
    for parameter in result.parameters:
        if parameter.name not in replaced:
            parameter.excluded = True
            yield parameter


def _numbers(run: RunResult) -> Iterator[Parameter]:
    """Which run it is: `synthetic history import --allure` knows it again by these."""
    yield Parameter(name="run_id", value=run.run_id, excluded=True)
    if run.attempt > 1:
        yield Parameter(name="attempt", value=str(run.attempt), excluded=True)


# -- labels and links --------------------------------------------------------------------------------------------


def _label(result: TestResult, run: RunResult, product: str) -> None:
    default = {
        "epic": product,
        "feature": run.stage.value if run.stage else None,
        "story": run.name,
        "owner": run.owner,
        "severity": SEVERITY[run.criticality],
    }
    ours = {"verdict": run.verdict.value, "region": run.region, "journey": run.journey, "tag": run.verdict.value}
    set_already = {label.name for label in result.labels}
    told = [*ours.items(), *(item for item in default.items() if item[1] and item[0] not in set_already)]
    result.labels = [*(Label(name, value) for name, value in told), *result.labels]  # the first are seen first


def _link(result: TestResult, run: RunResult) -> None:
    """A runbook that is no web address would be a dead link, or worse: `javascript:`."""
    if run.runbook and run.runbook.startswith(("http://", "https://")):
        result.links.append(Link(type="link", url=run.runbook, name="runbook"))
    elif run.runbook:
        result.labels.append(Label("runbook", run.runbook))


# -- status ------------------------------------------------------------------------------------------------------


def status(run: RunResult, outcome: str | None) -> str:
    """Allure's status. `outcome` is what the test's own was: with `--synthetic-sla=warn` a degraded one passes."""
    if run.verdict is Verdict.DEGRADED:
        told = Status.FAILED if outcome in (Status.FAILED, Status.BROKEN) else Status.PASSED
    else:
        told = _STATUS.get(run.verdict, Status.SKIPPED)
    return str(told)


def _explain(result: TestResult, run: RunResult) -> None:
    told = message(run)
    if told is None:
        return
    trace = result.statusDetails.trace if result.statusDetails and run.failure else None
    result.statusDetails = StatusDetails(message=told, trace=trace)


def message(run: RunResult) -> str | None:
    """Why the run did not pass, None when it did. `categories.json` matches the first words of it."""
    if run.verdict is Verdict.PASSED:
        return None
    if run.verdict is Verdict.DEGRADED:
        return "DEGRADED: " + "\n".join((*(breach.message for breach in run.breaches), *run.notes))
    if run.verdict is Verdict.FAILED:
        return f"FAILED: {_claim(run)}{_place(run)}"
    if run.verdict is Verdict.BROKEN:
        return f"BROKEN: at fault: {run.fault or 'unknown'}: {_kind(run)}{_claim(run)}{_how(run)}{_place(run)}"
    return f"{run.verdict.upper()}: {run.reason or 'no reason given'}"


def _claim(run: RunResult) -> str:
    return run.failure.claim if run.failure else one_line(run.reason or "nothing was told")


def _kind(run: RunResult) -> str:
    """What kind of exception it was: a KeyError says no more than its key."""
    return f"{run.failure.type}: " if run.failure and run.failure.type != _claim(run) else ""


def _how(run: RunResult) -> str:
    """How the fault was told, unless the claim has said it."""
    return f"\n({run.reason})" if run.reason and run.reason != _claim(run) else ""


def _place(run: RunResult) -> str:
    if run.failure is None:
        return ""
    step = f"\nin step: {run.failure.step}" if run.failure.step else ""
    frame = f"\nat {run.failure.frame}" if run.failure.frame else ""
    return "".join((step, frame, *(f"\n{note}" for note in run.notes)))


# -- time --------------------------------------------------------------------------------------------------------


def began(run: RunResult) -> int:
    """When the run started, in milliseconds since 1970; raises ValueError for a record whose start is no time."""
    return int(datetime.fromisoformat(run.started_at).timestamp() * 1000)


def ended(run: RunResult) -> int:
    """When the run's last known phase ended, in milliseconds since 1970."""
    phases = (run.setup_duration, run.duration, run.teardown_duration)
    return began(run) + int(sum(phase or 0.0 for phase in phases) * 1000)
