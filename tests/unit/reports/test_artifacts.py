"""One door for every file: what passes it, what is withheld, and what a full disk leaves."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pytest_synthetic.reports import artifacts
from pytest_synthetic.reports.archives import Checked
from pytest_synthetic.reports.artifacts import ArtifactFolder


def test_a_file_is_described(tmp_path: Path) -> None:
    folder = ArtifactFolder(tmp_path / "artifacts" / "run", started_in=tmp_path)

    kept = folder.keep("network log", b"GET /", "text/plain", "pay")

    assert (kept.name, kept.path, kept.size, kept.step, kept.missing) == (
        "network log", "artifacts/run/01-network-log.txt", 5, "pay", None,
    )  # fmt: skip
    assert kept.sha256 == hashlib.sha256(b"GET /").hexdigest()
    assert (tmp_path / "artifacts" / "run" / "01-network-log.txt").read_bytes() == b"GET /"
    assert (tmp_path / "artifacts" / ".gitignore").read_text(encoding="utf-8") == "*\n"


@pytest.mark.parametrize("name", ["../../x", "/etc/passwd", "..\\..\\x", "a\x00b", "", ".", "x" * 4000, "é\n\u202e"])
def test_no_name_leaves_the_folder(name: str, tmp_path: Path) -> None:
    folder = ArtifactFolder(tmp_path / "run", started_in=tmp_path)

    kept = folder.keep(name, b"x", "text/plain", None)

    assert kept.path
    assert (tmp_path / kept.path).resolve().parent == tmp_path / "run"
    assert kept.name
    assert "\n" not in kept.name


def test_every_file_passes_the_door(tmp_path: Path) -> None:
    seen: list[tuple[bytes, str]] = []

    def redact(data: bytes, media_type: str) -> Checked:
        seen.append((data, media_type))
        if media_type == "video/webm":
            return Checked(why="a secret may be seen in it")
        return Checked(data=data.replace(b"sesame", b"[redacted:PW]"))

    folder = ArtifactFolder(tmp_path / "run", started_in=tmp_path, redact=redact)
    kept = folder.keep("log", b"open sesame", "text/plain", None)
    withheld = folder.keep("video", b"film", "video/webm", "pay")

    assert seen == [(b"open sesame", "text/plain"), (b"film", "video/webm")]
    assert kept.path
    written = (tmp_path / kept.path).read_bytes()
    assert written == b"open [redacted:PW]"
    assert (kept.size, kept.sha256) == (len(written), hashlib.sha256(written).hexdigest())
    assert (withheld.path, withheld.size, withheld.sha256, withheld.step) == (None, None, None, "pay")
    assert withheld.missing == "withheld: a secret may be seen in it"
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["01-log.txt"]


def test_what_is_too_large_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts, "MOST", 10)
    folder = ArtifactFolder(tmp_path / "run", started_in=tmp_path)

    kept = folder.keep("trace", b"x" * 11, "application/zip", None)

    assert (kept.path, kept.missing) == (None, "11 bytes: more than 10 are not kept")
    assert not (tmp_path / "run").exists()


def test_a_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "01-log.txt").symlink_to(full)

    with pytest.raises(OSError, match="No space left"):
        ArtifactFolder(tmp_path / "run", started_in=tmp_path).keep("log", b"x" * 100_000, "text/plain", None)

    assert list((tmp_path / "run").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = ArtifactFolder(tmp_path / "file" / "run", started_in=tmp_path)

    with pytest.raises(OSError, match=r'file cannot be written: .*name another one: artifacts = "..." in the settings'):
        folder.keep("a", b"b", "text/plain", None)
