"""What a session writes for Allure and as JUnit XML, brought back: the same runs as its own records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.history import allure_results, junit
from pytest_synthetic.history.foreign import BadEntry
from pytest_synthetic.model.run import RunResult, walk
from pytest_synthetic.model.verdict import UNSAID, Fault, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran

    Both = Callable[..., tuple[tuple[RunResult, ...], Path]]

QUICK = ("-p", "no:playwright", "-p", "no:hypothesispytest", "-p", "no:cacheprovider")
SOURCE = """
import time

@pytest.mark.journey("Checkout", id="checkout", stage="purchase", owner="shop", criticality="critical", runbook="wiki/x")
@pytest.mark.parametrize("card", ["visa"])
def test_passed(journey, card):
    with journey.step("one"):
        with journey.step("two"): pass
    with journey.step("one"): journey.attach("note", "seen")

@pytest.mark.journey("failed", id="failed", criticality="low", runbook="https://wiki.example/x")
def test_failed(journey):
    with journey.step("pay"):
        with journey.step("confirm"):
            assert "no order" == "order 12"

@pytest.mark.journey("degraded")
@pytest.mark.sla("5ms")
def test_degraded(journey):
    with journey.step("pay", sla="1ms"): time.sleep(0.01)
    with journey.step("pay", sla="9s"): pass
    journey.measure("weight", 3)

@pytest.mark.journey("heavy")
@pytest.mark.sla(weight=2)
def test_heavy(journey):
    journey.measure("weight", 3)

@pytest.mark.journey("broken")
def test_broken(journey):
    with journey.step("look"): {}["id"]

@pytest.mark.journey("set-up")
def test_set_up(nothing): pass

@pytest.mark.journey("skipped")
def test_skipped(): pytest.skip("not today")

@pytest.mark.journey("blocked", depends_on="failed")
def test_blocked(): pass

def test_no_journey(): pass
"""


@pytest.fixture
def both(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> Both:
    """Run a session; its records, and the folder of Allure's results."""

    def run(source: str, *arguments: str, toml: str = "") -> tuple[tuple[RunResult, ...], Path]:
        ran = synthetic(source, *QUICK, "--alluredir=out", *arguments, toml=toml, fresh=True, heavy=True)
        return ran.runs, pytester.path / "out"

    return run


SAME = (
    "run_id", "attempt", "journey", "name", "stage", "owner", "criticality", "runbook", "parameters", "region", "device",
    "browser", "verdict", "fault",
)  # fmt: skip


def same(run: RunResult) -> dict[str, object]:
    return {name: getattr(run, name) for name in SAME}


