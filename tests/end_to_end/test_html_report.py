"""The HTML report, built by Allure 3 from hostile results, read in a browser."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright

from pytest_synthetic.channels.browser import installed
from pytest_synthetic.reports import html
from pytest_synthetic.reports.generators import ReportError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Dialog, Page, Request

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("npx"), reason="no npx: Node.js is not installed"),
    pytest.mark.skipif(not installed(), reason="no Chromium"),
]

JOURNEYS = r"""
import allure, pytest, time

@pytest.mark.journey("Search", stage="evaluation")
def test_search(journey):
    with journey.step("type a word"): time.sleep(0.02)

@pytest.mark.journey("Checkout", stage="purchase", owner="payments", criticality="critical")
def test_checkout(journey):
    with journey.step("pay"):
        with journey.step("confirm"):
            assert "no order" == "order 12"

@pytest.mark.journey("Log in", stage="retention")
def test_login(journey):
    with journey.step("submit", sla="1ms"): time.sleep(0.01)

@pytest.mark.journey("<script>alert('name')</script>\x1b[31m \ud800", stage="purchase")
@pytest.mark.parametrize("p", ["<img src=x onerror=alert('param')>"])
def test_hostile(journey, p):
    allure.dynamic.description_html(
        "<img src='EVIL/image'><iframe src='EVIL/frame'></iframe><script src='EVIL/script'></script>"
        "<script>alert('description')</script>"
    )
    with journey.step("<img src=x onerror=alert('step')>\x00\ud800"):
        journey.attach("<b>page</b>.html", "<script>alert('file')</script>", "text/html")
        journey.attach("a.svg", "<svg xmlns='http://www.w3.org/2000/svg'><script>alert('svg')</script></svg>", "image/svg+xml")
        raise AssertionError("</script><script>alert('message')</script>\ud800\x1b]0;x\x07")
"""


SETTINGS = """
product = "Kettle shop"
[regions.eu-west]
proxy = "http://127.0.0.1:9"
[regions."us/east"]
proxy = "http://127.0.0.1:9"
"""

UNREACHABLE = ("ENOTFOUND", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EAI_AGAIN", "longer than")


class Remembering(SimpleHTTPRequestHandler):
    """Serves a folder and remembers what was asked for."""

    asked: list[str]

    def __init__(self, *args: Any, asked: list[str], **given: Any) -> None:
        self.asked = asked
        super().__init__(*args, **given)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        self.asked.append(self.path)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name it has there
        """A page that is not there is the test's own matter."""


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    handler = functools.partial(Remembering, asked=asked, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """A server that the report must not ask."""
    with served(tmp_path_factory.mktemp("elsewhere")) as given:
        yield given


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, elsewhere: tuple[str, list[str]]) -> Path:
    """The second build of two: the first gives it a history."""
    place = tmp_path_factory.mktemp("shop")
    (place / "test_shop.py").write_text(JOURNEYS.replace("EVIL", elsewhere[0]), encoding="utf-8")
    (place / "synthetic.toml").write_text(SETTINGS, encoding="utf-8")
    results = place / "out [1]*"  # Allure 3 takes its arguments for patterns
    command = [sys.executable, "-m", "pytest", "-p", "no:playwright", "--alluredir", str(results), "--clean-alluredir"]
    for _ in range(2):
        subprocess.run(
            [*command, "--synthetic-region", "eu-west,us/east"],
            cwd=place,
            capture_output=True,
            check=False,
            timeout=120,
        )
        try:
            html.build(results, place / "report", history=place / "history", say=lambda _: None)
        except ReportError as error:
            if any(word in str(error) for word in UNREACHABLE):
                pytest.skip(f"the npm registry cannot be reached: {error}")
            raise
    return place / "report"


@dataclass
class Tab:
    """A browser's page, the report's address, and what went wrong in it."""

    page: Page
    address: str
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("dialog", self.dialog)
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("request", self.request)

    def dialog(self, dialog: Dialog) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def request(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:", "about:")):
            self.wrong.append(request.url)

    def open(self, path: str) -> None:
        self.page.goto(f"{self.address}/{path}")

    def shows(self, text: str) -> None:
        self.page.get_by_text(text).first.wait_for()


@pytest.fixture(scope="module")
def tab(report: Path) -> Iterator[Tab]:
    with served(report) as (address, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed(), args=["--no-sandbox"])
        yield Tab(browser.new_page(), address)
        browser.close()


def results(report: Path) -> dict[tuple[str, str], Any]:
    """Allure's own data by journey and region."""
    found = json.loads((report / "test-results.json").read_text(encoding="utf-8"))["byId"]
    return {(result["name"], result["environment"]): result for result in found.values()}


def test_it_is_whole(report: Path) -> None:
    told = results(report)

    assert {(name, result["status"]) for (name, _), result in told.items() if "script" not in name} == {
        ("Search", "passed"), ("Checkout", "failed"), ("Log in", "failed"),
    }  # fmt: skip
    assert {region for _, region in told} == {
        "eu-west",
        next(region for _, region in told if region.startswith("us-east ")),
    }
    assert len((report.parent / "history" / "allure-3.jsonl").read_text(encoding="utf-8").splitlines()) == 2


def test_it_names_no_analytics(report: Path) -> None:
    for path in report.rglob("*"):
        if path.is_file() and path.suffix in {".html", ".js", ".json"}:
            assert "googletagmanager" not in path.read_text(encoding="utf-8"), path


def test_the_tree_and_a_failure_can_be_read(report: Path, tab: Tab) -> None:
    tab.open("")
    tab.shows("Kettle shop: customer journeys")
    tab.shows("purchase")

    tab.open(f"#{results(report)['Checkout', 'eu-west']['id']}")
    tab.shows("FAILED: assert 'no order' == 'order 12'")
    tab.shows("in step: pay > confirm")
    tab.shows("Customers do not get it")


def test_times_are_on_a_page_of_their_own(tab: Tab) -> None:
    tab.open("#metrics")

    tab.shows("Search · eu-west")
    tab.shows("type a word")


def test_nothing_hostile_runs_and_no_other_server_is_asked(
    report: Path, tab: Tab, elsewhere: tuple[str, list[str]]
) -> None:
    for result in results(report).values():
        tab.open(f"#{result['id']}")
        tab.shows(result["name"])
        for name in ("onerror=alert('step')", "page", "a.svg"):
            for found in tab.page.get_by_text(name).all():
                if found.is_visible():
                    found.click()
        tab.page.wait_for_timeout(200)
    assert not (report / "data").exists(), "an attachment of its own would run its scripts when it is opened"

    refused = [url for url in tab.wrong if url.startswith(elsewhere[0])]  # Playwright sees what the policy stops
    assert [told for told in tab.wrong if told not in refused] == []
    assert (bool(refused), elsewhere[1]) == (True, [])
