"""The pytest plugin. This module is imported by every pytest of a machine that has pytest-synthetic installed.

It imports pytest and the standard library alone, and wakes the rest up when there is a journey: see `session.py`
for what happens before the tests, `runs.py` for one run, `sink.py` for what becomes of its record.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.plugin import fixtures, markers, options

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_synthetic.plugin.session import Session

NAME = "synthetic.toml"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options `--synthetic-...`."""
    options.add(parser)


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, object, object]:
    """Let no xdist worker clean Allure's folder again, and what the others wrote; run nothing for a catalogue.

    A wrapper is asked before all that is none: xdist counts its workers here.
    """
    if hasattr(config, "workerinput"):
        config.option.clean_alluredir = False
    if config.option.synthetic_catalogue:
        # A user's addopts must neither run anything nor leave journeys out.
        vars(config.option).update(collectonly=True, maxfail=0, lf=False, stepwise=False, stepwise_skip=False)
    elif config.option.synthetic_job:
        from pytest_synthetic.plugin import job

        job.leave_alone(config)
    return (yield)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the hooks that users may implement."""
    from pytest_synthetic.plugin import hooks

    pluginmanager.add_hookspecs(hooks)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register marks and fixtures; wake the session at once when something asks for it before collection."""
    for line in markers.LINES:
        config.addinivalue_line("markers", line)
    config.pluginmanager.register(fixtures, "synthetic-fixtures")
    if config.pluginmanager.hasplugin("playwright"):
        from pytest_synthetic.plugin import browser_fixtures

        config.pluginmanager.register(browser_fixtures, "synthetic-playwright")
    if options.given(config) or _has_settings(config) or _is_controller(config):
        session_of(config)
        _extend_base_url(config)


@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a journey in its regions and on its devices."""
    markers.refuse_misspelt(metafunc.definition)
    if "journey" in metafunc.definition.keywords and metafunc.definition.get_closest_marker("journey"):
        session_of(metafunc.config).parametrize(metafunc)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Prepare to record, when there is a journey among the tests."""
    if any("journey" in item.keywords for item in items):
        session_of(session.config).prepare(session, items)


def session_of(config: pytest.Config) -> Session:
    """The plugin's session, woken up at the first call."""
    from pytest_synthetic.plugin.session import Session

    return Session.of(config)


def _has_settings(config: pytest.Config) -> bool:
    """Whether settings lie above the tests (config.files.find): their mistakes are told before anything runs."""
    starts = (config.invocation_params.dir, config.rootpath)
    return any(map(_holds_settings, dict.fromkeys(str(path) for start in starts for path in (start, *start.parents))))


def _holds_settings(folder: str) -> bool:
    if os.path.exists(f"{folder}/{NAME}"):  # noqa: PTH110  a third of the time
        return True
    shared = f"{folder}/pyproject.toml"
    return os.path.isfile(shared) and "[tool.synthetic" in Path(shared).read_text(encoding="utf-8", errors="replace")  # noqa: PTH113  likewise


def _extend_base_url(config: pytest.Config) -> None:
    """Without settings there is nothing to add: pytest-base-url asks for the fixture in every test of every suite."""
    if config.pluginmanager.hasplugin("base_url") or config.pluginmanager.hasplugin("playwright"):
        from pytest_synthetic.plugin import base_url

        config.pluginmanager.register(base_url, "synthetic-base-url")


def _is_controller(config: pytest.Config) -> bool:
    """Whether the tests will run in xdist's workers, so that this process sees their records alone."""
    return config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput")
