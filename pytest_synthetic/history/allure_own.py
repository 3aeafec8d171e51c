"""What this plugin wrote into a result of Allure's, and where: read back. See `reports/allure_result.py`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_synthetic.model.sla import Breach
from pytest_synthetic.model.verdict import Fault, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

IDENTITY = frozenset({"region", "device", "browser"})
"""Parameters that are fields of a record, not values of `parametrize`."""

_SECONDS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}
_PART = r"\d+(?:\.\d+)? (?:ms|s|min|h)"
_SPOKEN = re.compile(rf"{_PART}(?: {_PART})*", re.ASCII)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_LATE_STEP = re.compile(r"(.+): took ([^,]{1,60}), promised ([^,]{1,60})", re.DOTALL)
_BREACH = re.compile(r'(?:step "(.*)"|(the journey)|(.+)) (took|was) ([^,]{1,60}), promised ([^,]{1,60})')
_BROKEN = re.compile(r"at fault: (\w+): (?:([A-Z]\w*): )?(.*)", re.DOTALL)
_FRAME = re.compile(r"at (.+:\d+ in .+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a message says, in the words of `reports/allure_result.py`."""

    claim: str = ""
    kind: str | None = None
    fault: Fault | None = None
    reason: str | None = None
    step: str | None = None
    frame: str | None = None
    breaches: tuple[Breach, ...] = ()
    notes: tuple[str, ...] = ()


def told(verdict: Verdict, message: str) -> Told:
    """Read the message of a run with `verdict`; one in other words is its claim."""
    said = message.removeprefix(f"{verdict.upper()}: ")
    if verdict is Verdict.DEGRADED:
        return _degraded(said)
    if verdict is Verdict.FAILED:
        return _failed(said, Fault.PRODUCT, None)
    if verdict is Verdict.BROKEN:
        found = _BROKEN.fullmatch(said)
        fault = next((fault for fault in Fault if found and fault == found[1]), None)
        return _failed(found[3], fault, found[2]) if found else _failed(said, None, None)
    return Told(reason=said or None)


def _degraded(said: str) -> Told:
    lines = said.splitlines()
    found = [(line, _breach(line)) for line in lines]
    return Told(
        fault=Fault.PRODUCT,
        reason=lines[0] if lines else None,
        breaches=tuple(breach for _, breach in found if breach),
        notes=tuple(line for line, breach in found if not breach),
    )


def _failed(said: str, fault: Fault | None, kind: str | None) -> Told:
    claim, *lines = said.splitlines() or [""]
    reason, step, frame = None, None, None
    if lines and lines[0].startswith("(") and lines[0].endswith(")"):
        reason = lines.pop(0)[1:-1]
    if lines and lines[0].startswith("in step: "):
        step = lines.pop(0).removeprefix("in step: ")
    if lines and (found := _FRAME.fullmatch(lines[0])):
        frame = found[1]
        lines.pop(0)
    return Told(claim=claim, kind=kind, fault=fault, reason=reason, step=step, frame=frame, notes=tuple(lines))


def _breach(line: str) -> Breach | None:
    found = _BREACH.fullmatch(line)
    if found is None:
        return None
    step, total, name, verb, *numbers = found.groups()
    measured, promised = (_value(number, timed=verb == "took") for number in numbers)
    if measured is None or promised is None:
        return None
    kind = "step" if step is not None else "total" if total else "measurement"
    called = step if step is not None else "total" if total else name
    unit = "s" if verb == "took" else ""
    return Breach(kind=kind, name=called, measured=measured, promised=promised, unit=unit, message=line)


def _value(text: str, *, timed: bool) -> float | None:
    if timed:
        return spoken_seconds(text)
    return float(text) if _NUMBER.fullmatch(text) else None


def spoken_seconds(text: str) -> float | None:
    """Seconds out of what `model.sla.spoken` makes of them: `250 ms`, `4.31 s`, `2 min 5 s`."""
    if not _SPOKEN.fullmatch(text):
        return None
    words = text.split()
    return sum(float(number) * _SECONDS[unit] for number, unit in zip(words[::2], words[1::2], strict=True))


def late_step(name: str) -> tuple[str, float | None]:
    """The name of a step without the promise that it did not keep, and that promise in seconds."""
    found = _LATE_STEP.fullmatch(name)
    promised = spoken_seconds(found[3]) if found and _SPOKEN.fullmatch(found[2]) else None
    return (found[1], promised) if found and promised is not None else (name, None)


def name_of(title: str, variant: Sequence[str], story: str | None) -> str:
    """The journey's name, out of the title of one variant of it: what tells the variant from others follows it."""
    ending = "".join(f" · {part}" for part in variant if part)
    if title.endswith(ending) and title != ending:
        return title.removesuffix(ending)
    return story or title
