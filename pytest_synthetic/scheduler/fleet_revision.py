"""Which state the journeys on this machine are in: schedulers and agents compare theirs."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_synthetic.core.ports import Clock

GIT = 10.0
"""Seconds that git may take."""


def revision_of(folder: Path, environ: Mapping[str, str] = os.environ) -> str | None:
    """The commit of the journeys in `folder`, with `+` behind it when files were changed since; None when unknown.

    SYNTHETIC_REVISION says it where there is no repository, as in an image.
    """
    if given := environ.get("SYNTHETIC_REVISION", "").strip():
        return given
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return None
    return commit + ("+" if _git(folder, "status", "--porcelain", "--untracked-files=no", "--", ".") else "")


def _git(folder: Path, *words: str) -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    try:
        said = subprocess.run(  # noqa: S603  fixed words
            [git, "-C", str(folder), *words], capture_output=True, text=True, check=False, timeout=GIT
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return said.stdout.strip() if said.returncode == 0 else None


def looked_up_often(folder: Path, clock: Clock, every: float = 10.0) -> Callable[[], str | None]:
    """The revision of `folder`, looked up again after so many seconds. Threads may share it."""
    known: tuple[float, str | None] = clock.monotonic(), revision_of(folder)

    def look() -> str | None:
        nonlocal known
        if clock.monotonic() - known[0] > every:
            known = clock.monotonic(), revision_of(folder)
        return known[1]

    return look
