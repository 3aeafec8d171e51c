"""[production] around runs: who may begin, and what a refused call of `api` makes of a run."""

from __future__ import annotations

import http.server
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.plugin import guarding
from pytest_synthetic.plugin.run_budget import RunBudget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Ran

JOURNEY = '@pytest.mark.journey("J")\ndef test_it(): pass\n'


class _Shop(http.server.ThreadingHTTPServer):
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        super().__init__(("127.0.0.1", 0), _Answer)


class _Answer(http.server.BaseHTTPRequestHandler):
    server: _Shop

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append(f"{self.command} {self.path}")
        self.server.headers.append(dict(self.headers))
        away = {"/away": f"http://localhost:{self.server.server_port}/", "/again": "/pay"}.get(self.path)
        self.send_response(307 if away else 200)
        if away:
            self.send_header("Location", away)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET  # noqa: N815  the name that the server asks for

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def product() -> Iterator[_Shop]:
    with _Shop() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def toml(product: _Shop, *lines: str) -> str:
    return "\n".join(
        (
            'product = "Kettle Shop"',
            f'base_url = "http://127.0.0.1:{product.server_port}"',
            '[production]\nallowed_hosts = ["127.0.0.1"]',
            *lines,
        )
    )


# -- calls -----------------------------------------------------------------------------------------------------------


def test_a_call_that_changes_data_does_not_leave(synthetic: Callable[..., Ran], product: _Shop) -> None:
    source = (
        '@pytest.mark.journey("J")\ndef test_it(api, journey):\n    with journey.step("pay"): api.post("/pay?x=1")\n'
    )
    ran = synthetic(source, toml=toml(product))

    assert (ran.verdicts, ran.run.fault, product.asked) == (["broken"], "test", [])
    assert ran.run.failure is not None
    assert (ran.run.failure.type, ran.run.failure.step) == ("GuardRefused", "pay")
    assert ran.run.failure.message.startswith(f"POST http://127.0.0.1:{product.server_port}/pay was not sent: ")
    assert "x=1" not in ran.run.failure.message
    assert ran.run.failure.frame == "test_shop.py:4 in test_it"
    assert "Traceback" not in ran.out


def test_with_the_mark_it_leaves(synthetic: Callable[..., Ran], product: _Shop) -> None:
    source = '@pytest.mark.mutates\n@pytest.mark.journey("J")\ndef test_it(api): api.post("/pay")\n'
    assert synthetic(source, toml=toml(product)).verdicts == ["passed"]
    assert product.asked == ["POST /pay"]


BUY = """
@pytest.mark.journey("Buy")
def test_it(journey, api):
    with journey.step("pay"):
        try:
            journey.created("order", "KS-1", remove=api.request_for({request}, headers={{}}))
        except Exception: pass
    with journey.step("pay again"):
        pass
"""


@pytest.mark.parametrize(
    ("mark", "request_", "why"),
    [
        ("mutates", "'DELETE', 'http://shop.exampel/orders/KS-1?token=x'", '"shop.exampel" is not in [production] allowed'),
        ("mutates", "'DELETE', '/admin/orders/KS-1'", 'it fits "/admin" in [production] forbidden'),
        ("mutates", "'PUT', '/orders/KS-1'", "PUT is in [production] refused_methods"),
        ("slow", "'DELETE', '/orders/KS-1'", "[production] read_only is true, and the journey has no mark `mutates`"),
    ],
)  # fmt: skip
def test_a_removal_that_may_not_be_sent_is_refused_before_the_journey_goes_on(
    synthetic: Callable[..., Ran], pytester: pytest.Pytester, product: _Shop, mark: str, request_: str, why: str
) -> None:
    settings = toml(product, 'forbidden = ["/admin"]', 'refused_methods = ["PUT"]')
    source = f"pytestmark = pytest.mark.{mark}\n{BUY.format(request=request_)}"
    ran = synthetic(source, toml=settings)

    assert (ran.run.verdict, ran.run.fault, product.asked) == ("broken", "test", []), ran.out
    assert ran.run.failure
    assert (ran.run.failure.type, ran.run.failure.step) == ("GuardRefused", "pay")
    told = ran.run.failure.message
    assert told.startswith("order KS-1 is not in the ledger, remove it by hand: ")
    assert f" would not be sent: {why}" in told
    assert "token" not in told
    assert not list(pytester.path.glob(".synthetic/created/*.json"))


