"""Who is at fault, what was claimed, where, and the same fingerprint for the same fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_synthetic.channels import browser_faults
from pytest_synthetic.core import failures
from pytest_synthetic.core.judge import judge
from pytest_synthetic.errors import BrowserUnavailable, JourneyError, RegionUnreachable, SlaBreach, UsageError
from pytest_synthetic.model.run import Failure
from pytest_synthetic.model.sla import breach
from pytest_synthetic.model.verdict import Fault, Verdict


class PlaywrightError(Exception):
    """Stands for playwright.sync_api.Error, which is told by the module it comes from."""

    __module__ = "playwright._impl._errors"


class TimeoutError(PlaywrightError):  # noqa: A001  it is called so there
    """Stands for Playwright's own."""

    __module__ = "playwright._impl._errors"


BROWSER = [
    (TimeoutError("Locator.click: Timeout 300ms exceeded.\nCall log:\n  - waiting"), Fault.PRODUCT),
    (PlaywrightError("Page.goto: net::ERR_CONNECTION_REFUSED at http://shop/"), Fault.PRODUCT),
    (PlaywrightError("Page.goto: net::ERR_CERT_DATE_INVALID at https://shop/"), Fault.PRODUCT),
    (PlaywrightError("Page.goto: net::ERR_PROXY_CONNECTION_FAILED at http://shop/"), Fault.REGION),
    (PlaywrightError("Page.goto: net::ERR_TUNNEL_CONNECTION_FAILED at https://shop/"), Fault.REGION),
    (PlaywrightError("Page.goto: net::ERR_SOCKS_CONNECTION_FAILED at https://shop/"), Fault.REGION),
    (PlaywrightError("Page.goto: net::ERR_INTERNET_DISCONNECTED at https://shop/"), Fault.NETWORK),
    (PlaywrightError("Page.goto: net::ERR_NETWORK_CHANGED at https://shop/"), Fault.NETWORK),
    (PlaywrightError("Page.click: Target page, context or browser has been closed"), Fault.BROWSER),
    (PlaywrightError("Page.goto: Page crashed"), Fault.BROWSER),
    (PlaywrightError("Connection closed while reading from the driver"), Fault.BROWSER),
    (PlaywrightError("Playwright connection closed"), Fault.BROWSER),
    (PlaywrightError("BrowserType.launch: Failed to launch the browser process."), Fault.BROWSER),
    (TimeoutError("BrowserType.launch: Timeout 180000ms exceeded."), Fault.BROWSER),
    (PlaywrightError("BrowserType.connect: WebSocket error: connect ECONNREFUSED"), Fault.REGION),
    (PlaywrightError("Browser.new_context: options.locale: expected string"), Fault.BROWSER),
    (PlaywrightError("Locator.click: Error: strict mode violation: resolved to 2 elements"), Fault.PRODUCT),
    (PlaywrightError("Locator.fill: Error: Element is not an <input>"), Fault.PRODUCT),
    (PlaywrightError("Page.goto: Protocol error: Cannot navigate to invalid URL"), Fault.TEST),
    (AssertionError("Locator expected to be visible\nError: Target page, context or browser has been closed\nCall log:\n"), Fault.BROWSER),
    (AssertionError("Locator expected to be visible\nCall log:\n  - Expect"), Fault.PRODUCT),
]  # fmt: skip


@pytest.mark.parametrize(("error", "fault"), BROWSER, ids=lambda value: str(value)[:60])
def test_faults_of_the_browser(error: BaseException, fault: Fault) -> None:
    assert failures.diagnose(error, [browser_faults.classify])[0] is fault


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (AssertionError(), Fault.PRODUCT),
        (NameError("x"), Fault.TEST),
        (UsageError("x"), Fault.CONFIG),
        (JourneyError("x"), Fault.TEST),
        (BrowserUnavailable("x"), Fault.BROWSER),
        (RegionUnreachable("x"), Fault.REGION),
        (KeyboardInterrupt(), Fault.RUNNER),
        (TimeoutError("BrowserType.connect: Timeout"), Fault.REGION),
        (Exception("whatever"), Fault.TEST),
    ],
)
def test_faults_of_our_own(error: BaseException, fault: Fault) -> None:
    assert failures.diagnose(error, [browser_faults.classify])[0] is fault


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:  # noqa: BLE001
        return caught


def described(error: BaseException, step: str | None = None) -> Failure:
    return failures.describe(
        raised(error), classifiers=[], phase="call", step=step, root=Path(__file__).resolve().parents[3]
    )


def test_the_frame_is_in_the_user_s_own_code() -> None:
    frame = described(AssertionError("x")).frame

    assert frame
    assert frame.startswith("tests/unit/core/test_failures.py:")
    assert frame.endswith(" in raised")


