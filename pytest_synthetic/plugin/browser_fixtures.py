"""pytest-playwright's fixtures, extended: each asks for the one of its own name and adds to it.

Registered after pytest-playwright, so these win; a user's conftest.py still wins over these. Fixtures keep the scope
they have there, so that overrides written for pytest-playwright go on working.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session", autouse=True)
def delete_output_dir() -> None:
    """Keep what earlier runs and other workers left: pytest-playwright's own empties --output in every worker."""


@pytest.fixture(scope="session")
def playwright(playwright: Any, pytestconfig: pytest.Config, synthetic_region: str) -> Iterator[Any]:
    """Playwright, whose `request.new_context()` is guarded and leaves through the region's proxy as its browsers do."""
    from pytest_synthetic.channels import browser, guard_browser
    from pytest_synthetic.plugin import outcomes, session_of

    guarding = pytestconfig.pluginmanager.getplugin("synthetic-guarding")

    region = session_of(pytestconfig).settings.region(synthetic_region)
    new_context = playwright.request.new_context

    def leaving_from_the_region(**arguments: Any) -> Any:
        if region.remote_browser and not region.egress and "proxy" not in arguments:
            raise outcomes.told(browser.own_browser_only(region))
        context = new_context(**browser.proxied(region, arguments), **arguments)
        if guarding:
            guard_browser.guard_calls(context, arguments.get("base_url"), guarding.refusal)
        return context

    playwright.request.new_context = leaving_from_the_region
    yield playwright
    playwright.request.new_context = new_context


@pytest.fixture(scope="session")
def launch_browser(  # noqa: PLR0913, PLR0917  each is a fixture
    launch_browser: Callable[..., Any],
    browser_type: Any,
    browser_type_launch_args: dict[str, Any],
    connect_options: dict[str, Any] | None,
    pytestconfig: pytest.Config,
    synthetic_region: str,
) -> Callable[..., Any]:
    """Start the region's browser, or a local one: the bundled first, then an installed Chromium, Chrome or Edge.

    A local one may be running already, lent to this job by the scheduler.
    """
    from pytest_synthetic.channels import browser
    from pytest_synthetic.plugin import outcomes, session_of

    session = session_of(pytestconfig)
    region = session.settings.region(synthetic_region)

    def launch(**arguments: Any) -> Any:
        __tracebackhide__ = True
        given = {**browser_type_launch_args, **arguments}
        try:
            if connect_options:
                return browser.connect(browser_type, dict(connect_options), given)
            if region.remote_browser:
                return browser.connect_to(browser_type, region, given)
            proxied = browser.proxied(region, given)
            if session.lent_browser and (lent := session.lent_browser.connected(browser_type, {**given, **proxied})):
                return lent
            return browser.launch(browser_type, given, lambda **more: launch_browser(**arguments, **proxied, **more))
        except browser.MonitorError as error:
            raise outcomes.told(error) from None

    return launch


@pytest.fixture
def new_context(
    new_context: Callable[..., Any],
    browser_context_args: dict[str, Any],
    request: pytest.FixtureRequest,
) -> Callable[..., Any]:
    """Make contexts with the region, device and line of the journey; what the user sets wins."""
    from pytest_synthetic.plugin.attempt import ATTEMPT

    attempt = request.node.stash.get(ATTEMPT, None)
    if attempt is None:
        return new_context
    from pytest_synthetic.plugin import browser_contexts

    return browser_contexts.maker(new_context, browser_context_args, request, attempt)
