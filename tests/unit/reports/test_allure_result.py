"""What a run becomes in Allure's words: identity, labels, status, message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from allure_commons import model2
from allure_commons.model2 import Label, Parameter, StatusDetails
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.model.journey import Criticality
from pytest_synthetic.model.run import Failure
from pytest_synthetic.model.sla import breach
from pytest_synthetic.model.verdict import Fault, Verdict
from pytest_synthetic.reports.allure_result import began, describe, ended, history_id, message, status, title
from pytest_synthetic.reports.allure_text import clean, writable

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_synthetic.model.run import RunResult

    Make = Callable[..., RunResult]


def described(run: RunResult, **given: Any) -> Any:
    result = model2.TestResult(name="test_checkout", **given)
    describe(result, run, "Kettle shop")
    return result


def labels(result: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for label in result.labels:
        found.setdefault(label.name, []).append(label.value)
    return found


def failure(**changed: Any) -> Failure:
    told: dict[str, Any] = {
        "type": "AssertionError", "message": "no order", "claim": "no order", "fault": Fault.PRODUCT,
        "reason": "a claim does not hold", "phase": "call", "step": "pay > confirm",
        "frame": "test_shop.py:9 in test_checkout", "fingerprint": "",
    }  # fmt: skip
    return Failure(**told | changed)


class TestIdentity:
    def test_outlives_a_move_of_the_file(self, a_run: Make) -> None:
        here, moved = a_run(), a_run(nodeid="elsewhere/test_buy.py::TestBuy::test_it")

        assert described(here).testCaseId == described(moved).testCaseId
        assert history_id(here) == history_id(moved)

    @pytest.mark.parametrize(
        "changed",
        [{"region": "us-east"}, {"device": "iPhone 15"}, {"parameters": {"card": "visa"}}, {"journey": "other"}],
    )
    def test_tells_the_variants_of_a_journey_apart(self, a_run: Make, changed: dict[str, Any]) -> None:
        assert history_id(a_run()) != history_id(a_run(**changed))

    def test_is_the_same_for_a_run_that_never_opened_its_browser(self, a_run: Make) -> None:
        nodeid = "test_shop.py::test_checkout[eu-west-chromium]"

        assert history_id(a_run(nodeid=nodeid)) == history_id(a_run(nodeid=nodeid, browser="chromium"))

    def test_is_the_same_when_a_parameter_has_no_text_of_its_own(self, a_run: Make) -> None:
        first, second = (
            a_run(parameters={"o": f"<object object at {at}>"}) for at in ("0x7f503d411570", "0x7f50ffff0000")
        )

        assert history_id(first) == history_id(second)

    def test_has_no_part_of_what_the_test_told_while_it_ran(self, a_run: Make) -> None:
        raw = [Parameter(name=name, value="'raw'") for name in ("synthetic_region", "browser_name", "card", "code")]

        result = described(a_run(parameters={"card": "visa"}), parameters=raw)

        assert [(p.name, p.value, p.excluded) for p in result.parameters] == [
            ("region", "eu-west", None), ("card", "visa", None), ("code", "'raw'", True),
            ("run_id", "0af7651916cd43dd8448eb211c80319c", True),
        ]  # fmt: skip
        assert result.historyId == history_id(a_run(parameters={"card": "visa"}))

    def test_variants_are_told_apart_by_name_as_well(self, a_run: Make) -> None:
        assert title(a_run(device="desktop", browser="chromium")) == "Checkout"
        assert title(a_run(device="iPhone 15", browser="webkit", parameters={"card": "visa"})) == (
            "Checkout · iPhone 15 · webkit · visa"
        )


class TestLabels:
    def test_file_the_journey_under_its_product_stage_and_owner(self, a_run: Make) -> None:
        found = labels(described(a_run()))

        assert found == {
            "epic": ["Kettle shop"], "feature": ["purchase"], "story": ["Checkout"], "owner": ["payments"],
            "severity": ["blocker"], "verdict": ["passed"], "tag": ["passed"], "region": ["eu-west"],
            "journey": ["test_shop.test_checkout"],
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("criticality", "severity"),
        [("critical", "blocker"), ("high", "critical"), ("medium", "normal"), ("low", "minor")],
    )
    def test_criticality_becomes_severity(self, a_run: Make, criticality: str, severity: str) -> None:
        assert labels(described(a_run(criticality=Criticality(criticality))))["severity"] == [severity]

    def test_the_authors_own_labels_win(self, a_run: Make) -> None:
        found = labels(described(a_run(), labels=[Label("epic", "Theirs"), Label("tag", "smoke")]))

        assert (found["epic"], found["tag"]) == (["Theirs"], ["passed", "smoke"])

    def test_a_runbook_is_a_link_when_it_is_an_address(self, a_run: Make) -> None:
        (link,) = described(a_run(runbook="https://wiki.example/x")).links

        assert (link.url, link.name) == ("https://wiki.example/x", "runbook")

    @pytest.mark.parametrize("runbook", ["javascript:alert(1)", "docs/runbook.md"])
    def test_a_runbook_is_text_when_it_is_not(self, a_run: Make, runbook: str) -> None:
        result = described(a_run(runbook=runbook))

        assert (result.links, labels(result)["runbook"]) == ([], [runbook])


class TestVerdict:
    @pytest.mark.parametrize(
        ("verdict", "outcome", "expected"),
        [
            (Verdict.PASSED, "passed", "passed"),
            (Verdict.DEGRADED, "failed", "failed"),
            (Verdict.DEGRADED, "broken", "failed"),
            (Verdict.DEGRADED, "passed", "passed"),
            (Verdict.FAILED, "broken", "failed"),
            (Verdict.BROKEN, "failed", "broken"),
            (Verdict.BROKEN, None, "broken"),
            (Verdict.BLOCKED, "skipped", "skipped"),
            (Verdict.SKIPPED, "skipped", "skipped"),
        ],
    )
    def test_becomes_a_status(self, a_run: Make, verdict: Verdict, outcome: str, expected: str) -> None:
        assert status(a_run(verdict=verdict), outcome) == expected

    def test_failed_says_what_was_claimed_and_where(self, a_run: Make) -> None:
        run = a_run(verdict=Verdict.FAILED, fault=Fault.PRODUCT, failure=failure(), reason="a claim does not hold")

        assert message(run) == "FAILED: no order\nin step: pay > confirm\nat test_shop.py:9 in test_checkout"

    def test_broken_says_who_is_at_fault_and_how_that_is_known(self, a_run: Make) -> None:
        told = failure(type="KeyError", claim="'id'", fault=Fault.TEST, step=None, frame=None)

        assert message(
            a_run(verdict=Verdict.BROKEN, fault=Fault.TEST, failure=told, reason="it raised a KeyError")
        ) == ("BROKEN: at fault: test: KeyError: 'id'\n(it raised a KeyError)")

    def test_degraded_says_every_promise_broken(self, a_run: Make) -> None:
        late = tuple(
            breach(kind="step", name=name, measured=4.3, promised=3, timed=True) for name in ("pay", "confirm")
        )

        assert message(a_run(verdict=Verdict.DEGRADED, breaches=late)) == (
            'DEGRADED: step "pay" took 4.3 s, promised 3 s\nstep "confirm" took 4.3 s, promised 3 s'
        )

    def test_skipped_and_blocked_say_why(self, a_run: Make) -> None:
        assert message(a_run(verdict=Verdict.BLOCKED, reason="login failed")) == "BLOCKED: login failed"
        assert message(a_run(verdict=Verdict.SKIPPED)) == "SKIPPED: no reason given"

    def test_the_trace_stays(self, a_run: Make) -> None:
        given = StatusDetails(message="raw", trace="where it came from")

        result = described(a_run(verdict=Verdict.FAILED, failure=failure()), statusDetails=given)

        assert result.statusDetails.trace == "where it came from"
        assert result.statusDetails.message.startswith("FAILED: ")

    def test_times_are_those_of_all_phases(self, a_run: Make) -> None:
        assert ended(a_run()) - began(a_run()) == 2750
        assert ended(a_run(duration=None, setup_duration=None, teardown_duration=None)) == began(a_run())


@given(st.text(), st.text())
def test_any_text_can_be_written(name: str, value: str) -> None:
    result = model2.TestResult(
        name=name, parameters=[Parameter(name=name, value=value)], statusDetails=StatusDetails(trace=value)
    )

    for how in (clean(result), clean(result, writable)):
        (how.name + how.parameters[0].value + how.statusDetails.trace).encode()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_can_be_written_is_left_alone(text: str) -> None:
    assert writable(text) == text
