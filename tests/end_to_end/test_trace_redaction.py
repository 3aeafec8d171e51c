"""A real trace with a secret in every place it can hold one: clean after the redactor, and still to be opened."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import playwright
import pytest
from playwright.sync_api import sync_playwright

from pytest_synthetic.channels import browser
from pytest_synthetic.core import redact_forms
from pytest_synthetic.core.redact import Redactor
from pytest_synthetic.reports.archives import checked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow

VIEWER = Path(playwright.__file__).parent / "driver" / "package" / "lib" / "vite" / "traceViewer"
FILLED, TYPED, SET, LATIN = "<&>'7 é+/=filled", "typed-s3cret-2", "set-by-script-3", "Zoë's latin=pot"
HEADER, COOKIE, QUERY, STORED = "b3arer-header-5", "c00kie-s3cret-6", "query-s3cret-7", "stored-s3cret-8"
LOGGED, ANSWERED = "logged-s3cret-9", "answered-s3cret-10"
DECLARED = (FILLED, TYPED, SET, LATIN, QUERY, STORED, LOGGED, ANSWERED)
"""The others are known by the name beside them: they are written in this file, which is in the trace, in pieces."""

PAGE = f"""<!doctype html><form method=post accept-charset=iso-8859-1>
<input name=filled><input name=typed><input name=set><input name=latin><button>Go</button></form>
<script>localStorage.note = "{STORED}"; console.log("{LOGGED}")</script>{ANSWERED}"""


class Shop(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Set-Cookie", f"sid={COOKIE}; Path=/")
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


class Viewer(SimpleHTTPRequestHandler):
    """The web app in Playwright's package, and one trace beside it."""

    def __init__(self, *arguments: object, trace: bytes) -> None:
        self._trace = trace
        super().__init__(*arguments, directory=str(VIEWER))  # type: ignore[arg-type]  # a request, its socket, a server

    def do_GET(self) -> None:
        if not self.path.startswith("/a.zip"):
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(self._trace)))
        self.end_headers()
        self.wfile.write(self._trace)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(handler: object) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:  # type: ignore[arg-type]  # a partial class
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browsing = driver.chromium.launch(executable_path=browser.installed(), args=["--no-sandbox"])
        yield browsing
        browsing.close()


@pytest.fixture(scope="module")
def trace(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("trace") / "trace.zip"
    with serving(Shop) as address:
        context = chromium.new_context(extra_http_headers={"Authorization": f"Bearer {HEADER}"})
        context.tracing.start(screenshots=True, snapshots=True, sources=True)
        page = context.new_page()
        page.goto(f"{address}/?q={QUERY}")
        page.locator("[name=filled]").fill(FILLED)
        page.locator("[name=typed]").press_sequentially(TYPED)
        page.evaluate("value => document.forms[0].set.value = value", SET)
        page.locator("[name=latin]").fill(LATIN)
        page.get_by_role("button").click()
        page.wait_for_load_state()
        context.storage_state()
        context.tracing.stop(path=path)
        context.close()
    return path.read_bytes()


@pytest.fixture(scope="module")
def redactor() -> Redactor:
    redactor = Redactor()
    for number, secret in enumerate(DECLARED):
        redactor.declare(f"S{number}", secret)
    return redactor


def entries(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def found(secrets: tuple[str, ...], files: dict[str, bytes]) -> set[tuple[str, str]]:
    forms = {secret: [form.encode() for form in redact_forms.forms(secret)] for secret in secrets}
    return {
        (secret, name)
        for name, data in files.items()
        for secret in secrets
        for form in forms[secret]
        if form in data and not (name.startswith("src/") and secret not in DECLARED)
    }


def test_no_secret_is_left_in_any_entry(trace: bytes, redactor: Redactor) -> None:
    before = entries(trace)
    assert {secret for secret, _ in found((*DECLARED, HEADER, COOKIE), before)} == {*DECLARED, HEADER, COOKIE}
    assert any(name.startswith("src/") for _, name in found(DECLARED, before))

    clean = checked(trace, "trace.zip", redactor).data

    assert clean is not None
    after = entries(clean)
    assert found((*DECLARED, HEADER, COOKIE), after) == set()
    assert {name for name in before if not name.startswith("screencast/")} == set(after)
    assert not any("screencast" in line for line in map(str, after["trace.trace"].splitlines()))
    for name in ("trace.trace", "trace.network"):
        assert all(json.loads(line) for line in after[name].splitlines())
    assert checked(clean, "trace.zip", redactor).data is clean


def test_the_film_stays_when_no_secret_was_seen(trace: bytes, redactor: Redactor) -> None:
    before, after = entries(trace), entries(checked(trace, "trace.zip", redactor, seen=False).data or b"")
    film = {name: data for name, data in before.items() if name.startswith("screencast/")}

    assert film
    assert film.items() <= after.items()


@pytest.mark.parametrize("seen", [True, False])
def test_the_trace_viewer_still_opens_it(chromium: Browser, trace: bytes, redactor: Redactor, seen: bool) -> None:
    clean = checked(trace, "trace.zip", redactor, seen=seen).data or b""
    with serving(partial(Viewer, trace=clean)) as address:
        page = chromium.new_page()
        complaints = complaints_of(page)
        page.goto(f"{address}/index.html?trace={address}/a.zip")
        actions = page.locator(".action-title")
        actions.filter(has_text="Click").wait_for()
        titles = [title.replace("\n", " ") for title in actions.all_inner_texts()]
        actions.filter(has_text="Fill").first.click()
        shown = page.frame_locator("iframe.snapshot-visible").locator("[name=filled]")
        shown.wait_for()
        page.close()

    assert complaints == []
    for title in ('Fill "[redacted:S0]"', 'Type "[redacted:S1]"', "Evaluate", 'Fill "[redacted:S3]"', "Click"):
        assert any(told.startswith(title) for told in titles), titles
    assert any("?q=[redacted:S4]" in told for told in titles), titles


def complaints_of(page: Page) -> list[str]:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    return complaints
