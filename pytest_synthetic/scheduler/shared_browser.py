"""Lends running browsers to runs, so that not each has to start its own: each browser to one run at a time.

A browser serves the runs of an agent or a watcher one after the other. When several run at once, each has one to
itself: a journey that kills or blocks its browser harms no other, and the guard of one holds no page of another.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_synthetic.channels import browser
from pytest_synthetic.errors import BrowserUnavailable
from pytest_synthetic.scheduler.browser_process import DURING, BrowserProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_synthetic.channels.browser_shared import SharedBrowser
    from pytest_synthetic.config.settings import RunnerSettings
    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.model.region import Region


@dataclass(slots=True, kw_only=True)
class _Browser:
    """A browser of ours: `kind` is its region and how it was started, `since` is when (monotonic), `runs` its uses."""

    process: BrowserProcess
    kind: str
    since: float
    runs: int = 0


LOOK = 5.0
"""Seconds between two looks at a browser that is lent."""


class Lent:
    """A browser in the hands of one run, and looked at meanwhile.

    Playwright would wait for one that hangs until the time limit of the run: it is killed, and the run hears of it.
    """

    def __init__(self, browser: _Browser, back: Callable[..., None]) -> None:
        """`back` takes the browser, and whether all went well."""
        self._browser = browser
        self._back = back
        self._returned = threading.Event()
        threading.Thread(target=self._look, daemon=True, name="lent-browser").start()

    @property
    def shared(self) -> SharedBrowser:
        """What the run is told."""
        return self._browser.process.shared

    def done(self, *, well: bool) -> None:
        """Give it back. Not `well`: the run was killed, or could not say; nobody gets this browser again."""
        self._returned.set()
        self._back(self._browser, well=well)

    def _look(self) -> None:
        process = self._browser.process
        while not self._returned.wait(LOOK) and not process.is_over:
            if process.ailment(DURING) and not self._returned.is_set():
                process.kill()


class SharedBrowsers:
    """The browsers of an agent or a watcher. Threads may share it."""

    def __init__(
        self, settings: RunnerSettings, environ: Mapping[str, str], clock: Clock, say: Callable[[str], object]
    ) -> None:
        """`environ` is what runs get; `say` hears why a browser was replaced out of turn. Starts nothing yet."""
        self._settings = settings
        self._environ = environ
        self._clock = clock
        self._say = say
        self._lock = threading.Lock()
        self._idle: list[_Browser] = []
        self._closed = False

    def lend(self, region: Region) -> Lent | None:
        """A browser that is well, for one run in `region`; None when the run has to start its own.

        Takes a second where one has to be started. Raises nothing.
        """
        if region.remote_browser or self._closed:
            return None
        launch = browser.proxied(region, {})
        kind = json.dumps([region.name, launch], sort_keys=True)
        while found := self._taken(kind):
            why = None if self._is_worn(found) else found.process.ailment() or ""
            if why == "":
                return Lent(found, self._back)
            self._retire(found, why)
        return self._started(launch, kind)

    def close(self) -> None:
        """Lend none any more. Those that are lent end when they are given back. Waits for none."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for one in idle:
            one.process.end()

    # -- one after the other -----------------------------------------------------------------------------------------

    def _taken(self, kind: str) -> _Browser | None:
        """The one that was used last: the others can go."""
        with self._lock:
            found = next((one for one in reversed(self._idle) if one.kind == kind), None)
            if found:
                self._idle.remove(found)
        return found

    def _started(self, launch: dict[str, Any], kind: str) -> Lent | None:
        try:
            found = _Browser(process=BrowserProcess(launch, self._environ), kind=kind, since=self._clock.monotonic())
        except (BrowserUnavailable, OSError) as error:
            self._say(f"no browser can be shared, each run starts its own: {error}")
            return None
        return Lent(found, self._back)

    def _back(self, found: _Browser, *, well: bool) -> None:
        found.runs += 1
        if not well:
            self._retire(found, None)
        elif found.process.is_over:
            self._retire(found, "it died during a run")
        elif self._is_worn(found) or self._has_grown(found) or not self._kept(found):
            self._retire(found, None)
        self._tidy()

    def _has_grown(self, found: _Browser) -> bool:
        return found.process.memory() > self._settings.shared_browser_memory

    def _kept(self, found: _Browser) -> bool:
        with self._lock:
            if not self._closed:
                self._idle.append(found)
            return not self._closed

    def _is_worn(self, found: _Browser) -> bool:
        age = self._clock.monotonic() - found.since
        return found.runs >= self._settings.shared_browser_runs or age >= self._settings.shared_browser_age

    def _tidy(self) -> None:
        """End those that nobody uses any more and that are old."""
        with self._lock:
            worn = [one for one in self._idle if self._is_worn(one) or one.process.is_over]
            self._idle = [one for one in self._idle if one not in worn]
        for one in worn:
            self._retire(one, None)

    def _retire(self, found: _Browser, why: str | None) -> None:
        """Nobody gets it again; `why` is told, None is nothing to tell of."""
        if why:
            self._say(f"the shared browser is replaced: {why}")
        found.process.end()
