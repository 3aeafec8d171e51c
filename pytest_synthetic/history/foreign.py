"""What the readers of other tools' reports share: a record of which most is unknown, and texts made safe."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pytest_synthetic.core.each_text import rewritten
from pytest_synthetic.core.failures import MESSAGE_LIMIT, claim
from pytest_synthetic.core.plaintext import one_line, plain
from pytest_synthetic.model.journey import Criticality
from pytest_synthetic.model.run import Failure, RunResult
from pytest_synthetic.model.verdict import Fault, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT_LIMIT = 16 * MESSAGE_LIMIT
"""Characters of a text that are looked at. Far more than is kept, so that no half of a secret is left at the cut."""

NAME_LIMIT = 500
LONGEST_DURATION = 3.2e8
"""Seconds, about ten years: what is longer is no duration."""

_UNKNOWN = RunResult(
    run_id="", session_id="", attempt=1, journey="", name="", stage=None, owner=None, criticality=Criticality.HIGH,
    depends_on=(), runbook=None, revenue_per_hour=None, currency="EUR", mutates=False, nodeid="", parameters={},
    region="local", device=None, network=None, browser=None, browser_version=None, git_commit=None, tool_version="",
    worker=None, started_at="", duration=None, setup_duration=None, teardown_duration=None, promised=None,
    verdict=Verdict.BROKEN, fault=None, reason=None, failure=None, steps=(), measurements=(), breaches=(),
    artifacts=(),
)  # fmt: skip
_RAISED = re.compile(r"\s*((?:\w+\.)*\w*(?:Error|Exception|Failure|Failed|Timeout|Interrupt|Exit|Group))(?:: |:?\s|$)")
_LAST_LINE = re.compile(r":\d+: ([A-Za-z_][\w.]{0,200})\s*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class BadEntry:
    """A part of `file` that is no run, or all of it, and why. `line` is where, None when that says nothing."""

    file: str
    line: int | None = None
    reason: str

    def __str__(self) -> str:
        """`report.xml:3: reason`."""
        place = "" if self.line is None else f":{self.line}"
        return f"{one_line(self.file)}{place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Words:
    """Texts of others made safe: without secrets first, then plain, then short."""

    redact: Callable[[str], str] | None = None

    def line(self, text: str, width: int = NAME_LIMIT) -> str:
        """`text` in one line of at most `width` characters."""
        return one_line(self._safe(text), width)

    def text(self, text: str) -> str:
        """`text` in lines, at most MESSAGE_LIMIT characters of it."""
        return plain(self._safe(text)).strip()[:MESSAGE_LIMIT]

    def record(self, **known: Any) -> RunResult:
        """A record of what is `known`. All else is unknown."""
        run = replace(_UNKNOWN, **known)
        return rewritten(run, self.redact) if self.redact else run

    def failure(  # noqa: PLR0913  all that a report may tell, by name
        self,
        *,
        message: str,
        kind: str | None,
        fault: Fault,
        reason: str,
        step: str | None = None,
        frame: str | None = None,
    ) -> Failure:
        """A failure of which another tool's report tells. `step` and `frame` are safe already."""
        from pytest_synthetic.core.fingerprint import fingerprint  # its patterns are dear, most runs have no failure

        said = self.text(message)
        named = self.line(kind or _kind(said), 200)
        said = said or "no message"
        return Failure(
            type=named,
            message=said,
            claim=claim(said),
            fault=fault,
            reason=reason,
            phase="call",
            step=step,
            frame=frame,
            fingerprint=fingerprint(named, said, frame, step),
        )

    def _safe(self, text: str) -> str:
        text = text[:TEXT_LIMIT]
        return self.redact(text) if self.redact else text


def _kind(message: str) -> str:
    found = _RAISED.match(message)
    return found[1] if found else "unknown"


def raised(trace: str) -> str | None:
    """The kind of exception in the last line of what pytest shows: `test_shop.py:7: AssertionError`."""
    found = _LAST_LINE.search(trace[-1_000:])
    return found[1] if found else None


def identity(*parts: str) -> str:
    """32 hexadecimal digits, the same whenever the parts are."""
    told = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(told).hexdigest()[:32]


def moment(at: datetime) -> str:
    """As a record has it: `2026-11-21T21:35:07.075Z`. Raises OverflowError beyond the years that there are."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
