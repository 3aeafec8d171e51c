"""A browser for this machine: the one that journeys would get, or one set up for them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_synthetic.channels import browser
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.errors import BrowserUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LAUNCH_LIMIT = 30.0
"""Seconds a browser may take to start: ten times what a busy machine needs."""
DOWNLOAD_LIMIT = 900.0
"""Seconds for Playwright's download, about 280 MB."""
APT_LIMIT = 600.0

OWN = "Playwright's own"
PLAYWRIGHT_INSTALL = (sys.executable, "-m", "playwright", "install", "chromium")
PLAYWRIGHT_LIBRARIES = (sys.executable, "-m", "playwright", "install-deps", "chromium")
APT_INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends", "chromium")
# A host that drops packets must not hold the set-up for minutes; apt must not ask questions.
_ENVIRONMENT = {"PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "10000", "DEBIAN_FRONTEND": "noninteractive"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Usable:
    """A browser that was started and ended again. `path` is None for Playwright's own."""

    name: str
    version: str
    path: str | None

    def __str__(self) -> str:
        """As people read it: `chromium 141.0.1, Playwright's own`."""
        return f"{self.name} {self.version}, {self.path or OWN}"


def usable() -> Usable:
    """Start the browser that a journey would get, and end it. Raises BrowserUnavailable."""
    from playwright.sync_api import sync_playwright

    tried: list[str | None] = []
    with sync_playwright() as playwright:

        def start(**more: Any) -> Any:
            tried.append(more.get("executable_path"))
            return playwright.chromium.launch(timeout=LAUNCH_LIMIT * 1000, **more)

        started = browser.launch(playwright.chromium, {}, start)
        found = Usable(name=started.browser_type.name, version=started.version, path=tried[-1])
        started.close()
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command did: whether it went well, and the line of its output that says most."""

    well: bool
    told: str


def run(command: Sequence[str], limit: float, environ: Mapping[str, str] = os.environ) -> Outcome:
    """Run a command quietly; after `limit` seconds it is killed, with all that it started."""
    try:
        process = subprocess.Popen(  # noqa: S603  the commands above
            command,
            env={**environ, **_ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        return Outcome(well=False, told=f"{command[0]}: {error.strerror}")
    try:
        output, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        return Outcome(well=False, told=f"not done after {limit:g} s")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    return Outcome(well=process.returncode == 0, told=_saying(output))


def _saying(output: str) -> str:
    """The first line that speaks of an error, else the last one."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error", "e:")) or "ENOTFOUND" in line]
    return one_line(next(iter([*errors[:1], *lines[-1:]]), ""), 160)


class Setup:
    """Sets up a browser, the least costly way first."""

    def __init__(
        self,
        say: Callable[[str], None],
        *,
        usable: Callable[[], Usable] = usable,
        run: Callable[[Sequence[str], float], Outcome] = run,
        which: Callable[[str], str | None] = shutil.which,
        root: bool | None = None,
    ) -> None:
        """`say` is told every step that takes time. The rest is the machine, given by tests."""
        self._say = say
        self._usable = usable
        self._run = run
        self._which = which
        self._root = os.geteuid() == 0 if root is None else root

    def ensure(self) -> Usable:
        """A browser that starts. Raises BrowserUnavailable, which says what to do by hand."""
        try:
            return self._usable()
        except BrowserUnavailable as error:
            why = str(error)
        self._say("No browser starts here yet. Downloading Playwright's own Chromium …")
        downloaded = self._run(PLAYWRIGHT_INSTALL, DOWNLOAD_LIMIT)
        if downloaded.well:
            return self._with_libraries()
        self._say(f"That download is not possible: {downloaded.told}")
        if self._which("apt-get") is None:
            raise BrowserUnavailable(f"{why}\nInstall Chromium, Chrome or Edge by hand; it is found by itself.")
        return self._from_apt()

    def _with_libraries(self) -> Usable:
        """Playwright's own browser, once the system libraries it needs are there."""
        try:
            return self._usable()
        except BrowserUnavailable as error:
            by_hand = f"Run as root: {' '.join(PLAYWRIGHT_LIBRARIES)}"
            if not self._root or self._which("apt-get") is None:
                raise BrowserUnavailable(f"{error}\nIt may miss system libraries. {by_hand}") from None
        self._say("Installing the system libraries that it needs …")
        done = self._run(PLAYWRIGHT_LIBRARIES, APT_LIMIT)
        if not done.well:
            raise BrowserUnavailable(f"the libraries of Playwright's Chromium: {done.told}\n{by_hand}")
        return self._usable()

    def _from_apt(self) -> Usable:
        by_hand = "sudo apt-get update && sudo apt-get install chromium"
        if not self._root:
            raise BrowserUnavailable(f"No browser is installed, and only root can install one. Run:\n  {by_hand}")
        self._say("Installing Debian's chromium with apt-get …")
        self._run(("apt-get", "update"), APT_LIMIT)
        installed = self._run(APT_INSTALL, APT_LIMIT)
        if not installed.well:
            raise BrowserUnavailable(f"apt-get could not install chromium: {installed.told}\nRun: {by_hand}")
        return self._usable()
