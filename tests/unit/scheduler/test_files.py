"""Files that change on disk are noticed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.scheduler.files import Files

if TYPE_CHECKING:
    from pathlib import Path


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

    assert files.changed() == ()
    assert not files.too_many


def test_what_came_went_and_changed_is_told_once(root: Path) -> None:
    files = Files(root)
    (root / "shop" / "test_new.py").write_text("new")
    (root / "shop" / "pay.journey.yaml").write_text("longer than before")
    (root / "shop" / "test_buy.py").unlink()

    assert files.changed() == ("shop/pay.journey.yaml", "shop/test_buy.py", "shop/test_new.py")
    assert files.changed() == ()


def test_the_time_of_a_file_tells_too(root: Path) -> None:
    files = Files(root)
    os.utime(root / "synthetic.toml", ns=(1, 1))

    assert files.changed() == ("synthetic.toml",)


def test_what_holds_no_journeys_is_not_looked_at(root: Path) -> None:
    files = Files(root)
    for name in ("readme.md", ".git/hook.py", ".venv/lib.py", ".synthetic/jobs/x.py", "node_modules/a/b.py",
                 "__pycache__/c.py", "env/lib/site.py"):  # fmt: skip
        (root / name).write_text("changed")

    assert files.changed() == ()


def test_settings_elsewhere_count_when_they_are_named(root: Path) -> None:
    files = Files(root / "shop", [root / "synthetic.toml"])
    (root / "synthetic.toml").unlink()

    assert files.changed() == ("../synthetic.toml",)


def test_links_that_lead_in_a_ring_end(root: Path) -> None:
    (root / "shop" / "again").symlink_to(root)
    files = Files(root)
    (root / "shop" / "test_buy.py").write_text("longer than before")

    assert files.changed() == ("shop/test_buy.py",)


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

    assert files.changed() == ("journeys/test_it.py",)


def test_in_a_tree_that_is_too_big_the_upper_folders_are_looked_at(root: Path) -> None:
    for number in range(30):
        (root / "shop" / f"test_{number:02}.py").touch()
    files = Files(root, most=20)
    (root / "synthetic.toml").write_text("longer than before")
    (root / "shop" / "test_29.py").write_text("longer than before")

    assert files.too_many
    assert files.changed() == ("synthetic.toml",)


def test_a_folder_that_is_gone(root: Path) -> None:
    files = Files(root / "nowhere")

    assert files.changed() == ()
