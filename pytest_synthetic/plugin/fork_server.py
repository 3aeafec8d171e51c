"""A process that has loaded pytest and all plugins, and forks a keeper off itself for each job: a start in 50 ms.

Started as `python -P -m pytest_synthetic.plugin.fork_server FD` with a socket of packets:

    server -> {"ready": true} or {"cannot": "why"}, once
    owner  -> "job" and one end of a socket: a keeper (keeper.py) is forked off that speaks through it

It has one thread, has run one session on a journey of its own, and imported no code of any user, settings included: a
job's process begins as a new one would, with everything loaded. It ends when its owner does, when what it has loaded
has changed on disk, and after a number of jobs. Those that run then go on: they know their keepers alone.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import io
import json
import logging
import os
import runpy
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
import warnings
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from pytest_synthetic.plugin import prepared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_synthetic.keeper import Order

MOST_JOBS = 2_000
"""After so many it is replaced: a system that was forked from for months has its surprises."""
LONGEST = 6 * 3600.0
"""Seconds after which it is replaced."""
LOOK = 1.0
"""Seconds between two looks at whether what it has loaded has changed."""
LOADED = (
    *("requests", "playwright.sync_api", "allure_commons", "pytest_synthetic.channels.api"),
    *("pytest_synthetic.keeper", "pytest_synthetic.plugin.job"),
)
"""What journeys need that the session of the warm-up does not load."""
JOURNEY = """\
import pytest

@pytest.mark.journey("Warm up")
def test_warm_up(journey, api):
    with journey.step("step"):
        pass

@pytest.mark.journey("Warm up to a failure")
def test_failure(journey):
    with journey.step("step"):
        assert journey is None
"""
SETTINGS = '[regions.warm]\nproxy = "http://127.0.0.1:9"\n'
_COMMAND = (sys.executable, "-P", "-m", "pytest_synthetic.plugin.fork_server")
FAILED = 1
"""What pytest ends with when a test fails, and Python for an exception."""


def main() -> None:
    """Warm up, say so, and serve.

    A plugin that starts threads is named in the arguments and takes no part; named twice, it is not even loaded.
    """
    owner = socket.socket(fileno=int(sys.argv[1]))
    without = sys.argv[2:]
    plugins = prepared.Plugins([name for name in without if without.count(name) == 1])
    cannot = _warm_up(without, plugins)
    if cannot and (restless := [name for name in _restless() if without.count(name) < 2]):
        os.set_inheritable(owner.fileno(), True)  # noqa: FBT003  its own name says what is true
        os.execv(sys.executable, [*_COMMAND, str(owner.fileno()), *without, *restless])  # noqa: S606  itself
    if not cannot:
        prepared.prepare(plugins, _places())
    owner.sendall(json.dumps({"cannot": cannot} if cannot else {"ready": True}).encode())
    if not cannot:
        _serve(owner)


def _serve(owner: socket.socket) -> None:
    from pytest_synthetic import keeper

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the keepers that end leave no zombies
    fresh, until = _Loaded(), time.monotonic() + LONGEST
    gc.collect()
    gc.freeze()
    for _ in range(MOST_JOBS):
        _, given, _, _ = socket.recv_fds(owner, 16, 1)
        if not given or time.monotonic() >= until or fresh.changed():
            return
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            owner.close()
            try:
                keeper.keep(socket.socket(fileno=given[0]), _session)
            finally:
                os._exit(0)
        os.close(given[0])


# -- a job -----------------------------------------------------------------------------------------------------------


def _session(order: Order) -> NoReturn:
    """Be the process that `python -m pytest ARGUMENTS` would be."""
    os.environ.clear()
    os.environ.update(order["env"])
    if "PYTHONSAFEPATH" not in os.environ:
        sys.path.insert(0, order["cwd"])
    tempfile.tempdir = None
    importlib.invalidate_caches()
    sys.argv = order["command"][2:]
    code: object = 0
    try:
        runpy.run_module("pytest", run_name="__main__", alter_sys=True)
    except SystemExit as left:
        code = left.code
    except BaseException:  # noqa: BLE001  as Python ends a program
        traceback.print_exc()
        code = FAILED
    try:
        threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001  no public name waits for the threads
        atexit._run_exitfuncs()  # noqa: SLF001  nor runs these
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code if isinstance(code, int) else int(code is not None))


# -- warm-up ---------------------------------------------------------------------------------------------------------


def _warm_up(without: list[str], plugins: prepared.Plugins) -> str | None:
    """Load all by running a session, and leave nothing of it; why that is not possible, if so.

    It runs `without` some plugins: those take part in each job alone.
    """
    off = [argument for name in set(without) for argument in ("-p", f"no:{name}")]
    for name in [name for name in sys.modules if name.partition(".")[0] == "pytest_synthetic"]:
        del sys.modules[name]  # pytest rewrites the assertions of plugins, but not of those that are there
    said = io.StringIO()
    with tempfile.TemporaryDirectory(prefix="synthetic-") as folder, _unchanged(Path(folder)):
        with redirect_stdout(said), redirect_stderr(said):
            code = pytest.main(["-q", "-p", "no:cacheprovider", *off, *_suite(Path(folder))], plugins=[plugins])
        for name in LOADED:
            importlib.import_module(name)
    if code != FAILED:
        return f"a first session ended with {int(code)}: {said.getvalue()[-1000:]}"
    if (threads := len(os.listdir("/proc/self/task"))) > 1:  # noqa: PTH208  names alone
        return f"a plugin has started {threads - 1} thread(s) of its own, which would not be there after a fork"
    return None


def _restless() -> set[str]:
    """The names of plugins that have a thread running: pytest-rerunfailures has one for xdist's workers."""
    frames = sys._current_frames()  # noqa: SLF001  the documented name
    running = set()
    for thread in threading.enumerate():
        frame = frames.get(thread.ident or 0) if thread is not threading.main_thread() else None
        while frame:
            running.add(frame.f_globals.get("__name__", "").partition(".")[0])
            frame = frame.f_back
    return {point.name for point in entry_points(group="pytest11") if point.module.partition(".")[0] in running}


