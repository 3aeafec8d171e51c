"""A browser that runs share: nothing of one run is seen by the next, and a browser that is not well is replaced."""

from __future__ import annotations

import base64
import http.server
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from pytest_synthetic.channels import browser, browser_shared
from pytest_synthetic.config import files
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.model.journey import JourneySpec
from pytest_synthetic.model.plan import Job, Plan
from pytest_synthetic.model.verdict import Fault, Verdict
from pytest_synthetic.scheduler.runner import ProcessRunner, Workplace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_synthetic.model.run import RunResult
    from tests.end_to_end.conftest import ForwardProxy

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="keepers are Linux's"),
    pytest.mark.skipif(browser.installed() is None, reason="needs an installed Chromium"),
]

JOURNEYS = """
import os, signal
import pytest
from playwright.sync_api import Error

def process(page):
    session = page.context.browser.new_browser_cdp_session()
    told = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return next(one["id"] for one in told if one["type"] == "browser")

@pytest.fixture(autouse=True)
def which(journey, page):
    journey.measure("browser", process(page))
    journey.measure("opened before", len(page.context.browser.contexts) - 1)

REMEMBER = '''async () => {
    document.cookie = "who=me; max-age=9999";
    localStorage.who = sessionStorage.who = "me";
    await new Promise(done => indexedDB.open("who").onsuccess = done);
    await (await caches.open("who")).put("/who", new Response("me"));
    await navigator.serviceWorker.register("/worker.js");
    await navigator.serviceWorker.ready;
    await navigator.clipboard.writeText("me");
}'''
REMEMBERED = '''async () => [
    document.cookie, localStorage.who, sessionStorage.who, (await indexedDB.databases()).length,
    (await caches.keys()).length, (await navigator.serviceWorker.getRegistrations()).length,
    (await navigator.permissions.query({name: "geolocation"})).state, await navigator.clipboard.readText(),
]'''
CLIPBOARD = ["clipboard-read", "clipboard-write"]

@pytest.mark.journey("leave")
def test_leave(page, base_url):
    page.context.grant_permissions([*CLIPBOARD, "geolocation"])
    page.goto(base_url.replace("//", "//ada:secret@") + "/locked")
    assert page.goto("/locked").status == 200
    page.goto("/kept")
    page.evaluate(REMEMBER)
    assert page.evaluate(REMEMBERED) == ["who=me", "me", "me", 1, 1, 1, "granted", "me"]
    page.goto("/kept")

@pytest.mark.journey("look")
def test_look(page):
    page.context.grant_permissions(CLIPBOARD)
    with pytest.raises(Error, match="ERR_INVALID_AUTH_CREDENTIALS"):
        page.goto("/locked")
    page.goto("/kept")
    assert page.evaluate(REMEMBERED) == ["", None, None, 0, 0, 0, "denied", ""]  # all that is not granted

@pytest.mark.journey("page")
def test_page(page):
    page.goto("/kept")

@pytest.mark.journey("region")
def test_region(page, browser):
    page.goto("/kept")
    assert page.evaluate("navigator.language") == "fr-FR"
    own = browser.new_context()
    own.new_page().goto(page.url.replace("kept", "own"))
    own.close()

@pytest.mark.journey("download")
def test_download(page):
    page.goto("/kept")
    with page.expect_download() as coming:
        page.evaluate("() => { const a = document.createElement('a'); a.href = '/file'; a.click() }")
    assert coming.value.path().read_text() == "the file"

@pytest.mark.journey("fail")
def test_fail(page, journey):
    with journey.step("open"):
        page.goto("/kept")
        page.get_by_text("something else").click(timeout=300)

@pytest.mark.journey("killed")
def test_killed(page):
    page.goto("/kept")
    os.kill(process(page), signal.SIGKILL)
    page.goto("/kept")

@pytest.mark.journey("stopped")
def test_stopped(page):
    page.goto("/kept")
    os.kill(process(page), signal.SIGSTOP)
    page.get_by_text("something else").click(timeout=300)

@pytest.mark.journey("pays")
def test_pays(page):
    page.goto("/kept")
    page.evaluate("fetch('/pay', {method: 'POST'}).catch(() => 0)")

@pytest.mark.journey("dies")
def test_dies(page):
    page.goto("/kept")
    os.kill(os.getpid(), signal.SIGKILL)

@pytest.mark.journey("zone")
def test_zone(page):
    page.goto("/kept")
    assert page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone") == "Asia/Tokyo"
"""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        super().__init__(("127.0.0.1", 0), _Answer)


