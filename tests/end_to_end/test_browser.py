"""The browser channel with a real browser: verdicts, vitals, screenshots, devices, the line, traces."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.demo.server import RunningShop
    from tests.end_to_end.conftest import RunPytest, Session

pytestmark = pytest.mark.slow

SUITE = """
import os, signal, subprocess
from playwright.sync_api import expect

@pytest.mark.journey("good")
@pytest.mark.sla("30s", lcp="20s", cls=0.9, inp="5s", api_first_byte="10s")
def test_good(journey, page, api):
    with journey.step("browse"):
        page.goto("/")
        page.get_by_role("link", name="Kettle", exact=True).click()
        expect(page.get_by_test_id("price")).to_have_text("€49.90")
    with journey.step("add"):
        page.get_by_role("button", name="Add to cart").click()
        expect(page.get_by_role("status")).to_contain_text("Added")
    with journey.step("ask"):
        assert api.get("/api/products/kettle").json()["price"] == 49.9

@pytest.mark.journey("slow page")
@pytest.mark.sla(lcp="1ms")
def test_slow_page(page):
    page.goto("/products/kettle")

@pytest.mark.journey("wrong claim")
@pytest.mark.device("desktop", "iPhone 15")
def test_wrong(journey, page):
    with journey.step("open"):
        page.goto("/products/kettle")
        with journey.step("look"):
            expect(page.get_by_test_id("price")).to_have_text("€9.90", timeout=300)

@pytest.mark.journey("time-out")
def test_time_out(page):
    page.goto("/")
    page.get_by_role("button", name="No such button").click(timeout=300)

@pytest.mark.journey("refused")
def test_refused(page, closed_port):
    page.goto(f"http://127.0.0.1:{closed_port}/")

@pytest.mark.journey("two of a name")
def test_strict(page):
    page.goto("/")
    page.get_by_role("listitem").click(timeout=300)

@pytest.mark.journey("bad selector")
def test_selector(page):
    page.goto("/")
    page.locator("css=[[").click(timeout=300)

@pytest.mark.journey("no address")
def test_no_address(page):
    page.goto("http://")

@pytest.mark.journey("unmeasured")
@pytest.mark.sla(lpc="1s")
def test_unmeasured(page):
    page.goto("/")

@pytest.mark.journey("hung")
def test_hung(page):
    page.goto("/")
    page.route("**/never", lambda route: None)
    page.evaluate("setTimeout(() => { x = new XMLHttpRequest(); x.open('GET', '/never', false); x.send() }, 0)")
    page.get_by_role("button", name="x").click(timeout=500)

@pytest.mark.journey("hostile")
def test_hostile(page):
    page.goto("/")
    page.evaluate(r"document.title = '\\u001b[31mred\\u0007 <script>alert(1)</script>'")
    expect(page).to_have_title("Kettle", timeout=300)

@pytest.fixture
def closed_port():
    import socket
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    return port
"""

LINE = """
@pytest.mark.journey("slow line")
@pytest.mark.network("slow-3g")
def test_slow_line(page):
    page.goto("/products/kettle")
    times = page.evaluate("performance.getEntriesByType('navigation')[0].toJSON()")
    assert times["responseEnd"] >= 2000  # the preset's latency

@pytest.mark.journey("no line")
@pytest.mark.network("offline")
def test_no_line(page):
    page.goto("/")
