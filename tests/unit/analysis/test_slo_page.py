"""The numbers of docs/explanation/slo.md, computed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_synthetic.analysis.burn import RULES, burns
from pytest_synthetic.analysis.figures import between, counted, percent, promised
from pytest_synthetic.analysis.intervals import jeffreys
from pytest_synthetic.analysis.rounds import uptime
from pytest_synthetic.analysis.slo import SloReport, State, elapsed, report, state_of
from pytest_synthetic.model.history import Counts
from pytest_synthetic.model.sla import slo
from pytest_synthetic.model.verdict import Verdict

PAGE = (Path(__file__).parents[3] / "docs" / "explanation" / "slo.md").read_text(encoding="utf-8")
FLOWING = " ".join(PAGE.split())
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def section(heading: str) -> str:
    return PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def rows(heading: str) -> list[list[str]]:
    """The cells of the tables of a section, without their heads."""
    lines = re.findall(r"^\| (.*) \|$", section(heading), re.MULTILINE)
    return [[cell.strip() for cell in line.split(" | ")] for line in lines]


def example() -> SloReport:
    told = {cells[0].strip("`"): cells[1] for cells in rows("A worked example")[1:]}
    target = slo(availability=0.995, window="30d", latency=0.99)
    counts = Counts(**{verdict: int(number.replace(",", "")) for verdict, number in told.items()})
    return report(target, counts, span=elapsed(target, NOW))


def test_the_worked_example() -> None:
    found = example()
    assert found.counts.all == 25_920 == 3 * 12 * 24 * 30
    lines = []
    for name, standing in found.standings.items():
        assert standing.share is not None
        assert standing.interval is not None
        shares = (
            f"{percent(standing.share)}, 95 % sure {between(standing.interval)}, promised {promised(standing.target)}"
        )
        lines.append(f"{name:15}{counted(standing.good)} of {counted(standing.said)} = {shares}: {standing.state}")
    assert found.coverage is not None
    lines.append(
        f"coverage       {counted(found.counts.said)} of {counted(found.counts.all)} = {percent(found.coverage)}"
    )
    budget = found.availability.budget
    assert budget is not None
    left = f"{counted(budget.left)} runs or {counted(budget.minutes_left)} minutes"
    lines.append(f"budget         {counted(budget.allowed)} runs or {counted(budget.minutes)} minutes; left {left}")
    lines.append(f"burn rate      {found.availability.burn:.2f}")

    assert "```text\n" + "\n".join(lines) + "\n```" in PAGE


def test_the_intervals() -> None:
    seen = [[*re.findall(r"\d+|none", row[0]), row[1]] for row in rows('The interval, and "not enough data"')[1:4]]
    for said, failed, interval in seen:
        bad = 0 if failed == "none" else int(failed)
        found = jeffreys(int(said) - bad, int(said))
        assert found is not None
        assert between(found) == interval


@pytest.mark.parametrize(("target", "runs"), [(0.995, 501), (0.999, 2511)])
def test_runs_without_a_failure_that_show_a_target(target: float, runs: int) -> None:
    assert f"To show {promised(target)} you need {counted(runs)}" in FLOWING
    assert state_of(target, runs, runs, jeffreys(runs, runs)) is State.KEPT
    assert state_of(target, runs - 1, runs - 1, jeffreys(runs - 1, runs - 1)) is State.UNKNOWN


def test_the_table_of_the_workbook() -> None:
    shown = [(row[0], row[1].replace(" ", ""), row[3], row[4]) for row in rows("The burn rate")[1:]]
    thirty = slo(0.995, "30d")

    assert shown == [
        (percent(rule.spent), rule.long, counted(rule.threshold(thirty)), str(rule.severity)) for rule in RULES
    ]
    rate = burns(slo(0.999, "30d"), {"1h": Counts(passed=35, failed=1)})["1h"].rate
    assert rate is not None
    assert f"a single failure is a burn rate of {counted(rate)}." in FLOWING


def test_rounds() -> None:
    table = rows("Uptime and reachability")[1:]
    runs = [(row[0], Verdict(cell)) for row in table for cell in row[1:4]]
    rounds = uptime(runs)

    assert rounds == uptime((row[0], Verdict(row[4])) for row in table)
    assert f"Here {rounds.good} of {rounds.said}, {percent(rounds.good / rounds.said)}" in FLOWING
    good = [verdict for _, verdict in runs if verdict is Verdict.PASSED]
    said = [verdict for _, verdict in runs if verdict is not Verdict.BROKEN]
    assert f"Here {len(good)} of {len(said)}, {percent(len(good) / len(said))}" in FLOWING


def test_how_often_one_run_of_many_journeys_fails_by_chance() -> None:
    assert round(1 - 0.995**100, 1) == 0.4  # two of five
