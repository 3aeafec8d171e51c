"""The file for node_exporter: sessions add to it, and it is replaced whole."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from pytest_synthetic.model.verdict import Verdict
from pytest_synthetic.reports.prometheus_file import PrometheusFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_synthetic.model.run import RunResult

    Make = Callable[..., RunResult]


def write(path: Path, *runs: RunResult) -> str | None:
    """What a session with these runs tells people."""
    file = PrometheusFile(path, lambda: datetime(2026, 3, 2, tzinfo=UTC))
    for run in runs:
        file.run_finished(run)
    file.end()
    return file.wait(0.1)


def test_sessions_add_to_what_others_wrote(tmp_path: Path, a_run: Make) -> None:
    path = tmp_path / "made" / "synthetic.prom"

    assert write(path, a_run(), a_run(journey="search")) is None
    assert write(path, a_run(started_at="2026-03-01T13:00:00Z", duration=3.5)) is None

    text = path.read_text(encoding="utf-8")
    assert 'synthetic_run_duration_seconds{browser="",device="",journey="search"' in text
    assert 'journey="test_shop.test_checkout",parameters="",region="eu-west"} 3.5' in text
    assert 'journey="test_shop.test_checkout",parameters="",region="eu-west",verdict="passed"} 2.0' in text
    assert [each.name for each in path.parent.iterdir() if each.suffix == ".prom"] == ["synthetic.prom"]


def test_other_users_may_read_it_and_its_mode_stays(tmp_path: Path, a_run: Make) -> None:
    path = tmp_path / "synthetic.prom"
    write(path, a_run())
    assert stat.S_IMODE(path.stat().st_mode) == 0o644

    path.chmod(0o640)
    write(path, a_run())
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_of_a_repeated_test_one_attempt_counts(tmp_path: Path, a_run: Make) -> None:
    path = tmp_path / "synthetic.prom"
    verdicts = (Verdict.BROKEN, Verdict.FAILED, Verdict.PASSED)
    write(path, *(a_run(attempt=number, verdict=verdict) for number, verdict in enumerate(verdicts, 1)))

    counted = [line for line in path.read_text().splitlines() if line.startswith("synthetic_runs_total")]
    assert [line for line in counted if line.endswith(" 1.0")] == [line for line in counted if '"failed"' in line]


def test_a_file_of_others_is_left_alone(tmp_path: Path, a_run: Make) -> None:
    path = tmp_path / "node.prom"
    path.write_text("node_load1 0.5\n", encoding="utf-8")

    told = write(path, a_run())

    assert told == (
        f"{path} is without this session's runs: it holds the metric node_load1, which is not ours. Give "
        "`metrics.prometheus` a file of its own"
    )
    assert path.read_text(encoding="utf-8") == "node_load1 0.5\n"


@pytest.mark.parametrize("damage", [b'synthetic_run_success{journey="x', b"\xff\xfe\x00"])
def test_a_damaged_file_is_moved_aside(tmp_path: Path, a_run: Make, damage: bytes) -> None:
    path = tmp_path / "synthetic.prom"
    path.write_bytes(damage)

    told = write(path, a_run())

    assert told is not None
    assert "could not be read and is now synthetic.prom.damaged" in told
    assert (tmp_path / "synthetic.prom.damaged").read_bytes() == damage
    assert "synthetic_run_success" in path.read_text(encoding="utf-8")


def test_a_file_that_another_session_holds(tmp_path: Path, a_run: Make) -> None:
    path = tmp_path / "synthetic.prom"
    with FileLock(tmp_path / ".synthetic.prom.lock"):
        assert write(path, a_run()) == f"{path} is without this session's runs: another session holds it for too long"
    assert not path.exists()


def test_a_folder_that_is_none(tmp_path: Path, a_run: Make) -> None:
    (tmp_path / "file").touch()
    told = write(tmp_path / "file" / "synthetic.prom", a_run())
    assert told is not None
    assert told.startswith(f"{tmp_path / 'file' / 'synthetic.prom'} is without this session's runs: ")


def test_a_folder_without_permission(tmp_path: Path, a_run: Make, as_nobody: Callable[[], None]) -> None:
    as_nobody()
    tmp_path.chmod(0o500)
    told = write(tmp_path / "synthetic.prom", a_run())
    tmp_path.chmod(0o700)
    assert told is not None
    assert told.endswith("Permission denied")
