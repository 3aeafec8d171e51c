"""What people see of a watcher: each plan with how it went last, and what goes on."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from pytest_synthetic.model.plan import Job, Plan
    from pytest_synthetic.model.run import RunResult
    from pytest_synthetic.model.verdict import Verdict

REMEMBERED = 10
"""Verdicts of a plan that are shown."""
TOLD = 5
"""Notes that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One plan. `running_since` is None while it rests; `duration` in seconds; `lately` the newest verdict last."""

    plan: Plan
    next: datetime | None = None
    running_since: datetime | None = None
    duration: float | None = None
    why: str | None = None
    lately: tuple[Verdict, ...] = ()

    @property
    def last(self) -> Verdict | None:
        """How it went last; None when it has not run yet."""
        return self.lately[-1] if self.lately else None


class Board:
    """Keeps the lines. One thread writes, any may read."""

    def __init__(self, say: Callable[[str], object] | None = None) -> None:
        """`say` hears each note at once."""
        self.notes: deque[str] = deque(maxlen=TOLD)
        self.each: Callable[[RunResult], object] | None = None
        """Hears each record."""
        self._lines: dict[tuple[str, str], Line] = {}
        self._say = say
        self._guard = threading.Lock()

    def lines(self) -> list[Line]:
        """All plans, by name and region."""
        with self._guard:
            found = list(self._lines.values())
        return sorted(found, key=lambda line: (line.plan.spec.name, line.plan.region))

    def planned(self, plans: Iterable[Plan]) -> None:
        """These are watched from now on, and no others."""
        with self._guard:
            known = self._lines
            self._lines = {plan.key: replace(known.get(plan.key, Line(plan=plan)), plan=plan) for plan in plans}

    def comes(self, plan: Plan, moment: datetime | None) -> None:
        """When a plan runs next."""
        self._change(plan.key, next=moment)

    def begun(self, job: Job, now: datetime) -> None:
        """A run begins."""
        self._change(job.plan.key, running_since=now)

    def ended(self, job: Job) -> None:
        """A run is over, however it went."""
        self._change(job.plan.key, running_since=None)

    def ran(self, run: RunResult, *, aloud: bool = True) -> None:
        """A run has its record, or was missed. `aloud`: `each` hears of it."""
        if self.each and aloud:
            self.each(run)
        key = run.journey, run.region
        line = self._lines.get(key)
        if line is not None and run.attempt == 1:
            why = run.failure.claim if run.failure else run.reason
            lately = (*line.lately, run.verdict)[-REMEMBERED:]
            self._change(key, duration=run.duration, why=why, lately=lately)

    def note(self, told: str) -> None:
        """Something that people should know."""
        self.notes.append(told)
        if self._say:
            self._say(told)

    def _change(self, key: tuple[str, str], **facts: object) -> None:
        with self._guard:
            if line := self._lines.get(key):
                self._lines[key] = replace(line, **facts)  # type: ignore[arg-type]
