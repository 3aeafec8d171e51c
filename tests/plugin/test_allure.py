"""Journeys in Allure's results. Fresh processes: pytest inside pytest would share Allure's one plugin manager."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Ran

    Synthetic = Callable[..., Ran]

pytestmark = pytest.mark.slow

QUICK = ("-p", "no:playwright", "-p", "no:hypothesispytest", "-p", "no:cacheprovider")


class Allure:
    """The results of one inner session."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = sorted(self._read("*-result.json"), key=lambda result: (result["start"], result["stop"]))
        self.containers = list(self._read("*-container.json"))

    def _read(self, pattern: str) -> Iterator[Any]:
        for path in self.folder.glob(pattern):
            yield json.loads(path.read_text(encoding="utf-8"))

    def named(self, name: str) -> Any:
        (only,) = [result for result in self.results if result["name"] == name]
        return only

    def at(self, folder: str) -> Allure:
        """The results in another folder of the same place."""
        return Allure(self.folder.parent / folder)

    @property
    def only(self) -> Any:
        (only,) = self.results
        return only


@pytest.fixture
def allure(synthetic: Synthetic, pytester: pytest.Pytester) -> Callable[..., Allure]:
    """Run a test file with --alluredir, and read what was written."""

    def run(source: str, *arguments: str, toml: str = "") -> Allure:
        synthetic(source, *QUICK, "--alluredir", "out", *arguments, toml=toml, fresh=True, heavy=True)
        return Allure(pytester.path / "out")

    return run


def labels(result: Any) -> dict[str, str]:
    return {label["name"]: label["value"] for label in result["labels"]}


def parameters(result: Any) -> dict[str, str]:
    return {parameter["name"]: parameter["value"] for parameter in result.get("parameters", ())}


def tree(item: Any) -> list[Any]:
    """Steps as [name, status, [steps]]."""
    return [[step["name"], step["status"], tree(step)] for step in item.get("steps", ())]


def test_every_verdict_is_told(allure: Callable[..., Allure]) -> None:
    told = allure(
        """
import time

@pytest.fixture
def exploding():
    yield
    raise RuntimeError("clean-up")

@pytest.mark.journey("passed", stage="purchase", owner="shop", criticality="critical", runbook="https://wiki.example/x")
def test_passed(journey):
    with journey.step("one"):
        with journey.step("two"): pass

@pytest.mark.journey("failed", id="failed")
def test_failed(journey):
    with journey.step("pay"):
        with journey.step("confirm"):
            assert "no order" == "order 12"

@pytest.mark.journey("degraded")
def test_degraded(journey):
    with journey.step("pay", sla="1ms"): time.sleep(0.01)
    with journey.step("pay", sla="9s"): pass

@pytest.mark.journey("broken")
def test_broken(journey):
    with journey.step("look"): {}["id"]

@pytest.mark.journey("set-up")
def test_set_up(nothing): pass

@pytest.mark.journey("tear-down")
def test_tear_down(exploding): pass

@pytest.mark.journey("skipped")
def test_skipped(): pytest.skip("not today")

@pytest.mark.journey("blocked", depends_on="failed")
def test_blocked(): pass

@pytest.mark.journey("expected")
@pytest.mark.xfail(reason="known")
def test_expected(): assert False
""",
        toml='product = "Kettle shop"',
    )

    assert {result["name"]: (result["status"], labels(result)["verdict"]) for result in told.results} == {
        "passed": ("passed", "passed"),
        "failed": ("failed", "failed"),
        "degraded": ("failed", "degraded"),
        "broken": ("broken", "broken"),
        "set-up": ("broken", "broken"),
        "tear-down": ("broken", "broken"),
        "skipped": ("skipped", "skipped"),
        "blocked": ("skipped", "blocked"),
        "expected": ("skipped", "skipped"),
    }
    passed = told.named("passed")
    assert {
        "epic": "Kettle shop",
        "feature": "purchase",
        "owner": "shop",
        "severity": "blocker",
        "region": "local",
    }.items() <= labels(passed).items()
    assert [link["url"] for link in passed["links"]] == ["https://wiki.example/x"]
    assert tree(passed) == [["one", "passed", [["two", "passed", []]]]]
    assert tree(told.named("failed")) == [["pay", "failed", [["confirm", "failed", []]]]]
    assert tree(told.named("broken")) == [["look", "broken", []]]
    assert told.named("failed")["statusDetails"]["message"].startswith(
        "FAILED: assert 'no order' == 'order 12'\nin step: pay > confirm\nat test_shop.py:"
    )
    assert "order 12" in told.named("failed")["statusDetails"]["trace"]
    late, kept = told.named("degraded")["steps"]
    assert late["name"].startswith("pay: took ")
    assert late["name"].endswith(", promised 1 ms")
    assert (late["status"], kept["name"]) == ("passed", "pay")
    assert told.named("degraded")["statusDetails"]["message"].startswith('DEGRADED: step "pay" took')
    assert told.named("broken")["statusDetails"]["message"].startswith("BROKEN: at fault: test: KeyError: 'id'")
    assert told.named("blocked")["statusDetails"]["message"].startswith("BLOCKED: ")


