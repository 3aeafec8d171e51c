"""What counts as a sign, whose it is, and in which step: with pages that are played."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic.channels.page_claims import SIGNS_KEPT, PageClaims, PageFault, classify
from pytest_synthetic.channels.page_ear import HEARD
from pytest_synthetic.config.settings import BrowserSettings, PageSign
from pytest_synthetic.model.verdict import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

SHOP = "https://www.shop.example"


class Told:
    """An event of Playwright, or a part of one: what it is given."""

    def __init__(self, **facts: Any) -> None:
        vars(self).update(facts)


class Context:
    """A context that hears itself say things."""

    def __init__(self) -> None:
        self.handlers: dict[str, list[Callable[[Any], None]]] = defaultdict(list)
        self.pages: list[Any] = []

    def on(self, event: str, handler: Callable[[Any], None]) -> None:
        self.handlers[event].append(handler)

    def remove_listener(self, event: str, handler: Callable[[Any], None]) -> None:
        self.handlers[event].remove(handler)

    def say(self, event: str, told: Any) -> None:
        for handler in list(self.handlers[event]):
            handler(told)


class Stage:
    """Claims that watch one context, in a step that the test chooses."""

    def __init__(self, *signs: PageSign, base_url: str | None = SHOP, **more: Any) -> None:
        self.step: str | None = "open"
        self.context = Context()
        self.claims = PageClaims(BrowserSettings(fail_on=signs, **more), lambda: self.step)
        self.claims.watch(self.context, base_url)

    @property
    def messages(self) -> list[str]:
        self.claims.rest()
        return [str(fault) for fault in self.claims.faults]


def page(url: str = f"{SHOP}/cart") -> Told:
    return Told(url=url)


def request(url: str, failure: str | None = None, *, on: str = f"{SHOP}/cart", navigation: bool = False) -> Told:
    frame = Told(page=page(on), parent_frame=None)
    return Told(url=url, method="GET", failure=failure, frame=frame, is_navigation_request=lambda: navigation)


def response(url: str, status: int, **more: Any) -> Told:
    return Told(status=status, status_text="Oops", request=request(url, **more))


def console(text: str, url: str = "", kind: str = "error") -> Told:
    return Told(type=kind, text=text, location={"url": url}, page=page())


def thrown(stack: str) -> Told:
    return Told(error=Told(name="TypeError", message="late", stack=stack), page=page())


@pytest.mark.parametrize(
    ("url", "third_party", "counts"),
    [
        (f"{SHOP}/api", False, True),
        ("https://cdn.shop.example/a.js", False, True),
        ("https://ads.example/a.js", False, False),
        ("https://ads.example/a.js", True, True),
    ],
)
def test_only_the_products_own_site_counts(url: str, third_party: bool, counts: bool) -> None:
    stage = Stage(PageSign.HTTP_5XX, third_party=third_party)
    stage.context.say("response", response(url, 500))
    assert stage.messages == ([f"GET was answered with 500 Oops ({url})"] if counts else [])


@pytest.mark.parametrize(
    ("url", "navigation", "counts"),
    [
        (f"{SHOP}/api", False, True),
        ("https://ads.example/a.js", False, False),
        ("https://ads.example/", True, True),  # the customer goes there
    ],
)
def test_without_a_base_url_the_page_says_whose_it_is(url: str, navigation: bool, counts: bool) -> None:
    stage = Stage(PageSign.HTTP_5XX, base_url=None)
    stage.context.say("response", response(url, 500, navigation=navigation))
    assert bool(stage.messages) is counts


@pytest.mark.parametrize(("status", "counts"), [(200, False), (404, False), (499, False), (500, True), (599, True)])
def test_statuses(status: int, counts: bool) -> None:
    stage = Stage(PageSign.HTTP_5XX)
    stage.context.say("response", response(SHOP, status))
    assert bool(stage.messages) is counts


@pytest.mark.parametrize(
    ("failure", "counts"),
    [
        ("net::ERR_CONNECTION_RESET", True),
        ("net::ERR_CERT_DATE_INVALID", True),
        ("NS_ERROR_CONNECTION_REFUSED", True),
        ("net::ERR_ABORTED", False),
        ("NS_BINDING_ABORTED", False),
        ("Load request cancelled", False),
        ("net::ERR_BLOCKED_BY_CLIENT", False),
        ("net::ERR_PROXY_CONNECTION_FAILED", False),
        ("net::ERR_INTERNET_DISCONNECTED", False),
    ],
)
def test_requests_without_an_answer(failure: str, counts: bool) -> None:
    stage = Stage(PageSign.FAILED_REQUEST, PageSign.CONSOLE_ERROR)
    stage.context.say("requestfailed", request(f"{SHOP}/api?token=s3cret", failure))
    stage.context.say("console", console(f"Failed to load resource: {failure}", f"{SHOP}/api?token=s3cret"))
    assert stage.messages == ([f"GET got no answer: {failure} ({SHOP}/api)"] if counts else [])


def test_a_missing_resource_is_told_by_the_console_alone() -> None:
    stage = Stage(PageSign.HTTP_5XX, PageSign.CONSOLE_ERROR)
    stage.context.say("response", response(f"{SHOP}/a.png", 404))
    stage.context.say("console", console("Failed to load resource: 404", f"{SHOP}/a.png"))
    assert stage.messages == [f"the console has an error: Failed to load resource: 404 ({SHOP}/a.png)"]


@pytest.mark.parametrize("kind", ["log", "warning", "info", "debug"])
def test_what_the_console_says_beside_errors_is_no_sign(kind: str) -> None:
    stage = Stage(PageSign.CONSOLE_ERROR)
    stage.context.say("console", console("x", kind=kind))
    assert stage.messages == []


@pytest.mark.parametrize(
    ("stack", "told"),
    [
        (f"TypeError: late\n    at pay ({SHOP}/shop.js:3:9)\n    at https://x.example/a.js:1:1", f"{SHOP}/shop.js"),
        (f"pay@{SHOP}/shop.js:3:9", f"{SHOP}/shop.js"),
        ("TypeError: late\n    at eval (eval at evaluate (:370:30), <anonymous>:1:128)", f"{SHOP}/cart"),
        ("", f"{SHOP}/cart"),
        ("TypeError: late\n    at track (https://ads.example/t.js:1:1)", None),
    ],
)
def test_the_script_that_threw_says_whose_it_is(stack: str, told: str | None) -> None:
    stage = Stage(PageSign.PAGE_ERROR)
    stage.context.say("weberror", thrown(stack))
    assert stage.messages == ([f"a script threw TypeError: late ({told})"] if told else [])


def test_ignored_signs() -> None:
    stage = Stage(PageSign.CONSOLE_ERROR, ignore=(re.compile("ResizeObserver"),))
    for number in range(SIGNS_KEPT + 1):
        stage.context.say("console", console(f"ResizeObserver loop {number}"))
    assert stage.messages == []
    stage.context.say("console", console("no price"))
    assert stage.messages == [f"the console has an error: no price ({SHOP}/cart)"]


def test_each_step_takes_its_own_signs_once() -> None:
    stage = Stage(PageSign.CONSOLE_ERROR)
    stage.context.say("console", console("one"))
    stage.context.say("console", console("one again"))
    stage.context.say("console", console("one"))
    first = stage.claims.fault_of("open")
    assert stage.claims.fault_of("open") is None
    stage.step = "pay"
    stage.context.say("console", console("two"))
    stage.step = None
    stage.context.say("console", console("none"))
    stage.claims.rest()

    assert stage.claims.faults[0] is first
    assert [fault.step for fault in stage.claims.faults] == ["open", "pay", None]
    assert stage.messages[0] == (
        f"the console has an error: one ({SHOP}/cart), and 1 more\nthe console has an error: one again ({SHOP}/cart)"
    )


def test_a_page_that_fails_in_a_loop_does_not_fill_the_memory() -> None:
    stage = Stage(PageSign.CONSOLE_ERROR, PageSign.HTTP_5XX)
    for number in range(10_000):
        stage.context.say("console", console(f"error {number}"))
    stage.step = "pay"
    for number in range(SIGNS_KEPT + 3):
        stage.context.say("response", response(f"{SHOP}/{number}", 500))
    message, other = stage.messages
    assert message.count("\n") == other.count("\n") == SIGNS_KEPT - 1
    assert f"({SHOP}/cart), and {HEARD - 1} more\n" in message
    assert f"({SHOP}/0), and {SIGNS_KEPT + 2} more\n" in other


def test_nothing_is_listened_to_that_nobody_asked_for() -> None:
    assert Stage(forbidden_text=(re.compile("x"),)).context.handlers == {}
    assert list(Stage(PageSign.HTTP_5XX).context.handlers) == ["response"]


def test_who_is_at_fault() -> None:
    assert classify(PageFault("x")) == (Fault.PRODUCT, "the page says of itself that something is wrong")
    assert classify(AssertionError("x")) is None