def test_a_removal_counts_for_no_limit(synthetic: Callable[..., Ran], product: _Shop) -> None:
    source = """
@pytest.mark.mutates
@pytest.mark.journey("Buy")
def test_it(journey, api):
    api.post("/orders")
    for number in range(3):
        journey.created("order", number, remove=api.request_for("POST", f"/gone/{number}", headers={}))
"""
    ran = synthetic(source, toml=toml(product, "max_requests = 1"))

    assert ran.verdicts == ["passed"], ran.out
    assert product.asked == ["POST /orders", "POST /gone/2", "POST /gone/1", "POST /gone/0"]


def test_without_the_table_nothing_is_guarded(synthetic: Callable[..., Ran], product: _Shop) -> None:
    source = '@pytest.mark.journey("J")\ndef test_it(api): api.post("/pay")\n'
    assert synthetic(source, toml=toml(product).partition("[")[0]).verdicts == ["passed"]
    assert product.asked == ["POST /pay"]
    assert "X-Synthetic-Monitor" not in product.headers[0]


@pytest.mark.parametrize(
    ("call", "asked"), [("get('/away')", ["GET /away"]), ("post('/again')", ["POST /again"])], ids=["host", "route"]
)
def test_every_redirect_is_judged(synthetic: Callable[..., Ran], product: _Shop, call: str, asked: list[str]) -> None:
    source = f'@pytest.mark.mutates\n@pytest.mark.journey("J")\ndef test_it(api): api.{call}\n'
    assert synthetic(source, toml=toml(product, 'forbidden = ["/pay$"]')).verdicts == ["broken"]
    assert product.asked == asked


@pytest.mark.parametrize(
    "body",
    [
        "    try: api.post('/pay')\n    except Exception: pass\n",
        "    try: api.post('/pay')\n    except Exception: assert 0, 'no order'\n",
        "    with journey.step('pay', soft=True): api.post('/pay')\n    assert 0\n",
    ],
    ids=["swallowed", "then failed", "soft"],
)
def test_a_refusal_that_was_swallowed_makes_the_run_broken(
    synthetic: Callable[..., Ran], product: _Shop, body: str
) -> None:
    ran = synthetic(f'@pytest.mark.journey("J")\ndef test_it(api, journey):\n{body}', toml=toml(product))

    assert (ran.verdicts, ran.run.fault, product.asked) == (["broken"], "test", [])
    assert ran.run.failure is not None
    assert ran.run.failure.message.endswith("add its address to read_only_posts")


def test_a_customer_hurt_before_counts(synthetic: Callable[..., Ran], product: _Shop) -> None:
    source = """
@pytest.mark.journey("J")
def test_it(api, journey):
    with journey.step("look", soft=True): assert 0, "empty"
    api.post("/pay")
"""
    ran = synthetic(source, toml=toml(product))
    assert (ran.verdicts, product.asked) == (["failed"], [])


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_refusal_in_a_fixture(synthetic: Callable[..., Ran], product: _Shop, when: str) -> None:
    source = f"""
@pytest.fixture
def order(api):
    if "{when}" == "before":
        with __import__("contextlib").suppress(Exception): api.post("/pay")
    yield
    if "{when}" == "after":
        with __import__("contextlib").suppress(Exception): api.post("/pay")

@pytest.mark.journey("J")
def test_it(order): pass
"""
    ran = synthetic(source, toml=toml(product))
    assert (ran.verdicts, ran.run.fault, product.asked) == (["broken"], "test", [])


def test_calls_are_marked(synthetic: Callable[..., Ran], product: _Shop) -> None:
    ran = synthetic('@pytest.mark.journey("J", id="a b")\ndef test_it(api): api.get("/")\n', toml=toml(product))
    assert product.headers[0]["X-Synthetic-Monitor"] == f"Kettle%20Shop/a%20b/{ran.run.run_id}"


def test_a_test_that_is_no_journey_keeps_the_rules(synthetic: Callable[..., Ran], product: _Shop) -> None:
    ran = synthetic('def test_it(api): api.post("/pay")\n', toml=toml(product))
    assert (ran.result.ret, product.asked) == (pytest.ExitCode.TESTS_FAILED, [])


def test_off_is_told(synthetic: Callable[..., Ran], product: _Shop) -> None:
    ran = synthetic(
        '@pytest.mark.journey("J")\ndef test_it(api): api.post("/pay")\n', toml=toml(product, "guard = false")
    )
    assert (ran.verdicts, product.asked) == (["passed"], ["POST /pay"])
    assert "note: the guard is off ([production] guard = false)" in ran.out