def _suite(folder: Path) -> list[str]:
    (folder / "test_warm.py").write_text(JOURNEY, encoding="utf-8")
    (folder / "synthetic.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    os.chdir(folder)
    return [f"--rootdir={folder}", "-c", str(folder / "pytest.ini"), str(folder / "test_warm.py")]


@contextmanager
def _unchanged(folder: Path) -> Iterator[None]:
    """What a session sets up for its process is as it was; what was loaded stays, but for what lies in `folder`."""
    path, hooks, environ = list(sys.path), list(sys.meta_path), dict(os.environ)
    root = logging.getLogger()
    handlers, level, disabled = list(root.handlers), root.level, root.manager.disable
    with warnings.catch_warnings():
        try:
            yield
        finally:
            os.chdir("/")
            sys.path[:], sys.meta_path[:] = path, hooks
            os.environ.clear()
            os.environ.update(environ)
            root.handlers[:], root.manager.disable = handlers, disabled
            root.setLevel(level)
            for name, module in list(sys.modules.items()):
                if str(getattr(module, "__file__", None) or "").startswith(f"{folder}{os.sep}"):
                    del sys.modules[name]
            for place in [place for place in sys.path_importer_cache if place.startswith(str(folder))]:
                del sys.path_importer_cache[place]


class _Loaded:
    """What this process has loaded, and where packages are installed, as it was on disk."""

    def __init__(self) -> None:
        files = {str(getattr(module, "__file__", None) or "") for module in list(sys.modules.values())}
        self._paths = sorted(path for path in files | _places() if path)
        self._was = self._now()
        self._looked = time.monotonic()

    def changed(self) -> bool:
        """Whether it is not as it was."""
        if time.monotonic() - self._looked < LOOK:
            return False
        self._looked = time.monotonic()
        return self._now() != self._was

    def _now(self) -> list[tuple[int, int] | None]:
        return [_state(path) for path in self._paths]


def _places() -> set[str]:
    """Where packages are installed."""
    return {place for place in sys.path if place.endswith(("site-packages", "dist-packages"))}


def _state(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116  a thousand of them
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


if __name__ == "__main__":
    main()
