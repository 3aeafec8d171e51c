"""A region's traffic crosses its own proxy and none other, and brings along what a customer there has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_synthetic.demo.server import RunningShop
    from tests.conftest import Ran
    from tests.end_to_end.conftest import ForwardProxy

pytestmark = pytest.mark.slow

SUITE = """
from playwright.sync_api import expect

@pytest.mark.journey("browse")
def test_browse(journey, page, region):
    page.goto(f"/products/kettle?from={region.name}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Kettle")
    told = page.evaluate("[navigator.language, Intl.DateTimeFormat().resolvedOptions().timeZone]")
    assert told == [region.locale, region.timezone]
    here = page.evaluate("new Promise(r => navigator.geolocation.getCurrentPosition(p => r(p.coords.latitude)))")
    assert here == region.geolocation.latitude

@pytest.mark.journey("ask")
def test_ask(journey, api, region):
    told = api.get("/api/products/kettle", params={"from": region.name})
    assert told.json()["slug"] == "kettle"
    assert told.request.headers["X-Region"] == region.name
    api.cookies.set("seen", region.name)
    assert api.cookies.get_dict() == {"seen": region.name}

@pytest.mark.journey("by itself")
def test_by_itself(journey, browser, playwright, base_url, region):
    page = browser.new_page()
    page.goto(f"{base_url}/products/cup?own={region.name}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Cup")
    page.close()
    context = playwright.request.new_context(base_url=base_url)
    assert context.get(f"/api/products/cup?own={region.name}").ok
    context.dispose()

@pytest.mark.journey("elsewhere")
@pytest.mark.region("us-east")
def test_elsewhere(journey, api): pass
"""


def settings(eu: str, us: str) -> str:
    table = """
[regions.{name}]
proxy = "{proxy}"
locale = "{locale}"
timezone = "{zone}"
headers = {{ X-Region = "{name}" }}
geolocation = {{ latitude = {latitude}, longitude = 2.3 }}
"""
    return table.format(name="eu-west", proxy=eu, locale="fr-FR", zone="Europe/Paris", latitude=48.9) + table.format(
        name="us-east", proxy=us, locale="en-US", zone="America/New_York", latitude=40.7
    )


def test_each_region_s_traffic_crosses_its_own_proxy(
    synthetic: Callable[..., Ran],
    shop: RunningShop,
    proxies: tuple[ForwardProxy, ForwardProxy],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    eu, us = proxies
    # What the environment says of proxies must not win over the region.
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")

    ran = synthetic(
        SUITE,
        f"--base-url={shop.base_url}",
        "--synthetic-region=eu-west,us-east",
        toml=settings(eu.url, us.url),
        fresh=True,
        heavy=True,
    )

    told = {(run.name, run.region): run.verdict.value for run in ran.runs}
    assert told == {
        ("browse", "eu-west"): "passed",
        ("browse", "us-east"): "passed",
        ("ask", "eu-west"): "passed",
        ("ask", "us-east"): "passed",
        ("by itself", "eu-west"): "passed",
        ("by itself", "us-east"): "passed",
        ("elsewhere", "eu-west"): "skipped",
        ("elsewhere", "us-east"): "passed",
    }, ran.out
    for mine, name, other in ((eu, "eu-west", "us-east"), (us, "us-east", "eu-west")):
        crossed = mine.crossed
        assert f"GET /products/kettle?from={name}" in crossed
        assert f"GET /api/products/kettle?from={name}" in crossed
        assert f"GET /products/cup?own={name}" in crossed
        assert "CONNECT " in crossed, "Playwright's own requests cross a proxy in a tunnel"
        assert other not in crossed
    assert "no --synthetic-region was given" not in ran.out


def test_a_proxy_that_refuses_is_the_region_s_fault(synthetic: Callable[..., Ran], shop: RunningShop) -> None:
    ran = synthetic(
        """
@pytest.mark.journey("browse")
def test_browse(page): page.goto("/")
@pytest.mark.journey("ask")
def test_ask(api): api.get("/api/products")
""",
        f"--base-url={shop.base_url}",
        "--synthetic-region=eu",
        toml='[regions.eu]\nproxy = "http://127.0.0.1:9"\n',
        fresh=True,
        heavy=True,
    )

    assert {(run.name, run.verdict.value, str(run.fault)) for run in ran.runs} == {
        ("browse", "broken", "region"),
        ("ask", "broken", "region"),
    }


def test_a_remote_browser_that_is_away_breaks_the_run(synthetic: Callable[..., Ran], shop: RunningShop) -> None:
    ran = synthetic(
        """
@pytest.mark.journey("browse")
def test_browse(page): page.goto("/")
@pytest.mark.journey("again")
def test_again(page): page.goto("/")
@pytest.mark.journey("ask")
def test_ask(api): api.get("/api/products")
""",
        f"--base-url={shop.base_url}",
        "--synthetic-region=eu",
        toml='[regions.eu]\nplaywright_server = "ws://127.0.0.1:9/secret"\n',
        fresh=True,
        heavy=True,
    )

    assert [(run.name, run.verdict.value) for run in ran.runs] == [
        ("browse", "broken"),
        ("again", "blocked"),
        ("ask", "broken"),
    ]
    assert ran.named("browse").fault == ran.named("ask").fault == "region"
    assert "this request would leave from this machine" in str(ran.named("ask").failure)
    assert "Traceback" not in ran.out
