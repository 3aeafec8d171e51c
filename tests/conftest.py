"""What all tests share: pytest run inside pytest, and the records it wrote."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pkgutil
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from pytest_synthetic import model, plugin
from pytest_synthetic.history import store
from pytest_synthetic.model.run import RunResult
from tests.postgres import POSTGRESQL, emptied, server
from tests.stress import ALSO_STRESS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_synthetic.history.store import SqlHistory

# pytester forgets the modules that an inner session imported first: what is kept of them would have two lives.
for package in (model, plugin):
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
for name in ("sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql.psycopg", "psycopg", "alembic.command"):
    with contextlib.suppress(ImportError):  # without a driver, the tests that need one say so
        importlib.import_module(name)

# No deadline: CI's machines are slow now and then, and no test of ours is about time.
settings.register_profile("ours", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")

# A shell without job control starts what it puts in the background with Ctrl-C ignored, and children inherit that:
# tests that press it need it heard.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

LEAN = ("-p", "no:hypothesispytest", "-p", "no:cacheprovider")
"""What every inner session can do without: hypothesis's plugin imports all of it as a session ends, for a second."""

QUICK = ("-p", "no:playwright", "-p", "no:allure_pytest", *LEAN)
"""What most inner sessions can do without: they then take 30 ms each."""


LIGHT_BROWSER = Path("/usr/lib/chromium/chromium-headless-shell")
"""What Playwright's own browser is too, as Debian has it: without windows, it takes half the CPU of a whole Chromium."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(name in item.nodeid for name in ALSO_STRESS):
            item.add_marker(pytest.mark.stress)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL of this process of the tests."""
    with server() as address:
        yield address


@pytest.fixture
def postgres(postgres_server: str) -> str:
    """The address of an empty database in PostgreSQL."""
    return emptied(postgres_server)


@pytest.fixture(params=["sqlite", POSTGRESQL])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty history: each test that asks for one runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/history.db"
    address: str = request.getfixturevalue("postgres")
    return address


@pytest.fixture
def history(url: str) -> Iterator[SqlHistory]:
    """That history, opened."""
    opened = store.opened(url)
    yield opened
    opened.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A finished inner session."""

    result: pytest.RunResult = field(repr=False)
    runs: tuple[RunResult, ...]
    lines: tuple[dict[str, Any], ...] = field(repr=False)

    @property
    def run(self) -> RunResult:
        (only,) = self.runs
        return only

    @property
    def out(self) -> str:
        return str(self.result.stdout)

    @property
    def verdicts(self) -> list[str]:
        return [run.verdict.value for run in self.runs]

    def named(self, name: str) -> RunResult:
        (only,) = [run for run in self.runs if run.name == name]
        return only


@pytest.fixture(scope="session", autouse=True)
def lean() -> Iterator[None]:
    """Every pytest that a test starts is lean, also those that our commands start.

    They keep the bytecode of our package: without it each of them rewrites all assertions anew, for most of a second.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        patch.setenv("PYTEST_ADDOPTS", " ".join(LEAN))
        yield


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every pytest that the test starts does without Playwright and Allure: half of its CPU, where nothing asks for them."""
    monkeypatch.setenv("PYTEST_ADDOPTS", " ".join(QUICK))


@pytest.fixture(scope="session", autouse=True)
def light_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Journeys find the light browser where others find Chromium, in a folder, unless WHOLE_BROWSER is set.

    Playwright's driver keeps what it compiled: otherwise each one compiles all of itself anew.
    """
    folder = tmp_path_factory.mktemp("light")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NODE_COMPILE_CACHE", str(folder / "compiled"))
        if LIGHT_BROWSER.exists() and not os.environ.get("WHOLE_BROWSER"):
            (folder / "chromium").symlink_to(LIGHT_BROWSER)
            patch.setenv("PATH", str(folder), prepend=os.pathsep)
        yield folder


@pytest.fixture
def whole_browser(light_browser: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Journeys find the browser of this machine, windows and all."""
    others = (folder for folder in os.environ["PATH"].split(os.pathsep) if folder != str(light_browser))
    monkeypatch.setenv("PATH", os.pathsep.join(others))


@pytest.fixture
def as_nobody(tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Go on without the rights of root, who may read and write anywhere; all in `tmp_path` is handed over."""

    def go_on() -> None:
        if os.getuid() != 0:
            return
        for folder in [*tmp_path.parents][:3]:
            if folder.name.startswith(("pytest-", "popen-")):
                folder.chmod(0o755)
        for each in (tmp_path, *tmp_path.rglob("*")):
            os.chown(each, 65534, 65534)
        os.seteuid(65534)

    yield go_on
    os.seteuid(os.getuid())


@pytest.fixture
def synthetic(pytester: pytest.Pytester) -> Callable[..., Ran]:
    """Run `source` as a test file (or `files` by name) with `arguments`, and read the records."""

    def run(source: str = "", *arguments: str, toml: str = "", fresh: bool = False, heavy: bool = False) -> Ran:
        if source:
            pytester.makepyfile(test_shop="import pytest\n" + source)
        if toml:
            (pytester.path / "synthetic.toml").write_text(toml, encoding="utf-8")
        log = pytester.path / "runs.jsonl"
        log.unlink(missing_ok=True)
        quick = LEAN if heavy else QUICK
        start = pytester.runpytest_subprocess if fresh else pytester.runpytest_inprocess
        result = start(*quick, "--synthetic-jsonl", str(log), *arguments)
        text = log.read_text(encoding="utf-8") if log.is_file() else ""
        lines = tuple(json.loads(line) for line in text.splitlines())
        return Ran(result=result, runs=tuple(RunResult.from_json(line) for line in lines), lines=lines)

    return run
