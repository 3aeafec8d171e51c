"""What every pytest does at its start whatever it is asked, done once before the fork: half of what a start costs.

Each is exact: a job gets what it would have got. It relies on names of pytest's own that may go: a job of a pytest
without them begins as it always did, and takes longer.
"""

from __future__ import annotations

import inspect
import os
from contextlib import suppress
from functools import cached_property
from importlib.metadata import (
    Distribution,
    DistributionFinder,
    MetadataPathFinder,
    PathDistribution,
    entry_points,
)
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import _pytest.config
import _pytest.fixtures

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator


class Plugins:
    """A plugin that sees which others there are, and loads what takes no part in the session."""

    def __init__(self, idle: Collection[str] = ()) -> None:
        """`idle` are the names of those that are only loaded."""
        self._idle = idle
        self.kinds: list[ModuleType | type] = []
        """The modules, and the classes of those that are none."""

    def pytest_sessionfinish(self, session: Any) -> None:
        """All are there, and pytest still rewrites the assertions of those that come."""
        for point in entry_points(group="pytest11"):
            if point.name in self._idle:
                with suppress(Exception):
                    point.load()
        self.kinds = [_kind(plugin) for plugin in session.config.pluginmanager.get_plugins()]


def prepare(plugins: Plugins, places: Iterable[str]) -> None:
    """Do it. Nothing in `places`, where packages are installed, may change while jobs are forked off."""
    _read_packages(places)
    with suppress(AttributeError, TypeError):
        _look_for_fixtures(plugins)
    with suppress(AttributeError, TypeError):
        _look_for_hidden_fixtures(plugins)
    with suppress(AttributeError, TypeError):
        _make_a_config()


# -- packages: all are asked for their entry points, those with plugins for their files --------------------------------


class _Read(PathDistribution):
    """A package that is read once."""

    @cached_property
    def entry_points(self) -> Any:
        return super().entry_points

    @cached_property
    def files(self) -> Any:
        return super().files


def _read_packages(places: Iterable[str]) -> None:
    find = MetadataPathFinder.find_distributions
    known = {place: [*map(_read, find(DistributionFinder.Context(path=[place])))] for place in places}

    def found(context: DistributionFinder.Context | None = None) -> Iterator[Distribution]:
        asked = context or DistributionFinder.Context()
        for place in asked.path:
            if asked.name is None and place in known:
                yield from known[place]
            else:
                yield from find(DistributionFinder.Context(name=asked.name, path=[place]))

    MetadataPathFinder.find_distributions = staticmethod(found)  # type: ignore[method-assign,assignment]


def _read(found: Distribution) -> _Read:
    package = _Read.__new__(_Read)
    vars(package).update(vars(found))
    if any(point.group == "pytest11" for point in package.entry_points):
        _ = package.files
    return package


# -- fixtures: pytest looks at all names of all plugins, and most of these have none -----------------------------------


def _look_for_fixtures(plugins: Plugins) -> None:
    manager = _pytest.fixtures.FixtureManager
    look = manager.parsefactories
    without = {kind: len(vars(kind)) for kind in plugins.kinds if not _has_fixtures(kind)}

    def parsefactories(self: Any, *args: Any, **how: Any) -> None:
        kind = _kind(how.get("holder", args[0] if args else None))
        if kind not in without or without[kind] != len(vars(kind)):
            look(self, *args, **how)

    manager.parsefactories = parsefactories  # type: ignore[method-assign]


def _look_for_hidden_fixtures(plugins: Plugins) -> None:
    """Of what has fixtures, pytest looks at each name once more: a decorator may hide one."""
    manager = _pytest.fixtures.FixtureManager
    check = manager._check_for_wrapped_fixture  # noqa: SLF001  pytest 9.1 and newer
    seen = {id(each): each for kind in plugins.kinds for each in _values(kind) if not _is_fixture(each)}

    def check_for_wrapped_fixture(self: Any, name: str, obj: object) -> None:
        if id(obj) not in seen:
            check(self, name, obj)

    manager._check_for_wrapped_fixture = check_for_wrapped_fixture  # type: ignore[method-assign]  # noqa: SLF001


def _has_fixtures(kind: ModuleType | type) -> bool:
    return any(map(_is_fixture, _values(kind)))


def _values(kind: ModuleType | type) -> Iterator[object]:
    return (inspect.getattr_static(kind, name) for name in dir(kind))


def _is_fixture(value: object) -> bool:
    """Also one that is wrapped in something else."""
    fixture = _pytest.fixtures.FixtureFunctionDefinition

    def is_one(told: object) -> bool:
        return type(told) is fixture

    try:
        return is_one(inspect.unwrap(value, stop=is_one))  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001  what a stranger's object does when it is looked at: pytest shall see
        return True


def _kind(plugin: object) -> ModuleType | type:
    return plugin if isinstance(plugin, ModuleType | type) else type(plugin)


# -- pytest's own plugins, which are registered before anything is read ------------------------------------------------


def _make_a_config() -> None:
    if os.environ.get("PYTEST_DEBUG"):  # it says where plugins come from, as they come
        return
    make = _pytest.config.get_config
    made = [make()]

    def get_config(args: Any = None, plugins: Any = None, **how: Any) -> Any:
        if not made or any(str(arg).startswith("-p") for arg in args or ()) or how.keys() - {"prog"}:
            return make(args, plugins, **how)
        config = made.pop()
        config.invocation_params = config.InvocationParams(args=args or (), plugins=plugins, dir=Path.cwd())
        if how:
            config._parser.prog = how["prog"]  # noqa: SLF001  no public name
        return config

    _pytest.config.get_config = get_config
