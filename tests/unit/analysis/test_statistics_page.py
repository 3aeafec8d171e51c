"""The worked examples of docs/explanation/statistics.md, computed from the data that the page shows."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_synthetic.analysis.comparison import Change, compare
from pytest_synthetic.analysis.flakes import Outcome, flakes
from pytest_synthetic.analysis.histogram import Histogram
from pytest_synthetic.analysis.owners import RunSeen, StepSeen, owners
from pytest_synthetic.analysis.percentiles import nearest_rank, summary
from pytest_synthetic.analysis.rank_sum import MOST, _outside
from pytest_synthetic.analysis.shares import FailureChange, Failures, compare_failures
from pytest_synthetic.model.verdict import Verdict

PAGE = (Path(__file__).parents[3] / "docs" / "explanation" / "statistics.md").read_text(encoding="utf-8")
PROSE = " ".join(PAGE.split())
BLOCKS = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)


def numbers(line: str) -> list[float]:
    return [float(number) for number in re.findall(r"\d+\.\d+", line)]


def test_percentiles() -> None:
    values = numbers(BLOCKS[0])
    told = summary(values)

    assert told
    for percent in (50, 75, 95, 99):
        rank, value = re.findall(rf"\| p{percent}\b.*\| (\d+) \| ([\d.]+) s \|", PAGE)[0]
        assert int(rank) == nearest_rank(percent, len(values))
        assert float(value) == getattr(told, f"p{percent}")
    assert f"The mean is {told.mean:.2f} s" in PROSE
    assert sum(value < told.mean for value in values) == 8
    assert f"the median becomes {Histogram(values).percentile(50):.3f} s" in PROSE


def test_a_comparison() -> None:
    before, after = (numbers(line) for line in BLOCKS[1].splitlines())
    told = compare(before, after)

    assert told.change is Change.SLOWER
    assert told.shift
    assert f"(Hodges and Lehmann): {1000 * told.shift.seconds:.0f} ms" in PROSE
    place = f"{_outside(10, 10) + 1}th"
    assert f"from the {place} smallest of these differences to the {place} largest: {told.reason}" in PROSE
    assert f"here {1000 * (told.floor or 0):.0f} ms" in PROSE
    assert f"{MOST:,} are taken" in PROSE
    assert compare(before[:6], after[:6]).reason == BLOCKS[2].strip()


def test_failures() -> None:
    worse = compare_failures(Failures(2, 300), Failures(12, 300))
    unknown = compare_failures(Failures(2, 300), Failures(6, 300))

    assert [worse.reason, unknown.reason] == BLOCKS[3].splitlines()
    assert (worse.change, unknown.change) == (FailureChange.WORSE, FailureChange.UNKNOWN)


@pytest.mark.parametrize("block", [4, 5])
def test_flake_scores(block: int) -> None:
    letters = {"P": Verdict.PASSED, "F": Verdict.FAILED}
    told = flakes(Outcome(letters[letter], "eu-west", "c1") for letter in BLOCKS[block].split())

    assert told
    assert told.score is not None
    assert re.search(rf"{told.changes} changes in {told.pairs} pairs: (a score of )?{told.score:.0%}", PROSE.replace("40 %", "40%").replace("20 %", "20%"))  # fmt: skip


def test_silo_minutes() -> None:
    slas = {"web team": 4.0, "identity": 5.0, "payments": 4.0}
    runs = []
    for minute, verdict, *took in re.findall(r"\| 12:(\d+) \| (\w+) \| (\S+) \| (\S+) \| (\S+) \|", PAGE):
        steps = tuple(
            StepSeen(Verdict.PASSED if float(seconds) <= sla else Verdict.DEGRADED, float(seconds), sla, owner)
            for seconds, (owner, sla) in zip(took, slas.items(), strict=True)
        )
        assert (sum(step.duration for step in steps) > 12) == (verdict == "degraded")
        runs.append(RunSeen("Checkout", "eu-west", datetime(2026, 3, 1, 12, int(minute), tzinfo=UTC), Verdict(verdict), steps, "web team"))  # fmt: skip
    told = {owner.name: owner for owner in owners(runs, until=datetime(2026, 3, 1, 12, 25, tzinfo=UTC))}
    (journey,) = told["web team"].journeys

    assert [told[owner].steps.kept for owner in slas] == [5, 4, 5]
    assert "kept 5 of 5, identity 4 of 5" in PROSE
    assert f"in {journey.kept} of {journey.said} runs" in PROSE
    assert f"{journey.silo_minutes:.0f} silo minutes of {journey.minutes:.0f}" in PROSE
