"""Journeys in Allure's results: steps and files as they come, and the verdict on the result before it is written.

Imported only where allure-pytest reports. Its listener builds the results; this one stands beside it and improves
them, through the hooks that both share.
"""

from __future__ import annotations

import logging
import os
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import allure_commons

from pytest_synthetic.core.judge import verdict_of
from pytest_synthetic.core.plaintext import one_line, plain
from pytest_synthetic.model.run import walk
from pytest_synthetic.model.verdict import Verdict
from pytest_synthetic.reports import allure_result
from pytest_synthetic.reports.allure_text import clean, writable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from allure_commons.model2 import ExecutableItem, TestResult, TestResultContainer

    from pytest_synthetic.model.evidence import Artifact
    from pytest_synthetic.model.run import Failure, RunResult, StepResult

log = logging.getLogger("pytest_synthetic")

INERT = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "video/webm": "webm",
    "video/mp4": "mp4",
    "text/plain": "txt",
    "text/csv": "csv",
    "application/json": "json",
    "application/zip": "zip",
    "application/pdf": "pdf",
}
"""Media types that run no script when their file is opened by itself, with the extension they are kept under."""

QUIET = frozenset(
    {
        # pytest-playwright
        *("_artifacts_recorder", "_pw_api_request_contexts", "_pw_artifacts_folder", "_pw_trace_api_requests"),
        *("browser", "browser_channel", "browser_context_args", "browser_name", "browser_type"),
        *("browser_type_launch_args", "connect_options", "context", "delete_output_dir", "device", "is_chromium"),
        *("is_firefox", "is_webkit", "launch_browser", "new_context", "output_path", "page", "playwright"),
        "pytestconfig",
        # pytest-base-url
        *("_verify_url", "base_url"),
        # ours
        *("api", "journey", "region", "synthetic_device", "synthetic_region"),
    }
)
"""Fixtures that every journey has and nobody reads about, as long as they pass."""

_MARK = "synthetic-run"
_ORDER = "synthetic-step"
_PLACE = "\x00in step\x00"
"""Stands between the name of an attachment and the step it belongs to, until the result is written."""


class AllureBridge:
    """Hears the runs of this process (see core.ports.Listener) and tells them to Allure.

    `product` is the epic that the journeys are filed under.
    """

    def __init__(self, product: str) -> None:
        self._product = product
        self._started_in = Path(os.getcwd())  # noqa: PTH109  a test may change it; artefacts are told relative to it
        self._open: list[str] = []
        self._steps = 0
        self._run: RunResult | None = None

    def register(self) -> Callable[[], None]:
        """Take part in Allure's hooks; returns what ends it."""
        manager = allure_commons.plugin_manager
        manager.register(self)
        return lambda: manager.unregister(self)

    # -- as a run goes -------------------------------------------------------------------------------------------

    def step_started(self, name: str) -> None:
        """Open an Allure step, numbered until its result is known."""
        step = uuid.uuid4().hex
        self._open.append(step)
        allure_commons.plugin_manager.hook.start_step(uuid=step, title=name, params={_ORDER: str(self._steps)})
        self._steps += 1

    def step_finished(self, name: str, failure: Failure | None) -> None:  # noqa: ARG002  steps end innermost first
        """Close the Allure step opened last."""
        error = _as_exception(failure) if failure else None
        allure_commons.plugin_manager.hook.stop_step(
            uuid=self._open.pop(), exc_type=type(error) if error else None, exc_val=error, exc_tb=None
        )

    def attached(self, artifact: Artifact) -> None:
        """Attach the file to the open step. What could run a script when opened by itself becomes plain text.

        With no step open, it is moved to the step in which it arose when the result is written. A file that is missing
        becomes a text that says why. Raises OSError when a file is gone that should be there.
        """
        name = artifact.name
        if artifact.step and not self._open:
            name += f"{_PLACE}{artifact.step}"
        if artifact.path is None:
            allure_commons.plugin_manager.hook.attach_data(
                body=f"{artifact.name} is missing: {artifact.missing}\n",
                name=f"no {name}",
                attachment_type="text/plain",
                extension="txt",
            )
            return
        shown = artifact.media_type.partition(";")[0].strip().lower()
        kind = shown if shown in INERT else "text/plain"
        file = self._started_in / artifact.path
        file.stat()  # here it can be told; what Allure cannot copy is only logged
        allure_commons.plugin_manager.hook.attach_file(
            source=str(file),
            name=name,
            attachment_type=kind,
            extension=INERT[kind],
        )

    def run_finished(self, run: RunResult) -> None:
        """Mark the result under way as that of `run`: it is written later, when pytest is done with the test."""
        self._run = run
        self._steps = 0
        self._open.clear()
        allure_commons.plugin_manager.hook.add_label(label_type=_MARK, labels=[run.run_id])

    # -- as Allure writes ----------------------------------------------------------------------------------------

    @allure_commons.hookimpl(wrapper=True, tryfirst=True)
    def report_result(self, result: TestResult) -> Iterator[None]:
        """Let the result of a journey say its verdict. Nothing here may end the session of pytest."""
        with _told("improved"):
            run, self._run = self._take(result), None
            if run:
                steps = _ours(result, run)
                _name_breaches(steps, run)
                _move_attachments(result, steps)
                allure_result.describe(result, run, self._product)
            clean(result, plain if run else writable)
        with _told("written"):
            yield

    @allure_commons.hookimpl(wrapper=True, tryfirst=True)
    def report_container(self, container: TestResultContainer) -> Iterator[None]:
        """Keep the fixtures that say something: the user's own, and those that failed."""
        with _told("thinned out"):
            container.befores = [fixture for fixture in container.befores if _worth_showing(fixture)]
            container.afters = [fixture for fixture in container.afters if _worth_showing(fixture)]
            for fixture in (*container.befores, *container.afters):
                _numbered(fixture)
            clean(container)
        with _told("written"):
            yield

    @allure_commons.hookimpl(wrapper=True, tryfirst=True)
    def report_attached_file(self) -> Iterator[None]:
        """Let no file that cannot be copied end the session."""
        with _told("completed by a file"):
            yield

    @allure_commons.hookimpl(wrapper=True, tryfirst=True)
    def report_attached_data(self) -> Iterator[None]:
        """Let no output that cannot be written end the session."""
        with _told("completed by what was captured"):
            yield

    def _take(self, result: TestResult) -> RunResult | None:
        """The run that `result` was marked with. A test that is no journey has no mark."""
        marks = [label.value for label in result.labels if label.name == _MARK]
        result.labels = [label for label in result.labels if label.name != _MARK]
        return self._run if self._run and self._run.run_id in marks else None


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Tell of a failure instead of raising it: in a hook of Allure's it would be an internal error of pytest."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  a full disk, a text that cannot be written, a newer Allure
        reason = one_line(f"{type(error).__name__}: {error}", 300)
        log.warning("a result for Allure could not be %s: %s", what, reason)


