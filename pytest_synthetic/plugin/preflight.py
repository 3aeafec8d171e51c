"""What is checked before any journey runs."""

from __future__ import annotations

import unittest
from typing import TYPE_CHECKING

from pytest_synthetic.errors import UsageError, did_you_mean
from pytest_synthetic.model.region import DESKTOP
from pytest_synthetic.plugin import markers

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from pytest_synthetic.model.journey import JourneySpec
    from pytest_synthetic.plugin.session import Session

ONCE = frozenset({"no", "load", "worksteal"})
"""The ways of xdist to share out tests that run each of them once, even when a worker dies (xdist #1378)."""


def check(session: Session, journeys: list[pytest.Item]) -> None:
    """Refuse two journeys of one id, ways to run that could repeat a journey or never end, and contradictions.

    Raises UsageError.
    """
    specs = {spec.where: spec for item in journeys if (spec := item.stash[markers.SPEC])}
    _refuse_same_id(list(specs.values()))
    for item in journeys:
        check_takes_fixtures(item, item.stash[markers.SPEC])
    check_way(session, specs.values())
    if not session.job:  # what schedules has checked them, and keeps to the old ones
        _check_contradictions(session, specs.values())


def _check_contradictions(session: Session, specs: Iterable[JourneySpec]) -> None:
    """Refuse what cannot be on a schedule. Nobody knows here in which regions others will run journeys."""
    from pytest_synthetic.config import contradictions

    asked = [region.name for region in session.regions]
    contradictions.check(session.settings, specs, asked or tuple(session.settings.regions))


def check_way(session: Session, specs: Iterable[JourneySpec]) -> None:
    """Refuse ways to run that could repeat a journey or never end. Raises UsageError."""
    dist = session.worker["dist"] if session.worker else session.config.getoption("dist", "no")
    changing = next((spec for spec in specs if spec.mutates), None)
    if changing and dist not in ONCE:
        raise UsageError(
            f'--dist {dist} may run a journey again when a worker dies, and "{changing.id}" ({changing.where}) is '
            "marked `mutates`: use --dist load or --dist worksteal"
        )
    if _endless_reruns(session.config):
        raise UsageError(
            "pytest-timeout times the first attempt alone when pytest-rerunfailures repeats a test "
            "(pytest-rerunfailures #99): set `timeout_func_only = true` so that every attempt can end"
        )


def _refuse_same_id(specs: list[JourneySpec]) -> None:
    seen: dict[str, JourneySpec] = {}
    for spec in specs:
        twin = seen.setdefault(spec.id, spec)
        if twin is not spec:
            raise UsageError(used_twice(twin, spec))


def used_twice(one: JourneySpec, other: JourneySpec) -> str:
    """What to say of two journeys with one id."""
    return (
        f'journey id "{one.id}" is used twice: {one.where} and {other.where}; '
        "history would mix them up: give one of them another id"
    )


def check_takes_fixtures(item: pytest.Item, spec: JourneySpec) -> None:
    """Refuse a test that cannot have our fixtures. Raises UsageError."""
    if issubclass(getattr(item, "cls", None) or object, unittest.TestCase):
        raise UsageError(
            f"{spec.where}: a method of unittest.TestCase cannot be a journey: it takes no fixtures. Write a function "
            "or a plain class"
        )


def _endless_reruns(config: pytest.Config) -> bool:
    if not config.getoption("reruns", None) or not config.pluginmanager.hasplugin("timeout"):
        return False
    timed = config.getoption("timeout", None) or config.getini("timeout")
    func_only = config.getoption("timeout_func_only", None) or config.getini("timeout_func_only")
    return bool(timed) and not func_only


def order(items: list[pytest.Item]) -> None:
    """Sort so that a journey comes after those it depends on. Raises UsageError for a ring."""
    specs = {item.stash[markers.SPEC].id: item.stash[markers.SPEC] for item in items if markers.SPEC in item.stash}
    if not any(name in specs for spec in specs.values() for name in spec.depends_on):
        return
    depth: dict[str, int] = {}
    for spec in specs.values():
        _depth(spec, specs, depth, ())
    items.sort(key=lambda item: depth[item.stash[markers.SPEC].id] if markers.SPEC in item.stash else 0)


def _depth(spec: JourneySpec, specs: dict[str, JourneySpec], depth: dict[str, int], above: tuple[str, ...]) -> int:
    if spec.id in above:
        ring = " -> ".join([*above[above.index(spec.id) :], spec.id])
        raise UsageError(f"journeys depend on each other in a ring: {ring} ({spec.where})")
    if spec.id not in depth:
        needed = [specs[name] for name in spec.depends_on if name in specs]
        depth[spec.id] = 1 + max((_depth(n, specs, depth, (*above, spec.id)) for n in needed), default=-1)
    return depth[spec.id]


def known_devices(definition: pytest.Item, spec: JourneySpec) -> None:
    """Raise MarkError for a device that Playwright does not know. Asks Playwright once, then pytest's cache."""
    config = definition.config
    unknown = [name for name in spec.devices if name != DESKTOP]
    if not unknown or not config.pluginmanager.hasplugin("playwright"):
        return
    from pytest_synthetic.channels import browser

    cache = getattr(config, "cache", None)
    key = f"synthetic/devices-{browser.playwright_version()}"
    names = cache.get(key, None) if cache else None
    if names is None:
        names = browser.device_names()
        if cache:
            cache.set(key, names)
    for name in unknown:
        if name not in names:
            told = f"{name!r} is no device Playwright knows. {did_you_mean(name, [DESKTOP, *names])}"
            raise markers.complaint(definition, "device", told)
