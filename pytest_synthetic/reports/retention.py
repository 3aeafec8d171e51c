"""How long evidence stays: by count, age and size, applied when a session ends."""

from __future__ import annotations

import os
import re
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_synthetic.config.settings import EvidenceSettings

YOUNG = timedelta(hours=1)
"""A folder younger than this is never removed: its run may be under way in another session, its report be unread."""

_RUN = re.compile(r"(\d{8}-\d{6})-[0-9a-f]{8}")
_LEAVING = ".leaving-"


def prune(root: Path, settings: EvidenceSettings, now: datetime) -> int:
    """Remove the folders of runs under `root` that are too many, too old or too large; return how many.

    Only folders that are named as runs are looked at, the newest are kept, and no link is followed. Two sessions may do
    it at once: a folder is renamed before it is emptied, and only one of them can rename it.
    """
    removed, kept_size = 0, 0
    oldest = now - timedelta(days=settings.keep_days)
    for number, (began, folder) in enumerate(sorted(_runs(root), reverse=True)):
        kept_size += _size(folder)
        too_much = number >= settings.keep_runs or kept_size > settings.keep_size
        if now - began >= YOUNG and (too_much or began < oldest):
            removed += _remove(folder)
    _finish(root)
    return removed


def _runs(root: Path) -> Iterator[tuple[datetime, Path]]:
    """The folders of runs with the moment in their names: that of a folder changes when it is copied."""
    try:
        with os.scandir(root) as found:
            entries = list(found)
    except OSError:
        return
    for entry in entries:
        if (named := _RUN.fullmatch(entry.name)) and entry.is_dir(follow_symlinks=False):
            try:
                began = datetime.strptime(named[1], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
            except ValueError:  # digits that are no date: none of ours
                continue
            yield began, root / entry.name


def _size(folder: Path) -> int:
    """Bytes of the files in it; what another session has just removed counts nothing."""
    try:
        with os.scandir(folder) as entries:
            return sum(entry.stat(follow_symlinks=False).st_size for entry in entries)
    except OSError:
        return 0


def _remove(folder: Path) -> bool:
    leaving = folder.with_name(_LEAVING + folder.name)
    try:
        folder.rename(leaving)
    except OSError:  # the other session was first, or the folder may not be changed
        return False
    shutil.rmtree(leaving, ignore_errors=True)
    return True


def _finish(root: Path) -> None:
    """Empty what a session that was killed had begun to remove."""
    for left in root.glob(f"{_LEAVING}*"):
        if _RUN.fullmatch(left.name.removeprefix(_LEAVING)) and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
