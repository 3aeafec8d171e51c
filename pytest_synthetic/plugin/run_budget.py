"""How often a journey ran within the last hour, over all processes of this machine."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from filelock import FileLock

from pytest_synthetic.config import folders

if TYPE_CHECKING:
    from pathlib import Path

HOUR = 3600.0


class RunBudget:
    """Counts in a file a journey, under the system's lock."""

    def __init__(self, folder: Path, most: int) -> None:
        """`folder` may not exist yet; `most` runs an hour."""
        self._folder = folder
        self._most = most

    def refusal(self, journey: str, now: float) -> str | None:
        """Count a run that begins at `now` (epoch seconds); why it must not, where the budget is spent.

        A run that is refused does not count. Raises OSError where nothing can be written.
        """
        folders.ready(self._folder)
        path = self._folder / f"{hashlib.sha256(journey.encode()).hexdigest()[:32]}.json"
        with FileLock(path.with_suffix(".lock")):
            # Another process may have counted a run that began an instant after this one.
            lately = [began for began in _read(path) if abs(now - began) < HOUR]
            if len(lately) >= self._most:
                return f"it ran {len(lately)} times within the last hour, [production] max_runs_per_hour = {self._most}"
            draft = path.with_suffix(".draft")
            draft.write_text(json.dumps([*lately, now]), encoding="utf-8")
            draft.replace(path)
        return None


def _read(path: Path) -> list[float]:
    """The moments noted. What cannot be read counts as none: it is a brake, and no record."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return []
    return [moment for moment in found if isinstance(moment, int | float)] if isinstance(found, list) else []
