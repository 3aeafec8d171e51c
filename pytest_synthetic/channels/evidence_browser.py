"""What explains a browser run: pictures, outline, network, console, trace; a HAR and videos where asked for."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_synthetic.channels import page_state
from pytest_synthetic.channels.network_log import NetworkLog
from pytest_synthetic.channels.page_cover import Cover
from pytest_synthetic.channels.page_log import PageLog
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.model.verdict import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_synthetic.channels.page_state import Budget, Collector
    from pytest_synthetic.core.recorder import Recorder

PAGES_SHOWN = 5
"""Open pages of a run that are pictured."""

TRACE_READ = 100_000_000
"""Bytes of a trace, unpacked, that are looked at."""

_ZIP = "application/zip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is recorded beside the logs. `cover` are selectors of what no picture may show."""

    trace: bool = True
    har: bool = False
    video: bool = False
    cover: Sequence[str] = ()


class BrowserEvidence:
    """Records the contexts of one run, and gives what it has when somebody collects it; else nothing is left of it."""

    def __init__(self, recorder: Recorder, collector: Collector, wanted: Wanted) -> None:
        """`collector` is given the files, at `gather` and as each context closes after it."""
        self._recorder = recorder
        self._collector = collector
        self._wanted = wanted
        self._cover = Cover(wanted.cover)
        self._network = NetworkLog(
            began=recorder.started_at.timestamp(),
            now=lambda: recorder.clock.now().timestamp(),
            step=lambda: recorder.current_step,
        )
        recorder.listeners.append(self._network)
        self._pages = PageLog(lambda: recorder.current_step)
        self._contexts: list[Any] = []
        self._ended: list[Any] = []
        self._traced: list[Any] = []
        self._traces: list[Path] = []
        self._untraced = 0
        self._filmed: dict[Any, list[Any]] = {}
        """The pages of each context, also of those that are closed by now."""
        self._hars: dict[Any, Path] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._collected = False

    @property
    def is_tracing(self) -> bool:
        """Whether traces are recorded here."""
        return self._wanted.trace

    # -- as contexts come and go ---------------------------------------------------------------------------------

    def arguments(self) -> dict[str, Any]:
        """What a context must be made with, for what Playwright records from its first moment."""
        asked: dict[str, Any] = {}
        if self._wanted.har:
            asked |= {"record_har_path": self._file(f"{len(self._hars) + 1}.har"), "record_har_content": "omit"}
        if self._wanted.video:
            asked |= {"record_video_dir": self._file("videos")}
        return asked

    def watch(self, context: Any, given: dict[str, Any]) -> None:
        """Begin to record a context, before its first page. `given` is what it was made with."""
        self._contexts.append(context)
        self._network.watch(context, given.get("base_url"))
        self._pages.watch(context)
        har = given.get("record_har_path")
        if har is not None and self._folder and Path(har).is_relative_to(self._folder.name):
            self._hars[context] = Path(har)
        if self._wanted.trace:
            self._trace(context)
        self._untraced += not self._wanted.trace
        if self._wanted.video:
            pages = self._filmed[context] = list(context.pages)
            context.on("page", lambda page: pages.append(page))  # noqa: PLW0108  Playwright takes no built-in
        close = context.close

        def close_and_keep(*arguments: Any, **more: Any) -> None:
            if context in self._contexts:
                self._contexts.remove(context)
                self._closing(context)
                close(*arguments, **more)
                self._closed(context)
            else:
                close(*arguments, **more)

        context.close = close_and_keep

    def _trace(self, context: Any) -> None:
        """Start tracing; a test that starts a trace of its own finds none under way."""
        tracing = context.tracing
        start = tracing.start
        start(title=self._recorder.spec.name, snapshots=True)
        self._traced.append(context)

        def start_instead(*arguments: Any, **more: Any) -> Any:
            tracing.start = start
            if context in self._traced:
                self._traced.remove(context)
                self._untraced += 1
                tracing.stop()
            return start(*arguments, **more)

        tracing.start = start_instead

    def _closing(self, context: Any) -> None:
        """A trace must be had before its context closes. Writing it costs: at the end of a good test, it is let go."""
        if context in self._traced and self._recorder.phase == "call" and not self._collected:
            self._recorder.guarded(self._stop, context)

    def _closed(self, context: Any) -> None:
        """Only now are a HAR and videos complete."""
        if self._collected:
            self._recorder.guarded(self._keep_late, context)
        elif context in self._hars or context in self._filmed:
            self._ended.append(context)

    def _keep_late(self, context: Any) -> None:
        if har := self._hars.pop(context, None):
            self._keep_file("har", har, "application/json")
        for page in self._filmed.pop(context, ()):
            if page.video:
                path = self._file(f"{id(page)}.webm")
                page.video.save_as(path)
                self._keep_file("video", path, "video/webm")

    # -- collecting ----------------------------------------------------------------------------------------------

    def gather(self, budget: Budget) -> list[str]:
        """Give all there is to the collector; return what the console says of it, at most two lines."""
        self._collected = True
        # First the traces: where one is recorded, each question to a page that hangs takes 6 s more.
        for context in list(self._traced):
            self._recorder.guarded(self._stop, context)
        pages = [page for context in self._contexts for page in context.pages if not page.is_closed()]
        for number, page in enumerate(pages[:PAGES_SHOWN], 1):
            self._recorder.guarded(page_state.capture, page, number, self._collector, budget, self._cover)
        if told := self._cover.complaint(self._recorder.spec.name):
            self._recorder.complaints.append(told)
        if not pages:
            self._collector.miss("screenshot", "image/png", "no page was open")
        self._keep_text("network log", self._network.text())
        self._keep_text("console", self._pages.text(pages[:PAGES_SHOWN]))
        if not budget.is_spent:
            self._recorder.guarded(self._keep_answer)
        for number, trace in enumerate(self._traces, 1):
            self._keep_file("trace" if number == 1 else f"trace {number}", trace, _ZIP)
        for context in self._ended:
            self._recorder.guarded(self._keep_late, context)
        return [clue for clue in (self._network_clue(), self._pages.clue()) if clue]

    def _network_clue(self) -> str | None:
        """What the network says of the failure; nothing where the inbox is at fault: no page asks for its messages."""
        failures = self._recorder.failures
        at_inbox = failures and failures[-1].fault is Fault.INBOX
        return None if at_inbox else self._network.clue(self._recorder.failed_step)

    def traced(self) -> list[bytes] | None:
        """What was done on the pages and what they showed, by the traces; None when a context has no whole one."""
        if self._untraced or self._traced:
            return None
        parts: list[bytes] = []
        for path in self._traces:
            with zipfile.ZipFile(path) as trace:
                steps = [entry for entry in trace.infolist() if entry.filename.endswith(".trace")]
                if sum(entry.file_size for entry in steps) > TRACE_READ:
                    return None
                parts += map(trace.read, steps)
        return parts

    def _keep_answer(self) -> None:
        if answer := self._network.answer():
            text, step = answer
            self._collector.keep("server answer", text.encode(), "text/plain", step=step)

    def _keep_text(self, name: str, text: str | None) -> None:
        if text:
            self._collector.keep(name, text.encode("utf-8", "replace"), "text/plain")

    def _stop(self, context: Any) -> None:
        from playwright.sync_api import Error

        self._traced.remove(context)
        path = self._file(f"{len(self._traces) + 1}-trace.zip")
        try:
            context.tracing.stop(path=path)
        except (Error, OSError) as error:  # the browser died, no room in the temporary folder
            self._untraced += 1
            self._collector.miss("trace", _ZIP, one_line(str(error), 160))
        else:
            self._traces.append(path)

    def _keep_file(self, name: str, path: Path, media_type: str) -> None:
        try:
            data = path.read_bytes()
        except OSError as error:
            self._collector.miss(name, media_type, f"it was not written: {error.strerror}")
        else:
            self._collector.keep(name, data, media_type)

    def _file(self, name: str) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="pytest-synthetic-", ignore_cleanup_errors=True)
        return Path(self._folder.name, name)

    def close(self) -> None:
        """Let go of all that was recorded and not collected."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def video_hindrance(environ: dict[str, str] | os._Environ[str] = os.environ) -> str | None:
    """Why no video can be recorded, None when one can: without its own ffmpeg Playwright could open no page at all."""
    from playwright import __file__ as installed

    package = Path(installed).parent / "driver" / "package"
    try:
        known = json.loads((package / "browsers.json").read_text(encoding="utf-8"))["browsers"]
        revision = next(entry["revision"] for entry in known if entry["name"] == "ffmpeg")
    except (OSError, ValueError, KeyError, StopIteration):
        return "which ffmpeg this Playwright needs is not known"
    folder = _browsers(environ, package) / f"ffmpeg-{revision}"
    if any(folder.glob("ffmpeg-*")):
        return None
    return f"Playwright's ffmpeg is not installed ({folder}). Run: playwright install ffmpeg"


def _browsers(environ: dict[str, str] | os._Environ[str], package: Path) -> Path:
    """Where Playwright keeps what it installs."""
    told = environ.get("PLAYWRIGHT_BROWSERS_PATH")
    if told:
        return package / ".local-browsers" if told == "0" else Path(told)
    caches = {"darwin": Path.home() / "Library" / "Caches", "win32": Path(environ.get("LOCALAPPDATA", ""))}
    return caches.get(sys.platform, Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")) / "ms-playwright"