class _Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self.server.asked.append((f"{self.command} {self.path}", self.client_address[1]))
        login = "Basic " + base64.b64encode(b"ada:secret").decode()
        locked = self.path == "/locked" and self.headers["Authorization"] != login
        self.send_response(401 if locked else 200)
        if locked:
            self.send_header("WWW-Authenticate", "Basic realm=shop")
        for name, value in {
            "/kept": {"Content-Type": "text/html", "Cache-Control": "max-age=9999"},
            "/worker.js": {"Content-Type": "text/javascript"},
            "/file": {"Content-Type": "application/zip", "Content-Disposition": "attachment"},
        }.get(self.path, {"Content-Type": "text/html"}).items():
            self.send_header(name, value)
        body = b"the file" if self.path == "/file" else b""
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[_Server]:
    with _Server() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


class Place:
    """A folder of journeys, and a runner that shares its browser."""

    def __init__(self, folder: Path, site: _Server, more: str = "", runner: str = "") -> None:
        self.said: list[str] = []
        self.pids: set[int] = set()
        (folder / "test_shop.py").write_text(JOURNEYS, encoding="utf-8")
        (folder / "synthetic.toml").write_text(
            f'base_url = "http://127.0.0.1:{site.server_port}"\n{more}\n[runner]\nshare_browser = true\n{runner}\n',
            encoding="utf-8",
        )
        environ = {**os.environ, **({"SYNTHETIC_HERE": "fr"} if "regions.fr" in more and "proxy" not in more else {})}
        settings = files.load(folder / "synthetic.toml", environ)
        at = Workplace(settings=settings, folder=folder, environ=environ)
        self.runner = ProcessRunner(at, SystemClock(), self.said.append)

    def run(self, test: str, region: str = "local", **job: Any) -> RunResult:
        plan = Plan(spec=JourneySpec(id=test, name=test), region=region, nodeid=f"test_shop.py::{test}", browser=True)
        outcome = self.runner.run(Job(id=uuid.uuid4().hex, plan=plan, time_limit=90, **job))
        self.lent = browser_shared.lent(self.runner.jobs / outcome.job.id) is not None
        self.runner.delivered(outcome.job)
        (run,) = outcome.runs
        self.pids |= {int(found.value) for found in run.measurements if found.name == "browser"}
        return run


@contextmanager
def placed(folder: Path, site: _Server, more: str = "", runner: str = "") -> Iterator[Place]:
    place = Place(folder, site, more, runner)
    yield place
    place.runner.stop()
    until(lambda: not any(psutil.pid_exists(pid) for pid in place.pids))


