"""Results on status pages: small servers that follow the documented APIs of Gatus and Uptime Kuma."""

from __future__ import annotations

import json
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.receiver import Answer, Asked, receiver

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran

GATUS_TOKEN = "gatus-token-8f2k1x9q"
KUMA_TOKEN = "kumaToken3fa9k1z8"

JOURNEYS = """
import time

@pytest.mark.journey("Check out / pay")
def test_good(journey):
    with journey.step("pay"): pass

@pytest.mark.journey("Search")
def test_bad(journey):
    with journey.step("find"):
        raise AssertionError("Kettle is not in the list")

@pytest.mark.journey("Slow")
@pytest.mark.sla("1ms")
def test_slow(journey):
    time.sleep(0.01)

@pytest.mark.journey("Nobody knows")
def test_broken(journey):
    raise RuntimeError("a mistake in the test")

@pytest.mark.journey("Later")
def test_later(journey):
    pytest.skip("not now")
"""

ONE = """
@pytest.mark.journey("Checkout")
def test_it(journey): pass
"""


def gatus(asked: Asked) -> Answer:
    """POST /api/v1/endpoints/{key}/external, in the order in which Gatus checks."""
    parts = asked.path.split("/")
    if asked.method != "POST" or parts[:4] != ["", "api", "v1", "endpoints"] or parts[5:] != ["external"]:
        return 404, b"Cannot serve this"
    if asked.query.get("success") not in ("true", "false"):
        return 400, b"missing or invalid success query parameter"
    if not parts[4].startswith("journeys_"):
        return 404, b"not found"
    if asked.headers.get("authorization") != f"Bearer {GATUS_TOKEN}":
        return 401, b"invalid token"
    return 200, b""


def kuma(asked: Asked) -> Answer:
    """GET /api/push/TOKEN: 404 for a monitor that it does not know."""
    if asked.path != f"/api/push/{KUMA_TOKEN}":
        return 404, json.dumps({"ok": False, "msg": "Monitor not found or not active."}).encode()
    return 200, b'{"ok":true}'


def to_gatus(url: str, key: str = "journeys_{name}-{region}", token: str = GATUS_TOKEN, more: str = "") -> str:
    page = f'[metrics.push.status]\nto = "gatus"\nurl = "{url}"\ntoken = "{token}"\nkey = "{key}"\n'
    return f"[metrics]\ntimeout = 2\n{page}{more}"


def to_kuma(url: str, journey: str = "Search", token: str = KUMA_TOKEN) -> str:
    return f'[metrics.push.kuma]\nto = "uptime-kuma"\nurl = "{url}"\ntoken = "{token}"\njourney = "{journey}"\n'


def test_gatus_hears_what_runs_could_say(synthetic: Callable[..., Ran]) -> None:
    with receiver(gatus) as page:
        ran = synthetic(JOURNEYS, toml=to_gatus(page.url))

    told = {asked.path.split("/")[4]: asked.query for asked in page.asked}
    assert set(told) == {"journeys_check-out---pay-local", "journeys_search-local", "journeys_slow-local"}
    assert told["journeys_search-local"]["success"] == "false"
    assert told["journeys_search-local"]["error"] == "failed: Kettle is not in the list"
    assert told["journeys_slow-local"]["success"] == "true"
    assert told["journeys_slow-local"]["duration"].endswith("ms")
    assert "error" not in told["journeys_check-out---pay-local"]
    assert "metrics:" not in ran.out


def test_uptime_kuma_hears_of_its_journey(synthetic: Callable[..., Ran]) -> None:
    with receiver(kuma) as page:
        synthetic(JOURNEYS, toml=to_kuma(page.url))
        synthetic(JOURNEYS, toml=to_kuma(page.url, "test_slow"))
        synthetic(JOURNEYS, toml=to_kuma(page.url, "Nobody knows"))

    down, slow = (asked.query for asked in page.asked)
    assert (down["status"], down["msg"]) == ("down", "failed: Kettle is not in the list")
    assert float(down["ping"]) >= 0
    assert slow["status"] == "up"
    assert "degraded: the journey took" in slow["msg"]


def test_a_page_hears_of_one_region(synthetic: Callable[..., Ran]) -> None:
    regions = '[regions.eu]\nproxy = "http://127.0.0.1:9"\n[regions.us]\nproxy = "http://127.0.0.1:9"\n'
    with receiver(gatus) as page:
        toml = to_gatus(page.url, more='region = "eu"\n' + regions)
        synthetic(ONE, "--synthetic-region=eu,us", toml=toml)

    assert page.paths() == ["/api/v1/endpoints/journeys_checkout-eu/external"]


