"""Verdicts as rows tell them.

A newer version may have written one that this one does not know. What such a run says of the product is not known here:
so it counts as broken, a run that cannot say, and never as nothing.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.model.history import Counts
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

_KNOWN = {verdict.value: verdict for verdict in Verdict}
_SHOWN = 3
_WIDEST = 40


class Verdicts:
    """Reads them, and remembers those that it does not know. Threads may share it."""

    def __init__(self) -> None:
        """None was read yet."""
        self._unknown: set[str] = set()

    def read(self, told: str) -> Verdict:
        """The verdict; `broken` for one that is not known."""
        known = _KNOWN.get(told)
        if known is None:
            self._unknown.add(told)
            return Verdict.BROKEN
        return known

    def counts(self, ended: Mapping[str, int]) -> Counts:
        """How many runs ended with which verdict, by what rows tell."""
        found: Counter[str] = Counter()
        for told, number in ended.items():
            found[self.read(told).value] += number
        return Counts(**found)

    def within(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """A record, or a step of one, with verdicts that are known."""
        found = dict(told)
        if isinstance(verdict := told.get("verdict"), str):
            found["verdict"] = self.read(verdict).value
        if isinstance(steps := told.get("steps"), list):
            found["steps"] = [self.within(step) for step in steps]
        return found

    @property
    def complaint(self) -> str | None:
        """What people should know of those that are not known; None when all were."""
        if not self._unknown:
            return None
        told = sorted(self._unknown)
        names = ", ".join(repr(one_line(each, _WIDEST)) for each in told[:_SHOWN])
        more = ", …" if len(told) > _SHOWN else ""
        return (
            f"the history has a verdict that this version does not know: {names}{more}. Such runs count as broken. "
            "A newer version wrote them: update pytest-synthetic here"
        )