# -- the kill switch -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "verdict"), [("1", "skipped"), ("deploy", "skipped"), ("0", "passed"), ("", "passed")]
)
def test_the_variable(synthetic: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, value: str, verdict: str) -> None:
    monkeypatch.setenv("SYNTHETIC_STOP", value)
    ran = synthetic(JOURNEY)
    assert ran.verdicts == [verdict]
    assert ran.run.reason == (f"stopped: SYNTHETIC_STOP={value}" if verdict == "skipped" else None)


def test_the_stop_file_also_when_it_appears(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    source = """
from pathlib import Path
@pytest.mark.journey("J")
@pytest.mark.parametrize("n", range(3))
def test_it(n):
    if n == 1:
        Path(".synthetic").mkdir(exist_ok=True)
        Path(".synthetic/STOP").write_text("sale until 18:00\\nask Ada")
"""
    ran = synthetic(source)
    assert ran.verdicts == ["passed", "passed", "skipped"]
    assert ran.runs[2].reason == f"stopped: {pytester.path}/.synthetic/STOP is there: sale until 18:00"


def test_a_stop_file_of_ones_own(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    (pytester.path / "halt").mkdir()
    ran = synthetic(JOURNEY, toml='[production]\nallowed_hosts = ["a"]\nstop_file = "halt"\n')
    assert (ran.verdicts, ran.run.reason) == (["skipped"], f"stopped: {pytester.path}/halt is there")


# -- the budget ------------------------------------------------------------------------------------------------------


def test_runs_of_an_hour_are_counted_over_processes(synthetic: Callable[..., Ran]) -> None:
    settings = '[production]\nallowed_hosts = ["a"]\nmax_runs_per_hour = 2\n'
    many = '@pytest.mark.parametrize("n", range(3))\n@pytest.mark.journey("J")\ndef test_it(n): pass\n'
    first = synthetic(many, "-n2", toml=settings, fresh=True)
    assert sorted(first.verdicts) == ["passed", "passed", "skipped"]
    assert {run.reason for run in first.runs} == {
        None, "it ran 2 times within the last hour, [production] max_runs_per_hour = 2"
    }  # fmt: skip
    assert synthetic('@pytest.mark.journey("J", id="other")\ndef test_it(): pass\n', toml=settings).verdicts == [
        "passed"
    ]


def test_the_budget_comes_back(tmp_path: Path) -> None:
    budget = RunBudget(tmp_path / "runs", 1)
    assert budget.refusal("J", 1000.0) is None
    assert budget.refusal("J", 4599.0) == "it ran 1 times within the last hour, [production] max_runs_per_hour = 1"
    assert budget.refusal("J", 4600.0) is None
    next((tmp_path / "runs").glob("*.json")).write_text("{half", encoding="utf-8")
    assert budget.refusal("J", 4601.0) is None


def test_a_run_that_began_an_instant_later_counts(tmp_path: Path) -> None:
    """Two processes take the time, and then wait for each other."""
    budget = RunBudget(tmp_path / "runs", 1)
    assert budget.refusal("J", 1000.2) is None
    assert budget.refusal("J", 1000.1) is not None


def test_runs_that_cannot_be_counted_do_not_begin(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    (pytester.path / ".synthetic").write_text("", encoding="utf-8")
    ran = synthetic(JOURNEY, toml='[production]\nallowed_hosts = ["a"]\nmax_runs_per_hour = 2\nstop_file = "S"\n')
    assert (ran.verdicts, ran.run.fault) == (["broken"], "config")
    assert ran.run.failure is not None
    assert ran.run.failure.message.startswith("the runs of an hour cannot be counted: ")


@pytest.mark.parametrize("holds", [True, False])
def test_pages_are_served_while_an_inbox_waits(holds: bool) -> None:
    """A request that is held would stall the page for as long as the test sleeps."""
    pumped: list[bool] = []
    browser = SimpleNamespace(holds=holds, pump=lambda: pumped.append(True))
    stash = pytest.Stash()
    stash[guarding._GUARDED] = SimpleNamespace(browser=browser)  # type: ignore[misc]
    guarding.sleeping(SimpleNamespace(item=SimpleNamespace(stash=stash)))(0.01)  # type: ignore[arg-type]

    assert bool(pumped) is holds
