"""The folder of a job: read whatever state its writer died in, held by one, removed when delivered."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.core import unrun
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.journey import JourneySpec
from pytest_synthetic.model.plan import Job, Plan
from pytest_synthetic.scheduler.job_folder import JobFolder, left_over, sweep_hidden

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAN = Plan(spec=JourneySpec(id="shop.buy", name="Buy"), region="eu", nodeid="test_shop.py::test_buy")
JOB = Job(id="j1", plan=PLAN, at=AT)


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    return JobFolder.create(tmp_path / ".synthetic" / "jobs", JOB)


def test_what_is_to_run_is_there(folder: JobFolder) -> None:
    assert folder.job() == JOB
    assert (folder.records(), folder.note(), folder.where(), folder.count(), folder.said()) == ((), None, "", 0, "")
    assert (folder.path.parent.parent / ".gitignore").read_text() == "*\n"


def test_half_lines_are_passed_over(folder: JobFolder) -> None:
    whole = json.dumps(unrun.missed(PLAN, AT, "late").to_json())
    (folder.path / "records.jsonl").write_text(f"{whole}\n{whole}\n{whole[:300]}")
    (folder.path / "note.json").write_text(whole[:200])
    (folder.path / "count.txt").write_text("")
    (folder.path / "ended.json").write_text('{"co')

    assert [run.reason for run in folder.records()] == ["late"]
    assert folder.note() is None
    assert folder.count() == 0
    assert folder.ended() == {}


@pytest.mark.parametrize("text", ["", "[]", "null", '{"id": 1}', "[" * 100_000])
def test_what_is_no_job_is_said(folder: JobFolder, text: str) -> None:
    (folder.path / "job.json").write_text(text)

    with pytest.raises(UsageError):
        folder.job()


def test_the_log_is_the_end_of_two_files(folder: JobFolder) -> None:
    (folder.path / "log.older.txt").write_bytes(b"a" * 70_000)
    folder.log.write_bytes(b"\xff\n" + b"b" * 10)

    assert folder.said().endswith("a\N{REPLACEMENT CHARACTER}\nbbbbbbbbbb")
    assert len(folder.said()) == 65_536


def test_a_folder_is_left_over_once_nobody_holds_it(folder: JobFolder) -> None:
    jobs = folder.path.parent
    assert list(left_over(jobs)) == []

    folder._lock.release()
    (found,) = left_over(jobs)
    assert found.job() == JOB
    assert list(left_over(jobs)) == []  # whoever found it holds it

    found.remove()
    assert list(jobs.iterdir()) == []


def test_what_was_half_made_is_swept_once_it_is_old_and_nobody_holds_it(folder: JobFolder) -> None:
    jobs = folder.path.parent
    empty, made = jobs / ".j2", folder.path.rename(jobs / ".j1")
    empty.mkdir()
    now = datetime.now(UTC)

    sweep_hidden(jobs, now)
    assert {*jobs.iterdir()} == {empty, made}
    sweep_hidden(jobs, now + timedelta(minutes=2))
    assert [*jobs.iterdir()] == [made]

    folder._lock.release()
    sweep_hidden(jobs, now + timedelta(minutes=2))
    assert list(jobs.iterdir()) == []
    sweep_hidden(jobs / "none", now)


def test_a_job_has_one_folder(folder: JobFolder) -> None:
    with pytest.raises(OSError, match="not empty"):
        JobFolder.create(folder.path.parent, JOB)


def test_temporary_files_of_others_stay(folder: JobFolder, tmp_path: Path) -> None:
    others = tmp_path / "important"
    others.mkdir()
    (folder.path / "scratch").write_text(str(others))
    folder.remove()

    assert others.is_dir()
