"""Removals against an endpoint that answers as told, and functions that hang or raise."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pytest_synthetic.channels.api import ApiSession
from pytest_synthetic.config.settings import CreatedSettings, ProductionSettings, Settings
from pytest_synthetic.ledger import ledger_files
from pytest_synthetic.ledger.ledger_files import FileLedger
from pytest_synthetic.ledger.removing import Remover
from pytest_synthetic.model.created import Created
from pytest_synthetic.testing import FakeClock

RUN = "a" * 32
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Product:
    """Answers each request with `status` once `goes_on` is set, and remembers what came."""

    def __init__(self) -> None:
        self.status = 204
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.came: list[tuple[str, str, dict[str, str], bytes]] = []
        product = self

        class Handler(BaseHTTPRequestHandler):
            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline()
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                product.came.append((self.command, self.path, dict(self.headers), body))
                product.goes_on.wait(5)
                self.close_connection = True
                self.send_response(product.status)
                self.send_header("Location", "/login")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self) -> None:
        self.goes_on.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def product() -> Iterator[Product]:
    running = Product()
    yield running
    running.close()


@pytest.fixture
def api(product: Product) -> Iterator[ApiSession]:
    with ApiSession(base_url=product.url, proxy=None, headers={}, user_agent="ours", trace_id=RUN) as session:
        yield session


def order(**more: Any) -> Created:
    return Created(kind="order", identity="KS-1", run_id=RUN, journey="Buy", region="local", created_at=NOW, **more)


def tried(created: Created, *, timeout: float = 5.0, **environ: str) -> str | None:
    """Why the object still exists, after one try."""
    settings = Settings(created=CreatedSettings(timeout=timeout))
    failed = Remover(settings, environ, FakeClock(), str).remove(created)
    return failed.reason if failed else None


class TestRequests:
    @pytest.mark.parametrize("status", [200, 204, 404, 410])
    def test_gone(self, product: Product, api: ApiSession, status: int) -> None:
        product.status = status

        assert tried(order(request=api.request_for("DELETE", "/api/orders/KS-1"))) is None
        ((method, path, headers, _),) = product.came
        assert (method, path) == ("DELETE", "/api/orders/KS-1")
        assert headers["User-Agent"].endswith(f"(removes what run {RUN} created)")
        assert headers["traceparent"].startswith(f"00-{RUN}-")

    @pytest.mark.parametrize("status", [302, 401, 403, 500, 503])
    def test_kept(self, product: Product, api: ApiSession, status: int) -> None:
        product.status = status

        told = tried(order(request=api.request_for("DELETE", "/x")))
        assert told
        assert told.startswith(f"the product answered {status}")
        assert len(product.came) == 1

    def test_one_that_hangs_ends_in_time(self, product: Product, api: ApiSession) -> None:
        product.goes_on.clear()
        told = tried(order(request=api.request_for("DELETE", "/x")), timeout=0.2)
        assert told == "the product did not finish its answer before the deadline (it was still at first byte)"

    def test_nobody_there(self) -> None:
        with ApiSession(base_url="http://127.0.0.1:9", proxy=None, headers={}, user_agent="", trace_id=RUN) as api:
            assert tried(order(request=api.request_for("DELETE", "/x"))) == "the product refused the connection"

    def test_a_body(self, product: Product, api: ApiSession) -> None:
        assert tried(order(request=api.request_for("POST", "/graphql", json={"id": "é"}))) is None
        (_, _, headers, body) = product.came[0]
        assert (headers["Content-Type"], body) == ("application/json", b'{"id": "\\u00e9"}')

    def test_the_login_of_the_run_goes_along_in_the_run(self, product: Product, api: ApiSession) -> None:
        api.headers["Authorization"] = "Bearer 5f2c"
        api.cookies.set("sid", "77", domain="127.0.0.1")
        request = api.request_for("DELETE", "/x")

        assert request.withheld == ("Authorization", "Cookie")
        assert request.headers == {}
        assert tried(order(request=request)) is None
        assert (product.came[0][2]["Authorization"], product.came[0][2]["Cookie"]) == ("Bearer 5f2c", "sid=77")

    def test_another_process_has_no_login_and_does_not_ask(
        self, product: Product, api: ApiSession, tmp_path: Path
    ) -> None:
        api.headers["Authorization"] = "Bearer 5f2c"
        product.status = 404
        with FileLedger(tmp_path).begin(RUN) as held:
            request = api.request_for("DELETE", "/x")
            held.note(order(request=replace(request, credentials={})))
            for _ in range(2):
                (entry,) = held.entries()
                assert entry.failed == ()
                failed = Remover(Settings(), {}, FakeClock(), str).settle(held, entry)
                assert failed
                assert failed.reason.startswith("the removal needs Authorization of `api`, which only its own run knew")
        assert product.came == []

    def test_what_these_settings_do_not_allow_is_not_sent_and_is_no_try(
        self, product: Product, api: ApiSession, tmp_path: Path
    ) -> None:
        rules = ProductionSettings(allowed_hosts=("shop.example",))
        with FileLedger(tmp_path).begin(RUN) as held:
            held.note(order(request=api.request_for("DELETE", "/x?token=77", headers={})))
            (entry,) = held.entries()
            failed = Remover(Settings(production=rules), {}, FakeClock(), str).settle(held, entry)
            assert failed
            assert failed.reason.startswith(
                'its removal was not sent: "127.0.0.1" is not in [production] allowed_hosts. Valid: shop.example.'
            )
            assert product.came == []
            (entry,) = held.entries()
            assert entry.failed == ()
            off = replace(rules, guard=False)
            assert Remover(Settings(production=off), {}, FakeClock(), str).settle(held, entry) is None
        assert len(product.came) == 1

    def test_headers_given_stand_alone(self, product: Product, api: ApiSession) -> None:
        api.headers["Authorization"] = "Bearer 5f2c"
        api.cookies.set("sid", "77", domain="127.0.0.1")
        request = api.request_for("DELETE", "/x", headers={"Authorization": "Bearer ${TOKEN}", "X-Tenant": "fr"})

        assert (request.headers, request.withheld) == ({"Authorization": "Bearer ${TOKEN}", "X-Tenant": "fr"}, ())
        assert tried(order(request=request), TOKEN="t0ken") is None
        headers = product.came[0][2]
        assert (headers["Authorization"], headers["X-Tenant"], headers.get("Cookie")) == ("Bearer t0ken", "fr", None)
        assert tried(order(request=request)) == "the environment variable TOKEN is not set"

    def test_no_headers_is_no_login(self, product: Product, api: ApiSession) -> None:
        api.cookies.set("sid", "77", domain="127.0.0.1")
        assert api.request_for("DELETE", "/x", headers={}).withheld == ()

    @pytest.mark.parametrize(
        ("name", "value", "written"),
        [
            ("Authorization", "Bearer 5f2c", False),
            ("X-Api-Key", "5f2c${TOKEN}", False),
            ("X-Api-Key", "${TOKEN}", True),
            ("Cookie", "sid=${SID}", True),
            ("X-Tenant", "fr", True),
        ],
    )
    def test_a_secret_is_written_as_a_name_alone(self, api: ApiSession, name: str, value: str, written: bool) -> None:
        request = api.request_for("DELETE", "/x", headers={name: value})
        assert (name in request.headers, name in request.credentials) == (written, not written)
        assert written or value not in repr(request)

    def test_a_login_in_the_address_is_taken_out(self, product: Product, api: ApiSession) -> None:
        request = api.request_for("DELETE", product.url.replace("//", "//me:pw@") + "/users/a@b.example")
        assert (request.url, request.withheld) == (f"{product.url}/users/a@b.example", ("Authorization",))
        assert tried(order(request=request)) is None
        assert product.came[0][2]["Authorization"] == "Basic bWU6cHc="

    def test_a_variable_in_what_the_product_said_stays_as_it_is(self, product: Product, api: ApiSession) -> None:
        assert tried(order(request=api.request_for("POST", "/${HOME}", json="${HOME}")), HOME="/root") is None
        assert product.came[0][1] == "/$%7BHOME%7D"
        assert product.came[0][3] == b'"${HOME}"'


SEEN: list[object] = []
HANGS = threading.Event()


def good(identity: object, settings: Settings) -> None:
    SEEN.append((identity, settings.product))


def bad(identity: object, settings: Settings) -> None:
    raise LookupError(f"no shop\nfor {identity}")


def quits(identity: object, settings: Settings) -> None:
    raise SystemExit(3)


def hangs(identity: object, settings: Settings) -> None:
    HANGS.wait(10)


Register = Callable[..., None]


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Register:
    """Register functions of this module as another distribution would."""

    def add(**functions: str) -> None:
        info = tmp_path / "shop_cleaner-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shop-cleaner\nVersion: 1.0\n", encoding="utf-8")
        lines = "".join(f"{name} = {__name__}:{function}\n" for name, function in functions.items())
        (info / "entry_points.txt").write_text(f"[pytest_synthetic_remove]\n{lines}", encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)

    return add


class TestFunctions:
    def test_gone(self, register: Register) -> None:
        register(shop="good")
        assert tried(order(remover="shop")) is None
        assert SEEN == [("KS-1", "product")]

    @pytest.mark.parametrize(
        ("function", "told"), [("bad", "LookupError: no shop for KS-1"), ("quits", "SystemExit: 3")]
    )
    def test_kept(self, register: Register, function: str, told: str) -> None:
        register(shop=function)
        assert tried(order(remover="shop")) == told

    def test_what_it_says_passes_the_door(self, register: Register) -> None:
        register(shop="bad")
        remover = Remover(Settings(), {}, FakeClock(), lambda text: text.replace("KS-1", "…"))
        failed = remover.remove(order(remover="shop"))
        assert failed
        assert failed.reason == "LookupError: no shop for …"

    def test_one_that_hangs_keeps_its_object_to_itself(self, register: Register, tmp_path: Path) -> None:
        register(shop="hangs")
        folder = tmp_path / "created"
        held = FileLedger(folder).begin(RUN)
        entry = held.note(order(remover="shop"))
        remover = Remover(Settings(created=CreatedSettings(timeout=0.05)), {}, FakeClock(), str)

        failed = remover.settle(held, entry)
        held.release()

        assert failed
        assert failed.reason == "'shop' did not end within 50 ms"
        assert FileLedger(folder).hold(RUN) is None
        HANGS.set()
        ledger_files._FOR_GOOD.remove(held)
        held.release()

    def test_an_unknown_name(self, register: Register) -> None:
        register(shop="good")
        told = tried(order(remover="shoop"))
        assert told == (
            "remove='shoop': nothing is registered as 'shoop' in pytest_synthetic_remove. Valid: shop. Did you mean "
            '"shop"?'
        )
