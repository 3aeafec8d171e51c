"""Journeys that need not be tried: one they depend on has failed already, and is counted there."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.core.judge import Judgement
from pytest_synthetic.model.verdict import Verdict
from pytest_synthetic.plugin.attempt import ATTEMPT

if TYPE_CHECKING:
    from pytest_synthetic.model.run import RunResult
    from pytest_synthetic.plugin.session import Session

BAD = frozenset({Verdict.FAILED, Verdict.BROKEN, Verdict.BLOCKED})


class Blocking:
    """Remembers which journeys failed, in which region; workers of one machine tell each other through files."""

    def __init__(self, session: Session) -> None:
        """Nothing has failed yet."""
        self._failed: dict[str, str] = {}
        self._folder = Path(session.worker["folder"]) if session.worker else None

    def finished(self, run: RunResult) -> None:
        """Remember a bad run; a later good attempt (pytest-rerunfailures) clears it."""
        key = _key(run.journey, run.region)
        if run.verdict in BAD:
            self._failed[key] = run.verdict
            if self._folder:
                tell(self._folder, run.journey, run.region, run.verdict)
        elif self._failed.pop(key, None) and self._folder:
            (self._folder / key).unlink(missing_ok=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip a journey, as blocked, before any of its fixtures is set up."""
        attempt = item.stash.get(ATTEMPT, None)
        for name in attempt.spec.depends_on if attempt else ():
            if attempt and (verdict := self._verdict(name, attempt.region.name)):
                why = f'it depends on journey "{name}", which ended {verdict}'
                attempt.stopped = Judgement(verdict=Verdict.BLOCKED, reason=why, blocked_by=name)
                pytest.skip(f"blocked: {why}")

    def _verdict(self, journey: str, region: str) -> str | None:
        key = _key(journey, region)
        if key in self._failed or self._folder is None:
            return self._failed.get(key)
        told = self._folder / key
        return told.read_text(encoding="utf-8") if told.is_file() else None


def tell(folder: Path, journey: str, region: str, verdict: Verdict) -> None:
    """Let the workers that share `folder` know of a bad run."""
    (folder / _key(journey, region)).write_text(verdict, encoding="utf-8")


def _key(journey: str, region: str) -> str:
    return hashlib.sha256(f"{journey}\0{region}".encode()).hexdigest()[:32]
