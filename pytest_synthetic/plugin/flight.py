"""Runs under way in an xdist worker or a job, noted on disk: who is killed cannot tell what it was doing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.run import RunResult

if TYPE_CHECKING:
    from pytest_synthetic.plugin.attempt import Attempt
    from pytest_synthetic.plugin.session import Session


class Flight:
    """Writes the note of a worker, or of the process of a job. Any other process delivers its records itself."""

    def __init__(self, session: Session) -> None:
        """`session.worker["folder"]` is shared by all workers of the controller's machine."""
        self._note = session.job.note if session.job else None
        if session.worker:
            self._note = Path(session.worker["folder"], f"{session.worker_id}.json")

    def started(self, attempt: Attempt) -> None:
        """Note the run that begins."""
        if self._note is not None:
            self.note(attempt.result())

    def note(self, run: RunResult) -> None:
        """Replace the note of this process, whole or not at all."""
        if self._note is not None:
            draft = self._note.with_suffix(".draft")
            draft.write_text(json.dumps(run.to_json()), encoding="utf-8")
            draft.replace(self._note)


def read(folder: Path) -> dict[str, RunResult]:
    """The note of each worker, by the worker's id. A note of another machine's worker is not here to read."""
    notes = {}
    for path in sorted(folder.glob("*.json")):
        try:
            notes[path.stem] = RunResult.from_json(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, UsageError):
            continue  # half a note cannot exist (see note); an unreadable one tells nothing
    return notes