def test_variants_and_regions_have_histories_of_their_own(allure: Callable[..., Allure]) -> None:
    source = """
import allure

@pytest.mark.journey("Pay")
@pytest.mark.parametrize("card", ["visa", "a::b[c"])
def test_pay(journey, card):
    allure.dynamic.parameter("code", "1234")
"""
    toml = '[regions.eu]\nproxy = "http://127.0.0.1:9"\n[regions.us]\nproxy = "http://127.0.0.1:9"\n'

    told = allure(source, "--synthetic-region", "eu,us", toml=toml).results

    assert sorted((result["name"], parameters(result)["region"], parameters(result)["card"]) for result in told) == [
        (f"Pay · {card}", region, card) for card in ("a::b[c", "visa") for region in ("eu", "us")
    ]
    assert len({result["historyId"] for result in told}) == 4
    assert len({result["testCaseId"] for result in told}) == 1
    assert all(set(parameters(result)) == {"region", "card", "code", "run_id"} for result in told)
    excluded = {(p["name"], p.get("excluded", False)) for result in told for p in result["parameters"]}
    assert excluded == {("region", False), ("card", False), ("code", True), ("run_id", True)}


def test_what_is_no_journey_stays_as_it_is(allure: Callable[..., Allure]) -> None:
    source = """
import allure

@pytest.mark.parametrize("x", [1])
def test_before(x): pass

@pytest.mark.journey("J")
def test_journey(): pass

def test_after():
    with allure.step("theirs"): assert 0, "half \\ud83d"
"""

    told = allure(source)

    before, after = told.named("test_before[1]"), told.named("test_after")
    assert parameters(before) == {"x": "1"}
    assert "verdict" not in labels(before) | labels(after)
    assert after["statusDetails"]["message"].startswith("AssertionError: half ?")
    assert tree(after) == [["theirs", "failed", []]]


def test_attempts_are_retries_of_one_test(allure: Callable[..., Allure]) -> None:
    source = """
tries = []

@pytest.mark.journey("Flaky")
def test_flaky(journey):
    tries.append(1)
    with journey.step("try"): assert len(tries) == 3
"""

    told = allure(source, "--reruns", "2").results

    assert [(result["status"], tree(result)[0][1]) for result in told] == [("failed", "failed")] * 2 + [
        ("passed", "passed")
    ]
    assert len({result["historyId"] for result in told}) == 1
    assert len({parameters(result)["run_id"] for result in told}) == 3


def test_warned_of_promises_pass(allure: Callable[..., Allure]) -> None:
    source = """
@pytest.mark.journey("Slow")
@pytest.mark.sla("1ms")
def test_slow(): __import__("time").sleep(0.01)
"""

    result = allure(source, "--synthetic-sla", "warn").only

    assert (result["status"], labels(result)["verdict"]) == ("passed", "degraded")
    assert result["statusDetails"]["message"].startswith("DEGRADED: the journey took")


def test_files_lie_under_their_step_and_run_no_script(allure: Callable[..., Allure]) -> None:
    source = """
import os

@pytest.mark.journey("Files")
def test_files(journey, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with journey.step("pay"):
        journey.attach("page.html", "<script>alert(1)</script>", "text/html; charset=utf-8")
        journey.attach("logo", b"<svg><script/></svg>", "image/svg+xml")
        journey.attach("shot", b"PNG", "image/png")
"""

    told = allure(source)

    (step,) = told.only["steps"]
    assert [(file["name"], file["type"], file["source"].rpartition(".")[2]) for file in step["attachments"]] == [
        ("page.html", "text/plain", "txt"), ("logo", "text/plain", "txt"), ("shot", "image/png", "png"),
    ]  # fmt: skip
    assert (told.folder / step["attachments"][0]["source"]).read_text(encoding="utf-8") == "<script>alert(1)</script>"