@pytest.mark.slow
def test_runs_come_back_as_what_they_were(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNTHETIC_HERE", "eu-west")
    records, folder = both(SOURCE, "--synthetic-region=eu-west", toml='[regions.eu-west]\nlocale = "fr-FR"')

    brought = [told for told in allure_results.read(folder) if isinstance(told, RunResult)]
    ours = {run.run_id: run for run in brought if run.name != "test_no_journey"}

    assert len(ours) == len(records) == 8
    assert len(brought) == 9
    for run in records:
        told = ours[run.run_id]
        assert same(told) == same(run)
        assert [(path, s.occurrence, s.verdict) for path, s in walk(told.steps)] == [
            (path, s.occurrence, s.verdict) for path, s in walk(run.steps)
        ]
        assert (told.failure is None) == (run.failure is None)
        if run.verdict not in UNSAID:
            assert told.duration is not None
            assert abs(told.duration - (run.duration or 0)) < 1
        if told.failure and run.failure:
            kept = ("type", "claim", "fault", "step", "frame")
            assert [getattr(told.failure, name) for name in kept] == [getattr(run.failure, name) for name in kept]
        assert [(b.kind, b.name, b.message) for b in told.breaches] == [
            (b.kind, b.name, b.message) for b in run.breaches
        ]


@pytest.mark.slow
def test_what_is_not_kept_is_said(both: Both) -> None:
    _, folder = both(SOURCE)

    told = {run.journey: run for run in allure_results.read(folder) if isinstance(run, RunResult)}
    (note,) = told["checkout"].artifacts
    late = next(run for run in told.values() if run.name == "degraded")

    assert (note.name, note.path, note.step) == ("note", None, "one")
    assert note.missing
    assert note.missing.startswith("not brought in: ")
    assert (late.promised, late.steps[0].sla, late.steps[1].sla) == (0.005, 0.001, None)


@pytest.mark.slow
def test_a_repeated_test_comes_back_as_attempts(both: Both) -> None:
    records, folder = both(
        """
tries = []

@pytest.mark.journey("flaky")
def test_flaky(journey):
    tries.append(1)
    assert len(tries) == 3
""",
        "--reruns=2",
    )

    told = [run for run in allure_results.read(folder) if isinstance(run, RunResult)]

    assert sorted((run.attempt, run.verdict) for run in told) == sorted((run.attempt, run.verdict) for run in records)
    assert sorted(run.attempt for run in told) == [1, 2, 3]


@pytest.mark.slow
def test_tests_that_are_no_journeys_come_in_as_allure_has_them(both: Both) -> None:
    _, folder = both(
        """
import allure

@allure.severity("minor")
@allure.label("owner", "payments")
@pytest.mark.parametrize("card", ["visa"])
def test_pays(card):
    with allure.step("open"):
        with allure.step("look"): pass
    with allure.step("pay"):
        with allure.step("confirm"):
            assert card == "amex"

def test_breaks(): {}["id"]
"""
    )
    (folder / "broken-result.json").write_text('{"name": "half', encoding="utf-8")

    told = list(allure_results.read(folder))
    runs = {run.name: run for run in told if isinstance(run, RunResult)}
    (bad,) = [item for item in told if isinstance(item, BadEntry)]
    pays = runs["test_pays[visa]"]

    assert bad.line == 1
    assert pays.journey.endswith("#test_pays")
    assert (pays.verdict, pays.owner, pays.criticality.value) == (Verdict.FAILED, "payments", "low")
    assert pays.parameters == {"card": "'visa'"}
    assert [path for path, _ in walk(pays.steps)] == ["open", "open > look", "pay", "pay > confirm"]
    assert pays.failure
    assert (pays.failure.type, pays.failure.step) == ("AssertionError", "pay > confirm")
    assert (runs["test_breaks"].verdict, runs["test_breaks"].fault) == (Verdict.BROKEN, Fault.TEST)


def test_junit_xml_of_pytest_is_read(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    ran = synthetic(
        """
def test_pays(): pass

def test_ships(record_property):
    record_property("region", "eu-west")
    assert 1 == 2

@pytest.fixture
def card(): raise KeyError("card")

def test_refunds(card): pass

@pytest.mark.skip(reason="later")
def test_later(): pass

@pytest.mark.parametrize("size", ["S", "L"])
def test_size(size): pass

@pytest.mark.journey("Checkout")
def test_late(journey):
    with journey.step("pay", sla="0.001ms"): pass
""",
        "--junitxml=report.xml",
        "-ojunit_family=xunit1",  # the newer one has no properties of a test
    )

    told = {run.journey: run for run in junit.read(pytester.path / "report.xml") if isinstance(run, RunResult)}

    assert {name: run.verdict for name, run in told.items()} == {
        "test_shop.test_pays": Verdict.PASSED,
        "test_shop.test_ships": Verdict.FAILED,
        "test_shop.test_refunds": Verdict.BROKEN,
        "test_shop.test_later": Verdict.SKIPPED,
        "test_shop.test_size[S]": Verdict.PASSED,
        "test_shop.test_size[L]": Verdict.PASSED,
        "test_shop.test_late": Verdict.FAILED,
    }
    assert ran.run.verdict is Verdict.DEGRADED, "which JUnit XML has no word for"
    ships, later = told["test_shop.test_ships"], told["test_shop.test_later"]
    assert (ships.region, later.reason) == ("eu-west", "later")
    assert ships.failure
    assert (ships.failure.type, ships.failure.claim) == ("AssertionError", "assert 1 == 2")
    assert ships.notes == (
        "brought in from JUnit XML, report.xml: started when its suite did, and the tests before it took",
    )