def test_of_a_repeated_test_the_first_attempt_that_says_something_is_pushed(synthetic: Callable[..., Ran]) -> None:
    source = """
tried = []
@pytest.mark.journey("Checkout")
def test_it(journey):
    tried.append(1)
    if len(tried) == 1: raise RuntimeError("a mistake")
    assert len(tried) > 2, "nothing was sold"
"""
    with receiver(gatus) as page:
        ran = synthetic(source, "--reruns=3", toml=to_gatus(page.url))

    assert ran.verdicts == ["broken", "failed", "passed"]
    assert [asked.query["success"] for asked in page.asked] == ["false"]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (lambda url: to_gatus(url, token="another-token-77"), "401: the token is not that of the endpoint"),
        (lambda url: to_gatus(url, key="other_checkout"), '404: it has no external endpoint with the key "other_check'),
        (lambda url: to_kuma(url, "Checkout", "another-token-77"), "404: no active push monitor has this token"),
    ],
)
def test_what_is_refused_is_told_once_without_the_token(
    synthetic: Callable[..., Ran], settings: Callable[[str], str], told: str
) -> None:
    def page_of_both(asked: Asked) -> Answer:
        return gatus(asked) if asked.method == "POST" else kuma(asked)

    with receiver(page_of_both) as page:
        ran = synthetic(ONE, toml=settings(page.url))

    assert ran.verdicts == ["passed"]
    assert ran.result.ret == 0
    assert told.partition("the key")[0].strip() in " ".join(ran.out.split())
    assert ran.out.count("note: metrics:") == 1
    assert "another-token-77" not in ran.out


def test_a_page_that_is_down_changes_nothing_and_is_told_once(synthetic: Callable[..., Ran]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    many = "@pytest.mark.parametrize('n', range(9))\n@pytest.mark.journey('Checkout')\ndef test_it(journey, n): pass\n"
    ran = synthetic(many, "--log-level=DEBUG", toml=to_gatus(f"http://127.0.0.1:{port}"))

    assert ran.verdicts == ["passed"] * 9
    assert ran.result.ret == 0
    assert "took 0 of 9 results: it cannot be reached: Connection refused" in " ".join(ran.out.split())
    assert ran.out.count("note: metrics:") == 1
    assert "http.client" not in ran.out


def test_a_page_that_never_answers_is_not_waited_for(synthetic: Callable[..., Ran]) -> None:
    free = threading.Event()

    def silent(_: Asked) -> Answer:
        free.wait(60)
        return 200, b""

    with receiver(silent) as page:
        ran = synthetic(ONE, toml=to_gatus(page.url).replace("timeout = 2", 'timeout = "100ms"'))
        free.set()

    assert ran.verdicts == ["passed"]
    assert "took 0 of 1 results" in " ".join(ran.out.split())


def test_a_redirect_gets_no_token(synthetic: Callable[..., Ran]) -> None:
    with receiver(lambda _: (307, b"")) as page:
        ran = synthetic(ONE, toml=to_gatus(page.url))

    assert len(page.asked) == 1
    assert "it answered 307" in " ".join(ran.out.split())


def test_something_else_at_the_address_is_no_success(synthetic: Callable[..., Ran]) -> None:
    with receiver(lambda _: (200, b"<html>welcome")) as page:
        ran = synthetic(ONE, toml=to_kuma(page.url, "Checkout"))

    assert "not as Uptime Kuma does" in " ".join(ran.out.split())


def test_tokens_are_in_no_report(synthetic: Callable[..., Ran]) -> None:
    source = f"""
@pytest.mark.journey("Checkout")
def test_it(journey):
    print("{GATUS_TOKEN}")
    raise AssertionError("{KUMA_TOKEN} shown")
"""
    with receiver(kuma) as page:
        ran = synthetic(source, toml=to_gatus(page.url) + to_kuma(page.url, "Checkout"))

    assert GATUS_TOKEN not in ran.out
    assert KUMA_TOKEN not in ran.out
    assert all(KUMA_TOKEN not in asked.query.get("msg", "") for asked in page.asked)


def test_what_is_sent_is_in_no_test_s_log(synthetic: Callable[..., Ran]) -> None:
    source = """
import logging
@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.journey("Checkout")
def test_it(journey, n, caplog):
    import time
    time.sleep(0.1)
    logging.getLogger("urllib3.connectionpool").debug("my own")
    assert [record.getMessage() for record in caplog.records] == ["my own"]
"""
    with receiver(gatus) as page:
        ran = synthetic(source, "--log-level=DEBUG", toml=to_gatus(page.url))

    assert ran.verdicts == ["passed", "passed"]
    assert len(page.asked) == 2


def test_workers_push_through_the_controller(synthetic: Callable[..., Ran]) -> None:
    with receiver(gatus) as page:
        synthetic(JOURNEYS, "-n2", toml=to_gatus(page.url), fresh=True)

    assert len(page.asked) == 3