"""


@pytest.fixture(scope="module")
def session(run_pytest: RunPytest, shop: RunningShop, tmp_path_factory: pytest.TempPathFactory) -> Session:
    """One session for all: a browser takes seconds to start."""
    folder = tmp_path_factory.mktemp("browser")
    (folder / "test_shop.py").write_text("import pytest\n" + SUITE + LINE, encoding="utf-8")
    return run_pytest(folder, f"--base-url={shop.base_url}", "--tracing=on", "--output=traces")


@pytest.mark.parametrize(
    ("name", "verdict", "fault", "told"),
    [
        ("good", "passed", "None", ""),
        ("slow page", "degraded", "product", "lcp of /products/kettle took"),
        ("wrong claim", "failed", "product", "Locator expected to have text '€9.90' · Actual value: €49.90"),
        ("time-out", "failed", "product", "Timeout 300ms exceeded"),
        ("refused", "failed", "product", "ERR_CONNECTION_REFUSED"),
        ("two of a name", "failed", "product", "strict mode violation"),
        ("bad selector", "broken", "test", "Playwright refuses"),
        ("no address", "broken", "test", "Playwright refuses"),
        ("unmeasured", "broken", "test", 'Did you mean "lcp"?'),
        ("hung", "failed", "product", "Timeout 500ms exceeded"),
        ("hostile", "failed", "product", "red"),
    ],
)
def test_every_way_a_page_can_disappoint(session: Session, name: str, verdict: str, fault: str, told: str) -> None:
    run = session.named(name)
    failure = run.failure.claim + run.failure.reason if run.failure else ""

    assert (run.verdict, str(run.fault)) == (verdict, fault), failure
    assert told in f"{failure} {run.reason}"
    assert (run.browser, run.device) == ("chromium", "desktop")
    assert run.browser_version


def test_every_page_is_measured(session: Session) -> None:
    taken = [(m.name, m.labels.get("page"), m.step) for m in session.named("good").measurements]

    for page in ("/", "/products/kettle"):
        for name in ("ttfb", "fcp", "lcp", "cls"):
            assert (name, page) in {(told, where) for told, where, _ in taken}, taken
    assert ("lcp", "/", "browse") in taken
    assert "inp" in {name for name, _, _ in taken}
    assert ("api.first_byte", None, "ask") in taken
    values = {m.name: m.value for m in session.named("good").measurements}
    assert 0 < values["ttfb"] <= values["fcp"] <= values["lcp"] < 20


def test_a_failed_run_leaves_a_screenshot(session: Session) -> None:
    run = session.named("wrong claim")
    picture = run.artifacts[0]

    assert (picture.name, picture.media_type, picture.step) == ("screenshot", "image/png", "open > look")
    assert picture.path
    data = (session.folder / picture.path).read_bytes()
    assert data.startswith(b"\x89PNG")
    assert len(data) == picture.size
    assert picture.path in session.out
    assert session.named("good").artifacts == ()
    assert (session.folder / ".synthetic" / "artifacts" / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_each_device_is_a_run(session: Session) -> None:
    runs = [run for run in session.runs if run.name == "wrong claim"]

    assert [run.device for run in runs] == ["desktop", "iPhone 15"]
    assert len({run.journey for run in runs}) == 1
    pictures = [session.folder / str(run.artifacts[0].path) for run in runs]
    widths = [int.from_bytes(picture.read_bytes()[16:20]) for picture in pictures]
    assert widths[0] == 1280
    assert widths[1] != 1280


def test_steps_are_groups_in_the_trace(session: Session) -> None:
    (trace,) = (session.folder / "traces").glob("*good*/trace.zip")
    with zipfile.ZipFile(trace) as zipped:
        (name,) = [name for name in zipped.namelist() if name.endswith("trace.trace")]
        events = [json.loads(line) for line in zipped.read(name).splitlines()]
    groups = [event.get("title") for event in events if event.get("method") == "tracingGroup"]

    assert groups == ["browse", "add", "ask"]


def test_no_escape_reaches_the_terminal(session: Session) -> None:
    assert "\x1b" not in session.out
    assert "<script>alert(1)</script>" in session.out


def test_the_line_is_as_slow_as_asked_for(session: Session) -> None:
    assert session.named("slow line").verdict == "passed", session.out
    assert session.named("slow line").network == "slow-3g"
    assert session.named("no line").verdict == "broken"
    assert session.named("no line").fault == "network"


OWN = """
@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {**browser_context_args, "locale": "de-DE", "viewport": {"width": 500, "height": 400}}

@pytest.mark.journey("own settings")
@pytest.mark.device("iPhone 15")
def test_own(page):
    page.goto("/")
    assert page.evaluate("navigator.language") == "de-DE"
    assert page.viewport_size == {"width": 500, "height": 400}
    assert "iPhone" in page.evaluate("navigator.userAgent")

@pytest.mark.browser_context_args(locale="nl-NL")
@pytest.mark.journey("own mark")
def test_mark(page, new_context):
    page.goto("/")
    assert page.evaluate("navigator.language") == "nl-NL"
    other = new_context(timezone_id="Asia/Tokyo").new_page()
    other.goto("/")
    assert other.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone") == "Asia/Tokyo"
"""


def test_what_the_user_sets_wins(
    run_pytest: RunPytest, shop: RunningShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "test_shop.py").write_text("import pytest\n" + OWN, encoding="utf-8")
    (tmp_path / "synthetic.toml").write_text(
        '[regions.eu]\nproxy = "http://127.0.0.1:9"\nlocale = "fr-FR"\ntimezone = "Europe/Paris"\n', encoding="utf-8"
    )
    monkeypatch.setenv("SYNTHETIC_HERE", "eu")  # no proxy is needed then, and none is used
    session = run_pytest(tmp_path, f"--base-url={shop.base_url}", "--synthetic-region=eu")

    assert [run.verdict.value for run in session.runs] == ["passed", "passed"], session.out


def test_no_browser_says_what_to_run(run_pytest: RunPytest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "test_shop.py").write_text(
        "import pytest\n@pytest.mark.journey('J')\ndef test_it(page): pass\n"
        "@pytest.mark.journey('K')\ndef test_too(page): pass\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    session = run_pytest(tmp_path)

    assert [(run.verdict.value, str(run.fault)) for run in session.runs] == [("broken", "browser"), ("blocked", "None")]
    assert "Run: synthetic install-browser" in session.out
    assert "Traceback" not in session.out


@pytest.mark.parametrize("name", ["playwright", "allure_pytest", "xdist", "base_url"])
def test_any_of_the_others_can_be_blocked(run_pytest: RunPytest, shop: RunningShop, tmp_path: Path, name: str) -> None:
    (tmp_path / "test_shop.py").write_text(
        "import pytest\n@pytest.mark.journey('J')\ndef test_it(journey, api):\n"
        "    with journey.step('ask'):\n        assert api.get('/healthz').ok\n",
        encoding="utf-8",
    )
    (tmp_path / "synthetic.toml").write_text(f'base_url = "{shop.base_url}"\n', encoding="utf-8")
    session = run_pytest(tmp_path, "-p", f"no:{name}")

    assert [run.verdict.value for run in session.runs] == ["passed"], session.out
