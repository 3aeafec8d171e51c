"""A browser that runs share, one after the other: what a run is told of it, and whether it is the one it would start.

A run gets a browser of its own as soon as it asks for anything that the shared one was not started with.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import socket
import tempfile
import uuid
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_synthetic.channels import browser
from pytest_synthetic.model.verdict import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NOTE = "browser.json"
"""The file in the folder of a job that says which browser is lent to it."""
CHECK = "check"
"""The socket in the folder of a shared browser that answers how it is."""
BETWEEN, DURING = "between", "during"
"""When a browser is asked how it is: between two runs its clipboard is emptied as well."""
ANSWER_LIMITS = {BETWEEN: 5.0, DURING: 20.0}
"""Seconds that a browser may take to answer, on a machine that is busy; one that idles takes 10 ms."""
CONNECT_LIMIT = 10.0

# What browser and driver read of the environment: a run that changed it must not get a browser started without.
_READ = re.compile(
    r"(?:https?|all|ftp|no)_proxy|TZ|LANG|LANGUAGE|LC_\w+|HOME|DISPLAY|WAYLAND_DISPLAY|DEBUG|NODE_(?!COMPILE_CACHE)\w+|"
    r"(?:XDG|FONTCONFIG|SSL|NSS|PW|PLAYWRIGHT|PWDEBUG|CHROME|CHROMIUM|GOOGLE|LD|MESA|LIBGL|EGL)\w*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedBrowser:
    """A running browser: where Playwright connects to, the process and the folder of its server, and what it `fits`."""

    endpoint: str
    pid: int
    folder: str
    fits: str

    def note(self, job: Path) -> None:
        """Lend it to a job. Raises OSError."""
        descriptor = os.open(job / NOTE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file)


def lent(job: Path) -> SharedBrowser | None:
    """The browser that is lent to a job; None when it has to start its own."""
    try:
        return SharedBrowser(**json.loads((job / NOTE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def fitting(options: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    """A mark that two browsers have in common when they are started alike; it tells no secret.

    `options` are those of `browser_type.launch`.
    """
    asked = {key: value for key, value in options.items() if value is not None and (key, value) != ("headless", True)}
    around = {name: value for name, value in environ.items() if _READ.fullmatch(name)}
    told = json.dumps([browser.playwright_version(), asked, around], sort_keys=True, default=repr)
    return hashlib.sha256(told.encode()).hexdigest()


def connect(browser_type: Any, shared: SharedBrowser) -> Any | None:
    """The shared browser; None when it does not answer."""
    from playwright.sync_api import Error

    options = {"endpoint": shared.endpoint, "timeout": CONNECT_LIMIT * 1000}
    try:
        return browser.connect(browser_type, options, {})
    except Error:
        return None


def contexts(folder: str, moment: str) -> int | None:
    """How many contexts runs have open in a shared browser; None when it does not answer in time."""
    with (
        suppress(OSError, ValueError, TypeError, KeyError),
        _opened(folder) as place,
        socket.socket(socket.AF_UNIX) as asking,
    ):
        asking.settimeout(ANSWER_LIMITS[moment])
        asking.connect(f"/proc/self/fd/{place}/{CHECK}")  # a socket's own path may have 107 bytes at most
        asking.sendall(moment.encode())
        return int(json.loads(asking.recv(4096))["contexts"])
    return None


@contextmanager
def _opened(folder: str) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


class Suspicion:
    """A classifier: a page that does nothing any more is the product's fault only when its browser still answers."""

    def __init__(self, shared: SharedBrowser) -> None:
        """Nothing is asked before something fails."""
        self._shared = shared
        self._dead = False

    def __call__(self, error: BaseException, /) -> tuple[Fault, str] | None:
        """That the browser is at fault; None when it is well, or the error is none of Playwright's."""
        waited = type(error).__name__ == "TimeoutError" and type(error).__module__.startswith("playwright.")
        if not (waited or (isinstance(error, AssertionError) and "Call log:" in str(error))):
            return None
        if not self._dead and contexts(self._shared.folder, DURING) is None:
            self._dead = True
            _let_go(self._shared)
        return (Fault.BROWSER, "the browser does not answer any more") if self._dead else None


def _let_go(shared: SharedBrowser) -> None:
    """End the server of a browser that hangs: to close a context in it, Playwright would wait for ever."""
    with suppress(OSError):
        if Path(f"/proc/{shared.pid}/cwd").samefile(shared.folder):
            os.kill(shared.pid, signal.SIGKILL)


@contextmanager
def downloads_at_hand() -> Iterator[None]:
    """Let `Download.path()` work, which Playwright refuses for a browser that it connects to."""
    from playwright.sync_api import Download

    path = Download.path
    with tempfile.TemporaryDirectory(prefix="synthetic-downloads-") as folder:

        def here(download: Any) -> Path:
            found = Path(folder, uuid.uuid4().hex)
            download.save_as(found)
            return found

        Download.path = here  # type: ignore[method-assign, assignment]
        try:
            yield
        finally:
            Download.path = path  # type: ignore[method-assign]