@pytest.fixture(scope="module")
def place(site: _Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with placed(tmp_path_factory.mktemp("shop"), site, '[regions.fr]\nlocale = "fr-FR"') as made:
        yield made


def which(run: RunResult) -> float:
    """The number of the browser's process."""
    return next(found.value for found in run.measurements if found.name == "browser")


def until(holds: Callable[[], object], seconds: float = 30.0) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_nothing_of_a_run_is_seen_by_the_next(place: Place, site: _Server) -> None:
    left = place.run("test_leave")
    before = len(site.asked)
    looked = place.run("test_look")

    assert (left.verdict, looked.verdict) == (Verdict.PASSED, Verdict.PASSED), (left.reason, looked.reason)
    assert which(left) == which(looked)
    assert place.lent
    # The page that the first run was told to keep is asked for again, over connections of its own.
    asked = site.asked[before:]
    assert "GET /kept" in {what for what, _ in asked}
    assert not {port for _, port in asked} & {port for _, port in site.asked[:before]}


def test_a_region_and_a_download_are_as_in_a_browser_of_its_own(place: Place) -> None:
    page, region, download = place.run("test_page"), place.run("test_region", "fr"), place.run("test_download")

    assert (region.verdict, download.verdict) == (Verdict.PASSED, Verdict.PASSED), (region.reason, download.reason)
    assert which(region) != which(page) == which(download)


def test_a_failed_run_has_its_evidence(place: Place) -> None:
    run = place.run("test_fail")

    assert (run.verdict, run.failure.fault if run.failure else None) == (Verdict.FAILED, Fault.PRODUCT)
    assert {"trace", "screenshot", "network log"} <= {artifact.name for artifact in run.artifacts}


def test_an_isolated_run_shares_nothing(place: Place) -> None:
    shared, isolated = place.run("test_page"), place.run("test_page", isolated=True)

    assert which(shared) != which(isolated)
    assert not place.lent


@pytest.mark.parametrize("test", ["test_stopped", pytest.param("test_killed", marks=pytest.mark.stress)])
def test_a_browser_that_is_gone_breaks_one_run_and_no_other(place: Place, test: str) -> None:
    broken, after = place.run(test), place.run("test_page")

    assert (broken.verdict, broken.failure.fault if broken.failure else None) == (Verdict.BROKEN, Fault.BROWSER)
    assert after.verdict is Verdict.PASSED
    assert which(broken) != which(after)
    until(lambda: not psutil.pid_exists(int(which(broken))))


@pytest.mark.parametrize("blow", [signal.SIGKILL, pytest.param(signal.SIGSTOP, marks=pytest.mark.stress)])
def test_a_browser_that_is_gone_between_runs_harms_none(place: Place, blow: signal.Signals) -> None:
    before = int(which(place.run("test_page")))
    os.kill(before, blow)
    after = place.run("test_page")

    assert after.verdict is Verdict.PASSED
    assert which(after) != before
    until(lambda: not psutil.pid_exists(before))


@pytest.mark.stress
def test_a_run_that_was_killed_leaves_its_browser_to_nobody(place: Place) -> None:
    before, killed, after = place.run("test_page"), place.run("test_dies"), place.run("test_page")

    assert killed.verdict is Verdict.BROKEN
    assert which(before) != which(after)


@pytest.mark.parametrize(
    "conftest",
    [
        "@pytest.fixture(scope='session')\ndef browser_type_launch_args(): return {'args': ['--window-position=1,1']}",
        "os.environ['TZ'] = 'Asia/Tokyo'",
    ],
    ids=["options", "environment"],
)
def test_a_run_that_asks_for_another_browser_gets_it(site: _Server, tmp_path: Path, conftest: str) -> None:
    with placed(tmp_path, site) as place:
        before = place.run("test_page")
        (tmp_path / "conftest.py").write_text(f"import os\nimport pytest\n\n{conftest}\n", encoding="utf-8")
        test = "test_zone" if "TZ" in conftest else "test_page"
        after = place.run(test)
        (tmp_path / "conftest.py").unlink()

    assert after.verdict is Verdict.PASSED, after.reason
    assert place.lent
    assert which(before) != which(after)


@pytest.mark.stress
def test_a_browser_is_replaced_after_so_many_runs_and_when_it_has_grown(site: _Server, tmp_path: Path) -> None:
    with placed(tmp_path, site, runner="shared_browser_runs = 2") as place:
        one, two, three = (which(place.run("test_page")) for _ in range(3))
        settings = place.runner._browsers._settings  # type: ignore[union-attr]
        place.runner._browsers._settings = replace(settings, shared_browser_memory=1)  # type: ignore[union-attr]
        four, five = (which(place.run("test_page")) for _ in range(2))

    assert one == two != three == four != five
    assert place.said == []


def test_a_region_s_proxy_is_that_of_the_whole_browser(
    site: _Server, tmp_path: Path, proxies: tuple[ForwardProxy, ForwardProxy]
) -> None:
    proxy = proxies[0]
    regions = f'[regions.fr]\nlocale = "fr-FR"\nproxy = "{proxy.url}"\n'
    with placed(tmp_path, site, regions) as place:
        direct = place.run("test_page")
        crossed = proxy.crossed
        one, two = place.run("test_region", "fr"), place.run("test_region", "fr")

    assert [run.verdict for run in (direct, one, two)] == [Verdict.PASSED] * 3, one.reason
    assert not crossed
    assert proxy.crossed.count("/own") == 2
    assert which(direct) != which(one) == which(two)


def test_the_guard_refuses_as_ever(site: _Server, tmp_path: Path) -> None:
    with placed(tmp_path, site, '[production]\nallowed_hosts = ["127.0.0.1"]') as place:
        page, pays = place.run("test_page"), place.run("test_pays")

    assert page.verdict is Verdict.PASSED, page.reason
    assert pays.verdict is Verdict.BROKEN
    assert which(page) == which(pays)
    assert "POST /pay" not in {what for what, _ in site.asked}


OWNER = """
import os, sys, time
from pytest_synthetic.config.settings import RunnerSettings
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.model.region import Region
from pytest_synthetic.scheduler.shared_browser import SharedBrowsers

browsers = SharedBrowsers(RunnerSettings(), dict(os.environ), SystemClock(), print)
lent = browsers.lend(Region(name="local", here=True))
print(lent.shared.pid, lent.shared.folder, lent.shared.endpoint, flush=True)
time.sleep(60)
"""


def test_a_browser_does_not_outlive_its_owner() -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        pid, folder, endpoint = owner.stdout.readline().split()
        tree = [psutil.Process(int(pid)), *psutil.Process(int(pid)).children(recursive=True)]
        assert browser_shared.contexts(folder, browser_shared.DURING) == 0
        assert endpoint.startswith("ws://127.0.0.1:")
        assert len(endpoint.rpartition("/")[2]) >= 32
        owner.kill()

    assert len(tree) > 3
    assert not psutil.wait_procs(tree, 30)[1]
