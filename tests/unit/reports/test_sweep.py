"""The last sweep: files and names of a session, changed in place or withheld, and nothing else touched."""

from __future__ import annotations

import json
import os
import random
import resource
import zipfile
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.core.redact import Redactor
from pytest_synthetic.reports import sweep as sweeping
from pytest_synthetic.reports.sweep import Done, sweep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECRET = "Hunter2-Kettle"
SLUG = SECRET.lower()
NOISE = random.Random(4).randbytes(3_000)
NO_TEXT = "it holds a secret, and is not text that could be changed"


@pytest.fixture
def redactor() -> Redactor:
    redactor = Redactor()
    redactor.declare("PW", SECRET)
    return redactor


def written(path: Path, data: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def swept(folder: Path, redactor: Redactor, *, since: float = 0, seen: bool = True) -> list[tuple[str, Done, str]]:
    """The findings, their paths told from `folder`; a second sweep must have none."""
    findings = sweep([folder], redactor, since=since, seen=seen)
    assert sweep([folder], redactor, since=since, seen=seen) == []
    return sorted((finding.path.removeprefix(f"{folder}/"), finding.done, finding.why) for finding in findings)


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files_are_changed_in_place_and_others_not_even_touched(tmp_path: Path, redactor: Redactor) -> None:
    log = written(tmp_path / "a" / "log.txt", f"pw={SECRET}\n")
    log.chmod(0o640)
    clean = written(tmp_path / "a" / "clean.txt", "nothing")
    with zipfile.ZipFile(tmp_path / "trace.zip", "w") as trace:
        trace.writestr("trace.trace", SECRET)
    before = clean.stat()

    assert swept(tmp_path, redactor) == [
        ("a/log.txt", Done.REDACTED, sweeping.WHY),
        ("trace.zip", Done.REDACTED, sweeping.WHY),
    ]
    assert (log.read_text(), log.stat().st_mode & 0o777) == ("pw=[redacted:PW]\n", 0o640)
    assert (clean.stat().st_ino, clean.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert zipfile.ZipFile(tmp_path / "trace.zip").read("trace.trace") == b"[redacted:PW]"


def test_roots_may_be_files_that_are_there_or_not(tmp_path: Path, redactor: Redactor) -> None:
    report = written(tmp_path / "junit.xml", f"<a b='{SECRET}'/>")
    beside = written(tmp_path / "beside.xml", SECRET)
    findings = sweep([report, tmp_path / "none.jsonl", tmp_path / "none"], redactor, since=0)

    assert [str(finding) for finding in findings] == [f"redacted {report}: {sweeping.WHY}"]
    assert report.read_text() == "<a b='[redacted:PW]'/>"
    assert beside.read_text() == SECRET


def test_what_is_older_than_the_session_stays(tmp_path: Path, redactor: Redactor) -> None:
    old = written(tmp_path / SLUG / "old.txt", SECRET)
    since = old.stat().st_ctime + 3_600

    assert swept(tmp_path, redactor, since=since) == []
    assert old.read_text() == SECRET


def test_what_was_moved_here_counts_as_new_whatever_its_age(tmp_path: Path, redactor: Redactor) -> None:
    moved = written(tmp_path / "moved.txt", SECRET)
    since = moved.stat().st_ctime
    os.utime(moved, (0, 0))

    assert swept(tmp_path, redactor, since=since) == [("moved.txt", Done.REDACTED, sweeping.WHY)]


def test_what_cannot_be_read_is_replaced_by_a_note_that_references_follow(tmp_path: Path, redactor: Redactor) -> None:
    written(tmp_path / "1-attachment.webm", b"\x1aE\xdf\xa3")
    written(tmp_path / "2-attachment.webm", b"\0\1" * 99 + SECRET.encode())
    written(tmp_path / "more" / "2-attachment.webm", b"\x1aE\xdf\xa3")
    written(tmp_path / "cache.bin", NOISE)
    attachments = [{"name": "film", "source": f"{number}-attachment.webm", "type": "video/webm"} for number in (1, 12)]
    written(tmp_path / "x-result.json", json.dumps({"attachments": attachments}))
    written(tmp_path / "more" / "told.txt", "../cache.bin cache.bin more/cache.bin")
    film = ("a secret may be seen in it",)

    assert swept(tmp_path, redactor) == [
        ("1-attachment.webm.withheld.txt", Done.WITHHELD, *film),
        ("2-attachment.webm.withheld.txt", Done.WITHHELD, *film),
        ("cache.bin.withheld.txt", Done.WITHHELD, "it is compressed or encrypted in a way that cannot be searched for secrets"),
        ("more/2-attachment.webm.withheld.txt", Done.WITHHELD, *film),
        ("x-result.json", Done.REDACTED, sweeping.WHY),
    ]  # fmt: skip
    assert (tmp_path / "1-attachment.webm.withheld.txt").read_text() == (
        "1-attachment.webm was withheld: a secret may be seen in it.\n"
    )
    assert json.loads((tmp_path / "x-result.json").read_bytes())["attachments"] == [
        {"name": "film", "source": "1-attachment.webm.withheld.txt", "type": "text/plain"},
        {"name": "film", "source": "12-attachment.webm", "type": "video/webm"},
    ]
    assert (tmp_path / "more" / "told.txt").read_text() == "../cache.bin cache.bin more/cache.bin"


def test_videos_stay_when_no_secret_was_seen(tmp_path: Path, redactor: Redactor) -> None:
    written(tmp_path / "video.webm", b"\x1aE\xdf\xa3")

    assert swept(tmp_path, redactor, seen=False) == []


def test_names_that_hold_a_secret_change_and_texts_follow(tmp_path: Path, redactor: Redactor) -> None:
    inner = f"test-login-{SLUG}-chromium"
    written(tmp_path / inner / "test-failed-1.png", b"")
    written(tmp_path / inner / f"{SECRET}.txt", f"see {SECRET}.txt")
    written(tmp_path / "index.html", f'<a href="{inner}/test-failed-1.png">{SECRET}</a>')

    assert swept(tmp_path, redactor) == [
        ("index.html", Done.REDACTED, sweeping.WHY),
        ("test-login-[redacted:PW]-chromium/[redacted:PW].txt", Done.REDACTED, sweeping.WHY),
        ("test-login-[redacted:PW]-chromium/redacted-PW.txt", Done.RENAMED, "a secret was in its name"),
        ("test-login-redacted-PW-chromium", Done.RENAMED, "a secret was in its name"),
    ]
    assert tree(tmp_path) == {
        "index.html": b'<a href="test-login-redacted-PW-chromium/test-failed-1.png">[redacted:PW]</a>',
        "test-login-redacted-PW-chromium/redacted-PW.txt": b"see redacted-PW.txt",
        "test-login-redacted-PW-chromium/test-failed-1.png": b"",
    }


def test_no_file_is_lost_when_two_names_become_one(tmp_path: Path, redactor: Redactor) -> None:
    redactor.declare("PW", "0ther-Pot")
    for name, text in {SECRET: "1", "0ther-Pot": "2", "redacted-PW": "3"}.items():
        written(tmp_path / f"{name}.txt", text)
    swept(tmp_path, redactor)

    assert sorted(tree(tmp_path)) == ["2-redacted-PW.txt", "3-redacted-PW.txt", "redacted-PW.txt"]
    assert sorted(tree(tmp_path).values()) == [b"1", b"2", b"3"]


def test_a_withheld_file_whose_name_holds_a_secret_is_not_named(tmp_path: Path, redactor: Redactor) -> None:
    written(tmp_path / f"{SECRET}.webm", b"\x1aE\xdf\xa3")
    swept(tmp_path, redactor)

    assert tree(tmp_path) == {
        "redacted-PW.webm.withheld.txt": b"redacted-PW.webm was withheld: a secret may be seen in it.\n"
    }


def test_links_pipes_and_what_they_lead_to_are_left_alone(tmp_path: Path, redactor: Redactor) -> None:
    outside = written(tmp_path / "outside" / "a.txt", SECRET)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "file").symlink_to(outside)
    (inside / "folder").symlink_to(outside.parent)
    (inside / "loop").symlink_to(inside)
    os.mkfifo(inside / "pipe")

    assert swept(inside, redactor) == []
    assert outside.read_text() == SECRET


def test_a_root_that_is_a_link_is_followed(tmp_path: Path, redactor: Redactor) -> None:
    report = written(tmp_path / "real" / "a.txt", SECRET)
    (tmp_path / "link").symlink_to(report.parent)
    sweep([tmp_path / "link"], redactor, since=0)

    assert report.read_text() == "[redacted:PW]"


def test_a_long_text_is_read_in_pieces(tmp_path: Path, redactor: Redactor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "PIECE", 50)
    monkeypatch.setattr(sweeping, "LARGEST", 100)
    line = json.dumps({"pw": SECRET})
    log = written(tmp_path / "runs.jsonl", f"{line}\n" * 30)
    written(tmp_path / "clean.jsonl", "{}\n" * 90)
    written(tmp_path / "large.bin", "x" * 101)

    assert [(path, done) for path, done, _ in swept(tmp_path, redactor)] == [
        ("large.bin.withheld.txt", Done.WITHHELD),
        ("runs.jsonl", Done.REDACTED),
    ]
    assert log.read_text() == '{"pw": "[redacted:PW]"}\n' * 30
    assert sorted(tree(tmp_path)) == ["clean.jsonl", "large.bin.withheld.txt", "runs.jsonl"]


# -- what goes wrong -------------------------------------------------------------------------------------------------


class Meddling(Redactor):
    """Does something to the files whenever it is asked about bytes."""

    meddle: Callable[[], object]

    def data(self, data: bytes) -> bytes:
        self.meddle()
        return super().data(data)


@pytest.fixture
def meddling() -> Meddling:
    redactor = Meddling()
    redactor.declare("PW", SECRET)
    return redactor


def test_a_file_that_vanishes_is_told_and_the_others_are_swept(tmp_path: Path, meddling: Meddling) -> None:
    first, other = (written(tmp_path / name, SECRET) for name in ("1.txt", "2.txt"))
    meddling.meddle = lambda: other.unlink(missing_ok=True)
    findings = sweep([tmp_path], meddling, since=0)

    assert {(finding.path, finding.done, finding.why) for finding in findings} == {
        (str(first), Done.REDACTED, sweeping.WHY),
        (str(other), Done.NOT_CHECKED, "it vanished"),
    }


def test_where_nothing_can_be_written_beside_a_file_is_emptied(
    tmp_path: Path, redactor: Redactor, as_nobody: Callable[[], None]
) -> None:
    report = written(tmp_path / "locked" / "a.txt", SECRET)
    as_nobody()
    report.parent.chmod(0o555)
    findings = sweep([tmp_path], redactor, since=0)
    report.parent.chmod(0o755)

    assert [(finding.done, finding.why) for finding in findings] == [
        (Done.WITHHELD, f"{sweeping.WHY}, and it could not be written again: Permission denied")
    ]
    assert report.read_bytes() == b""


def test_what_cannot_be_changed_at_all_is_told(
    tmp_path: Path, redactor: Redactor, as_nobody: Callable[[], None]
) -> None:
    locked = written(tmp_path / "locked" / "a.txt", SECRET)
    unread = written(tmp_path / "unread" / "a.txt", SECRET)
    named = written(tmp_path / "named" / f"{SECRET}.txt", "")
    as_nobody()
    locked.chmod(0o444)
    for folder, mode in ((locked.parent, 0o555), (unread.parent, 0o000), (named.parent, 0o555)):
        folder.chmod(mode)
    findings = sweep([tmp_path], redactor, since=0)
    for folder in (locked.parent, unread.parent, named.parent):
        folder.chmod(0o755)

    assert {(finding.path, finding.done, finding.why) for finding in findings} == {
        (str(locked), Done.NOT_CHECKED, "Permission denied"),
        (str(unread.parent), Done.NOT_CHECKED, "Permission denied"),
        (str(named).replace(SECRET, "[redacted:PW]"), Done.NOT_CHECKED, "Permission denied"),
    }


def test_without_room_to_write_it_again_a_file_is_removed(tmp_path: Path, redactor: Redactor) -> None:
    report = written(tmp_path / "a.txt", SECRET * 9)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5, limits[1]))
    try:
        findings = sweep([tmp_path], redactor, since=0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert [str(finding) for finding in findings] == [
        f"withheld {report}.withheld.txt: {sweeping.WHY}, and it could not be written again: File too large"
    ]
    assert not report.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt.withheld.txt"]


def test_a_read_only_file_is_changed_where_its_folder_allows_it(tmp_path: Path, redactor: Redactor) -> None:
    report = written(tmp_path / "a.txt", SECRET)
    report.chmod(0o444)

    assert swept(tmp_path, redactor) == [("a.txt", Done.REDACTED, sweeping.WHY)]
    assert (report.read_text(), report.stat().st_mode & 0o777) == ("[redacted:PW]", 0o444)
