"""A good run, then a bad one: what is said of the difference, for faults of the demo shop."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.demo.expected import EXPECTED
from pytest_synthetic.demo.faults import Fault
from pytest_synthetic.model.verdict import Verdict
from tests.end_to_end.test_demo import tried

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_synthetic.model.run import RunResult
    from tests.end_to_end.conftest import RunPytest, Session

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def good_run(run_pytest: RunPytest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], None]:
    """Put what a good run of a journey keeps into a folder; each journey is run once."""
    kept: dict[str, Path] = {}

    def put(journey: str, folder: Path) -> None:
        if journey not in kept:
            kept[journey] = tmp_path_factory.mktemp("good")
            (run,) = tried(journey, None, run_pytest, kept[journey]).runs
            assert run.verdict is Verdict.PASSED, run.failure
            assert run.notes == ()
        shutil.copytree(kept[journey] / ".synthetic" / "last-good", folder / ".synthetic" / "last-good")

    return put


def note_of(run: RunResult) -> str:
    """The note, without how long ago the good run was."""
    notes = [note for note in run.notes if note.startswith("since the last good run (")]
    assert len(notes) <= 1
    return notes[0].partition(" ago): ")[2] if notes else ""


def difference_of(run: RunResult, folder: Path) -> str:
    found = [artifact for artifact in run.artifacts if artifact.name == "difference.txt"]
    assert len(found) <= 1
    return (folder / str(found[0].path)).read_text(encoding="utf-8") if found else ""


@pytest.mark.parametrize(
    ("fault", "note", "lines"),
    [
        (
            Fault.DEAD_PAY_BUTTON,
            "POST /payment is gone; GET /orders/# is gone; the page is /payment, was /orders/#",
            ['  - POST /payment (in "pay")', '  - GET /orders/# (in "pay")', "  ! the good run was at /orders/# then"],
        ),
        (
            Fault.WRONG_PRICE,
            "paragraph: €49.90 -> €4.99",
            ['Page /products/kettle at "see the right price"', "  - paragraph: €49.90", "  + paragraph: €4.99"],
        ),
        (
            Fault.API_500,
            "POST /api/orders: 201 -> 500",
            ['  ! POST /api/orders (in "create an order"): 201 -> 500', "  not reached: read it back, cancel it"],
        ),
    ],
)  # fmt: skip
def test_each_fault(
    fault: Fault,
    note: str,
    lines: list[str],
    good_run: Callable[[str, Path], None],
    run_pytest: RunPytest,
    tmp_path: Path,
) -> None:
    journey = EXPECTED[fault].journey
    good_run(journey, tmp_path)
    done = tried(journey, fault, run_pytest, tmp_path)

    (run,) = done.runs
    assert run.verdict is EXPECTED[fault].verdict
    said = difference_of(run, tmp_path)
    assert note_of(run).startswith(note), run.notes
    assert [line for line in lines if line not in said.splitlines()] == [], said
    assert bool(said) is bool(lines)
    assert len(said.splitlines()) <= 82
    assert max(map(len, said.splitlines()), default=0) <= 80
    if note:
        assert "since the last good run (" in done.out


# -- the files, in sessions without a browser ------------------------------------------------------------------------

SUITE = """
import os
import pytest

@pytest.mark.journey("Shop")
@pytest.mark.parametrize("carrier", ["Alto", "Bravo"])
@pytest.mark.sla("100ms" if os.environ.get("SLOW") else "60s")
def test_shop(journey, api, carrier):
    with journey.step("open"):
        pass
    with journey.step("pay"):
        if os.environ.get("SLOW"):
            import time
            time.sleep(0.3)
        assert not os.environ.get("BAD")
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (tmp_path / "test_shop.py").write_text(SUITE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def again(suite: Path, run_pytest: RunPytest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Session]:
    """Run the suite anew: `again("-n2", BAD="1")`."""

    def run(*arguments: str, **environ: str) -> Session:
        (suite / "runs.jsonl").unlink(missing_ok=True)
        for name in ("BAD", "SLOW"):
            monkeypatch.setenv(name, environ.get(name, ""))
        return run_pytest(suite, *arguments)

    return run


def files(suite: Path) -> list[Path]:
    return sorted((suite / ".synthetic" / "last-good").glob("*.json"))


def test_each_variant_is_compared_with_itself(again: Callable[..., Session], suite: Path) -> None:
    assert [note_of(run) for run in again("-k", "Alto").runs] == [""]
    assert len(files(suite)) == 1
    assert [bool(note_of(run)) for run in again(BAD="1").runs] == [True, False]


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_bad_run_leaves_the_good_one_as_it_is(again: Callable[..., Session], suite: Path, workers: str) -> None:
    again(workers)
    before = [path.read_bytes() for path in files(suite)]
    for _ in range(2):
        runs = again(workers, BAD="1").runs
        assert [note_of(run) for run in runs] == ["nothing else is different"] * 2
        # A busy machine may take longer for the step: that is told, and nothing else is.
        headings = [line for run in runs for line in difference_of(run, suite).splitlines()[1:] if line[:1].isalpha()]
        assert set(headings) <= {"Steps (then, now)"}
    assert [path.read_bytes() for path in files(suite)] == before
    again(workers)
    assert [path.read_bytes() for path in files(suite)] != before


@pytest.mark.parametrize("mode", ["fail", "warn"])
def test_a_degraded_run_says_which_step_takes_longer(again: Callable[..., Session], suite: Path, mode: str) -> None:
    again()
    run, _ = again(f"--synthetic-sla={mode}", SLOW="1").runs
    assert run.verdict is Verdict.DEGRADED
    assert note_of(run).startswith('step "pay" took ')
    assert "pay" in difference_of(run, suite)


def test_a_damaged_file_changes_no_verdict(again: Callable[..., Session], suite: Path) -> None:
    again()
    for path in files(suite):
        path.write_text("{", encoding="utf-8")
    assert [note_of(run) for run in again(BAD="1").runs] == ["", ""]
    assert len(list((suite / ".synthetic" / "last-good").glob("*.damaged"))) == 2
    assert files(suite) == []


def test_a_folder_that_cannot_be_made_changes_no_verdict(again: Callable[..., Session], suite: Path) -> None:
    (suite / ".synthetic").mkdir()
    (suite / ".synthetic" / "last-good").touch()
    done = again()
    assert {run.verdict for run in done.runs} == {Verdict.PASSED}
    assert "note: this good run cannot be kept for comparison: " in done.out
