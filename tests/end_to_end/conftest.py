"""Real parts: the demo shop under waitress, forward proxies, a browser."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import proxy
import pytest
from proxy.http.proxy import HttpProxyBasePlugin

from pytest_synthetic.demo import server
from pytest_synthetic.model.run import RunResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from proxy.http.parser import HttpParser


@pytest.fixture(scope="session")
def shop() -> Iterator[server.RunningShop]:
    """The demo shop, without a fault."""
    with server.serve(port=0) as running:
        yield running


@dataclass(frozen=True)
class ForwardProxy:
    """A forward proxy on loopback that notes what crosses it, in a file: it serves in processes of its own."""

    url: str
    log: Path

    @property
    def crossed(self) -> str:
        return self.log.read_text(encoding="utf-8") if self.log.is_file() else ""


@pytest.fixture
def proxies(tmp_path: Path) -> Iterator[tuple[ForwardProxy, ForwardProxy]]:
    """Two forward proxies, as two regions have."""
    with contextlib.ExitStack() as stack:
        yield (
            stack.enter_context(forward_proxy(tmp_path / "one.log")),
            stack.enter_context(forward_proxy(tmp_path / "other.log")),
        )


@contextlib.contextmanager
def forward_proxy(log: Path) -> Iterator[ForwardProxy]:
    class Remember(HttpProxyBasePlugin):
        def handle_client_request(self, request: HttpParser) -> Any:
            with log.open("a", encoding="utf-8") as file:
                file.write(f"{(request.method or b'').decode()} {(request.path or b'').decode()}\n")
            return request

    arguments = ["--hostname=127.0.0.1", "--port=0", "--num-acceptors=1", "--num-workers=1", "--log-level=ERROR",
                 "--threadless", "--local-executor=1", f"--data-dir={log.parent}", f"--cache-dir={log.parent}"]  # fmt: skip
    with proxy.Proxy(arguments, plugins=[Remember]) as running:
        yield ForwardProxy(url=f"http://127.0.0.1:{running.flags.port}", log=log)


@dataclass(frozen=True)
class Session:
    """A finished session of pytest in a folder of its own."""

    out: str
    code: int
    folder: Path
    runs: tuple[RunResult, ...]

    def named(self, name: str) -> RunResult:
        return next(run for run in self.runs if run.name == name)


NO_ALLURE = ("-p", "no:allure_pytest")
RunPytest: TypeAlias = "Callable[..., Session]"


@pytest.fixture(scope="session")
def run_pytest() -> RunPytest:
    """Run pytest in a folder as a user does: `run_pytest(folder, "-n2")`.

    Allure's plugin takes a third of the CPU of an empty session: one whose arguments name none of it is without it.
    """
    return _run_pytest


def _run_pytest(folder: Path, *arguments: str) -> Session:
    without = () if any("allure" in argument or argument.startswith("no:") for argument in arguments) else NO_ALLURE
    command = [sys.executable, "-m", "pytest", "--synthetic-jsonl=runs.jsonl", *without, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    log = folder / "runs.jsonl"
    lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
    runs = tuple(RunResult.from_json(json.loads(line)) for line in lines)
    return Session(out=done.stdout + done.stderr, code=done.returncode, folder=folder, runs=runs)
