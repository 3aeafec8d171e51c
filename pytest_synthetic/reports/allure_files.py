"""What lies beside Allure's results: surroundings, categories, the build, times; and results nobody else can write.

Used in the controlling process alone; workers write their results by themselves.
"""

from __future__ import annotations

import json
import os
import platform
import uuid
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from allure_commons.logger import AllureFileLogger
from allure_commons.model2 import Label, TestResult

from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.model.run import walk
from pytest_synthetic.model.verdict import Fault, Verdict
from pytest_synthetic.reports import allure_result, ci
from pytest_synthetic.reports.allure_text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pytest_synthetic.model.run import RunResult, StepResult

SERVED = frozenset({Verdict.PASSED, Verdict.DEGRADED})
"""Verdicts whose times mean something: a failed run's are those of its time-outs."""

_REST = r"[\s\S]*"  # Allure 2 matches whole messages, in Java; Allure 3 parts of them, in JavaScript

CATEGORIES: list[dict[str, Any]] = [
    {
        "name": "Customers do not get it (failed)",
        "matchedStatuses": ["failed"],
        "messageRegex": f"^FAILED: {_REST}",
    },
    {
        "name": "It works, but breaks a promise (degraded)",
        "matchedStatuses": ["failed", "passed"],
        "messageRegex": f"^DEGRADED: {_REST}",
    },
    *(
        {
            "name": f"The run cannot say: at fault: {fault} (broken)",
            "matchedStatuses": ["broken"],
            "messageRegex": f"^BROKEN: at fault: {fault}: {_REST}",
        }
        for fault in Fault
    ),
    {
        "name": "Not tried: something it needs has failed already (blocked)",
        "matchedStatuses": ["skipped"],
        "messageRegex": f"^BLOCKED: {_REST}",
    },
    {
        "name": "Asked not to run (skipped)",
        "matchedStatuses": ["skipped"],
        "messageRegex": f"^SKIPPED: {_REST}",
    },
]


class AllureFiles:
    """Gathers the runs of a session and writes about them at its end, into the folder of Allure's results."""

    def __init__(self, folder: Path, product: str = "product", environ: Mapping[str, str] = os.environ) -> None:
        """`product` as the bridge has it; `environ` tells which build this is."""
        self._folder = folder
        self._product = product
        self._environ = environ
        self._surroundings: dict[str, set[str]] = {"regions": set(), "browsers": set(), "git.commit": set()}
        self._times: list[tuple[str, str, float, int]] = []
        self._seen = False

    def run_finished(self, run: RunResult) -> None:
        """Keep what the files tell of a run."""
        self._seen = True
        self._surroundings["regions"].add(run.region)
        if run.browser:
            self._surroundings["browsers"].add(f"{run.browser} {run.browser_version or ''}".strip())
        if run.git_commit:
            self._surroundings["git.commit"].add(run.git_commit)
        if run.verdict in SERVED:
            self._times += _times(run)

    def lost(self, run: RunResult) -> None:
        """Write the result of a run whose worker died. Raises OSError."""
        if any(run.run_id in path.read_text("utf-8", "replace") for path in self._folder.glob("*-result.json")):
            return  # the worker came as far as to write it
        result = _bare(run)
        allure_result.describe(result, run, self._product)
        clean(result)
        writer: Any = AllureFileLogger
        writer(str(self._folder)).report_result(result)

    def close(self) -> None:
        """Write the files; none when no journey ran. Raises OSError."""
        if not self._seen:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        self._write_environment()
        self._write("categories.json", CATEGORIES)
        if build := ci.executor(self._environ):
            self._write("executor.json", build)
        if self._times:
            name = f"{uuid.uuid4()}-perf.json"
            (self._folder / name).write_text(json.dumps([_metric(*told) for told in self._times]), encoding="utf-8")

    def _write(self, name: str, told: object) -> None:
        """A file that is there is the user's own, or that of an earlier session of the same results."""
        path = self._folder / name
        if not path.exists():
            path.write_text(json.dumps(told, indent=2), encoding="utf-8")

    def _write_environment(self) -> None:
        """Several sessions may report into one folder, a region each: what they saw is told together."""
        path = self._folder / "environment.properties"
        lines = path.read_text("utf-8", "replace").splitlines() if path.exists() else []
        told = dict(line.split("=", 1) for line in lines if "=" in line)
        for name, values in self._surroundings.items():
            known = {value for value in told.get(name, "").split(", ") if value}
            told[name] = ", ".join(sorted(known | {_escaped(value) for value in values}))
        told |= {name: _escaped(value) for name, value in _versions().items()}
        path.write_text("".join(f"{name}={value}\n" for name, value in sorted(told.items()) if value), encoding="utf-8")


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "os": platform.platform(terse=True)}
    for name in ("pytest-synthetic", "pytest", "playwright"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _escaped(text: str) -> str:
    r"""Text as a Java properties file holds it: `\uXXXX` for what is not printable ASCII."""
    told = []
    for character in one_line(text, 200):
        plain = " " <= character <= "~" and character != "\\"
        units = character.encode("utf-16-be")
        told += [character] if plain else [f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2)]
    return "".join(told)


# -- times -------------------------------------------------------------------------------------------------------


def _times(run: RunResult) -> Iterator[tuple[str, str, float, int]]:
    """The journey's and its steps': journey and region, what was timed, seconds, start in ms since 1970."""
    group = one_line(f"{allure_result.title(run)} · {run.region}", 200)
    start = allure_result.began(run)
    if run.duration is not None:
        yield group, "the whole journey", run.duration, start + int((run.setup_duration or 0.0) * 1000)
    for path, step in walk(run.steps):
        if step.verdict in SERVED:
            yield group, _step(path, step), step.duration, start + int(step.start * 1000)


def _step(path: str, step: StepResult) -> str:
    return path if step.occurrence == 1 else f"{path} ({step.occurrence})"


def _metric(group: str, name: str, duration: float, start: int) -> dict[str, Any]:
    """One value of Allure 3's Metrics page (allurereport.org/docs/performance-metrics)."""
    took = round(duration * 1000, 1)
    return {
        "id": str(uuid.uuid4()),
        "key": f"{group} > {name}",
        "value": took,
        "start": start,
        "stop": start + int(took),
        "title": name,
        "unit": "ms",
        "better": "lower",
        "group": group,
        "groupTitle": group,
    }


# -- results of lost runs ----------------------------------------------------------------------------------------


def _bare(run: RunResult) -> TestResult:
    """A result as allure-pytest would have begun it: same name, place in the tree, and start."""
    path, *inner = run.nodeid.partition("[")[0].split("::")
    folders, _, file = path.rpartition("/")
    module = file.removesuffix(".py").partition(".")[0]
    package = ".".join(filter(None, [*folders.split("/"), module]))
    classes, function = inner[:-1], inner[-1] if inner else module
    suites = {"parentSuite": folders.replace("/", "."), "suite": module, "subSuite": " > ".join(classes)}
    described = {**suites, "host": platform.node(), "framework": "pytest", "package": package}
    return TestResult(
        uuid=str(uuid.uuid4()),
        fullName=f"{'.'.join([package, *classes])}#{function}",
        titlePath=[*path.split("/"), *classes],
        start=allure_result.began(run),
        stop=allure_result.ended(run),
        labels=[Label(name, value) for name, value in described.items() if value],
    )
