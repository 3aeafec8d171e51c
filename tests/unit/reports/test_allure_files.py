"""The files beside Allure's results."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic.model.verdict import Fault, Verdict
from pytest_synthetic.reports import allure_result
from pytest_synthetic.reports.allure_files import CATEGORIES, AllureFiles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_synthetic.model.run import RunResult, StepResult

    Make = Callable[..., RunResult]


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def written(folder: Path, *runs: RunResult, environ: dict[str, str] | None = None) -> Path:
    files = AllureFiles(folder, environ=environ or {})
    for run in runs:
        files.run_finished(run)
    files.close()
    return folder


def properties(folder: Path) -> dict[str, str]:
    lines = (folder / "environment.properties").read_text(encoding="ascii").splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_nothing_is_written_where_no_journey_ran(tmp_path: Path) -> None:
    written(tmp_path / "results")

    assert not (tmp_path / "results").exists()


def test_a_folder_that_cannot_be_written_is_an_error_of_the_system(tmp_path: Path, a_run: Make) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(OSError, match="file"):
        written(tmp_path / "file" / "results", a_run())


class TestEnvironment:
    def test_tells_versions_and_what_was_seen(self, tmp_path: Path, a_run: Make) -> None:
        browser = a_run(browser="chromium", browser_version="156.0", git_commit="abc", region="us-east")

        told = properties(written(tmp_path, a_run(), browser))

        assert (told["regions"], told["browsers"], told["git.commit"]) == ("eu-west, us-east", "chromium 156.0", "abc")
        assert {"python", "os", "pytest", "pytest-synthetic"} <= set(told)

    def test_sessions_of_one_folder_are_told_together(self, tmp_path: Path, a_run: Make) -> None:
        (tmp_path / "environment.properties").write_text("stand=staging\nregions=us-east\n", encoding="utf-8")

        told = properties(written(tmp_path, a_run()))

        assert (told["stand"], told["regions"]) == ("staging", "eu-west, us-east")

    def test_is_ascii_whatever_a_region_is_called(self, tmp_path: Path, a_run: Make) -> None:
        told = properties(written(tmp_path, a_run(region="Zürich\n\\=😀")))

        assert told["regions"] == r"Z\u00fcrich \u005c=\ud83d\ude00"


class TestCategories:
    @pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.DEGRADED, Verdict.BLOCKED, Verdict.SKIPPED])
    def test_every_verdict_has_one(self, a_run: Make, verdict: Verdict) -> None:
        assert self.matching(a_run(verdict=verdict, reason="first\nsecond")) == [verdict]

    @pytest.mark.parametrize("fault", list(Fault))
    def test_every_fault_has_one(self, a_run: Make, fault: Fault) -> None:
        run = a_run(verdict=Verdict.BROKEN, fault=fault, reason="first\nsecond")

        assert len(self.matching(run)) == 1

    def matching(self, run: RunResult) -> list[str]:
        """The words in brackets of the categories that match as Allure 2 does: the whole message."""
        told, outcome = allure_result.message(run) or "", allure_result.status(run, "failed")
        return [
            rule["name"].rpartition("(")[2].rstrip(")")
            for rule in CATEGORIES
            if outcome in rule["matchedStatuses"] and re.fullmatch(rule["messageRegex"], told)
        ]

    def test_the_users_own_file_stays(self, tmp_path: Path, a_run: Make) -> None:
        (tmp_path / "categories.json").write_text("[]", encoding="utf-8")

        assert read(written(tmp_path, a_run()) / "categories.json") == []


class TestTimes:
    def metrics(self, folder: Path) -> list[dict[str, Any]]:
        found = list(folder.glob("*-perf.json"))
        return [metric for path in found for metric in read(path)]

    def test_of_the_journey_and_its_steps(self, tmp_path: Path, a_run: Make, a_step: Callable[..., StepResult]) -> None:
        steps = (a_step("pay", steps=(a_step("confirm"),)), a_step("pay", occurrence=2, start=1.5, duration=0.25))

        told = self.metrics(written(tmp_path, a_run(steps=steps)))

        assert [(m["title"], m["value"], m["unit"], m["group"]) for m in told] == [
            ("the whole journey", 2000.0, "ms", "Checkout · eu-west"),
            ("pay", 1000.0, "ms", "Checkout · eu-west"),
            ("pay > confirm", 1000.0, "ms", "Checkout · eu-west"),
            ("pay (2)", 250.0, "ms", "Checkout · eu-west"),
        ]
        assert len({m["key"] for m in told}) == len({m["id"] for m in told}) == 4
        assert (told[3]["start"], told[3]["stop"]) == (told[0]["start"] + 1000, told[0]["start"] + 1250)

    @pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.BROKEN, Verdict.SKIPPED, Verdict.BLOCKED])
    def test_of_a_run_that_served_nobody_mean_nothing(self, tmp_path: Path, a_run: Make, verdict: Verdict) -> None:
        assert self.metrics(written(tmp_path, a_run(verdict=verdict))) == []


def test_the_build_is_told_where_there_is_one(tmp_path: Path, a_run: Make) -> None:
    assert not (written(tmp_path, a_run()) / "executor.json").exists()

    written(tmp_path, a_run(), environ={"JENKINS_URL": "https://ci.example", "BUILD_NUMBER": "7"})
    assert read(tmp_path / "executor.json")["buildOrder"] == 7


class TestLost:
    def lost(self, folder: Path, run: RunResult) -> list[Any]:
        AllureFiles(folder, "Kettle shop").lost(run)
        return [read(path) for path in folder.glob("*-result.json")]

    def test_has_the_identity_that_the_bridge_would_have_given(self, tmp_path: Path, a_run: Make) -> None:
        run = a_run(
            nodeid="tests/test_shop.py::TestBuy::test_checkout[visa]", verdict=Verdict.BROKEN, fault=Fault.RUNNER
        )

        (result,) = self.lost(tmp_path, run)

        assert (result["name"], result["status"], result["historyId"]) == (
            "Checkout",
            "broken",
            allure_result.history_id(run),
        )
        assert result["fullName"] == "tests.test_shop.TestBuy#test_checkout"
        told = {label["name"]: label["value"] for label in result["labels"]}
        assert (told["parentSuite"], told["suite"], told["subSuite"]) == ("tests", "test_shop", "TestBuy")
        assert (told["epic"], told["verdict"]) == ("Kettle shop", "broken")

    def test_is_not_written_twice(self, tmp_path: Path, a_run: Make) -> None:
        run = a_run(verdict=Verdict.BROKEN)
        self.lost(tmp_path, run)

        assert len(self.lost(tmp_path, run)) == 1

    def test_can_be_written_whatever_it_holds(self, tmp_path: Path, a_run: Make) -> None:
        (result,) = self.lost(tmp_path, a_run(name="\ud800\x1b[31m", journey="\ud800", region="\udfff", reason="\x00"))

        assert result["name"] == "\ufffd"