def test_any_text_can_be_told(allure: Callable[..., Allure]) -> None:
    source = r"""
import allure

@pytest.mark.journey("J\x1b[31m <script>")
def test_any(journey):
    allure.dynamic.description("\ud800\x1b[1m")
    with journey.step("s\ud800\x00\x1b[0m"):
        journey.attach("../\ud800", "x")
        with allure.step("theirs \udfff \x00"):
            raise ValueError("\ud800\x00\x1b]0;title\x07 end")
"""

    told = allure(source).only

    assert told["name"] == "J <script>"
    assert tree(told) == [["s\ufffd\ufffd", "broken", [["theirs \ufffd \ufffd", "broken", []]]]]
    assert not {"\x1b", "\x00"} & set(json.dumps(told, ensure_ascii=False))


def test_fixtures_that_say_something_are_kept(allure: Callable[..., Allure]) -> None:
    source = """
@pytest.fixture
def basket(journey):
    with journey.step("fill it"): pass
    yield

@pytest.fixture
def page(): raise RuntimeError("no address")

@pytest.mark.journey("Quiet")
def test_quiet(api, basket): pass

@pytest.mark.journey("Loud")
def test_loud(journey, page): pass
"""

    told = allure(source)

    kept = [fixture for container in told.containers for fixture in container.get("befores", ())]
    assert {(fixture["name"], fixture["status"]) for fixture in kept} == {("page", "broken"), ("basket", "passed")}
    assert [tree(fixture) for fixture in kept if fixture["name"] == "basket"] == [[["fill it", "passed", []]]]
    assert all("parameters" not in step for fixture in kept for step in fixture.get("steps", ()))


INTERRUPTED = """
import os, signal, time

@pytest.mark.journey("Interrupted")
def test_interrupted(journey):
    with journey.step("wait"):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)
"""


@pytest.mark.parametrize("arguments", [(), ("-n1",)], ids=["alone", "worker"])
def test_an_interrupted_run_is_no_passed_one(allure: Callable[..., Allure], arguments: tuple[str, ...]) -> None:
    told = allure(INTERRUPTED, *arguments).only

    assert (told["status"], labels(told)["verdict"]) == ("broken", "broken")
    assert told["statusDetails"]["message"].startswith("BROKEN: at fault: runner")


DIES = """
import os

@pytest.mark.journey("Dies", stage="purchase")
@pytest.mark.parametrize("card", ["visa"])
def test_dies(journey, card): {body}

@pytest.mark.journey("Lives")
def test_lives(): pass
"""


def test_a_run_whose_worker_died_has_the_result_it_would_have_had(allure: Callable[..., Allure]) -> None:
    alive, dead = (
        allure(DIES.format(body=body), "-n1", "--alluredir", body, toml='product = "Kettle shop"').at(body)
        for body in ("pass", "os._exit(3)")
    )

    assert sorted((result["name"], result["status"]) for result in dead.results) == [
        ("Dies · visa", "broken"),
        ("Lives", "passed"),
    ]
    left, right = alive.named("Dies · visa"), dead.named("Dies · visa")
    for same in ("historyId", "testCaseId", "fullName", "titlePath"):
        assert left[same] == right[same]
    for same in ("epic", "feature", "story", "severity", "journey", "suite", "package", "framework", "host"):
        assert labels(left)[same] == labels(right)[same]


def test_a_worker_does_not_clean_away_what_others_wrote(allure: Callable[..., Allure]) -> None:
    told = allure(DIES.format(body="os._exit(3)"), "-n1", "--clean-alluredir")

    assert {result["name"] for result in told.results} == {"Dies · visa", "Lives"}


def test_the_files_beside_the_results(allure: Callable[..., Allure]) -> None:
    told = allure('@pytest.mark.journey("J")\ndef test_j(journey):\n    with journey.step("one"): pass\n')

    assert "regions=local" in (told.folder / "environment.properties").read_text(encoding="utf-8")
    assert (told.folder / "categories.json").is_file()
    (times,) = told.folder.glob("*-perf.json")
    assert [metric["title"] for metric in json.loads(times.read_text(encoding="utf-8"))] == ["the whole journey", "one"]


def test_without_a_journey_nothing_is_added(allure: Callable[..., Allure]) -> None:
    told = allure("def test_plain(): pass\n")

    assert {path.name.rpartition("-")[2] for path in told.folder.iterdir()} <= {"result.json", "container.json"}


def test_a_folder_that_cannot_be_written_changes_no_verdict(synthetic: Synthetic, pytester: pytest.Pytester) -> None:
    source = """
import shutil

@pytest.mark.journey("J")
def test_j():
    shutil.rmtree("out")
    open("out", "w").close()
"""

    ran = synthetic(source, *QUICK, "--alluredir", "out", fresh=True, heavy=True)

    assert ran.verdicts == ["passed"]
    assert "INTERNALERROR" not in ran.out
    assert "AllureFiles.close failed" in ran.out