def _as_exception(failure: Failure) -> BaseException:
    """An exception that Allure shows as `failure`: failed for the product's, broken for anybody else's."""
    base = AssertionError if verdict_of(failure) is Verdict.FAILED else Exception
    shown = type(failure.type, (base,), {"__module__": "builtins"})  # Allure would show another module's name
    error: BaseException = shown(failure.claim)
    return error


def _worth_showing(fixture: ExecutableItem) -> bool:
    name, _, finalizer = (fixture.name or "").partition("::")
    if fixture.status in ("failed", "broken") or fixture.steps or fixture.attachments:
        return True
    return name not in QUIET and finalizer != "<lambda>"  # pytest's own way to end a fixture before another


def _ours(result: TestResult, run: RunResult) -> list[tuple[str, StepResult, Any]]:
    """The steps of the journey: path, record and Allure's own."""
    started = list(walk(run.steps))  # parents first: the order in which they were opened
    return [(*started[number], item) for number, item in _numbered(result) if number < len(started)]


def _move_attachments(result: TestResult, steps: list[tuple[str, StepResult, Any]]) -> None:
    """Put what was gathered after the steps under the one in which it arose: the last of that path."""
    last = {path: item for path, _, item in steps}
    gathered, result.attachments = result.attachments, []
    for attachment in gathered:
        attachment.name, _, path = attachment.name.partition(_PLACE)
        last.get(path, result).attachments.append(attachment)


def _name_breaches(steps: list[tuple[str, StepResult, Any]], run: RunResult) -> None:
    """Steps that took too long look passed, and say so by name."""
    promises = {breach.name: breach.message for breach in run.breaches if breach.kind == "step"}
    for path, step, item in steps:
        if path in promises and _broken(step):
            item.name += ": " + promises[path].removeprefix(f'step "{path}" ')


def _broken(step: StepResult) -> bool:
    return step.sla is not None and step.duration > step.sla


def _numbered(item: ExecutableItem) -> list[tuple[int, Any]]:
    """The steps that are ours with their numbers, which are taken off them."""
    found = []
    for step in item.steps:
        number = next((int(p.value) for p in step.parameters if p.name == _ORDER), None)
        if number is not None:
            step.parameters = [p for p in step.parameters if p.name != _ORDER]
            found.append((number, step))
        found += _numbered(step)
    return found
