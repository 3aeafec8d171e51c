"""The guard in a real browser: what is refused never reaches a server, whatever asked for it."""

from __future__ import annotations

import http.server
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.conftest import RunPytest, Session

pytestmark = pytest.mark.slow

PAGES = {
    "/form": "<form method=post action=/pay><button>Buy</button></form>",
    "/fetch": "<script>fetch('/pay', {method: 'POST'}).catch(() => 0)</script>",
    "/xhr": "<script>const x = new XMLHttpRequest(); x.open('PUT', '/pay'); x.send('a')</script>",
    "/beacon": "<script>navigator.sendBeacon('/pay', 'x')</script>",
    "/frame": "<iframe src='http://localhost:PORT/fetch'></iframe>",
    "/worker": "<script>new Worker('/worker.js')</script>",
    "/service": "<script>navigator.serviceWorker.register('/service.js')</script>",
    "/shared": "<script>if (window.SharedWorker) new SharedWorker('/shared.js')</script>",
    "/popup": "<form method=post target=_blank action=/pay><button>Buy</button></form>",
    "/socket": "<script>new WebSocket('ws://[::1]:PORT/pay')</script>",
    "/order": "<script>fetch('/orders', {method: 'POST', body: JSON.stringify({email: 'ada@shop.example'})})</script>",
    "/leaving": "<script>addEventListener('pagehide', () => navigator.sendBeacon('/pay', 'x'))</script>",
    "/picture": "<img src='/admin/x.png'>",
    "/window": "<a target=_blank href=/empty>more</a>",
    "/cookie": "<script>document.cookie = 'sid=1'</script>",
}


