"""Building a report: what is refused, and that a failed build changes nothing. No generator is started here."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic.errors import UsageError
from pytest_synthetic.reports import allure_results, generators, html
from pytest_synthetic.reports.allure_results import Results
from pytest_synthetic.reports.generators import Allure2, Allure3, ReportError, configuration, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PRINTS_A_REPORT = """
import pathlib, sys
given = sys.argv[1:]
out = pathlib.Path(given[given.index("--output") + 1])
out.mkdir()
(out / "index.html").write_text("<html><head></head><body>whole</body></html>")
config = pathlib.Path(given[given.index("--config") + 1]).read_text()
with open(out.parent / "allure-3.jsonl", "a") as history: history.write("one build\\n")
"""


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    folder.mkdir()
    told = {"labels": [{"name": "region", "value": "eu-west"}, {"name": "epic", "value": "Shop"}]}
    (folder / "a-result.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


def allure(script: str) -> Allure3:
    return Allure3(command=(sys.executable, "-c", script), words="a stand-in")


def build(results: Path, monkeypatch: pytest.MonkeyPatch, *found: Any) -> Path:
    def those() -> Iterator[Any]:
        yield from found

    monkeypatch.setattr(generators, "found", those)
    home = results.parent
    return html.build(results, home / "report", history=home / "history", say=lambda _: None)


class TestBuild:
    def test_replaces_the_report_before_and_keeps_the_history(
        self, results: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(2):
            page = build(results, monkeypatch, allure(PRINTS_A_REPORT))

        assert "whole" in page.read_text(encoding="utf-8")
        assert "Content-Security-Policy" in page.read_text(encoding="utf-8")
        history = results.parent / "history" / "allure-3.jsonl"
        assert history.read_text(encoding="utf-8") == "one build\n" * 2
        assert sorted(path.name for path in results.parent.iterdir()) == ["history", "report", "results"]

    @pytest.mark.parametrize("script", ["import sys; sys.exit('npm error no network')", "pass"])
    def test_that_fails_leaves_everything_as_it_was(
        self, results: Path, monkeypatch: pytest.MonkeyPatch, script: str
    ) -> None:
        page = build(results, monkeypatch, allure(PRINTS_A_REPORT))

        with pytest.raises(ReportError, match=r"no network|wrote none"):
            build(results, monkeypatch, allure(script))

        assert "whole" in page.read_text(encoding="utf-8")
        assert (results.parent / "history" / "allure-3.jsonl").read_text(encoding="utf-8") == "one build\n"
        assert sorted(path.name for path in results.parent.iterdir()) == ["history", "report", "results"]

    def test_takes_the_next_generator_when_one_fails(self, results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        page = build(results, monkeypatch, allure("import sys; sys.exit(1)"), allure(PRINTS_A_REPORT))

        assert page.is_file()

    def test_says_what_to_install(self, results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(ReportError, match=r"Install Node\.js 20 .*or Java 8"):
            build(results, monkeypatch)

    def test_refuses_a_folder_without_results(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="holds no Allure results"):
            html.build(tmp_path, tmp_path / "report", history=tmp_path / "history", say=print)

    def test_refuses_to_replace_what_is_no_report(self, results: Path) -> None:
        with pytest.raises(UsageError, match="is not a report of pytest-synthetic"):
            html.build(results, results, history=results.parent / "history", say=print)


class TestConfiguration:
    def told(self, *regions: str, products: tuple[str, ...] = ("Shop",)) -> Results:
        return Results(regions=regions, products=products, categories=())

    def test_makes_an_environment_of_every_region(self, tmp_path: Path) -> None:
        text = configuration(self.told("eu-west", "us-east"), tmp_path / "history.jsonl")

        assert '"eu-west": { name: "eu-west", matcher: ({ labels }) =>' in text
        assert '"name": "Shop: customer journeys"' in text
        assert text.startswith("export default {")

    @pytest.mark.parametrize("region", ["a/b", "x" * 80, "default", "日本", '"}; process.exit() //', "\n", "."])
    def test_any_region_gets_a_name_that_allure_takes(self, tmp_path: Path, region: str) -> None:
        text = configuration(self.told(region), tmp_path / "h")

        (line,) = [line for line in text.splitlines() if line.startswith("    ")]
        key, _, rest = line.strip().partition(": ")
        name = json.loads(rest.partition("name: ")[2].partition(", matcher")[0])
        assert json.loads(key).replace("-", "").isalnum()
        assert 0 < len(name) <= 64
        assert not set(name) & {"/", "\\", "\n"}

    def test_products_are_a_level_of_the_tree_when_there_are_several(self, tmp_path: Path) -> None:
        assert '["epic", "feature"]' in configuration(self.told("a", products=("A", "B")), tmp_path / "h")


class TestResults:
    def test_are_read_back(self, results: Path) -> None:
        rule = {"name": "Ours", "messageRegex": "x", "description": "not Allure 3's"}
        (results / "categories.json").write_text(json.dumps([rule, {"name": "no matcher"}, 1]), encoding="utf-8")
        for number, text in enumerate(("{", "[]", '{"labels": [1, {"name": "region"}]}', "\x00")):
            (results / f"{number}-result.json").write_text(text, encoding="utf-8")

        assert allure_results.read(results) == Results(
            regions=("eu-west",), products=("Shop",), categories=({"name": "Ours", "messageRegex": "x"},)
        )


class TestProcesses:
    def test_the_last_words_of_a_failure_are_told_without_npms_chatter(self) -> None:
        script = "print('npm warn x\\n\\x1b[31mnpm error code ENOTFOUND'); raise SystemExit(4)"

        with pytest.raises(ReportError) as told:
            run([sys.executable, "-c", script], cwd=None)

        assert str(told.value).endswith("failed (exit code 4):\n  npm error code ENOTFOUND")

    @pytest.mark.slow
    def test_children_are_ended_too(self) -> None:
        child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"

        with pytest.raises(ReportError, match="took longer than 1 s"):
            run([sys.executable, "-c", child], cwd=None, deadline=1)

    def test_nothing_is_ever_asked(self) -> None:
        assert run([sys.executable, "-c", "import sys; print(repr(sys.stdin.read()))"], cwd=None).strip() == "''"

    def test_a_program_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(ReportError, match="could not be started: No such file"):
            run([str(tmp_path / "gone")], cwd=None)


class TestGenerators:
    @pytest.mark.parametrize(
        ("programs", "expected"),
        [
            ({"npx", "node"}, [Allure3]),
            ({"npx"}, []),
            ({"allure 2.46.1", "java"}, [Allure2]),
            ({"allure 2.46.1"}, []),
            ({"allure 3.18.0"}, [Allure3]),
            ({"allure nonsense", "java"}, []),
            ({"npx", "node", "allure 2.46.1", "java"}, [Allure3, Allure2]),
        ],
    )
    def test_are_those_whose_programs_are_here(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: set[str], expected: list[type]
    ) -> None:
        for program in programs:
            name, _, version = program.partition(" ")
            (tmp_path / name).write_text(f"#!/bin/sh\necho {version}\n", encoding="utf-8")
            (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

        assert [type(generator) for generator in generators.found()] == expected
