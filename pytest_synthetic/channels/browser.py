"""The browser channel: start one or connect to one, and what a region means to a browser context."""

from __future__ import annotations

import inspect
import json
import shutil
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from pytest_synthetic.errors import BrowserUnavailable, MonitorError, RegionUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_synthetic.model.region import Region

__all__ = ["MonitorError"]

INSTALLED = (
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "microsoft-edge-stable",
    "microsoft-edge",
)
"""Commands of browsers that Playwright's chromium client can drive, in the order they are tried."""

# What `launch` calls in Python's spelling and the server of `playwright run-server` reads in its own.
_CAMEL = {"executable_path": "executablePath", "slow_mo": "slowMo", "ignore_default_args": "ignoreDefaultArgs"}


def playwright_version() -> str:
    """The installed version of Playwright."""
    return version("playwright")


def device_names() -> list[str]:
    """Every device Playwright can emulate. Starts its driver: about half a second."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return sorted(playwright.devices)


def installed() -> str | None:
    """The path of an installed Chromium, Chrome or Edge, None when there is none."""
    return next(filter(None, map(shutil.which, INSTALLED)), None)


def launch(browser_type: Any, given: dict[str, Any], start: Callable[..., Any]) -> Any:
    """Start a local browser with `start`: the bundled one, else an installed one.

    An `executable_path` or `channel` that the user gave is never replaced. Raises BrowserUnavailable.
    """
    from playwright.sync_api import Error

    try:
        return start()
    except Error as error:
        if not _is_missing(error):
            raise BrowserUnavailable(f"{browser_type.name} did not start: {_first_line(error)}") from error
        if browser_type.name != "chromium" or {"executable_path", "channel"} & set(given):
            raise BrowserUnavailable(f"{_first_line(error)}\nRun: playwright install {browser_type.name}") from error
    path = installed()
    if path is None:
        raise BrowserUnavailable(
            "no browser: Playwright's own Chromium is not installed, and neither is Chromium, Chrome or Edge.\n"
            "Run: synthetic install-browser"
        )
    try:
        return start(executable_path=path)
    except Error as error:
        raise BrowserUnavailable(f"{path} did not start: {_first_line(error)}") from error


def _is_missing(error: Exception) -> bool:
    return "Executable doesn't exist" in str(error) or "is not found at" in str(error)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def connect_to(browser_type: Any, region: Region, given: dict[str, Any]) -> Any:
    """Connect to the remote browser of `region`. Raises RegionUnreachable."""
    cdp = region.playwright_server is None
    options = {"endpoint": region.remote_browser} | ({"cdp": True} if cdp else {})
    from playwright.sync_api import Error

    try:
        return connect(browser_type, options, given)
    except Error as error:
        told = f'the browser of region "{region.name}" at {region.remote_browser} does not answer: {_first_line(error)}'
        raise RegionUnreachable(told) from error


def connect(browser_type: Any, options: dict[str, Any], given: dict[str, Any]) -> Any:
    """Connect to a remote browser; `cdp=True` in `options` speaks the DevTools protocol.

    The endpoint's argument was renamed in Playwright 1.59, and the server reads launch options in camel case:
    pytest-playwright sends them as Python spells them.
    """
    endpoint = options.pop("endpoint", None) or options.pop("ws_endpoint", None) or options.pop("endpoint_url", None)
    if options.pop("cdp", False):
        return browser_type.connect_over_cdp(endpoint, **options)
    keyword = "endpoint" if "endpoint" in inspect.signature(browser_type.connect).parameters else "ws_endpoint"
    launch_options = {_CAMEL.get(key, key): value for key, value in given.items()}
    headers = {"x-playwright-launch-options": json.dumps(launch_options), **(options.pop("headers", None) or {})}
    return browser_type.connect(**{keyword: endpoint}, headers=headers, **options)


def own_browser_only(region: Region) -> RegionUnreachable:
    """What is told to a request that no browser sends, in a region that has but a browser."""
    return RegionUnreachable(
        f'region "{region.name}" is reached through its remote browser alone: this request would leave from this '
        f"machine. Give [regions.{region.name}] a `proxy` too, or run this journey where SYNTHETIC_HERE={region.name}"
    )


def region_profile(region: Region) -> dict[str, Any]:
    """What a customer of `region` brings along, as arguments of `browser.new_context`."""
    profile: dict[str, Any] = {}
    if region.egress:
        profile["proxy"] = _proxy(region.egress)
    if region.headers:
        profile["extra_http_headers"] = dict(region.headers)
    if region.locale:
        profile["locale"] = region.locale
    if region.timezone:
        profile["timezone_id"] = region.timezone
    if region.geolocation:
        place = region.geolocation
        profile["geolocation"] = {
            "latitude": place.latitude,
            "longitude": place.longitude,
            "accuracy": place.accuracy,
        }
        profile["permissions"] = ["geolocation"]
    return profile


def proxied(region: Region, given: dict[str, Any]) -> dict[str, Any]:
    """What makes a whole browser leave through the region's proxy, contexts that a test makes by itself included."""
    return {"proxy": _proxy(region.egress)} if region.egress and "proxy" not in given else {}


def _proxy(url: str) -> dict[str, str]:
    """Playwright wants the login beside the address, not in it."""
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    found = {"server": f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")}
    if parts.username:
        found |= {"username": unquote(parts.username), "password": unquote(parts.password or "")}
    return found


def identity(context: Any) -> tuple[str | None, str | None]:
    """Name and version of the browser behind a context; both are known without asking it."""
    browser = context.browser
    return (browser.browser_type.name, browser.version) if browser else (None, None)
