"""Where what belongs to one folder of journeys is kept: beside its settings file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def base_of(source: Path | None, root: Path) -> Path:
    """The folder of the settings file; `root` where there is none."""
    return source.parent if source else root


def folder_of(name: str, source: Path | None, root: Path) -> Path:
    """A folder that all processes share, such as `.synthetic/inboxes`. It may not exist yet: see `ready`."""
    return base_of(source, root) / ".synthetic" / name


def ready(folder: Path) -> None:
    """Make `folder`, one that is ours, ignored by git, unless it is there. Raises OSError."""
    ignore = folder / ".gitignore"
    if not ignore.exists():
        folder.mkdir(parents=True, exist_ok=True)
        ignore.write_text("*\n", encoding="utf-8")