class _Shop(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.headers: dict[str, dict[str, str]] = {}
        super().__init__(("127.0.0.1", 0), _Answer)


class _Answer(http.server.BaseHTTPRequestHandler):
    server: _Shop

    def do_GET(self) -> None:
        came_from = f", from {self.headers['Referer']}" if self.command != "GET" else ""
        self.server.asked.append(f"{self.command} {self.path}{came_from}")
        self.server.headers[self.path] = dict(self.headers)
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        away = {"/away": f"http://[::1]:{self.server.server_port}/pay", "/again": "/pay"}.get(self.path)
        body = PAGES.get(self.path, "").replace("PORT", str(self.server.server_port)).encode()
        kind = "text/javascript" if self.path.endswith(".js") else "text/html"
        if self.path.endswith(".js"):
            body = b"fetch('/pay', {method: 'POST'}).catch(() => 0)"
        self.send_response(307 if away else 200)
        if away:
            self.send_header("Location", away)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_GET  # noqa: N815  the names that the server asks for

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _served() -> Iterator[_Shop]:
    with _Shop() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def product() -> Iterator[_Shop]:
    with _served() as server:
        yield server


SETTINGS = """
product = "Kettle Shop"
base_url = "http://127.0.0.1:{port}"
[production]
allowed_hosts = ["127.0.0.1", "localhost"]
allowed_resources = []
forbidden = ["/admin"]
test_accounts = ["*+synthetic@shop.example"]
account_routes = [{{ url = "/orders$", field = "email" }}]
"""


@pytest.fixture
def ran(run_pytest: RunPytest, tmp_path: Path, product: _Shop) -> Any:
    def run(body: str, *, marks: str = "", settings: str = SETTINGS) -> Session:
        (tmp_path / "synthetic.toml").write_text(settings.format(port=product.server_port), encoding="utf-8")
        (tmp_path / "test_shop.py").write_text(
            f'import pytest\n\n{marks}\n@pytest.mark.journey("J")\ndef test_it(page, journey):\n    {body}\n',
            encoding="utf-8",
        )
        return run_pytest(tmp_path)

    return run


REFUSED = {
    "form": "page.goto('/form'); page.click('button')",
    "fetch": "page.goto('/fetch')",
    "xhr": "page.goto('/xhr')",
    "beacon": "page.goto('/beacon')",
    "frame": "page.goto('/frame')",
    "worker": "page.goto('/worker')",
    "popup": "page.goto('/popup'); page.click('button')",
    "socket": "page.goto('/socket')",
    "redirect": "page.goto('/away')",
    "call of page.request": "page.request.post('/pay')",
    "call of a request context": "playwright.request.new_context(base_url=base_url).post('/pay')",
    "page that is closed": "page.goto('/leaving'); page.close()",
    "page that may object": "page.goto('/leaving'); page.close(run_before_unload=True)",
    "forbidden": "page.goto('/picture')",
    "account": "page.goto('/order')",
}

OTHERS = {
    "shared": "page.goto('/shared')",
    "service": "page.goto('/service')",
    "refusal": "page.goto('/fetch'); page.wait_for_timeout(300); assert page.locator('h1').count()",
}


@pytest.fixture(scope="module")
def refused(run_pytest: RunPytest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Session, list[str]]:
    """All of these in one session, and what the server was asked for."""
    folder = tmp_path_factory.mktemp("refused")
    tests = [
        f"{'@pytest.mark.mutates' if 'order' in body or 'picture' in body else ''}\n"
        f"@pytest.mark.journey({name!r})\n"
        f"def test_{number}(page, journey, playwright, base_url):\n"
        f"    with journey.step('try'): {body}; page.is_closed() or page.wait_for_timeout(500)\n"
        for number, (name, body) in enumerate((REFUSED | OTHERS).items())
    ]
    (folder / "test_shop.py").write_text("\n".join(["import pytest", *tests]), encoding="utf-8")
    with _served() as product:
        (folder / "synthetic.toml").write_text(SETTINGS.format(port=product.server_port), encoding="utf-8")
        return run_pytest(folder), product.asked


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_breaks_the_run(refused: tuple[Session, list[str]], name: str) -> None:
    done, _ = refused
    (run,) = [run for run in done.runs if run.name == name]
    assert run.failure, done.out
    assert (run.verdict, run.fault, run.failure.type) == ("broken", "test", "GuardRefused"), done.out
    assert run.failure.step == "try"
    assert " was not sent: " in run.failure.message


def test_nothing_refused_reached_the_server(refused: tuple[Session, list[str]]) -> None:
    done, asked = refused
    assert not [path for path in asked if "/pay" in path or "/admin" in path or "/orders" in path], done.out


@pytest.mark.parametrize("kind", ["shared", "service"])
def test_workers_that_cannot_be_held_are_not_to_be_had(refused: tuple[Session, list[str]], kind: str) -> None:
    done, asked = refused
    assert done.named(kind).verdict == "passed", done.out
    assert f"GET /{kind}" in asked
    assert f"GET /{kind}.js" not in asked


def test_what_is_allowed_goes_on(ran: Any, product: _Shop) -> None:
    body = (
        "page.goto('/cookie'); page.goto('/window'); page.click('a'); page.wait_for_timeout(500); "
        "page.goto('/form'); page.click('button'); page.context.new_page().goto('/empty'); "
        "assert [p.url.rpartition('/')[2] for p in page.context.pages] == ['pay', 'empty', 'empty']"
    )
    done = ran(body, marks="@pytest.mark.mutates")

    (run,) = done.runs
    assert run.verdict == "passed", done.out
    assert any(path.startswith("POST /pay") for path in product.asked)
    mark = f"Kettle%20Shop/test_shop.test_it/{run.run_id}"
    assert {product.headers[path]["X-Synthetic-Monitor"] for path in ("/window", "/empty", "/pay")} == {mark}
    assert product.headers["/window"]["Cookie"] == "sid=1"
    assert "pytest-synthetic/" in product.headers["/window"]["User-Agent"]


def test_a_refusal_is_no_failure_of_the_product(refused: tuple[Session, list[str]]) -> None:
    run = refused[0].named("refusal")
    assert (run.verdict, run.fault) == ("broken", "test")


def test_requests_are_counted(ran: Any, product: _Shop) -> None:
    settings = SETTINGS.replace("forbidden", "max_requests = 3\nforbidden")
    (run,) = ran("for n in range(6): page.goto(f'/empty?{n}')", settings=settings).runs
    assert run.verdict == "broken"
    assert "3 requests already, [production] max_requests" in run.failure.message
    assert len(product.asked) == 3
