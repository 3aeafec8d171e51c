"""Files that change on disk are noticed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.core.settling import LONGEST, SETTLED
from pytest_synthetic.scheduler.files import Files

if TYPE_CHECKING:
    from pathlib import Path


def rested(files: Files) -> tuple[str, ...]:
    """What counts when nothing changes any more; it is read then."""
    files.changed(0.0)
    told = files.changed(SETTLED)
    assert files.read(SETTLED)
    return told


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with journeys, and much else."""
    for name in (
        *("shop/test_buy.py", "synthetic.toml", "shop/pay.journey.yaml", "readme.md"),
        *(".git/hook.py", ".venv/lib.py", ".synthetic/jobs/x.py", "node_modules/a/b.py", "__pycache__/c.py"),
        *("env/pyvenv.cfg", "env/lib/site.py"),
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("before")
    return tmp_path


def test_nothing_changed(root: Path) -> None:
    files = Files(root)

    assert rested(files) == ()
    assert not files.too_many


def test_what_came_went_and_changed_is_told_once(root: Path) -> None:
    files = Files(root)
    (root / "shop" / "test_new.py").write_text("new")
    (root / "shop" / "pay.journey.yaml").write_text("longer than before")
    (root / "shop" / "test_buy.py").unlink()

    assert rested(files) == ("shop/pay.journey.yaml", "shop/test_buy.py", "shop/test_new.py")
    assert rested(files) == ()


def test_the_time_of_a_file_tells_too(root: Path) -> None:
    files = Files(root)
    os.utime(root / "synthetic.toml", ns=(1, 1))

    assert rested(files) == ("synthetic.toml",)


def test_what_holds_no_journeys_is_not_looked_at(root: Path) -> None:
    files = Files(root)
    for name in ("readme.md", ".git/hook.py", ".venv/lib.py", ".synthetic/jobs/x.py", "node_modules/a/b.py",
                 "__pycache__/c.py", "env/lib/site.py"):  # fmt: skip
        (root / name).write_text("changed")

    assert rested(files) == ()


def test_settings_elsewhere_count_when_they_are_named(root: Path) -> None:
    files = Files(root / "shop", [root / "synthetic.toml"])
    (root / "synthetic.toml").unlink()

    assert rested(files) == ("../synthetic.toml",)


def test_links_that_lead_in_a_ring_end(root: Path) -> None:
    (root / "shop" / "again").symlink_to(root)
    files = Files(root)
    (root / "shop" / "test_buy.py").write_text("longer than before")

    assert rested(files) == ("shop/test_buy.py",)


def test_a_linked_folder_is_looked_at(root: Path) -> None:
    """Kubernetes mounts files so: the link changes, and with it what it leads to."""
    for name in ("one", "other"):
        (root / f"..{name}").mkdir()
        (root / f"..{name}" / "test_it.py").write_text(name)
    (root / "..data").symlink_to("..one")
    (root / "journeys").symlink_to("..data")
    files = Files(root)
    (root / "..new").symlink_to("..other")
    (root / "..new").rename(root / "..data")

    assert rested(files) == ("journeys/test_it.py",)


def test_in_a_tree_that_is_too_big_the_upper_folders_are_looked_at(root: Path) -> None:
    for number in range(30):
        (root / "shop" / f"test_{number:02}.py").touch()
    files = Files(root, most=20)
    (root / "synthetic.toml").write_text("longer than before")
    (root / "shop" / "test_29.py").write_text("longer than before")

    assert files.too_many
    assert rested(files) == ("synthetic.toml",)


def test_a_folder_that_is_gone(root: Path) -> None:
    files = Files(root / "nowhere")

    assert rested(files) == ()


def test_nothing_counts_while_somebody_writes(root: Path) -> None:
    """As `git pull` does it: one file after the other, some of them gone for a moment."""
    files, buy = Files(root), root / "shop" / "test_buy.py"
    buy.unlink()
    assert files.changed(100.0) == ()
    assert files.moving
    buy.write_text("half")
    assert files.changed(100.9) == ()
    (root / "synthetic.toml").write_text("longer than before")
    assert files.changed(101.8) == ()
    assert files.changed(102.7) == ()
    assert files.changed(101.8 + SETTLED) == ("shop/test_buy.py", "synthetic.toml")


def test_what_is_as_it_was_before_is_no_change(root: Path) -> None:
    files, toml = Files(root), root / "synthetic.toml"
    found = toml.stat()
    toml.write_text("longer than before")
    files.changed(0.0)
    toml.write_text("before")
    os.utime(toml, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert files.changed(5.0) == ()
    assert not files.moving


def test_times_of_other_machines_do_not_matter(root: Path) -> None:
    files = Files(root)
    for number, moment in enumerate((0.0, 4e9)):
        os.utime(root / "synthetic.toml", (moment, moment))
        assert files.changed(10.0 * number) == ()
        assert files.changed(10.0 * number + SETTLED) == ("synthetic.toml",)
        assert files.read(10.0 * number + SETTLED)


def test_what_changes_while_it_is_read_is_to_be_read_again(root: Path) -> None:
    files = Files(root)
    (root / "shop" / "test_buy.py").unlink()
    files.changed(0.0)
    assert files.changed(SETTLED) == ("shop/test_buy.py",)
    (root / "synthetic.toml").write_text("longer than before")
    assert not files.read(4.0)
    assert files.changed(5.0) == ()
    assert files.changed(5.0 + SETTLED) == ("shop/test_buy.py", "synthetic.toml")
    assert files.read(7.0)
    assert files.changed(20.0) == ()


def test_a_file_that_is_written_for_ever_holds_up_no_other(root: Path) -> None:
    files, log = Files(root), root / "shop" / "log.py"
    (root / "synthetic.toml").write_text("longer than before")
    read_at = []
    for number in range(2 * int(LONGEST) + 2):
        log.write_text("x" * number)
        if changed := files.changed(float(number)):
            read_at.append((number, changed))
            log.write_text("x" * number + "and on")
            assert files.read(float(number))
    assert read_at == [(10, ("shop/log.py", "synthetic.toml")), (21, ("shop/log.py",))]