def test_an_exception_without_words_is_called_by_its_name() -> None:
    assert described(NameError()).claim == "NameError"


@pytest.mark.parametrize(
    ("message", "claim"),
    [
        ("assert 94 == 49\n  +  where 94 = f()", "assert 94 == 49"),
        (
            "Locator expected to have text 'Kettle'\nActual value: Kattle\nCall log:\n  - Expect \"to_have_text\"\n",
            "Locator expected to have text 'Kettle' · Actual value: Kattle",
        ),
        (
            "Locator expected to be visible\nActual value: None\nError: element(s) not found\nCall log:\n  - x",
            "Locator expected to be visible · Actual value: None · Error: element(s) not found",
        ),
        (
            "_TimedPool(host='shop.example', port=443): Max retries exceeded with url: /api (Caused by "
            "NewConnectionError(\"_TimedConnection(host='shop.example', port=443): Failed to establish a new "
            'connection: [Errno 111] Connection refused"))',
            "shop.example:443/api: Connection refused",
        ),
        (
            "_TimedPool(host='127.0.0.1', port=1): Max retries exceeded with url: http://shop.example/ (Caused by "
            "ProxyError('Unable to connect to proxy', NewConnectionError(\"_TimedConnection(host='127.0.0.1', port=1): "
            'Failed to establish a new connection: [Errno 111] Connection refused")))',
            "http://shop.example/: Connection refused",
        ),
        ("x" * 400, "x" * 299 + "…"),
    ],
)
def test_the_claim_is_one_line_with_the_value(message: str, claim: str) -> None:
    assert failures.claim(message) == claim


SAME = [
    ("order 1234 is missing", "order 99 is missing"),
    ("run 6f1e2d3c4b5a69788796a5b4c3d2e1f0 failed", "run 00112233445566778899aabbccddeeff failed"),
    ("took 4.31 s", "took 12 s"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_fault_has_the_same_fingerprint(one: str, other: str) -> None:
    assert described(AssertionError(one)).fingerprint == described(AssertionError(other)).fingerprint


def test_another_fault_has_another_fingerprint() -> None:
    prints = {
        described(AssertionError("price is wrong")).fingerprint,
        described(AssertionError("order is missing")).fingerprint,
        described(AssertionError("price is wrong"), step="pay").fingerprint,
        described(ValueError("price is wrong")).fingerprint,
    }

    assert len(prints) == 4


def test_the_leaves_of_groups_are_found_and_breaches_are_none() -> None:
    group = BaseExceptionGroup("g", [SlaBreach("late"), ExceptionGroup("h", [ValueError("a"), AssertionError("b")])])

    assert [str(leaf) for leaf in failures.leaves(group)] == ["a", "b"]


def failure(fault: Fault, phase: str = "call") -> Failure:
    return Failure(
        type="X", message="m", claim="m", fault=fault, reason="r", phase=phase, step=None, frame=None, fingerprint=""
    )


LATE = (breach(kind="total", name="total", measured=2, promised=1, timed=True),)


@pytest.mark.parametrize(
    ("found", "late", "verdict", "fault"),
    [
        ([], (), Verdict.PASSED, None),
        ([], LATE, Verdict.DEGRADED, Fault.PRODUCT),
        ([failure(Fault.PRODUCT)], (), Verdict.FAILED, Fault.PRODUCT),
        ([failure(Fault.PRODUCT, "setup")], (), Verdict.FAILED, Fault.PRODUCT),
        ([failure(Fault.PRODUCT, "teardown")], (), Verdict.BROKEN, Fault.TEST),
        ([failure(Fault.BROWSER, "teardown")], LATE, Verdict.BROKEN, Fault.BROWSER),
        *[([failure(fault)], LATE, Verdict.BROKEN, fault) for fault in Fault if fault is not Fault.PRODUCT],
        ([failure(Fault.TEST), failure(Fault.PRODUCT)], (), Verdict.FAILED, Fault.PRODUCT),
        ([failure(Fault.PRODUCT), failure(Fault.RUNNER, "teardown")], (), Verdict.FAILED, Fault.PRODUCT),
    ],
)
def test_all_is_folded_into_one_verdict(
    found: list[Failure], late: tuple[object, ...], verdict: Verdict, fault: Fault | None
) -> None:
    judged = judge(found, late)  # type: ignore[arg-type]

    assert (judged.verdict, judged.fault) == (verdict, fault)


def test_an_exception_that_cannot_be_read_is_a_failure_all_the_same() -> None:
    class Bad(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    failure = failures.describe(Bad(), classifiers=(), phase="call", step="pay", root=Path("/"))

    assert (failure.type, failure.fault, failure.step) == ("Bad", Fault.RUNNER, "pay")
    assert failure.message == "Bad, which could not be read (RuntimeError): a defect of pytest-synthetic"
