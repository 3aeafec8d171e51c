"""Evidence with a real browser: what is left of a failed run, also of pages that are out of their mind."""

from __future__ import annotations

import json
import textwrap
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_synthetic.model.evidence import Artifact
    from pytest_synthetic.model.run import RunResult
    from tests.end_to_end.conftest import RunPytest, Session

pytestmark = pytest.mark.slow

PAGES = {
    "/": "<title>Shop</title><h1>Kettles</h1><button onclick='pay()'>Pay</button><script>"
    "console.log('ready'); function pay() { fetch('/payment?token=abc&lang=fr', {method: 'POST'}) }</script>",
    "/throws": "<h1>Kettles</h1><script>null.stock</script>",
    "/loop": "<h1>Kettles</h1><button onclick='for(;;);'>Pay</button>",
    "/chatty": "<h1>Kettles</h1><script>for (let i = 0; i < 20000; i++) console.log('line ' + i)</script>",
    "/tall": "<h1>Kettles</h1><div style='height: 3000px'>x</div>",
    "/waiting": "<h1>Kettles</h1><script>fetch('/never')</script><img src='/never?img'>",
    "/white": "<body></body>",
    "/large": "<h1>Kettles</h1><script>fetch('/stream', {method: 'POST'}).then(r => r.text())</script>",
}


