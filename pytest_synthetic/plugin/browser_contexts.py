"""Browser contexts of a journey: its profile applied, watched from the first page to the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_synthetic.channels import browser
from pytest_synthetic.channels.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from pytest_synthetic.plugin.attempt import Attempt


def maker(
    inner: Callable[..., Any], given: dict[str, Any], request: pytest.FixtureRequest, attempt: Attempt
) -> Callable[..., Any]:
    """A `new_context` for this run. Precedence: region and device < browser_context_args and its mark < arguments."""
    mark = next(request.node.iter_markers("browser_context_args"), None)
    taken = {*given, *(mark.kwargs if mark else ())}
    profile = _profile(request, attempt)
    base = {key: value for key, value in profile.items() if key not in taken}
    network = attempt.session.settings.networks[attempt.spec.network] if attempt.spec.network else None
    recorder = attempt.recorder
    watcher = Watcher(recorder, network, tracing=request.config.getoption("--tracing", default="off") != "off")
    recorder.listeners.append(watcher)
    recorder.before_judging.append(watcher.collect)
    attempt.on_failure.append(watcher.screenshots)

    def make(**arguments: Any) -> Any:
        context = inner(**{**base, **arguments})
        attempt.browser, attempt.browser_version = browser.identity(context)
        watcher.watch(context)
        return context

    return make


def _profile(request: pytest.FixtureRequest, attempt: Attempt) -> dict[str, Any]:
    profile = browser.region_profile(attempt.region)
    device = attempt.params.get("synthetic_device")
    if device and device != "desktop":
        known = request.getfixturevalue("playwright").devices
        profile = {**known[device], **profile}
    return profile
