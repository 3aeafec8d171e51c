"""Every way a run can end: one verdict, one fault, one record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran

FIXTURES = """
import os, requests

class Boom(Exception): pass

@pytest.fixture
def thing(request):
    setup = getattr(request, "param", None)
    yield
"""

BODY = """
@pytest.mark.journey("J")
def test_it(journey{fixtures}):
    with journey.step("pay"):
        {body}
"""


def journey(body: str, fixtures: str = "") -> str:
    return FIXTURES + BODY.format(body=body, fixtures=fixtures)


IN_BODY = [
    ("pass", "passed", None),
    ("assert 94 == 49", "failed", "product"),
    ("pytest.fail('the basket is empty')", "failed", "product"),
    ("with pytest.raises(ValueError): pass", "failed", "product"),
    ("raise AssertionError('no') from TypeError('x')", "failed", "product"),
    (
        "requests.models.Response().raise_for_status() if 0 else (_ for _ in ()).throw(requests.HTTPError('503'))",
        "failed",
        "product",
    ),
    ("raise requests.ConnectionError(ConnectionRefusedError(111, 'Connection refused'))", "failed", "product"),
    ("raise requests.exceptions.JSONDecodeError('no JSON', '<html>', 0)", "failed", "product"),
    ("raise requests.exceptions.ProxyError('Cannot connect to proxy')", "broken", "region"),
    ("raise Boom('shop client') from requests.HTTPError('500')", "failed", "product"),
    ("nonsense", "broken", "test"),
    ("import no_such_module", "broken", "test"),
    ("len(None)", "broken", "test"),
    ("{}['price']", "broken", "test"),
    ("raise Boom('what')", "broken", "test"),
    ("os.environ['SHOP_PASSWORD_THAT_IS_NOT_SET']", "broken", "config"),
    ("raise SystemExit(3)", "broken", "test"),
    ("raise MemoryError", "broken", "runner"),
    ("pytest.skip('no stock')", "skipped", None),
    ("pytest.xfail('known: #12')", "skipped", None),
    ("raise BaseExceptionGroup('two', [NameError('a'), AssertionError('b')])", "failed", "product"),
    ("pytest.fail('Timeout (>2.0s) from pytest-timeout.')", "broken", "runner"),
]


@pytest.mark.parametrize(("body", "verdict", "fault"), IN_BODY)
def test_what_the_body_raises(synthetic: Callable[..., Ran], body: str, verdict: str, fault: str | None) -> None:
    run = synthetic(journey(body)).run

    assert (run.verdict, run.fault) == (verdict, fault)
    assert (run.failure is None) == (verdict in {"passed", "skipped"} and "xfail" not in body)
    assert run.duration is not None
    assert run.steps[0].name == "pay"


@pytest.mark.parametrize(("body", "verdict", "fault"), [row for row in IN_BODY if row[1] != "passed"])
def test_the_same_in_a_fixture(synthetic: Callable[..., Ran], body: str, verdict: str, fault: str | None) -> None:
    source = FIXTURES + f"@pytest.fixture\ndef login():\n    {body}\n" + BODY.format(body="pass", fixtures=", login")

    run = synthetic(source).run

    assert (run.verdict, run.fault) == (verdict, fault)
    assert run.duration is None, "the body never ran: its duration is unknown, not 0"
    assert run.failure is None or run.failure.phase == "setup"


@pytest.mark.parametrize("body", ["assert 0, 'still there'", "nonsense", "pytest.fail('no')"])
@pytest.mark.parametrize(
    ("journey_body", "verdict"), [("pass", "broken"), ("assert 1 == 2", "failed"), ("nonsense", "broken")]
)
def test_a_tear_down_that_explodes(synthetic: Callable[..., Ran], body: str, journey_body: str, verdict: str) -> None:
    source = FIXTURES + f"@pytest.fixture\ndef order():\n    yield\n    {body}\n"

    run = synthetic(source + BODY.format(body=journey_body, fixtures=", order")).run

    assert run.verdict == verdict
    assert run.failure
    assert run.failure.phase == ("teardown" if journey_body == "pass" else "call")
    if journey_body == "pass":
        assert run.fault == "test"


def test_a_skip_in_the_tear_down_comes_after_the_customer_was_served(synthetic: Callable[..., Ran]) -> None:
    run = synthetic(
        "@pytest.fixture\ndef order():\n    yield\n    pytest.skip('nothing to clean')\n"
        "@pytest.mark.journey('J')\ndef test_it(order): pass\n"
    ).run

    assert run.verdict == "passed"


def test_what_pytest_cannot_run_is_not_the_product_s_fault(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic("""
@pytest.fixture(scope="session")
def wide(tmp_path): pass

@pytest.mark.journey("scope mismatch")
def test_scope(wide): pass

