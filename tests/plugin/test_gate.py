"""`--synthetic-gate`: exit codes and reasons, from the history that the session itself writes."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran

# pytester forgets the modules that an inner session imported first: these would not live twice.
for module in ("alembic.command", "alembic.config", "sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.sqlite",
               "pytest_synthetic.history.opening", "pytest_synthetic.history.answers_gate", "pytest_synthetic.history.excluding"):  # fmt: skip
    importlib.import_module(module)

TOML = "[history]\n"
JOURNEY = """
@pytest.mark.journey("Checkout")
@pytest.mark.slo(availability=0.8, window="30d")
@pytest.mark.parametrize("number", range({runs}))
def test_checkout(journey, number):
    assert number >= {bad}, "no order"
"""


@pytest.fixture
def gated(synthetic: Callable[..., Ran]) -> Callable[..., Ran]:
    def run(*arguments: str, runs: int = 30, bad: int = 0, toml: str = TOML, fresh: bool = False) -> Ran:
        source = JOURNEY.format(runs=runs, bad=bad)
        return synthetic(source, "--synthetic-gate", *arguments, toml=toml, fresh=fresh)

    return run


def test_a_promise_that_is_kept_passes(gated: Callable[..., Ran]) -> None:
    ran = gated()
    assert ran.result.ret == 0
    ran.result.stdout.fnmatch_lines(["*= gate =*", "PASS"])


def test_a_budget_that_is_spent_ends_with_3_and_its_reasons(gated: Callable[..., Ran]) -> None:
    ran = gated(bad=20, fresh=True)
    assert ran.result.ret == 3
    ran.result.stdout.fnmatch_lines(["BLOCK, exit code 3", "  Checkout: *"])
    assert "20 of 30 runs failed" in " ".join(ran.out.split())


def test_what_was_spent_before_blocks_as_well(gated: Callable[..., Ran]) -> None:
    assert gated(bad=20).result.ret == 3
    ran = gated(runs=5)
    assert ran.result.ret == 3
    ran.result.stdout.fnmatch_lines(["*the availability budget is spent: 20 of 30 runs failed*"])


def test_runs_of_the_same_release_are_judged_together(gated: Callable[..., Ran]) -> None:
    gated("--synthetic-release", "7", bad=20)
    ran = gated("--synthetic-release", "7", runs=2)
    assert ran.result.ret == 3
    assert "would be spent by this release: with its runs 20 of 32 runs failed" in " ".join(ran.out.split())


def test_too_few_runs_end_with_4_unless_that_is_allowed(gated: Callable[..., Ran]) -> None:
    ran = gated(runs=2)
    assert ran.result.ret == 4
    ran.result.stdout.fnmatch_lines(["NOT ENOUGH DATA, exit code 4", "*not enough data on availability*"])


def test_too_few_runs_may_be_allowed(gated: Callable[..., Ran]) -> None:
    ran = gated("--gate-allow-unknown", runs=2)
    assert ran.result.ret == 0
    ran.result.stdout.fnmatch_lines(["PASS", "*not enough data on availability*"])


def test_a_failed_test_stays_failed_when_the_gate_passes(gated: Callable[..., Ran]) -> None:
    assert gated(bad=1).result.ret == 1


def test_the_controlling_process_judges(gated: Callable[..., Ran]) -> None:
    ran = gated("-n", "2", bad=20)
    assert ran.result.ret == 3
    assert ran.out.count("BLOCK") == 1


def test_no_target_is_not_a_pass(synthetic: Callable[..., Ran]) -> None:
    source = """
@pytest.mark.journey("Checkout")
def test_checkout(journey):
    pass
"""
    ran = synthetic(source, "--synthetic-gate", toml=TOML)
    assert ran.result.ret == 4
    ran.result.stdout.fnmatch_lines(["*no journey has a target*"])


def test_a_repeated_run_counts_once(gated: Callable[..., Ran]) -> None:
    ran = gated("--reruns", "1", bad=20)
    assert ran.result.ret == 3
    ran.result.stdout.fnmatch_lines(["*20 of 30 runs failed*"])


def test_a_session_in_maintenance_says_nothing(gated: Callable[..., Ran]) -> None:
    always = '[maintenance.move]\nstart = 2020-01-01T00:00:00Z\nend = 2999-01-01T00:00:00Z\njourneys = ["checkout"]\n'
    ran = gated(bad=20, toml=f"[history]\n{always}")
    assert ran.result.ret == 4
    assert "none of the 30 runs of this release (30 of them in maintenance) could say anything" in " ".join(
        ran.out.split()
    )


def test_a_file_of_maintenance_counts_as_well(gated: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    toml = f'maintenance_file = "windows.json"\n{TOML}'
    file = pytester.path / "windows.json"
    file.write_text('[{"name": "move", "start": "2020-01-01T00:00Z", "end": "2999-01-01T00:00Z"}]', encoding="utf-8")
    assert "(30 of them in maintenance)" in " ".join(gated(toml=toml).out.split())

    file.write_text("[{", encoding="utf-8")
    ran = gated(toml=toml)
    assert ran.result.ret == 0
    assert "what it says of maintenance cannot be read, and counts for nothing" in " ".join(ran.out.split())


def test_a_name_in_maintenance_that_is_none_is_told(gated: Callable[..., Ran]) -> None:
    slip = '[maintenance.move]\nstart = 2020-01-01T00:00:00Z\nend = 2999-01-01T00:00:00Z\njourneys = ["chekout"]\n'
    ran = gated(toml=f"[history]\n{slip}")
    assert ran.result.ret == 0
    ran.result.stdout.fnmatch_lines(["*maintenance.move: no journey is called 'chekout'*"])


def test_without_a_history_it_is_a_usage_error(gated: Callable[..., Ran]) -> None:
    ran = gated(toml="")
    assert ran.result.ret == pytest.ExitCode.USAGE_ERROR
    assert not ran.runs
    ran.result.stderr.fnmatch_lines(["*--synthetic-gate needs a history: write a table ?history? in *"])


def test_a_history_that_cannot_be_read_is_not_a_pass(gated: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    (pytester.path / "here").write_text("a file", encoding="utf-8")
    ran = gated(toml='[history]\nurl = "sqlite:///here/history.db"\n')
    assert ran.result.ret == 4
    ran.result.stdout.fnmatch_lines(["*the history cannot be read: *"])


def test_a_session_that_was_stopped_keeps_its_exit_code(synthetic: Callable[..., Ran]) -> None:
    source = """
@pytest.mark.journey("Checkout")
def test_checkout(journey):
    raise KeyboardInterrupt
"""
    ran = synthetic(source, "--synthetic-gate", toml=TOML, fresh=True)
    assert ran.result.ret == pytest.ExitCode.INTERRUPTED
    ran.result.stdout.fnmatch_lines(["The gate did not judge*"])
