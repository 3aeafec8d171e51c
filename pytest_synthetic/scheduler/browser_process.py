"""A browser as a process: started under a keeper, asked how it is, ended with all that it started."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from pytest_synthetic.channels import browser, browser_shared
from pytest_synthetic.errors import BrowserUnavailable
from pytest_synthetic.keeper import LOCK
from pytest_synthetic.scheduler import processes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_synthetic.keeper import Order
    from pytest_synthetic.scheduler.processes import Kept

START_LIMIT = 30.0
"""Seconds that a browser may take to start, as Playwright gives it."""
LIFE = 7 * 86_400.0
"""Seconds after which a keeper ends its browser, whatever anybody says: no limit of ours is as long."""
GRACE = 5.0
_SERVER = Path(__file__).with_name("browser_server.js")
_FOLDER = "synthetic-browser-"
_ROUND = 0.02
DURING = browser_shared.DURING


class BrowserProcess:
    """A running browser. `shared` is what a run is told of it."""

    def __init__(self, launch: Mapping[str, Any], environ: Mapping[str, str]) -> None:
        """Start one with the options `launch` of Playwright's. Raises BrowserUnavailable, OSError."""
        _sweep()
        self._folder = Path(tempfile.mkdtemp(prefix=_FOLDER))
        self._id = f"browser-{uuid.uuid4().hex}"
        self._kept: Kept | None = None
        self._over = threading.Event()
        try:
            self._begin(launch, environ)
            told = self._ready()
        except BaseException:
            self.end()
            raise
        self._pid = int(told["pid"])
        self.shared = browser_shared.SharedBrowser(
            endpoint=told["endpoint"],
            pid=self._pid,
            folder=str(self._folder),
            fits=browser_shared.fitting(launch, environ),
        )

    def _begin(self, launch: Mapping[str, Any], environ: Mapping[str, str]) -> None:
        options = {"launch": launch, "installed": browser.installed()}
        descriptor = os.open(self._folder / "options.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(options, file)  # a proxy's login is nothing for a command line
        kept = processes.fresh()
        with suppress(processes.KeeperLost):
            if kept.is_there():
                kept.begin(self._order(environ))
                self._kept = kept
        if self._kept is None:
            kept.close()
            raise BrowserUnavailable("the process that was to watch over it did not start")
        threading.Thread(target=self._wait, args=[kept], daemon=True, name=self._id).start()

    def _order(self, environ: Mapping[str, str]) -> Order:
        node, package = _driver()
        return {
            "command": [node, str(_SERVER), package],
            "cwd": str(self._folder),
            "env": {**environ, processes.JOB: self._id, "TMPDIR": str(self._folder)},
            "folder": str(self._folder),
            "limit": LIFE,
            "grace": GRACE,
        }

    def _wait(self, kept: Kept) -> None:
        """Until nothing of it is left."""
        try:
            kept.wait()
        except processes.KeeperLost:
            processes.end_all_of(self._id)
        finally:
            kept.close()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._over.set()

    def _ready(self) -> dict[str, Any]:
        ends = time.monotonic() + START_LIMIT
        while time.monotonic() < ends:
            over = self._over.is_set()
            for name in ("ready.json", "failed.json"):
                with suppress(OSError, ValueError):
                    told: dict[str, Any] = json.loads((self._folder / name).read_text(encoding="utf-8"))
                    if "why" in told:
                        raise BrowserUnavailable(f"it did not start: {told['why']}")
                    return told
            if over:
                raise BrowserUnavailable("it did not start: its server ended at once")
            time.sleep(_ROUND)
        raise BrowserUnavailable(f"it did not start within {START_LIMIT:g} s")

    # -- how it is ---------------------------------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Whether it has died, or was ended."""
        return self._over.is_set()

    def ailment(self, moment: str = browser_shared.BETWEEN) -> str | None:
        """What is wrong with it; None when it is well. Takes seconds when it does not answer."""
        if self.is_over:
            return "it died"
        if any(_is_stopped(process) for process in self._tree()):
            return "it was stopped"
        left = browser_shared.contexts(self.shared.folder, moment)
        if left is None:
            return f"it did not answer within {browser_shared.ANSWER_LIMITS[moment]:g} s"
        return f"{left} contexts of an earlier run are still open" if left and moment != DURING else None

    def memory(self) -> int:
        """Bytes of all its processes; what several of them share counts once (PSS)."""
        return sum(_pss(process.pid) for process in self._tree())

    def _tree(self) -> list[Any]:
        import psutil

        with suppress(psutil.Error):
            root = psutil.Process(self._pid)
            return [root, *root.children(recursive=True)]
        return []

    # -- its end -----------------------------------------------------------------------------------------------------

    def end(self) -> None:
        """Have it ended: in order, and by force after GRACE seconds. Does not wait for it."""
        if self._kept is None:
            shutil.rmtree(self._folder, ignore_errors=True)
        elif not self.is_over:
            self._kept.end()

    def kill(self) -> None:
        """Have it ended by force. Does not wait for it."""
        for _ in range(2):
            self.end()

    def wait(self, limit: float) -> bool:
        """Wait up to `limit` seconds until nothing of it is left; whether that is so."""
        return self._kept is None or self._over.wait(limit)


def _driver() -> tuple[str, str]:
    """The Node.js that Playwright brings, and the folder of its package."""
    from playwright._impl._driver import compute_driver_executable

    node, cli = compute_driver_executable()
    return node, str(Path(cli).parent)


def _is_stopped(process: Any) -> bool:
    import psutil

    with suppress(psutil.Error):
        return bool(process.status() == psutil.STATUS_STOPPED)
    return False


def _pss(pid: int) -> int:
    with suppress(OSError, ValueError, StopIteration):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return 0


def _sweep() -> None:
    """Remove the folders of browsers whose owner was killed: no keeper holds their lock."""
    for lock in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*/{LOCK}"):
        with suppress(OSError, Timeout), FileLock(lock, blocking=False):
            shutil.rmtree(lock.parent, ignore_errors=True)