@pytest.mark.journey("async")
async def test_async(): pass
""")

    assert {(run.verdict.value, str(run.fault)) for run in ran.runs} == {("broken", "test")}
    assert len(ran.runs) == 2


def test_a_test_case_is_no_journey(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic("""
import unittest
class TestShop(unittest.TestCase):
    @pytest.mark.journey("J")
    def test_it(self): pass
""")

    assert ran.result.ret == pytest.ExitCode.USAGE_ERROR
    ran.result.stderr.fnmatch_lines(["*test_shop.py:5: a method of unittest.TestCase cannot be a journey*"])


def test_a_missing_fixture_is_the_configuration_s_fault(synthetic: Callable[..., Ran]) -> None:
    run = synthetic(journey("pass", ", baskett")).run

    assert (run.verdict, run.fault) == ("broken", "config")
    assert run.failure
    assert run.failure.claim == "fixture 'baskett' not found"


@pytest.mark.parametrize(
    ("mark", "body", "verdict"),
    [
        ("xfail(reason='known')", "assert 0", "skipped"),
        ("xfail(reason='known')", "pass", "passed"),
        ("xfail(strict=True)", "pass", "broken"),
        ("xfail(run=False)", "pass", "skipped"),
        ("xfail(raises=ValueError)", "assert 0", "failed"),
        ("skip(reason='maintenance')", "pass", "skipped"),
        ("skipif(True, reason='night')", "pass", "skipped"),
    ],
)
def test_marks_of_pytest(synthetic: Callable[..., Ran], mark: str, body: str, verdict: str) -> None:
    source = f"@pytest.mark.{mark}\n@pytest.mark.journey('J')\ndef test_it(journey):\n    {body}\n"

    run = synthetic(source).run

    assert run.verdict == verdict
    assert verdict == "passed" or run.reason


def test_an_expected_failure_keeps_the_failure_in_the_record(synthetic: Callable[..., Ran]) -> None:
    run = synthetic("@pytest.mark.xfail(reason='#12')\n@pytest.mark.journey('J')\ndef test_it(): assert 1 == 2\n").run

    assert run.verdict == "skipped"
    assert run.reason == "expected to fail: #12"
    assert run.failure
    assert run.failure.claim == "assert 1 == 2"


def test_soft_steps_fail_the_journey_at_its_end(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic("""
@pytest.mark.journey("J")
def test_it(journey):
    with journey.step("a", soft=True):
        assert 1 == 2
    with journey.step("b", soft=True):
        pytest.fail("b is wrong")
    with journey.step("c"):
        journey.measure("reached", 1)
""")

    assert ran.run.verdict == "failed"
    assert [(step.name, step.verdict) for step in ran.run.steps] == [("a", "failed"), ("b", "failed"), ("c", "passed")]
    assert [m.name for m in ran.run.measurements] == ["reached"]
    assert ran.run.failure
    assert ran.run.failure.step == "a"
    ran.result.assert_outcomes(failed=1)


def test_the_only_soft_failure_is_shown_with_its_own_traceback(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic("""
@pytest.mark.journey("J")
def test_it(journey):
    with journey.step("a", soft=True):
        assert 1 == 2
""")

    ran.result.stdout.fnmatch_lines(["*assert 1 == 2*", "*test_shop.py:6: AssertionError*"])


def test_a_failure_outweighs_a_break(synthetic: Callable[..., Ran]) -> None:
    run = synthetic("""
@pytest.mark.journey("J")
def test_it(journey):
    with journey.step("price", soft=True):
        assert 94 == 49
    nonsense
""").run

    assert (run.verdict, run.fault) == ("failed", "product")
    assert run.failure
    assert run.failure.step == "price"


def test_subtests_that_fail_fail_the_run(synthetic: Callable[..., Ran]) -> None:
    pytest.importorskip("_pytest.subtests", reason="subtests are in pytest since 9.0")
    run = synthetic("""
@pytest.mark.journey("J")
def test_it(journey, subtests):
    for price in (49, 94):
        with subtests.test(price=price):
            assert price == 49
""").run

    assert run.verdict == "failed"
    assert run.duration is not None


def test_setting_up_only_is_no_run(synthetic: Callable[..., Ran]) -> None:
    run = synthetic(journey("pass"), "--setup-only").run

    assert run.verdict == "skipped"
    assert run.reason == "set up only: the test's body never ran"


def test_a_module_s_set_up_that_fails_counts_once(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic("""
@pytest.fixture(scope="module")
def account():
    assert 0, "no account"

@pytest.mark.journey("first")
def test_first(account): pass

@pytest.mark.journey("second")
def test_second(account): pass
""")

    assert ran.verdicts == ["failed", "blocked"]
    assert 'counted in journey "first"' in str(ran.named("second").reason)
    ran.result.assert_outcomes(errors=1, skipped=1)


def test_a_journey_whose_need_has_failed_is_blocked(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic("""
@pytest.mark.journey("after", depends_on="buy")
def test_after(): raise SystemError("never reached")

