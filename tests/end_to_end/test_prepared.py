"""A forked pytest, whose start was prepared, is as one that is started anew."""

from __future__ import annotations

import json
import os
import sys
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic.config.settings import RunnerSettings, Settings
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.model.journey import JourneySpec
from pytest_synthetic.model.plan import Job, Plan
from pytest_synthetic.scheduler.runner import ProcessRunner, Workplace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="forks are Linux's")]

JOURNEY = """
import importlib.metadata, json, os, sys
import pytest

def named(plugin, manager):
    return manager.get_name(plugin) if not str(manager.get_name(plugin)).isdigit() else type(plugin).__name__

@pytest.mark.journey("Facts")
def test_facts(request, journey):
    config, manager = request.config, request.config.pluginmanager
    hooks = [name for name in dir(config.hook) if name.startswith("pytest_")]
    defined = request._fixturemanager
    told = {
        "plugins": [named(plugin, manager) for _, plugin in manager.list_name_plugin() if plugin],
        "hooks": {
            name: [named(impl.plugin, manager) for impl in getattr(config.hook, name).get_hookimpls()]
            for name in hooks
        },
        "options": {name: repr(value) for name, value in vars(config.option).items() if name != "synthetic_job"},
        "inis": sorted(config._parser._inidict),
        "fixtures": sorted(next(table for name, table in vars(defined).items() if name.startswith("_arg2"))),
        "distributions": [[each.name, each.version] for each in importlib.metadata.distributions()],
        "entry points": sorted(map(str, importlib.metadata.entry_points())),
        "of one": importlib.metadata.version("pytest"),
        "folder": [str(config.invocation_params.dir), str(config.rootpath), str(config.inipath), os.getcwd()],
        "given": [arg for arg in config.invocation_params.args if "synthetic-job" not in arg],
        "program": config._parser.prog,
        "path": sys.path,
        "rewritten": [
            name
            for name in ("pytest_rerunfailures", "pytest_synthetic.plugin", "conftest")
            if "Rewriting" in type(getattr(sys.modules.get(name), "__loader__", None)).__name__
        ],
    }
    with open("facts.json", "w") as file:
        json.dump(told, file, default=repr)
"""
CONFTEST = """
import pytest

@pytest.fixture
def own():
    pass

def pytest_runtest_setup(item):
    pass
"""
OPTIONS = (
    "",
    "-p no:cacheprovider -p no:terminal",
    "-p no:playwright -p no:xdist -p pytester",
    "--disable-plugin-autoload -p pytest_synthetic.plugin -p pytest_rerunfailures",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("facts")
    (made / "test_facts.py").write_text(JOURNEY, encoding="utf-8")
    (made / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def runner(folder: Path) -> Iterator[ProcessRunner]:
    said: list[str] = []
    place = Workplace(settings=Settings(runner=RunnerSettings()), folder=folder, environ=dict(os.environ))
    made = ProcessRunner(place, SystemClock(), said.append)
    made.begin()
    made.wait()
    yield made
    made.stop()
    assert said == []


@pytest.mark.parametrize("options", OPTIONS)
def test_nothing_tells_a_forked_run_from_a_fresh_one(runner: ProcessRunner, folder: Path, options: str) -> None:
    (folder / "pytest.ini").write_text(f"[pytest]\naddopts = {options}\n", encoding="utf-8")
    forked, fresh = facts(runner, folder, isolated=False), facts(runner, folder, isolated=True)

    assert forked.keys() == fresh.keys()
    for what in fresh:
        assert forked[what] == fresh[what], what
    assert forked["plugins"]


def facts(runner: ProcessRunner, folder: Path, *, isolated: bool) -> Any:
    (folder / "facts.json").unlink(missing_ok=True)
    plan = Plan(spec=JourneySpec(id="facts", name="Facts"), region="local", nodeid="test_facts.py::test_facts")
    job = Job(id=uuid.uuid4().hex, plan=plan, isolated=isolated)
    outcome = runner.run(job)
    runner.delivered(job)
    assert (folder / "facts.json").is_file(), outcome.log or outcome.runs
    return json.loads((folder / "facts.json").read_text(encoding="utf-8").replace(job.id, "ID"))
