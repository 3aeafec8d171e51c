"""The logs of a run: bounded, masked, readable, whatever a page or a server does."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from pytest_synthetic.channels.exchange import Exchange
from pytest_synthetic.channels.exchange_log import ExchangeLog, curl
from pytest_synthetic.channels.first_and_last import FirstAndLast
from pytest_synthetic.channels.network_log import KEPT, NetworkLog
from pytest_synthetic.channels.page_log import ERRORS_HEARD, LINES_HEARD, PageLog
from pytest_synthetic.channels.page_state import Budget
from pytest_synthetic.core.addresses import masked, path
from pytest_synthetic.testing import FakeClock


def test_the_first_and_the_last_are_kept() -> None:
    kept: FirstAndLast[int] = FirstAndLast(2)
    for number in range(7):
        kept.add(number)

    assert (list(kept), kept.parts, kept.count, kept.left_out) == ([0, 1, 5, 6], ([0, 1], [5, 6]), 7, 3)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://shop.example/p?lang=fr&token=abc", "https://shop.example/p?lang=fr&token=..."),
        ("https://anna:pw@shop.example/p#otp=1", "https://shop.example/p"),
        ("https://shop.example/p?page=" + "x" * 21, "https://shop.example/p?page=..."),
        ("https://shop.example/p?mail=a%40b.c&empty=", "https://shop.example/p?mail=...&empty=..."),
        ("/orders?code=1234", "/orders?code=..."),
        ("data:image/png;base64,AAAA", "data:image/png;base64"),
        ("blob:https://shop.example/1?x=2", "blob:https://shop.example/1"),
        ("http://[::1/p?token=abc", "http://[::1/p"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert masked(url) == shown


def test_the_path_of_an_address() -> None:
    assert path("https://shop.example/payment?token=1&lang=fr") == "/payment?token=...&lang=fr"
    assert path("https://shop.example") == "/"


# -- network ---------------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class Request:
    """A request as Playwright tells of it."""

    url: str
    method: str = "GET"
    resource_type: str = "fetch"
    failure: str | None = None
    timing: dict[str, float] = field(default_factory=lambda: {"startTime": 0.0, "responseEnd": -1.0})


def network(now: float = 1000.0) -> NetworkLog:
    log = NetworkLog(began=1000.0, now=lambda: now, step=lambda: "pay")
    log.watch(SimpleNamespace(on=lambda *_: None), "https://www.shop.example/")
    return log


def went(log: NetworkLog, url: str, status: int | None = 200, *, took: float = 20.0, **more: Any) -> None:
    request = Request(url=url, timing={"startTime": 1_000_500.0, "responseEnd": took}, **more)
    log.asked(request)
    if status:
        log.answered(SimpleNamespace(request=request, status=status, headers={"content-length": "1700"}))
    log.ended(request)


def test_one_line_a_request() -> None:
    log = network()
    went(log, "https://shop.example/pay?token=abc", 500, method="POST", took=312.0)
    went(log, "https://ads.example/pixel", None, failure="net::ERR_CONNECTION_REFUSED")

    head, _, _, step, ours, theirs = log.text().splitlines()
    assert head == "2 requests: 2 failed, 0 slow (1 s or more), 0 unanswered. `*` is the product's own site."
    assert step == '-- in step "pay"'
    assert ours == (
        "    +0.50 s    312 ms    1.7 kB  500     * POST https://shop.example/pay?token=... (fetch) <- FAILED"
    )
    assert theirs.endswith("-         GET https://ads.example/pixel (fetch) <- net::ERR_CONNECTION_REFUSED")


def test_the_clue_is_the_last_grave_request_of_the_product() -> None:
    log = network()
    assert log.clue(None) is None
    went(log, "https://shop.example/missing", 404)
    assert log.clue(None) == "GET /missing -> 404, 20 ms"
    went(log, "https://shop.example/pay?token=abc", 503, method="POST", took=312.0)
    went(log, "https://shop.example/left", None, failure="net::ERR_ABORTED")
    went(log, "https://shop.example/other", 404)
    went(log, "https://ads.example/pixel", 500)

    assert log.clue(None) == "POST /pay?token=... -> 503, 312 ms"


def test_a_request_belongs_to_the_step_in_which_it_went_out_also_when_we_hear_of_it_later() -> None:
    now, step = 1000.0, "open"
    log = NetworkLog(began=1000.0, now=lambda: now, step=lambda: step)
    log.step_started("open")

    def heard(url: str, *, sent: float) -> None:
        # The browser's clock is 100 s behind ours.
        request = Request(url=url, timing={"startTime": (sent - 100) * 1000, "responseEnd": 5.0})
        log.asked(request)
        log.ended(request)

    heard("https://shop.example/", sent=1000.0)
    now, step = 1010.0, "receive"
    log.step_started("receive")
    now, step = 1020.0, ""
    log.step_finished("receive", None)
    now = 1021.0
    heard("https://shop.example/waited", sent=1015.0)
    heard("https://shop.example/after", sent=1021.0)

    steps = [line for line in log.text().splitlines() if line.startswith("--")]
    assert steps == ['-- in step "open"', '-- in step "receive"', "-- between the steps"]


def test_the_slowest_request_is_a_clue_where_no_step_failed() -> None:
    log = network()
    went(log, "https://shop.example/slow", took=2_000.0)
    went(log, "https://shop.example/slowest", took=3_000.0)
    went(log, "https://shop.example/quick")

    assert log.clue(None) == "GET /slowest -> 200, 3 s"
    assert log.clue("pay") is None


def test_a_request_without_an_answer_is_a_clue() -> None:
    log = network(now=1012.0)
    request = Request(url="https://shop.example/never")
    log.asked(request)
    log._waiting[request].at = 1000.0

    assert log.clue(None) == "GET /never -> no answer, after 12 s"
    assert "no answer yet" in log.text()


def test_what_is_heard_of_an_unknown_request_is_passed_over() -> None:
    log = network()
    log.answered(SimpleNamespace(request=Request(url="/"), status=200, headers={}))
    log.ended(Request(url="/"))
    assert log.count == 0


def test_ten_thousand_requests_keep_the_failed_ones() -> None:
    log = network()
    for number in range(10_000):
        went(log, f"https://shop.example/{number}", 500 if number == 5_000 else 200)

    text = log.text()
    assert len(text.splitlines()) < 2 * KEPT + 20
    assert "/5000 (fetch) <- FAILED" in text
    assert "/0 (" in text
    assert "/9999 (" in text
    assert f"... {10_000 - 2 * KEPT} more" in text


def test_a_hostile_address_stays_in_its_line() -> None:
    log = network()
    went(log, "https://shop.example/\x1b[31m\nGET https://shop.example/forged 200\u202e")
    assert len(log.text().splitlines()) == 5
    assert "\x1b" not in log.text()


def test_a_step_without_a_request_is_a_clue() -> None:
    log = network()
    went(log, "https://shop.example/payment", resource_type="document")
    went(log, "https://shop.example/favicon.svg", resource_type="image")

    assert log.clue("pay") is None
    assert (
        log.clue("confirm") == 'no request went out in step "confirm"; the last before it: GET /payment -> 200, 20 ms'
    )


# -- console ---------------------------------------------------------------------------------------------------------


class Context:
    """A browser context that tells whoever listens."""

    def __init__(self) -> None:
        self.ears: dict[str, Any] = {}

    def on(self, event: str, hear: Any) -> None:
        self.ears[event] = hear

    def remove_listener(self, event: str, hear: Any) -> None:
        assert self.ears.pop(event) is hear

    def says(self, text: str) -> None:
        if hear := self.ears.get("console"):
            hear(message(text))

    def throws(self, text: str) -> None:
        error = SimpleNamespace(name="TypeError", message=text, stack=f"TypeError: {text}\n  at pay (https://x/a.js:1)")
        if hear := self.ears.get("weberror"):
            hear(SimpleNamespace(error=error, page=SimpleNamespace(url="https://shop.example/?sid=1")))


def message(text: str) -> Any:
    return SimpleNamespace(type="log", text=text, location={"url": "https://shop.example/a.js?v=2", "lineNumber": 4})


def page(*lines: str) -> Any:
    return SimpleNamespace(url="https://shop.example/", console_messages=lambda: [message(line) for line in lines])


def test_the_console_and_what_scripts_threw() -> None:
    log, context = PageLog(lambda: "pay"), Context()
    log.watch(context)
    assert log.text([]) is None
    assert log.clue() is None
    context.says("ready\nnow")
    context.throws("no stock")

    assert log.clue() == "page error: TypeError: no stock"
    assert log.text([]) == (
        "uncaught exceptions: 1\n\nTypeError: no stock\n"
        '    on https://shop.example/?sid=..., in step "pay"\n    at pay (https://x/a.js:1)\n\n'
        "lines on the console: 1\n\nlog     ready now  (https://shop.example/a.js?v=2:5)\n"
    )


def test_a_flood_is_heard_no_more() -> None:
    log, context = PageLog(lambda: None), Context()
    log.watch(context)
    for number in range(100_000):
        context.says(f"line {number}")
        context.throws(f"error {number}")

    text = log.text([page("line 198", "line 199", "line 200", "line 99999")])
    assert text
    assert context.ears == {}
    assert f"lines on the console: {LINES_HEARD} or more" in text
    assert f"uncaught exceptions: {ERRORS_HEARD} or more" in text
    assert text.count("line 199 ") == text.count("line 200 ") == text.count("line 99999 ") == 1
    assert "the last 2 of https://shop.example/:" in text


# -- exchanges -------------------------------------------------------------------------------------------------------


def exchange(**changed: Any) -> Exchange:
    request = requests.Request(
        changed.pop("method", "POST"),
        changed.pop("url", "https://shop.example/orders?code=1234&lang=fr"),
        headers=changed.pop("sent", {"Authorization": "Bearer sesame", "Cookie": "sid=1", "X-Market": "it's"}),
        **changed.pop("body", {"json": {"slug": "kettle"}}),
    ).prepare()
    facts: dict[str, Any] = dict.fromkeys(("dns", "connect", "tls", "first_byte", "download"), 0.1)
    facts |= {
        "status": 500, "error": None, "started": 0.0, "total": 0.31, "received": 19, "reused": False, "via": None,
        "headers": {"Set-Cookie": "sid=2", "Location": "/paid?token=abc"}, "sample": b'{"error": "no bank"}',
    }  # fmt: skip
    return Exchange(method=request.method or "", url=request.url or "", request=request, **(facts | changed))


def test_an_exchange_reads_as_it_went() -> None:
    log = ExchangeLog(lambda: "pay")
    assert log.text() is None
    log.take(exchange())

    text = log.text()
    assert text
    assert 'POST https://shop.example/orders?code=...&lang=fr -> 500, 310 ms, in step "pay"' in text
    for line in ("> Authorization: Bearer $AUTHORIZATION", "> Cookie: $COOKIE", "< Set-Cookie: $SET_COOKIE",
                 '> {"slug": "kettle"}', '< {"error": "no bank"}', "< Location: /paid?token=..."):  # fmt: skip
        assert line in text.splitlines()
    for secret in ("sesame", "sid=", "1234", "abc"):
        assert secret not in text
    assert log.clue() == "POST /orders?code=...&lang=fr -> 500, 310 ms"


def test_a_curl_command_is_one_that_a_shell_reads() -> None:
    command = curl(exchange(body={"data": "note=it's $HOME"}))

    words = shlex.split(command.replace("\\\n", ""))
    assert words[:4] == ["curl", "-i", "-X", "POST"]
    assert "X-Market: it's" in words
    assert "note=it's $HOME" in words
    assert '-H "$AUTHORIZATION"' in command
    assert words[-1] == "https://shop.example/orders?code=...&lang=fr"


def test_a_header_cannot_run_a_command() -> None:
    command = curl(exchange(sent={"X-Api-Key": "a$(reboot)", "X-Name": '"; reboot; "$(reboot)'}, body={}))

    assert '-H "$X_API_KEY"' in command
    assert "-H 'X-Name: \"; reboot; \"$(reboot)'" in command


def test_no_answer_no_text_and_much_of_it() -> None:
    log = ExchangeLog(lambda: None)
    log.take(exchange(status=None, error="ConnectTimeout", received=None, sample=b""))
    assert log.clue() == "POST /orders?code=...&lang=fr -> ConnectTimeout, 310 ms"
    log.take(exchange(sample=b"\x89PNG\x00\x01", received=200_000_000))
    log.take(exchange(sample=b"x" * 10_000, received=200_000_000, status=200))
    assert log.clue() is None

    text = log.text()
    assert text
    assert "< (200000000 bytes that are no text)" in text
    assert "< ... cut, 200000000 bytes in all" in text
    assert len(text) < 12_000


def test_the_last_ten_are_kept() -> None:
    log = ExchangeLog(lambda: None)
    for number in range(13):
        log.take(exchange(url=f"https://shop.example/{number}", status=200))

    text = log.text()
    assert text
    assert text.startswith("3 earlier ones are left out.")
    assert "/2 ->" not in text
    assert text.index("/3 ->") < text.index("/12 ->")


# -- time ------------------------------------------------------------------------------------------------------------


def test_a_budget_runs_out() -> None:
    clock = FakeClock()
    budget = Budget(10, clock.monotonic)
    assert (budget.milliseconds(4), budget.is_spent) == (4000, False)
    clock.advance(8)
    assert budget.milliseconds(4) == 2000
    clock.advance(2)
    assert (budget.milliseconds(4), budget.is_spent) == (100, True)