class _Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    gate = threading.Event()

    def do_GET(self) -> None:
        if self.path.startswith("/never"):
            self.gate.wait(60)
            return
        page = PAGES.get(self.path.partition("?")[0])
        self._answer(200 if page else 404, (page or "no such page").encode(), "text/html")

    def do_POST(self) -> None:
        if self.path == "/stream":
            self._stream()
        else:
            self._answer(500, b'{"error": "the bank does not answer"}', "application/json")

    def _answer(self, status: int, body: bytes, media_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(500)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for _ in range(20):
            self.wfile.write(b"f4240\r\n" + b"x" * 1_000_000 + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Shop)
    server.daemon_threads = True
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    _Shop.gate.set()
    server.shutdown()
    serving.join()
    server.server_close()


def journeys(folder: Path, source: str, toml: str = "") -> None:
    head = "import pytest\nfrom playwright.sync_api import expect\n\n"
    (folder / "test_shop.py").write_text(head + textwrap.dedent(source), encoding="utf-8")
    (folder / "synthetic.toml").write_text(toml, encoding="utf-8")


def named(run: RunResult) -> dict[str, Artifact]:
    return {artifact.name: artifact for artifact in run.artifacts}


def content(session: Session, run: RunResult, name: str) -> str:
    path = named(run)[name].path
    assert path, named(run)[name]
    return (session.folder / path).read_text(encoding="utf-8")


PAY = """
    @pytest.mark.journey("pay")
    def test_pay(journey, page, api):
        with journey.step("open"):
            page.goto("/")
        with journey.step("pay"):
            api.post("/orders?code=quince", json={"slug": "kettle"}, headers={"Authorization": "Bearer sesame"})
            with page.expect_response("**/payment*"):
                page.get_by_role("button").click()
            assert page.url == "paid"

    @pytest.mark.journey("look")
    def test_look(journey, page):
        page.goto("/")
"""


@pytest.fixture(scope="module")
def paid(run_pytest: RunPytest, address: str, tmp_path_factory: pytest.TempPathFactory) -> Session:
    folder = tmp_path_factory.mktemp("paid")
    journeys(folder, PAY)
    return run_pytest(folder, "--base-url", address, "--alluredir=allure")


def test_a_failed_run_explains_itself(paid: Session) -> None:
    run = paid.named("pay")

    assert list(named(run)) == [
        "screenshot", "page outline", "network log", "console", "server answer", "trace", "api exchanges",
    ]  # fmt: skip
    assert {artifact.step for artifact in run.artifacts} == {"pay"}
    assert [a.missing for a in run.artifacts if a.missing] == []
    assert 'heading "Kettles"' in content(paid, run, "page outline")
    log = content(paid, run, "network log")
    assert "POST http://127.0.0.1" in log
    assert "/payment?token=...&lang=fr (fetch) <- FAILED" in log
    assert '-- in step "open"' in log
    assert "log     ready" in content(paid, run, "console")
    assert "the bank does not answer" in content(paid, run, "server answer")


def test_the_console_says_since_which_request(paid: Session) -> None:
    run = paid.named("pay")

    payment, order = run.notes
    assert payment.startswith("POST /payment?token=...&lang=fr -> 500, ")
    assert order.startswith("POST /orders?code=... -> 500, ")
    assert payment in paid.out
    assert str(named(run)["screenshot"].path) in paid.out


def test_an_exchange_can_be_tried_by_hand(paid: Session) -> None:
    told = content(paid, paid.named("pay"), "api exchanges")

    assert "< 500" in told
    assert '< {"error": "the bank does not answer"}' in told
    assert '-H "$AUTHORIZATION"' in told
    assert "sesame" not in told
    assert "quince" not in told


def test_the_trace_can_be_read(paid: Session) -> None:
    path = named(paid.named("pay"))["trace"].path
    assert path
    with zipfile.ZipFile(paid.folder / path) as trace:
        (events,) = [name for name in trace.namelist() if name.endswith("trace.trace")]
        told = [json.loads(line) for line in trace.read(events).splitlines()]
    assert {event.get("title") for event in told if event.get("method") == "tracingGroup"} == {"open", "pay"}


def test_nothing_is_left_of_a_run_that_passed(paid: Session) -> None:
    assert paid.named("look").artifacts == ()
    root = paid.folder / ".synthetic" / "artifacts"
    assert len([path for path in root.iterdir() if path.is_dir()]) == 1


def test_evidence_stands_under_its_step_in_allure(paid: Session) -> None:
    results = [json.loads(path.read_text("utf-8")) for path in (paid.folder / "allure").glob("*-result.json")]
    (result,) = [result for result in results if result["name"] == "pay"]

    steps = {step["name"]: [file["name"] for file in step.get("attachments", ())] for step in result["steps"]}
    assert steps["open"] == []
    assert steps["pay"] == [artifact.name for artifact in paid.named("pay").artifacts]
    assert result.get("attachments", []) == []


def test_a_page_that_hangs_is_named_and_costs_little(run_pytest: RunPytest, address: str, tmp_path: Path) -> None:
    journeys(
        tmp_path,
        """
        @pytest.mark.journey("loop")
        def test_loop(journey, page):
            page.goto("/loop")
            page.get_by_role("button").click(timeout=1000)
        """,
    )
    done = run_pytest(tmp_path, "--base-url", address, "--durations=0", "-vv")

    (run,) = done.runs
    found = named(run)
    assert run.verdict == "failed"
    assert run.failure
    assert run.failure.type == "TimeoutError"
    for name in ("screenshot", "full page", "page outline"):
        assert found[name].path is None
        assert "did not answer within 1 s" in str(found[name].missing)
    assert found["trace"].path
    assert found["network log"].path
    assert "no screenshot: the page did not answer" in " ".join(done.out.split())
    assert run.duration
    assert run.duration < 8


def test_pages_out_of_their_mind(run_pytest: RunPytest, address: str, tmp_path: Path) -> None:
    journeys(
        tmp_path,
        """
        @pytest.mark.journey("throws")
        def test_throws(journey, page):
            page.goto("/throws")
            assert False

        @pytest.mark.journey("chatty")
        def test_chatty(journey, page):
            page.goto("/chatty")
            assert False

        @pytest.mark.journey("tall")
        def test_tall(journey, page):
            page.goto("/tall")
            assert False

        @pytest.mark.journey("waiting")
        def test_waiting(journey, page):
            page.goto("/waiting", wait_until="commit")
            page.wait_for_timeout(1500)
            assert False

        @pytest.mark.journey("large")
        def test_large(journey, page):
            with page.expect_event("requestfinished", lambda r: r.url.endswith("/stream")):
                page.goto("/large")
            assert False

        @pytest.mark.journey("dead")
        def test_dead(journey, page):
            page.goto("/")
            page.context.browser.close()
            page.title()
        """,
    )
    done = run_pytest(tmp_path, "--base-url", address)

    runs = {run.name: run for run in done.runs}
    assert {run.verdict.value for name, run in runs.items() if name != "dead"} == {"failed"}, done.out
    (thrown,) = runs["throws"].notes
    assert thrown.startswith("page error: TypeError: ")
    said = content(done, runs["chatty"], "console")
    assert "lines on the console: 200 or more" in said
    assert "line 0" in said
    assert "line 19999" in said
    assert len(said) < 40_000
    assert "full page" in named(runs["tall"])
    assert "full page" not in named(runs["throws"])
    assert ", no answer yet" not in content(done, runs["throws"], "network log")
    assert "no answer yet" in content(done, runs["waiting"], "network log")
    (unanswered,) = runs["waiting"].notes
    assert unanswered.startswith("GET /never")
    assert "-> no answer, after " in unanswered
    assert named(runs["waiting"])["screenshot"].path
    assert "not read" in content(done, runs["large"], "server answer")
    assert runs["dead"].verdict == "broken"
    assert runs["dead"].failure
    assert runs["dead"].failure.type == "TargetClosedError"
    assert named(runs["dead"])["network log"].path
    assert named(runs["dead"])["trace"].missing


def test_what_a_test_records_itself_is_its_own(run_pytest: RunPytest, address: str, tmp_path: Path) -> None:
    journeys(
        tmp_path,
        """
        @pytest.mark.journey("own trace")
        def test_own_trace(journey, context, tmp_path):
            context.tracing.start(screenshots=True)
            page = context.new_page()
            with journey.step("open"):
                page.goto("/")
            context.tracing.stop(path=tmp_path / "own.zip")
            assert (tmp_path / "own.zip").is_file()

        @pytest.mark.journey("own contexts")
        def test_own_contexts(journey, new_context):
            with journey.step("as a guest"):
                guest = new_context()
                guest.new_page().goto("/")
                guest.close()
            assert False
        """,
        "[evidence]\nhar = true\n",
    )
    done = run_pytest(tmp_path, "--base-url", address)

    assert [run.verdict.value for run in done.runs] == ["passed", "failed"], done.out
    assert "note:" not in done.out
    assert done.runs[0].artifacts == ()
    found = named(done.runs[1])
    assert found["screenshot"].missing == "no page was open"
    assert found["trace"].path


def test_what_is_asked_for_while_a_test_waits_and_a_page_that_was_not_opened(
    run_pytest: RunPytest, address: str, tmp_path: Path
) -> None:
    journeys(
        tmp_path,
        """
        import time

        @pytest.mark.journey("wait")
        def test_wait(journey, page):
            page.goto("/")
            with journey.step("receive"):
                page.evaluate("void setTimeout(() => fetch('/json'), 100)")
                time.sleep(1)
                raise RuntimeError("nothing came")

        @pytest.mark.journey("unopened")
        def test_unopened(page):
            raise RuntimeError("before any page")

        @pytest.mark.journey("white")
        def test_white(page):
            page.goto("/white")
            raise RuntimeError("a white page")
        """,
    )
    done = run_pytest(tmp_path, "--base-url", address)
    wait, unopened, white = done.runs

    log = content(done, wait, "network log")
    assert "/json" in log.partition('-- in step "receive"')[2].partition("--")[0]
    assert named(unopened)["screenshot"].missing == "no page was opened yet"
    assert "no screenshot: no page was opened yet" in done.out
    assert "full page" not in named(unopened)
    assert named(white)["screenshot"].path
    assert named(white)["page outline"].missing == "the page has no text, and nothing to act on"


def test_always_never_and_playwrights_own_options(run_pytest: RunPytest, address: str, tmp_path: Path) -> None:
    journeys(tmp_path, PAY, "[evidence]\nhar = true\nvideo = true\n")

    always = run_pytest(tmp_path, "--base-url", address, "-k", "look", "--synthetic-evidence=always")
    assert {"screenshot", "network log", "trace", "har"} <= set(named(always.runs[-1]))
    har = json.loads(content(always, always.runs[-1], "har"))
    assert next(entry["request"]["url"] for entry in har["log"]["entries"]) == f"{address}/"

    never = run_pytest(tmp_path, "--base-url", address, "-k", "pay", "--synthetic-evidence=never")
    assert never.runs[-1].artifacts == ()
    assert never.runs[-1].notes == ()

    own = run_pytest(tmp_path, "--base-url", address, "-k", "pay", "--tracing=retain-on-failure", "--output=traces")
    assert "trace" not in named(own.runs[-1])
    assert list((tmp_path / "traces").glob("*/trace.zip"))


def test_a_broken_promise_leaves_evidence_too(run_pytest: RunPytest, address: str, tmp_path: Path) -> None:
    journeys(
        tmp_path,
        """
        @pytest.mark.journey("slow")
        def test_slow(journey, page):
            with journey.step("open", sla=0.001):
                page.goto("/")
        """,
    )
    for mode in ("fail", "warn"):
        done = run_pytest(tmp_path, "--base-url", address, f"--synthetic-sla={mode}")
        run = done.runs[-1]
        assert run.verdict == "degraded"
        assert named(run)["screenshot"].step == "open"
        assert {"network log", "trace"} <= set(named(run))
