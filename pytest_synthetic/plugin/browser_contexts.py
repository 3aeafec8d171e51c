"""Browser contexts of a journey: its profile applied, watched from the first page to the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_synthetic.channels import browser
from pytest_synthetic.channels.watcher import Watcher
from pytest_synthetic.plugin import page_claims
from pytest_synthetic.plugin.guarding import contexts_guarded

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
    evidence = attempt.evidence.browser(request.config) if attempt.evidence.is_recorded else None
    traced = request.config.getoption("--tracing", default="off") != "off" or bool(evidence and evidence.is_tracing)
    watcher = Watcher(recorder, network, tracing=traced)
    recorder.listeners.append(watcher)
    recorder.before_judging.append(watcher.collect)
    claims = page_claims.watched(attempt)
    inner = contexts_guarded(inner, given, taken, request)

    def make(**arguments: Any) -> Any:
        recorded = evidence.arguments() if evidence else {}
        own = {**base, **{key: value for key, value in recorded.items() if key not in taken}}
        context = inner(**{**own, **arguments})
        attempt.browser, attempt.browser_version = browser.identity(context)
        watcher.watch(context)
        attempt.learning.watch(context)
        if evidence:
            evidence.watch(context, {**given, **own, **arguments})
        address = {**given, **base, **arguments}.get("base_url")
        if claims:
            claims.watch(context, address)
        if attempt.compared:
            attempt.compared.watch(context, address)
        return context

    return make


def _profile(request: pytest.FixtureRequest, attempt: Attempt) -> dict[str, Any]:
    profile = browser.region_profile(attempt.region)
    device = attempt.params.get("synthetic_device")
    if device and device != "desktop":
        known = request.getfixturevalue("playwright").devices
        profile = {**known[device], **profile}
    return profile
