"""The rules of [production]: what may leave, and why another may not."""

from __future__ import annotations

import re

import pytest

from pytest_synthetic.core.guard import AccountRoute, Asked, Guard, Kind, Rules, fits, named
from pytest_synthetic.errors import GuardRefused
from pytest_synthetic.testing import FakeClock

HOSTS = ("shop.example", "*.shop.example")


def guard(*, mutates: bool = False, **rules: object) -> tuple[Guard, list[GuardRefused], FakeClock]:
    noted: list[GuardRefused] = []
    clock = FakeClock()
    given = Rules(**{"allowed_hosts": HOSTS, **rules})  # type: ignore[arg-type]
    return Guard(given, mutates=mutates, monotonic=clock.monotonic, note=noted.append), noted, clock


def said(judge: Guard, method: str, url: str, kind: Kind = Kind.PART, body: str | None = None) -> str | None:
    refused = judge.refusal(Asked(method=method, url=url, kind=kind, body=lambda: body))
    return None if refused is None else str(refused)


@pytest.mark.parametrize(
    ("url", "patterns", "expected"),
    [
        ("https://shop.example/", ("shop.example",), True),
        ("https://shop.example./", ("shop.example",), True),
        ("https://SHOP.example/", ("shop.example",), True),
        ("https://evil-shop.example/", ("shop.example", "*.shop.example"), False),
        ("https://shop.example.evil/", HOSTS, False),
        ("https://shop.example@evil.example/", HOSTS, False),
        ("https://a.b.shop.example/", ("*.shop.example",), True),
        ("https://shop.example/", ("*.shop.example",), False),
        ("http://localhost:8080/", ("localhost:8080",), True),
        ("http://localhost:9090/", ("localhost:8080",), False),
        ("http://localhost:9090/", ("localhost",), True),
        ("https://a.shop.example/", ("*.shop.example:443",), True),
        ("http://a.shop.example/", ("*.shop.example:443",), False),
        ("http://[::1]:80/", ("[::1]",), True),
        ("http://[::1/", ("*.shop.example",), False),
        ("http://anything/", ("*",), True),
    ],
)
def test_hosts(url: str, patterns: tuple[str, ...], expected: bool) -> None:
    assert fits(url, patterns) is expected


@pytest.mark.parametrize("kind", [Kind.PAGE, Kind.API])
def test_pages_and_calls_stay_with_the_product(kind: Kind) -> None:
    judge, noted, _ = guard()

    assert said(judge, "GET", "https://www.shop.example/a?token=x", kind) is None
    assert said(judge, "GET", "https://me:secret@shop.exampel/a?token=x#y", kind) == (
        'GET https://shop.exampel/a was not sent: "shop.exampel" is not in [production] allowed_hosts. '
        'Valid: *.shop.example, shop.example. Did you mean "shop.example"?'
    )
    assert len(noted) == 1


def test_parts_of_pages_come_from_anywhere_unless_listed() -> None:
    judge, *_ = guard()
    assert said(judge, "POST", "https://metrics.example/collect") is None
    judge, *_ = guard(allowed_resources=("*.cdn.example",))
    assert said(judge, "GET", "https://a.cdn.example/x.js") is None
    assert said(judge, "GET", "wss://ads.example/x") == (
        'GET wss://ads.example/x was not sent: "ads.example" is in neither allowed_hosts nor allowed_resources of '
        '[production]. Valid: *.cdn.example. Did you mean "*.cdn.example"?'
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PURGE"])
def test_what_changes_data_needs_the_mark(method: str) -> None:
    reading, *_ = guard()
    assert "has no mark `mutates`" in str(said(reading, method, "https://shop.example/pay"))
    assert said(guard(mutates=True)[0], method, "https://shop.example/pay") is None
    assert said(guard(read_only=False)[0], method, "https://shop.example/pay") is None


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_what_reads_may_leave(method: str) -> None:
    assert said(guard()[0], method, "https://shop.example/pay") is None


def test_posts_that_only_read() -> None:
    judge, *_ = guard(read_only_posts=(re.compile("/graphql$"),))
    assert said(judge, "POST", "https://shop.example/graphql") is None
    assert said(judge, "POST", "https://shop.example/graphql/pay") is not None
    assert said(judge, "DELETE", "https://shop.example/graphql") is not None


def test_refused_methods_and_forbidden_routes_hold_for_every_journey() -> None:
    judge, *_ = guard(mutates=True, refused_methods=("DELETE",), forbidden=(re.compile("/admin"),))
    assert said(judge, "DELETE", "https://shop.example/x") == (
        "DELETE https://shop.example/x was not sent: DELETE is in [production] refused_methods"
    )
    assert said(judge, "GET", "https://shop.example/admin") == (
        'GET https://shop.example/admin was not sent: it fits "/admin" in [production] forbidden'
    )
    assert said(judge, "GET", "https://cdn.example/admin") is not None


def test_requests_of_a_run_and_of_a_minute() -> None:
    judge, _, clock = guard(max_requests=4, max_requests_per_minute=2)
    url = "https://shop.example/"
    assert [said(judge, "GET", url), said(judge, "GET", url)] == [None, None]
    assert said(judge, "GET", "https://other.example/") is None
    assert "within a minute" in str(said(judge, "GET", url))
    clock.advance(60)
    assert [said(judge, "GET", url), said(judge, "GET", url)] == [None, None]
    clock.advance(60)
    assert "4 requests already, [production] max_requests" in str(said(judge, "GET", url))


@pytest.mark.parametrize(
    ("body", "account"),
    [
        ('{"buyer": {"email": "a@b.c"}}', "a@b.c"),
        ('{"buyer": "a@b.c"}', None),
        ('["a"]', None),
        ("buyer.email=a%40b.c&x=1", "a@b.c"),
        ("buyer.email=a%40b.c&buyer.email=d", None),
        (b"buyer.email=a%40b.c", "a@b.c"),
        (b"\xff\x00", None),
        (None, None),
    ],
)
def test_the_account_in_a_body(body: str | bytes | None, account: str | None) -> None:
    assert named("buyer.email", body) == account


def test_other_accounts_buy_nothing() -> None:
    route = AccountRoute(url=re.compile("/orders"), field="email")
    judge, *_ = guard(mutates=True, account_routes=(route,), test_accounts=("*+synthetic@shop.example",))
    url = "https://shop.example/orders"
    assert said(judge, "POST", url, body='{"email": "Anna+synthetic@shop.example"}') is None
    assert said(judge, "POST", url, body="email=anna%40shop.example") == (
        f'POST {url} was not sent: the account in its field "email" is not in [production] test_accounts'
    )
    assert 'has no field "email"' in str(said(judge, "POST", url))
    assert said(judge, "GET", url) is None


def test_addresses_that_are_no_network() -> None:
    for url in ("data:text/plain,x", "blob:https://shop.example/1", "about:blank"):
        assert said(guard()[0], "GET", url, Kind.PAGE) is None