@pytest.mark.journey("Buy", id="buy")
def test_buy(): assert 0

@pytest.mark.journey("last", depends_on=("test_shop.test_after", "psp"))
def test_last(): pass
""")

    assert [(run.name, run.verdict) for run in ran.runs] == [
        ("Buy", "failed"),
        ("after", "blocked"),
        ("last", "blocked"),
    ]
    assert ran.named("after").reason == 'it depends on journey "buy", which ended failed'
    assert [run.blocked_by for run in ran.runs] == [None, "buy", "test_shop.test_after"]
    ran.result.assert_outcomes(failed=1, skipped=2)


def test_who_blocks_is_told_by_its_id_whatever_that_holds(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic("""
KASSE = 'Kasse "Zürich", which ended'

@pytest.mark.journey("Refund", depends_on=KASSE)
def test_refund(): pass

@pytest.mark.journey("Checkout", id=KASSE)
def test_checkout(): assert 0
""")

    assert (ran.named("Refund").verdict, ran.named("Refund").blocked_by) == ("blocked", 'Kasse "Zürich", which ended')


def test_journeys_in_a_ring_are_refused(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic("""
@pytest.mark.journey("a", id="a", depends_on="b")
def test_a(): pass
@pytest.mark.journey("b", id="b", depends_on="a")
def test_b(): pass
""")

    assert ran.result.ret == pytest.ExitCode.USAGE_ERROR
    ran.result.stderr.fnmatch_lines(["*in a ring: a -> b -> a*"])


STOPPED = [
    ("raise KeyboardInterrupt", pytest.ExitCode.INTERRUPTED, "interrupted (Ctrl-C)"),
    ("pytest.exit('enough')", pytest.ExitCode.INTERRUPTED, "pytest.exit was called during the run"),
]


@pytest.mark.parametrize(("body", "code", "reason"), STOPPED)
@pytest.mark.parametrize("where", ["setup", "call", "teardown"])
def test_what_stops_the_session_leaves_a_record(
    synthetic: Callable[..., Ran], body: str, code: int, reason: str, where: str
) -> None:
    lines = {"setup": "pass", "call": "pass", "teardown": "pass", where: body}
    source = f"""
@pytest.fixture
def order():
    {lines["setup"]}
    yield
    {lines["teardown"]}

@pytest.mark.journey("J")
def test_it(journey, order):
    with journey.step("pay"):
        {lines["call"]}

@pytest.mark.journey("never")
def test_never(): pass
"""

    ran = synthetic(source, fresh=True)

    assert ran.result.ret == code
    assert (ran.run.name, ran.run.verdict, ran.run.fault) == ("J", "broken", "runner")
    assert ran.run.reason == reason


def test_a_time_out_says_nothing_of_the_product(synthetic: Callable[..., Ran]) -> None:
    pytest.importorskip("pytest_timeout")
    ran = synthetic(
        """
import time
@pytest.mark.journey("J")
@pytest.mark.timeout(0.2, func_only=True)
def test_it(journey):
    with journey.step("wait"):
        time.sleep(30)
"""
    )

    assert (ran.run.verdict, ran.run.fault) == ("broken", "runner")
    assert ran.run.failure
    assert ran.run.failure.step == "wait"
    ran.result.assert_outcomes(failed=1)


def test_every_attempt_is_a_record(synthetic: Callable[..., Ran]) -> None:
    pytest.importorskip("pytest_rerunfailures")
    ran = synthetic(
        """
tries = []
@pytest.mark.journey("J")
def test_it(journey):
    tries.append(1)
    with journey.step("pay"):
        assert len(tries) == 3
""",
        "--reruns=2",
    )

    assert [(run.attempt, run.verdict) for run in ran.runs] == [(1, "failed"), (2, "failed"), (3, "passed")]
    assert len({run.run_id for run in ran.runs}) == 3
    assert all(len(run.steps) == 1 for run in ran.runs)


def test_reruns_with_a_time_out_that_covers_the_first_attempt_alone_are_refused(synthetic: Callable[..., Ran]) -> None:
    pytest.importorskip("pytest_rerunfailures")
    pytest.importorskip("pytest_timeout")
    ran = synthetic(journey("pass"), "--reruns=1", "--timeout=5")

    assert ran.result.ret == pytest.ExitCode.USAGE_ERROR
    ran.result.stderr.fnmatch_lines(["*timeout_func_only = true*"])


def test_a_test_without_the_mark_is_left_alone(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic("def test_plain(): assert 0\n")

    assert ran.runs == ()
    assert "journeys" not in ran.out


def test_the_fixture_without_the_mark_says_what_to_add(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic("def test_plain(journey): pass\n")

    assert ran.runs == ()
    assert '@pytest.mark.journey("its name")' in ran.out
